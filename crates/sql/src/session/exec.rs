//! `EXEC`: a call with its parameters by name, or one for each of several values.

use std::{borrow::Cow, sync::Arc};

use super::{ANSWERS, Code, Session, method_of, put};
use vmfa_sqlite::Charge;

use crate::{
    Failure,
    catalog::Method,
    columns::Columns,
    given::{Given, parameter},
    language::{Exec, Kind, Path, Statement, Text, Token, factors, lex, parse, parts, quoted_name},
    memory,
    scan::{Page, whole},
    sink::{Cell, Heading, Sink, Tag, Type},
    source::Answered,
    value::declared,
};

impl Session {
    pub(super) fn exec(&self, exec: &Exec<'_>, sink: &mut dyn Sink) -> Result<Tag, Failure> {
        let (method, all, _charge) = self.asked(exec)?;
        if method.action.output().is_none() {
            self.perform(&[method], all, None, exec.hints, sink)?;
            return Ok(Tag::Exec);
        }
        let answered = Answered::new(Columns::new(method.columns(), []));
        let (total, mut failure) = (all.len(), None);
        for (done, given) in all.into_iter().enumerate() {
            let rows = self.engine.go_on().and_then(|()| self.answer(method, given));
            match rows {
                Ok(rows) => answered.push(rows),
                Err(refused) => {
                    failure = Some(refused);
                    if done > 0 && method.action.writes() {
                        sink.note(&format!(
                            "{done} of {total} rows were done before, and stay done"
                        ))?;
                    }
                    break;
                }
            }
        }
        // What was answered before a failure may be told only once.
        if failure.is_none() || method.action.writes() {
            if failure.is_some() {
                self.engine.resume();
            }
            self.engine.show(ANSWERS, Arc::new(answered))?;
            let all = Text::ours(format!("SELECT * FROM {}", quoted_name(ANSWERS)));
            self.engine.stream(&all, sink, String::new)?;
        }
        failure.map_or(Ok(Tag::Exec), Err)
    }

    /// The columns of what a method answers.
    pub(super) fn executed(path: &Path, method: &str) -> Result<Option<Vec<Heading>>, Failure> {
        let method = method_of(path, method)?;
        let heading = |member: &vmfa_model::Member| Heading {
            name: member.name.to_owned(),
            kind: Type::declared(Some(declared(&member.shape))),
        };
        Ok(method.action.output().map(|_| method.columns().iter().map(heading).collect()))
    }

