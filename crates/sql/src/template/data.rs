//! The data of a template: JSON or Jsonnet, from a file or from a block in the query, and variables.

use rsjsonnet_front::Session;
use rsjsonnet_lang::{arena::Arena, program::Value as Jsonnet};
use serde_json::{Map, Value};

use crate::Failure;

/// What templates are filled with.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// JSON or Jsonnet, and what to call it in messages.
    pub text: Option<(String, Vec<u8>)>,
    /// Variables: `std.extVar` for Jsonnet, and members of the data beside those of the text.
    pub variables: Vec<(String, String)>,
}

impl Data {
    /// Whether there is any.
    pub(super) fn is_given(&self) -> bool {
        self.text.is_some() || !self.variables.is_empty()
    }

    /// All of it in one object. A block of the query goes before the text, that before variables.
    pub(super) fn read(&self, block: Option<String>) -> Result<Value, Failure> {
        let variables = self.variables.iter();
        let mut members: Map<String, Value> =
            variables.map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        let text = self.text.as_ref().map(|(name, text)| (name.as_str(), text.clone()));
        let block = block.map(|block| ("the block of the query", block.into_bytes()));
        for (name, text) in text.into_iter().chain(block) {
            match self.evaluate(name, text)? {
                Value::Object(more) => members.extend(more),
                _ => {
                    return Err(Failure::of(format!(
                        "`{name}` must be an object, such as `{{ name: 'value' }}`"
                    )));
                }
            }
        }
        Ok(Value::Object(members))
    }

    /// JSON is Jsonnet too, and read as what it is.
    fn evaluate(&self, name: &str, text: Vec<u8>) -> Result<Value, Failure> {
        if let Ok(json) = serde_json::from_slice(&text) {
            return Ok(json);
        }
        let arena = Arena::new();
        let mut session = Session::new(&arena);
        for (name, value) in &self.variables {
            let program = session.program_mut();
            let name = program.intern_str(name);
            let thunk = program.value_to_thunk(&Jsonnet::string(value));
            program.add_ext_var(name, &thunk);
        }
        // What is wrong is told on standard error, with the place.
        let failed =
            || Failure::of(format!("`{name}` is neither JSON nor Jsonnet that can be run"));
        let thunk = session.load_virt_file(name, text).ok_or_else(failed)?;
        let value = session.eval_value(&thunk).ok_or_else(failed)?;
        let json = session.manifest_json(&value, false).ok_or_else(failed)?;
        serde_json::from_str(&json).map_err(|_| failed())
    }
}

/// A query without its block of data, and that block.
pub(super) fn inline(query: &str) -> Result<(String, Option<String>), Failure> {
    let begins = BLOCKS.iter().find_map(|begin| Some((query.find(begin)?, begin.len())));
    let Some((at, length)) = begins else { return Ok((query.to_owned(), None)) };
    let (before, block) = query.split_at(at);
    let block = block.get(length..).unwrap_or_default();
    let Some((block, after)) = block.split_once(">>>") else {
        return Err(Failure::of("`<<<` begins a block of data that no `>>>` ends"));
    };
    Ok((format!("{before}{after}"), Some(block.to_owned())))
}

const BLOCKS: [&str; 2] = ["<<<jsonnet", "<<<json"];
