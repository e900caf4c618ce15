//! Credentials of roles on disk, where and as the AWS CLI keeps them, so that neither asks again for
//! a code that the other was given.
//!
//! Whatever fails here only costs a call.

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

use super::{ends::time, role};
use crate::{AccessKey, Configuration, Credentials};

/// The file for the credentials of one role, assumed in one way.
pub(super) struct Cache(PathBuf);

impl Cache {
    /// `None` where there is no home.
    pub(super) fn of(
        identity: &[(&'static str, String)],
        configuration: &Configuration,
    ) -> Option<Self> {
        let home = configuration.variable("HOME").filter(|home| !home.is_empty())?;
        let file = format!("{}.json", name(identity));
        Some(Self([home, ".aws", "cli", "cache", &file].iter().collect()))
    }

    /// What is kept, if anything is that can be read.
    pub(super) fn read(&self) -> Option<Credentials> {
        let text = Zeroizing::new(fs::read(&self.0).ok()?);
        let kept: Value = serde_json::from_slice(&text).ok()?;
        let text = |name: &str| kept.get("Credentials")?.get(name)?.as_str().map(str::to_owned);
        Some(Credentials {
            key: AccessKey {
                id: text("AccessKeyId")?,
                secret: Secret::new(text("SecretAccessKey")?),
            },
            token: Some(Secret::new(text("SessionToken")?)),
            expires: Some(time(&text("Expiration")?).ok()?),
            method: role::METHOD,
        })
    }

    /// Keeps credentials, for nobody else to read.
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
        // Whole or not at all: another command may read it at this moment.
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

/// What botocore calls the file: the digest of the arguments as Python writes them, sorted.
fn name(identity: &[(&'static str, String)]) -> String {
    let mut sorted: Vec<_> = identity.iter().collect();
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
    fn files_have_the_names_that_botocore_gives_them() {
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
