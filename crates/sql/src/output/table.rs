//! Tables as StackQL draws them: a rule after each row, headings in the middle of their columns,
//! what reads as a number to the right, all else to the left.

use std::io::{self, Write};

use vmfa_sqlite::{Charge, Exhausted, MemoryAccount};

use super::wrap::{self, width};
use crate::{memory::LOCAL_SESSION, sink::Heading};

/// A table that waits for its last row.
pub(super) struct Table {
    widths: Vec<usize>,
    heading: Row,
    rows: Vec<Row>,
    /// The memory of the rows.
    charge: Charge,
}

/// The lines of each cell.
type Row = Vec<Vec<String>>;

/// Where text stands in its cell.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Middle,
    Right,
}

impl Table {
    pub(super) fn new(columns: &[Heading]) -> Self {
        let (widths, charge) =
            (vec![0; columns.len()], MemoryAccount::new(LOCAL_SESSION).empty_charge());
        let mut table = Self { widths, heading: Vec::new(), rows: Vec::new(), charge };
        table.heading = table.fit(columns.iter().map(|column| column.name.clone()));
        table
    }

    /// Fails where the rows take too much memory.
    pub(super) fn push(&mut self, cells: impl Iterator<Item = String>) -> Result<(), Exhausted> {
        let row = self.fit(cells);
        let lines = row.iter().flatten().map(|line| line.len().saturating_add(LINE));
        let size = lines.fold(row.len().saturating_mul(LINE), usize::saturating_add);
        self.charge.grow(size)?;
        self.rows.push(row);
        Ok(())
    }

    pub(super) fn write(self, out: &mut dyn Write) -> io::Result<()> {
        let rule: Vec<String> =
            self.widths.iter().map(|width| "-".repeat(width.saturating_add(2))).collect();
        let rule = format!("|{}|\n", rule.join("|"));
        out.write_all(rule.as_bytes())?;
        self.row(&self.heading, |_| Side::Middle, out)?;
        out.write_all(rule.as_bytes())?;
        for row in &self.rows {
            self.row(row, |text| if is_number(text) { Side::Right } else { Side::Left }, out)?;
            out.write_all(rule.as_bytes())?;
        }
        Ok(())
    }

    /// Cuts cells into lines, and makes room for them.
    fn fit(&mut self, cells: impl Iterator<Item = String>) -> Row {
        let row: Row = cells.map(|cell| wrap::lines(&cell)).collect();
        for (widest, lines) in self.widths.iter_mut().zip(&row) {
            let needed = lines.iter().map(|line| width(line)).max().unwrap_or_default();
            *widest = needed.max(*widest);
        }
        row
    }

    fn row(&self, row: &Row, side: impl Fn(&str) -> Side, out: &mut dyn Write) -> io::Result<()> {
        let height = row.iter().map(Vec::len).max().unwrap_or_default();
        let mut text = String::new();
        for at in 0..height {
            for (lines, width) in row.iter().zip(&self.widths) {
                let line = lines.get(at).map_or("", String::as_str);
                text.push_str("| ");
                pad(line, *width, side(line), &mut text);
                text.push(' ');
            }
            text.push_str("|\n");
        }
        out.write_all(text.as_bytes())
    }
}

fn pad(line: &str, room: usize, side: Side, text: &mut String) {
    let gap = room.saturating_sub(width(line));
    let before = match side {
        Side::Left => 0,
        Side::Middle => gap / 2,
        Side::Right => gap,
    };
    text.extend(std::iter::repeat_n(' ', before));
    text.push_str(line);
    text.extend(std::iter::repeat_n(' ', gap.saturating_sub(before)));
}

/// Digits, with a sign, groups of three and a fraction where there are such; also a percentage.
fn is_number(text: &str) -> bool {
    let text = text.trim();
    let text = text.strip_prefix('-').unwrap_or(text);
    let text = text.strip_suffix('%').unwrap_or(text);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(w, f)| (w, Some(f)));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let mut grouped = whole.contains(',');
    for group in groups {
        grouped &= digits(group) && group.len() == 3;
    }
    let whole = digits(first) && (!whole.contains(',') || (grouped && first.len() <= 3));
    whole && fraction.is_none_or(digits)
}

/// Bytes of a line or a list of lines, without its text.
const LINE: usize = 40;

#[cfg(test)]
mod tests {
    use super::is_number;

    #[test]
    fn numbers_are_told_by_their_looks() {
        for text in ["1", "-12", "0.500000", "1,234,567.8", "12%", " 7 ", "123456789012"] {
            assert!(is_number(text), "{text}");
        }
        for text in ["", "-", "1.", ".5", "1,23", "1234,567", "1e5", "1 2", "null", "%"] {
            assert!(!is_number(text), "{text}");
        }
    }
}
