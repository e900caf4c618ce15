//! Reading, refusing and writing forms.

use vmfa_iam::{Action, Api, Call, Reply, find};
use vmfa_model::{Fault, FaultKind, Record, Value};

use super::sample::{SAMPLE, shown};
use crate::{
    request::{Parameters, action, api, form, input, members, of_members},
    response::{write_output, write_refusal},
};

fn read_with(query: &str, body: &[u8]) -> Result<Record, Fault> {
    members(&SAMPLE, &Parameters::read(query, body)?)
}

fn read(body: &str) -> String {
    match read_with("", body.as_bytes()) {
        Ok(record) => shown(&record),
        Err(fault) => fault.to_string(),
    }
}

fn named(query: &str) -> Result<&'static Action, String> {
    let parameters = Parameters::read(query, b"").unwrap();
    action(&parameters).map_err(|fault| format!("{} {fault}", fault.kind.status()))
}

#[test]
fn the_action_is_found_by_name_and_version() {
    let enable = find(Api::Iam, "EnableMFADevice").unwrap();
    for query in [
        "Action=EnableMFADevice&Version=2010-05-08",
        "Action=EnableMFADevice",
        "Version=2010-05-08&Action=x&Action=EnableMFADevice&UserName=bob",
    ] {
        assert!(std::ptr::eq(named(query).unwrap(), enable), "{query}");
    }
    for (query, expected) in [
        (
            "Action=X&Version=2010-05-08",
            "400 InvalidAction: Could not find operation X for version 2010-05-08",
        ),
        ("Action=X", "400 InvalidAction: Could not find operation X for version 2010-05-08"),
        (
            "Action=enablemfadevice",
            "400 InvalidAction: Could not find operation enablemfadevice for version 2010-05-08",
        ),
        (
            "Action=EnableMFADevice&Version=2011-06-15",
            "400 InvalidAction: Could not find operation EnableMFADevice for version 2011-06-15",
        ),
        (
            "Action=EnableMFADevice&Version=",
            "400 InvalidAction: Could not find operation EnableMFADevice for version ",
        ),
        (
            "Action=EnableMFADevice&Version=1999-01-01",
            "400 InvalidAction: Could not find operation EnableMFADevice for version 1999-01-01",
        ),
        ("", "400 MissingAction: The request is missing an action or a required parameter."),
        (
            "Action=&Version=2010-05-08",
            "400 MissingAction: The request is missing an action or a required parameter.",
        ),
    ] {
        assert_eq!(named(query).map(|action| action.name), Err(expected.to_owned()), "{query}");
    }
    let long = named(&format!("Action={}", "é".repeat(5000))).unwrap_err();
    assert!(long.chars().count() < 250, "{long}");
}

#[test]
fn query_string_and_body_are_both_read() {
    let parameters =
        Parameters::read("Action=EnableMFADevice&UserName=a", b"SerialNumber=%61+b").unwrap();
    let record = input(action(&parameters).unwrap(), &parameters).unwrap();
    assert_eq!(shown(&record), "{UserName: \"a\", SerialNumber: \"a b\"}");
    let record = read_with("UserName=a&Force=1", b"UserName=b&UserName=c&&MaxItems=1&").unwrap();
    assert_eq!(shown(&record), "{UserName: \"c\", MaxItems: 1, Force: true}");
}

#[test]
fn names_and_values_are_decoded() {
    assert_eq!(read("UserN%61me=a%2Bb+c%20d%C3%A9%00%zz%"), "{UserName: \"a+b c dé\\0%zz%\"}");
    assert_eq!(read("UserName"), "{UserName: \"\"}");
    assert_eq!(read("UserName=a=b&=x&Unknown=1&username=q"), "{UserName: \"a=b\"}");
    for body in ["UserName=%ff", "%ff=a", "UserName=a+%C3", "x=%ED%A0%80"] {
        assert_eq!(
            read(body),
            "MalformedQueryString: a parameter is not UTF-8: encode it as UTF-8, then percent-encode it",
            "{body}"
        );
    }
}

