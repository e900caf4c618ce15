//! Text of any kind, read as statements are, with nobody to call.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what is shared by the tests")]

use std::sync::Arc;

use proptest::prelude::*;
use vmfa_client::{CallError, Calls};
use vmfa_iam::Call;
use vmfa_model::Record;
use vmfa_sql::{Session, Setting};

/// Nobody is called by what is only looked at.
struct Nobody;

impl Calls for Nobody {
    fn call(&self, call: Call) -> Result<Record, CallError> {
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
        begin in prop::sample::select(BEGINNINGS.to_vec()),
        words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..20),
        stumbles in prop::collection::vec(
            (any::<prop::sample::Index>(), prop::sample::select(STUMBLES.to_vec())), 0..3,
        ),
    ) {
        let mut words = words;
        for (at, stumble) in stumbles {
            words.insert(at.index(words.len() + 1), stumble);
        }
        look(&format!("{begin} {}", words.join(" ")));
    }
}

/// How statements begin.
const BEGINNINGS: &[&str] = &[
    "",
    "select * from aws.iam.users u where",
    "select UserName from aws.iam.users, (select 1 as a) as b where",
    "with a as (select 'x' as n) insert into aws.iam.users (UserName) select",
    "with a as (select 'x' as n) update aws.iam.users set NewPath =",
    "insert into aws.iam.users (UserName) values",
    "delete from aws.iam.users where UserName in",
    "exec aws.iam.users.tag_user @UserName =",
    "explain",
    "show methods in",
];

/// What statements are made of.
const WORDS: &[&str] = &[
    "select",
    "a",
    "as",
    "()",
    "(",
    ")",
    ",",
    ".",
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
    "u",
    "google.a.b",
    "UserName",
    "and",
    "data__UserName",
    "'it''s'",
    r"'\''",
    r"'a\\'",
    "/* ; */",
    "/*+ AWAIT */",
    "-- ;\n",
    "# '\n",
    "in",
    "('a', 'b')",
    "returning",
    "for update",
    "lock in share mode",
    "<=>",
    "->>",
    "@Tags",
    "@@json",
    "1",
    "1.5e3",
    "x'00'",
    "null",
    "json_each('[1]')",
    "\"a\"",
    "like '%'",
    "not",
    "or",
];

/// What readers of statements stumble over.
const STUMBLES: &[&str] = &[
    ";",
    "'",
    "\"",
    "--",
    "#",
    "//",
    "/*",
    "*/",
    "`",
    "[",
    "]",
    "{",
    "\\",
    "é",
    "\u{0}",
    "?",
    "$1",
    ":n",
    "insert into",
    "values",
    "set",
    "delete from",
    "with",
    "recursive",
    "create view",
];
