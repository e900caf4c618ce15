//! CreateAccessKey: creates an access key, and returns its secret once.

use std::sync::Arc;

use vmfa_model::{Secret, names::Status};
use vmfa_store::NewAccessKey;

use super::prelude::*;
use crate::{credentials::encrypt_secret, identifiers};

pub(super) static ACTION: Action = Action {
    name: "CreateAccessKey",
    doc: "Creates an access key for a user. The response holds its secret, which no other call \
          returns.",
    access: Access::Write,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    self_service: SelfService::OnItself,
    input: &Input::SHAPE,
    reply: Reply::one(&Output::SHAPE, "AccessKey"),
    sql: &[SqlMethod::insert("access_keys", "access_keys_Create")
        .also(&[("access_keys", "create_access_key")])],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The user; the caller by default. The account's root must name one: its own keys are
        /// created on the machine that holds the data.
        #[aws = "The name of the IAM user that the new key will belong to."]
        "UserName" user: Option<UserName>,
    }
}

structure! {
    struct Output {
        /// The key.
        "AccessKey" key: NewKey,
    }
}

structure! {
    /// A new access key.
    struct NewKey {
        /// The user.
        "UserName" user: String,
        /// The identifier.
        #[min = 16]
        "AccessKeyId" id: String,
        /// `Active`.
        "Status" status: Status,
        /// The secret: 40 characters.
        "SecretAccessKey" secret: Secret,
        /// When the key was created.
        "CreateDate" created: Option<Timestamp>,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<Output>, Refusal> {
    let account = context.account();
    let created = context.now;
    let most = context.quotas().access_keys_per_user;
    let caller = context.caller.clone();
    let (keys, entropy) = (Arc::clone(context.keys), Arc::clone(context.entropy));

    let secret = identifiers::secret_access_key(&*entropy);
    let shown = secret.clone();
    let draw = move || {
        let id = identifiers::access_key_id("AKIA", account, &*entropy);
        let sealed = encrypt_secret((&id.0, account), &secret, &keys, &*entropy);
        (id, sealed)
    };
    let mut drawn = draw();
    let change = Change::transaction(move |tx| {
        let user = find_user_or_caller(tx.view(), &caller, input.user.as_ref())?;
        if user.access_keys >= most {
            return Err(refuse::over_quota("AccessKeysPerUser", most).into());
        }
        while tx.view().access_key(&drawn.0)?.is_some() {
            drawn = draw();
        }
        let (id, secret) = drawn.clone();
        tx.insert_access_key(&NewAccessKey {
            id: id.clone(),
            account,
            owner: KeyOwner::User(user.id),
            secret,
            created,
        })?;
        Ok((user.name, id))
    });
    Ok(change.then(move |(user, id)| {
        let created = Some(created);
        let (user, id) = (user.to_string(), id.0);
        Output { key: NewKey { user, id, status: Status::Active, secret: shown, created } }
    }))
}
