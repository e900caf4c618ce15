//! The columns of a table as SQLite sees them.
//!
//! A member is one visible or hidden column in the wire's spelling, and hidden columns in the
//! other spellings. Hidden columns can be named, but `*` leaves them out.

use vmfa_model::Member;

use crate::{given::REGION, language::quoted_name, spelling::spellings, value::declared};

/// The columns of a table.
pub(crate) struct Columns(Vec<Column>);

/// A column.
pub(crate) struct Column {
    name: String,
    /// The member that it holds, or [`REGION`].
    pub(crate) member: &'static str,
    declared: &'static str,
    hidden: bool,
    /// Whether the table has to be told its value.
    told: bool,
}

impl Columns {
    /// Visible columns, hidden ones, `region`, and all other spellings. A member that is named
    /// twice is one column.
    pub(crate) fn new(
        visible: impl IntoIterator<Item = &'static Member>,
        hidden: impl IntoIterator<Item = &'static Member>,
    ) -> Self {
        let mut columns = Self(Vec::new());
        for member in visible {
            columns.add(member.name.to_owned(), member.name, declared(&member.shape), false);
        }
        for member in hidden {
            columns.add(member.name.to_owned(), member.name, declared(&member.shape), true);
        }
        columns.add(REGION.to_owned(), REGION, "TEXT", true);
        for at in 0..columns.0.len() {
            let Some(&Column { member, declared, .. }) = columns.0.get(at) else { break };
            for spelling in spellings(member) {
                columns.add(spelling, member, declared, true);
            }
        }
        columns
    }

    /// The same, where the table has to be told the values of these members.
    ///
    /// SQLite puts a value in the place of the columns that `WHERE` says are equal to it, and does
    /// so in `LEFT JOIN … USING`, too: then no condition is left that would tell the table. It does
    /// not where texts are compared in another way than its own.
    pub(crate) fn telling(mut self, members: impl Fn(&str) -> bool) -> Self {
        self.0.iter_mut().for_each(|column| column.told = members(column.member));
        self
    }

    /// SQLite's names do not tell `User` from `user`: the first is kept.
    fn add(&mut self, name: String, member: &'static str, declared: &'static str, hidden: bool) {
        if !self.0.iter().any(|column| column.name.eq_ignore_ascii_case(&name)) {
            self.0.push(Column { name, member, declared, hidden, told: false });
        }
    }

    /// The column at a position.
    pub(crate) fn get(&self, at: usize) -> Option<&Column> {
        self.0.get(at)
    }

    /// Whether the member is in one of these columns, of which each has a bit, and the last bit
    /// stands for all that follow: SQLite's `colUsed`.
    pub(crate) fn hold(&self, member: &str, columns: u64) -> bool {
        let bit = |at: usize| 1_u64.checked_shl(u32::try_from(at.min(63)).unwrap_or(63));
        let there = |at: usize| bit(at).is_some_and(|bit| columns & bit != 0);
        self.0.iter().enumerate().any(|(at, column)| column.member == member && there(at))
    }

    /// The member of a column whose texts are compared byte by byte and as nothing but texts, where
    /// the column at that position is one.
    pub(crate) fn text(&self, at: usize) -> Option<&'static str> {
        let column = self.get(at).filter(|column| column.declared == "TEXT")?;
        Some(column.member).filter(|member| *member != REGION)
    }

    /// The names that `*` stands for.
    pub(crate) fn visible(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|column| !column.hidden).map(|column| column.name.as_str())
    }

    /// The statement that declares them to SQLite.
    pub(crate) fn declaration(&self) -> String {
        let column = |column: &Column| {
            let hidden = if column.hidden { " HIDDEN" } else { "" };
            let compared = if column.told { format!(" COLLATE {BYTES}") } else { String::new() };
            format!("{} {}{hidden}{compared}", quoted_name(&column.name), column.declared)
        };
        let columns: Vec<String> = self.0.iter().map(column).collect();
        format!("CREATE TABLE x({})", columns.join(", "))
    }
}

/// A comparison of texts that is the same as SQLite's own, byte by byte, and not known to be.
pub(crate) const BYTES: &str = "bytes";

#[cfg(test)]
mod tests {
    use vmfa_model::{TypedValue, names, shape};

    use super::*;

    #[test]
    fn columns_past_the_last_bit_share_it() {
        let members: Vec<Member> = (0..80)
            .map(|n: u32| Member {
                name: Box::leak(format!("m{n:02}").into_boxed_str()),
                doc: "",
                shape: names::Marker::SHAPE,
                required: false,
                cli: shape::CliHints::NONE,
            })
            .collect();
        let columns = Columns::new(Vec::leak(members).iter(), []);
        assert!(columns.hold("m00", 1) && !columns.hold("m00", 2));
        assert!(columns.hold("m62", 1 << 62) && !columns.hold("m63", 1 << 62));
        assert!(columns.hold("m63", 1 << 63) && columns.hold("m79", 1 << 63));
    }
}
