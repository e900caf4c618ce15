//! Cuts text into statements, and reads one, as far as SQLite cannot.
//!
//! Not here: expressions and queries; they stay tokens.

use vmfa_iam::SqlVerb;

use super::{
    lexer::{Kind, Token, lex},
    meta,
    reader::{Depth, Reader, assignments_of, balanced, cut, expected},
    statement::{Conditional, Exec, Path, Statement},
};
use crate::{Failure, catalog::PROVIDER, failure::State};

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

/// The tokens of one statement, without the `;` that may end it. What stands after one would be
/// run unread.
pub(crate) fn single(text: &str) -> Result<Vec<Token<'_>>, Failure> {
    let mut tokens = lex(text)?;
    bounded(&tokens)?;
    let Some(end) = tokens.iter().position(|token| token.is_symbol(";")) else { return Ok(tokens) };
    let after = tokens.split_off(end);
    match after.iter().find(|token| !token.is_blank() && !token.is_symbol(";")) {
        Some(token) => {
            Err(Failure::of("one statement at a time: this is another").at(Some(token.at)))
        }
        None => Ok(tokens),
    }
}

/// Refuses a statement on which the passes over its tokens would take long: some look from a token
/// at all others, or at all blanks behind it.
fn bounded(tokens: &[Token<'_>]) -> Result<(), Failure> {
    let mut blanks = 0_usize;
    let mut longest = 0_usize;
    for token in tokens {
        blanks = if token.is_blank() { blanks.saturating_add(1) } else { 0 };
        longest = longest.max(blanks);
    }
    if tokens.len() <= MOST_TOKENS && longest <= MOST_BLANKS {
        return Ok(());
    }
    let message = format!(
        "a statement has {MOST_TOKENS} words, signs and blanks at the most, and {MOST_BLANKS} \
         comments and blanks in a row; split it, or give values as parameters"
    );
    Err(Failure::because(State::TooComplex, message))
}

/// Reads a statement.
pub(crate) fn parse<'q>(tokens: &[Token<'q>]) -> Result<Statement<'q>, Failure> {
    balanced(tokens)?;
    let mut reader = Reader { rest: tokens };
    let Some(verb) = reader.next() else { return Err(unknown("nothing")) };
    let is = |words: &[&str]| words.iter().any(|word| verb.is(word));
    match verb {
        _ if is(&["SELECT", "VALUES"]) => Ok(Statement::Query(tokens.to_vec())),
        _ if is(&["WITH"]) => with(tokens),
        _ if is(&["INSERT"]) => insert(reader, tokens),
        _ if is(&["UPDATE"]) => update(reader, tokens),
        _ if is(&["REPLACE"]) => replace(reader, tokens),
        _ if is(&["DELETE"]) => delete(reader, tokens),
        _ if is(&["EXEC"]) => exec(reader),
        _ if is(&["SHOW"]) => meta::show(reader),
        _ if is(&["DESCRIBE", "DESC"]) => meta::describe(reader, false),
        _ if is(&["EXPLAIN"]) => meta::describe(reader, true),
        _ if is(&["CREATE"]) => meta::create(reader),
        _ if is(&["DROP"]) => meta::drop(reader),
        _ if is(&["REFRESH"]) => meta::refresh(reader),
        _ if is(&["USE"]) => {
            let provider = reader.name()?;
            reader.end()?;
            Ok(Statement::Use(provider))
        }
        _ if is(&["BEGIN", "START"]) => transaction(reader, Statement::Begin),
        _ if is(&["COMMIT", "END"]) => transaction(reader, Statement::Commit),
        _ if is(&["ROLLBACK", "ABORT"]) => transaction(reader, Statement::Rollback),
        _ if is(&["SLEEP"]) => sleep(reader),
        _ if is(&["PURGE"]) => Ok(Statement::Purge),
        _ if is(&["REGISTRY"]) => registry(reader),
        verb => Err(refused(&verb).unwrap_or_else(|| unknown(verb.shown())).at(Some(verb.at))),
    }
}

/// A query, or a statement that changes something, behind what `WITH` defines for it.
fn with<'q>(tokens: &[Token<'q>]) -> Result<Statement<'q>, Failure> {
    let Some((definitions, changes)) = before_change(tokens) else {
        return Ok(Statement::Query(tokens.to_vec()));
    };
    let mut statement = parse(changes)?;
    match &mut statement {
        Statement::Insert { rows, .. } => *rows = [definitions, rows.as_slice()].concat(),
        Statement::Change { conditions, .. } => conditions.with = definitions.to_vec(),
        Statement::Own { tokens: whole, .. } => *whole = tokens.to_vec(),
        _ => {}
    }
    Ok(statement)
}

