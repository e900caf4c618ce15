//! Reads the environment and both files, and finds the profile in use.

use std::collections::HashMap;

use zeroize::Zeroizing;

use super::{
    CHAIN, Configuration, find,
    ini::{self, Section, Sections},
    paths, words,
};
use crate::ClientError;

impl Configuration {
    /// Reads the environment and both files. The profile is that of the option, or of
    /// `AWS_PROFILE`. A missing file counts as empty.
    ///
    /// # Errors
    /// `ConfigParse` and `ProfileNotFound`.
    pub fn load(
        variable: &dyn Fn(&str) -> Option<String>,
        profile: Option<&str>,
    ) -> Result<Self, ClientError> {
        let configuration = Self::read(variable, profile)?;
        match configuration.profile() {
            Some(name) if find(&configuration.profiles, name).is_none() => {
                Err(ClientError::ProfileNotFound(name.to_owned()))
            }
            _ => Ok(configuration),
        }
    }

    /// The same, where the profile may be missing.
    pub fn read(
        variable: &dyn Fn(&str) -> Option<String>,
        profile: Option<&str>,
    ) -> Result<Self, ClientError> {
        let variables: HashMap<_, _> = VARIABLES
            .into_iter()
            .filter_map(|name| Some((name, Zeroizing::new(variable(name)?))))
            .collect();
        let path = |name, default: &str| {
            variables.get(name).map_or_else(|| default.to_owned(), |path| path.to_string())
        };
        let config_file = path("AWS_CONFIG_FILE", "~/.aws/config");
        let credentials_file = path("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
        let mut own = Sections::new();
        let (mut services, mut others) = (Sections::new(), Sections::new());
        for (name, section) in sections(&config_file, variable)? {
            if name == "default" {
                put(&mut own, name, section);
            } else if name.starts_with("profile") {
                if let Some(name) = second_word(&name) {
                    put(&mut own, name, section);
                }
            } else if name.starts_with("services") {
                if let Some(name) = second_word(&name) {
                    put(&mut services, name, section);
                }
            } else {
                others.push((name, section));
            }
        }
        let shared = sections(&credentials_file, variable)?;
        let mut profiles = own.clone();
        for (name, section) in &shared {
            match profiles.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => known.update(section.clone()),
                None => profiles.push((name.clone(), section.clone())),
            }
        }
        let named = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];
        let from_environment = || named.iter().find_map(|name| variables.get(name));
        let explicit = profile.is_some();
        let profile =
            profile.map(str::to_owned).or_else(|| from_environment().map(|name| name.to_string()));
        Ok(Self {
            variables,
            config_file,
            credentials_file,
            profiles,
            own,
            shared,
            services,
            others,
            profile,
            explicit,
        })
    }
}

/// The sections of a file; none if it does not exist or cannot be read.
fn sections(
    path: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Sections, ClientError> {
    let path = paths::expand(path, variable);
    if !std::fs::metadata(&path).is_ok_and(|file| file.is_file()) {
        return Ok(Sections::new());
    }
    let Ok(bytes) = std::fs::read(&path).map(Zeroizing::new) else { return Ok(Sections::new()) };
    let sections = std::str::from_utf8(&bytes).ok().and_then(ini::parse);
    sections.ok_or(ClientError::ConfigParse(path))
}

/// Adds a section, or replaces one of the same name: `[profile a]` and `[profile "a"]` are the
/// same.
fn put(sections: &mut Sections, name: String, section: Section) {
    match sections.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) => *known = section,
        None => sections.push((name, section)),
    }
}

/// The second of exactly two words.
pub(super) fn second_word(name: &str) -> Option<String> {
    let words = words::split(name)?;
    <[String; 2]>::try_from(words).ok().map(|[_, second]| second)
}

/// All environment variables that are read.
const VARIABLES: [&str; 29] = [
    CHAIN,
    "AWS_ACCESS_KEY_ID",
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_DEFAULT_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_IAM",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_MAX_ATTEMPTS",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_RETRY_MODE",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];
