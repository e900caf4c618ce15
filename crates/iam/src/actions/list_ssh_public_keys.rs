//! ListSSHPublicKeys: none, since there are no SSH keys here. Terraform asks before it deletes a
//! user.

use vmfa_model::names::{NewUserName, Status};

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListSSHPublicKeys",
    api: Api::Iam,
    doc: "Lists the SSH public keys of a user. There are none here, so the list is empty.",
    access: Access::List,
    concerns: Concerns::User("UserName"),
    input: &Input::SHAPE,
    output: Some(&Output::SHAPE),
    page: Some(Page::of("SSHPublicKeys")),
    unwrap: None,
    blob: None,
    sql: &[Sql::select("ssh_public_keys", "ssh_public_keys_List")
        .also(&[("ssh_public_keys", "list_ssh_public_keys")])],
    rule: reads!(run),
};

structure! {
    struct Input {
        /// The user; the caller by default.
        #[aws = "The name of the IAM user to list SSH public keys for."]
        "UserName" user: Option<NewUserName>,
        /// Where to begin: the `Marker` of the page before.
        "Marker" marker: Option<Marker>,
        /// The most keys in the answer, 1 to 1000; 100 by default.
        "MaxItems" limit: Option<MaxItems>,
    }
}

structure! {
    struct Output {
        /// The keys.
        "SSHPublicKeys" keys: Vec<PublicKey>,
        /// Whether there are more.
        "IsTruncated" more: bool,
        /// Where the next page begins, if there is one.
        "Marker" marker: Option<String>,
    }
    wire "IsTruncated", "Marker", "SSHPublicKeys"
}

structure! {
    /// An SSH public key, without its body.
    struct PublicKey {
        /// Whose it is.
        "UserName" user: String,
        /// The identifier.
        #[min = 20]
        "SSHPublicKeyId" id: String,
        /// Whether it works.
        "Status" status: Status,
        /// When it was uploaded.
        "UploadDate" uploaded: Timestamp,
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    let user = input.user.as_ref().map(NewUserName::as_str);
    check_empty_list(context, user, input.marker.as_ref())?;
    Ok(Output { keys: Vec::new(), more: false, marker: None })
}
