//! Writes tokens as SQLite reads them.
//!
//! Three-part names become one name of a table; text is quoted anew where it has escapes, which
//! SQLite does not know; comments become blanks, and so do words that mean nothing here, such as
//! `FOR UPDATE`. All else stays as it was written. SQLite then sees the same tokens as we did: nothing can hide in a
//! comment or in a text.

use std::collections::HashMap;

use super::{
    lexer::{Kind, Token},
    parser::path_of,
    sides::untold,
    tables::{Place, places},
};
use crate::{
    Failure,
    catalog::{PROVIDER, Resource, catalog},
    sink::Type,
};

/// A text for SQLite.
#[derive(Default)]
pub(crate) struct Text {
    pub(crate) sql: String,
    /// The resources that it names.
    pub(crate) resources: Vec<Mention>,
    /// The views and tables of the user's own that it names.
    pub(crate) own: Vec<String>,
    /// What its columns hold, where that was guessed.
    pub(crate) kinds: Vec<Type>,
    /// Where tokens begin in it, and the character of the statement that is there.
    origins: Vec<(usize, usize)>,
}

/// A resource, and the name that a statement names it by.
#[derive(Clone)]
pub(crate) struct Mention {
    pub(crate) resource: &'static Resource,
    pub(crate) path: String,
    /// Whether it is asked without the condition of the join that it stands in.
    pub(crate) untold: bool,
}

impl Text {
    /// A text of our own.
    pub(crate) fn ours(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), ..Self::default() }
    }

    /// Adds a text of our own.
    pub(crate) fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    /// Adds another text.
    pub(crate) fn append(&mut self, other: impl std::borrow::Borrow<Self>) {
        let (other, shift) = (other.borrow(), self.sql.len());
        let origins = other.origins.iter();
        self.origins.extend(origins.map(|(at, origin)| (at.saturating_add(shift), *origin)));
        self.sql.push_str(&other.sql);
        self.resources.extend_from_slice(&other.resources);
        self.own.extend_from_slice(&other.own);
    }

    /// The character of the statement where a byte of the text comes from.
    pub(crate) fn position(&self, byte: usize) -> Option<usize> {
        let after = self.origins.partition_point(|(at, _)| *at <= byte);
        self.origins.get(after.checked_sub(1)?).map(|(_, origin)| *origin)
    }
}

/// Puts the provider before names in two parts, which stand for resources where a provider is
/// used.
pub(crate) fn complete<'q>(tokens: &[Token<'q>]) -> Vec<Token<'q>> {
    let mut whole = Vec::with_capacity(tokens.len());
    let mut rest = tokens;
    let mut after_dot = false;
    while let Some((token, following)) = rest.split_first() {
        rest = following;
        let service = token.name().filter(|name| catalog().is_service(name));
        let resource = part(following).filter(|(name, _)| catalog().is_resource(name));
        if !after_dot && service.is_some() && resource.is_some() {
            whole.push(Token { kind: Kind::Word, text: PROVIDER, ..*token });
            whole.push(Token { kind: Kind::Symbol, text: ".", ..*token });
        }
        after_dot = token.is_symbol(".") || (after_dot && token.is_blank());
        whole.push(*token);
    }
    whole
}

/// What is written otherwise, or besides, by the places of tokens.
#[derive(Default)]
pub(crate) struct Edits {
    /// Other text for a token.
    pub(crate) renamed: HashMap<usize, String>,
    /// What the column that ends with a token is called.
    pub(crate) called: HashMap<usize, String>,
}

