//! Tables of the user's own. SQLite runs what is said of them, with the liberty that it takes.
//!
//! Rows that come from resources are asked for while the table is held: other processes can read
//! meanwhile, and wait a moment if they write.

use vmfa_iam::SqlVerb;

use super::{Code, Session, views::missing};
use crate::{
    Failure,
    engine::{KEPT, Liberty},
    language::{Text, Token, quoted_name},
    sink::{Heading, Sink, Tag, Thing},
    views::Write,
};

impl Session {
    /// `INSERT`, `UPDATE` and `DELETE`.
    pub(super) fn change_own(
        &self,
        verb: SqlVerb,
        table: &str,
        tokens: &[Token<'_>],
        sink: &mut dyn Sink,
    ) -> Result<Tag, Failure> {
        let text = self.own_text(table, tokens)?;
        let write = if verb == SqlVerb::Delete { Write::Delete } else { Write::Store };
        let changed = self.writing(write, || {
            self.engine
                .with(Liberty::Change, || self.engine.change(&text, sink, || self.known(&text)))
        })?;
        Ok(match verb {
            SqlVerb::Insert => {
                sink.note("insert into table completed")?;
                Tag::Insert(changed)
            }
            SqlVerb::Delete => {
                sink.note("exec completed")?;
                Tag::Delete(changed)
            }
            _ => {
                sink.note("exec completed")?;
                Tag::Update(changed)
            }
        })
    }

    /// What such a statement asks of resources.
    pub(super) fn plan_own(
        &self,
        table: &str,
        tokens: &[Token<'_>],
    ) -> Result<Vec<String>, Failure> {
        let text = self.own_text(table, tokens)?;
        self.engine.with(Liberty::Change, || self.plan(&text))
    }

    /// The columns of what such a statement returns.
    pub(super) fn returned_own(
        &self,
        table: &str,
        tokens: &[Token<'_>],
    ) -> Result<Option<Vec<Heading>>, Failure> {
        let text = self.own_text(table, tokens)?;
        let columns = self
            .engine
            .with(Liberty::Change, || self.engine.columns(&text, || self.known(&text)))?;
        Ok(Some(columns).filter(|columns| !columns.is_empty()))
    }

    /// The statement, which changes a table that is there.
    fn own_text(&self, table: &str, tokens: &[Token<'_>]) -> Result<Text, Failure> {
        let there = if self.look(false)? { self.thing(table)? } else { None };
        match there {
            Some(Thing::Table) => self.embedded(tokens),
            Some(view) => {
                let kind = view.to_string().to_lowercase();
                let message = format!("`{table}` is a {kind}, whose rows are not changed");
                Err(Failure::because(Code::Unsupported, message))
            }
            None => Err(missing(table)),
        }
    }

    /// A name of a view or table, for the engine.
    pub(super) fn own_table(&self, name: &str) -> Result<Text, Failure> {
        let there = if self.look(false)? { self.thing(name)? } else { None };
        if there.is_none() {
            return Err(missing(name));
        }
        let from = format!("FROM {}", quoted_name(name));
        let mut text = self.embedded(&crate::language::lex(&from)?)?;
        text.sql = text.sql.trim_start_matches("FROM ").to_owned();
        Ok(text)
    }

    pub(super) fn create_table(&self, name: &str, body: &[Token<'_>]) -> Result<(), Failure> {
        let mut text = Text::ours(format!("CREATE TABLE {KEPT}.{} ", quoted_name(name)));
        text.append(self.embedded(body)?);
        self.writing(Write::Store, || {
            self.engine.with(Liberty::Define, || {
                self.engine.change(&text, &mut Nobody, || self.known(&text))
            })
        })?;
        Ok(())
    }

    pub(super) fn drop_table(&self, name: &str) -> Result<(), Failure> {
        let sql = format!("DROP TABLE {KEPT}.{}", quoted_name(name));
        self.writing(Write::Drop, || self.engine.ours(|connection| connection.execute_batch(&sql)))
    }

    /// Runs what writes to the file of views and tables, within the room that it may take.
    pub(super) fn writing<T>(
        &self,
        write: Write,
        work: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let views = &self.setting.views;
        let room = views.room(&self.engine, write)?;
        let done = work().map_err(|failure| room.explain(failure));
        drop(room);
        views.give_back(&self.engine, write);
        done
    }
}

/// Takes what nothing gives.
struct Nobody;

impl Sink for Nobody {
    fn head(&mut self, _: &[Heading]) -> std::io::Result<()> {
        Ok(())
    }

    fn row(&mut self, _: &[crate::Cell]) -> std::io::Result<()> {
        Ok(())
    }

    fn note(&mut self, _: &str) -> std::io::Result<()> {
        Ok(())
    }
}
