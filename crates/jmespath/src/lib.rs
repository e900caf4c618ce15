//! JMESPath as the AWS CLI has it: expressions over ordered JSON.
//!
//! The language is that of [jmespath.org's specification][spec]; where the AWS CLI's evaluator
//! (jmespath.py) departs from it, this crate departs with it: back-tick literals that are not JSON
//! are strings, strings can be ordered, a slice behind an index does not project, numbers are
//! Python's. Refusals are worded as it words them, to the byte.
//!
//! Not responsible for: what becomes of an answer (printing, paging), and which message goes
//! around a refusal.
//!
//! What JSON in memory cannot hold, an answer cannot: an integer beyond 64 bits becomes the
//! nearest float, a NaN or an infinity becomes null, and half a surrogate pair U+FFFD. A NaN is
//! sorted last, where Python leaves its place to chance, and equals nothing. What the original
//! refuses to nest for want of stack, this crate refuses at a fixed depth, in words of its own.
//!
//! [spec]: https://jmespath.org/specification.html

mod arguments;
mod budget;
mod compare;
mod datum;
mod error;
mod functions;
mod json;
mod lexer;
mod merge;
mod node;
mod number;
mod parser;
mod python;
mod search;
mod token;

use serde_json::Value;

pub use self::error::Error;
use self::{budget::Budget, datum::Datum, node::Node, search::Search};

/// An expression that was read, to be asked of any number of documents.
///
/// ```
/// let names = vmfa_jmespath::Expression::compile("Users[?Path=='/'].UserName")?;
/// let users = serde_json::json!({"Users": [{"Path": "/", "UserName": "bob"}]});
/// assert_eq!(names.search(&users)?, serde_json::json!(["bob"]));
/// # Ok::<(), vmfa_jmespath::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Expression {
    root: Node,
}

impl Expression {
    /// Reads an expression, in time linear in its length
    /// (<https://jmespath.org/specification.html#grammar>).
    ///
    /// Whether functions exist and are given what they take is known only when they are called:
    /// [`search`](Self::search) refuses that.
    pub fn compile(expression: &str) -> Result<Self, Error> {
        let root = parser::parse(expression)?;
        Ok(Self { root })
    }

    /// The answer for one document; members stay in the order of the document or of the
    /// expression.
    ///
    /// An expression can double its answer with every few characters, so that it is refused once
    /// it has made [`PARTS`] values.
    pub fn search(&self, document: &Value) -> Result<Value, Error> {
        self.search_within(document, PARTS)
    }

    /// As [`search`](Self::search), with a limit of one's own to the elements, members and pieces
    /// of strings (of 64 bytes) that the expression may visit and make.
    pub fn search_within(&self, document: &Value, parts: usize) -> Result<Value, Error> {
        let search = Search::new(Budget::new(parts));
        let answer = search.visit(&self.root, &Datum::given(document))?;
        search.answer(&answer)
    }
}

/// What [`Expression::search`] lets an expression make: several columns of ten million devices.
pub const PARTS: usize = 1 << 27;

/// How deep expressions, literals and what they build may nest. The original gives up at nearly
/// this depth, and a stack of two megabytes holds it.
const DEPTH: usize = 500;