#[test]
fn too_many_parameters_are_refused() {
    let most = "a=1&".repeat(4096);
    assert_eq!(read(&most), "{}");
    assert_eq!(
        read(&format!("{most}a=1")),
        "MalformedInput: the request has more than 4096 parameters"
    );
}

#[test]
fn integers_are_accepted_as_aws_does() {
    for (text, number) in [
        ("1", 1),
        ("01", 1),
        ("%2B1", 1),
        ("-5", -5),
        ("2147483647", i32::MAX),
        ("-2147483648", i32::MIN),
    ] {
        assert_eq!(read(&format!("MaxItems={text}")), format!("{{MaxItems: {number}}}"));
    }
    for text in ["", "+1", "1.0", "1e0", "2147483648", "-2147483649", "0x1", "١", "-", "%2B"] {
        let expected = read(&format!("MaxItems={text}"));
        let shown = text.replace('+', " ").replace("%2B", "+");
        assert_eq!(
            expected,
            format!("MalformedInput: `MaxItems` must be a 32-bit integer, not `{shown}`")
        );
    }
}

#[test]
fn booleans_times_and_blobs_are_decoded() {
    assert_eq!(read("Force=true"), "{Force: true}");
    assert_eq!(read("Force=0"), "{Force: false}");
    assert_eq!(
        read("Since=2023-11-14T22:13:20Z&Seed=AQI="),
        "{Since: 2023-11-14T22:13:20Z, Seed: bytes 0102}"
    );
    assert_eq!(read("Force=True"), "MalformedInput: `Force` must be `true` or `false`, not `True`");
    assert_eq!(
        read("Since=now"),
        "MalformedInput: `Since` must be a time such as `2026-01-31T12:00:00Z`, not `now`"
    );
    assert_eq!(read("Seed=JBSWY3DP!"), "MalformedInput: `Seed` must be base64");
}

#[test]
fn secrets_are_read_as_secrets() {
    let record = read_with("", b"TokenCode=123456&Codes.member.1=98765").unwrap();
    assert_eq!(shown(&record), "{TokenCode: secret \"123456\", Codes: [secret \"98765\"]}");
    let debug = format!("{record:?}");
    assert!(!debug.contains("123456") && !debug.contains("98765"), "{debug}");
}

#[test]
fn list_elements_are_ordered_by_index() {
    for (body, expected) in [
        ("TagKeys.member.2=b&TagKeys.member.1=a", "{TagKeys: [\"a\", \"b\"]}"),
        ("TagKeys.member.3=c", "{TagKeys: [null, null, \"c\"]}"),
        (
            "TagKeys.member.11=k",
            "{TagKeys: [null, null, null, null, null, null, null, null, null, null, \"k\"]}",
        ),
        ("TagKeys.member.01=a&TagKeys.member.1=b", "{TagKeys: [\"b\"]}"),
        ("TagKeys.member.1.x=a", "{TagKeys: [null]}"),
        ("Tags.member.2.Key=a", "{Tags: [{}, {Key: \"a\"}]}"),
        ("Tags.member.1.Key=a&Tags.member.3.Key=b", "{Tags: [{Key: \"a\"}, {}, {Key: \"b\"}]}"),
        (
            "Tags.member.01.Key=a&Tags.member.1.Value=b&Tags.member.1.Other=c",
            "{Tags: [{Key: \"a\", Value: \"b\"}]}",
        ),
        ("Tags.member.1.Other=c", "{Tags: [{}]}"),
        ("Tags.member.1=", "{Tags: [{}]}"),
        ("Tags=", "{Tags: []}"),
        ("Tags", "{Tags: []}"),
        ("Tags=&Tags.member.1.Key=a", "{Tags: [{Key: \"a\"}]}"),
        ("Tags.member=x&Tags.1.Key=y&Tags.=z&Tags.Key=w", "{}"),
        (
            "Inner.Rows.member.2.member.1=x&Inner.Tag.Key=k&Inner.Unknown=1",
            "{Inner: {Tag: {Key: \"k\"}, Rows: [null, [\"x\"]]}}",
        ),
        ("Inner.Rows.member.1=", "{Inner: {Rows: [[]]}}"),
        ("Inner=", "{Inner: {}}"),
        ("Inner.x=1", "{Inner: {}}"),
    ] {
        assert_eq!(read(body), expected, "{body}");
    }
}

