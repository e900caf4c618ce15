//! The inputs of the credential chain.

use crate::{ClientContext, Configuration, ConnectionOptions};

#[derive(Clone, Copy)]
pub(crate) struct ChainInput<'s> {
    pub(crate) configuration: &'s Configuration,
    pub(crate) options: &'s ConnectionOptions,
    pub(crate) context: &'s ClientContext,
    /// Whether the credentials are for AWS's own endpoint: only then may they be sent to AWS's own
    /// STS.
    pub(crate) aws: bool,
}