    /// Runs the methods that stand where tables are expected, and puts tables in their place.
    pub(super) fn factored<'t, 'q>(
        &self,
        tokens: &'t [Token<'q>],
    ) -> Result<Cow<'t, [Token<'q>]>, Failure> {
        let factors = factors(tokens);
        if factors.is_empty() {
            return Ok(Cow::Borrowed(tokens));
        }
        let mut whole: Vec<Token<'q>> = Vec::with_capacity(tokens.len());
        let mut from = 0_usize;
        for factor in factors {
            let said = tokens.get(factor.tokens.clone()).unwrap_or_default();
            let Statement::Exec(exec) = parse(said)? else { continue };
            let name = self
                .factor(&exec)
                .map_err(|failure| failure.at(said.first().map(|token| token.at)))?;
            whole.extend(tokens.get(from..factor.tokens.start).unwrap_or_default());
            whole.extend(lex(name)?);
            from = factor.tokens.end;
        }
        whole.extend(tokens.get(from..).unwrap_or_default());
        Ok(Cow::Owned(whole))
    }

    /// Runs one of them. A query that names the table of its answers.
    fn factor(&self, exec: &Exec<'_>) -> Result<&'static str, Failure> {
        let method = method_of(&exec.path, &exec.method)?;
        if method.action.output().is_none() || method.action.writes() {
            let message =
                format!("`{}` changes something or answers nothing: run it by itself", exec.method);
            return Err(Failure::because(Code::Unsupported, message));
        }
        let place = self.factors.get();
        let Some((name, query)) = FACTORS.get(place) else {
            let most = FACTORS.len();
            let message = format!("a statement queries the answers of {most} methods at most");
            return Err(Failure::because(Code::TooComplex, message));
        };
        self.factors.set(place.saturating_add(1));
        let answered = Answered::new(Columns::new(method.columns(), []));
        if !self.dry.get() {
            let (method, all, _charge) = self.asked(exec)?;
            for given in all {
                self.engine.go_on()?;
                answered.push(self.answer(method, given)?);
            }
        }
        self.engine.show(name, Arc::new(answered))?;
        Ok(query)
    }

    fn answer(&self, method: Method, given: Given) -> Result<Page, Failure> {
        whole(Arc::clone(&self.setting.calls), &self.setting.memory, method, given)
    }

    /// The method, and the parameters of each call with their memory.
    fn asked(&self, exec: &Exec<'_>) -> Result<(Method, Vec<Given>, Charge), Failure> {
        let method = method_of(&exec.path, &exec.method)?;
        let methods = [method];
        let mut all = vec![Given::default()];
        let mut charge = self.setting.memory.empty_charge();
        for (name, value) in &exec.parameters {
            let known = parameter(&methods, name, "@")?;
            let values = self.values(name, value)?;
            if all.len().saturating_mul(values.len()) > MOST_CALLS {
                let message = format!("a statement makes {MOST_CALLS} calls at the most");
                return Err(Failure::because(Code::TooComplex, message));
            }
            // Each combination has values of its own.
            let values_size = memory::row_size(&values).saturating_mul(all.len());
            let given_size = charge.bytes().saturating_mul(values.len());
            charge.resize(values_size.saturating_add(given_size))?;
            self.engine.go_on()?;
            let each = |given: &Given| {
                let with = |value: &Cell| {
                    let mut given = given.clone();
                    put(&mut given, known, value.clone())?;
                    Ok(given)
                };
                values.iter().map(with).collect::<Vec<Result<Given, Failure>>>()
            };
            all = all.iter().flat_map(each).collect::<Result<_, _>>()?;
        }
        for document in &exec.documents {
            for (name, value) in self.document(document)? {
                let known = parameter(&methods, &name, "")?;
                charge.grow(memory::size(&value).saturating_mul(all.len()))?;
                all.iter_mut().try_for_each(|given| put(given, known, value.clone()))?;
            }
        }
        for given in &all {
            supplied(&method, &given.names())?;
            given.input(&method)?;
        }
        Ok((method, all, charge))
    }

    /// The values of a parameter: one, or those of `IN`.
    fn values(&self, name: &str, tokens: &[Token<'_>]) -> Result<Vec<Cell>, Failure> {
        let said = || tokens.iter().position(|token| !token.is_blank());
        let several = said().and_then(|at| tokens.get(at..)).unwrap_or_default();
        let Some((_, list)) = several.split_first().filter(|(first, _)| first.is("IN")) else {
            return Ok(vec![self.value(name, tokens)?]);
        };
        let mut text =
            Text::ours("SELECT DISTINCT value FROM (SELECT NULL AS value WHERE 0 UNION ALL ");
        let open = list.iter().position(|token| token.is_symbol("("));
        let close = list.iter().rposition(|token| token.is_symbol(")"));
        let (Some(open), Some(close)) = (open, close) else {
            let message = format!("`@{name} IN` takes values in parentheses");
            return Err(Failure::of(message));
        };
        let inner = list.get(open.saturating_add(1)..close).unwrap_or_default();
        let first = inner.iter().find(|token| !token.is_blank());
        if first.is_some_and(|first| ["SELECT", "WITH", "VALUES"].iter().any(|word| first.is(word)))
        {
            text.push("SELECT * FROM (");
            text.append(self.embedded(inner)?);
            text.push("))");
            let answer = self.engine.query(&text, || self.known(&text))?;
            return Ok(answer.rows.into_iter().filter_map(|row| row.into_iter().next()).collect());
        }
        parts(inner).map(|part| self.value(name, part)).collect()
    }

    /// The value of a parameter of `EXEC`: a literal as it stands, or what SQLite makes of it.
    fn value(&self, name: &str, tokens: &[Token<'_>]) -> Result<Cell, Failure> {
        let mut said = tokens.iter().filter(|token| !token.is_blank());
        let (first, more) = (said.next(), said.next());
        match (first, more) {
            (None, _) => Err(Failure::of(format!("`@{name}` has no value"))),
            (Some(one), None) if one.kind == Kind::Text => {
                Ok(one.content().map_or(Cell::Null, Cell::Text))
            }
            // As text, since a code may begin with a zero.
            (Some(one), None) if one.kind == Kind::Number => Ok(Cell::Text(one.text.to_owned())),
            _ => {
                let mut text = Text::ours("SELECT ");
                text.append(self.embedded(tokens)?);
                let rows = self.engine.query(&text, || "a text stands in `'…'`".to_owned())?.rows;
                match rows.into_iter().next().and_then(|row| row.into_iter().next()) {
                    Some(value) => Ok(value),
                    None => Err(Failure::of(format!("`@{name}` has no value"))),
                }
            }
        }
    }

    /// The members of an object that `@@json` gives.
    fn document(&self, tokens: &[Token<'_>]) -> Result<Vec<(String, Cell)>, Failure> {
        match self.value("@json", tokens)? {
            Cell::Text(text) => object(&text),
            _ => Err(no_object()),
        }
    }
}

/// Fails where a parameter is missing that the method must have.
pub(super) fn supplied(method: &Method, names: &[&str]) -> Result<(), Failure> {
    let missing = method.missing(names);
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(", ");
    let message = format!("required param not supplied for exec: {missing}");
    Err(Failure::because(Code::InvalidParameter, message))
}

/// The members of an object that is given as JSON text.
pub(super) fn object(text: &str) -> Result<Vec<(String, Cell)>, Failure> {
    let members: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|_| no_object())?;
    let cell = |value| match value {
        serde_json::Value::Null => Cell::Null,
        serde_json::Value::String(text) => Cell::Text(text),
        other => Cell::Text(other.to_string()),
    };
    Ok(members.into_iter().map(|(name, value)| (name, cell(value))).collect())
}

fn no_object() -> Failure {
    let message = "`@@json` takes an object as JSON text, such as `{…}`";
    Failure::because(Code::InvalidParameter, message)
}

/// The tables of what methods answered in one statement, and the queries that stand for them.
/// What the engine keeps nothing of is told by how these names begin.
const FACTORS: &[(&str, &str)] = &[
    ("answers of EXEC 1", "SELECT * FROM \"answers of EXEC 1\""),
    ("answers of EXEC 2", "SELECT * FROM \"answers of EXEC 2\""),
    ("answers of EXEC 3", "SELECT * FROM \"answers of EXEC 3\""),
    ("answers of EXEC 4", "SELECT * FROM \"answers of EXEC 4\""),
];

/// Calls of one `EXEC`: one for each combination of values.
const MOST_CALLS: usize = 100_000;
