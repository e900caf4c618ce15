//! Reads statements that show, describe and define.

use super::{
    lexer::Token,
    parser::path_of,
    reader::{Reader, cut, expected},
    statement::{Creation, Filter, Show, Shown, Statement},
};
use crate::{Failure, failure::State, sink::Thing};

/// `SHOW [EXTENDED] … [LIKE 'pattern' | WHERE condition]`.
pub(super) fn show<'q>(mut reader: Reader<'_, 'q>) -> Result<Statement<'q>, Failure> {
    let mut extended = reader.skip("EXTENDED");
    let what = reader.next();
    let is = |word: &str| what.is_some_and(|token| token.is(word));
    if is("INSERT") {
        return show_insert(reader, extended);
    }
    if is("TRANSACTION") {
        reader.word("ISOLATION")?;
        reader.word("LEVEL")?;
        return only(&reader, Shown::Isolation, extended);
    }
    if is("VERSION") {
        return only(&reader, Shown::Version, extended);
    }
    if is("AUTH") {
        return only(&reader, Shown::Auth, extended);
    }
    extended |= reader.skip("EXTENDED");
    let names = if ["IN", "FROM"].iter().any(|word| reader.skip(word)) {
        reader.names()?
    } else {
        Vec::new()
    };
    let what = if is("PROVIDERS") {
        Shown::Providers
    } else if is("SERVICES") {
        Shown::Services(names.into_iter().next())
    } else if is("RESOURCES") {
        Shown::Resources(names)
    } else if is("METHODS") {
        if names.is_empty() {
            return Err(Failure::of(
                "name the resource: `SHOW METHODS IN provider.service.resource`",
            ));
        }
        Shown::Methods(names)
    } else {
        let there = "`PROVIDERS`, `SERVICES`, `RESOURCES`, `METHODS`, `INSERT INTO`, `VERSION`, \
                     `AUTH` or `TRANSACTION ISOLATION LEVEL`";
        return Err(expected(there, what.as_ref()));
    };
    let filter = if reader.skip("LIKE") {
        Some(Filter::Like(reader.rest.to_vec()))
    } else if reader.skip("WHERE") {
        Some(Filter::Where(reader.rest.to_vec()))
    } else {
        reader.end()?;
        None
    };
    Ok(Statement::Show(Show { what, extended, filter }))
}

/// `SHOW [EXTENDED] INSERT [/*+ REQUIRED */] INTO path [(columns)]`.
fn show_insert<'q>(mut reader: Reader<'_, 'q>, extended: bool) -> Result<Statement<'q>, Failure> {
    let required = reader.hints().required;
    reader.word("INTO")?;
    let path = path_of(reader.names()?)?;
    let columns = reader.columns()?;
    only(&reader, Shown::Insert { path, columns, required }, extended)
}

fn only<'q>(
    reader: &Reader<'_, 'q>,
    what: Shown,
    extended: bool,
) -> Result<Statement<'q>, Failure> {
    reader.end()?;
    Ok(Statement::Show(Show { what, extended, filter: None }))
}

/// `DESCRIBE`, and `EXPLAIN`, which is the same of a resource.
pub(super) fn describe<'q>(
    mut reader: Reader<'_, 'q>,
    explains: bool,
) -> Result<Statement<'q>, Failure> {
    let statements = ["SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE", "EXEC", "REPLACE"];
    if explains && reader.peek().is_some_and(|next| statements.iter().any(|word| next.is(word))) {
        return Ok(Statement::Explain(reader.rest.to_vec()));
    }
    reader.skip("FULL");
    let mut extended = reader.skip("EXTENDED");
    let method = reader.skip("METHOD");
    extended |= reader.skip("EXTENDED");
    let mut names = reader.names()?;
    reader.end()?;
    if !method {
        return Ok(Statement::Describe { names, extended });
    }
    let method = names.pop().unwrap_or_default();
    Ok(Statement::DescribeMethod { path: path_of(names)?, method, extended })
}

/// `CREATE …`.
pub(super) fn create<'q>(mut reader: Reader<'_, 'q>) -> Result<Statement<'q>, Failure> {
    let replaces = reader.skip_all(&["OR", "REPLACE"]);
    let thing = thing(&mut reader)?;
    let lenient = reader.skip_all(&["IF", "NOT", "EXISTS"]);
    if replaces && thing == Thing::Table {
        return Err(Failure::of("`OR REPLACE` is for views: drop the table first"));
    }
    let name = own(reader.names()?)?;
    let body = reader.rest.to_vec();
    Ok(Statement::Create(Creation { thing, name, replaces, lenient, body }))
}

/// `DROP …`.
pub(super) fn drop<'q>(mut reader: Reader<'_, 'q>) -> Result<Statement<'q>, Failure> {
    let thing = thing(&mut reader)?;
    let lenient = reader.skip_all(&["IF", "EXISTS"]);
    let name = own(reader.names()?)?;
    reader.end()?;
    Ok(Statement::Drop { thing, name, lenient })
}

/// `REFRESH MATERIALIZED VIEW name`.
pub(super) fn refresh<'q>(mut reader: Reader<'_, 'q>) -> Result<Statement<'q>, Failure> {
    reader.word("MATERIALIZED")?;
    reader.word("VIEW")?;
    let name = own(reader.names()?)?;
    reader.end()?;
    Ok(Statement::Refresh(name))
}

/// The columns and the query of a view's body: `[(columns)] AS query`.
pub(crate) fn view_body<'t, 'q>(
    body: &'t [Token<'q>],
) -> Result<(&'t [Token<'q>], &'t [Token<'q>]), Failure> {
    let (columns, query) = cut(body, "AS");
    let query = query.ok_or_else(|| expected("`AS` and a query", body.last()))?;
    let first = query.iter().find(|token| !token.is_blank());
    match first {
        Some(first) if ["SELECT", "WITH", "VALUES"].iter().any(|word| first.is(word)) => {
            Ok((columns, query))
        }
        found => Err(expected("`SELECT`", found)),
    }
}

fn thing(reader: &mut Reader<'_, '_>) -> Result<Thing, Failure> {
    let materialized = reader.skip("MATERIALIZED");
    if !materialized && reader.skip("TABLE") {
        return Ok(Thing::Table);
    }
    if reader.skip("VIEW") {
        return Ok(if materialized { Thing::MaterializedView } else { Thing::View });
    }
    Err(expected("`VIEW`, `MATERIALIZED VIEW` or `TABLE`", reader.peek()))
}

/// The name of something of the user's own, which has no dots.
fn own(mut names: Vec<String>) -> Result<String, Failure> {
    let name = names.pop().filter(|_| names.is_empty()).unwrap_or_default();
    let ours = ["sqlite_", "vmfa "].iter().any(|start| {
        name.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
    });
    if name.is_empty() || ours {
        let message = "a view or table of your own has a name in one part that does not begin \
                       with `sqlite_` or `vmfa `";
        return Err(Failure::because(State::Syntax, message));
    }
    Ok(name)
}
