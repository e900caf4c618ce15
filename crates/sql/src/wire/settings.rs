//! `SET`, `RESET` and `SHOW` of what PostgreSQL's clients set and ask for.
//!
//! What would change how values are read or written can be set only to what it is; all else is kept
//! and told.
//!
//! Not here: StackQL's own `SHOW`.

use std::{collections::BTreeMap, time::Duration};

use super::{
    Limits,
    lexer::{Kind, Token},
    report::Report,
    time,
};

/// What a client set, and may ask for.
pub(super) struct Settings {
    values: BTreeMap<String, String>,
    first: BTreeMap<String, String>,
    /// What they were before the first one was changed in this transaction.
    before: Option<BTreeMap<String, String>>,
    /// Those that were changed until the transaction's end, and what they were.
    local: BTreeMap<String, String>,
    timeouts: Timeouts,
}

/// The timeouts of a session: what they are at first, and how high the client can set them.
#[derive(Clone, Copy)]
pub(super) struct Timeouts([Timeout; 3]);

#[derive(Clone, Copy)]
struct Timeout {
    name: &'static str,
    /// Zero is none.
    first: Duration,
    /// `None` for the root, and where there is no limit.
    ceiling: Option<Duration>,
}

impl Timeouts {
    pub(super) fn new(limits: &Limits, root: bool) -> Self {
        let timeout = |name, wanted: Duration, ceiling: Duration| {
            let ceiling = Some(ceiling).filter(|ceiling| !root && !ceiling.is_zero());
            let first = match ceiling {
                Some(ceiling) if wanted.is_zero() => ceiling,
                Some(ceiling) => wanted.min(ceiling),
                None => wanted,
            };
            Timeout { name, first, ceiling }
        };
        let (idle, transaction) =
            (limits.idle_session_timeout, limits.idle_in_transaction_session_timeout);
        let statement = (limits.statement_timeout, limits.statement_timeout_ceiling);
        Self([
            timeout("statement_timeout", statement.0, statement.1),
            timeout("idle_session_timeout", idle, idle),
            timeout("idle_in_transaction_session_timeout", transaction, transaction),
        ])
    }

    /// Refuses a value above the ceiling; none at all is above it.
    fn check(&self, name: &str, value: &str) -> Result<(), Report> {
        let found = self.0.iter().find(|timeout| timeout.name == name);
        let Some(ceiling) = found.and_then(|timeout| timeout.ceiling) else { return Ok(()) };
        let length = time::read(value);
        if length.is_none_or(|length| !length.is_zero() && length <= ceiling) {
            return Ok(());
        }
        let ceiling = time::shown(ceiling);
        let message = format!("invalid value for parameter `{name}`: `{value}`");
        Err(Report::new("22023", message)
            .hint(format!("it is above 0 and at most {ceiling} for callers other than the root")))
    }
}

/// A statement about settings.
pub(super) enum Order {
    /// Until the end of the transaction, if it is local.
    Set {
        all: Vec<(String, Option<String>)>,
        local: bool,
    },
    ResetAll,
    Show(String),
    ShowAll,
    /// All that the session has is forgotten.
    DiscardAll,
    /// A statement that was prepared is forgotten, or all of them.
    Deallocate(Option<String>),
    /// It is accepted, and there is nothing to do: its tag.
    Nothing(&'static str),
}

impl Settings {
    /// The settings of a connection, with what the client asked for at its start.
    pub(super) fn new(user: &str, asked: &[(String, String)], timeouts: Timeouts) -> Self {
        let mut values: BTreeMap<String, String> = DEFAULTS
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        values.insert("server_version".to_owned(), version());
        values.insert("session_authorization".to_owned(), user.to_owned());
        for Timeout { name, first, .. } in timeouts.0 {
            values.insert(name.to_owned(), time::shown(first));
        }
        let (first, before, local) = (BTreeMap::new(), None, BTreeMap::new());
        let mut settings = Self { values, first, before, local, timeouts };
        let options = asked.iter().filter(|(name, _)| name == "options");
        let options = options.flat_map(|(_, words)| options_of(words));
        for (name, value) in asked.iter().cloned().chain(options) {
            // Whatever encoding its surroundings have: it is told which one is spoken.
            if name != "client_encoding" && settings.values.contains_key(&fold(&name)) {
                // What does not fit stays as it is; the client sees it, and can set it anew.
                let _ = settings.set(&name, Some(&value));
            }
        }
        settings.first.clone_from(&settings.values);
        settings
    }