/// What stands before and from the verb on of a statement that changes something.
fn before_change<'t, 'q>(tokens: &'t [Token<'q>]) -> Option<(&'t [Token<'q>], &'t [Token<'q>])> {
    let mut depth = Depth::default();
    let verbs = ["SELECT", "VALUES", "INSERT", "UPDATE", "DELETE", "REPLACE"];
    let verb = |token: &Token<'_>| depth.of(token) == 0 && verbs.iter().any(|verb| token.is(verb));
    let at = tokens.iter().position(verb)?;
    let (definitions, rest) = tokens.split_at_checked(at)?;
    let queries = rest.first().is_some_and(|verb| verb.is("SELECT") || verb.is("VALUES"));
    (!queries).then_some((definitions, rest))
}

/// The end of `BEGIN`, `COMMIT` and `ROLLBACK`, with the words that they may have besides.
fn transaction<'q>(
    mut reader: Reader<'_, 'q>,
    statement: Statement<'q>,
) -> Result<Statement<'q>, Failure> {
    reader.skip("TRANSACTION");
    reader.skip("WORK");
    // Isolation levels and the like, as drivers send them; there is one way to begin.
    if !matches!(statement, Statement::Begin) {
        reader.end()?;
    }
    Ok(statement)
}

fn sleep<'q>(mut reader: Reader<'_, 'q>) -> Result<Statement<'q>, Failure> {
    let token = reader.next();
    let number = token.filter(|token| token.kind == Kind::Number);
    let time = number.and_then(|token| token.text.parse().ok());
    let time = time.ok_or_else(|| expected("a number of milliseconds", token.as_ref()))?;
    reader.end()?;
    Ok(Statement::Sleep(time))
}

fn registry<'q>(mut reader: Reader<'_, 'q>) -> Result<Statement<'q>, Failure> {
    if reader.skip("LIST") {
        return Ok(Statement::RegistryList);
    }
    let message = format!("there is nothing to pull: the provider `{PROVIDER}` is built in");
    Err(Failure::because(State::Unsupported, message))
}

/// StackQL's statements that have no meaning here, and why.
fn refused(verb: &Token<'_>) -> Option<Failure> {
    let why = if verb.is("AUTH") || verb.is("SET") {
        "a session keeps the credentials that it began with"
    } else if verb.is("NATIVEQUERY") {
        "nothing is handed to the engine unread: write the query itself"
    } else if verb.is("ALTER") {
        "tables are not altered: create another, and `INSERT INTO … SELECT` into it"
    } else {
        return None;
    };
    let verb = verb.text.to_ascii_uppercase();
    Some(Failure::because(State::Unsupported, format!("`{verb}` is not run: {why}")))
}

fn insert<'q>(mut reader: Reader<'_, 'q>, tokens: &[Token<'q>]) -> Result<Statement<'q>, Failure> {
    let hints = reader.hints();
    if let Some(token) = reader.peek().filter(|token| token.is("IGNORE") || token.is("OR")) {
        let message = "`INSERT` makes what is not there, or says what is in the way";
        return Err(Failure::because(State::Unsupported, message).at(Some(token.at)));
    }
    reader.skip("INTO");
    let path = match place(reader.names()?)? {
        Place::Resource(path) => path,
        Place::Own(table) => {
            return Ok(Statement::Own { verb: SqlVerb::Insert, table, tokens: tokens.to_vec() });
        }
    };
    let columns = reader.columns()?;
    if columns.is_empty() {
        return Err(Failure::of(
            "name the columns to insert: `INSERT INTO resource (column, …) …`",
        ));
    }
    let (rows, returning) = reader.returning();
    match rows.iter().find(|token| !token.is_blank()) {
        Some(first) if ["SELECT", "WITH", "VALUES"].iter().any(|word| first.is(word)) => {
            Ok(Statement::Insert { path, columns, rows, returning, hints })
        }
        found => Err(expected("`VALUES` or `SELECT`", found)),
    }
}

