//! Views: made, dropped, refreshed, and shown to the engine when a statement names them.
//!
//! A view is a view of SQLite's, made anew from its definition in whatever session names it. A
//! predicate of the statement on a parameter for which the view's own condition gives a value
//! takes that value's place.

use std::collections::HashMap;

use rusqlite::{Connection, Transaction, TransactionBehavior, params_from_iter};

use super::{Code, Session, overridden};
use crate::{
    Failure,
    catalog::Resource,
    engine::{KEPT, Liberty, early},
    language::{
        Creation, Edits, Text, Token, complete, for_sqlite, gives, headings, names_truth,
        qualifiers, quoted_name, single, tables, truths, untold, view_body,
    },
    outer::placed,
    sink::{Sink, Tag, Thing, Type},
    views::{self, Definition, Write},
};

/// The views that a session has made in its engine, with their text.
pub(super) type Made = HashMap<String, String>;

/// The text of ours in which a part of a statement stands.
#[derive(Clone, Copy, Default)]
pub(super) struct Around {
    /// The resource that the part may name without a table of its own.
    pub(super) resource: Option<&'static Resource>,
    /// Whether the part is a list of columns.
    pub(super) list: bool,
    /// Whether it is asked without the condition of the join that it stands in.
    pub(super) untold: bool,
}

