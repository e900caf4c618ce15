//! Environment variables, the system clock and the system's randomness. Other modules get them from
//! here; `clippy.toml` bans reading them elsewhere.

use std::{
    io::Write as _,
    path::PathBuf,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, bail};
use tracing_subscriber::EnvFilter;
use vmfa_cli::{ProcessTerminal, TerminalIo as _, WallTime};
use vmfa_client::{AccessKeyPair, ClientContext, DataDirectory, ServiceOptions, Trace};
use vmfa_model::{AccountId, Clock, Entropy, Secret, Timestamp};

/// A variable, if it is set and not empty.
pub(crate) fn get(name: &str) -> Option<String> {
    raw(name).filter(|value| !value.is_empty())
}

/// A variable, if it is set. One that is not UTF-8 counts as unset.
#[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
pub(crate) fn raw(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The data directory of an option, of `VMFA_DATA_DIR`, or `vmfa` in the user's data directory by
/// the XDG Base Directory specification.
pub(crate) fn directory(
    option: Option<PathBuf>,
    key: Option<PathBuf>,
) -> anyhow::Result<DataDirectory> {
    let named = option.or_else(|| path("VMFA_DATA_DIR"));
    let shared = || path("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let home = || path("HOME").map(|home| home.join(".local/share"));
    let default = || shared().or_else(home).map(|path| path.join("vmfa"));
    let path = named.or_else(default).context("no data directory: set VMFA_DATA_DIR or HOME")?;
    let path = std::path::absolute(&path).with_context(|| format!("`{}`", path.display()))?;
    Ok(DataDirectory::new(path, key.or_else(|| self::path("VMFA_KEY_FILE"))))
}

#[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The wall clock with the local time zone, or UTC if that is unknown. The zone is read at once,
/// since that is safe only while the process has one thread.
pub(crate) fn moment() -> impl Fn() -> WallTime + Copy + Send + Sync + 'static {
    let offset = time::UtcOffset::current_local_offset().unwrap_or(time::UtcOffset::UTC);
    let offset = offset.whole_seconds();
    move || WallTime { milliseconds: milliseconds(), offset }
}

#[expect(clippy::disallowed_methods, reason = "this is the wiring of the clock")]
fn milliseconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The system's clock and randomness, and the account of `VMFA_ACCOUNT_ID`.
pub(crate) fn service_options() -> anyhow::Result<ServiceOptions> {
    let account = get("VMFA_ACCOUNT_ID").map(|text| {
        AccountId::parse(&text)
            .with_context(|| format!("invalid VMFA_ACCOUNT_ID `{text}`: give twelve digits"))
    });
    Ok(ServiceOptions {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        settings: vmfa_iam::Settings::default(),
        account: account.transpose()?,
    })
}

/// The context of calls to endpoints, with a trace of them for `--debug`.
pub(crate) fn client_context(
    options: &ServiceOptions,
    trace: Option<Arc<dyn Trace>>,
) -> ClientContext {
    let person = ProcessTerminal(moment());
    ClientContext {
        clock: Arc::clone(&options.clock),
        entropy: Arc::clone(&options.entropy),
        sleep: Arc::new(std::thread::sleep),
        prompt: Arc::new(move |prompt| person.hidden(prompt).ok().flatten()),
        trace,
        user_agent: concat!("vmfa/", env!("CARGO_PKG_VERSION")).to_owned(),
    }
}

/// The access key in the environment, for calls on the data directory that `--data-dir` names. A
/// session token is refused: it is for an endpoint, and must not make calls act as the root user.
pub(crate) fn access_key() -> anyhow::Result<Option<AccessKeyPair>> {
    let (id, secret) = (get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY"));
    if id.is_some() && secret.is_none() {
        bail!("AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY: set both, or neither");
    }
    if get("AWS_SESSION_TOKEN").is_some() {
        bail!(
            "AWS_SESSION_TOKEN is set, and --data-dir takes no session: unset it, \
             AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        );
    }
    Ok(id.zip(secret).map(|(id, secret)| AccessKeyPair { id, secret: Secret::new(secret) }))
}

/// The access key that the operator has chosen for the root user.
pub(crate) fn root_key() -> anyhow::Result<Option<vmfa_iam::RootKey>> {
    let (id, secret) = ("VMFA_ROOT_ACCESS_KEY_ID", "VMFA_ROOT_SECRET_ACCESS_KEY");
    let (id, secret) = match (get(id), get(secret)) {
        (None, None) => return Ok(None),
        (Some(id), Some(secret)) => (id, Secret::new(secret)),
        (Some(_), None) => bail!("{id} is set without {secret}: set both, or neither"),
        (None, Some(_)) => bail!("{secret} is set without {id}: set both, or neither"),
    };
    // Any length, since configurations for emulators use `test` and `test`.
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if !(1..=MAX_ID).contains(&id.len()) || !id.bytes().all(word) {
        bail!("invalid VMFA_ROOT_ACCESS_KEY_ID `{id}`: give 1 to {MAX_ID} letters, digits or `_`");
    }
    let plain = secret.expose().bytes().all(|b| b.is_ascii_graphic());
    if secret.expose().is_empty() || !plain {
        bail!(
            "invalid VMFA_ROOT_SECRET_ACCESS_KEY: give printable ASCII characters without spaces"
        );
    }
    if id.starts_with("ASIA") {
        bail!(
            "invalid VMFA_ROOT_ACCESS_KEY_ID `{id}`: ASIA is the prefix of temporary keys; choose \
             another"
        );
    }
    Ok(Some(vmfa_iam::RootKey { id, secret }))
}

/// The log filter of `VMFA_LOG`, by default `info`.
pub(crate) fn log_filter() -> anyhow::Result<EnvFilter> {
    let text = get("VMFA_LOG").unwrap_or("info".to_owned());
    // `EnvFilter` reads another bare word as a target, so a misspelt level would log nothing.
    let known = text.split(',').map(str::trim).all(|directive| {
        directive.is_empty()
            || directive.contains(['=', '['])
            || LEVELS.iter().any(|level| level.eq_ignore_ascii_case(directive))
    });
    let filter = known.then(|| text.parse::<EnvFilter>().ok()).flatten();
    filter.with_context(|| {
        let levels = LEVELS.map(|level| format!("`{level}`")).join(", ");
        format!("invalid VMFA_LOG `{text}`: give {levels} or `TARGET=LEVEL`, separated by commas")
    })
}

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the wiring of the clock")]
    fn now(&self) -> Timestamp {
        // A clock before 1970 is wrong; it counts as 1970.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }
}

struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the wiring of randomness")]
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = getrandom::fill(buffer) {
            let _ = writeln!(
                std::io::stderr(),
                "vmfa: cannot read randomness from the system: {error}"
            );
            std::process::exit(1);
        }
    }
}

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
/// Characters of an access key's id, as in the API's model.
const MAX_ID: usize = 128;