#[test]
fn map_entries_are_ordered_by_index() {
    for (body, expected) in [
        (
            "Summary.entry.2.key=b&Summary.entry.2.value=2&Summary.entry.1.key=a&Summary.entry.1.value=1",
            "{Summary: <\"a\" => 1, \"b\" => 2>}",
        ),
        ("Summary.entry.1.key=a", "{Summary: <\"a\" => null>}"),
        ("Summary=", "{Summary: <>}"),
        ("Summary.x=1", "{}"),
        ("Summary.entry.1.value=1", "MalformedInput: an entry of `Summary` has no key"),
    ] {
        assert_eq!(read(body), expected, "{body}");
    }
}

#[test]
fn invalid_indices_are_refused_in_aws_words() {
    for (index, expected) in [
        ("0", "0 is not a valid index"),
        ("00", "00 is not a valid index"),
        ("2147483648", "2147483648 is not a valid index"),
        ("99999999999999999999", "99999999999999999999 is not a valid index"),
        ("-1", "Key -1 may not have a leading '-'"),
        ("12", "Excessively sparse input would skip 11 list elements"),
        ("999999999", "Excessively sparse input would skip 999999998 list elements"),
        ("2147483647", "Excessively sparse input would skip 2147483646 list elements"),
    ] {
        let expected = format!("MalformedInput: {expected}");
        assert_eq!(read(&format!("Tags.member.{index}.Key=a")), expected, "{index}");
        assert_eq!(read(&format!("TagKeys.member.{index}=a")), expected, "{index}");
    }
    for given in ["Tags.member.1.0.Key=a", "TagKeys.member.1.1=a", "Summary.entry.1.2.key=a"] {
        let expected = "MalformedInput: Two index elements may not occur back to back";
        assert_eq!(read(given), expected, "{given}");
    }
}

#[test]
fn a_segment_that_is_not_an_index_belongs_to_the_first_element() {
    for part in ["one", "", "%2B1", "1x", "-x", "-", "١", "Key"] {
        assert_eq!(read(&format!("Tags.member.{part}.Key=a")), "{Tags: [{}]}", "{part}");
        for list in ["TagKeys", "Inner.Rows"] {
            let expected = "MalformedInput: Start of list found where not expected";
            assert_eq!(read(&format!("{list}.member.{part}=a")), expected, "{part}");
        }
        assert_eq!(read(&format!("Summary.entry.{part}.key=a")), "{}", "{part}");
    }
    assert_eq!(
        read("Tags.member.one.Key=a&Tags.member.1.Key=b&Tags.member.2.Key=c"),
        "{Tags: [{Key: \"b\"}, {Key: \"c\"}]}"
    );
}

#[test]
fn skipped_elements_are_counted_from_the_index_before() {
    for (indices, skipped) in [
        ("11", None),
        ("12", Some(11)),
        ("1 12", Some(11)),
        ("12 1", Some(11)),
        ("22 1", Some(21)),
        ("1 22 43", Some(21)),
        ("1 8 15", None),
        ("15 1 8", None),
        ("1 2 3 4 5 6 7 8 9 10 20", None),
        ("1 2 3 4 5 6 7 8 9 10 21", Some(11)),
        ("1 2 3 4 5 6 7 8 9 10 22", Some(12)),
    ] {
        let given: Vec<_> =
            indices.split(' ').map(|index| format!("Tags.member.{index}.Key=a")).collect();
        let expected = skipped.map(|skipped| {
            format!("MalformedInput: Excessively sparse input would skip {skipped} list elements")
        });
        let read = Some(read(&given.join("&")));
        assert_eq!(read.filter(|read| !read.starts_with("{Tags: [{")), expected, "{indices}");
    }
}

