//! Reads one statement, as far as SQLite cannot.
//!
//! Not here: expressions and queries; they stay tokens.

use vmfa_iam::Verb;

use super::lexer::{Kind, Token, lex};
use crate::Failure;

/// A statement. What SQLite evaluates is left as tokens.
pub(crate) enum Statement<'q> {
    /// A query, which SQLite runs.
    Query(Vec<Token<'q>>),
    /// `INSERT INTO path (columns) rows [RETURNING returning]`.
    Insert {
        path: Path,
        columns: Vec<String>,
        rows: Vec<Token<'q>>,
        returning: Option<Vec<Token<'q>>>,
    },
    /// `UPDATE path SET set [WHERE filter] [RETURNING returning]`, or `DELETE FROM path …`,
    /// which sets nothing.
    Change {
        verb: Verb,
        path: Path,
        set: Vec<(String, Vec<Token<'q>>)>,
        filter: Option<Vec<Token<'q>>>,
        returning: Option<Vec<Token<'q>>>,
    },
    /// `EXEC path.method @name = value, … @@json = 'document'`.
    Exec {
        path: Path,
        method: String,
        parameters: Vec<(String, Vec<Token<'q>>)>,
        documents: Vec<Vec<Token<'q>>>,
    },
}

/// The provider, the service and the resource.
pub(crate) type Path = [String; 3];

/// Cuts text into statements at each `;`. Statements of nothing but blanks are left out.
pub(crate) fn split(text: &str) -> Result<Vec<&str>, Failure> {
    let tokens = lex(text)?;
    let mut statements = Vec::new();
    let (mut start, mut end, mut said) = (0_usize, 0_usize, false);
    let mut cut = |from: usize, to: usize, said: bool| {
        let statement = text.get(from..to).filter(|_| said);
        statements.extend(statement.map(str::trim_ascii));
    };
    for token in &tokens {
        let after = end.saturating_add(token.text.len());
        if token.is_symbol(";") {
            cut(start, end, said);
            (start, said) = (after, false);
        } else {
            said |= !token.is_blank();
        }
        end = after;
    }
    cut(start, end, said);
    Ok(statements)
}

/// Reads a statement.
pub(crate) fn parse<'q>(tokens: &[Token<'q>]) -> Result<Statement<'q>, Failure> {
    balanced(tokens)?;
    let mut reader = Reader { rest: tokens };
    let Some(verb) = reader.next() else { return Err(unknown("nothing")) };
    match verb {
        verb if ["SELECT", "WITH", "VALUES"].iter().any(|word| verb.is(word)) => {
            Ok(Statement::Query(tokens.to_vec()))
        }
        verb if verb.is("INSERT") => insert(reader),
        verb if verb.is("UPDATE") => update(reader),
        verb if verb.is("DELETE") => delete(reader),
        verb if verb.is("EXEC") => exec(reader),
        verb => Err(unknown(verb.shown())),
    }
}

fn insert<'q>(mut reader: Reader<'_, 'q>) -> Result<Statement<'q>, Failure> {
    reader.skip("INTO");
    let path = reader.path()?;
    if !reader.skip_symbol("(") {
        return Err(Failure::of(
            "name the columns to insert: `INSERT INTO resource (column, …) …`",
        ));
    }
    let mut columns = Vec::new();
    loop {
        columns.push(reader.name()?);
        if !reader.skip_symbol(",") {
            break;
        }
    }
    reader.symbol(")")?;
    let (rows, returning) = reader.returning();
    match rows.iter().find(|token| !token.is_blank()) {
        Some(first) if ["SELECT", "WITH", "VALUES"].iter().any(|word| first.is(word)) => {
            Ok(Statement::Insert { path, columns, rows, returning })
        }
        found => Err(expected("`VALUES` or `SELECT`", found)),
    }
}

fn update<'q>(mut reader: Reader<'_, 'q>) -> Result<Statement<'q>, Failure> {
    let path = reader.path()?;
    reader.word("SET")?;
    let (rest, returning) = reader.returning();
    let (assignments, filter) = cut(&rest, "WHERE");
    let mut set = Vec::new();
    for assignment in assignments_of(assignments) {
        let mut reader = Reader { rest: assignment };
        let name = reader.name()?;
        reader.symbol("=")?;
        set.push((name, reader.rest.to_vec()));
    }
    let filter = filter.map(<[_]>::to_vec);
    Ok(Statement::Change { verb: Verb::Update, path, set, filter, returning })
}

fn delete<'q>(mut reader: Reader<'_, 'q>) -> Result<Statement<'q>, Failure> {
    reader.word("FROM")?;
    let path = reader.path()?;
    let (rest, returning) = reader.returning();
    let (before, filter) = cut(&rest, "WHERE");
    if let Some(token) = before.iter().find(|token| !token.is_blank()) {
        return Err(expected("`WHERE`", Some(token)));
    }
    let filter = filter.map(<[_]>::to_vec);
    Ok(Statement::Change { verb: Verb::Delete, path, set: Vec::new(), filter, returning })
}