    /// What clients are told without asking.
    pub(super) fn reported(&self) -> impl Iterator<Item = (&'static str, &str)> {
        REPORTED.iter().filter_map(|name| Some((*name, self.get(name)?)))
    }

    /// The name by which a client is told that a setting has changed.
    pub(super) fn report_name(name: &str) -> Option<&'static str> {
        REPORTED.iter().copied().find(|known| known.eq_ignore_ascii_case(name))
    }

    /// The value of a setting.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(&fold(name)).map(String::as_str)
    }

    /// All settings.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Sets it, or, without a value, makes it what it was at first.
    pub(super) fn set(&mut self, name: &str, value: Option<&str>) -> Result<(), Report> {
        let name = fold(name);
        let value = match value {
            Some(value) => {
                if !name.contains('.') && !self.values.contains_key(&name) {
                    let message = format!("unrecognized configuration parameter `{name}`");
                    return Err(Report::new("42704", message));
                }
                self.check(&name, value)?;
                if TIMES.contains(&name.as_str()) {
                    canonical(&name, value)?
                } else {
                    value.to_owned()
                }
            }
            None => match self.first.get(&name) {
                Some(first) => first.clone(),
                None => return Ok(()),
            },
        };
        let taken = |(name, value): (&String, &String)| name.len().saturating_add(value.len());
        let taken = self.values.iter().map(taken).fold(0, usize::saturating_add);
        if taken.saturating_add(name.len()).saturating_add(value.len()) > MOST_BYTES {
            let message = format!("out of memory: settings take {MOST_BYTES} bytes at the most");
            return Err(Report::new("53200", message));
        }
        self.values.insert(name, value);
        Ok(())
    }

    /// Sets it until the end of the transaction.
    pub(super) fn set_local(&mut self, name: &str, value: Option<&str>) -> Result<(), Report> {
        let before = self.get(name).map(str::to_owned);
        self.set(name, value)?;
        if let Some(before) = before {
            self.local.entry(fold(name)).or_insert(before);
        }
        Ok(())
    }

    /// Something is about to be set in a transaction, and may be taken back with it.
    pub(super) fn keep(&mut self) {
        self.before.get_or_insert_with(|| self.values.clone());
    }

    /// A transaction has ended, by `COMMIT` or not. Whether that may have changed something.
    pub(super) fn end_transaction(&mut self, committed: bool) -> bool {
        let local = std::mem::take(&mut self.local);
        let Some(before) = self.before.take() else { return false };
        if committed {
            self.values.extend(local);
        } else {
            self.values = before;
        }
        true
    }

    /// Makes all as it was at first.
    pub(super) fn reset(&mut self) {
        self.values.clone_from(&self.first);
    }

    /// How long a statement may take.
    pub(super) fn statement_timeout(&self) -> Option<Duration> {
        self.length("statement_timeout")
    }

    /// How long the client may send nothing, within a transaction or outside of one.
    pub(super) fn idle_timeout(&self, in_transaction: bool) -> Option<Duration> {
        self.length(if in_transaction {
            "idle_in_transaction_session_timeout"
        } else {
            "idle_session_timeout"
        })
    }

    fn length(&self, name: &str) -> Option<Duration> {
        self.get(name).and_then(time::read).filter(|length| !length.is_zero())
    }

    fn check(&self, name: &str, value: &str) -> Result<(), Report> {
        let is = |words: &[&str]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
        let fits = match name {
            "client_encoding" => is(&["utf8", "utf-8", "unicode"]),
            "standard_conforming_strings" => is(&["on", "true", "1", "yes"]),
            "datestyle" => value.to_ascii_lowercase().starts_with("iso"),
            "server_version"
            | "server_version_num"
            | "server_encoding"
            | "is_superuser"
            | "integer_datetimes"
            | "session_authorization" => self.get(name) == Some(value),
            _ => true,
        };
        if fits {
            return self.timeouts.check(name, value);
        }
        let now = self.get(name).unwrap_or_default();
        Err(Report::new("0A000", format!("`{name}` can be nothing but `{now}` here")))
    }
}

