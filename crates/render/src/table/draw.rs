//! Draws sections: edges, alignment and colour, each line in one pass.

use super::section::{TableCell, TableSection};
use super::{Colour, TableStyle};

pub(super) fn draw(sections: Vec<TableSection<'_>>, screen: &TableStyle) -> String {
    let (sections, width) = fit(sections, screen.columns);
    let mut page = Canvas { out: String::new(), colour: screen.colour };
    fill(&mut page.out, DASHES, width);
    page.out.push('\n');
    page.reset();
    for section in &sections {
        page.section(section, width.saturating_sub(2 * section.indent));
    }
    page.out
}

/// Makes one-row sections vertical if the table is too wide. It may remain too wide.
fn fit(mut sections: Vec<TableSection<'_>>, columns: usize) -> (Vec<TableSection<'_>>, usize) {
    let mut width = widest(&sections);
    if width > columns {
        sections = sections.into_iter().map(TableSection::upright).collect();
        width = widest(&sections);
    }
    (sections, width)
}

fn widest(sections: &[TableSection<'_>]) -> usize {
    sections.iter().map(TableSection::needed).max().unwrap_or(0)
}

struct Canvas {
    out: String,
    colour: Colour,
}

impl Canvas {
    fn section(&mut self, section: &TableSection<'_>, width: usize) {
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
        cells: &[TableCell<'_>],
        write: fn(&mut Self, &TableCell<'_>, usize, bool),
    ) {
        self.line(indent, |page| {
            for (place, (width, cell)) in columns.iter().zip(cells).enumerate() {
                write(page, cell, *width, place == 0);
            }
        });
    }

    /// A title or header; the first has a left edge as well.
    fn centred(&mut self, cell: &TableCell<'_>, width: usize, first: bool) {
        let edge = usize::from(first);
        let (middle, half) = (width / 2, cell.width / 2 + 1);
        let left = middle.saturating_sub(half);
        // If the text does not fit, the AWS CLI takes the missing blanks from the other side.
        let missing = half.saturating_sub(middle);
        let right = (width + missing).saturating_sub(edge + left + cell.width + 1);
        fill(&mut self.out, "|", edge);
        fill(&mut self.out, BLANKS, left);
        self.out.push_str(&cell.text);
        fill(&mut self.out, BLANKS, right);
        self.out.push('|');
    }

    /// A cell of a row; without its margin if it does not fit.
    fn aligned(&mut self, cell: &TableCell<'_>, width: usize, first: bool) {
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

    /// Follows each piece that is written directly to standard output.
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
/// Resets colours after a coloured piece. Terminals get it again at the end of a command with coloured
/// table output.
pub const RESET: &str = "\x1b[0m";
