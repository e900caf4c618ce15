//! Views and tables of the user's own, which live longer than a session.

/// Where they are kept.
#[derive(Debug)]
pub struct Views(());

impl Views {
    /// Nowhere: they live as long as the session that makes them.
    pub const fn nowhere() -> Self {
        Self(())
    }
}
