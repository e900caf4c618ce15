//! How a client comes in: TLS, what it is called, and the proof of its password.
//!
//! Not here: what a password is checked against, and what happens inside.

use std::{io, sync::Arc, time::Instant};

use vmfa_client::Calls;
use vmfa_iam::Verifier;

use super::{
    admission::Origin,
    answer::Answer,
    channel::Channel,
    message::{Message, Opening, read_first_proof},
    report::Report,
    scram,
    server::{Place, Shared},
    settings::{Settings, Timeouts},
};

/// A client that came in.
pub(super) struct Guest {
    /// By what name.
    pub(super) user: String,
    pub(super) settings: Settings,
    /// What it may do.
    pub(super) calls: Arc<dyn Calls>,
    /// The user whose views these are; `None` for the root.
    pub(super) owner: Option<String>,
}

/// Why a client does not come in.
pub(super) enum Refused {
    /// It is told.
    Report(Report),
    /// It wanted something else, and got it, or nobody is there any more.
    Gone(io::Error),
    /// It wanted a statement stopped.
    Cancel { process: i32, key: i32 },
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Self::Report(Report::fatal("08P01", error.to_string())),
            _ => Self::Gone(error),
        }
    }
}

/// Lets a client in.
pub(super) fn enter(
    channel: &mut Channel,
    shared: &Shared,
    place: &Place,
) -> Result<Guest, Refused> {
    let (minor, parameters) = greet(channel, shared)?;
    place.greeted().map_err(Refused::Report)?;
    let get = |name: &str| {
        parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    let unknown: Vec<String> = parameters
        .iter()
        .filter(|(name, _)| name.starts_with("_pq_."))
        .map(|(name, _)| name.clone())
        .collect();
    if minor > 0 || !unknown.is_empty() {
        channel.send(&Answer::Version(&unknown))?;
    }
    let user = get("user").filter(|user| !user.is_empty());
    let user = user.ok_or_else(|| {
        Refused::Report(Report::fatal("28000", "no user is named: it is an access key's id"))
    })?;
    let owner = if shared.insecure {
        None
    } else {
        check_attempts(shared, place.origin())?;
        let verifier = shared.keys.verifier(&user).map_err(|failed| {
            tracing::warn!(%failed, "passwords cannot be checked");
            Refused::Report(Report::fatal("08006", failed.to_string()))
        })?;
        let proven = prove(channel, shared, &user, &verifier);
        if proven.is_err() {
            // Also one that leaves the challenge unanswered.
            shared.attempts().fail(place.origin(), Instant::now());
        }
        proven?;
        verifier.owner.map(|user| user.0)
    };
    let database = get("database").unwrap_or_else(|| DATABASE.to_owned());
    let known = [DATABASE, "postgres", user.as_str()];
    if !known.iter().any(|known| known.eq_ignore_ascii_case(&database)) {
        let message = format!("database `{database}` does not exist");
        let report = Report::fatal("3D000", message).hint(format!("the database is `{DATABASE}`"));
        return Err(Refused::Report(report));
    }
    let calls = if shared.insecure { shared.keys.open_calls() } else { shared.keys.calls(&user) };
    let timeouts = Timeouts::new(&shared.limits, owner.is_none());
    let settings = Settings::new(&user, &parameters, timeouts);
    Ok(Guest { user, settings, calls, owner })
}

/// Refuses an address from which too many log-ins failed, before anything is computed for it.
fn check_attempts(shared: &Shared, origin: Origin) -> Result<(), Refused> {
    shared.attempts().check(origin, Instant::now()).map_err(|wait| {
        let seconds = wait.as_millis().div_ceil(1_000);
        let message =
            format!("too many failed log-ins from this address; try again in {seconds} seconds");
        Refused::Report(Report::fatal("53300", message))
    })
}

/// Tells a client that it is in, and by which numbers its statements are stopped.
pub(super) fn welcome(
    channel: &mut Channel,
    guest: &Guest,
    (process, key): (i32, i32),
) -> io::Result<()> {
    channel.send(&Answer::Welcome)?;
    for (name, value) in guest.settings.reported() {
        tell(channel, name, value)?;
    }
    channel.send(&Answer::Key(process, key))
}

/// Tells a client the value of a setting.
pub(super) fn tell(channel: &mut Channel, name: &str, value: &str) -> io::Result<()> {
    channel.send(&Answer::Setting(name, value))
}

/// The version and the parameters with which a client begins, under TLS where there is TLS.
fn greet(channel: &mut Channel, shared: &Shared) -> Result<(u16, Vec<(String, String)>), Refused> {
    if let Some(tls) = &shared.tls
        && channel.begins_with_tls()?
    {
        channel.secure(tls)?;
    }
    // Each of both requests may come once, in either order.
    for _ in 0..3 {
        match channel.open()? {
            Opening::Gss => channel.send_byte(REFUSED)?,
            Opening::Tls => match &shared.tls {
                Some(tls) if !channel.is_secure() => {
                    channel.send_byte(ACCEPTED)?;
                    channel.secure(tls)?;
                }
                _ => channel.send_byte(REFUSED)?,
            },
            Opening::Cancel { process, key } => return Err(Refused::Cancel { process, key }),
            Opening::Startup { major: 3, minor, parameters } => {
                if shared.tls.is_some() && !channel.is_secure() {
                    let report = Report::fatal("28000", "this server is reached by TLS only");
                    return Err(Refused::Report(report.hint("connect with sslmode=require")));
                }
                return Ok((minor, parameters));
            }
            Opening::Startup { major, minor, .. } => {
                let message =
                    format!("unsupported frontend protocol {major}.{minor}: server supports 3.0");
                return Err(Refused::Report(Report::fatal("0A000", message)));
            }
        }
    }
    Err(malformed_opening().into())
}

fn malformed_opening() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "encryption is asked for again and again")
}

