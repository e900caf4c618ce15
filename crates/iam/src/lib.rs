//! The actions, their authorization, and the service that runs them.
//!
//! An action is one file under `actions`: its documentation, its input and output with their
//! constraints, what each door calls it, and the rule that runs it. The table [`actions`] is what
//! every door is derived from. All doors end in [`Service::call`]; beside it are only the checking
//! of credentials, and what makes an account and its root's keys.
//!
//! Not here: any wire format (`vmfa-query` has the one of the API), and how things are stored.

mod account;
mod action;
mod actions;
mod api;
mod attempts;
mod authorize;
mod caller;
mod change;
mod context;
mod credential_report;
mod credentials;
mod identifiers;
mod marker;
mod member_checks;
mod page;
mod permission;
mod redeem;
mod refusal;
mod refuse;
mod reply;
mod self_service;
mod service;
mod session;
mod sql;
mod tagging;
mod verifier;

pub use account::{EstablishedAccount, RootKey, RootKeyAdoption};
pub use action::{Access, Action};
pub use actions::{actions, find};
pub use api::Api;
pub use caller::{Caller, CallerCredentials, Principal, UserIdentity};
pub use change::CallOutcome;
pub use credentials::signature_fault;
pub use permission::{AwsAction, PermissionResource};
pub use refusal::{Refusal, with_causes};
pub use refuse::{internal_error, unknown_token};
pub use reply::{Detail, PagedReply, Reply, WrappedReply};
pub use self_service::SelfService;
pub use service::{Call, Quotas, Service, Settings};
pub use sql::{SqlMethod, SqlVerb};
pub use verifier::Verifier;
