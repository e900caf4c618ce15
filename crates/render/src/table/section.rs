//! A box with a title, headers and rows, and the widths of its columns.

use std::borrow::Cow;
use std::rc::Rc;

use serde_json::Value;

use super::width::columns_of;
use crate::python::write_str;
use crate::unprintable::PythonError;

/// A text and its width in columns.
#[derive(Clone, Debug)]
pub(super) struct TableCell<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) width: usize,
}

impl<'a> TableCell<'a> {
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

/// Cells are in one vector, row by row, and headers are shared with the sections of the same list:
/// ten thousand devices make many small sections.
#[derive(Debug)]
pub(super) struct TableSection<'a> {
    pub(super) title: Option<TableCell<'a>>,
    pub(super) indent: usize,
    pub(super) headers: Rc<[TableCell<'a>]>,
    cells: Vec<TableCell<'a>>,
    rows: usize,
    /// The number of cells in each row, set by the first headers or row.
    count: Option<usize>,
    /// The widest cell of each column.
    widest: Vec<usize>,
}

impl<'a> TableSection<'a> {
    pub(super) fn new(title: Option<TableCell<'a>>, indent: usize) -> Self {
        Self {
            title,
            indent,
            headers: Rc::default(),
            cells: Vec::new(),
            rows: 0,
            count: None,
            widest: Vec::new(),
        }
    }

    /// Sets or replaces the headers. More columns than before are an error.
    pub(super) fn set_headers(&mut self, headers: Rc<[TableCell<'a>]>) -> Result<(), PythonError> {
        widen(&mut self.widest, &headers)?;
        self.count.get_or_insert(headers.len());
        self.headers = headers;
        Ok(())
    }

    pub(super) fn add_row(
        &mut self,
        row: impl Iterator<Item = TableCell<'a>>,
    ) -> Result<(), PythonError> {
        let before = self.cells.len();
        self.cells.extend(row);
        let row = self.cells.get(before..).unwrap_or_default();
        let expected = *self.count.get_or_insert(row.len());
        if row.len() != expected {
            return Err(PythonError::Ragged { expected, found: row.len() });
        }
        widen(&mut self.widest, row)?;
        self.rows += 1;
        Ok(())
    }

    /// The rows; they may be empty.
    pub(super) fn rows(&self) -> impl ExactSizeIterator<Item = &[TableCell<'a>]> {
        let count = self.count.unwrap_or(0);
        (0..self.rows).map(move |row| {
            let cells = self.cells.get(row * count..(row + 1) * count);
            cells.unwrap_or_default()
        })
    }

    /// The section with a row for each column, if it has headers and exactly one row.
    pub(super) fn upright(self) -> Self {
        if self.headers.is_empty() || self.rows != 1 {
            return self;
        }
        let widest = |cells: &[TableCell<'_>]| cells.iter().map(|cell| cell.width).max();
        let rows = self.headers.len().min(self.cells.len());
        let headers = self.headers.get(..rows).unwrap_or_default();
        let values = self.cells.get(..rows).unwrap_or_default();
        Self {
            title: self.title,
            indent: self.indent,
            widest: [widest(headers), widest(values)].into_iter().flatten().collect(),
            headers: Rc::default(),
            count: Some(2),
            rows,
            cells: headers.iter().cloned().zip(self.cells).flat_map(<[_; 2]>::from).collect(),
        }
    }

    /// The minimum width in columns, with edges and indent.
    pub(super) fn needed(&self) -> usize {
        let title = self.title.as_ref().map_or(UNTITLED, |title| title.width);
        let cells: usize = self.widest.iter().map(|widest| widest + PADDING).sum();
        title.max(cells) + EDGES + 2 * self.indent
    }

    /// The widths of the columns, scaled to the sum `total`; the rounding error is subtracted from the
    /// left or added from the right.
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

fn widen(widest: &mut Vec<usize>, cells: &[TableCell<'_>]) -> Result<(), PythonError> {
    if widest.is_empty() {
        widest.extend(cells.iter().map(|cell| cell.width));
        return Ok(());
    }
    if cells.len() > widest.len() {
        return Err(PythonError::OutOfRange);
    }
    for (widest, cell) in widest.iter_mut().zip(cells) {
        *widest = cell.width.max(*widest);
    }
    Ok(())
}

/// `round(total / sum * width)` in floating point, ties to even, without converting a float back.
fn scale(width: usize, total: usize, sum: usize) -> usize {
    let below = width.saturating_mul(total).checked_div(sum).unwrap_or(0);
    let rounded = (float(total) / float(sum) * float(width)).round_ties_even();
    below + usize::from(rounded > float(below))
}

/// Exact: widths are far below 2^32.
fn float(width: usize) -> f64 {
    f64::from(u32::try_from(width).unwrap_or(u32::MAX))
}

/// Two blanks on either side of a cell.
const PADDING: usize = 4;
/// The left and the right edge of a section.
const EDGES: usize = 2;
/// The AWS CLI measures a missing title as the word `None`.
const UNTITLED: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn section(widths: &[usize]) -> TableSection<'static> {
        let mut section = TableSection::new(None, 0);
        let row = widths.iter().map(|width| TableCell::new("x".repeat(*width)));
        section.add_row(row).unwrap();
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
    fn rounding_errors_are_added_from_the_right_and_subtracted_from_the_left() {
        assert_eq!(section(&[1, 1, 1]).columns(16), [5, 5, 6]);
        assert_eq!(section(&[1, 1, 1]).columns(17), [5, 6, 6]);
        // Ties round to even.
        assert_eq!(section(&[1, 1]).columns(13), [6, 7]);
        assert_eq!(section(&[1, 1]).columns(15), [7, 8]);
    }
}
