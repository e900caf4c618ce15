//! A row of the action table: all that a door may know of an action.

use vmfa_model::{Record, Structure as _, StructureShape};

use crate::{
    Api, Refusal,
    change::Change,
    context::{ReadContext, WriteContext},
    permission::{AwsAction, PermissionResource},
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
    /// Whether its rule reads every user of the account before it writes: about 25 milliseconds
    /// for 5,000 users with two access keys each, where other rules take less than one. A door
    /// runs it where that delays no other call.
    pub reads_all_users: bool,
    pub(crate) rule: Rule,
}

/// What runs an action.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    /// The table does not compile with a row that has none.
    Missing,
    Read(fn(&ReadContext<'_>, Record) -> Result<Record, Refusal>),
    Write(fn(&WriteContext<'_>, Record) -> Result<Change<Record>, Refusal>),
}

impl Action {
    /// What a row of IAM need not say. The table does not compile with a row that lacks name,
    /// documentation or rule.
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
        reads_all_users: false,
        rule: Rule::Missing,
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
        assert!(!matches!(self.rule, Rule::Missing), "an action has no rule");
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

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn an_incomplete_row_fails_the_build() {
        const COMPLETE: Action = Action {
            name: "GetExample",
            doc: "Gets an example.",
            rule: Rule::Read(|_, _| Ok(Record::new())),
            ..Action::IAM
        };
        let complete = |row: Action| catch_unwind(move || row.assert_complete()).is_ok();
        assert!(complete(COMPLETE));
        assert!(!complete(Action { name: "", ..COMPLETE }));
        assert!(!complete(Action { doc: "", ..COMPLETE }));
        assert!(!complete(Action { rule: Rule::Missing, ..COMPLETE }));
        assert!(!complete(Action { api: Api::Vmfa, ..COMPLETE }));
    }
}
