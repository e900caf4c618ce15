//! Credential reports: one an account.

use vmfa_model::{AccountId, Timestamp};

use crate::{
    Error,
    forward::{changes, queries},
};

/// A credential report.
#[derive(Clone, Debug)]
pub struct CredentialReport {
    /// The time of its generation.
    pub generated: Timestamp,
    /// CSV.
    pub content: String,
}

queries! {
    /// Queries of credential reports.
    pub trait ReadCredentialReports {
        /// The latest credential report.
        fn report(&self, account: AccountId) -> Result<Option<CredentialReport>, Error>;
    }
}

changes! {
    /// Changes of credential reports.
    pub trait WriteCredentialReports {
        /// Replaces the credential report.
        fn set_report(
            &mut self,
            account: AccountId,
            report: &CredentialReport,
        ) -> Result<(), Error>;
    }
}
