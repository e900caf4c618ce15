//! Every recorded document is printed in every format as the AWS CLI printed it.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its recordings has failed")]

use std::fmt::Write;

use serde_json::Value;
use vmfa_render::{Colour, RESET, TableStyle, Unprintable, json, table, text, yaml, yaml_stream};

#[test]
fn every_recorded_document_prints_as_it_did() {
    let mut differences = String::new();
    let mut printed = 0;
    for record in recordings("formatter.jsonl") {
        let columns = usize::try_from(record.pointer("/width").unwrap().as_u64().unwrap()).unwrap();
        let (name, title) = (word(&record, "id"), word(&record, "command"));
        let input = record.get("input").unwrap();
        let drawn = |colour| table(title, input, &TableStyle { columns, colour });
        for (format, ours) in [
            ("json", Ok(json(input))),
            ("text", text(input)),
            ("table", drawn(Colour::Off)),
            ("table-color", drawn(Colour::On { direct: false })),
            ("yaml", Ok(yaml(input))),
            ("yaml-stream", Ok(yaml_stream(input))),
        ] {
            let theirs = record.pointer(&format!("/out/{format}")).unwrap();
            let ours = shown(ours);
            let theirs = (word(theirs, "out").to_owned(), message(theirs));
            if ours != theirs {
                writeln!(differences, "{name} {format}\n{ours:?}\n{theirs:?}").unwrap();
            }
            printed += 1;
        }
    }
    assert_eq!(differences, "");
    assert_eq!(printed, 673 * 6);
}

/// Straight to standard output, the recorded command ended each piece that it wrote with a reset.
#[test]
fn recorded_coloured_tables_are_drawn_identically() {
    let recorded = |case: &str| {
        let cases = recordings("cases.jsonl");
        let record = cases.into_iter().find(|record| word(record, "id") == case);
        word(&record.unwrap(), "stdout").replace("\r\n", "\n")
    };
    let document: Value = serde_json::from_str(&recorded("max-huge")).unwrap();
    let drawn = |columns, colour| {
        let screen = TableStyle { columns, colour };
        table("ListVirtualMFADevices", &document, &screen).unwrap()
    };
    let direct = Colour::On { direct: true };
    assert_eq!(drawn(80, direct), recorded("table-color-on"));
    assert_eq!(drawn(200, direct) + RESET, recorded("tty-table-200"));
    assert_eq!(drawn(60, direct) + RESET, recorded("tty-table-60"));
    assert_eq!(drawn(80, Colour::Off), recorded("table-color-off"));
}

fn shown(printed: Result<String, Unprintable>) -> (String, Option<String>) {
    match printed {
        Ok(printed) => (printed, None),
        Err(failure) => (failure.printed().to_owned(), Some(failure.to_string())),
    }
}

/// The recorded failure is the exception's type and message; only the message is shown.
fn message(printed: &Value) -> Option<String> {
    let failure = printed.get("err")?.as_str().unwrap();
    Some(failure.split_once(": ").unwrap().1.to_owned())
}

fn word<'a>(record: &'a Value, member: &str) -> &'a str {
    record.get(member).unwrap().as_str().unwrap()
}

fn recordings(file: &str) -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden");
    let text = std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
