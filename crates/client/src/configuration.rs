//! The configuration of the AWS CLI: its two files, the environment, and the profile in use.
//!
//! All of it is read once, at the start. Values may be secret access keys, so no type has a
//! `Debug`.
//!
//! Not here: how credentials are found in it (see `credential_chain`).

mod aliases;
mod chain;
mod ini;
mod paths;
mod read;
#[cfg(test)]
mod tests;
mod words;

use std::{collections::HashMap, path::PathBuf};

use vmfa_iam::Api;
use zeroize::Zeroizing;

use self::ini::Sections;
pub use self::{aliases::Aliases, words::split as split_words};
pub(crate) use self::{chain::VARIABLE as CHAIN, ini::Section};
use crate::{AccessKeyPair, ClientError, ConnectionOptions};

/// The configuration, with the profile in use.
#[derive(Clone)]
pub struct Configuration {
    variables: HashMap<&'static str, Zeroizing<String>>,
    config_file: String,
    credentials_file: String,
    /// Profiles, merged from both files.
    profiles: Sections,
    /// Profiles of the config file.
    own: Sections,
    /// Profiles of the credentials file.
    shared: Sections,
    services: Sections,
    /// Sections of the config file that are neither profiles nor `services`.
    others: Sections,
    profile: Option<String>,
    explicit: bool,
}

/// The value of a setting.
#[derive(Clone, Copy)]
pub enum SettingValue<'c> {
    /// A plain value.
    Text(&'c str),
    /// Nested settings, as `s3` has.
    Nested,
}

impl Configuration {
    /// The same configuration, with this access key instead of any of the environment or a profile.
    #[must_use]
    pub fn with_key(mut self, key: &AccessKeyPair) -> Self {
        for token in ["AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"] {
            self.variables.remove(token);
        }
        let secret = Zeroizing::new(key.secret.expose().to_owned());
        self.variables.insert("AWS_ACCESS_KEY_ID", Zeroizing::new(key.id.clone()));
        self.variables.insert("AWS_SECRET_ACCESS_KEY", secret);
        Self { explicit: false, ..self }
    }

    /// The profiles whose credentials are exported by the commands that started this one.
    pub fn chain(&self) -> Vec<String> {
        self.variable(CHAIN).map_or(Vec::new(), chain::parse)
    }

    /// The same configuration, with the profile in use added to [`chain`](Self::chain) for
    /// processes that this one starts.
    #[must_use]
    pub fn chained(mut self) -> Self {
        let mut profiles = self.chain();
        profiles.push(self.profile().unwrap_or(DEFAULT_PROFILE).to_owned());
        self.variables.insert(CHAIN, Zeroizing::new(chain::write(&profiles)));
        self
    }

