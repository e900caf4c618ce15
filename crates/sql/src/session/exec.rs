//! `EXEC`: one call, with its parameters by name.

use std::sync::Arc;

use super::{ANSWERS, Code, Session, put, resource};
use crate::{
    Failure,
    columns::Columns,
    given::{Given, parameter},
    language::{Hints, Kind, Path, Text, Token, quoted_name},
    sink::{Cell, Heading, Sink, Tag, Type},
    source::{Answered, answers},
    value::declared,
};

impl Session {
    pub(super) fn exec(
        &self,
        path: &Path,
        method: &str,
        parameters: &[(String, Vec<Token<'_>>)],
        documents: &[Vec<Token<'_>>],
        hints: Hints,
        sink: &mut dyn Sink,
    ) -> Result<Tag, Failure> {
        let method = resource(path)?.method(method)?;
        let methods = [method];
        let mut given = Given::default();
        for (name, value) in parameters {
            let name = parameter(&methods, name, "@")?;
            put(&mut given, name, self.value(name, value)?)?;
        }
        for document in documents {
            for (name, value) in self.document(document)? {
                put(&mut given, parameter(&methods, &name, "")?, value)?;
            }
        }
        let missing = method.missing(&given.names());
        if !missing.is_empty() {
            let missing = missing.join(", ");
            let message = format!("required param not supplied for exec: {missing}");
            return Err(Failure::because(Code::InvalidParameter, message));
        }
        if method.action.output.is_none() {
            self.perform(&methods, vec![given], None, hints, sink)?;
            return Ok(Tag::Exec);
        }
        let columns = Columns::new(method.columns(), []);
        let answered = Answered::new(columns);
        for row in answers(Arc::clone(&self.setting.calls), method, given)? {
            answered.extend([row?]);
        }
        self.engine.show(ANSWERS, Arc::new(answered))?;
        let all = Text::ours(format!("SELECT * FROM {}", quoted_name(ANSWERS)));
        self.engine.stream(&all, sink, String::new)?;
        Ok(Tag::Exec)
    }

    /// The columns of what a method answers.
    pub(super) fn executed(path: &Path, method: &str) -> Result<Option<Vec<Heading>>, Failure> {
        let method = resource(path)?.method(method)?;
        let heading = |member: &vmfa_model::Member| Heading {
            name: member.name.to_owned(),
            kind: Type::declared(Some(declared(&member.shape))),
        };
        Ok(method.action.output.map(|_| method.columns().iter().map(heading).collect()))
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
                let rows = self.engine.query(&text, || "it stands for no value".to_owned())?.rows;
                match rows.into_iter().next().and_then(|row| row.into_iter().next()) {
                    Some(value) => Ok(value),
                    None => Err(Failure::of(format!("`@{name}` has no value"))),
                }
            }
        }
    }

    /// The members of an object that `@@json` gives.
    fn document(&self, tokens: &[Token<'_>]) -> Result<Vec<(String, Cell)>, Failure> {
        let refused = || {
            let message = "`@@json` takes an object as JSON text, such as `{…}`";
            Failure::because(Code::InvalidParameter, message)
        };
        let Cell::Text(text) = self.value("@json", tokens)? else { return Err(refused()) };
        let members: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&text).map_err(|_| refused())?;
        let cell = |value| match value {
            serde_json::Value::Null => Cell::Null,
            serde_json::Value::String(text) => Cell::Text(text),
            other => Cell::Text(other.to_string()),
        };
        Ok(members.into_iter().map(|(name, value)| (name, cell(value))).collect())
    }
}
