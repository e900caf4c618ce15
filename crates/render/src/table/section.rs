//! A box with a title, headers and rows, and how wide its columns are.
//!
//! Not responsible for what goes into which section, nor for its look.

use std::borrow::Cow;

use serde_json::Value;

use super::width::columns_of;
use crate::python::write_str;
use crate::unprintable::Reason;

/// A text and how many columns it counts for.
#[derive(Clone, Debug)]
pub(super) struct Cell<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) width: usize,
}

impl<'a> Cell<'a> {
    pub(super) fn new(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        let width = columns_of(&text);
        Self { text, width }
    }

    pub(super) fn of(value: &'a Value) -> Self {
        if let Value::String(text) = value {
            return Self::new(text.as_str());
        }
        let mut shown = String::new();
        write_str(&mut shown, value);
        Self::new(shown)
    }
}

#[derive(Debug)]
pub(super) struct Section<'a> {
    pub(super) title: Option<Cell<'a>>,
    pub(super) indent: usize,
    pub(super) headers: Vec<Cell<'a>>,
    pub(super) rows: Vec<Vec<Cell<'a>>>,
    /// Cells of each row, fixed by the first headers or row.
    count: Option<usize>,
    /// The widest cell of each column.
    widest: Vec<usize>,
}

impl<'a> Section<'a> {
    pub(super) fn new(title: Option<Cell<'a>>, indent: usize) -> Self {
        Self {
            title,
            indent,
            headers: Vec::new(),
            rows: Vec::new(),
            count: None,
            widest: Vec::new(),
        }
    }

    /// Sets the headers; they may replace earlier ones, but not have more columns.
    pub(super) fn set_headers(&mut self, headers: Vec<Cell<'a>>) -> Result<(), Reason> {
        self.widen(&headers)?;
        self.count.get_or_insert(headers.len());
        self.headers = headers;
        Ok(())
    }

    pub(super) fn add_row(&mut self, row: Vec<Cell<'a>>) -> Result<(), Reason> {
        let expected = *self.count.get_or_insert(row.len());
        if row.len() != expected {
            return Err(Reason::Ragged { expected, found: row.len() });
        }
        self.widen(&row)?;
        self.rows.push(row);
        Ok(())
    }

    fn widen(&mut self, cells: &[Cell<'_>]) -> Result<(), Reason> {
        if self.widest.is_empty() {
            self.widest = cells.iter().map(|cell| cell.width).collect();
            return Ok(());
        }
        if cells.len() > self.widest.len() {
            return Err(Reason::OutOfRange);
        }
        for (widest, cell) in self.widest.iter_mut().zip(cells) {
            *widest = cell.width.max(*widest);
        }
        Ok(())
    }

    /// The section stood upright, a row for each column, if it has headers and just one row.
    pub(super) fn upright(self) -> Self {
        if self.headers.is_empty() || self.rows.len() != 1 {
            return self;
        }
        let mut upright = Self::new(self.title, self.indent);
        let cells = self.rows.into_iter().flatten();
        upright.rows =
            self.headers.into_iter().zip(cells).map(|(header, cell)| vec![header, cell]).collect();
        for place in 0..2 {
            let column = upright.rows.iter().filter_map(|row| row.get(place));
            let widest = column.map(|cell| cell.width).max();
            upright.widest.extend(widest);
        }
        upright
    }

    /// The columns that the section needs, its edges and the lines of its indent included.
    pub(super) fn needed(&self) -> usize {
        let title = self.title.as_ref().map_or(UNTITLED, |title| title.width);
        let cells: usize = self.widest.iter().map(|widest| widest + PADDING).sum();
        title.max(cells) + EDGES + 2 * self.indent
    }

    /// The widths of the columns when they fill `total` together: stretched in proportion, and
    /// what rounding to the nearest leaves over is taken from the left or given from the right.
    pub(super) fn columns(&self, total: usize) -> Vec<usize> {
        let unscaled = || self.widest.iter().map(|widest| widest + PADDING);
        let sum: usize = unscaled().sum();
        let mut scaled: Vec<usize> = unscaled().map(|width| scale(width, total, sum)).collect();
        if scaled.is_empty() {
            return scaled;
        }
        let taken: usize = scaled.iter().sum();
        for width in scaled.iter_mut().take(taken.saturating_sub(total)) {
            *width = width.saturating_sub(1);
        }
        for width in scaled.iter_mut().rev().take(total.saturating_sub(taken)) {
            *width += 1;
        }
        scaled
    }
}

/// `round(total / sum * width)` in floating point, ties to even: one of the two integers around
/// the exact quotient, so that no float needs to be converted back.
fn scale(width: usize, total: usize, sum: usize) -> usize {
    let below = width.saturating_mul(total).checked_div(sum).unwrap_or(0);
    let rounded = (float(total) / float(sum) * float(width)).round_ties_even();
    below + usize::from(rounded > float(below))
}

/// Widths are far below where the conversion would saturate.
fn float(width: usize) -> f64 {
    f64::from(u32::try_from(width).unwrap_or(u32::MAX))
}

/// Two blanks on either side of a cell.
const PADDING: usize = 4;
/// The left and the right edge of a section.
const EDGES: usize = 2;
/// The original measures a missing title as the word `None`.
const UNTITLED: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn section(widths: &[usize]) -> Section<'static> {
        let mut section = Section::new(None, 0);
        let row = widths.iter().map(|width| Cell::new("x".repeat(*width)));
        section.add_row(row.collect()).unwrap();
        section
    }

    #[test]
    fn columns_fill_the_width_exactly() {
        for widths in [&[1][..], &[1, 1], &[0, 0, 0], &[5, 40, 3, 17], &[9; 30]] {
            let section = section(widths);
            for total in section.needed()..section.needed() + 200 {
                let columns = section.columns(total);
                assert_eq!(columns.iter().sum::<usize>(), total, "{widths:?} {total}");
            }
        }
    }

    #[test]
    fn what_rounding_leaves_over_is_given_from_the_right_and_taken_from_the_left() {
        assert_eq!(section(&[1, 1, 1]).columns(16), [5, 5, 6]);
        assert_eq!(section(&[1, 1, 1]).columns(17), [5, 6, 6]);
        // Halves go to the even neighbour.
        assert_eq!(section(&[1, 1]).columns(13), [6, 7]);
        assert_eq!(section(&[1, 1]).columns(15), [7, 8]);
    }
}