    /// A setting of the profile in use.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.section()?.text(name)
    }

    /// A setting of a profile; `None` if it is not set, or the profile does not exist.
    pub fn setting_of(&self, profile: &str, name: &str) -> Option<SettingValue<'_>> {
        setting_in(self.profile_section(profile)?, name)
    }

    /// A setting of a section of the config file that is neither a profile nor `services`.
    pub fn setting_of_section(&self, section: &str, name: &str) -> Option<SettingValue<'_>> {
        setting_in(find(&self.others, section)?, name)
    }

    /// A setting nested in another, such as in `s3`.
    pub fn nested_setting_of(&self, profile: &str, name: &str, below: &str) -> Option<&str> {
        self.profile_section(profile)?.nested(name, below)
    }

    /// A setting of the section `[KIND NAME]` of the config file, such as `[sso-session dev]`;
    /// below another setting, where there is a `parent`.
    pub fn setting_of_subsection(
        &self,
        kind: &str,
        section: &str,
        parent: Option<&str>,
        name: &str,
    ) -> Option<SettingValue<'_>> {
        let is_it = |header: &str| {
            header.starts_with(kind) && read::second_word(header).is_some_and(|it| it == section)
        };
        let section = match kind {
            "services" => find(&self.services, section)?,
            _ => self.others.iter().rfind(|(header, _)| is_it(header)).map(|(_, found)| found)?,
        };
        match parent {
            Some(parent) => section.nested(parent, name).map(SettingValue::Text),
            None => setting_in(section, name),
        }
    }

    /// The profile that is named by an option or the environment.
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// Whether an option names the profile; the access key in the environment is then ignored.
    pub fn is_explicit(&self) -> bool {
        self.explicit
    }

    /// The names of all profiles: those of the config file, then those of the credentials file.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.profiles.iter().map(|(name, _)| name.as_str())
    }

    /// The path of the config file as written, by default `~/.aws/config`.
    pub fn config_file(&self) -> &str {
        &self.config_file
    }

    /// The path of the credentials file as written, by default `~/.aws/credentials`.
    pub fn credentials_file(&self) -> &str {
        &self.credentials_file
    }

    /// Expands `~`, `$NAME` and `${NAME}` in a path.
    pub fn path(name: &str, variable: &dyn Fn(&str) -> Option<String>) -> PathBuf {
        paths::expand(name, variable).into()
    }

    /// The region of the options, the environment or the profile, in that order.
    pub fn region(&self, options: &ConnectionOptions) -> Option<String> {
        let option = || options.region.clone();
        let variables =
            || self.variable("AWS_REGION").or_else(|| self.variable("AWS_DEFAULT_REGION"));
        option().or_else(|| variables().or_else(|| self.setting("region")).map(str::to_owned))
    }

    /// The endpoint of the options, the environment or the profile, in that order: a URL, or `aws`
    /// for AWS's own. `None` if none is named.
    ///
    /// # Errors
    /// `InvalidConfig`, if the profile's `services` section does not exist.
    pub fn endpoint_url(
        &self,
        api: Api,
        options: &ConnectionOptions,
    ) -> Result<Option<String>, ClientError> {
        if options.endpoint_url.is_some() {
            return Ok(options.endpoint_url.clone());
        }
        if self.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls") {
            return Ok(None);
        }
        let own = match api {
            Api::Iam => "AWS_ENDPOINT_URL_IAM",
            Api::Sts => "AWS_ENDPOINT_URL_STS",
            Api::Vmfa => "AWS_ENDPOINT_URL_VMFA",
        };
        // An empty variable counts as unset.
        let filled = |name| self.variable(name).filter(|url| !url.is_empty());
        let variables = filled(own).or_else(|| filled("AWS_ENDPOINT_URL"));
        if let Some(url) = variables {
            return Ok(Some(url.to_owned()));
        }
        let of_service = match self.setting("services") {
            None => None,
            Some(name) => find(&self.services, name)
                .ok_or_else(|| ClientError::InvalidConfig(no_services(name)))?
                .nested(api.name(), "endpoint_url"),
        };
        Ok(of_service.or_else(|| self.setting("endpoint_url")).map(str::to_owned))
    }

    /// Whether a variable is `true`, or, if it is not set, the profile's setting.
    pub(crate) fn flag(&self, variable: &str, setting: &str) -> bool {
        let said = self.variable(variable).or_else(|| self.setting(setting));
        said.is_some_and(|said| said.eq_ignore_ascii_case("true"))
    }

    /// An environment variable, if it is one of `VARIABLES` and set. An empty one counts as set: it
    /// overrides the profile.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|value| value.as_str())
    }

    /// A profile, merged from both files.
    pub(crate) fn profile_section(&self, name: &str) -> Option<&Section> {
        find(&self.profiles, name)
    }

    /// A profile of the config file.
    pub(crate) fn own_section(&self, name: &str) -> Option<&Section> {
        find(&self.own, name)
    }

    /// A profile of the credentials file.
    pub(crate) fn shared_section(&self, name: &str) -> Option<&Section> {
        find(&self.shared, name)
    }

    fn section(&self) -> Option<&Section> {
        self.profile_section(self.profile().unwrap_or(DEFAULT_PROFILE))
    }
}

fn setting_in<'s>(section: &'s Section, name: &str) -> Option<SettingValue<'s>> {
    let text = section.text(name).map(SettingValue::Text);
    text.or_else(|| section.has(name).then_some(SettingValue::Nested))
}

fn find<'s>(sections: &'s Sections, name: &str) -> Option<&'s Section> {
    sections.iter().find(|(known, _)| known == name).map(|(_, section)| section)
}

fn no_services(name: &str) -> String {
    format!(
        "The profile is configured to use the services section but the \"{name}\" services \
         configuration does not exist."
    )
}

/// The profile if none is named.
pub(crate) const DEFAULT_PROFILE: &str = "default";

/// In place of a URL: AWS's own endpoint.
pub const AWS: &str = "aws";
