//! What the machine gives: environment variables, the time, randomness.
//!
//! The one place where any of them is asked for.

use std::{
    io::Write as _,
    path::PathBuf,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, bail};
use tracing_subscriber::EnvFilter;
use vmfa_cli::{ProcessTerminal, TerminalIo as _, WallTime};
use vmfa_client::{AccessKey, ClientContext, DataDirectory, ServiceOptions, Trace};
use vmfa_model::{AccountId, Clock, Entropy, Secret, Timestamp};

/// A variable; what is empty is as good as not set.
pub(crate) fn get(name: &str) -> Option<String> {
    raw(name).filter(|value| !value.is_empty())
}

/// A variable, empty or not.
#[expect(clippy::disallowed_methods, reason = "this is where configuration is read")]
pub(crate) fn raw(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The data directory: as told, by `VMFA_DATA_DIR`, or where such things are kept.
pub(crate) fn directory(
    told: Option<PathBuf>,
    key: Option<PathBuf>,
) -> anyhow::Result<DataDirectory> {
    let told = told.or_else(|| path("VMFA_DATA_DIR"));
    let shared = || path("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let home = || path("HOME").map(|home| home.join(".local/share"));
    let default = || shared().or_else(home).map(|path| path.join("vmfa"));
    let path = told.or_else(default).context("no place for data: set VMFA_DATA_DIR or HOME")?;
    let path = std::path::absolute(&path).with_context(|| format!("`{}`", path.display()))?;
    Ok(DataDirectory::new(path, key.or_else(|| self::path("VMFA_KEY_FILE"))))
}

#[expect(clippy::disallowed_methods, reason = "this is where configuration is read")]
fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The wall clock. The zone is asked for here and now, since the system answers only while the
/// process has one thread; where it does not answer, the clock is that of UTC.
pub(crate) fn moment() -> impl Fn() -> WallTime + Copy + Send + Sync + 'static {
    let offset = time::UtcOffset::current_local_offset().unwrap_or(time::UtcOffset::UTC);
    let offset = offset.whole_seconds();
    move || WallTime { milliseconds: milliseconds(), offset }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that others are given")]
fn milliseconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Time, randomness, and the account that `VMFA_ACCOUNT_ID` asks for.
pub(crate) fn service_options() -> anyhow::Result<ServiceOptions> {
    let account = get("VMFA_ACCOUNT_ID").map(|text| {
        AccountId::parse(&text)
            .with_context(|| format!("VMFA_ACCOUNT_ID is twelve digits, not `{text}`"))
    });
    Ok(ServiceOptions {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        settings: vmfa_iam::Settings::default(),
        account: account.transpose()?,
    })
}

/// What calls to endpoints need, with a witness who is told of them.
pub(crate) fn client_context(
    options: &ServiceOptions,
    trace: Option<Arc<dyn Trace>>,
) -> ClientContext {
    let person = ProcessTerminal(moment());
    ClientContext {
        clock: Arc::clone(&options.clock),
        entropy: Arc::clone(&options.entropy),
        pause: Arc::new(std::thread::sleep),
        ask: Arc::new(move |prompt| person.hidden(prompt).ok().flatten()),
        trace,
        user_agent: concat!("vmfa/", env!("CARGO_PKG_VERSION")).to_owned(),
    }
}

/// The access key to act by, where one is set. Temporary ones are refused: a
/// session is for an endpoint, and whoever set one does not mean to be the root.
pub(crate) fn access_key() -> anyhow::Result<Option<AccessKey>> {
    let (id, secret) = (get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY"));
    if id.is_some() && secret.is_none() {
        bail!("AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY: set both, or neither");
    }
    if get("AWS_SESSION_TOKEN").is_some() {
        bail!(
            "AWS_SESSION_TOKEN is set, and sessions are for endpoints: unset it, with \
             AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, to act on this machine's own data"
        );
    }
    Ok(id.zip(secret).map(|(id, secret)| AccessKey { id, secret: Secret::new(secret) }))
}

/// The access key that the operator wants the root to have.
pub(crate) fn root_key() -> anyhow::Result<Option<vmfa_iam::RootKey>> {
    let (id, secret) = ("VMFA_ROOT_ACCESS_KEY_ID", "VMFA_ROOT_SECRET_ACCESS_KEY");
    let (id, secret) = match (get(id), get(secret)) {
        (None, None) => return Ok(None),
        (Some(id), Some(secret)) => (id, Secret::new(secret)),
        (Some(_), None) => bail!("{id} is set without {secret}: set both, or neither"),
        (None, Some(_)) => bail!("{secret} is set without {id}: set both, or neither"),
    };
    // As short as the operator likes: much that runs against emulators says `test` and `test`.
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if !(1..=LONGEST_ID).contains(&id.len()) || !id.bytes().all(word) {
        bail!("VMFA_ROOT_ACCESS_KEY_ID is 1 to {LONGEST_ID} letters, digits or `_`, not `{id}`");
    }
    let plain = secret.expose().bytes().all(|b| b.is_ascii_graphic());
    if secret.expose().is_empty() || !plain {
        bail!("VMFA_ROOT_SECRET_ACCESS_KEY is one or more characters of ASCII without spaces");
    }
    if id.starts_with("ASIA") {
        bail!(
            "VMFA_ROOT_ACCESS_KEY_ID is `{id}`, and temporary keys begin with ASIA: choose another"
        );
    }
    Ok(Some(vmfa_iam::RootKey { id, secret }))
}

/// Which lines are logged: those of `VMFA_LOG`, or `info`.
pub(crate) fn log_filter() -> anyhow::Result<EnvFilter> {
    let text = get("VMFA_LOG").unwrap_or("info".to_owned());
    // To the filter any other bare word is a target, and a level that is misspelt logs nothing.
    let known = text.split(',').map(str::trim).all(|directive| {
        directive.is_empty()
            || directive.contains(['=', '['])
            || LEVELS.iter().any(|level| level.eq_ignore_ascii_case(directive))
    });
    let filter = known.then(|| text.parse::<EnvFilter>().ok()).flatten();
    filter.with_context(|| {
        let levels = LEVELS.map(|level| format!("`{level}`")).join(", ");
        format!("VMFA_LOG is one of {levels}, or `TARGET=LEVEL`, separated by commas, not `{text}`")
    })
}

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others are given")]
    fn now(&self) -> Timestamp {
        // Before 1970 a clock is wrong, and the epoch as good as any other time.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }
}

struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the randomness that others are given")]
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = getrandom::fill(buffer) {
            let _ = writeln!(std::io::stderr(), "vmfa: the system gives no randomness: {error}");
            std::process::exit(1);
        }
    }
}

/// What may be logged, from nothing to all.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
/// Characters of an access key's identifier.
const LONGEST_ID: usize = 128;