fn update<'q>(mut reader: Reader<'_, 'q>, tokens: &[Token<'q>]) -> Result<Statement<'q>, Failure> {
    let hints = reader.hints();
    let path = match place(reader.names()?)? {
        Place::Resource(path) => path,
        Place::Own(table) => {
            return Ok(Statement::Own { verb: SqlVerb::Update, table, tokens: tokens.to_vec() });
        }
    };
    reader.word("SET")?;
    let (rest, returning) = reader.returning();
    let (changed, filter) = cut(&rest, "WHERE");
    let (assignments, from) = cut(changed, "FROM");
    let from = from.map(|_| changed.get(assignments.len()..).unwrap_or_default().to_vec());
    let mut set = Vec::new();
    for assignment in assignments_of(assignments) {
        let mut reader = Reader { rest: assignment };
        let name = reader.name()?;
        reader.symbol("=")?;
        set.push((name, reader.rest.to_vec()));
    }
    let from = from.unwrap_or_default();
    let conditions =
        Conditional { set, from, filter: filter.map(<[_]>::to_vec), ..Conditional::default() };
    Ok(Statement::Change { verb: SqlVerb::Update, path, conditions, returning, hints })
}

/// `REPLACE path SET …` of StackQL's, or `REPLACE INTO table …` of SQLite's.
fn replace<'q>(mut reader: Reader<'_, 'q>, tokens: &[Token<'q>]) -> Result<Statement<'q>, Failure> {
    reader.skip("INTO");
    Ok(match place(reader.names()?)? {
        Place::Resource(path) => Statement::Replace(path),
        Place::Own(table) => {
            Statement::Own { verb: SqlVerb::Insert, table, tokens: tokens.to_vec() }
        }
    })
}

fn delete<'q>(mut reader: Reader<'_, 'q>, tokens: &[Token<'q>]) -> Result<Statement<'q>, Failure> {
    let hints = reader.hints();
    reader.word("FROM")?;
    let path = match place(reader.names()?)? {
        Place::Resource(path) => path,
        Place::Own(table) => {
            return Ok(Statement::Own { verb: SqlVerb::Delete, table, tokens: tokens.to_vec() });
        }
    };
    let (rest, returning) = reader.returning();
    if hints.awaits && returning.is_some() {
        let message = "returning from asynchronous delete is disallowed";
        return Err(Failure::because(State::Unsupported, message));
    }
    let (before, filter) = cut(&rest, "WHERE");
    if let Some(token) = before.iter().find(|token| !token.is_blank()) {
        return Err(expected("`WHERE`", Some(token)));
    }
    let conditions = Conditional { filter: filter.map(<[_]>::to_vec), ..Conditional::default() };
    Ok(Statement::Change { verb: SqlVerb::Delete, path, conditions, returning, hints })
}

fn exec<'q>(mut reader: Reader<'_, 'q>) -> Result<Statement<'q>, Failure> {
    let hints = reader.hints();
    let mut names = reader.names()?;
    let method = names.pop().unwrap_or_default();
    let path = path_of(names)?;
    let (mut parameters, mut documents) = (Vec::new(), Vec::new());
    while let Some(token) = reader.next() {
        let Some(name) = (token.kind == Kind::Variable).then(|| token.text.trim_matches('@'))
        else {
            return Err(expected("`@parameter`", Some(&token)));
        };
        // Several values, one call each, are left with their `IN`.
        if token.text.starts_with("@@") || !reader.peek().is_some_and(|next| next.is("IN")) {
            reader.symbol("=")?;
        }
        let value = reader.value();
        if token.text.starts_with("@@") {
            documents.push(value);
        } else {
            parameters.push((name.to_owned(), value));
        }
    }
    Ok(Statement::Exec(Exec { path, method, parameters, documents, hints }))
}

/// What a statement changes.
enum Place {
    Resource(Path),
    Own(String),
}

fn place(mut names: Vec<String>) -> Result<Place, Failure> {
    match (names.pop(), names.is_empty()) {
        (Some(table), true) => Ok(Place::Own(table)),
        (last, _) => {
            names.extend(last);
            path_of(names).map(Place::Resource)
        }
    }
}

/// The three names of a resource.
pub(crate) fn path_of(names: Vec<String>) -> Result<Path, Failure> {
    Path::try_from(names).map_err(|names| {
        let names = names.join(".");
        let message = format!(
            "`{names}` is no resource: they have names in three parts, as in \
             `provider.service.resource`, or in two after `USE provider`"
        );
        Failure::because(State::UndefinedTable, message)
    })
}

fn unknown(verb: &str) -> Failure {
    Failure::of(format!(
        "no statement begins with `{verb}`: there are `SELECT`, `INSERT`, `UPDATE`, `DELETE`, \
         `EXEC`, `SHOW`, `DESCRIBE`, `EXPLAIN`, `CREATE`, `DROP`, `REFRESH`, `USE`, `BEGIN`, \
         `COMMIT` and `ROLLBACK`"
    ))
}

