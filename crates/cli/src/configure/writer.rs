//! Changes files of settings, and leaves all that is not changed as it is: comments, order and
//! white space.
//!
//! A file is written in place, since it may be a link. One that is made is for nobody else to read.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use vmfa_client::Configuration;
use zeroize::Zeroizing;

use crate::{
    Surroundings,
    failure::{Failure, Told},
    paramfile::os,
};

/// A setting as it is to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Setting<'s> {
    /// Its name and its text.
    Text(&'s str, &'s str),
    /// The name of the setting that it stands below, its own, and its text.
    Nested(&'s str, &'s str, &'s str),
}

/// Changes settings of one section. The file is made where there is none, and so is the section.
pub(super) fn update(
    file: &str,
    section: &str,
    settings: &[Setting<'_>],
    around: &Surroundings<'_>,
) -> Told<()> {
    let path = Configuration::path(file, around.variable);
    let failed = |error: io::Error| Failure::Other(os(&error, &path.to_string_lossy()));
    let old = match fs::read_to_string(&path).map(Zeroizing::new) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Zeroizing::default(),
        read => read.map_err(failed)?,
    };
    write(&path, &updated(&old, section, settings)).map_err(failed)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

/// The text of a file with its settings changed.
fn updated(old: &str, section: &str, settings: &[Setting<'_>]) -> Zeroizing<String> {
    let mut lines: Vec<Zeroizing<String>> =
        old.split_inclusive('\n').map(|line| Zeroizing::new(line.to_owned())).collect();
    if let Some(line) = lines.last_mut().filter(|line| !line.ends_with('\n')) {
        line.push('\n');
    }
    let start = lines.iter().position(|line| is_header(line, section));
    let start = start.unwrap_or_else(|| {
        lines.push(Zeroizing::new(format!("[{section}]\n")));
        lines.len().saturating_sub(1)
    });
    for setting in settings {
        change(&mut lines, start, *setting);
    }
    let room = lines.iter().map(|line| line.len()).sum();
    let mut text = Zeroizing::new(String::with_capacity(room));
    for line in &lines {
        text.push_str(line);
    }
    text
}

fn change(lines: &mut Vec<Zeroizing<String>>, start: usize, setting: Setting<'_>) {
    let (name, value) = match setting {
        Setting::Text(name, value) => (name, format!("{name} = {value}\n")),
        Setting::Nested(name, below, value) => (name, format!("    {below} = {value}\n")),
    };
    let value = Zeroizing::new(value);
    let first = start.saturating_add(1);
    let next = lines.iter().skip(first).position(|line| header(line).is_some());
    let end = next.map_or(lines.len(), |at| first.saturating_add(at));
    let within = first..end;
    let found = within.clone().find(|at| {
        lines.get(*at).is_some_and(|line| indent(line) == 0 && name_of(line) == Some(name))
    });
    // New lines stand after the last setting, and before blank lines and comments that follow it.
    let after = within
        .rev()
        .find(|at| lines.get(*at).is_some_and(|line| name_of(line).is_some()))
        .unwrap_or(start)
        .saturating_add(1);
    match (found, setting) {
        (Some(at), Setting::Text(..)) => {
            if let Some(line) = lines.get_mut(at) {
                *line = value;
            }
        }
        (None, Setting::Text(..)) => lines.insert(after, value),
        (None, Setting::Nested(..)) => {
            lines.insert(after, value);
            lines.insert(after, Zeroizing::new(format!("{name} =\n")));
        }
        (Some(at), Setting::Nested(_, below, _)) => {
            let first = at.saturating_add(1);
            let last = end_of_nested(lines, first, end);
            let known = (first..last)
                .find(|at| lines.get(*at).is_some_and(|line| name_of(line) == Some(below)));
            match known.and_then(|at| lines.get_mut(at)) {
                Some(line) => {
                    let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
                    *line = Zeroizing::new(format!("{indent}{}", value.trim_start()));
                }
                None => lines.insert(last, value),
            }
        }
    }
}

/// Where the settings below another one end.
fn end_of_nested(lines: &[Zeroizing<String>], first: usize, end: usize) -> usize {
    let indented = |at: &usize| lines.get(*at).is_some_and(|line| indent(line) > 0);
    (first..end).take_while(indented).last().map_or(first, |at| at.saturating_add(1))
}

fn indent(line: &str) -> usize {
    line.chars().take_while(|c| *c == ' ' || *c == '\t').count()
}

/// The name of the setting that a line begins.
fn name_of(line: &str) -> Option<&str> {
    let text = line.trim();
    let (name, _) = text.split_at_checked(text.find(['=', ':'])?)?;
    let name = name.trim_end();
    (!name.is_empty() && !text.starts_with(['#', ';', '['])).then_some(name)
}

/// What stands in the brackets of a line that begins a section.
fn header(line: &str) -> Option<&str> {
    let (name, _) = line.trim().strip_prefix('[')?.split_once(']')?;
    (!name.is_empty()).then_some(name)
}

/// Whether a line begins that section, quoted or not.
fn is_header(line: &str, section: &str) -> bool {
    let Some(name) = header(line) else { return false };
    let quoted = section.split_once(' ').map(|(kind, name)| format!("{kind} \"{name}\""));
    name == section || quoted.is_some_and(|quoted| name == quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_changed_and_added_and_nothing_else_is() {
        let file = "# mine\n[default]\nregion = a\ns3 =\n    x = 1\n\n# of p\n[profile p]\nk=v\n";
        let text = |section, setting| updated(file, section, &[setting]).to_string();
        for (section, setting, expected) in [
            ("default", Setting::Text("region", "b"), file.replace("region = a", "region = b")),
            (
                "default",
                Setting::Text("output", "json"),
                file.replace("x = 1\n", "x = 1\noutput = json\n"),
            ),
            ("default", Setting::Nested("s3", "x", "2"), file.replace("    x = 1", "    x = 2")),
            (
                "default",
                Setting::Nested("s3", "y", "2"),
                file.replace("x = 1\n", "x = 1\n    y = 2\n"),
            ),
            ("profile p", Setting::Nested("s3", "y", "2"), format!("{file}s3 =\n    y = 2\n")),
            ("profile q", Setting::Text("k", "v"), format!("{file}[profile q]\nk = v\n")),
        ] {
            assert_eq!(text(section, setting), expected, "{section} {setting:?}");
        }
    }

    #[test]
    fn new_and_unfinished_files_are_completed() {
        let two = [Setting::Text("a", "1"), Setting::Text("b", "2")];
        assert_eq!(*updated("", "mfa", &two), "[mfa]\na = 1\nb = 2\n");
        assert_eq!(*updated("[mfa]\na = 0", "mfa", &two), "[mfa]\na = 1\nb = 2\n");
        let quoted = "[profile \"a b\"]\na = 0\n";
        assert_eq!(*updated(quoted, "profile a b", &two[..1]), quoted.replace('0', "1"));
        // What is only commented out, or below another setting, is not the one.
        let file = "[mfa]\n# a = 0\nx =\n  a = 0\n";
        assert_eq!(*updated(file, "mfa", &two[..1]), format!("{file}a = 1\n"));
    }
}
