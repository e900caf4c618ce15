//! Tables: boxes of ASCII characters, one section under another.

mod build;
mod draw;
mod section;
mod width;

pub use self::draw::RESET;

use serde_json::Value;

use crate::unprintable::Unprintable;

/// The width and colours that a table is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableStyle {
    /// The columns of the terminal. In a wider table, one-row sections are drawn vertically.
    pub columns: usize,
    /// The colours of cells and edges.
    pub colour: Colour,
}

/// The colours of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Plain characters.
    Off,
    /// Blue cells between yellow edges.
    On {
        /// The table goes to standard output and not through a pager: the AWS CLI then resets the
        /// colour after each piece that it writes.
        direct: bool,
    },
}

/// A response under its title, the name of the operation. Values that Python considers false print
/// nothing; a scalar prints the title only.
pub fn table(title: &str, document: &Value, screen: &TableStyle) -> Result<String, Unprintable> {
    match build::sections(title, document) {
        Ok(sections) if sections.is_empty() => Ok(String::new()),
        Ok(sections) => Ok(draw::draw(sections, screen)),
        Err(reason) => Err(Unprintable::after(String::new(), reason)),
    }
}
