//! Responses byte for byte, and how a client reads other layouts.

use insta::assert_snapshot;
use vmfa_iam::{Api, find};
use vmfa_model::{
    Blob, Fault, FaultKind, Map, Record, Secret, Structure, Timestamp, Value,
    names::{Tag, TagKey, TagValue},
};

use super::sample::{Inner, SAMPLE, Sample, shown};
use crate::response::{
    ResponseError, read, read_output, write_output, write_refusal, write_response,
};

const ID: &str = "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE";

#[test]
fn responses_have_the_recorded_length() {
    let id = "00000000-0000-4000-8000-000000000000";
    let empty = Record::from_iter([
        ("MFADevices", Value::List(Vec::new())),
        ("IsTruncated", Value::Boolean(false)),
    ]);
    let list = write_output(find(Api::Iam, "ListMFADevices").unwrap(), empty, id);
    assert_eq!(list.len(), 314);
    assert_eq!(
        write_refusal(Api::Iam, &Fault::without_message(FaultKind::ReportInProgress), id).len(),
        224
    );
}

fn utf8(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.ends_with(">\n"), "{text}");
    text
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// An assigned device in a list, members in the order of the model.
fn device(serial: &str) -> Value {
    let user = Record::from_iter([
        ("Path", text("/")),
        ("UserName", text("bob")),
        ("UserId", text("AIDAEXAMPLE")),
        ("Arn", text("arn:aws:iam::123456789012:user/bob")),
        ("CreateDate", Value::Time(Timestamp::from_unix(1_700_000_000))),
    ]);
    Value::Structure(Record::from_iter([
        ("SerialNumber", text(serial)),
        ("User", Value::Structure(user)),
        ("EnableDate", Value::Time(Timestamp::from_unix(1_700_000_001))),
    ]))
}

