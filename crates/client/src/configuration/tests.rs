//! Parsing of files, the choice of the profile, and the precedence of settings.

use std::path::Path;

use serde_json::{Map, Value};

use super::*;
use crate::configuration::ini::SettingEntry;

/// `files.jsonl` has unusual files and what botocore 1.44 reads in them; without profiles if it
/// refuses them.
#[test]
fn files_are_read_as_botocore_reads_them() {
    for line in include_str!("files.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let (about, file) = (case["about"].as_str().unwrap(), case["file"].as_str().unwrap());
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("config");
        std::fs::write(&path, file).unwrap();
        let path = path.to_str().unwrap();
        let read =
            Configuration::read(&|name| (name == "AWS_CONFIG_FILE").then(|| path.to_owned()), None);
        match read {
            Ok(read) => {
                assert_eq!(Some(&shown(&read.profiles)), case.get("profiles"), "{about}");
                assert_eq!(Some(&shown(&read.services)), case.get("services"), "{about}");
            }
            Err(error) => {
                assert_eq!(case.get("profiles"), None, "{about}");
                assert_eq!(error.to_string(), format!("Unable to parse config file: {path}"));
            }
        }
    }
}

fn shown(sections: &Sections) -> Value {
    let entry = |entry: &SettingEntry| match entry {
        SettingEntry::Text(text) => Value::from(text.as_str()),
        SettingEntry::Nested(settings) => settings
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect::<Map<_, _>>()
            .into(),
    };
    let section = |section: &Section| {
        section.iter().map(|(name, value)| (name.to_owned(), entry(value))).collect::<Map<_, _>>()
    };
    sections
        .iter()
        .map(|(name, settings)| (name.clone(), Value::from(section(settings))))
        .collect::<Map<_, _>>()
        .into()
}

/// Loads two files and some variables, for a profile.
fn load(
    home: &Path,
    [config, credentials]: [&str; 2],
    variables: &[(&str, &str)],
    profile: Option<&str>,
) -> Result<Configuration, ClientError> {
    std::fs::create_dir_all(home.join(".aws")).unwrap();
    std::fs::write(home.join(".aws/config"), config).unwrap();
    std::fs::write(home.join(".aws/credentials"), credentials).unwrap();
    let variable = |name: &str| match name {
        "HOME" => Some(home.to_str().unwrap().to_owned()),
        name => variables.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned()),
    };
    Configuration::load(&variable, profile)
}

const CONFIG: &str = "[default]\nregion = a-1\noutput = text\n\
    [profile p]\nregion = b-1\nkey = config\nendpoint_url = http://p\nservices = s\n\
    [profile q]\nservices = none\n\
    [services s]\niam =\n  endpoint_url = http://s-iam\n";
const CREDENTIALS: &str = "[p]\nkey = credentials\n[c]\nregion = c-1\n";

#[test]
fn a_profile_is_named_by_option_or_environment_or_not_at_all() {
    let home = tempfile::tempdir().unwrap();
    let region = |variables: &[(&str, &str)], profile| {
        let loaded = load(home.path(), [CONFIG, CREDENTIALS], variables, profile);
        loaded.map(|loaded| loaded.setting("region").unwrap_or("none").to_owned())
    };
    assert_eq!(region(&[], None).unwrap(), "a-1");
    assert_eq!(region(&[], Some("p")).unwrap(), "b-1");
    assert_eq!(region(&[("AWS_PROFILE", "p")], None).unwrap(), "b-1");
    assert_eq!(region(&[("AWS_DEFAULT_PROFILE", "p")], None).unwrap(), "b-1");
    assert_eq!(region(&[("AWS_DEFAULT_PROFILE", "c"), ("AWS_PROFILE", "p")], None).unwrap(), "b-1");
    assert_eq!(region(&[("AWS_PROFILE", "p")], Some("c")).unwrap(), "c-1");
    let refused = region(&[], Some("nope")).unwrap_err();
    assert_eq!(refused.to_string(), "The config profile (nope) could not be found");
    let refused = region(&[("AWS_PROFILE", "nope")], None).unwrap_err();
    assert_eq!(refused.to_string(), "The config profile (nope) could not be found");
    // Without any file there is still the environment, and no profile needs to be there.
    let empty = tempfile::tempdir().unwrap();
    let bare = Configuration::load(
        &|name| (name == "HOME").then(|| empty.path().to_str().unwrap().to_owned()),
        None,
    );
    assert_eq!(bare.unwrap().setting("region"), None);
}

