//! Statements about cursors.

use super::{Desk, Forgotten, Stopped};
use vmfa_sqlite::Exhausted;

use crate::{
    Cell, Sink, State,
    wire::{
        cursor::{self, All, Wish},
        report::Report,
        statement::{Kind, Statement},
    },
};

impl Desk {
    pub(super) fn serve_cursor(
        &mut self,
        statement: &Statement,
        parameters: &[Cell],
        sink: &mut dyn Sink,
    ) -> Result<String, Stopped> {
        match cursor::read(&statement.tokens).map_err(Stopped::Report)? {
            cursor::Order::Declare { name, hold, query } => {
                self.declare((name, hold), &query, parameters)?;
                Ok("DECLARE CURSOR".to_owned())
            }
            cursor::Order::Fetch { name, count } => {
                self.cursors.fetch(&name, count, Some(sink)).map(|rows| format!("FETCH {rows}"))
            }
            cursor::Order::Move { name, count } => {
                self.cursors.fetch(&name, count, None).map(|rows| format!("MOVE {rows}"))
            }
            cursor::Order::Close(name) => {
                self.cursors.close(name.as_deref()).map_err(Stopped::Report)?;
                if name.is_some() {
                    return Ok("CLOSE CURSOR".to_owned());
                }
                self.forgotten = Some(Forgotten::Portals);
                Ok("CLOSE CURSOR ALL".to_owned())
            }
        }
    }

    fn declare(
        &mut self,
        (name, hold): (String, bool),
        query: &Statement,
        parameters: &[Cell],
    ) -> Result<(), Stopped> {
        let settled = self.state() == State::Idle;
        if settled && !hold {
            let message = "DECLARE CURSOR can only be used in transaction blocks";
            let report = Report::new("25P01", message).hint("`BEGIN` first, or add `WITH HOLD`");
            return Err(Stopped::Report(report));
        }
        self.cursors.check(&name).map_err(Stopped::Report)?;
        let wish = Wish { name, hold, settled };
        if query.kind == Kind::Catalog {
            let mut all = All::new(&self.setting.kept);
            let catalog = self.catalog().map_err(Stopped::Report)?;
            catalog.run(&query.tokens, parameters, &mut all).map_err(|stopped| match stopped {
                // Nothing but memory makes it refuse a row.
                Stopped::Sink => Stopped::Report(Exhausted.into()),
                stopped @ Stopped::Report(_) => stopped,
            })?;
            self.cursors.open_on(wish, all);
            return Ok(());
        }
        let text = self.stackql(query).map_err(Stopped::Report)?;
        let opened = self.cursors.open(wish, self.setting.for_cursor(), text, parameters);
        opened.map_err(Stopped::Report)
    }
}
