//! The destination of the calls of vmfa's own doors, resolved once per command.
//!
//! Not here: connecting to an endpoint or opening a data directory (see `vmfa_client`).

use std::{fs::DirBuilder, os::unix::fs::DirBuilderExt as _};

use anyhow::{Context as _, anyhow};
use vmfa_client::{
    ActAs, Calls, Configuration, DataDirectory, Destination, DirectoryError, Route, ServiceOptions,
};
use vmfa_iam::Api;
use vmfa_sql::Views;

use crate::environment;

/// A command's destination, from which a door gets calls, views and the data directory.
pub(crate) struct ResolvedDestination {
    /// Clock, randomness and settings of a service in this process.
    pub(crate) options: ServiceOptions,
    /// Where calls go by the configuration; `None` where `--data-dir` decides.
    route: Option<Route>,
    /// Needed only by calls that go there, and for views and tables.
    directory: anyhow::Result<DataDirectory>,
    /// The command's name, which the lock file of the data directory shows to others.
    command: &'static str,
}

/// Resolves the destination of a command that makes calls of these APIs. With `--data-dir` no
/// configuration is read.
pub(crate) fn resolve(
    destination: &Destination,
    apis: &[Api],
    command: &'static str,
) -> anyhow::Result<ResolvedDestination> {
    let options = environment::service_options()?;
    let directory = environment::directory(destination.data_dir.clone(), None);
    let route = match destination.data_dir {
        Some(_) => None,
        None => Some(route(destination, apis)?),
    };
    Ok(ResolvedDestination { options, route, directory, command })
}

impl ResolvedDestination {
    /// Connects to the endpoint, or opens the data directory, which stays held or served until the
    /// calls are dropped.
    pub(crate) fn calls(&self) -> anyhow::Result<Box<dyn Calls>> {
        let Some(route) = &self.route else {
            let key = environment::access_key()?;
            return Ok(vmfa_client::open(self.directory()?, self.command, &self.options, key)?);
        };
        let open = |act_as: ActAs| {
            let directory = self.directory();
            let directory =
                directory.map_err(|error| DirectoryError::Other(format!("{error:#}")))?;
            vmfa_client::open(directory, self.command, &self.options, act_as)
        };
        Ok(route.connect(&environment::client_context(&self.options, None), &open)?)
    }

    /// The endpoint of IAM, if calls go to one.
    pub(crate) fn endpoint(&self) -> Option<&Route> {
        self.route.as_ref().filter(|route| route.endpoint_url(Api::Iam).is_some())
    }

    pub(crate) fn directory(&self) -> anyhow::Result<&DataDirectory> {
        self.directory.as_ref().map_err(|error| anyhow!("{error:#}"))
    }

    /// Where the root user's views and tables are kept: in the data directory; for an endpoint, in
    /// a file per endpoint and profile below it.
    pub(crate) fn views(&self) -> anyhow::Result<Views> {
        let directory = self.directory()?.path();
        let endpoint =
            self.endpoint().and_then(|route| Some((route, route.endpoint_url(Api::Iam)?)));
        let Some((route, url)) = endpoint else { return Ok(Views::at(directory.join(FILE))) };
        let folder = directory.join(ENDPOINTS);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.with_context(|| format!("cannot make `{}`", folder.display()))?;
        Ok(Views::at(folder.join(file_of(url, route.profile()))))
    }
}

fn route(destination: &Destination, apis: &[Api]) -> anyhow::Result<Route> {
    let profile = destination.profile.as_deref();
    let configuration = Configuration::load(&environment::raw, profile)?;
    let mut options = destination.connection_options();
    let region = configuration.region(&options).filter(|region| !region.is_empty());
    options.region = region.or_else(|| Some(REGION.to_owned()));
    Ok(Route::resolve(apis, configuration, options)?)
}

/// The file of an endpoint. No two endpoints, and no two profiles, have the same.
fn file_of(url: &str, profile: Option<&str>) -> String {
    let plain = |text: &str| -> String {
        let byte = |byte: u8| match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' => char::from(byte).to_string(),
            // Some file systems ignore case.
            other => format!("_{other:02x}"),
        };
        text.bytes().map(byte).collect()
    };
    match profile {
        Some(profile) => format!("{}@{}.db", plain(url), plain(profile)),
        None => format!("{}.db", plain(url)),
    }
}

/// The file of views and tables in a data directory.
const FILE: &str = "sql.db";
/// The folder of those that belong to endpoints.
const ENDPOINTS: &str = "endpoints";
/// The default region. IAM has one endpoint for all regions, so none need be named.
const REGION: &str = "us-east-1";

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::file_of;

    #[test]
    fn each_endpoint_and_profile_has_its_own_file() {
        let routes = [
            ("http://a/b", None),
            ("http://a_b", None),
            ("http://a@b", None),
            ("http://A/b", None),
            ("http://a/b", Some("")),
            ("http://a/b", Some("x")),
            ("http://a/b", Some("X")),
            ("http://a/b", Some("../x")),
        ];
        let files: HashSet<String> = routes.iter().map(|(url, p)| file_of(url, *p)).collect();
        assert_eq!(files.len(), routes.len());
        assert_eq!(file_of("http://a/b", Some("x.y")), "http_3a_2f_2fa_2fb@x.y.db");
        assert!(files.iter().all(|file| !file.contains('/')));
    }
}
