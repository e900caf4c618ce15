//! ListAccessKeys: the keys of a user, without their secrets.

use vmfa_model::names::Status;
use vmfa_store::AccessKey;

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListAccessKeys",
    api: Api::Iam,
    doc: "Lists the access keys of a user, oldest first. Secrets are not told.",
    access: Access::List,
    concerns: Concerns::KeysOf("UserName"),
    input: &Input::SHAPE,
    output: Some(&Output::SHAPE),
    page: Some(Page::of("AccessKeyMetadata")),
    unwrap: None,
    blob: None,
    sql: &[
        Sql::select("access_keys", "access_keys_List").also(&[("access_keys", "list_access_keys")])
    ],
    rule: reads!(run),
};

structure! {
    struct Input {
        /// The user; the caller by default. The account's root must name one.
        #[aws = "The name of the user."]
        "UserName" user: Option<UserName>,
        /// Where to begin: the `Marker` of the page before.
        "Marker" marker: Option<Marker>,
        /// The most keys in the answer, 1 to 1000; 100 by default.
        "MaxItems" limit: Option<MaxItems>,
    }
}

structure! {
    struct Output {
        /// The keys.
        "AccessKeyMetadata" keys: Vec<KeyShape>,
        /// Whether there are more.
        "IsTruncated" more: bool,
        /// Where the next page begins, if there is one.
        "Marker" marker: Option<String>,
    }
    wire "IsTruncated", "Marker", "AccessKeyMetadata"
}

structure! {
    /// A key in a list.
    struct KeyShape {
        /// Whose it is.
        "UserName" user: Option<String>,
        /// The identifier.
        #[min = 16]
        "AccessKeyId" id: Option<String>,
        /// Whether it works: `Active` or `Inactive`.
        "Status" status: Option<Status>,
        /// When it was made.
        "CreateDate" created: Option<Timestamp>,
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    let account = context.account();
    let (user, keys) = context.read(|view| {
        let user = find_user_or_caller(view, context.caller, input.user.as_ref())?;
        let keys = view.access_keys(account, &Owner::User(user.id.clone()))?;
        Ok((user, keys))
    })?;
    let pager = Pager::new(context, &[ACTION.name, &user.id.0], input.limit);
    let after = pager.position(input.marker.as_ref())?;
    let page = pager.cut_whole(keys, after.as_deref(), place);
    let keys = page.items.into_iter().map(|key| KeyShape {
        user: Some(user.name.clone()),
        id: Some(key.id),
        status: Some(if key.active { Status::Active } else { Status::Inactive }),
        created: Some(key.created),
    });
    Ok(Output { keys: keys.collect(), more: page.marker.is_some(), marker: page.marker })
}

/// Where a key lies in the list, which is in the order of making.
fn place(key: &AccessKey) -> Vec<u8> {
    key.ordinal.to_be_bytes().to_vec()
}
