//! Text of any kind, read as statements are, with nobody to call.

use std::sync::Arc;

use proptest::prelude::*;
use vmfa_client::{Calls, Failed};
use vmfa_iam::Call;
use vmfa_model::Record;
use vmfa_sql::{Session, Setting};

/// Nobody is called by what is only looked at.
struct Nobody;

impl Calls for Nobody {
    fn call(&self, call: Call) -> Result<Record, Failed> {
        panic!("{} was called", call.action.name)
    }
}

/// Describes each statement of a text; what is refused, is refused in words.
fn look(text: &str) {
    let mut session = Session::open(Setting::new(Arc::new(Nobody))).unwrap();
    for statement in Session::split(text).unwrap_or_default() {
        if let Err(failure) = session.describe(statement) {
            let said = failure.to_string();
            assert!(!said.is_empty(), "{statement}");
            // One statement to us is one to SQLite: nothing hides behind it.
            assert!(!said.to_lowercase().contains("multiple statements"), "{statement}");
        }
    }
}

#[test]
fn what_ends_a_text_for_one_reader_ends_it_for_the_other() {
    for text in [
        r"select 'a\'; select 1; --'",
        r"select 'a\\'; select 1; --'",
        "select 1 /* ; */ -- ;\n + 2 # ;\n // ;",
        "select \"a;b\", ';', ';;'';' from (select 1 as \"a;b\")",
        "select /*+ AWAIT ; */ 1; select 2",
        "exec aws.iam.users.delete_user @UserName = ';' || (select ';')",
    ] {
        look(text);
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        look(&text);
    }

    #[test]
    fn any_words_are_read_or_refused(
        words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..30),
        glue in prop::sample::select(vec!["", " ", "\n"]),
    ) {
        look(&words.join(glue));
    }
}

/// What statements are made of, and what readers of them stumble over.
const WORDS: &[&str] = &[
    "select",
    "with",
    "recursive",
    "a",
    "as",
    "(",
    ")",
    ",",
    ".",
    ";",
    "*",
    "=",
    "from",
    "where",
    "join",
    "left join",
    "right join",
    "on",
    "union distinct",
    "aws.iam.users",
    "users",
    "u",
    "aws.iam.mfa_device_tags",
    "google.a.b",
    "UserName",
    "data__UserName",
    "'",
    "\"",
    "'it''s'",
    r"'\'",
    r"'a\\'",
    "--",
    "#",
    "//",
    "/*",
    "*/",
    "/*+ AWAIT */",
    "\n",
    "insert into",
    "values",
    "update",
    "set",
    "delete from",
    "exec",
    "aws.iam.users.tag_user",
    "@UserName",
    "@@json",
    "in",
    "returning",
    "explain",
    "describe",
    "show methods in",
    "create view",
    "for update",
    "lock in share mode",
    "<=>",
    "->>",
    "?",
    "$1",
    ":n",
    "1",
    "1.5e3",
    "x'00'",
    "null",
    "`",
    "[",
    "]",
    "{",
    "}",
    "\\",
    "é",
    "\u{0}",
];
