//! GetAccessKeyLastUsed: the last use of an access key.

use vmfa_model::names::AccessKeyId;
use vmfa_store::{KeyId, LastUse};

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "GetAccessKeyLastUsed",
    doc: "Returns the user of an access key, and the time, service and region of the last \
          request signed with it.",
    access: Access::Read,
    resource: PermissionResource::KeyLastUsed(Input::SHAPE.named("AccessKeyId")),
    self_service: SelfService::OwnKey(Input::SHAPE.named("AccessKeyId")),
    input: &Input::SHAPE,
    reply: Reply::Whole(&Output::SHAPE),
    sql: &[SqlMethod::select("access_keys_last_used", "access_keys_last_used_Get")
        .also(&[("access_key_last_used", "get_access_key_last_used")])],
    rule: reads!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The key.
        #[aws = "The identifier of an access key."]
        "AccessKeyId" id: AccessKeyId,
    }
}

structure! {
    struct Output {
        /// The user of the key; absent for a key of the account's root.
        "UserName" user: Option<String>,
        /// Its last use.
        "AccessKeyLastUsed" last_use: Option<LastUseShape>,
    }
}

structure! {
    /// The last use of a key.
    struct LastUseShape {
        /// The time of the request; absent where the key was never used.
        "LastUsedDate" at: Option<Timestamp>,
        /// The service of the request; `N/A` where the key was never used.
        "ServiceName" service: String,
        /// The region of the request; `N/A` where the key was never used.
        "Region" region: String,
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    let account = context.account();
    let id = KeyId(input.id.to_string());
    let (user, last_use) = context.read(|view| {
        let key = view.access_key(&id)?.filter(|key| key.account == account);
        let key = key.ok_or_else(|| refuse::not_authorized_for_key(context.caller, &id.0))?;
        let user = match &key.owner {
            KeyOwner::Root => None,
            KeyOwner::User(user) => {
                view.user_by_id(account, user)?.map(|user| user.name.to_string())
            }
        };
        Ok((user, context.uses.of(&id).or(key.last_use)))
    })?;
    let never = || ("N/A".to_owned(), "N/A".to_owned());
    let at = last_use.as_ref().map(|last_use| last_use.at);
    let (service, region) =
        last_use.map_or_else(never, |LastUse { service, region, .. }| (service, region));
    Ok(Output { user, last_use: Some(LastUseShape { at, service, region }) })
}