impl Session {
    /// Part of a statement, with all that it names shown to the engine.
    pub(super) fn embedded(&self, tokens: &[Token<'_>]) -> Result<Text, Failure> {
        self.nested(tokens, 0, Around::default())
    }

    /// The same, within text of ours.
    pub(super) fn within(&self, around: Around, tokens: &[Token<'_>]) -> Result<Text, Failure> {
        self.nested(tokens, 0, around)
    }

    /// Part of a statement, or of a view so deep in others.
    fn nested(&self, tokens: &[Token<'_>], depth: usize, around: Around) -> Result<Text, Failure> {
        let tokens = &*self.factored(tokens)?;
        let tokens = &*placed(tokens);
        let mut renamed = qualifiers(tokens, around.resource);
        let asks_truth = names_truth(tokens);
        let (mut truthful, mut own) = (Vec::new(), Vec::new());
        let tables = tables(tokens);
        let untold = untold(tokens);
        if !tables.is_empty() && self.look(false)? {
            for table in tables {
                let named = |failure: Failure| {
                    failure.at(tokens.get(table.at).map(|token| token.at).filter(|_| depth == 0))
                };
                let within = Around {
                    untold: around.untold || untold.iter().any(|range| range.contains(&table.at)),
                    ..Around::default()
                };
                let shown = self.view(&table.name, depth.saturating_add(1), within, |defaults| {
                    overridden::outer(tokens, &table, defaults)
                });
                let shown = shown.map_err(named)?;
                own.push(shown.clone().unwrap_or_else(|| table.name.clone()));
                if asks_truth {
                    let name = quoted_name(shown.as_deref().unwrap_or(&table.name));
                    let all = Text::ours(format!("SELECT * FROM {name}"));
                    // One that is not there is told when the statement is read.
                    let columns = self.engine.columns(&all, String::new).unwrap_or_default();
                    let truths = columns.into_iter().filter(|it| it.kind == Type::Boolean);
                    truthful.extend(truths.map(|heading| heading.name));
                }
                let Some(shown) = shown else { continue };
                if !shown.eq_ignore_ascii_case(&table.name) {
                    let alias = if table.alias.is_some() {
                        String::new()
                    } else {
                        format!(" AS {}", quoted_name(&table.name))
                    };
                    renamed.insert(table.at, format!("{}{alias}", quoted_name(&shown)));
                }
            }
        }
        renamed.extend(truths(tokens, &truthful));
        let called = headings(tokens, around.list).into_iter().collect();
        let mut text = for_sqlite(tokens, &Edits { renamed, called })?;
        text.own = own;
        if around.untold {
            let hinges = text.resources.iter().filter_map(|mention| mention.resource.hinge());
            if let Some(member) = hinges.into_iter().find(|member| !gives(tokens, member)) {
                return Err(early(member));
            }
        }
        self.show(&text)?;
        Ok(text)
    }

    /// Makes a view in the engine, if there is one of that name, without the defaults that are
    /// overridden. The name that the engine knows it by.
    fn view(
        &self,
        name: &str,
        depth: usize,
        within: Around,
        overridden: impl Fn(&[&'static str]) -> Vec<&'static str>,
    ) -> Result<Option<String>, Failure> {
        let Some(definition) = self.definition(name)? else { return Ok(None) };
        if definition.thing != Thing::View {
            return Ok(None);
        }
        if depth > DEEPEST {
            return Err(Failure::because(
                Code::TooComplex,
                format!(
                    "indirection chain length {depth} > {DEEPEST}: please do not cite views at too \
                     deep a level"
                ),
            ));
        }
        let tokens = single(&definition.body)?;
        let (columns, query) = view_body(&tokens)?;
        let defaults = overridden::defaults(query);
        let members: Vec<&'static str> = defaults.iter().map(|default| default.member).collect();
        let without = overridden(&members);
        let kept = overridden::without(query, &defaults, &without);
        let shown = match without.as_slice() {
            [] => name.to_lowercase(),
            // No view of the user's own can have such a name.
            members => format!("vmfa {} without {}", name.to_lowercase(), members.join(", ")),
        };
        let mut text = Text::ours(format!("CREATE TEMP VIEW {} ", quoted_name(&shown)));
        text.append(for_sqlite(columns, &Edits::default())?);
        text.push(" AS ");
        text.append(self.nested(&kept, depth, within)?);
        let mut made = self.made.borrow_mut();
        if made.get(&shown) != Some(&text.sql) {
            let sql = format!("DROP VIEW IF EXISTS temp.{}; {}", quoted_name(&shown), text.sql);
            self.engine.allow(&shown, &text.sql);
            self.engine.ours(|connection| connection.execute_batch(&sql))?;
            made.insert(shown.clone(), text.sql);
        }
        Ok(Some(shown))
    }

    /// The definition of that name, be it kept or about to be.
    pub(super) fn definition(&self, name: &str) -> Result<Option<Definition>, Failure> {
        if let Some((coming, body)) = &*self.coming.borrow()
            && coming.eq_ignore_ascii_case(name)
        {
            return Ok(Some(Definition { thing: Thing::View, body: body.clone() }));
        }
        let found = self.engine.ours(|connection| views::definition(connection, name))?;
        if found.is_none() && self.made.borrow_mut().remove(&name.to_lowercase()).is_some() {
            // Another session has dropped it.
            let name = quoted_name(&name.to_lowercase());
            let sql = format!("DROP VIEW IF EXISTS temp.{name}");
            self.engine.ours(|connection| connection.execute_batch(&sql))?;
        }
        Ok(found)
    }

    /// Opens what is kept, if there is anything or something is to be. Whether it is open.
    pub(super) fn look(&self, to_keep: bool) -> Result<bool, Failure> {
        if !self.open.get() && (to_keep || self.setting.views.any()) {
            self.setting.views.open(&self.engine)?;
            self.open.set(true);
        }
        Ok(self.open.get())
    }

    /// `CREATE`.
    pub(super) fn create(
        &self,
        creation: &Creation<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Tag, Failure> {
        let allowed = self.setting.views.demand_budget();
        if !self.look(allowed.is_ok())? {
            return allowed.map(|()| Tag::Create(creation.thing));
        }
        let Creation { thing, name, replaces, lenient, body } = creation;
        let there = self.thing(name)?;
        match there {
            Some(there) if *lenient && there == *thing => {
                sink.note(&format!("`{name}` is there already"))?;
                return Ok(Tag::Create(*thing));
            }
            Some(there) if !(*replaces && there == *thing) => return Err(taken(name, there)),
            _ => allowed?,
        }
        match thing {
            Thing::View => self.create_view(name, body)?,
            Thing::MaterializedView => {
                view_body(body)?;
                self.materialize(name, &written(body)?)?;
            }
            Thing::Table => self.create_table(name, body)?,
        }
        sink.note("DDL Execution Completed")?;
        Ok(Tag::Create(*thing))
    }

    fn create_view(&self, name: &str, body: &[Token<'_>]) -> Result<(), Failure> {
        view_body(body)?;
        let body = written(body)?;
        // It is looked at before it is kept, itself included where it would name itself.
        self.coming.replace(Some((name.to_owned(), body.clone())));
        let text = Text::ours(format!("SELECT * FROM {}", quoted_name(&name.to_lowercase())));
        let looked = self.view(name, 1, Around::default(), |_| Vec::new());
        let looked = looked.and_then(|_| self.engine.columns(&text, || KNOWN.to_owned()));
        self.coming.replace(None);
        looked?;
        let definition = Definition { thing: Thing::View, body };
        self.writing(Write::Store, || {
            self.engine.ours(|connection| views::keep(connection, name, &definition))
        })
    }

    /// Makes or refreshes a materialized view: its rows are had first, and then kept at once.
    fn materialize(&self, name: &str, body: &str) -> Result<(), Failure> {
        let tokens = single(body)?;
        let (columns, query) = view_body(&tokens)?;
        let mut text = self.embedded(query)?;
        if columns.iter().any(|token| !token.is_blank()) {
            let mut named = Text::ours("WITH named ");
            named.append(for_sqlite(columns, &Edits::default())?);
            named.push(" AS (");
            named.append(text);
            named.push(") SELECT * FROM named");
            text = named;
        }
        let answer =
            self.engine.with(Liberty::Keep, || self.engine.query(&text, || self.known(&text)))?;
        let column = |at: usize, name: &str, kind: &str| {
            let mut before = answer.columns.iter().take(at);
            let again = before.any(|other| other.name.eq_ignore_ascii_case(name));
            let told = || format!("two columns are called `{name}`: name one of them by `AS`");
            if again {
                Err(Failure::because(Code::AmbiguousColumn, told()))
            } else {
                Ok(format!("{} {kind}", quoted_name(name)))
            }
        };
        let declared = answer.columns.iter().enumerate();
        let declared: Vec<String> = declared
            .map(|(at, heading)| column(at, &heading.name, heading.kind.declaration()))
            .collect::<Result<_, _>>()?;
        let table = format!("{KEPT}.{}", quoted_name(name));
        let values = vec!["?"; declared.len()].join(", ");
        let insert = format!("INSERT INTO {table} VALUES ({values})");
        let make =
            format!("DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({})", declared.join(", "));
        let definition = Definition { thing: Thing::MaterializedView, body: body.to_owned() };
        let keep = |connection: &Connection| {
            let transaction = begin(connection)?;
            transaction.execute_batch(&make)?;
            let mut row = transaction.prepare(&insert)?;
            for cells in &answer.rows {
                row.execute(params_from_iter(cells.iter()))?;
            }
            drop(row);
            views::keep(&transaction, name, &definition)?;
            transaction.commit()
        };
        self.writing(Write::Store, || self.engine.ours(keep))
    }

    /// `REFRESH MATERIALIZED VIEW`.
    pub(super) fn refresh(&self, name: &str, sink: &mut dyn Sink) -> Result<Tag, Failure> {
        let found = if self.look(false)? { self.definition(name)? } else { None };
        match found {
            Some(definition) if definition.thing == Thing::MaterializedView => {
                self.materialize(name, &definition.body)?;
            }
            _ => return Err(missing(name)),
        }
        sink.note("refresh materialized view completed")?;
        Ok(Tag::Refresh)
    }

    /// `DROP`.
    pub(super) fn drop_thing(
        &self,
        thing: Thing,
        name: &str,
        lenient: bool,
        sink: &mut dyn Sink,
    ) -> Result<Tag, Failure> {
        let there = if self.look(false)? { self.thing(name)? } else { None };
        match there {
            None if lenient => sink.note(&format!("`{name}` is not there"))?,
            None => return Err(missing(name)),
            Some(there) if there != thing => {
                let message = format!("`{name}` is another thing: `DROP {there} {name}`");
                return Err(Failure::because(Code::UndefinedTable, message));
            }
            Some(Thing::Table) => self.drop_table(name)?,
            Some(there) => {
                let table = format!("DROP TABLE {KEPT}.{}", quoted_name(name));
                let forget = |connection: &Connection| {
                    let transaction = begin(connection)?;
                    if there == Thing::MaterializedView {
                        transaction.execute_batch(&table)?;
                    }
                    views::forget(&transaction, name)?;
                    transaction.commit()
                };
                self.writing(Write::Drop, || self.engine.ours(forget))?;
            }
        }
        sink.note("DDL Execution Completed")?;
        Ok(Tag::Drop(thing))
    }

    /// What has that name.
    pub(super) fn thing(&self, name: &str) -> Result<Option<Thing>, Failure> {
        if let Some(definition) = self.definition(name)? {
            return Ok(Some(definition.thing));
        }
        let table = self.engine.ours(|connection| views::is_table(connection, name))?;
        Ok(table.then_some(Thing::Table))
    }

    /// The query of a view, without what stands before it in its definition.
    pub(crate) fn query_of(&self, name: &str) -> Result<Option<String>, Failure> {
        let _scope = self.engine.enter();
        let Some(definition) = self.definition(name)? else { return Ok(None) };
        let tokens = single(&definition.body)?;
        let (_, query) = view_body(&tokens)?;
        Ok(Some(query.iter().map(|token| token.text).collect::<String>().trim().to_owned()))
    }

    /// All views and tables of the user's own, by name.
    pub fn own(&self) -> Result<Vec<(String, Thing)>, Failure> {
        let _scope = self.engine.enter();
        if self.look(false)? { self.engine.ours(views::all) } else { Ok(Vec::new()) }
    }
}

/// What is kept of a statement: names in full, and no parameters, whose values are not there
/// later.
fn written(body: &[Token<'_>]) -> Result<String, Failure> {
    if let Some(token) = body.iter().find(|token| token.parameter > 0) {
        let message = "a view has no parameters: write the value, or give it to the query";
        return Err(Failure::because(Code::Unsupported, message).at(Some(token.at)));
    }
    Ok(complete(body).iter().map(|token| token.text).collect::<String>().trim().to_owned())
}

fn begin(connection: &Connection) -> rusqlite::Result<Transaction<'_>> {
    Transaction::new_unchecked(connection, TransactionBehavior::Immediate)
}

/// StackQL's refusal of a name that nothing has.
pub(super) fn missing(name: &str) -> Failure {
    Failure::because(Code::UndefinedTable, format!("could not locate table '{name}'"))
}

fn taken(name: &str, there: Thing) -> Failure {
    let kind = there.to_string().to_lowercase();
    let message = format!("there is a {kind} `{name}` already: drop it, or take another name");
    Failure::because(Code::DuplicateTable, message)
}

/// StackQL's limit of views in views.
const DEEPEST: usize = 5;

const KNOWN: &str = "the view's query names it";