/// Has a client prove that it knows a password.
fn prove(
    channel: &mut Channel,
    shared: &Shared,
    user: &str,
    verifier: &Verifier,
) -> Result<(), Refused> {
    let binding = shared.binding.as_deref();
    let mechanisms = scram::mechanisms(binding);
    channel.send(&Answer::Prove(mechanisms))?;
    channel.flush()?;
    let wrong = |_| {
        let message = format!("password authentication failed for user `{user}`");
        let hint = "the user is the id of an access key, and the password is its secret; \
                    `vmfa account --new-root-key` makes one";
        Refused::Report(Report::fatal("28P01", message).hint(hint))
    };
    let (mechanism, first) = read_first_proof(&answer(channel)?).map_err(io::Error::from)?;
    if !mechanisms.contains(&mechanism.as_str()) {
        return Err(Refused::Report(Report::fatal("08P01", "that mechanism was not offered")));
    }
    let mut chance = [0; 18];
    shared.entropy.fill(&mut chance);
    let begun = scram::challenge(&mechanism, &first, binding, verifier, &chance).map_err(wrong)?;
    channel.send(&Answer::Challenge(&begun.challenge))?;
    channel.flush()?;
    let proof = begun.check(&answer(channel)?, verifier).map_err(wrong)?;
    Ok(channel.send(&Answer::Proof(&proof))?)
}

fn answer(channel: &mut Channel) -> Result<Vec<u8>, Refused> {
    match channel.receive()? {
        Some(Message::Password(body)) => Ok(body),
        Some(_) => Err(Refused::Report(Report::fatal("08P01", "expected an answer to SASL"))),
        None => Err(Refused::Gone(io::ErrorKind::UnexpectedEof.into())),
    }
}

/// The provider is the database.
pub(super) const DATABASE: &str = "aws";
/// The answers to a request for encryption.
const ACCEPTED: u8 = b'S';
const REFUSED: u8 = b'N';
