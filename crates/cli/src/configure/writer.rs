//! Changes settings in configuration files and preserves everything else: comments, order and white
//! space.
//!
//! It is hand-written because INI libraries do not preserve layout, nor read files as Python's
//! `configparser` does. Files are written in place, since they may be links; new files have mode
//! 0600.

use std::{
    borrow::Cow,
    fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use vmfa_client::{Configuration, split_words};
use zeroize::Zeroizing;

use super::quoted;
use crate::{
    CliContext,
    error::{CliError, Result},
    paramfile::os,
    python,
};

/// The section that is changed.
#[derive(Clone, Copy, Debug)]
pub(super) enum SectionHeader<'s> {
    /// `[NAME]`: a profile of the credentials file, or a section of the config file that is not a
    /// profile. Headers of the credentials file are not split into words.
    Name(&'s str),
    /// `[KIND NAME]` of the config file, such as `[profile dev]` or `[sso-session dev]`.
    Subsection { kind: &'s str, name: &'s str },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum SettingChange<'s> {
    Text(&'s str, &'s str),
    /// The parent setting, the name and the value of a nested setting.
    Nested(&'s str, &'s str, &'s str),
}

/// Changes settings of one section. Creates the file and the section if needed.
pub(super) fn update(
    file: &str,
    header: SectionHeader<'_>,
    settings: &[SettingChange<'_>],
    context: &CliContext<'_>,
) -> Result<()> {
    check_lines(header, settings)?;
    let path = Configuration::path(file, context.variable);
    let failed = |error: io::Error| CliError::Other(os(&error, &path.to_string_lossy()));
    let old = match fs::read_to_string(&path).map(Zeroizing::new) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Zeroizing::default(),
        read => read.map_err(failed)?,
    };
    write(&path, &updated(&old, header, settings)).map_err(failed)
}

/// Warns if group or others can access the file with credentials.
pub(super) fn warn_if_open(file: &str, context: &mut CliContext<'_>) {
    let path = Configuration::path(file, context.variable);
    let Ok(found) = fs::metadata(&path) else { return };
    if found.is_file() && found.permissions().mode() & OTHERS != 0 {
        // Standard error failed: there is no other place to report it.
        let (program, path) = (context.program, path.display());
        let _ = write!(
            context.err,
            "\n{program}: [WARNING]: The file '{path}' is accessible by other users. Consider \
             running 'chmod 600 {path}' to restrict access to only your user.\n"
        );
    }
}

/// Refuses line breaks, which would create other settings.
fn check_lines(header: SectionHeader<'_>, settings: &[SettingChange<'_>]) -> Result<()> {
    let has_lines = |text: &str| text.contains(['\n', '\r']);
    let check = |label: &str, text: &str| {
        if !has_lines(text) {
            return Ok(());
        }
        let shown = python::quoted(text);
        Err(CliError::Other(format!(
            "Invalid {label}: newline characters and carriage returns are not allowed: {shown}"
        )))
    };
    check("section name", &header.text())?;
    for setting in settings {
        let (name, value) = match setting {
            SettingChange::Text(name, value) => (name, value),
            SettingChange::Nested(name, below, value) => {
                check("key", name)?;
                check("key", below)?;
                (name, value)
            }
        };
        check("key", name)?;
        if has_lines(value) {
            // The value may be a secret.
            return Err(CliError::Other(format!(
                "Invalid value for key {name}: newline characters and carriage returns are not \
                 allowed."
            )));
        }
    }
    Ok(())
}

impl<'s> SectionHeader<'s> {
    /// The section of a profile in the config file.
    pub(super) fn of_profile(profile: &'s str) -> Self {
        match profile {
            "default" => Self::Name(profile),
            name => Self::Subsection { kind: "profile", name },
        }
    }

    fn text(&self) -> Cow<'s, str> {
        match self {
            Self::Name(name) => Cow::Borrowed(name),
            Self::Subsection { kind, name } if name.contains([' ', '\t']) => {
                Cow::Owned(format!("{kind} {}", quoted(name)))
            }
            Self::Subsection { kind, name } => Cow::Owned(format!("{kind} {name}")),
        }
    }

    /// Whether a written header names this section, however it is quoted.
    fn is(&self, written: &str) -> bool {
        let subsection = |kind: &str, name: &str| {
            let words = split_words(written).unwrap_or_default();
            written.starts_with(kind) && matches!(words.as_slice(), [_, word] if word == name)
        };
        written == self.text()
            || matches!(self, Self::Subsection { kind, name } if subsection(kind, name))
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

/// The new content of a file.
fn updated(
    old: &str,
    header: SectionHeader<'_>,
    settings: &[SettingChange<'_>],
) -> Zeroizing<String> {
    let mut lines: Vec<Zeroizing<String>> =
        old.split_inclusive('\n').map(|line| Zeroizing::new(line.to_owned())).collect();
    if let Some(line) = lines.last_mut().filter(|line| !line.ends_with('\n')) {
        line.push('\n');
    }
    let is_start =
        |part: &LineKind| matches!(part, LineKind::SectionStart(name) if header.is(name));
    let start = parts(&lines).iter().position(is_start).unwrap_or_else(|| {
        lines.push(Zeroizing::new(format!("[{}]\n", header.text())));
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

/// The kinds of lines for Python's `configparser`, which the AWS CLI uses.
#[derive(Debug)]
enum LineKind {
    /// The header of a section: the text in brackets.
    SectionStart(String),
    /// The first line of a setting: its name in lower case, as names are compared.
    Assignment(String),
    /// A continuation line, which may hold a nested setting.
    Further,
    /// A blank line, a comment, or a line that is not valid.
    Other,
}

fn parts(lines: &[Zeroizing<String>]) -> Vec<LineKind> {
    let (mut open, mut depth) = (false, 0);
    let part = |line: &Zeroizing<String>| {
        let text = line.trim();
        if text.is_empty() || text.starts_with(['#', ';']) {
            return LineKind::Other;
        }
        let indent = indent(line).len();
        if open && indent > depth {
            return LineKind::Further;
        }
        depth = indent;
        if let Some(name) = header(text) {
            open = false;
            return LineKind::SectionStart(name.to_owned());
        }
        match name_of(text) {
            Some(name) => {
                open = true;
                LineKind::Assignment(name.to_lowercase())
            }
            None => LineKind::Other,
        }
    };
    lines.iter().map(part).collect()
}

fn change(lines: &mut Vec<Zeroizing<String>>, start: usize, setting: SettingChange<'_>) {
    let (SettingChange::Text(name, value) | SettingChange::Nested(name, _, value)) = setting;
    let parts = parts(lines);
    let section = |from: usize| {
        let parts = parts.iter().enumerate().skip(from);
        parts.take_while(|(_, part)| !matches!(part, LineKind::SectionStart(_)))
    };
    let first = start.saturating_add(1);
    let is_setting = |part: &LineKind| matches!(part, LineKind::Assignment(_));
    let settings = || section(first).filter(|(_, part)| is_setting(part)).map(|(at, _)| at);
    // A name with `=` or `:` ends there when it is read.
    let read = name.split(['=', ':']).next().unwrap_or(name).trim().to_lowercase();
    let is_it = |part: &LineKind| matches!(part, LineKind::Assignment(known) if *known == read);
    let found = section(first).find(|(_, part)| is_it(part)).map(|(at, _)| at);
    // The indent of the settings around it: a line with more indent would be a continuation.
    let beside = found.or_else(|| settings().last()).unwrap_or(start);
    let indent = lines.get(beside).map_or("", |line| indent(line)).to_owned();
    // New lines go after the last setting, before blank lines and comments that follow it.
    let used = section(first).filter(|(_, part)| !matches!(part, LineKind::Other)).last();
    let after = used.map_or(first, |(at, _)| at.saturating_add(1));
    let line = |indent: &str, name: &str, value: &str| {
        Zeroizing::new(format!("{indent}{name} = {value}\n"))
    };
    let deeper = format!("{indent}    ");
    match (found, setting) {
        (None, SettingChange::Text(..)) => lines.insert(after, line(&indent, name, value)),
        (None, SettingChange::Nested(_, below, _)) => {
            lines.insert(after, line(&deeper, below, value));
            lines.insert(after, Zeroizing::new(format!("{indent}{name} =\n")));
        }
        (Some(at), SettingChange::Text(..)) => replace(lines, at, line(&indent, name, value)),
        (Some(at), SettingChange::Nested(_, below, _)) => {
            let further = section(at.saturating_add(1)).take_while(|(_, part)| !is_setting(part));
            let further: Vec<usize> =
                further.filter(|(_, p)| matches!(p, LineKind::Further)).map(|(at, _)| at).collect();
            let text = |at: &usize| lines.get(*at).map_or("", |line| line.as_str());
            let is_known = |at: &&usize| {
                text(at).split_once('=').is_some_and(|(known, _)| known.trim() == below)
            };
            // Of duplicates the last one is read.
            let known = further.iter().rfind(is_known);
            let depth =
                known.or(further.first()).map_or(deeper, |at| self::indent(text(at)).into());
            let changed = line(&depth, below, value);
            if let Some(at) = known {
                replace(lines, *at, changed);
            } else {
                let last = further.last().unwrap_or(&at).saturating_add(1);
                lines.insert(last, changed);
            }
        }
    }
}

fn replace(lines: &mut [Zeroizing<String>], at: usize, with: Zeroizing<String>) {
    if let Some(line) = lines.get_mut(at) {
        *line = with;
    }
}

fn indent(line: &str) -> &str {
    line.split_at(line.len().saturating_sub(line.trim_start().len())).0
}

/// The name of a setting at the start of a line.
fn name_of(text: &str) -> Option<&str> {
    let (name, _) = text.split_at_checked(text.find(['=', ':'])?)?;
    let name = name.trim_end();
    (!name.is_empty()).then_some(name)
}

/// The text in the brackets of a header.
fn header(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('[')?.rsplit_once(']')?;
    (!name.is_empty()).then_some(name)
}

/// The permissions of group and others.
const OTHERS: u32 = 0o077;

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: SectionHeader<'_> = SectionHeader::Name("default");

    #[test]
    fn only_the_named_settings_change() {
        let file = "# mine\n[default]\nregion = a\ns3 =\n    x = 1\n\n# of p\n[profile p]\nk=v\n";
        let text = |section, setting| updated(file, section, &[setting]).to_string();
        for (section, setting, expected) in [
            (DEFAULT, SettingChange::Text("region", "b"), file.replace("region = a", "region = b")),
            (
                DEFAULT,
                SettingChange::Text("output", "json"),
                file.replace("x = 1\n", "x = 1\noutput = json\n"),
            ),
            (
                DEFAULT,
                SettingChange::Nested("s3", "x", "2"),
                file.replace("    x = 1", "    x = 2"),
            ),
            (
                DEFAULT,
                SettingChange::Nested("s3", "y", "2"),
                file.replace("x = 1\n", "x = 1\n    y = 2\n"),
            ),
            (
                SectionHeader::of_profile("p"),
                SettingChange::Nested("s3", "y", "2"),
                format!("{file}s3 =\n    y = 2\n"),
            ),
            (
                SectionHeader::of_profile("q"),
                SettingChange::Text("k", "v"),
                format!("{file}[profile q]\nk = v\n"),
            ),
        ] {
            assert_eq!(text(section, setting), expected, "{section:?} {setting:?}");
        }
    }

    #[test]
    fn new_and_unfinished_files_are_completed() {
        let mfa = SectionHeader::Name("mfa");
        let two = [SettingChange::Text("a", "1"), SettingChange::Text("b", "2")];
        assert_eq!(*updated("", mfa, &two), "[mfa]\na = 1\nb = 2\n");
        assert_eq!(*updated("[mfa]\na = 0", mfa, &two), "[mfa]\na = 1\nb = 2\n");
        // Comments and nested settings do not match.
        let file = "[mfa]\n# a = 0\nx =\n  a = 0\n";
        assert_eq!(*updated(file, mfa, &two[..1]), format!("{file}a = 1\n"));
    }

    #[test]
    fn the_writer_parses_files_as_the_aws_cli_does() {
        let one = [SettingChange::Text("a", "1")];
        for quoted in ["'a b'", "\"a b\"", "a\\ b"] {
            let file = format!("[profile {quoted}]\na = 0\n");
            assert_eq!(
                *updated(&file, SectionHeader::of_profile("a b"), &one),
                file.replace('0', "1")
            );
        }
        // Headers of the credentials file are not split into words.
        let file = "[a \"b\"]\na = 0\n";
        let expected = format!("{file}[a b]\na = 1\n");
        assert_eq!(*updated(file, SectionHeader::Name("a b"), &one), expected);
        for (file, expected) in [
            ("[default]\n  a = 0\n  b = 0\n", "[default]\n  a = 1\n  b = 0\n"),
            ("[default]\n  b = 0\n  [x]\n", "[default]\n  b = 0\n  a = 1\n  [x]\n"),
            ("[default]\nA: 0\n", "[default]\na = 1\n"),
            ("[default]\nb = 0\n  [default]\n", "[default]\nb = 0\n  [default]\na = 1\n"),
            ("[default] # mine]\n[default]\n", "[default] # mine]\n[default]\na = 1\n"),
        ] {
            assert_eq!(*updated(file, DEFAULT, &one), expected, "{file}");
        }
        let nested = [SettingChange::Nested("s3", "x", "1")];
        for (file, expected) in [
            ("[default]\ns3 =\n  x = 0\n  x=0\n", "[default]\ns3 =\n  x = 0\n  x = 1\n"),
            (
                "[default]\ns3 =\n\n  # x = 0\n  y = 0\nz=0\n",
                "[default]\ns3 =\n\n  # x = 0\n  y = 0\n  x = 1\nz=0\n",
            ),
            ("[default]\n s3 =\n", "[default]\n s3 =\n     x = 1\n"),
        ] {
            assert_eq!(*updated(file, DEFAULT, &nested), expected, "{file}");
        }
    }
}
