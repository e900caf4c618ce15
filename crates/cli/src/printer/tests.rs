use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering},
};

use vmfa_client::CallError;
use vmfa_iam::{Api, PagedReply, Reply, find};
use vmfa_model::{
    Record, Shape, Structure as _, StructureShape, Timestamp, Value as Typed, structure,
};
use vmfa_render::Colour;

use super::*;

/// A list with several pages; the page after the n-th begins at `MARK-n`.
struct PagedCalls {
    pages: Vec<Value>,
    max_concurrency: usize,
    asked: AtomicUsize,
}

impl Calls for PagedCalls {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let marker = call.input.text(PagedReply::MARKER);
        let at = marker.map_or(0, |marker| marker.strip_prefix("MARK-").unwrap().parse().unwrap());
        let next: usize = at + 1;
        let mut answer = json!({
            "IsTruncated": next < self.pages.len(),
            call.action.paged().unwrap().only_list().unwrap(): self.pages[at],
        });
        if next < self.pages.len() {
            answer["Marker"] = format!("MARK-{next}").into();
        }
        Ok(record(call.action.output().unwrap(), &answer))
    }

    fn max_concurrency(&self) -> usize {
        self.max_concurrency
    }
}

fn paged(pages: &Value) -> PagedCalls {
    let pages = pages.as_array().unwrap().clone();
    // Concurrent, as an endpoint, so that pages are prefetched.
    PagedCalls { pages, max_concurrency: 8, asked: AtomicUsize::new(0) }
}

fn record(shape: &StructureShape, document: &Value) -> Record {
    let members = shape.members.iter();
    members.filter_map(|m| Some((m.name, typed(&m.shape, document.get(m.name)?)))).collect()
}

fn typed(shape: &Shape, value: &Value) -> Typed {
    let text = || value.as_str().unwrap().to_owned();
    match shape {
        Shape::Text(_) => Typed::Text(text()),
        Shape::Boolean => Typed::Boolean(value.as_bool().unwrap()),
        Shape::Time => Typed::Time(Timestamp::parse(&text().replace("+00:00", "Z")).unwrap()),
        Shape::List(list) => {
            let values = value.as_array().unwrap().iter();
            Typed::List(values.map(|value| typed(&list.element, value)).collect())
        }
        Shape::Structure(shape) => Typed::Structure(record(shape, value)),
        other => panic!("{other:?}"),
    }
}

fn devices() -> Call {
    let action = find(Api::Iam, "ListVirtualMFADevices").unwrap();
    Call { action, input: Record::new() }
}

fn printing(format: Format, query: Option<&str>) -> PrintOptions {
    PrintOptions {
        format: Ok(format),
        query: query.map(|query| Expression::compile(query).unwrap()),
        screen: TableStyle { columns: 80, colour: Colour::Off },
        times: TimeFormat::Iso8601,
    }
}

fn most(items: Option<i64>) -> PagingOptions {
    PagingOptions { max_items: items, ..PagingOptions::default() }
}

fn shown(
    calls: &PagedCalls,
    paging: &PagingOptions,
    printing: &PrintOptions,
) -> (String, Option<String>) {
    let mut out = Vec::new();
    let outcome = show(calls, devices(), paging, printing, None, &mut out);
    let problem = outcome.err().map(|failure| match failure {
        CliError::Other(problem) => problem,
        other => panic!("{other:?}"),
    });
    (String::from_utf8(out).unwrap(), problem)
}

#[test]
fn pages_are_shown_as_the_aws_cli_shows_them() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/paged.jsonl");
    let recordings = std::fs::read_to_string(path).unwrap();
    let mut compared = 0;
    for line in recordings.lines() {
        let recording: Value = serde_json::from_str(line).unwrap();
        let calls = paged(&recording["pages"]);
        let paging = most(recording["max_items"].as_i64());
        for (format, recorded) in recording["out"].as_object().unwrap() {
            let (name, colour) = match format.strip_suffix("-color") {
                Some(name) => (name, Colour::On { direct: false }),
                None => (format.as_str(), Colour::Off),
            };
            let mut printing = printing(name.parse().unwrap(), recording["query"].as_str());
            printing.screen.colour = colour;
            let (mut out, problem) = shown(&calls, &paging, &printing);
            let recorded_out = recorded["out"].as_str().unwrap();
            if name == "table" {
                out = retitled(&calls, &paging, &printing);
            }
            assert_eq!(out, recorded_out, "{} as {format}", recording["id"]);
            // The recordings contain the class of the exception.
            let recorded_problem = recorded.get("err").and_then(Value::as_str);
            let recorded_problem = recorded_problem.and_then(|message| message.split_once(": "));
            let recorded_problem = recorded_problem.map(|(_, problem)| problem);
            assert_eq!(problem.as_deref(), recorded_problem, "{} as {format}", recording["id"]);
            compared += 1;
        }
    }
    assert_eq!(compared, 182 * 6);
}

