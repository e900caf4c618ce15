//! Statements about settings, and about what else a session has.

use super::{Desk, Forgotten, Stopped, heading};
use crate::{
    Cell, Heading, Sink, State,
    wire::{
        lexer::Token,
        report::Report,
        settings::{self, Order, Settings},
        statement::Statement,
    },
};

impl Desk {
    /// What a statement about settings is.
    pub(super) fn order(&self, statement: &Statement) -> Result<Order, Report> {
        let said: Vec<&Token> = statement.tokens.iter().filter(|token| !token.is_blank()).collect();
        let order = settings::read(&said);
        let order = order.unwrap_or(Ok(Order::Nothing("SET")))?;
        match &order {
            Order::Show(name) if self.settings.get(name).is_none() => {
                let message = format!("unrecognized configuration parameter `{name}`");
                Err(Report::new("42704", message))
            }
            _ => Ok(order),
        }
    }

    /// Does what it says.
    pub(super) fn obey(
        &mut self,
        statement: &Statement,
        sink: &mut dyn Sink,
    ) -> Result<String, Stopped> {
        let tag = match self.order(statement).map_err(Stopped::Report)? {
            Order::Set { local: true, .. } if self.state() == State::Idle => {
                let note = "SET LOCAL can only be used in transaction blocks";
                sink.note(note).map_err(|_| Stopped::Sink)?;
                "SET"
            }
            Order::Set { all, local } => {
                self.set(&all, local).map_err(Stopped::Report)?;
                if all.iter().any(|(_, value)| value.is_none()) { "RESET" } else { "SET" }
            }
            Order::ResetAll => {
                self.reset();
                "RESET"
            }
            Order::DiscardAll if self.state() != State::Idle => {
                let message = "DISCARD ALL cannot run inside a transaction block";
                return Err(Stopped::Report(Report::new("25001", message)));
            }
            Order::DiscardAll => {
                self.reset();
                self.cursors.close(None).map_err(Stopped::Report)?;
                self.forgotten = Some(Forgotten::Statements);
                "DISCARD ALL"
            }
            Order::Deallocate(Some(name)) => {
                self.forgotten = Some(Forgotten::Statement(name));
                "DEALLOCATE"
            }
            Order::Deallocate(None) => {
                self.forgotten = Some(Forgotten::Statements);
                "DEALLOCATE ALL"
            }
            Order::Nothing(tag) => tag,
            shows => {
                self.show(&shows, sink).map_err(|_| Stopped::Sink)?;
                "SHOW"
            }
        };
        Ok(tag.to_owned())
    }

    fn set(&mut self, all: &[(String, Option<String>)], local: bool) -> Result<(), Report> {
        if self.state() != State::Idle {
            self.settings.keep();
        }
        for (name, value) in all {
            let value = value.as_deref();
            if local {
                self.settings.set_local(name, value)?;
            } else {
                self.settings.set(name, value)?;
            }
            if let Some(name) = Settings::report_name(name) {
                let value = self.settings.get(name).unwrap_or_default().to_owned();
                self.changed.push((name, value));
            }
        }
        Ok(())
    }

    fn reset(&mut self) {
        if self.state() != State::Idle {
            self.settings.keep();
        }
        self.settings.reset();
        self.tell_settings();
    }

    /// Has the client told all settings that clients are told.
    pub(super) fn tell_settings(&mut self) {
        let all = self.settings.reported();
        self.changed = all.map(|(name, value)| (name, value.to_owned())).collect();
    }

    fn show(&self, order: &Order, sink: &mut dyn Sink) -> std::io::Result<()> {
        let text = |text: &str| Cell::Text(text.to_owned());
        if let Order::Show(name) = order {
            sink.head(&[heading(name)])?;
            return sink.row(&[text(self.settings.get(name).unwrap_or_default())]);
        }
        let head: Vec<Heading> = SHOWN.iter().copied().map(heading).collect();
        sink.head(&head)?;
        let mut all = self.settings.all();
        all.try_for_each(|(name, value)| sink.row(&[text(name), text(value), text("")]))
    }
}

/// The columns of `SHOW ALL`.
pub(super) const SHOWN: [&str; 3] = ["name", "setting", "description"];
