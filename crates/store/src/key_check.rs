//! The key check: a seal by which a wrong key file is recognised.

use crate::{Error, Sealed, forward::queries};

queries! {
    /// Queries of the key check.
    pub trait ReadKeyCheck {
        /// An encrypted value by which a wrong key file is recognised before anything is encrypted
        /// with it.
        fn key_check(&self) -> Result<Option<Sealed>, Error>;
    }
}
