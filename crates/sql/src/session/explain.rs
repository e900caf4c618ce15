//! `EXPLAIN`: what a statement would ask, and what it lacks, found out without asking anything.
//!
//! Not here: what a statement gives, which `describe` tells.

use vmfa_iam::SqlVerb;

use super::{
    Session, exec, listed_columns, members, method_of, methods,
    mutation::{disparity, uneven},
};
use crate::{
    Failure,
    catalog::{Method, catalog, choose, listed},
    columns::Columns,
    engine::lacking,
    given::{REGION, parameter},
    language::{Exec, Path, Statement, Text, Token},
    sink::{Cell, Sink, Tag},
    source::Conditions,
};

impl Session {
    /// Says what the statement would ask, a line for each action, and then what StackQL says.
    pub(super) fn explain(
        &self,
        statement: &Statement<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Tag, Failure> {
        self.described(statement)?;
        let before = self.dry.replace(true);
        let asks = self.asks(statement);
        self.dry.set(before);
        for line in asks? {
            sink.note(&line)?;
        }
        sink.note("Execution plan generated successfully")?;
        sink.note("OK")?;
        Ok(Tag::Explain)
    }

    /// Looks at an `INSERT`: the method that its columns choose.
    pub(super) fn looked_insert(
        &self,
        path: &Path,
        columns: &[String],
        rows: &[Token<'_>],
    ) -> Result<(Method, Vec<&'static str>), Failure> {
        let methods = methods(path, SqlVerb::Insert)?;
        let names = columns.iter().map(|name| parameter(&methods, name, ""));
        let names: Vec<&'static str> = names.collect::<Result<_, _>>()?;
        let text = self.embedded(rows)?;
        let width = self.engine.columns(&text, || self.known(&text)).map_err(uneven)?.len();
        if width != names.len() {
            return Err(disparity());
        }
        let method = choose(&methods, &names).map_err(|missing| lacking(&missing))?;
        Ok((method, names))
    }

    /// Looks at an `EXEC`: its method, and the names of its parameters. Those of a document that
    /// is not written out are not known before it is run.
    pub(super) fn looked_exec(exec: &Exec<'_>) -> Result<(Method, Vec<&'static str>), Failure> {
        let method = method_of(&exec.path, &exec.method)?;
        let mut names = Vec::new();
        for (name, _) in &exec.parameters {
            names.push(parameter(&[method], name, "@")?);
        }
        let mut open = false;
        for document in &exec.documents {
            let mut said = document.iter().filter(|token| !token.is_blank());
            match (said.next().and_then(Token::content), said.next()) {
                (Some(text), None) => {
                    for (name, value) in exec::object(&text)? {
                        let name = parameter(&[method], &name, "")?;
                        names.extend((!matches!(value, Cell::Null)).then_some(name));
                    }
                }
                _ => open = true,
            }
        }
        if !open {
            exec::supplied(&method, &names)?;
        }
        Ok((method, names))
    }

    fn asks(&self, statement: &Statement<'_>) -> Result<Vec<String>, Failure> {
        let mut asks = Vec::new();
        match statement {
            Statement::Query(tokens) => asks = self.plan(&self.query(tokens)?)?,
            Statement::Own { table, tokens, .. } => asks = self.plan_own(table, tokens)?,
            Statement::Insert { path, columns, rows, .. } => {
                asks = self.plan(&self.embedded(rows)?)?;
                let (method, names) = self.looked_insert(path, columns, rows)?;
                asks.push(each(&method, &names));
            }
            Statement::Change { verb, path, conditions, .. } => {
                let asked = self.conditions(*verb, path, conditions)?;
                let set = asked.names.get(..conditions.set.len()).unwrap_or_default();
                let parameters = Columns::new(members(&asked.methods, Method::parameters), []);
                // What gives the values is asked before.
                let (own, others): (Vec<Step>, Vec<Step>) =
                    self.steps(&asked.query)?.into_iter().partition(Step::is_own);
                for step in others.into_iter().chain(own) {
                    let line = if step.is_own() {
                        let names: Vec<_> =
                            set.iter().copied().chain(step.by(&parameters)).collect();
                        let chosen = choose(&asked.methods, &names);
                        each(&chosen.map_err(|missing| lacking(&missing))?, &names)
                    } else {
                        let Some(line) = step.told(&asked.query)? else { continue };
                        line
                    };
                    if !asks.contains(&line) {
                        asks.push(line);
                    }
                }
            }
            Statement::Exec(exec) => {
                for (_, value) in &exec.parameters {
                    let mut said = value.iter().filter(|token| !token.is_blank());
                    let list = said.next().is_some_and(|first| first.is("IN"));
                    let mut text = Text::ours(if list { "SELECT NULL " } else { "SELECT " });
                    text.append(self.embedded(value)?);
                    asks.extend(self.plan(&text)?);
                }
                let (method, names) = Self::looked_exec(exec)?;
                let several = exec.parameters.iter().any(|(_, value)| {
                    value.iter().find(|token| !token.is_blank()).is_some_and(|first| first.is("IN"))
                });
                asks.push(if several { each(&method, &names) } else { once(&method, &names) });
            }
            _ => {}
        }
        Ok(asks)
    }

    /// What a query asks of resources.
    pub(super) fn plan(&self, text: &Text) -> Result<Vec<String>, Failure> {
        let steps = self.steps(text)?;
        let told = steps.iter().map(|step| step.told(text)).collect::<Result<Vec<_>, _>>()?;
        let mut asks: Vec<String> = Vec::new();
        for line in told.into_iter().flatten() {
            if !asks.contains(&line) {
                asks.push(line);
            }
        }
        Ok(asks)
    }

    /// The tables that the engine would ask, in its order.
    fn steps(&self, text: &Text) -> Result<Vec<Step>, Failure> {
        let mut plan = Text::ours("EXPLAIN QUERY PLAN ");
        plan.append(text);
        let rows = self.engine.query(&plan, || self.known(text))?.rows;
        let detail = |row: Vec<Cell>| match row.into_iter().nth(3) {
            Some(Cell::Text(detail)) => Step::read(&detail),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(detail).collect())
    }
}

/// A table of ours in the engine's plan.
struct Step {
    /// What the source calls itself.
    table: String,
    way: usize,
    /// The columns by which it is asked.
    columns: Vec<usize>,
}

impl Step {
    /// Reads `SCAN u VIRTUAL TABLE INDEX 0:3,*4,aws.iam.users`.
    fn read(detail: &str) -> Option<Self> {
        let (_, told) = detail.split_once("VIRTUAL TABLE INDEX ")?;
        let (way, told) = told.split_once(':')?;
        let told = told.strip_suffix(" LEFT-JOIN").unwrap_or(told);
        let (columns, table) = told.rsplit_once(',').unwrap_or(("", told));
        let columns = columns.split(',').filter_map(|at| at.trim_start_matches('*').parse().ok());
        let (table, columns) = (table.to_owned(), columns.collect());
        Some(Self { table, way: way.parse().ok()?, columns })
    }

    /// Whether it gives the parameters of the statement itself.
    fn is_own(&self) -> bool {
        self.table == Conditions::NAME
    }

    /// The members by which it is asked.
    fn by(&self, columns: &Columns) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = Vec::new();
        for column in self.columns.iter().filter_map(|at| columns.get(*at)) {
            if column.member != REGION && !names.contains(&column.member) {
                names.push(column.member);
            }
        }
        names
    }

    /// What is asked, where it is a resource, by the name that the statement names it by.
    fn told(&self, text: &Text) -> Result<Option<String>, Failure> {
        let mut known = catalog().resources().iter();
        let Some(resource) = known.find(|known| known.path == self.table) else { return Ok(None) };
        let methods = resource.methods(SqlVerb::Select)?;
        let Some(method) = methods.get(self.way) else { return Ok(None) };
        let names = self.by(&listed_columns(resource)?);
        let mention = text.resources.iter().find(|mention| mention.resource.path == self.table);
        let path = mention.map_or(&self.table, |mention| &mention.path);
        Ok(Some(format!("asks {} for `{path}`{}", method.action.name, by(&names))))
    }
}

fn each(method: &Method, names: &[&str]) -> String {
    format!("asks {} for each row{}", method.action.name, by(names))
}

fn once(method: &Method, names: &[&str]) -> String {
    format!("asks {} once{}", method.action.name, by(names))
}

fn by(names: &[&str]) -> String {
    let names: Vec<&str> = names.iter().copied().filter(|name| *name != REGION).collect();
    if names.is_empty() { String::new() } else { format!(", with {}", listed(names)) }
}
