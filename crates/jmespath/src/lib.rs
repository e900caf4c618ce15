//! JMESPath as the AWS CLI evaluates it: expressions over ordered JSON.
//!
//! The language is that of [jmespath.org's specification][spec], with the deviations of the AWS CLI's
//! evaluator (jmespath.py): back-tick literals that are not JSON are strings, strings can be ordered,
//! a slice after an index does not project, numbers are Python's. Error messages are its, to the
//! byte. These deviations are why it is hand-written: the `jmespath` crate follows the specification.
//!
//! Results are limited to JSON in memory: an integer beyond 64 bits becomes the nearest float, NaN and
//! infinities become null, an unpaired surrogate becomes U+FFFD. NaN sorts last, where Python's order
//! is unspecified, and equals nothing. Nesting is limited to a fixed depth, where jmespath.py exhausts
//! Python's stack.
//!
//! [spec]: https://jmespath.org/specification.html

mod arguments;
mod budget;
mod compare;
mod datum;
mod error;
mod functions;
mod interpreter;
mod json;
mod lexer;
mod merge;
mod node;
mod number;
mod parser;
mod python;
mod token;

use serde_json::Value;

pub use self::error::Error;
use self::{budget::Budget, datum::Datum, interpreter::Interpreter, node::Node};

/// A compiled expression.
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
    /// Parses an expression, in time linear in its length
    /// (<https://jmespath.org/specification.html#grammar>).
    ///
    /// Unknown functions and wrong arguments are errors of [`search`](Self::search).
    pub fn compile(expression: &str) -> Result<Self, Error> {
        let root = parser::parse(expression)?;
        Ok(Self { root })
    }

    /// Evaluates the expression on a document. Members keep the order of the document or of the
    /// expression.
    ///
    /// A few characters of an expression can double its result, so that a result of more than
    /// [`MAX_VALUES`] values is an error.
    pub fn search(&self, document: &Value) -> Result<Value, Error> {
        self.search_within(document, MAX_VALUES)
    }

    /// Like [`search`](Self::search), with another limit on the elements, members and chunks of strings
    /// (64 bytes each) that the evaluation visits and constructs.
    pub fn search_within(&self, document: &Value, max_values: usize) -> Result<Value, Error> {
        let search = Interpreter::new(Budget::new(max_values));
        let answer = search.visit(&self.root, &Datum::given(document))?;
        search.answer(&answer)
    }
}

/// The limit of [`Expression::search`] on visited and constructed values: enough for several
/// columns of ten million devices.
pub const MAX_VALUES: usize = 1 << 27;

/// The maximum nesting of expressions, literals and constructed values. jmespath.py fails near this
/// depth; it fits into a stack of two megabytes.
const DEPTH: usize = 500;
