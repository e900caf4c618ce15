//! Tables: boxes of ASCII characters, one section under another.
//!
//! Not responsible for finding out how wide the screen is, nor whether colour is wanted.

mod build;
mod draw;
mod section;
mod width;

pub use self::draw::RESET;

use serde_json::Value;

use crate::unprintable::Unprintable;

/// What a table is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Columns of the terminal: a table that is wider stands its one-row sections upright.
    pub columns: usize,
    /// Whether cells and edges are coloured.
    pub colour: Colour,
}

/// Colour of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Plain characters.
    Off,
    /// Blue cells between yellow edges.
    On {
        /// The table goes straight to standard output, where the original resets the colour after
        /// every piece that it writes; through a pager it does not.
        direct: bool,
    },
}

/// A whole answer under its title, which is the operation's name. What Python holds for false
/// prints nothing; a scalar prints the title only.
pub fn table(title: &str, document: &Value, screen: &Screen) -> Result<String, Unprintable> {
    match build::sections(title, document) {
        Ok(sections) if sections.is_empty() => Ok(String::new()),
        Ok(sections) => Ok(draw::draw(sections, screen)),
        Err(reason) => Err(Unprintable::after(String::new(), reason)),
    }
}
