//! The ways from vmfa's own verbs to whatever answers their calls: the data directory that is
//! named; or else, as for `vmfa iam`, the endpoint that is named or configured, or the data
//! directory.
//!
//! Not here: how either of them is spoken to.

use std::{fs::DirBuilder, os::unix::fs::DirBuilderExt as _, path::PathBuf};

use anyhow::Context as _;
use vmfa_client::{ActAs, CallError, Calls, ClientError, Configuration, ConnectionOptions};
use vmfa_iam::{Api, Call, Detail};
use vmfa_mfa::Destination;
use vmfa_model::Record;
use vmfa_sql::Views;

use crate::environment;

/// The way for calls of those APIs. `command` is what others are told who want the data directory
/// meanwhile.
pub(crate) fn calls(
    destination: &Destination,
    apis: &[Api],
    command: &'static str,
) -> anyhow::Result<Box<dyn Calls>> {
    let directory = || environment::directory(destination.data_dir.clone(), None);
    let means = environment::means()?;
    if destination.data_dir.is_some() {
        let key = environment::access_key()?;
        return Ok(vmfa_client::open(&directory()?, command, &means, key)?);
    }
    let (configuration, wishes) = wishes(destination)?;
    let outside = environment::outside(&means, None);
    let open = |acting: ActAs| {
        let directory = directory()
            .map_err(|error| vmfa_client::DirectoryError::Holder(format!("{error:#}")))?;
        vmfa_client::open(&directory, command, &means, acting)
    };
    let connect = |api| vmfa_client::connect(api, &configuration, &wishes, &outside, false, &open);
    let named = |api| Ok::<_, ClientError>(configuration.endpoint_url(api, &wishes)?.is_some());
    let mut ways: Vec<(Api, Box<dyn Calls>)> = Vec::new();
    for api in apis {
        if named(*api)? {
            ways.push((*api, connect(*api)?));
        }
    }
    if ways.is_empty() {
        // A data directory answers for all of them, and is held once.
        return Ok(connect(Api::Iam)?);
    }
    // Whoever names an endpoint for one of them does not mean another account for the other.
    Ok(Box::new(PerApi(ways)))
}

/// Where views and tables are kept: in the data directory, or for an endpoint, as each profile
/// reaches it, in a file of its own beside it.
pub(crate) fn views(destination: &Destination) -> anyhow::Result<Views> {
    let directory = environment::directory(destination.data_dir.clone(), None)?;
    let (configuration, wishes) = wishes(destination)?;
    let endpoint = match destination.data_dir {
        Some(_) => None,
        None => configuration.endpoint_url(Api::Iam, &wishes)?,
    };
    let Some(url) = endpoint else { return Ok(Views::at(directory.path().join(FILE))) };
    let folder: PathBuf = directory.path().join(ENDPOINTS);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.with_context(|| format!("`{}`", folder.display()))?;
    Ok(Views::at(folder.join(file_of(&url, configuration.profile()))))
}

/// The file of an endpoint. No two endpoints, and no two profiles, have the same.
fn file_of(url: &str, profile: Option<&str>) -> String {
    let plain = |text: &str| -> String {
        let byte = |byte: u8| match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' => char::from(byte).to_string(),
            // Some file systems do not tell capitals from small letters.
            other => format!("_{other:02x}"),
        };
        text.bytes().map(byte).collect()
    };
    match profile {
        Some(profile) => format!("{}@{}.db", plain(url), plain(profile)),
        None => format!("{}.db", plain(url)),
    }
}

pub(crate) fn wishes(
    destination: &Destination,
) -> Result<(Configuration, ConnectionOptions), ClientError> {
    let profile = destination.profile.as_deref();
    let configuration = Configuration::load(&environment::raw, profile)?;
    let mut wishes = ConnectionOptions {
        endpoint_url: destination.endpoint_url.clone(),
        profile: destination.profile.clone(),
        region: destination.region.clone(),
        ..ConnectionOptions::default()
    };
    // IAM has one place for all regions; a person need not name one.
    let region = configuration.region(&wishes).filter(|region| !region.is_empty());
    wishes.region = region.or_else(|| Some(REGION.to_owned()));
    Ok((configuration, wishes))
}

/// Each API has a way of its own.
struct PerApi(Vec<(Api, Box<dyn Calls>)>);

impl Calls for PerApi {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        self.call_for(call, Detail::Whole)
    }

    fn call_for(&self, call: Call, detail: Detail) -> Result<Record, CallError> {
        let api = call.action.api;
        let way = self.0.iter().find(|(named, _)| *named == api);
        let (_, way) = way.ok_or_else(|| {
            let name = api.name();
            let variable = name.to_uppercase();
            CallError::Unreachable(format!(
                "no endpoint is named for `{name}`, and another one is: name it with \
                 AWS_ENDPOINT_URL_{variable}, or one for both with AWS_ENDPOINT_URL"
            ))
        })?;
        way.call_for(call, detail)
    }

    fn supports_bare(&self) -> bool {
        self.0.iter().all(|(_, way)| way.supports_bare())
    }

    fn max_concurrency(&self) -> usize {
        self.0.iter().map(|(_, way)| way.max_concurrency()).min().unwrap_or(1)
    }
}

/// The file of views and tables in a data directory.
const FILE: &str = "sql.db";
/// The folder of those that belong to endpoints.
const ENDPOINTS: &str = "endpoints";
/// The region of whoever names none.
const REGION: &str = "us-east-1";

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::file_of;

    #[test]
    fn endpoints_and_profiles_have_files_of_their_own() {
        let ways = [
            ("http://a/b", None),
            ("http://a_b", None),
            ("http://a@b", None),
            ("http://A/b", None),
            ("http://a/b", Some("")),
            ("http://a/b", Some("x")),
            ("http://a/b", Some("X")),
            ("http://a/b", Some("../x")),
        ];
        let files: HashSet<String> = ways.iter().map(|(url, p)| file_of(url, *p)).collect();
        assert_eq!(files.len(), ways.len());
        assert_eq!(file_of("http://a/b", Some("x.y")), "http_3a_2f_2fa_2fb@x.y.db");
        assert!(files.iter().all(|file| !file.contains('/')));
    }
}