/// Reads a statement about settings. `None` where it is none.
pub(super) fn read(said: &[&Token]) -> Option<Result<Order, Report>> {
    let (first, rest) = said.split_first()?;
    let second = rest.first();
    let word = |token: Option<&&Token>, word: &str| token.is_some_and(|token| token.is(word));
    Some(match () {
        () if first.is("SET") => {
            let local = word(second, "LOCAL");
            let session = word(second, "SESSION") && !word(rest.get(1), "AUTHORIZATION");
            let skip = local || session;
            let rest = if skip { rest.get(1..).unwrap_or_default() } else { rest };
            // StackQL's way to change credentials, which is refused where statements are run.
            if rest.first().is_some_and(|token| token.text.starts_with("\"$")) {
                return None;
            }
            set(rest).map(|all| Order::Set { all, local })
        }
        () if first.is("RESET") => match second {
            Some(name) if name.is("ALL") => Ok(Order::ResetAll),
            Some(_) => {
                name(rest).map(|(name, _)| Order::Set { all: vec![(name, None)], local: false })
            }
            None => Err(unreadable()),
        },
        () if first.is("SHOW") => {
            let stackql = |token: &&Token| STACKQL.iter().any(|word| token.is(word));
            match second {
                Some(token) if stackql(token) => return None,
                Some(token) if token.is("ALL") => Ok(Order::ShowAll),
                Some(_) => name(rest).map(|(name, _)| Order::Show(name)),
                None => return None,
            }
        }
        () if first.is("DISCARD") => match second {
            Some(what) if what.is("ALL") => Ok(Order::DiscardAll),
            Some(what) if what.is("PLANS") => Ok(Order::Nothing("DISCARD PLANS")),
            Some(what) if what.is("SEQUENCES") => Ok(Order::Nothing("DISCARD SEQUENCES")),
            Some(what) if what.is("TEMP") || what.is("TEMPORARY") => {
                Ok(Order::Nothing("DISCARD TEMP"))
            }
            _ => Err(Report::new("42601", "`DISCARD` is of ALL, PLANS, SEQUENCES or TEMP")),
        },
        () if first.is("DEALLOCATE") => {
            let skip = usize::from(word(second, "PREPARE"));
            match rest.get(skip..) {
                Some([all]) if all.is("ALL") => Ok(Order::Deallocate(None)),
                Some([name]) if name.name().is_some() => Ok(Order::Deallocate(name.folded())),
                _ => Err(Report::new("42601", "`DEALLOCATE` has a name, or `ALL`, and no more")),
            }
        }
        // There are no notifications to hear of; so whoever wants none gets none.
        () if first.is("UNLISTEN") => Ok(Order::Nothing("UNLISTEN")),
        () => return None,
    })
}

fn set(rest: &[&Token]) -> Result<Vec<(String, Option<String>)>, Report> {
    let first = rest.first().ok_or_else(unreadable)?;
    let characteristics = first.is("CHARACTERISTICS") || first.is("TRANSACTION");
    if characteristics {
        // Queries see what is there, and what changes anything waits for `COMMIT`, whatever the
        // level is called.
        return Ok(Vec::new());
    }
    let (name, rest) = name(rest)?;
    let rest = match rest.split_first() {
        Some((sign, rest)) if sign.is_symbol("=") || sign.is("TO") => rest,
        _ if UNSIGNED.contains(&name.as_str()) => rest,
        _ => return Err(unreadable()),
    };
    let values = rest.iter().filter(|token| !token.is_symbol(",")).map(|token| match token.kind {
        Kind::Quoted => token.name().unwrap_or_default(),
        _ => token.text.clone(),
    });
    let value = values.collect::<Vec<_>>().join(", ");
    let default = matches!(rest, [only] if only.is("DEFAULT"));
    Ok(vec![(name, (!default).then_some(value))])
}

/// The name of a setting, and what follows it.
fn name<'t, 't2>(rest: &'t [&'t2 Token]) -> Result<(String, &'t [&'t2 Token]), Report> {
    let (first, mut rest) = rest.split_first().ok_or_else(unreadable)?;
    let is = |at: usize, word: &str| rest.get(at).is_some_and(|token| token.is(word));
    if first.is("TIME") && is(0, "ZONE") {
        return Ok(("timezone".to_owned(), rest.get(1..).unwrap_or_default()));
    }
    if first.is("NAMES") {
        return Ok(("client_encoding".to_owned(), rest));
    }
    if first.is("TRANSACTION") && is(0, "ISOLATION") && is(1, "LEVEL") {
        return Ok(("transaction_isolation".to_owned(), rest.get(2..).unwrap_or_default()));
    }
    if first.is("SESSION") && is(0, "AUTHORIZATION") {
        return Ok(("session_authorization".to_owned(), rest.get(1..).unwrap_or_default()));
    }
    let mut name = fold(&first.name().ok_or_else(unreadable)?);
    while let [dot, part, after @ ..] = rest
        && dot.is_symbol(".")
        && let Some(part) = part.name()
    {
        name = format!("{name}.{}", fold(&part));
        rest = after;
    }
    Ok((name, rest))
}

