use vmfa_iam::{actions, find};
use vmfa_render::Format;

use super::*;
use crate::command::kebab;

/// The recorded skeletons of a kind that succeeded.
fn recorded(kind: &str) -> Vec<(&'static Action, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/cases.jsonl");
    let cases = std::fs::read_to_string(path).unwrap();
    let cases = cases.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let cases = cases.filter(|case| {
        let id = case["id"].as_str().unwrap();
        id.starts_with("skel-") && id.ends_with(kind) && case["rc"] == 0
    });
    let found = cases.map(|case| {
        let command = case["argv"][1].as_str().unwrap();
        let action = actions().find(|action| kebab(action.name) == command).unwrap();
        (action, case["stdout"].as_str().unwrap().to_owned())
    });
    found.collect()
}

#[test]
fn inputs_are_those_of_the_aws_cli() {
    for kind in ["-input", "-bare"] {
        let recorded = recorded(kind);
        assert!(recorded.len() > 5);
        for (action, text) in recorded.into_iter().filter(|(_, text)| text.starts_with('{')) {
            assert_eq!(input(action), text, "{}", action.name);
        }
    }
}

#[test]
fn commented_inputs_are_those_of_the_aws_cli() {
    let recorded = recorded("-yaml-input");
    assert!(recorded.len() > 5);
    for (action, text) in recorded {
        assert_eq!(yaml_input(action), text, "{}", action.name);
    }
}

#[test]
fn an_input_with_structures_in_a_list_is_laid_out_as_ruamel_does_it() {
    let action = find(vmfa_iam::Api::Iam, "CreateUser").unwrap();
    insta::assert_snapshot!(yaml_input(action), @r#"
    Path: ''  #  The path for the user name.
    UserName: '' # [REQUIRED] The name of the user to create.
    PermissionsBoundary: '' # The ARN of the managed policy that is used to set the permissions boundary for the user.
    Tags: # A list of tags that you want to attach to the new user.
    - Key: ''  # [REQUIRED] The key name that can be used to look up or retrieve the associated value.
      Value: '' # [REQUIRED] The value associated with this tag.
    "#);
    let action = find(vmfa_iam::Api::Sts, "GetCallerIdentity").unwrap();
    assert_eq!((input(action), yaml_input(action)), ("{}\n".to_owned(), "{}\n".to_owned()));
}

#[test]
fn output_skeletons_hold_member_names_unless_the_stub_refuses_them() {
    let action = |name: &str| actions().find(|action| action.name == name).unwrap();
    let message = |name: &str| {
        output(action(name), None)
            .map_or_else(|failure| failure.text("p"), |document| document.to_string())
    };
    for (name, document) in [
        ("EnableMFADevice", "{}"),
        (
            "ListUserPolicies",
            r#"{"PolicyNames":["policyNameType"],"IsTruncated":true,"Marker":"Marker"}"#,
        ),
        ("GetAccountSummary", r#"{"SummaryMap":{"KeyName":0}}"#),
    ] {
        assert_eq!(message(name), document);
    }
    let times = |format| output(action("ListMFADevices"), format).unwrap().to_string();
    assert!(times(Some(Format::Json)).contains(r#""EnableDate":"1970-01-01T00:00:00""#));
    assert!(times(Some(Format::Text)).contains(r#""EnableDate":"1970-01-01 00:00:00""#));
    for (name, problem) in [
        ("GetMFADevice", "Certifications.KeyName, value: 0, valid min length: 1"),
        ("CreateAccessKey", "AccessKey.AccessKeyId, value: 11, valid min length: 16"),
        ("GetCallerIdentity", "Arn, value: 3, valid min length: 20"),
    ] {
        let problem = format!(
            "\np: [ERROR]: An error occurred (ParamValidation): Parameter validation failed:\n\
             Invalid length for parameter {problem}\n"
        );
        assert_eq!(message(name), problem);
    }
    assert!(
        message("GetCredentialReport").contains("parameter Content, value: None, type: <class")
    );
}
