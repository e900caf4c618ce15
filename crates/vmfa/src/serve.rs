//! `vmfa serve`: the HTTP door on a data directory.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    path::PathBuf,
    time::Duration,
};

use anyhow::bail;
use clap::ValueEnum;
use vmfa_client::Held;
use vmfa_iam::{Quotas, Settings};
use vmfa_server::{Config, Local, Stop, Tls};

use crate::{account::print_key, environment};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4599")]
    listen: SocketAddr,
    /// Where everything is kept [default: `$VMFA_DATA_DIR`, `$XDG_DATA_HOME/vmfa`, or
    /// `~/.local/share/vmfa`]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The file with the key that seals secrets [default: `key` in the data directory]
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Serve HTTPS, with this certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Let other machines connect without TLS: whoever is between reads the seeds
    #[arg(long)]
    insecure_http: bool,
    /// Name an issuer in QR codes; authenticator apps show it
    #[arg(long, value_name = "NAME")]
    issuer: Option<String>,
    /// Set a quota
    #[arg(long = "quota", value_name = "NAME=N", value_parser = quota, help = quota_help())]
    quotas: Vec<(String, u64)>,
    /// How log lines look on standard error; `VMFA_LOG` says which there are, such as `debug`
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    log(arguments.log_format)?;
    let root_key = environment::root_key()?;
    let mut means = environment::means()?;
    means.settings = Settings { issuer: arguments.issuer, quotas: Quotas::default() };
    for (name, value) in &arguments.quotas {
        means.settings.quotas.set(name, *value);
    }
    let directory = environment::directory(arguments.data_dir, arguments.key_file)?;
    let held = directory.hold(PATIENCE, "vmfa serve", &means)?;
    let (account, root_keys) = (held.established().account, held.established().root_keys);
    let new = match root_key {
        Some(key) => {
            held.adopt_root_key(&key)?;
            false
        }
        None => root_keys == 0 && introduce(&held)?,
    };
    let tls = arguments.tls_cert.zip(arguments.tls_key);
    let tls = tls.map(|(certificate, key)| Tls { certificate, key });
    let scheme = if tls.is_some() { "https" } else { "http" };
    let config = Config {
        tls,
        insecure_http: arguments.insecure_http,
        local: Some(Local { socket: directory.socket(), account }),
        ..Config::new(arguments.listen)
    };
    let ready = |address: SocketAddr| {
        let address = format!("{scheme}://{address}");
        // Nobody may be reading; that is no reason not to serve.
        let _ = announce(&address, new);
    };
    vmfa_server::run(&config, held.service(), Stop::on_signals(), ready)?;
    Ok(())
}

/// Makes the root's first key and prints it, before anything can fail that comes after.
fn introduce(held: &Held) -> anyhow::Result<bool> {
    print_key(&held.new_root_key()?)?;
    Ok(true)
}

fn announce(address: &str, new: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if new {
        writeln!(out, "export AWS_ENDPOINT_URL={address}")?;
        writeln!(out, "export AWS_DEFAULT_REGION=us-east-1\n\n{TRY}\n")?;
    }
    writeln!(out, "listening on {address}")?;
    out.flush()
}

fn log(format: LogFormat) -> anyhow::Result<()> {
    let filter = environment::get("VMFA_LOG").unwrap_or("info".to_owned());
    let Ok(parsed) = filter.parse::<tracing_subscriber::EnvFilter>() else {
        bail!("VMFA_LOG is a level such as `info` or `debug`, not `{filter}`");
    };
    let lines = tracing_subscriber::fmt().with_env_filter(parsed).with_writer(io::stderr);
    match format {
        LogFormat::Text => lines.with_ansi(false).init(),
        LogFormat::Json => lines.json().init(),
    }
    Ok(())
}

fn quota(text: &str) -> Result<(String, u64), String> {
    let (name, value) = text.split_once('=').ok_or("a quota is `NAME=N`")?;
    if !Quotas::default().set(name, 0) {
        return Err(format!("no quota is called `{name}`: {}", Quotas::NAMES.join(", ")));
    }
    let value = value.parse().map_err(|_| format!("`{value}` is not a number"))?;
    Ok((name.to_owned(), value))
}

fn quota_help() -> String {
    format!("Set a quota; may be given several times: {}", Quotas::NAMES.join(", "))
}

/// What to try first.
const TRY: &str = "\
aws sts get-caller-identity
aws iam create-virtual-mfa-device --virtual-mfa-device-name phone --outfile phone.png \
--bootstrap-method QRCodePNG
aws iam list-virtual-mfa-devices";
/// How long a server waits for a short command to finish.
const PATIENCE: Duration = Duration::from_secs(2);
