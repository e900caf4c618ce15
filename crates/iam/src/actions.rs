//! The action table: one file an action, one line to register it.

mod prelude;

use crate::{Action, Api};

/// Every action, those of IAM first, each API in the order of the alphabet.
pub fn actions() -> impl Iterator<Item = &'static Action> {
    ACTIONS.iter().copied()
}

/// The action of that name, in the case of the API.
pub fn find(api: Api, name: &str) -> Option<&'static Action> {
    actions().find(|action| action.api == api && action.name == name)
}

macro_rules! table {
    ($($module:ident),+ $(,)?) => {
        $(mod $module;)+
        static ACTIONS: &[&Action] = &[$(&$module::ACTION),+];
    };
}

table! {
    create_user,
    create_virtual_mfa_device,
    deactivate_mfa_device,
    delete_user,
    delete_virtual_mfa_device,
    enable_mfa_device,
    get_mfa_device,
    get_user,
    list_mfa_device_tags,
    list_mfa_devices,
    list_user_tags,
    list_users,
    list_virtual_mfa_devices,
    resync_mfa_device,
    tag_mfa_device,
    tag_user,
    untag_mfa_device,
    untag_user,
    update_user,
    get_caller_identity,
    get_session_token,
}
