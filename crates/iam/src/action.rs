//! A row of the action table: all that a door may know of an action.

use vmfa_model::{Record, Structure as _, StructureShape};

use crate::{
    Api, Refusal,
    change::Change,
    context::{ReadContext, WriteContext},
    permission::{AwsAction, PermissionResource},
    refusal::InternalError,
    reply::{PagedReply, Reply, WrappedReply},
    self_service::SelfService,
    sql::SqlMethod,
};

/// An action. Doors read it as data; only the service runs it.
#[derive(Debug)]
pub struct Action {
    /// Its name in the API, such as `EnableMFADevice`.
    pub name: &'static str,
    /// The API that it belongs to.
    pub api: Api,
    /// What it does, for help and reference pages.
    pub doc: &'static str,
    /// Its access level, for documentation: what [`writes`](Self::writes) says may differ, as AWS
    /// counts what `GenerateCredentialReport` does as reading.
    pub access: Access,
    /// The resource on which the permission to call it is checked.
    pub resource: PermissionResource,
    /// What a user may call without that permission.
    pub self_service: SelfService,
    /// The AWS action as which an action of ours is authorised.
    pub authorized_as: Option<AwsAction>,
    /// Its input.
    pub input: &'static StructureShape,
    /// Its output, and how that is paged or unwrapped.
    pub reply: Reply,
    /// What SQL calls it; empty where SQL has no name for it.
    pub sql: &'static [SqlMethod],
    pub(crate) rule: Rule,
}

/// What runs an action.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    Read(fn(&ReadContext<'_>, Record) -> Result<Record, Refusal>),
    Write(fn(&WriteContext<'_>, Record) -> Result<Change<Record>, Refusal>),
}

impl Action {
    /// What a row of IAM need not say. The table refuses to compile a row without the rest.
    pub(crate) const IAM: Self = Self {
        name: "",
        api: Api::Iam,
        doc: "",
        access: Access::Read,
        resource: PermissionResource::Any,
        self_service: SelfService::No,
        authorized_as: None,
        input: &<()>::SHAPE,
        reply: Reply::Nothing,
        sql: &[],
        rule: Rule::Read(|_, _| {
            Err(Refusal::Internal(InternalError::Impossible("an action has no rule")))
        }),
    };
    /// What a row of ours need not say.
    #[cfg(test)]
    pub(crate) const VMFA: Self = Self { api: Api::Vmfa, ..Self::IAM };
    /// What a row of STS need not say.
    pub(crate) const STS: Self = Self { api: Api::Sts, ..Self::IAM };

    /// An action that no table has and that refuses every call, for tests of what reads rows.
    #[doc(hidden)]
    pub const fn made_up(
        api: Api,
        name: &'static str,
        input: &'static StructureShape,
        reply: Reply,
    ) -> Self {
        Self { name, doc: "Made up for a test.", api, input, reply, ..Self::IAM }
    }

    /// Fails the build where the row does not say what only it can say.
    pub(crate) const fn assert_complete(&self) {
        assert!(!self.name.is_empty(), "an action has no name");
        assert!(!self.doc.is_empty(), "an action has no documentation");
        let own = matches!(self.api, Api::Vmfa);
        assert!(own == self.authorized_as.is_some(), "ours are authorised as actions of AWS's");
        assert!(!own || self.sql.is_empty(), "StackQL's provider has no actions of ours");
        self.assert_members();
    }

    /// Its output; `None` where it returns nothing.
    pub const fn output(&self) -> Option<&'static StructureShape> {
        match self.reply {
            Reply::Nothing => None,
            Reply::Whole(shape)
            | Reply::One(WrappedReply { shape, .. })
            | Reply::Page(PagedReply { shape, .. }) => Some(shape),
        }
    }

    /// How it pages, where it lists.
    pub const fn paged(&self) -> Option<PagedReply> {
        match self.reply {
            Reply::Page(reply) => Some(reply),
            _ => None,
        }
    }

    /// The one thing that its output wraps, where it does.
    pub const fn wrapped(&self) -> Option<WrappedReply> {
        match self.reply {
            Reply::One(reply) => Some(reply),
            _ => None,
        }
    }

    /// The members of what its output wraps that a command line writes to a file.
    pub const fn files(&self) -> &'static [&'static str] {
        match self.reply {
            Reply::One(reply) => reply.files,
            _ => &[],
        }
    }

    /// Whether its rule may write, and so wait for the disk.
    pub const fn writes(&self) -> bool {
        matches!(self.rule, Rule::Write(_))
    }
}

/// The access level, as AWS's service authorization reference has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads one thing.
    Read,
    /// Lists things.
    List,
    /// Changes things.
    Write,
    /// Changes tags.
    Tagging,
}
