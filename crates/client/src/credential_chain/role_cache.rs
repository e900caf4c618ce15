//! Credentials of roles on disk, in the AWS CLI's own cache and format, so that neither program
//! prompts for a code that was given to the other.
//!
//! Errors are ignored: without the cache, a role costs one more call.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::PathBuf,
};

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use vmfa_model::Secret;
use vmfa_render::json_string;
use zeroize::Zeroizing;

use super::expiry::parse_time;
use crate::{AccessKeyPair, Configuration, Credentials, credentials::ASSUME_ROLE};

/// The file for the credentials of one role, assumed with one set of parameters.
pub(super) struct RoleCache(PathBuf);

impl RoleCache {
    /// `None` without `HOME`.
    pub(super) fn of(
        parameters: &[(&'static str, String)],
        configuration: &Configuration,
    ) -> Option<Self> {
        let home = configuration.variable("HOME").filter(|home| !home.is_empty())?;
        let file = format!("{}.json", name(parameters));
        Some(Self([home, ".aws", "cli", "cache", &file].iter().collect()))
    }

    /// The credentials in the file, expired or not, if it can be read.
    pub(super) fn read(&self) -> Option<Credentials> {
        let text = Zeroizing::new(fs::read(&self.0).ok()?);
        let cached: Value = serde_json::from_slice(&text).ok()?;
        let text = |name: &str| cached.get("Credentials")?.get(name)?.as_str().map(str::to_owned);
        Some(Credentials {
            key: AccessKeyPair {
                id: text("AccessKeyId")?,
                secret: Secret::new(text("SecretAccessKey")?),
            },
            token: Some(Secret::new(text("SessionToken")?)),
            expires: Some(parse_time(&text("Expiration")?).ok()?),
            method: ASSUME_ROLE,
        })
    }

    /// Writes the file, with mode 0600.
    pub(super) fn write(&self, credentials: &Credentials) {
        let Some(folder) = self.0.parent() else { return };
        let (Some(token), Some(expires)) = (&credentials.token, credentials.expires) else {
            return;
        };
        let expires = expires.to_string().replace('Z', "+00:00");
        let text = json!({"Credentials": {
            "AccessKeyId": credentials.key.id,
            "SecretAccessKey": credentials.key.secret.expose(),
            "SessionToken": token.expose(),
            "Expiration": expires,
        }});
        let text = Zeroizing::new(text.to_string());
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        // Renamed into place, since another command may be reading it.
        let new = self.0.with_extension(format!("json.{}", std::process::id()));
        let written = made.and_then(|()| {
            let mut options = fs::OpenOptions::new();
            let mut file = options.write(true).create_new(true).mode(0o600).open(&new)?;
            file.write_all(text.as_bytes())?;
            fs::rename(&new, &self.0)
        });
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
    }
}

/// botocore's name of the file: the SHA-1 of the sorted parameters in Python's JSON.
fn name(parameters: &[(&'static str, String)]) -> String {
    let mut sorted: Vec<_> = parameters.iter().collect();
    sorted.sort_unstable();
    let members = sorted.into_iter().map(|(name, value)| match *name {
        "DurationSeconds" => format!("\"{name}\": {value}"),
        name => format!("\"{name}\": {}", json_string(value)),
    });
    let text = format!("{{{}}}", members.collect::<Vec<_>>().join(", "));
    HEXLOWER.encode(&Sha1::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digests of what botocore 1.44 makes of the same arguments.
    #[test]
    fn files_have_botocores_names() {
        let arn = ("RoleArn", "arn:aws:iam::123456789012:role/r".to_owned());
        assert_eq!(name(std::slice::from_ref(&arn)), "6dc9e6e1e186b9f293814df3266de783142c48a2");
        let more = [
            ("ExternalId", "e\u{e9}\"\u{7f}\u{1f600}".to_owned()),
            ("SerialNumber", "arn:aws:iam::123456789012:mfa/d".to_owned()),
            ("DurationSeconds", "900".to_owned()),
            arn,
        ];
        assert_eq!(name(&more), "e334addc456750b982d5633134acf6d3c78857dc");
    }
}
