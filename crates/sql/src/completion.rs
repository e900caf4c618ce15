//! What may come next in a statement that is being typed: resources after `FROM`, columns of the
//! resources that the statement names, methods and their parameters, and words of the language.
//!
//! Not here: how lines are edited.

use std::collections::BTreeSet;

use crate::{
    Session,
    catalog::{PROVIDER, Resource, catalog},
    given::REGION,
    language::{self, Kind, Token},
    spelling::means,
};

/// What completes a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Where the word begins that is completed, in bytes.
    pub start: usize,
    /// What it may become.
    pub words: Vec<String>,
}

/// Completes the word that the text ends with.
pub fn complete(text: &str) -> Completion {
    let start = text.rfind(|c: char| !is_of_word(c)).map_or(0, |at| {
        at.saturating_add(text.get(at..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8))
    });
    let (before, word) = text.split_at(start);
    let statement = before.rsplit(';').next().unwrap_or(before);
    let begins =
        |name: &str| name.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word));
    let words: BTreeSet<String> =
        candidates(statement, word).into_iter().filter(|name| begins(name)).collect();
    Completion { start, words: words.into_iter().collect() }
}

/// Whether a text holds a whole statement: whether `;` ends it outside of quotes and comments.
pub fn is_whole(text: &str) -> bool {
    let Ok(whole) = Session::split(text) else {
        // A quote or a comment is open; or else its refusal says what is wrong.
        let closed = ["'", "\"", "*/"].map(|close| format!("{text}{close}"));
        return closed.iter().all(|closed| Session::split(closed).is_err());
    };
    // What follows is a statement of its own.
    let more = format!("{text}\nx");
    whole.is_empty() || Session::split(&more).is_ok_and(|more| more.len() > whole.len())
}

/// Whether a statement names a parameter whose value is secret, so that it should not be kept.
pub fn names_a_secret(statement: &str) -> bool {
    let Ok(tokens) = language::lex(statement) else { return true };
    let name_of = |token: &Token<'_>| match token.kind {
        Kind::Variable => Some(token.text.trim_start_matches('@').to_owned()),
        _ => token.name(),
    };
    let names: Vec<String> = tokens.iter().filter_map(name_of).collect();
    let methods = catalog().resources().iter().flat_map(Resource::own_methods);
    let mut secrets = methods
        .flat_map(crate::catalog::Method::parameters)
        .filter(|member| member.shape.is_secret())
        .map(|member| member.name);
    secrets.any(|secret| names.iter().any(|name| means(name, secret)))
        // A document may hold anything.
        || statement.contains("@@")
}

fn candidates(statement: &str, word: &str) -> Vec<String> {
    let words: Vec<&str> =
        statement.split(|c: char| !is_of_word(c)).filter(|word| !word.is_empty()).collect();
    let last = words.last().map(|word| word.to_ascii_uppercase()).unwrap_or_default();
    let executes = words.iter().any(|word| word.eq_ignore_ascii_case("EXEC"))
        || words.iter().any(|word| word.eq_ignore_ascii_case("METHOD"));
    if word.starts_with('@') {
        return parameters(&words);
    }
    if BEFORE_RESOURCES.contains(&last.as_str()) || word.contains('.') {
        return paths(executes);
    }
    let mut names: Vec<String> = words.iter().flat_map(|word| columns(word)).collect();
    names.extend(KEYWORDS.map(str::to_owned));
    names
}

/// The full names of resources, or of methods.
fn paths(methods: bool) -> Vec<String> {
    let catalog = catalog();
    let services = catalog.services().iter();
    let resources = services
        .flat_map(|service| catalog.resources().iter().map(move |resource| (service, resource)));
    resources
        .flat_map(|(service, resource)| {
            let path = format!("{PROVIDER}.{service}.{}", resource.name);
            let methods = resource.own_methods().into_iter().filter(move |_| methods);
            let methods: Vec<String> =
                methods.map(|method| format!("{path}.{}", method.name)).collect();
            std::iter::once(path).chain(methods)
        })
        .collect()
}

