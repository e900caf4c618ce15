//! ListAccessKeys: the keys of a user, without their secrets.

use vmfa_model::names::Status;
use vmfa_store::AccessKey;

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListAccessKeys",
    doc: "Lists the access keys of a user, oldest first, without their secrets.",
    access: Access::List,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    self_service: SelfService::OnItself,
    input: &Input::SHAPE,
    reply: Output::REPLY,
    sql: &[SqlMethod::select("access_keys", "access_keys_List")
        .also(&[("access_keys", "list_access_keys")])],
    rule: reads!(run),
    ..Action::IAM
};

paged! {
    struct Input {
        /// The user; the caller by default. The account's root must name one.
        #[aws = "The name of the user."]
        "UserName" user: Option<UserName>,
    }
    struct Output {
        /// The keys.
        "AccessKeyMetadata" keys: [KeyShape],
    }
}

structure! {
    /// A key in a list.
    struct KeyShape {
        /// The user.
        "UserName" user: Option<String>,
        /// The identifier.
        #[min = 16]
        "AccessKeyId" id: Option<String>,
        /// `Active` or `Inactive`.
        "Status" status: Option<Status>,
        /// When it was generated.
        "CreateDate" created: Option<Timestamp>,
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    let account = context.account();
    let (user, keys) = context.read(|view| {
        let user = find_user_or_caller(view, context.caller, input.user.as_ref())?;
        let keys = view.access_keys(account, &KeyOwner::User(user.id.clone()))?;
        Ok((user, keys))
    })?;
    let element = |key: AccessKey| KeyShape {
        user: Some(user.name.to_string()),
        id: Some(key.id.0),
        status: Some(if key.active { Status::Active } else { Status::Inactive }),
        created: Some(key.created),
    };
    let (keys, marker) = context.pager()?.page_of(keys, |key| key.ordinal, element);
    Ok(Output::new(keys, marker))
}
