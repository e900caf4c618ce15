//! The SQL names of actions: resources and methods of StackQL's AWS provider.

/// A method by which SQL calls an action.
#[derive(Clone, Copy, Debug)]
pub struct SqlMethod {
    /// The statement that calls it.
    pub verb: SqlVerb,
    /// The StackQL service that lists it: `iam` or `iam_api`. Both find it.
    pub service: &'static str,
    /// The resource that it belongs to.
    pub resource: &'static str,
    /// The method's name.
    pub method: &'static str,
    /// Resources and methods in StackQL's older naming schemes.
    pub also: &'static [(&'static str, &'static str)],
    /// Parameters that StackQL documents as required although the API does not require them.
    pub required: &'static [&'static str],
}

impl SqlMethod {
    pub(crate) const fn select(resource: &'static str, method: &'static str) -> Self {
        Self::by(SqlVerb::Select, resource, method)
    }

    pub(crate) const fn insert(resource: &'static str, method: &'static str) -> Self {
        Self::by(SqlVerb::Insert, resource, method)
    }

    pub(crate) const fn delete(resource: &'static str, method: &'static str) -> Self {
        Self::by(SqlVerb::Delete, resource, method)
    }

    pub(crate) const fn update(resource: &'static str, method: &'static str) -> Self {
        Self::by(SqlVerb::Update, resource, method)
    }

    pub(crate) const fn exec(resource: &'static str, method: &'static str) -> Self {
        Self::by(SqlVerb::Exec, resource, method)
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

    const fn by(verb: SqlVerb, resource: &'static str, method: &'static str) -> Self {
        Self { verb, service: "iam", resource, method, also: &[], required: &[] }
    }
}

/// A statement of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlVerb {
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
