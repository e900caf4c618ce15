//! `vmfa serve`: the HTTP door on a data directory.

use std::{
    io::{self, Write as _},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use anyhow::bail;
use clap::ValueEnum;
use vmfa_client::{AccessKeyPair, DataDirectory};
use vmfa_iam::{EstablishedAccount, Quotas, Settings};
use vmfa_model::AccountId;
use vmfa_server::{Config, Error, LocalSocket, Server, ShutdownSource, TlsFiles};

use crate::{account::write_key, environment};

#[derive(clap::Args)]
#[command(after_help = LIMITS)]
pub(crate) struct ServeArguments {
    /// Listen on this address; port 0 takes a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4599", value_parser = address)]
    listen: SocketAddr,
    /// Use this data directory [default: `$VMFA_DATA_DIR`, `$XDG_DATA_HOME/vmfa`, or
    /// `~/.local/share/vmfa`]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Encrypt secrets with the keys in this file [default: `$VMFA_KEY_FILE`, or `key` in the data
    /// directory]
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Serve HTTPS with this certificate chain (PEM) [default: plain HTTP]
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Use this private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Allow plain HTTP on non-loopback addresses; seeds can be intercepted
    #[arg(long)]
    insecure_http: bool,
    /// Name this issuer in QR codes, at most 64 characters; authenticator apps show it [default:
    /// none]
    #[arg(long, value_name = "NAME", value_parser = issuer)]
    issuer: Option<String>,
    /// Set a quota; may be given several times
    #[arg(long = "quota", value_name = "NAME=N", value_parser = quota, help = quota_help())]
    quotas: Vec<(String, u64)>,
    /// Write log lines to standard error in this format; `VMFA_LOG` sets their level, by default
    /// `info`
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

/// Checks everything before it creates the first access key, whose secret is printed only once.
pub(crate) fn run(arguments: ServeArguments) -> anyhow::Result<()> {
    log(arguments.log_format)?;
    let root_key = environment::root_key()?;
    if let Some(key) = &root_key
        && key.secret.expose().len() < MIN_SECRET
        && !arguments.listen.ip().is_loopback()
    {
        bail!(
            "VMFA_ROOT_SECRET_ACCESS_KEY has less than {MIN_SECRET} characters, which can be \
             guessed: choose a longer secret, or listen on 127.0.0.1"
        );
    }
    let mut options = environment::service_options()?;
    options.settings = Settings { issuer: arguments.issuer, quotas: Quotas::default() };
    for (name, value) in &arguments.quotas {
        options.settings.quotas.set(name, *value);
    }
    let directory = environment::directory(arguments.data_dir, arguments.key_file)?;
    let tls = arguments.tls_cert.zip(arguments.tls_key);
    let tls = tls.map(|(certificate, key)| TlsFiles { certificate, key });
    let scheme = if tls.is_some() { "https" } else { "http" };
    let insecure_http = arguments.insecure_http;
    let config = Config { tls, insecure_http, ..Config::new(arguments.listen) };
    let mut server = bind(&config, &directory)?;
    let held = directory.hold(PATIENCE, "vmfa serve", &options)?;
    let EstablishedAccount { account, root_keys, .. } = held.established();
    server.bind_local(&LocalSocket { path: directory.socket(), account })?;

    let made = match root_key {
        Some(key) => {
            if let Some(access_key) = held.adopt_root_key(&key)? {
                tracing::warn!(
                    access_key,
                    "deleted the oldest root key: the root user may have two keys"
                );
            }
            None
        }
        None if root_keys == 0 => Some(held.new_root_key()?.0),
        None => None,
    };
    let address = server.address();
    if let Some(key) = &made
        && let Err(error) = introduce(account, key, scheme, address)
    {
        tracing::warn!(%error, "cannot print the account and its access key; `vmfa account --new-root-key` makes another");
    }
    let ready = || {
        let mut out = io::stdout().lock();
        // A closed standard output does not stop the server.
        let _ = writeln!(out, "listening on {scheme}://{address}").and_then(|()| out.flush());
    };
    server.run(held.service(), ShutdownSource::signals(), ready)?;
    Ok(())
}

fn bind(config: &Config, directory: &DataDirectory) -> anyhow::Result<Server> {
    Server::bind(config).map_err(|error| match directory.holder() {
        // A server that is already running says more than a port that is in use.
        Ok(Some(holder)) if matches!(error, Error::Listen { .. }) => {
            vmfa_client::DirectoryError::Held { path: directory.path().to_owned(), holder }.into()
        }
        _ => error.into(),
    })
}

/// Prints the account, the environment variables with which a shell uses it, and commands to try.
/// Not printed where the operator has chosen the key.
fn introduce(
    account: AccountId,
    key: &AccessKeyPair,
    scheme: &str,
    mut address: SocketAddr,
) -> io::Result<()> {
    // A client cannot connect to the unspecified address.
    if address.ip().is_unspecified() {
        let here =
            if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
        address.set_ip(here);
    }
    let mut out = io::stdout().lock();
    writeln!(out, "account {account}")?;
    write_key(&mut out, key)?;
    writeln!(out, "export AWS_ENDPOINT_URL={scheme}://{address}")?;
    writeln!(out, "export AWS_DEFAULT_REGION=us-east-1\n\n{TRY}\n")?;
    out.flush()
}

fn log(format: LogFormat) -> anyhow::Result<()> {
    let filter = environment::log_filter()?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Text => lines.with_ansi(false).init(),
        LogFormat::Json => lines.json().init(),
    }
    Ok(())
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "give an IP address and a port, such as 127.0.0.1:4599")
}

/// A colon ends the issuer in the label of an `otpauth` URI.
fn issuer(text: &str) -> Result<String, String> {
    let shown = text.chars().all(|character| !character.is_control() && character != ':');
    if !shown || text.trim().is_empty() || text.chars().count() > MAX_ISSUER {
        return Err(format!(
            "give a name of 1 to {MAX_ISSUER} characters without `:` and control characters"
        ));
    }
    Ok(text.to_owned())
}

fn quota(text: &str) -> Result<(String, u64), String> {
    let (name, value) = text.split_once('=').ok_or("give NAME=N")?;
    if !Quotas::default().set(name, 0) {
        return Err(format!("unknown quota `{name}`; known: {}", Quotas::NAMES.join(", ")));
    }
    let value = value.parse().map_err(|_| format!("`{value}` is not a number"))?;
    Ok((name.to_owned(), value))
}

fn quota_help() -> String {
    format!("Set a quota; may be given several times: {}", Quotas::NAMES.join(", "))
}

/// Commands for a first try.
const TRY: &str = "\
aws iam create-user --user-name alice
aws iam create-virtual-mfa-device --virtual-mfa-device-name alice --outfile alice.png \
--bootstrap-method QRCodePNG
aws iam list-virtual-mfa-devices";
/// The server's default limits.
const LIMITS: &str = "A request may have 100 headers, 32 KiB of them, and a body of 1 MiB.";
/// Characters. Authenticator apps show fewer on one line.
const MAX_ISSUER: usize = 64;
/// Characters. A shorter secret can be guessed from one signed request; on the loopback address,
/// that is accepted, for `test` and its like.
const MIN_SECRET: usize = 16;
/// How long a starting server waits for a short command that holds the data directory.
const PATIENCE: Duration = Duration::from_secs(2);
