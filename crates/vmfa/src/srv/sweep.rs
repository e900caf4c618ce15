//! Removes the files of views and tables of deleted users, when the server starts and each minute
//! after that.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::Context as _;
use vmfa_client::{AccessKeys, CallError, Calls};
use vmfa_iam::{Api, Call, find};
use vmfa_model::{FaultKind, Record, Value};

/// The name of a user's database file, from the user id.
pub(super) fn file_of(user: &str) -> String {
    format!("{START}{user}{DATABASE}")
}

/// The thread that removes files. Dropping this ends it.
pub(super) struct Sweeper {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sweeper {
    pub(super) fn start(directory: PathBuf, keys: &Arc<dyn AccessKeys>) -> io::Result<Self> {
        let mut sweep = Sweep { directory, calls: keys.open_calls(), names: HashMap::new() };
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("vmfa-sweep".to_owned()).spawn(move || {
            loop {
                if let Err(error) = sweep.run() {
                    tracing::warn!(
                        "cannot remove the views and tables of deleted users: {error:#}"
                    );
                }
                if stopped.recv_timeout(INTERVAL) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic was reported when it happened.
            let _ = thread.join();
        }
    }
}

struct Sweep {
    directory: PathBuf,
    /// Calls of the root user.
    calls: Arc<dyn Calls>,
    /// By id, the last known names of users with files: `GetUser` finds users by name only.
    names: HashMap<String, String>,
}

impl Sweep {
    fn run(&mut self) -> anyhow::Result<()> {
        // Listed before the users, so that a file of a user created meanwhile is not in the list.
        let files = files(&self.directory)?;
        self.names.retain(|id, _| files.contains_key(id));
        let mut missing = BTreeSet::new();
        for id in files.keys() {
            if !self.exists(id)? {
                missing.insert(id.clone());
            }
        }
        // A user who is renamed while the pages are read may be on none of them, so list twice.
        for _ in 0..LISTINGS {
            self.list_users(&mut missing)?;
        }
        for id in missing {
            for file in files.get(&id).into_iter().flatten() {
                match fs::remove_file(file) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(error)
                            .with_context(|| format!("cannot remove `{}`", file.display()));
                    }
                    _ => {
                        let file = file.display();
                        tracing::info!(%file, "removed the views and tables of a deleted user");
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether the user exists under its last known name.
    fn exists(&self, id: &str) -> anyhow::Result<bool> {
        let Some(name) = self.names.get(id) else { return Ok(false) };
        let input = [("UserName", Value::Text(name.clone()))];
        match self.call("GetUser", input.into_iter().collect()) {
            Ok(found) => Ok(matches!(
                found.get("User"),
                Some(Value::Structure(user)) if user.text("UserId") == Some(id)
            )),
            Err(CallError::Refused(fault)) if fault.kind == FaultKind::NoSuchEntity => Ok(false),
            Err(failed) => Err(failed.into()),
        }
    }

    /// Removes all users that exist from `missing`.
    fn list_users(&mut self, missing: &mut BTreeSet<String>) -> anyhow::Result<()> {
        let mut marker = None::<String>;
        while !missing.is_empty() {
            let after = marker.map(|marker| ("Marker", Value::Text(marker)));
            let input = [("MaxItems", Value::Integer(PAGE))].into_iter().chain(after);
            let page = self.call("ListUsers", input.collect())?;
            let Some(Value::List(users)) = page.get("Users") else {
                anyhow::bail!("the response to ListUsers has no users");
            };
            for user in users {
                let Value::Structure(user) = user else { continue };
                let (Some(id), Some(name)) = (user.text("UserId"), user.text("UserName")) else {
                    continue;
                };
                if missing.remove(id) {
                    self.names.insert(id.to_owned(), name.to_owned());
                }
            }
            marker = match page.get("IsTruncated") {
                Some(Value::Boolean(true)) => Some(
                    page.text("Marker")
                        .context("the response to ListUsers has no marker")?
                        .to_owned(),
                ),
                _ => return Ok(()),
            };
        }
        Ok(())
    }

    fn call(&self, action: &str, input: Record) -> Result<Record, CallError> {
        let unknown = || CallError::Unreachable(format!("unknown action `{action}`"));
        let action = find(Api::Iam, action).ok_or_else(unknown)?;
        self.calls.call(Call { action, input })
    }
}

/// The files in a directory, by the id of their user.
fn files(directory: &Path) -> anyhow::Result<BTreeMap<String, Vec<PathBuf>>> {
    let mut files = BTreeMap::<_, Vec<_>>::new();
    let context = || format!("cannot read `{}`", directory.display());
    for entry in fs::read_dir(directory).with_context(context)? {
        let entry = entry.with_context(context)?;
        let name = entry.file_name();
        let Some(id) = name.to_str().and_then(user_of) else { continue };
        if entry.file_type().with_context(context)?.is_file() {
            files.entry(id.to_owned()).or_default().push(entry.path());
        }
    }
    Ok(files)
}

/// The id of the user whose file has this name: the database, its write-ahead log, or that log's
/// index.
fn user_of(name: &str) -> Option<&str> {
    let name = name.strip_prefix(START)?;
    let endings = ["", "-wal", "-shm"];
    let id = endings.into_iter().find_map(|end| name.strip_suffix(end)?.strip_suffix(DATABASE))?;
    let random = id.strip_prefix("AIDA")?;
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (!random.is_empty() && random.bytes().all(plain)).then_some(id)
}

const START: &str = "sql-";
const DATABASE: &str = ".db";
const INTERVAL: Duration = Duration::from_mins(1);
/// How often all users are listed before a file is removed.
const LISTINGS: usize = 2;
/// `MaxItems`, at the API's maximum.
const PAGE: i64 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_users_are_matched() {
        let id = "AIDAVJEONBJDYFP73HB23";
        let file = file_of(id);
        for end in ["", "-wal", "-shm"] {
            assert_eq!(user_of(&format!("{file}{end}")), Some(id));
        }
        let others = [
            "sql.db",
            "sql-.db",
            "sql-AIDA.db",
            "sql-AIDAx.db",
            "sql-AIDA../1.db",
            "sql-AIDA1.db.bak",
            "sql-AIDA1.db-journal",
            "sql-AROA1.db",
            "x-sql-AIDA1.db",
            "vmfa.db",
        ];
        for other in others {
            assert_eq!(user_of(other), None, "{other}");
        }
    }
}