fn exec<'q>(mut reader: Reader<'_, 'q>) -> Result<Statement<'q>, Failure> {
    let path = reader.path()?;
    reader.symbol(".")?;
    let method = reader.name()?;
    let (mut parameters, mut documents) = (Vec::new(), Vec::new());
    while let Some(token) = reader.next() {
        let Some(name) = (token.kind == Kind::Variable).then(|| token.text.trim_matches('@'))
        else {
            return Err(expected("`@parameter`", Some(&token)));
        };
        reader.symbol("=")?;
        let value = reader.value();
        if token.text.starts_with("@@") {
            documents.push(value);
        } else {
            parameters.push((name.to_owned(), value));
        }
    }
    Ok(Statement::Exec { path, method, parameters, documents })
}

/// Reads tokens from the front, past blanks.
struct Reader<'t, 'q> {
    rest: &'t [Token<'q>],
}

impl<'q> Reader<'_, 'q> {
    fn next(&mut self) -> Option<Token<'q>> {
        loop {
            let (first, rest) = self.rest.split_first()?;
            self.rest = rest;
            if !first.is_blank() {
                return Some(*first);
            }
        }
    }

    fn peek(&self) -> Option<&Token<'q>> {
        self.rest.iter().find(|token| !token.is_blank())
    }

    fn skip(&mut self, word: &str) -> bool {
        let there = self.peek().is_some_and(|token| token.is(word));
        if there {
            self.next();
        }
        there
    }

    fn skip_symbol(&mut self, symbol: &str) -> bool {
        let there = self.peek().is_some_and(|token| token.is_symbol(symbol));
        if there {
            self.next();
        }
        there
    }

    fn word(&mut self, word: &str) -> Result<(), Failure> {
        if self.skip(word) { Ok(()) } else { Err(expected(&format!("`{word}`"), self.peek())) }
    }

    fn symbol(&mut self, symbol: &str) -> Result<(), Failure> {
        if self.skip_symbol(symbol) {
            Ok(())
        } else {
            Err(expected(&format!("`{symbol}`"), self.peek()))
        }
    }

    fn name(&mut self) -> Result<String, Failure> {
        let token = self.next();
        token.and_then(|token| token.name()).ok_or_else(|| expected("a name", token.as_ref()))
    }

    fn path(&mut self) -> Result<Path, Failure> {
        let provider = self.name()?;
        self.symbol(".")?;
        let service = self.name()?;
        self.symbol(".")?;
        Ok([provider, service, self.name()?])
    }

    /// What is left, and what follows `RETURNING` in it.
    fn returning(&self) -> (Vec<Token<'q>>, Option<Vec<Token<'q>>>) {
        let (before, after) = cut(self.rest, "RETURNING");
        (before.to_vec(), after.map(<[_]>::to_vec))
    }

    /// The value of a parameter: up to the comma or the next parameter.
    fn value(&mut self) -> Vec<Token<'q>> {
        let mut depth = Depth::default();
        let ends = |token: &Token<'_>| {
            depth.of(token) == 0 && (token.is_symbol(",") || token.kind == Kind::Variable)
        };
        let end = self.rest.iter().position(ends).unwrap_or(self.rest.len());
        let (value, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, &[]));
        self.rest = rest;
        self.skip_symbol(",");
        value.to_vec()
    }
}

/// What stands before and after a keyword that is in no parentheses.
fn cut<'t, 'q>(tokens: &'t [Token<'q>], word: &str) -> (&'t [Token<'q>], Option<&'t [Token<'q>]>) {
    let mut depth = Depth::default();
    let at = tokens.iter().position(|token| depth.of(token) == 0 && token.is(word));
    match at.and_then(|at| tokens.split_at_checked(at)) {
        Some((before, [_, after @ ..])) => (before, Some(after)),
        _ => (tokens, None),
    }
}

/// The parts between commas that are in no parentheses.
fn assignments_of<'t, 'q>(tokens: &'t [Token<'q>]) -> impl Iterator<Item = &'t [Token<'q>]> {
    let mut depth = Depth::default();
    tokens.split(move |token| depth.of(token) == 0 && token.is_symbol(","))
}

/// How many parentheses are open.
#[derive(Default)]
struct Depth(usize);

impl Depth {
    fn of(&mut self, token: &Token<'_>) -> usize {
        if token.is_symbol("(") {
            self.0 = self.0.saturating_add(1);
        } else if token.is_symbol(")") {
            self.0 = self.0.saturating_sub(1);
        }
        self.0
    }
}

