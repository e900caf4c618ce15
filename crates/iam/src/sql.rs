//! What SQL calls an action: the resources and methods of StackQL's AWS provider.

/// What SQL calls an action.
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    /// The statement that reaches it.
    pub verb: Verb,
    /// The service of StackQL's that shows it: `iam` or `iam_api`. It is found under both.
    pub service: &'static str,
    /// The resource that it belongs to.
    pub resource: &'static str,
    /// The method's name.
    pub method: &'static str,
    /// Resources and methods of other generations of names.
    pub also: &'static [(&'static str, &'static str)],
    /// Parameters that SQL demands although the API does not, as StackQL's pages show them.
    pub required: &'static [&'static str],
}

impl Sql {
    /// Reached by `SELECT`.
    pub(crate) const fn select(resource: &'static str, method: &'static str) -> Self {
        Self::by(Verb::Select, resource, method)
    }

    /// Reached by `INSERT`.
    pub(crate) const fn insert(resource: &'static str, method: &'static str) -> Self {
        Self::by(Verb::Insert, resource, method)
    }

    /// Reached by `DELETE`.
    pub(crate) const fn delete(resource: &'static str, method: &'static str) -> Self {
        Self::by(Verb::Delete, resource, method)
    }

    /// Reached by `UPDATE`.
    pub(crate) const fn update(resource: &'static str, method: &'static str) -> Self {
        Self::by(Verb::Update, resource, method)
    }

    /// Reached by `EXEC`.
    pub(crate) const fn exec(resource: &'static str, method: &'static str) -> Self {
        Self::by(Verb::Exec, resource, method)
    }

    /// Shown under `aws.iam_api` in place of `aws.iam`.
    pub(crate) const fn in_iam_api(self) -> Self {
        Self { service: "iam_api", ..self }
    }

    /// Found under these resources and methods too.
    pub(crate) const fn also(self, also: &'static [(&'static str, &'static str)]) -> Self {
        Self { also, ..self }
    }

    /// Demands these parameters, which the API does not.
    pub(crate) const fn requires(self, required: &'static [&'static str]) -> Self {
        Self { required, ..self }
    }

    const fn by(verb: Verb, resource: &'static str, method: &'static str) -> Self {
        Self { verb, service: "iam", resource, method, also: &[], required: &[] }
    }
}

/// A statement of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `SELECT`.
    Select,
    /// `INSERT`.
    Insert,
    /// `DELETE`.
    Delete,
    /// `UPDATE`.
    Update,
    /// `EXEC`.
    Exec,
}