/// A table with the title of the recordings.
fn retitled(calls: &PagedCalls, paging: &PagingOptions, printing: &PrintOptions) -> String {
    let mut out = Vec::new();
    let call = devices();
    let pages = Pages::of(calls, &call, paging).unwrap().unwrap();
    let mut printer = Printer { title: "list-virtual-mfa-devices", printing, out: &mut out };
    quietly(printer.pages(call.action, pages)).unwrap();
    String::from_utf8(out).unwrap()
}

/// A writer that fails after a number of writes.
struct ClosingWriter(usize, ErrorKind);

impl Write for ClosingWriter {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(1).ok_or(self.1)?;
        Ok(piece.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn prefetched_pages_are_those_of_sequential_requests() {
    let names = |names: &[&str]| -> Value {
        names.iter().map(|name| json!({ "SerialNumber": name })).collect()
    };
    let pages = json!([names(&["a", "b"]), names(&[]), names(&["c", "d"]), names(&["e"])]);
    for (items, asked) in [(None, 4), (Some(1), 1), (Some(2), 1), (Some(3), 3), (Some(9), 4)] {
        for format in [Format::Json, Format::Table] {
            let printing = printing(format, None);
            let [ahead, plain] = [8, 1].map(|max_concurrency| {
                let calls = PagedCalls { max_concurrency, ..paged(&pages) };
                let came = shown(&calls, &most(items), &printing);
                assert_eq!(
                    calls.asked.into_inner(),
                    asked,
                    "{items:?}, {max_concurrency} at a time"
                );
                came
            });
            assert_eq!(ahead, plain);
        }
    }
}

#[test]
fn a_closed_reader_ends_the_paging() {
    let device = |name: &str| json!([{ "SerialNumber": name }]);
    let pages = json!([device("a"), device("b"), device("c"), device("d")]);
    for format in [Format::Text, Format::YamlStream] {
        let calls = paged(&pages);
        let printing = printing(format, None);
        let mut out = ClosingWriter(1, ErrorKind::BrokenPipe);
        show(&calls, devices(), &most(None), &printing, None, &mut out).unwrap();
        assert_eq!(calls.asked.into_inner(), 2, "{format:?}");

        let mut out = ClosingWriter(1, ErrorKind::StorageFull);
        let full = show(&paged(&pages), devices(), &most(None), &printing, None, &mut out);
        assert!(full.unwrap_err().text("p").contains("no storage space"));
    }
}

#[test]
fn off_asks_for_all_pages_and_a_bad_format_for_none() {
    let calls = paged(&json!([[], [], []]));
    assert_eq!(shown(&calls, &most(None), &printing(Format::Off, None)), (String::new(), None));
    assert_eq!(calls.asked.into_inner(), 3);

    let calls = paged(&json!([[]]));
    let bad = PrintOptions { format: "bogus".parse(), ..printing(Format::Off, None) };
    let problem = "Unknown output type: bogus".to_owned();
    assert_eq!(shown(&calls, &most(None), &bad), (String::new(), Some(problem)));
    assert_eq!(calls.asked.into_inner(), 0);
}

#[test]
fn a_single_page_has_all_members() {
    let calls = paged(&json!([[{ "SerialNumber": "a" }], []]));
    let paging = PagingOptions { paginate: false, ..PagingOptions::default() };
    let text = shown(&calls, &paging, &printing(Format::Text, None)).0;
    assert_eq!(text, "True\tMARK-1\nVIRTUALMFADEVICES\ta\n");
    assert_eq!(calls.asked.into_inner(), 1);
}

#[test]
fn unusual_max_items_slice_as_in_python() {
    let page = |names: &[&str]| -> Value {
        names.iter().map(|name| json!({ "SerialNumber": name })).collect()
    };
    let message = |token: Option<&str>, max_items| {
        let query = Some("[VirtualMFADevices[].SerialNumber, NextToken]");
        let calls = paged(&json!([page(&["a", "b"]), page(&["c"])]));
        let paging = PagingOptions { starting_token: token.map(str::to_owned), ..most(max_items) };
        let (out, problem) = shown(&calls, &paging, &printing(Format::Json, query));
        problem.unwrap_or_else(|| out.split_whitespace().collect())
    };
    // The behaviour of botocore.
    for (token, max_items, expected) in [
        (None, Some(0), r#"[[],"eyJNYXJrZXIiOiBudWxsLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAwfQ=="]"#),
        (
            None,
            Some(-1),
            r#"[["a"],"eyJNYXJrZXIiOiBudWxsLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAtMX0="]"#,
        ),
        (Some("None___1"), None, r#"[["b","c"],null]"#),
        (Some("None___-1"), Some(1), r#"[["b"],"eyJNYXJrZXIiOiAiTUFSSy0xIn0="]"#),
        // {"boto_truncate_amount": 1}
        (Some("eyJib3RvX3RydW5jYXRlX2Ftb3VudCI6IDF9"), None, r#"[["b","c"],null]"#),
        // {"boto_truncate_amount": 0}
        (
            Some("eyJib3RvX3RydW5jYXRlX2Ftb3VudCI6IDB9"),
            Some(1),
            "Bad starting token: {'boto_truncate_amount': 1}",
        ),
        // {"Marker": null, "boto_truncate_amount": "x"}
        (
            Some("eyJNYXJrZXIiOiBudWxsLCAiYm90b190cnVuY2F0ZV9hbW91bnQiOiAieCJ9"),
            None,
            "slice indices must be integers or None or have an __index__ method",
        ),
    ] {
        assert_eq!(message(token, max_items), expected, "{token:?} {max_items:?}");
    }
    assert!(most(Some(0)).warning().is_some() && most(Some(1)).warning().is_none());
}

struct EndlessCalls;

impl Calls for EndlessCalls {
    fn call(&self, _: Call) -> Result<Record, CallError> {
        Ok(Record::from_iter([
            (PagedReply::MORE, Typed::Boolean(true)),
            (PagedReply::MARKER, Typed::Text("same".into())),
        ]))
    }
}

#[test]
fn a_repeated_marker_ends_the_list() {
    let mut out = Vec::new();
    let printing = printing(Format::YamlStream, None);
    let failure =
        show(&EndlessCalls, devices(), &most(None), &printing, None, &mut out).unwrap_err();
    let message =
        "Error during pagination: The same next token was received twice: {'Marker': 'same'}";
    assert!(failure.text("p").contains(message), "{}", failure.text("p"));
    assert_eq!(out, b"- IsTruncated: true\n  Marker: same\n".repeat(2));
}

#[test]
fn paging_options_become_members() {
    let injected = |paging: &PagingOptions| {
        let mut members = Map::from_iter([
            ("Marker".to_owned(), json!("x")),
            ("UserName".to_owned(), json!("bob")),
        ]);
        paging.inject(&mut members).unwrap();
        Value::Object(members).to_string()
    };
    let from = |token: &str| PagingOptions {
        starting_token: Some(token.to_owned()),
        page_size: Some(2),
        ..PagingOptions::default()
    };
    assert_eq!(injected(&from("a")), r#"{"Marker":"a","UserName":"bob","MaxItems":2}"#);
    assert_eq!(injected(&from("None___1")), r#"{"UserName":"bob","MaxItems":2}"#);
    let by_hand = PagingOptions { paginate: false, ..from("a") };
    assert_eq!(injected(&by_hand), r#"{"Marker":"x","UserName":"bob","PaginationConfig":{}}"#);
}

structure! {
    struct Input {
        "Marker" marker: Option<String>,
    }
}

structure! {
    struct Output {
        "Users" users: Vec<String>,
        "Policies" policies: Vec<String>,
        "IsTruncated" more: bool,
        "Marker" marker: Option<String>,
    }
}

static TWO_LISTS: Action = Action::made_up(
    Api::Iam,
    "ListBoth",
    &Input::SHAPE,
    Reply::page(&Output::SHAPE, &["Users", "Policies"]),
);

/// Two pages of `TWO_LISTS`.
struct TwoListCalls;

impl Calls for TwoListCalls {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        let page = match call.input.text(PagedReply::MARKER) {
            None => json!({
                "Users": ["a", "b"], "Policies": ["p"], "IsTruncated": true, "Marker": "second",
            }),
            Some(_) => json!({ "Users": ["c"], "Policies": ["q", "r"], "IsTruncated": false }),
        };
        Ok(record(call.action.output().unwrap(), &page))
    }
}

#[test]
fn all_lists_of_a_page_are_shown_and_the_first_is_counted() {
    let shown = |paging: &PagingOptions, format| {
        let mut out = Vec::new();
        let mut members = Map::new();
        paging.inject(&mut members).unwrap();
        let input = record(TWO_LISTS.input, &members.into());
        let call = Call { action: &TWO_LISTS, input };
        show(&TwoListCalls, call, paging, &printing(format, None), None, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let json = |paging: &PagingOptions| serde_json::from_str::<Value>(&shown(paging, Format::Json));
    let whole = most(None);
    let all = json!({ "Users": ["a", "b", "c"], "Policies": ["p", "q", "r"] });
    assert_eq!(json(&whole).unwrap(), all);
    assert_eq!(
        shown(&whole, Format::Text),
        "POLICIES\tp\nUSERS\ta\nUSERS\tb\nPOLICIES\tq\nPOLICIES\tr\nUSERS\tc\n"
    );

    let mut first = json(&most(Some(1))).unwrap();
    let token = first["NextToken"].take();
    assert_eq!(first, json!({ "Users": ["a"], "Policies": ["p"], "NextToken": null }));
    let starting_token = token.as_str().map(str::to_owned);
    let rest = json(&PagingOptions { starting_token, ..PagingOptions::default() }).unwrap();
    assert_eq!(rest, json!({ "Users": ["b", "c"], "Policies": ["q", "r"] }));
}
