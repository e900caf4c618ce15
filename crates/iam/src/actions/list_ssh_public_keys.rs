//! ListSSHPublicKeys: none, because there are no SSH keys here. Terraform asks before it deletes a
//! user.

use vmfa_model::names::{NewUserName, Status};

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListSSHPublicKeys",
    doc: "Lists the SSH public keys of a user. There are none here, so the list is empty.",
    access: Access::List,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    input: &Input::SHAPE,
    reply: Output::REPLY,
    sql: &[SqlMethod::select("ssh_public_keys", "ssh_public_keys_List")
        .also(&[("ssh_public_keys", "list_ssh_public_keys")])],
    rule: reads!(run),
    ..Action::IAM
};

paged! {
    struct Input {
        /// The user; the caller by default.
        #[aws = "The name of the IAM user to list SSH public keys for."]
        "UserName" user: Option<NewUserName>,
    }
    struct Output {
        /// The keys.
        "SSHPublicKeys" keys: [PublicKey],
    }
}

structure! {
    /// An SSH public key, without its body.
    struct PublicKey {
        /// The user.
        "UserName" user: String,
        /// The identifier.
        #[min = 20]
        "SSHPublicKeyId" id: String,
        /// `Active` or `Inactive`.
        "Status" status: Status,
        /// When it was uploaded.
        "UploadDate" uploaded: Timestamp,
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    let user = input.user.map(UserName::from);
    check_empty_list(context, user.as_ref())?;
    Ok(Output::new(Elements::default(), None))
}
