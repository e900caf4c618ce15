//! Why a statement failed.

/// Why a statement failed. Displayed as what standard error gets: AWS's code and message where
/// the service refused, and our own words otherwise. Neither ever holds a value that was given.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A call that the statement made was refused, or nobody could be asked.
    #[error(transparent)]
    Call(#[from] vmfa_client::Failed),
    /// The statement itself cannot be run.
    #[error("{0}")]
    Statement(String),
}

impl Failure {
    /// A statement that cannot be run.
    pub(crate) fn of(message: impl Into<String>) -> Self {
        Self::Statement(message.into())
    }
}
