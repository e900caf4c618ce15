//! How sections look: edges, alignment, colour.
//!
//! Not responsible for what stands in them. Each line is written in one pass, so that a long list
//! costs no more per device than a short one.

use super::section::{Cell, Section};
use super::{Colour, Screen};

pub(super) fn draw(sections: Vec<Section<'_>>, screen: &Screen) -> String {
    let (sections, width) = fit(sections, screen.columns);
    let mut page = Page { out: String::new(), colour: screen.colour };
    fill(&mut page.out, DASHES, width);
    page.out.push('\n');
    page.reset();
    for section in &sections {
        page.section(section, width.saturating_sub(2 * section.indent));
    }
    page.out
}

/// Stands one-row sections upright if the table is too wide; it may be so still.
fn fit(mut sections: Vec<Section<'_>>, columns: usize) -> (Vec<Section<'_>>, usize) {
    let mut width = widest(&sections);
    if width > columns {
        sections = sections.into_iter().map(Section::upright).collect();
        width = widest(&sections);
    }
    (sections, width)
}

fn widest(sections: &[Section<'_>]) -> usize {
    sections.iter().map(Section::needed).max().unwrap_or(0)
}

struct Page {
    out: String,
    colour: Colour,
}

impl Page {
    fn section(&mut self, section: &Section<'_>, width: usize) {
        let bare = section.headers.is_empty() && section.rows().len() == 0;
        if let Some(title) = section.title.as_ref().filter(|title| !title.text.is_empty()) {
            self.line(section.indent, |page| page.centred(title, width, true));
            if bare {
                let inside = width.saturating_sub(2);
                self.line(section.indent, |page| {
                    page.out.push('+');
                    fill(&mut page.out, DASHES, inside);
                    page.out.push('+');
                });
            }
        }
        if bare {
            return;
        }
        let columns = section.columns(width);
        if !section.headers.is_empty() {
            self.border(section.indent, &columns);
            self.cells(section.indent, &columns, &section.headers, Self::centred);
        }
        if section.rows().len() == 0 || columns.is_empty() {
            return;
        }
        self.border(section.indent, &columns);
        for row in section.rows() {
            self.cells(section.indent, &columns, row, Self::aligned);
        }
        self.border(section.indent, &columns);
    }

    fn border(&mut self, indent: usize, columns: &[usize]) {
        self.line(indent, |page| {
            for (place, width) in columns.iter().enumerate() {
                let corner = usize::from(place == 0);
                fill(&mut page.out, "+", corner);
                fill(&mut page.out, DASHES, width.saturating_sub(1 + corner));
                page.out.push('+');
            }
        });
    }

    fn cells(
        &mut self,
        indent: usize,
        columns: &[usize],
        cells: &[Cell<'_>],
        write: fn(&mut Self, &Cell<'_>, usize, bool),
    ) {
        self.line(indent, |page| {
            for (place, (width, cell)) in columns.iter().zip(cells).enumerate() {
                write(page, cell, *width, place == 0);
            }
        });
    }

    /// A title or header; the first has a left edge too.
    fn centred(&mut self, cell: &Cell<'_>, width: usize, first: bool) {
        let edge = usize::from(first);
        let (middle, half) = (width / 2, cell.width / 2 + 1);
        let left = middle.saturating_sub(half);
        // Where the text has no room, the original counts the missing blanks on the other side.
        let missing = half.saturating_sub(middle);
        let right = (width + missing).saturating_sub(edge + left + cell.width + 1);
        fill(&mut self.out, "|", edge);
        fill(&mut self.out, BLANKS, left);
        self.out.push_str(&cell.text);
        fill(&mut self.out, BLANKS, right);
        self.out.push('|');
    }

    /// A cell of a row; its margin is given up where it does not fit.
    fn aligned(&mut self, cell: &Cell<'_>, width: usize, first: bool) {
        let edge = usize::from(first);
        let taken = edge + cell.width + 1;
        let margin = if width >= taken + MARGIN { MARGIN } else { 0 };
        fill(&mut self.out, "|", edge);
        fill(&mut self.out, BLANKS, margin);
        self.coloured(BLUE, &cell.text);
        fill(&mut self.out, BLANKS, width.saturating_sub(taken + margin));
        self.out.push('|');
    }

    /// A line between the edges of the sections that enclose it.
    fn line(&mut self, indent: usize, write: impl FnOnce(&mut Self)) {
        self.edges(indent);
        write(self);
        self.reset();
        self.edges(indent);
        self.out.push('\n');
        self.reset();
    }

    fn edges(&mut self, indent: usize) {
        for _ in 0..indent {
            self.coloured(YELLOW, "|");
        }
        self.reset();
    }

    fn coloured(&mut self, colour: &str, text: &str) {
        if self.colour == Colour::Off {
            self.out.push_str(text);
            return;
        }
        self.out.push_str(colour);
        self.out.push_str(text);
        self.out.push_str(RESET);
    }

    /// What follows each piece that is written straight to standard output.
    fn reset(&mut self) {
        if self.colour == (Colour::On { direct: true }) {
            self.out.push_str(RESET);
        }
    }
}

/// Appends `count` characters of a pattern of ASCII characters.
fn fill(out: &mut String, pattern: &str, mut count: usize) {
    while count > pattern.len() {
        out.push_str(pattern);
        count -= pattern.len();
    }
    out.push_str(pattern.get(..count).unwrap_or_default());
}

const MARGIN: usize = 2;
const DASHES: &str = "----------------------------------------------------------------";
const BLANKS: &str = "                                                                ";
/// Bold.
const BLUE: &str = "\x1b[1m\x1b[34m";
/// Dim.
const YELLOW: &str = "\x1b[2m\x1b[33m";
/// What ends a coloured piece. A terminal gets it once more when a command ends that was to print a
/// table in colour, whether or not it did and whether or not through a pager.
pub const RESET: &str = "\x1b[0m";