/// What `options` of a startup message set: `-c name=value` or `--name=value`, with `_` or `-`
/// in names, and `\\` before blanks that belong to a value.
fn options_of(text: &str) -> Vec<(String, String)> {
    let mut words = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, words.last_mut()) {
            (c, _) if c.is_whitespace() => words.push(String::new()),
            ('\\', Some(word)) => word.extend(chars.next()),
            (c, Some(word)) => word.push(c),
            (_, None) => {}
        }
    }
    let mut words = words.into_iter().filter(|word| !word.is_empty());
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        let said = match word.strip_prefix("--").or_else(|| word.strip_prefix("-c")) {
            Some("") => words.next(),
            Some(said) => Some(said.to_owned()),
            None => None,
        };
        if let Some((name, value)) = said.as_deref().and_then(|said| said.split_once('=')) {
            found.push((name.replace('-', "_"), value.to_owned()));
        }
    }
    found
}

/// A length of time as it is shown.
fn canonical(name: &str, value: &str) -> Result<String, Report> {
    time::read(value).map(time::shown).ok_or_else(|| {
        let message = format!("invalid value for parameter `{name}`: `{value}`");
        Report::new("22023", message).hint(time::HINT)
    })
}

fn fold(name: &str) -> String {
    name.to_ascii_lowercase()
}

fn unreadable() -> Report {
    Report::new("42601", "a setting is `SET name = value`, `RESET name` or `SHOW name`")
}

/// What PostgreSQL's clients take for its version: that of the protocol's messages and of the
/// catalogue, and after it whose it is.
pub(super) fn version() -> String {
    format!("15.0 (vmfa {})", env!("CARGO_PKG_VERSION"))
}

/// Bytes of the names and values of all settings.
const MOST_BYTES: usize = 64 << 10;

/// Settings whose names of several words are followed by their values at once.
const UNSIGNED: &[&str] = &["client_encoding", "session_authorization", "timezone"];

/// Settings that are lengths of time.
const TIMES: &[&str] = &[
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
];

/// What StackQL shows.
const STACKQL: &[&str] =
    &["PROVIDERS", "SERVICES", "RESOURCES", "METHODS", "VERSION", "INSERT", "AUTH", "EXTENDED"];

/// What clients are told at the start, and whenever it changes.
const REPORTED: &[&str] = &[
    "server_version",
    "server_encoding",
    "client_encoding",
    "application_name",
    "is_superuser",
    "session_authorization",
    "DateStyle",
    "IntervalStyle",
    "TimeZone",
    "integer_datetimes",
    "standard_conforming_strings",
    "default_transaction_read_only",
    "in_hot_standby",
];

const DEFAULTS: &[(&str, &str)] = &[
    ("application_name", ""),
    ("bytea_output", "hex"),
    ("client_encoding", "UTF8"),
    ("client_min_messages", "notice"),
    ("datestyle", "ISO, MDY"),
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_read_only", "off"),
    ("extra_float_digits", "1"),
    ("in_hot_standby", "off"),
    ("integer_datetimes", "on"),
    ("intervalstyle", "postgres"),
    ("is_superuser", "off"),
    ("jit", "off"),
    ("lc_collate", "C"),
    ("lc_ctype", "C"),
    ("lc_messages", "C"),
    ("lc_monetary", "C"),
    ("lc_numeric", "C"),
    ("lc_time", "C"),
    ("lock_timeout", "0"),
    ("max_identifier_length", "63"),
    ("max_index_keys", "32"),
    ("row_security", "on"),
    ("search_path", "iam, public"),
    ("server_encoding", "UTF8"),
    ("server_version_num", "150000"),
    ("standard_conforming_strings", "on"),
    ("synchronize_seqscans", "on"),
    ("timezone", "UTC"),
    ("transaction_isolation", "read committed"),
    ("transaction_read_only", "off"),
];