fn columns(path: &str) -> Vec<String> {
    let Some(resource) = named(path) else { return Vec::new() };
    let columns = resource.fields().into_iter().map(|member| member.name);
    let parameters = resource.own_methods();
    let parameters = parameters.iter().flat_map(|m| m.parameters()).map(|member| member.name);
    columns.chain(parameters).chain([REGION]).map(str::to_owned).collect()
}

/// The parameters of the method that a statement executes.
fn parameters(words: &[&str]) -> Vec<String> {
    let method = words.iter().find_map(|word| {
        let (path, method) = word.rsplit_once('.')?;
        named(path)?.method(method)
    });
    let names = method.into_iter().flat_map(|method| method.parameters()).map(|m| m.name);
    names.chain([REGION]).map(|name| format!("@{name}")).collect()
}

fn named(path: &str) -> Option<&'static Resource> {
    let mut names = path.split('.');
    let path = [names.next()?, names.next()?, names.next()?];
    catalog().find(path).ok()
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '@')
}

/// What is followed by the name of a resource.
const BEFORE_RESOURCES: [&str; 8] =
    ["FROM", "JOIN", "INTO", "UPDATE", "EXEC", "DESCRIBE", "DESC", "METHOD"];

/// The words that begin and join what is most often typed.
const KEYWORDS: [&str; 40] = [
    "AND",
    "AS",
    "BEGIN",
    "BETWEEN",
    "COMMIT",
    "CREATE MATERIALIZED VIEW",
    "CREATE VIEW",
    "DELETE FROM",
    "DESCRIBE",
    "DISTINCT",
    "DROP VIEW",
    "EXEC",
    "EXPLAIN",
    "FROM",
    "GROUP BY",
    "HAVING",
    "IN",
    "INSERT INTO",
    "IS NULL",
    "JOIN",
    "LEFT JOIN",
    "LIKE",
    "LIMIT",
    "NOT",
    "ON",
    "OR",
    "ORDER BY",
    "REFRESH MATERIALIZED VIEW",
    "RETURNING",
    "ROLLBACK",
    "SELECT",
    "SET",
    "SHOW METHODS IN",
    "SHOW PROVIDERS",
    "SHOW RESOURCES IN",
    "SHOW SERVICES IN",
    "UNION",
    "UPDATE",
    "VALUES",
    "WHERE",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        complete(text).words
    }

    #[test]
    fn what_may_come_next() {
        assert_eq!(words("sel"), ["SELECT"]);
        assert_eq!(words("SELECT * FROM aws.iam.virt"), ["aws.iam.virtual_mfa_devices"]);
        assert_eq!(
            words("SELECT 1; select * from aws.iam.virtual_mfa_devices where Ser"),
            ["SerialNumber"]
        );
        assert_eq!(
            words("EXEC aws.iam_api.mfa_devices.mfa_devices_En"),
            ["aws.iam_api.mfa_devices.mfa_devices_Enable"]
        );
        assert_eq!(
            words("EXEC aws.iam_api.mfa_devices.mfa_devices_Enable @Auth"),
            ["@AuthenticationCode1", "@AuthenticationCode2"]
        );
        assert_eq!(complete("SELECT é, Se").start, "SELECT é, ".len());
        assert!(words("SELECT * FROM nope.nope").is_empty());
    }

    #[test]
    fn a_statement_is_whole_at_its_semicolon() {
        assert!(is_whole("SELECT 1;"));
        assert!(is_whole("SELECT 1; -- done"));
        assert!(is_whole(""));
        assert!(!is_whole("SELECT 1"));
        assert!(!is_whole("SELECT ';'"));
        assert!(!is_whole("SELECT 1 -- ;"));
        assert!(!is_whole("SELECT 'a;"));
    }

    #[test]
    fn what_has_codes_is_told() {
        assert!(names_a_secret(
            "EXEC aws.iam_api.mfa_devices.mfa_devices_Enable @AuthenticationCode1='1'"
        ));
        assert!(names_a_secret("exec a.b.c.d @authentication_code1='1'"));
        assert!(!names_a_secret("SELECT * FROM aws.iam.users"));
    }
}
