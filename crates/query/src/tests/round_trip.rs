//! Every value of a shape survives a round trip through both formats, and no input panics.

use proptest::{collection::vec, option, prelude::*};
use vmfa_iam::{Action, Api, actions};
use vmfa_model::{Blob, Record, Secret, Shape, StructureShape, Timestamp, Value};

use super::sample::{SAMPLE, shown};
use crate::{
    request::{Parameters, action, input, members, of_members},
    response::{read, read_output, write_response},
};

proptest! {
    #[test]
    fn inputs_survive_a_round_trip((shape, record) in record_of(&inputs(), any::<String>().boxed())) {
        let form = of_members(&record);
        let parameters = Parameters::read("", form.as_bytes()).unwrap();
        let back = members(shape, &parameters).unwrap();
        prop_assert_eq!(shown(&back), shown(&record));
        let in_query = Parameters::read(&form, b"").unwrap();
        prop_assert_eq!(shown(&members(shape, &in_query).unwrap()), shown(&record));
    }

    #[test]
    fn outputs_survive_a_round_trip((shape, record) in record_of(&outputs(), xml_text())) {
        let bytes = write_response("Do", Api::Iam, Some((shape, &record)), "id");
        let back = read_output("Do", Some(shape), 200, &bytes).unwrap();
        prop_assert_eq!(shown(&back), shown(&record));
    }

    #[test]
    fn no_request_panics(query in any::<String>(), body in vec(any::<u8>(), 0..200)) {
        read_request(&query, &body);
    }

    #[test]
    fn no_form_like_request_panics(body in form_like()) {
        read_request("", body.as_bytes());
    }

    #[test]
    fn no_response_panics(status in 100_u16..600, body in vec(any::<u8>(), 0..200)) {
        read_response(status, &body);
    }

    #[test]
    fn no_xml_like_response_panics(status in 100_u16..600, body in xml_like()) {
        read_response(status, body.as_bytes());
    }
}

fn read_request(query: &str, body: &[u8]) {
    let Ok(parameters) = Parameters::read(query, body) else { return };
    let _ = action(&parameters);
    let _ = members(&SAMPLE, &parameters);
    for action in actions() {
        let _ = input(action, &parameters);
    }
}

fn read_response(status: u16, body: &[u8]) {
    let _ = read_output("Do", Some(&SAMPLE), status, body);
    for action in actions() {
        let _ = read(action, status, body);
    }
}

fn inputs() -> Vec<&'static StructureShape> {
    actions().map(|action| action.input).chain([&SAMPLE]).collect()
}

fn outputs() -> Vec<&'static StructureShape> {
    actions().filter_map(Action::output).chain([&SAMPLE]).collect()
}

fn record_of(
    shapes: &[&'static StructureShape],
    text: BoxedStrategy<String>,
) -> impl Strategy<Value = (&'static StructureShape, Record)> + use<> {
    prop::sample::select(shapes.to_vec())
        .prop_flat_map(move |shape| record(shape, &text).prop_map(move |record| (shape, record)))
}

fn record(shape: &'static StructureShape, text: &BoxedStrategy<String>) -> BoxedStrategy<Record> {
    let members: Vec<_> = shape
        .members
        .iter()
        .map(|member| {
            let name = member.name;
            option::of(value(&member.shape, text)).prop_map(move |value| Some((name, value?)))
        })
        .collect();
    members.prop_map(|members| members.into_iter().flatten().collect()).boxed()
}

fn value(shape: &Shape, text: &BoxedStrategy<String>) -> BoxedStrategy<Value> {
    match shape {
        Shape::Text(constraints) if constraints.secret => {
            text.clone().prop_map(|text| Value::Secret(Secret::new(text))).boxed()
        }
        Shape::Text(_) => text.clone().prop_map(Value::Text).boxed(),
        Shape::Integer(_) => any::<i32>().prop_map(|number| Value::Integer(number.into())).boxed(),
        Shape::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        // ISO 8601 has the years 0 to 9999.
        Shape::Time => (-62_167_219_200_i64..253_402_300_800)
            .prop_map(|seconds| Value::Time(Timestamp::from_unix(seconds)))
            .boxed(),
        Shape::Blob => {
            vec(any::<u8>(), 0..40).prop_map(|bytes| Value::Blob(Blob::new(bytes))).boxed()
        }
        Shape::List(list) => vec(value(&list.element, text), 0..4).prop_map(Value::List).boxed(),
        Shape::Structure(shape) => record(shape, text).prop_map(Value::Structure).boxed(),
        Shape::Map(element) => {
            vec((text.clone(), value(element, text)), 0..4).prop_map(Value::Map).boxed()
        }
    }
}

/// Text of characters that XML 1.0 allows.
fn xml_text() -> BoxedStrategy<String> {
    let held = |c: &char| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    let strange = prop::sample::select(vec!['\r', '\n', '\t', '&', '<', '>', '"', ' ', '\u{efff}']);
    let character =
        prop_oneof![any::<char>().prop_filter("XML has no such character", held), strange];
    vec(character, 0..12).prop_map(|chars| chars.into_iter().collect()).boxed()
}

/// Parts of forms in any order.
fn form_like() -> impl Strategy<Value = String> {
    parts(&[
        "Tags",
        "TagKeys",
        "Summary",
        "Inner",
        "Rows",
        "UserName",
        "MaxItems",
        "Seed",
        "Since",
        ".member.",
        ".entry.",
        ".key",
        ".value",
        ".Key",
        "1",
        "0",
        "-1",
        "2147483647",
        ".",
        "=",
        "&",
        "+",
        "%",
        "%00",
        "%FF",
        "é",
        "Action=",
        "Version=",
    ])
}

/// Parts of documents in any order.
fn xml_like() -> impl Strategy<Value = String> {
    parts(&[
        "<DoResponse>",
        "</DoResponse>",
        "<DoResult>",
        "</DoResult>",
        "<DoResult/>",
        "<Tags>",
        "</Tags>",
        "<member>",
        "</member>",
        "<Inner/>",
        "<MaxItems>",
        "</MaxItems>",
        "1",
        "&amp;",
        "&#x;",
        "&#xD800;",
        "&",
        "<",
        ">",
        "/",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?",
        "<!DOCTYPE",
        "é",
        " a='b'",
        "<ErrorResponse>",
        "<Error>",
        "<Code>",
        "</Code>",
    ])
}

fn parts(parts: &[&'static str]) -> impl Strategy<Value = String> + use<> {
    vec(prop::sample::select(parts.to_vec()), 0..30).prop_map(|parts| parts.concat())
}
