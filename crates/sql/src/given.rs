//! The parameters of one call, as a statement gave them.

use vmfa_model::Record;

use crate::{
    Failure,
    catalog::Method,
    failure::State,
    sink::Cell,
    spelling::{means, meant},
    value,
};

/// Parameters by name, in the order given. They may be secret: no `Debug`.
#[derive(Clone, Default)]
pub(crate) struct Given(Vec<(&'static str, Cell)>);

impl Given {
    /// Adds a parameter, if it is not there yet. Whether it was not.
    pub(crate) fn add(&mut self, name: &'static str, value: Cell) -> bool {
        let new = self.get(name).is_none();
        if new {
            self.0.push((name, value));
        }
        new
    }

    /// All parameters.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &Cell)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// The value of that parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&Cell> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The names of the parameters that have values.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let valued = self.0.iter().filter(|(_, value)| !matches!(value, Cell::Null));
        valued.map(|(name, _)| *name).collect()
    }

    /// The input that a method makes of them. `region` is left out: IAM has none.
    pub(crate) fn input(&self, method: &Method) -> Result<Record, Failure> {
        let mut record = Record::with_capacity(self.0.len());
        for member in method.parameters() {
            let Some(given) = self.get(member.name) else { continue };
            if let Some(value) = value::input(member.name, &member.shape, given)? {
                record.push(member.name, value);
            }
        }
        Ok(record)
    }
}

/// The parameter that a typed name means, of those that the methods have. `at` is the sign that
/// the statement writes before names.
pub(crate) fn parameter(
    methods: &[Method],
    typed: &str,
    at: &str,
) -> Result<&'static str, Failure> {
    if typed.eq_ignore_ascii_case(REGION) {
        return Ok(REGION);
    }
    let members = || methods.iter().flat_map(Method::parameters);
    let found = members().find(|member| means(typed, member.name));
    found.map(|member| member.name).ok_or_else(|| {
        let mut names: Vec<&str> = Vec::new();
        for member in members() {
            if !names.contains(&member.name) {
                names.push(member.name);
            }
        }
        let known = meant(typed, names.into_iter(), "the parameters are");
        let message = format!("could not locate symbol `{at}{typed}`: {known}");
        Failure::because(State::UndefinedColumn, message)
    })
}

/// What every statement may name, since every StackQL statement does; IAM has no regions.
pub(crate) const REGION: &str = "region";

/// The region where none is given.
pub(crate) const DEFAULT_REGION: &str = "us-east-1";