#[test]
fn text_in_place_of_a_list_or_structure_is_refused_in_aws_words() {
    assert_eq!(read("Tags=a"), "MalformedInput: Unexpected list element termination");
    assert_eq!(read("Tags.member.1=a"), "MalformedInput: Unexpected complex element termination");
    assert_eq!(read("Inner=a"), "MalformedInput: Unexpected complex element termination");
}

#[test]
fn calls_are_written_as_botocore_writes_them() {
    let text = |text: &str| Value::Text(text.to_owned());
    let tag = Record::from_iter([("Key", text("R&D")), ("Value", text(""))]);
    let call = Call {
        action: find(Api::Iam, "CreateVirtualMFADevice").unwrap(),
        input: Record::from_iter([
            ("VirtualMFADeviceName", text("a b+é")),
            ("Tags", Value::List(vec![Value::Structure(tag)])),
        ]),
    };
    assert_eq!(
        *form(&call),
        "Action=CreateVirtualMFADevice&Version=2010-05-08&VirtualMFADeviceName=a+b%2B%C3%A9\
         &Tags.member.1.Key=R%26D&Tags.member.1.Value="
    );
    let empty = Record::from_iter([("Tags", Value::List(Vec::new()))]);
    assert_eq!(*of_members(&empty), "Tags=");
    let signs = Value::Text("~*!()'/_.-\n".to_owned());
    let signs = of_members(&Record::from_iter([("UserName", signs)]));
    assert_eq!(*signs, "UserName=~%2A%21%28%29%27%2F_.-%0A", "as Python has it");
}

#[test]
fn writing_a_form_does_not_reallocate() {
    let dense = Value::Text("é".repeat(250));
    let form = of_members(&Record::from_iter([("UserName", dense)]));
    assert_eq!(form.len(), "UserName=".len() + 250 * "%C3%A9".len());
    assert!(form.capacity() < form.len() + 3 * "UserName".len(), "{}", form.capacity());
}

/// The table has no such action yet; the server takes the version, the scope and the namespace from
/// the API.
#[test]
fn an_action_of_our_own_has_the_version_and_namespace_of_its_api() {
    static SEARCH: Action = Action::made_up(Api::Vmfa, "SearchUsers", &SAMPLE, Reply::Nothing);
    let record = Record::from_iter([("UserName", Value::Text("bob".to_owned()))]);
    let sent = form(&Call { action: &SEARCH, input: record.clone() });
    assert_eq!(*sent, "Action=SearchUsers&Version=2026-11-30&UserName=bob");
    let parameters = Parameters::read("", sent.as_bytes()).unwrap();
    assert_eq!(api(&parameters), Api::Vmfa);
    assert_eq!(shown(&input(&SEARCH, &parameters).unwrap()), shown(&record));
    let unknown = action(&parameters).unwrap_err();
    assert_eq!(unknown.kind, FaultKind::InvalidAction);
    let response = String::from_utf8(write_output(&SEARCH, Record::new(), "id")).unwrap();
    assert!(
        response.starts_with("<SearchUsersResponse xmlns=\"urn:vmfa:2026-11-30\">"),
        "{response}"
    );
    let refusal = String::from_utf8(write_refusal(Api::Vmfa, &unknown, "id")).unwrap();
    assert!(refusal.starts_with("<ErrorResponse xmlns=\"urn:vmfa:2026-11-30\">"), "{refusal}");
}