/// Tokens of a statement, blanks included.
const MOST_TOKENS: usize = 65_536;
/// Comments and blanks in a row.
const MOST_BLANKS: usize = 2_048;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::statement::Creation, *};

    fn text(tokens: &[Token<'_>]) -> String {
        tokens.iter().map(|token| token.text).collect()
    }

    fn told(statement: &str) -> String {
        match lex(statement).and_then(|tokens| parse(&tokens)) {
            Ok(Statement::Query(tokens)) => format!("query [{}]", text(&tokens)),
            Ok(Statement::Insert { path, columns, rows, returning, .. }) => format!(
                "insert {} ({}) [{}] {:?}",
                path.join("/"),
                columns.join("/"),
                text(&rows).trim(),
                returning.map(|tokens| text(&tokens))
            ),
            Ok(Statement::Change { verb, path, conditions, returning, .. }) => format!(
                "{}{verb:?} {} {:?} {}{:?} {:?}",
                text(&conditions.with),
                path.join("/"),
                conditions.set.iter().map(|(name, set)| (name, text(set))).collect::<Vec<_>>(),
                text(&conditions.from),
                conditions.filter.map(|tokens| text(&tokens)),
                returning.map(|tokens| text(&tokens))
            ),
            Ok(Statement::Exec(Exec { path, method, parameters, documents, .. })) => format!(
                "exec {}/{method} {:?} {:?}",
                path.join("/"),
                parameters.iter().map(|(name, value)| (name, text(value))).collect::<Vec<_>>(),
                documents.iter().map(|value| text(value)).collect::<Vec<_>>()
            ),
            Ok(Statement::Own { verb, table, .. }) => format!("{verb:?} of {table}"),
            Ok(Statement::Create(Creation { thing, name, replaces, body, .. })) => {
                format!("create {thing} {name} {replaces} [{}]", text(&body))
            }
            Ok(Statement::Drop { thing, name, lenient }) => {
                format!("drop {thing} {name} {lenient}")
            }
            Ok(_) => "another".to_owned(),
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
            (
                "delete from a.b",
                "`a.b` is no resource: they have names in three parts, as in \
                 `provider.service.resource`, or in two after `USE provider`",
            ),
            ("delete from a where x = 1", "Delete of a"),
            (
                "update a.b.c set x=(select 1 from d), y=n.z from e n where x=1",
                "Update a/b/c [(\"x\", \"(select 1 from d)\"), (\"y\", \"n.z \")] from e n \
                 Some(\" x=1\") None",
            ),
            (
                "with d as (select 1) insert into a.b.c (x) select 1 from d",
                "insert a/b/c (x) [with d as (select 1)  select 1 from d] None",
            ),
            (
                "with d as (select 1), e(f) as (values (1)) delete from a.b.c where x in d",
                "with d as (select 1), e(f) as (values (1)) Delete a/b/c [] Some(\" x in d\") None",
            ),
            ("with d as (delete from t) select 1", "query [with d as (delete from t) select 1]"),
            ("with d as (select 1) delete from a", "Delete of a"),
            ("with d as", "query [with d as]"),
            ("replace into t values (1)", "Insert of t"),
            ("create or replace view v (a) as select 1", "create VIEW v true [ (a) as select 1]"),
            ("drop materialized view if exists \"a b\"", "drop MATERIALIZED VIEW a b true"),
            (
                "create table sqlite_x (a)",
                "a view or table of your own has a name in one part that does not begin with \
                 `sqlite_` or `vmfa `",
            ),
            (
                "create index i on t (a)",
                "expected `VIEW`, `MATERIALIZED VIEW` or `TABLE` where `index` stands",
            ),
            ("begin isolation level serializable", "another"),
            ("commit and chain", "expected the end of the statement where `and` stands"),
            ("exec a.b.c.d 123456", "expected `@parameter` where `a value` stands"),
            ("select (1))", "a `)` has no `(`"),
            (
                "vacuum into 'x'",
                "no statement begins with `vacuum`: there are `SELECT`, `INSERT`, `UPDATE`, \
                 `DELETE`, `EXEC`, `SHOW`, `DESCRIBE`, `EXPLAIN`, `CREATE`, `DROP`, `REFRESH`, \
                 `USE`, `BEGIN`, `COMMIT` and `ROLLBACK`",
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
                    "returning", "with", "as", "a.b.c", "a", ".", ",", "(", ")", "=", "@p", "@@json", "'t'", "1",
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