#[test]
fn the_credentials_file_overrides_the_config_file() {
    let home = tempfile::tempdir().unwrap();
    let loaded = load(home.path(), [CONFIG, CREDENTIALS], &[], Some("p")).unwrap();
    assert_eq!(loaded.setting("key"), Some("credentials"));
    assert_eq!(loaded.profiles().collect::<Vec<_>>(), ["default", "p", "q", "c"]);
}

#[test]
fn an_empty_variable_overrides_the_profile_but_not_its_endpoint() {
    let home = tempfile::tempdir().unwrap();
    let files = [CONFIG, CREDENTIALS];
    for name in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
        let refused = load(home.path(), files, &[(name, "")], None).map(drop).unwrap_err();
        assert_eq!(refused.to_string(), "The config profile () could not be found");
    }
    let none = ConnectionOptions::default();
    let empty = [("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "env-1"), ("AWS_ENDPOINT_URL", "")];
    let loaded = load(home.path(), files, &empty, Some("p")).unwrap();
    assert_eq!(loaded.region(&none).unwrap(), "");
    assert_eq!(loaded.endpoint_url(Api::Sts, &none).unwrap().unwrap(), "http://p");
    let config = "[default]\nignore_configured_endpoint_urls = true\nendpoint_url = http://h\n";
    let ignoring = |variables: &[(&str, &str)]| {
        let loaded = load(home.path(), [config, ""], variables, None).unwrap();
        loaded.endpoint_url(Api::Iam, &none).unwrap().is_none()
    };
    assert!(ignoring(&[]));
    assert!(!ignoring(&[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "")]));
    let loaded = load(home.path(), files, &[("AWS_CONFIG_FILE", "")], None).unwrap();
    assert_eq!(loaded.setting("region"), None);
}

#[test]
fn option_environment_and_profile_set_the_region_in_that_order() {
    let home = tempfile::tempdir().unwrap();
    let flag =
        ConnectionOptions { region: Some("flag-1".to_owned()), ..ConnectionOptions::default() };
    let region = |variables: &[(&str, &str)], options: &ConnectionOptions| {
        load(home.path(), [CONFIG, ""], variables, None).unwrap().region(options).unwrap()
    };
    let both = [("AWS_REGION", "env-1"), ("AWS_DEFAULT_REGION", "env-2")];
    assert_eq!(region(&both, &flag), "flag-1");
    assert_eq!(region(&both, &ConnectionOptions::default()), "env-1");
    assert_eq!(region(&both[1..], &ConnectionOptions::default()), "env-2");
    assert_eq!(region(&[], &ConnectionOptions::default()), "a-1");
}

#[test]
fn option_environment_and_profile_set_the_endpoint_in_that_order() {
    let home = tempfile::tempdir().unwrap();
    let flag = ConnectionOptions {
        endpoint_url: Some("http://flag".to_owned()),
        ..ConnectionOptions::default()
    };
    let url = |variables: &[(&str, &str)], profile, api, options: &ConnectionOptions| {
        let loaded = load(home.path(), [CONFIG, CREDENTIALS], variables, profile).unwrap();
        loaded.endpoint_url(api, options).map(|url| url.unwrap_or("none".to_owned()))
    };
    let none = ConnectionOptions::default();
    let all = [("AWS_ENDPOINT_URL_IAM", "http://env-iam"), ("AWS_ENDPOINT_URL", "http://env")];
    assert_eq!(url(&all, Some("p"), Api::Iam, &flag).unwrap(), "http://flag");
    assert_eq!(url(&all, Some("p"), Api::Iam, &none).unwrap(), "http://env-iam");
    assert_eq!(url(&all, Some("p"), Api::Sts, &none).unwrap(), "http://env");
    assert_eq!(url(&[], Some("p"), Api::Iam, &none).unwrap(), "http://s-iam");
    assert_eq!(url(&[], Some("p"), Api::Sts, &none).unwrap(), "http://p");
    assert_eq!(url(&[], None, Api::Iam, &none).unwrap(), "none");
    let ignored = [all[0], all[1], ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE")];
    assert_eq!(url(&ignored, Some("p"), Api::Iam, &none).unwrap(), "none");
    assert_eq!(url(&ignored, Some("p"), Api::Iam, &flag).unwrap(), "http://flag");
    let refused = url(&[], Some("q"), Api::Iam, &none).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "The profile is configured to use the services section but the \"none\" services \
         configuration does not exist."
    );
}