/// Parts of a statement are set into text of ours: none may close more than it opens.
fn balanced(tokens: &[Token<'_>]) -> Result<(), Failure> {
    let mut depth = 0_usize;
    for token in tokens {
        if token.is_symbol("(") {
            depth = depth.saturating_add(1);
        } else if token.is_symbol(")") {
            depth = depth.checked_sub(1).ok_or_else(|| Failure::of("a `)` has no `(`"))?;
        }
    }
    if depth == 0 { Ok(()) } else { Err(Failure::of("a `(` has no `)`")) }
}

fn expected(what: &str, found: Option<&Token<'_>>) -> Failure {
    match found {
        Some(token) => Failure::of(format!("expected {what} where `{}` stands", token.shown()))
            .at(Some(token.at)),
        None => Failure::of(format!("expected {what} where the statement ends")),
    }
}

fn unknown(verb: &str) -> Failure {
    let known = "`SELECT`, `INSERT`, `UPDATE`, `DELETE` and `EXEC`";
    Failure::of(format!("no statement begins with `{verb}`: there are {known}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(tokens: &[Token<'_>]) -> String {
        tokens.iter().map(|token| token.text).collect()
    }

    fn told(statement: &str) -> String {
        match lex(statement).and_then(|tokens| parse(&tokens)) {
            Ok(Statement::Query(tokens)) => format!("query [{}]", text(&tokens)),
            Ok(Statement::Insert { path, columns, rows, returning }) => format!(
                "insert {} ({}) [{}] {:?}",
                path.join("/"),
                columns.join("/"),
                text(&rows).trim(),
                returning.map(|tokens| text(&tokens))
            ),
            Ok(Statement::Change { verb, path, set, filter, returning }) => format!(
                "{verb:?} {} {:?} {:?} {:?}",
                path.join("/"),
                set.iter().map(|(name, value)| (name, text(value))).collect::<Vec<_>>(),
                filter.map(|tokens| text(&tokens)),
                returning.map(|tokens| text(&tokens))
            ),
            Ok(Statement::Exec { path, method, parameters, documents }) => format!(
                "exec {}/{method} {:?} {:?}",
                path.join("/"),
                parameters.iter().map(|(name, value)| (name, text(value))).collect::<Vec<_>>(),
                documents.iter().map(|value| text(value)).collect::<Vec<_>>()
            ),
            Err(failure) => failure.to_string(),
        }
    }

    #[test]
    fn statements_are_read_as_far_as_sqlite_cannot() {
        for (statement, expected) in [
            ("select 1", "query [select 1]"),
            (
                "insert /*+ AWAIT */ into a.b.\"c.d\" (x, \"y\") values (1,(2)) returning *",
                "insert a/b/c.d (x/y) [values (1,(2))] Some(\" *\")",
            ),
            (
                "update a.b.c set x=f(1,2), y='where' where z=1",
                "Update a/b/c [(\"x\", \"f(1,2)\"), (\"y\", \"'where' \")] Some(\" z=1\") None",
            ),
            (
                "delete from a.b.c where x in (select returning from t) returning x",
                "Delete a/b/c [] Some(\" x in (select returning from t) \") Some(\" x\")",
            ),
            (
                "EXEC a.b.c.d @x='1', @y=f(1,@z) @@json='{}'",
                "exec a/b/c/d [(\"x\", \"'1'\"), (\"y\", \"f(1,@z) \")] [\"'{}'\"]",
            ),
            (
                "insert into a.b.c values (1)",
                "name the columns to insert: `INSERT INTO resource (column, …) …`",
            ),
            (
                "insert into a.b.c (x) 'secret'",
                "expected `VALUES` or `SELECT` where `a value` stands",
            ),
            ("delete from a.b.c limit 1", "expected `WHERE` where `limit` stands"),
            ("delete from a.b", "expected `.` where the statement ends"),
            ("exec a.b.c.d 123456", "expected `@parameter` where `a value` stands"),
            ("select (1))", "a `)` has no `(`"),
            (
                "drop table x",
                "no statement begins with `drop`: there are `SELECT`, `INSERT`, `UPDATE`, `DELETE` and `EXEC`",
            ),
        ] {
            assert_eq!(told(statement), expected, "{statement}");
        }
    }

    proptest! {
        #[test]
        fn any_words_are_read_or_refused(
            words in prop::collection::vec(
                prop::sample::select(vec![
                    "select", "insert", "into", "update", "set", "delete", "from", "where", "exec",
                    "returning", "a.b.c", "a", ".", ",", "(", ")", "=", "@p", "@@json", "'t'", "1",
                    ";", "/* c */",
                ]),
                0..20,
            )
        ) {
            let script = words.join(" ");
            let statements = split(&script).unwrap();
            let kept: String = statements.concat();
            let spoken = |text: &str| text.replace([' ', ';'], "").replace("/*c*/", "");
            prop_assert_eq!(spoken(&kept), spoken(&script));
            for statement in statements {
                // Never panics; and what it refuses, it says.
                if let Err(failure) = parse(&lex(statement).unwrap()) {
                    prop_assert!(!failure.to_string().is_empty());
                }
            }
        }
    }
}
