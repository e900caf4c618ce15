//! The credential report: the credentials of each user, as CSV with AWS's columns.

use std::borrow::Cow;

use vmfa_model::{Timestamp, names::UserName};
use vmfa_store::{AccessKey, Account, CredentialReport, KeyOwner, LastUse, Read, User, UserPage};

use crate::{Refusal, context::ReadContext, credentials::LastUses, refusal::InternalError};

/// Whether a report need not be generated again: as on AWS, for four hours. One that is dated after
/// `now`, because the clock was set back, is not fresh.
pub(crate) fn is_fresh(report: &CredentialReport, now: Timestamp) -> bool {
    report.generated <= now && !is_expired(report, now)
}

/// Whether a report is too old to be returned.
pub(crate) fn is_expired(report: &CredentialReport, now: Timestamp) -> bool {
    report.generated.plus(LIFE) <= now
}

/// Generates a report: the root user, then the users by name without regard to case.
pub(crate) fn make(context: &ReadContext<'_>) -> Result<CredentialReport, Refusal> {
    let id = context.account();
    let no_account = Refusal::Internal(InternalError::Impossible("the caller has no account"));
    let csv = context.read(|view| {
        let account = view.account(id)?.ok_or(no_account)?;
        let root_keys = view.access_keys(id, &KeyOwner::Root)?;
        let mut lines = Lines { text: HEADER.to_owned(), uses: context.uses };
        lines.root(&account, &root_keys);
        let mut after: Option<UserName> = None;
        loop {
            let page = UserPage { after: after.as_ref(), limit: BATCH };
            let users = view.users(id, &page)?;
            for user in &users {
                lines.user(&account, user, &keys_of(view, &account, user)?);
            }
            match users.last() {
                Some(last) if users.len() == BATCH => after = Some(last.name.clone()),
                _ => return Ok(lines.text),
            }
        }
    })?;
    Ok(CredentialReport { generated: context.now, content: csv })
}

fn keys_of(view: &dyn Read, account: &Account, user: &User) -> Result<Vec<AccessKey>, Refusal> {
    if user.access_keys == 0 {
        return Ok(Vec::new());
    }
    Ok(view.access_keys(account.id, &KeyOwner::User(user.id.clone()))?)
}

struct Lines<'a> {
    text: String,
    uses: &'a LastUses,
}

impl Lines<'_> {
    fn root(&mut self, account: &Account, keys: &[AccessKey]) {
        // For the root's password AWS reports only its last use; here it has none.
        let password = [NOT_SUPPORTED, NO_INFORMATION, NOT_SUPPORTED, NOT_SUPPORTED];
        let arn = account.id.root_arn();
        // No action of the API assigns a device to the root user.
        self.line("<root_account>", &arn, account.created, password, false, keys);
    }

    fn user(&mut self, account: &Account, user: &User, keys: &[AccessKey]) {
        let arn = account.id.user_arn(user.path.as_str(), user.name.as_str());
        let password = [FALSE, NONE, NONE, NONE];
        self.line(user.name.as_str(), &arn, user.created, password, user.devices > 0, keys);
    }

    fn line(
        &mut self,
        name: &str,
        arn: &str,
        created: Timestamp,
        password: [&str; 4],
        mfa: bool,
        keys: &[AccessKey],
    ) {
        self.text.push('\n');
        self.text.push_str(&quoted(name));
        self.fields([&*quoted(arn), &created.to_string()]);
        self.fields(password);
        self.fields([truth(mfa)]);
        // There are columns for the two oldest keys, whatever the quota.
        self.key(keys.first());
        self.key(keys.get(1));
        self.fields([FALSE, NONE, FALSE, NONE]);
    }

    fn key(&mut self, key: Option<&AccessKey>) {
        let Some(key) = key else { return self.fields([FALSE, NONE, NONE, NONE, NONE]) };
        self.fields([truth(key.active), &key.created.to_string()]);
        match self.uses.of(&key.id).as_ref().or(key.last_use.as_ref()) {
            Some(LastUse { at, service, region }) => {
                self.fields([&*at.to_string(), &quoted(region), &quoted(service)]);
            }
            None => self.fields([NONE; 3]),
        }
    }

    fn fields<const N: usize>(&mut self, fields: [&str; N]) {
        for field in fields {
            self.text.push(',');
            self.text.push_str(field);
        }
    }
}

/// A field as CSV has it (RFC 4180, section 2): names may hold commas, and paths may hold quotes.
fn quoted(field: &str) -> Cow<'_, str> {
    if field.contains([',', '"']) {
        return Cow::Owned(format!("\"{}\"", field.replace('"', "\"\"")));
    }
    Cow::Borrowed(field)
}

fn truth(value: bool) -> &'static str {
    if value { TRUE } else { FALSE }
}

const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,\
    password_last_changed,password_next_rotation,mfa_active,access_key_1_active,\
    access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,\
    access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
    access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,\
    cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
const TRUE: &str = "true";
const FALSE: &str = "false";
/// The credential does not exist or was never used.
const NONE: &str = "N/A";
const NO_INFORMATION: &str = "no_information";
const NOT_SUPPORTED: &str = "not_supported";
/// Seconds for which a report is fresh.
const LIFE: i64 = 4 * 60 * 60;
/// Users to read at a time.
const BATCH: usize = 1_000;
