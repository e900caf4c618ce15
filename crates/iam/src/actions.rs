//! The action table: one file an action, one line to register it.
#![expect(clippy::doc_markdown, reason = "each file opens with the name of its action")]
#![expect(clippy::needless_pass_by_value, reason = "rules have one form, whatever they consume")]
#![expect(clippy::unnecessary_wraps, reason = "rules have one form, whether or not they refuse")]

mod prelude;

use crate::{Action, Api};

/// Every action: those of IAM, of STS and of ours, each API in the order of the alphabet.
pub fn actions() -> impl Iterator<Item = &'static Action> {
    ACTIONS.iter().copied()
}

/// The action of that name, in the case of the API.
pub fn find(api: Api, name: &str) -> Option<&'static Action> {
    find_in(ACTIONS, api, name)
}

pub(crate) fn find_in(table: &[&'static Action], api: Api, name: &str) -> Option<&'static Action> {
    table.iter().copied().find(|action| action.api == api && action.name == name)
}

macro_rules! table {
    ($($module:ident),+ $(,)?) => {
        $(
            mod $module;
            const _: () = $module::ACTION.assert_complete();
        )+
        static ACTIONS: &[&Action] = &[$(&$module::ACTION),+];
    };
}

table! {
    create_access_key,
    create_account_alias,
    create_user,
    create_virtual_mfa_device,
    deactivate_mfa_device,
    delete_access_key,
    delete_account_alias,
    delete_login_profile,
    delete_user,
    delete_virtual_mfa_device,
    enable_mfa_device,
    generate_credential_report,
    get_access_key_last_used,
    get_account_password_policy,
    get_account_summary,
    get_credential_report,
    get_login_profile,
    get_mfa_device,
    get_user,
    list_access_keys,
    list_account_aliases,
    list_attached_user_policies,
    list_groups_for_user,
    list_mfa_device_tags,
    list_mfa_devices,
    list_service_specific_credentials,
    list_signing_certificates,
    list_ssh_public_keys,
    list_user_policies,
    list_user_tags,
    list_users,
    list_virtual_mfa_devices,
    resync_mfa_device,
    tag_mfa_device,
    tag_user,
    untag_mfa_device,
    untag_user,
    update_access_key,
    update_user,
    get_caller_identity,
    get_session_token,
}

/// What `cargo xtask new-action` begins an action with, compiled here so that it stays valid.
#[cfg(test)]
mod skeletons {
    mod list;
    mod read;
    mod write;

    use super::prelude;

    const _: () = list::ACTION.assert_complete();
    const _: () = read::ACTION.assert_complete();
    const _: () = write::ACTION.assert_complete();
}
