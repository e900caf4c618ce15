//! GetAccountSummary: the entities and quotas of the account.

use vmfa_model::Map;
use vmfa_store::Account;

use super::prelude::*;
use crate::{Quotas, refusal::InternalError};

pub(super) static ACTION: Action = Action {
    name: "GetAccountSummary",
    doc: "Returns the number of entities of each kind in the account, and its quotas. For what \
          does not exist here, such as groups, the number is 0 and the quota is AWS's default.",
    access: Access::List,
    resource: PermissionResource::Any,
    input: &Input::SHAPE,
    reply: Reply::Whole(&Output::SHAPE),
    sql: &[SqlMethod::select("account_summary", "account_summary_Get")
        .also(&[("account_summary", "get_account_summary")])],
    rule: reads!(run),
    ..Action::IAM
};

structure! {
    struct Input {}
}

structure! {
    struct Output {
        /// Counts and quotas by name.
        "SummaryMap" summary: Map<i64>,
    }
}

fn run(context: &ReadContext<'_>, Input {}: Input) -> Result<Output, Refusal> {
    let id = context.account();
    let (account, root_keys) = context
        .read(|view| Ok((view.account(id)?, view.access_keys(id, &KeyOwner::Root)?.len())))?;
    let no_account = Refusal::Internal(InternalError::Impossible("the caller has no account"));
    let summary = summary(&account.ok_or(no_account)?, root_keys > 0, context.quotas());
    let entry =
        |(name, count): (&str, u64)| (name.to_owned(), i64::try_from(count).unwrap_or(i64::MAX));
    Ok(Output { summary: Map(summary.into_iter().map(entry).collect()) })
}

fn summary(account: &Account, root_keys: bool, quotas: Quotas) -> [(&'static str, u64); 34] {
    [
        ("AccessKeysPerUserQuota", quotas.access_keys_per_user),
        // 1 if there is any.
        ("AccountAccessKeysPresent", u64::from(root_keys)),
        // The root's devices alone, and no call of the API gives it one.
        ("AccountMFAEnabled", 0),
        ("AccountPasswordPresent", 0),
        ("AccountSigningCertificatesPresent", 0),
        ("AssumeRolePolicySizeQuota", 2048),
        ("AttachedPoliciesPerGroupQuota", 10),
        ("AttachedPoliciesPerRoleQuota", 10),
        ("AttachedPoliciesPerUserQuota", 10),
        ("GlobalEndpointTokenVersion", 1),
        ("GroupPolicySizeQuota", 5120),
        ("Groups", 0),
        ("GroupsPerUserQuota", 10),
        ("GroupsQuota", 300),
        ("InstanceProfiles", 0),
        ("InstanceProfilesQuota", 1000),
        ("MFADevices", account.devices),
        ("MFADevicesInUse", account.devices_in_use),
        ("Policies", 0),
        ("PoliciesQuota", 1500),
        ("PolicySizeQuota", 6144),
        ("PolicyVersionsInUse", 0),
        ("PolicyVersionsInUseQuota", 10_000),
        ("Providers", 0),
        ("RolePolicySizeQuota", 10_240),
        ("Roles", 0),
        ("RolesQuota", 1000),
        ("ServerCertificates", 0),
        ("ServerCertificatesQuota", 20),
        ("SigningCertificatesPerUserQuota", 2),
        ("UserPolicySizeQuota", 2048),
        ("Users", account.users),
        ("UsersQuota", quotas.users),
        ("VersionsPerPolicyQuota", 5),
    ]
}
