//! StackQL's statements: how they are cut, read, and handed on to SQLite.
//!
//! Only what StackQL has and SQLite has not is read here. Expressions and whole queries are
//! handed on as they were written, with names of resources made into names of tables.
//!
//! Not here: running anything.

mod headings;
mod kinds;
mod lexer;
mod meta;
mod parser;
mod qualifiers;
mod reader;
mod sides;
mod sqlite;
mod statement;
mod tables;
mod truths;

pub(crate) use headings::headings;
pub(crate) use kinds::kinds;
pub(crate) use lexer::{Kind, Token, lex, number_parameters};
pub(crate) use meta::view_body;
pub(crate) use parser::{parse, path_of, single, split};
pub(crate) use qualifiers::qualifiers;
pub(crate) use reader::{Hints, assignments_of as parts};
pub(crate) use sides::{gives, untold};
pub(crate) use sqlite::{Edits, Mention, Text, complete, for_sqlite, quoted_name};
pub(crate) use statement::{Conditional, Creation, Exec, Filter, Path, Show, Shown, Statement};
pub(crate) use tables::{Table, factors, places, tables};
pub(crate) use truths::{names_truth, truths};
