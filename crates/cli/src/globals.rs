//! The global options.

use std::time::Duration;

use vmfa_client::{AWS, Aliases, ConnectionOptions, has_scheme};
use vmfa_jmespath::Expression;

use crate::{
    arguments::{Flag, ParsedArguments, Positional, scan},
    error::{CliError, Result},
    names, python,
};

/// The parsed global options, and the arguments that follow.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the options are those of the AWS CLI")]
pub(crate) struct GlobalOptions {
    pub(crate) debug: bool,
    pub(crate) endpoint_url: Option<String>,
    pub(crate) verify: bool,
    pub(crate) paginate: bool,
    pub(crate) output: Option<String>,
    query: Option<String>,
    pub(crate) profile: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) color: Option<String>,
    pub(crate) sign: bool,
    pub(crate) ca_bundle: Option<String>,
    read_timeout: Option<String>,
    connect_timeout: Option<String>,
    pub(crate) pager: bool,
    pub(crate) error_format: Option<String>,
    pub(crate) version: bool,
    pub(crate) command: String,
    /// The arguments after the command, and options that are not global.
    pub(crate) rest: Vec<String>,
}

impl GlobalOptions {
    /// Parses a command line. The command is one of the AWS CLI or an alias.
    pub(crate) fn parse(words: Vec<String>, aliases: &Aliases) -> Result<Self> {
        let check = |name: &str| match aliases.get(&[], name) {
            Some(_) => Ok(()),
            None => names::check_command(name),
        };
        let positional = Positional { name: "command", required: true, check: &check };
        let flags = FLAGS;
        let ParsedArguments { values, word, rest, exit } =
            scan(words, &flags, &|_| false, positional)?;
        let mut values: Vec<_> = flags.iter().map(|flag| &*flag.name).zip(values).collect();
        let mut given = |name: &str| {
            let at = values.iter().position(|(known, _)| *known == name)?;
            values.swap_remove(at).1
        };
        let mut is = |name: &str| given(name).is_some();
        let (debug, verify, paginate, sign, pager) = (
            is("--debug"),
            !is("--no-verify-ssl"),
            !is("--no-paginate"),
            !is("--no-sign-request"),
            !is("--no-cli-pager"),
        );
        let mut one = |name: &str| given(name).and_then(|mut values| values.pop());
        Ok(Self {
            debug,
            endpoint_url: one("--endpoint-url"),
            verify,
            paginate,
            output: one("--output"),
            query: one("--query"),
            profile: one("--profile"),
            region: one("--region"),
            color: one("--color"),
            sign,
            ca_bundle: one("--ca-bundle"),
            read_timeout: one("--cli-read-timeout"),
            connect_timeout: one("--cli-connect-timeout"),
            pager,
            error_format: one("--cli-error-format"),
            version: exit,
            command: word.unwrap_or_default(),
            rest,
        })
    }

    /// Adds the global options of an alias, which precede those of the command line.
    pub(crate) fn with(self, alias: Self) -> Self {
        Self {
            debug: self.debug || alias.debug,
            endpoint_url: alias.endpoint_url.or(self.endpoint_url),
            verify: self.verify && alias.verify,
            paginate: self.paginate && alias.paginate,
            output: alias.output.or(self.output),
            query: alias.query.or(self.query),
            profile: alias.profile.or(self.profile),
            region: alias.region.or(self.region),
            color: alias.color.or(self.color),
            sign: self.sign && alias.sign,
            ca_bundle: alias.ca_bundle.or(self.ca_bundle),
            read_timeout: alias.read_timeout.or(self.read_timeout),
            connect_timeout: alias.connect_timeout.or(self.connect_timeout),
            pager: self.pager && alias.pager,
            error_format: alias.error_format.or(self.error_format),
            version: self.version || alias.version,
            command: self.command,
            rest: self.rest,
        }
    }

    /// The compiled `--query`.
    pub(crate) fn query(&self) -> Result<Option<Expression>> {
        let read = |text: &String| {
            Expression::compile(text).map_err(|error| {
                CliError::ParamValidation(format!("Bad value for --query {text}: {error}"))
            })
        };
        self.query.as_ref().map(read).transpose()
    }

    pub(crate) fn connection(&self) -> Result<ConnectionOptions> {
        if let Some(url) = &self.endpoint_url
            && url != AWS
            && !has_scheme(url)
        {
            return Err(CliError::ParamValidation(format!(
                "Bad value for --endpoint-url \"{url}\": scheme is missing.  Must be of the form \
                 http://<hostname>/ or https://<hostname>/"
            )));
        }
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        Ok(ConnectionOptions {
            // Empty values are ignored, except for the endpoint.
            endpoint_url: self.endpoint_url.clone(),
            profile: filled(&self.profile),
            region: filled(&self.region),
            ca_bundle: self.ca_bundle.clone(),
            read_timeout: timeout(self.read_timeout.as_deref())?,
            connect_timeout: timeout(self.connect_timeout.as_deref())?,
            sign: self.sign,
            verify: self.verify,
        })
    }

    /// Refuses timeouts that are not positive, as botocore does for a client.
    pub(crate) fn check_timeouts(&self) -> Result<()> {
        let given = [("connect", &self.connect_timeout), ("read", &self.read_timeout)];
        for (name, text) in given {
            let seconds = text.as_deref().and_then(python::int);
            if let Some(seconds) = seconds.filter(|seconds| *seconds < 0) {
                return Err(CliError::Other(format!(
                    "Attempted to set {name} timeout to {seconds}, but the timeout cannot be set \
                     to a value less than or equal to 0."
                )));
            }
        }
        Ok(())
    }
}

/// The command that the arguments name, even if they are invalid otherwise.
pub(crate) fn command(words: &[String]) -> Option<String> {
    let positional = Positional { name: "command", required: false, check: &|_| Ok(()) };
    match scan(words.to_vec(), &FLAGS, &|_| false, positional) {
        Ok(scanned) => scanned.word,
        Err(_) => words.iter().find(|word| !word.starts_with('-')).cloned(),
    }
}

fn timeout(text: Option<&str>) -> Result<Option<Duration>> {
    let Some(text) = text else { return Ok(None) };
    let seconds = python::int(text).ok_or_else(|| CliError::Other(python::no_int(text)))?;
    Ok(Some(Duration::from_secs(seconds.try_into().unwrap_or(0))))
}

/// The global options in the order of the AWS CLI; `--version` is checked last.
pub(crate) const FLAGS: [Flag; 19] = [
    Flag::switch("--debug"),
    Flag::one("--endpoint-url"),
    Flag::switch("--no-verify-ssl"),
    Flag::switch("--no-paginate"),
    Flag::choice("--output", &["json", "text", "table", "yaml", "yaml-stream", "off"]),
    Flag::one("--query"),
    Flag::one("--profile"),
    Flag::one("--region"),
    Flag::choice("--color", &["on", "off", "auto"]),
    Flag::switch("--no-sign-request"),
    Flag::one("--ca-bundle"),
    Flag::one("--cli-read-timeout"),
    Flag::one("--cli-connect-timeout"),
    Flag::choice("--cli-binary-format", &["base64", "raw-in-base64-out"]),
    Flag::switch("--no-cli-pager"),
    Flag::switch("--cli-auto-prompt"),
    Flag::switch("--no-cli-auto-prompt"),
    Flag::choice("--cli-error-format", &["legacy", "json", "yaml", "text", "table", "enhanced"]),
    Flag::exit("--version"),
];
