//! StackQL's statements: how they are cut, read, and handed on to SQLite.
//!
//! Only what StackQL has and SQLite has not is read here. Expressions and whole queries are
//! handed on as they were written, with names of resources made into names of tables.
//!
//! Not here: running anything.

mod lexer;
mod parser;
mod sqlite;

pub(crate) use lexer::{Kind, Token, lex, number_parameters};
pub(crate) use parser::{Path, Statement, parse, split};
pub(crate) use sqlite::{Text, for_sqlite, quoted_name};