/// Writes tokens for SQLite. Fails where they name a resource that is not there.
pub(crate) fn for_sqlite(tokens: &[Token<'_>], edits: &Edits) -> Result<Text, Failure> {
    of_provider(tokens)?;
    let mut text = Text::default();
    let untold = untold(tokens);
    let mut rest = tokens;
    let mut after_dot = false;
    while let Some((token, following)) = rest.split_first() {
        let place = tokens.len().saturating_sub(rest.len());
        rest = following;
        if let Some(following) = meaningless(token, following) {
            rest = following;
            text.sql.push(' ');
            continue;
        }
        text.origins.push((text.sql.len(), token.at));
        if let Some(name) = edits.renamed.get(&place) {
            text.sql.push_str(name);
            after_dot = false;
        } else if !after_dot && let Some((path, following)) = path(token, following) {
            let [provider, service, resource] = &path;
            let found = catalog().find([provider, service, resource]);
            let resource = found.map_err(|failure| failure.at(Some(token.at)))?;
            text.sql.push_str(&quoted_name(&resource.path));
            // What has a column behind it names a table that stands elsewhere.
            if part(following).is_none() {
                let untold = untold.iter().any(|range| range.contains(&place));
                text.resources.push(Mention { resource, path: path.join("."), untold });
            }
            rest = following;
        } else {
            after_dot = token.is_symbol(".") || (after_dot && token.is_blank());
            write(token, &mut text.sql)?;
            if token.is("UNION")
                && let Some((distinct, following)) = after_blanks(rest)
                && distinct.is("DISTINCT")
            {
                rest = following;
            }
        }
        if let Some(name) = edits.called.get(&place) {
            text.sql.push_str(" AS ");
            text.sql.push_str(&quoted_name(name));
        }
    }
    Ok(text)
}

/// Fails where a name of more than two parts that stands for a table is no resource's, which
/// SQLite would only call a wrong `.`.
fn of_provider(tokens: &[Token<'_>]) -> Result<(), Failure> {
    for Place { at, names, .. } in places(tokens) {
        let at = tokens.get(at).map(|token| token.at);
        match names.as_slice() {
            [_] | [_, _] => {}
            [provider, _, _] => catalog().provider(provider).map_err(|failure| failure.at(at))?,
            _ => path_of(names).map(drop).map_err(|failure| failure.at(at))?,
        }
    }
    Ok(())
}

/// What follows words that SQLite does not know and that change nothing: `FOR UPDATE` and `LOCK
/// IN SHARE MODE`, and the `DISTINCT` of `UNION DISTINCT`.
fn meaningless<'t, 'q>(token: &Token<'q>, rest: &'t [Token<'q>]) -> Option<&'t [Token<'q>]> {
    let (next, after) = after_blanks(rest)?;
    match () {
        () if token.is("FOR") && (next.is("UPDATE") || next.is("SHARE")) => Some(after),
        () if token.is("LOCK") && next.is("IN") => {
            let (share, after) = after_blanks(after)?;
            let (mode, after) = after_blanks(after)?;
            (share.is("SHARE") && mode.is("MODE")).then_some(after)
        }
        () => None,
    }
}

/// A name for SQLite.
pub(crate) fn quoted_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The three parts of a resource's name that begins with `first`, and what follows it.
fn path<'t, 'q>(
    first: &Token<'q>,
    rest: &'t [Token<'q>],
) -> Option<([String; 3], &'t [Token<'q>])> {
    let provider = first.name().filter(|name| name.eq_ignore_ascii_case(PROVIDER))?;
    let (service, rest) = part(rest)?;
    let (resource, rest) = part(rest)?;
    Some(([provider, service, resource], rest))
}

/// `.name`, and what follows it.
fn part<'t, 'q>(rest: &'t [Token<'q>]) -> Option<(String, &'t [Token<'q>])> {
    let (dot, rest) = after_blanks(rest)?;
    let (name, rest) = after_blanks(rest)?;
    Some((dot.is_symbol(".").then(|| name.name())??, rest))
}

fn after_blanks<'t, 'q>(rest: &'t [Token<'q>]) -> Option<(&'t Token<'q>, &'t [Token<'q>])> {
    let at = rest.iter().position(|token| !token.is_blank())?;
    rest.get(at..)?.split_first()
}

fn write(token: &Token<'_>, sql: &mut String) -> Result<(), Failure> {
    match token.kind {
        Kind::Comment => sql.push(' '),
        Kind::Text if token.text.contains('\\') => {
            let content = token.content().unwrap_or_default();
            if content.contains('\0') {
                return Err(Failure::of("a text must not hold the character `\\0`"));
            }
            sql.push('\'');
            sql.push_str(&content.replace('\'', "''"));
            sql.push('\'');
        }
        Kind::Word if body_property(token.text).is_some() => {
            sql.push_str(body_property(token.text).unwrap_or_default());
        }
        Kind::Symbol if token.text == "<=>" => sql.push_str(" IS "),
        Kind::Parameter => {
            sql.push('?');
            sql.push_str(&token.parameter.to_string());
        }
        Kind::Variable => {
            let told = "is a parameter of `EXEC`: elsewhere they are written `$1`, `?` or `:name`";
            return Err(Failure::of(format!("`{}` {told}", token.text)).at(Some(token.at)));
        }
        _ => sql.push_str(token.text),
    }
    Ok(())
}

/// The parameter that `data__X` names: StackQL sets apart what goes into a request's body.
fn body_property(word: &str) -> Option<&str> {
    let (prefix, name) = word.split_at_checked("data__".len())?;
    (prefix.eq_ignore_ascii_case("data__") && catalog().is_parameter(name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::lexer::lex;
    use super::*;

    fn sql(text: &str) -> String {
        match lex(text).and_then(|tokens| for_sqlite(&tokens, &Edits::default())) {
            Ok(text) => text.sql,
            Err(failure) => failure.to_string(),
        }
    }

    #[test]
    fn three_part_names_become_names_of_tables() {
        let table = |path: &str| sql(path);
        let devices = "\"aws.iam.virtual_mfa_devices\"";
        assert_eq!(table("aws.iam.virtual_mfa_devices"), devices);
        assert_eq!(table("AWS . iam_api /* x */ . \"virtual_mfa_devices\""), devices);
        assert_eq!(
            sql("select aws.iam.virtual_mfa_devices.SerialNumber x"),
            format!("select {devices}.SerialNumber x")
        );
        assert_eq!(
            sql("select x.aws.iam.virtual_mfa_devices"),
            "select x.aws.iam.virtual_mfa_devices"
        );
        assert_eq!(sql("select aws.UserName"), "select aws.UserName");
    }

    #[test]
    fn names_in_texts_and_comments_are_no_names() {
        assert_eq!(sql("'aws.iam.nothing' -- aws.iam.nothing"), "'aws.iam.nothing'  ");
        assert_eq!(sql("'it\\'s' <=> 'a'"), "'it''s'  IS  'a'");
        assert_eq!(sql("1 /* ' */ + 2 # ;"), "1   + 2  ");
    }

    #[test]
    fn what_is_not_there_is_refused_with_what_is() {
        assert!(
            sql("aws.iam.nothing")
                .starts_with("there is no resource `nothing` in `aws.iam`: there are ")
        );
        assert_eq!(
            sql("aws.s3.buckets"),
            "there is no service `aws.s3`: there are `iam`, `iam_api`"
        );
    }
}