#[test]
fn a_list_with_elements() {
    let action = find(Api::Iam, "ListVirtualMFADevices").unwrap();
    let plain = Record::from_iter([("SerialNumber", text("arn:aws:iam::123456789012:mfa/a"))]);
    let output = Record::from_iter([
        (
            "VirtualMFADevices",
            Value::List(vec![Value::Structure(plain), device("arn:aws:iam::123456789012:mfa/b")]),
        ),
        ("IsTruncated", Value::Boolean(true)),
        ("Marker", text("AbC=")),
    ]);
    assert_snapshot!(utf8(write_output(action, output, ID)), @r#"
    <ListVirtualMFADevicesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
      <ListVirtualMFADevicesResult>
        <IsTruncated>true</IsTruncated>
        <Marker>AbC=</Marker>
        <VirtualMFADevices>
          <member>
            <SerialNumber>arn:aws:iam::123456789012:mfa/a</SerialNumber>
          </member>
          <member>
            <SerialNumber>arn:aws:iam::123456789012:mfa/b</SerialNumber>
            <EnableDate>2023-11-14T22:13:21Z</EnableDate>
            <User>
              <Path>/</Path>
              <UserName>bob</UserName>
              <UserId>AIDAEXAMPLE</UserId>
              <Arn>arn:aws:iam::123456789012:user/bob</Arn>
              <CreateDate>2023-11-14T22:13:20Z</CreateDate>
            </User>
          </member>
        </VirtualMFADevices>
      </ListVirtualMFADevicesResult>
      <ResponseMetadata>
        <RequestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</RequestId>
      </ResponseMetadata>
    </ListVirtualMFADevicesResponse>
    "#);
}

#[test]
fn an_action_without_output_has_only_metadata() {
    let action = find(Api::Iam, "EnableMFADevice").unwrap();
    assert_eq!(
        utf8(write_output(action, Record::new(), ID)),
        "<EnableMFADeviceResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\n  \
           <ResponseMetadata>\n    \
             <RequestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</RequestId>\n  \
           </ResponseMetadata>\n\
         </EnableMFADeviceResponse>\n"
    );
}

#[test]
fn seeds_are_written_in_base64_and_empty_tag_values_kept() {
    let action = find(Api::Iam, "CreateVirtualMFADevice").unwrap();
    let device = Record::from_iter([
        ("SerialNumber", text("arn:aws:iam::123456789012:mfa/a")),
        ("Base32StringSeed", Value::Blob(Blob::new(b"JBSWY3DPEHPK3PXP".to_vec()))),
        ("QRCodePNG", Value::Blob(Blob::new(vec![0x89, b'P', b'N', b'G']))),
        (
            "Tags",
            Value::List(vec![Value::Structure(Record::from_iter([
                ("Key", text("R&D")),
                ("Value", text("")),
            ]))]),
        ),
    ]);
    let output = Record::from_iter([("VirtualMFADevice", Value::Structure(device))]);
    assert_snapshot!(utf8(write_output(action, output, ID)), @r#"
    <CreateVirtualMFADeviceResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
      <CreateVirtualMFADeviceResult>
        <VirtualMFADevice>
          <SerialNumber>arn:aws:iam::123456789012:mfa/a</SerialNumber>
          <Base32StringSeed>SkJTV1kzRFBFSFBLM1BYUA==</Base32StringSeed>
          <QRCodePNG>iVBORw==</QRCodePNG>
          <Tags>
            <member>
              <Value></Value>
              <Key>R&amp;D</Key>
            </member>
          </Tags>
        </VirtualMFADevice>
      </CreateVirtualMFADeviceResult>
      <ResponseMetadata>
        <RequestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</RequestId>
      </ResponseMetadata>
    </CreateVirtualMFADeviceResponse>
    "#);
}

#[test]
fn maps_secrets_and_structures_without_members() {
    let tag = Tag {
        key: TagKey::try_from("k".to_owned()).unwrap(),
        value: TagValue::try_from("v".to_owned()).unwrap(),
    };
    let full = Sample {
        name: None,
        code: None,
        limit: None,
        force: Some(false),
        since: None,
        seed: Some(Blob::new(Vec::new())),
        tags: None,
        keys: None,
        summary: Some(Map(vec![("Users".into(), 3), ("MFADevices".into(), -1)])),
        inner: Some(Inner { tag: Some(tag), rows: Some(vec![vec!["a".into()], vec![]]) }),
        codes: Some(vec![Secret::new("123456".into())]),
    };
    let full = full.into_record();
    let written = write_response("Do", Api::Sts, Some((&SAMPLE, &full)), ID);
    assert_snapshot!(utf8(written), @r#"
    <DoResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <DoResult>
        <Inner>
          <Rows>
            <member>
              <member>a</member>
            </member>
            <member/>
          </Rows>
          <Tag>
            <Value>v</Value>
            <Key>k</Key>
          </Tag>
        </Inner>
        <Force>false</Force>
        <Seed></Seed>
        <Summary>
          <entry>
            <key>Users</key>
            <value>3</value>
          </entry>
          <entry>
            <key>MFADevices</key>
            <value>-1</value>
          </entry>
        </Summary>
        <Codes>
          <member>123456</member>
        </Codes>
      </DoResult>
      <ResponseMetadata>
        <RequestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</RequestId>
      </ResponseMetadata>
    </DoResponse>
    "#);
    let empty = Record::from_iter([
        ("Inner", Value::Structure(Record::new())),
        ("Summary", Value::Map(Vec::new())),
    ]);
    let written = utf8(write_response("Do", Api::Sts, Some((&SAMPLE, &empty)), ID));
    assert!(written.contains("\n    <Inner/>\n    <Summary/>\n  </DoResult>\n"), "{written}");
    let written = utf8(write_response("Do", Api::Sts, Some((&SAMPLE, &Record::new())), ID));
    assert!(written.contains("\n  <DoResult/>\n"), "{written}");
}

#[test]
fn refusals_blame_the_sender_or_the_receiver() {
    let fault = Fault::new(FaultKind::NoSuchEntity, "The user with name X cannot be found.");
    assert_snapshot!(utf8(write_refusal(Api::Iam, &fault, ID)), @r#"
    <ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
      <Error>
        <Type>Sender</Type>
        <Code>NoSuchEntity</Code>
        <Message>The user with name X cannot be found.</Message>
      </Error>
      <RequestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</RequestId>
    </ErrorResponse>
    "#);
    assert_snapshot!(utf8(write_refusal(Api::Sts, &Fault::without_message(FaultKind::ServiceFailure), ID)), @r#"
    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <Error>
        <Type>Receiver</Type>
        <Code>ServiceFailure</Code>
      </Error>
      <RequestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</RequestId>
    </ErrorResponse>
    "#);
}

#[test]
fn refusals_escape_what_they_echo() {
    let every: String = ('\0'..='\u{ff}')
        .chain("\u{d7ff}\u{e000}\u{ef00}\u{fffd}\u{fffe}\u{ffff}🦀]]>".chars())
        .collect();
    let fault = Fault::new(FaultKind::InvalidAction, every.clone());
    let written = utf8(write_refusal(Api::Iam, &fault, ID));
    assert!(written.contains("\u{fffd}\u{fffd}\t\n\u{fffd}\u{fffd}&#xD;\u{fffd}"), "{written}");
    assert!(written.contains("%&amp;'") && written.contains(";&lt;=&gt;?"), "{written}");
    let action = find(Api::Iam, "EnableMFADevice").unwrap();
    let kept: String = every
        .chars()
        .map(|c| match c {
            '\t' | '\n' | '\r' => c,
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            c => c,
        })
        .collect();
    match read(action, 400, written.as_bytes()) {
        Err(ResponseError::Refused(fault)) => assert_eq!(fault.message.as_deref(), Some(&*kept)),
        other => panic!("{other:?}"),
    }
}

fn read_sample(document: &str) -> String {
    read_status(200, document)
}

fn read_status(status: u16, document: &str) -> String {
    match read_output("Do", Some(&SAMPLE), status, document.as_bytes()) {
        Ok(record) => shown(&record),
        Err(ResponseError::Refused(fault)) => {
            format!("refused {} {:?} {:?}", fault.kind.status(), fault.kind, fault.message)
        }
        Err(ResponseError::Unreadable(text)) => text,
    }
}

#[test]
fn other_layouts_are_read() {
    assert_eq!(
        read_sample(
            "\u{feff}<?xml version=\"1.0\"?><!-- x --><q:DoResponse xmlns:q='urn:x'><q:DoResult>\
             <Unknown><Force>true</Force></Unknown><Tags/><MaxItems> 7 </MaxItems>\
             <Since>2023-11-14T22:13:20.123456Z</Since>\
             <UserName>a<![CDATA[<&]]>&lt;&#x41;&quot; </UserName>\
             <Seed>\n  AQID\n  BA==\n</Seed>\
             <Inner><Rows><member><member></member></member><other/></Rows></Inner>\
             <Summary><entry><value>1</value><key>a</key></entry></Summary>\
             <TokenCode>123456</TokenCode><Force>false</Force><Force>true</Force>\
             </q:DoResult></q:DoResponse>"
        ),
        "{UserName: \"a<&<A\\\" \", TokenCode: secret \"123456\", MaxItems: 7, Force: false, \
         Since: 2023-11-14T22:13:20.123456Z, Seed: bytes 01020304, Tags: [], Summary: <\"a\" => 1>, \
         Inner: {Rows: [[\"\"]]}}"
    );
    assert_eq!(read_sample("<DoResponse><DoResult/></DoResponse>"), "{}");
    let none = read_output("Do", None, 200, b"<DoResponse/>");
    assert!(none.unwrap().is_empty());
}

#[test]
fn errors_for_values_of_the_wrong_type_omit_the_text() {
    for (inner, expected) in [
        ("<MaxItems>1O</MaxItems>", "invalid response to Do: `MaxItems` is not an integer"),
        ("<MaxItems/>", "invalid response to Do: `MaxItems` is not an integer"),
        ("<Force>yes</Force>", "invalid response to Do: `Force` is not `true` or `false`"),
        ("<Since>today</Since>", "invalid response to Do: `Since` is not a time"),
        ("<Since>2023-11-14T22:13:20.Z</Since>", "invalid response to Do: `Since` is not a time"),
        ("<Seed>JBSWY3DP!</Seed>", "invalid response to Do: `Seed` is not base64"),
        ("<UserName><a/></UserName>", "invalid response to Do: `UserName` is not text"),
        ("<Summary><entry/></Summary>", "invalid response to Do: `Summary` is not a map"),
    ] {
        let document = format!("<DoResponse><DoResult>{inner}</DoResult></DoResponse>");
        assert_eq!(read_sample(&document), expected, "{inner}");
    }
}

#[test]
fn errors_for_other_documents_omit_the_text() {
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    for document in [
        "",
        "hello",
        "<",
        "<html><body>JBSWY3DP",
        "<DoResponse/>",
        "<DoResponse><DoResult></DoResponse>",
        "<DoResponse><DoResult/></DoResponse><x/>",
        "<DoResponse><DoResult/></DoResponse>x",
        "<DoResponse><DoResult>&JBSWY3DP;</DoResult></DoResponse>",
        "<DoResponse><DoResult>&#0;</DoResult></DoResponse>",
        "<OtherResponse><DoResult/></OtherResponse>",
        "{\"DoResponse\": {}}",
        &deep,
    ] {
        assert_eq!(
            read_sample(document),
            "the response with status `200` is not one of the API: check the endpoint's address",
            "{document:.99}"
        );
    }
    let action = find(Api::Iam, "EnableMFADevice").unwrap();
    let bytes = read(action, 502, b"\xff").unwrap_err().to_string();
    assert!(bytes.starts_with("the response with status `502`"), "{bytes}");
}

#[test]
fn refusals_are_read_from_any_endpoint() {
    let error = |inner: &str| format!("<ErrorResponse><Error>{inner}</Error></ErrorResponse>");
    for (status, document, expected) in [
        (
            409,
            error("<Code>DeleteConflict</Code><Message>a &amp; b</Message>"),
            "refused 409 DeleteConflict Some(\"a & b\")",
        ),
        (404, error("<Code>ReportInProgress</Code>"), "refused 404 ReportInProgress None"),
        (
            404,
            error("<Code>NoSuchEntity</Code><message>m</message>"),
            "refused 404 NoSuchEntity Some(\"m\")",
        ),
        (
            418,
            error("<Code> Teapot </Code><Message/>"),
            "refused 418 Foreign { code: \"Teapot\", status: 418 } Some(\"\")",
        ),
        (200, error("<Code>Throttling</Code>"), "refused 400 Throttling None"),
        (
            400,
            error("<Message>no code</Message>"),
            "refused 400 Foreign { code: \"Unknown\", status: 400 } Some(\"no code\")",
        ),
        (
            400,
            error("<Type>Sender</Type>"),
            "the response with status `400` is not one of the API: check the endpoint's address",
        ),
        (
            400,
            "<DoResponse><DoResult/></DoResponse>".into(),
            "the response with status `400` is not one of the API: check the endpoint's address",
        ),
        (
            301,
            "<html/>".into(),
            "the response with status `301` is not one of the API: check the endpoint's address",
        ),
    ] {
        assert_eq!(read_status(status, &document), expected);
    }
}
