//! Files of settings in the dialect of Python's `configparser.RawConfigParser`, which is what the
//! AWS CLI reads.
//!
//! Not here: which sections are profiles, and what settings mean.

use zeroize::Zeroizing;

/// The sections of a file, in order. There is no `Debug`, since values may be keys.
pub(super) type Sections = Vec<(String, Section)>;

/// The settings of a section, in order, their names in lower case.
#[derive(Clone, Default)]
pub(crate) struct Section(Vec<(String, Entry)>);

/// What a setting says.
#[derive(Clone)]
pub(crate) enum Entry {
    /// Text.
    Text(Zeroizing<String>),
    /// Settings of its own, indented below it.
    Nested(Vec<(String, String)>),
}

impl Section {
    /// The text of a setting.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.entry(name)? {
            Entry::Text(text) => Some(text),
            Entry::Nested(_) => None,
        }
    }

    /// A setting below another one.
    pub(crate) fn nested(&self, name: &str, below: &str) -> Option<&str> {
        let Entry::Nested(settings) = self.entry(name)? else { return None };
        let found = settings.iter().rfind(|(name, _)| name == below);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether there is such a setting, whatever it says.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// Takes over the settings of another, which go before its own.
    pub(super) fn update(&mut self, other: Self) {
        for (name, entry) in other.0 {
            self.set(name, entry);
        }
    }

    /// All of it, for comparison.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.0.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    fn fall_back_on(&mut self, other: &Self) {
        for (name, entry) in &other.0 {
            if !self.has(name) {
                self.set(name.clone(), entry.clone());
            }
        }
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, entry)| entry)
    }

    fn set(&mut self, name: String, entry: Entry) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = entry,
            None => self.0.push((name, entry)),
        }
    }
}

/// Sections with their settings, whose values may have several lines.
pub(super) type Plain = Vec<(String, Vec<(String, String)>)>;

/// Reads a file; `None` where it is not one.
pub(super) fn parse(text: &str) -> Option<Sections> {
    read(text)?.finish()
}

/// The same, where settings have no settings of their own. No value is taken for a secret.
pub(super) fn plain(text: &str) -> Option<Plain> {
    let setting = |(name, lines): (String, Lines)| (name, lines.join("\n"));
    let section =
        |(name, settings): (String, Vec<_>)| (name, settings.into_iter().map(setting).collect());
    Some(read(text)?.sections.into_iter().map(section).collect())
}

fn read(text: &str) -> Option<Reader> {
    let mut reader = Reader::default();
    // Python reads with universal newlines.
    for line in Zeroizing::new(text.replace("\r\n", "\n").replace('\r', "\n")).split('\n') {
        reader.line(line)?;
    }
    Some(reader)
}

/// A file as far as it was read.
#[derive(Default)]
struct Reader {
    /// Each section with the lines of its settings.
    sections: Vec<(String, Vec<(String, Lines)>)>,
    /// Which of them is being read.
    current: usize,
    /// Whether the last setting of it may go on.
    open: bool,
    /// How far that setting is indented, or whatever came last.
    indent: usize,
}

/// The lines of a setting.
type Lines = Zeroizing<Vec<String>>;

impl Reader {
    fn line(&mut self, line: &str) -> Option<()> {
        let value = line.trim();
        if value.starts_with(['#', ';']) {
            return Some(());
        }
        // A blank line does not end a value that goes on after it.
        if value.is_empty() {
            self.go_on(value);
            return Some(());
        }
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        if indent > self.indent && self.go_on(value) {
            return Some(());
        }
        self.indent = indent;
        match header(value) {
            Some(name) => self.section(name),
            None => self.setting(value),
        }
    }

    /// Adds a line to the last setting, if there is one.
    fn go_on(&mut self, line: &str) -> bool {
        let settings = self.sections.get_mut(self.current).filter(|_| self.open);
        let Some((_, lines)) = settings.and_then(|(_, settings)| settings.last_mut()) else {
            return false;
        };
        lines.push(line.to_owned());
        true
    }

    fn section(&mut self, name: &str) -> Option<()> {
        self.open = false;
        let known = self.sections.iter().position(|(known, _)| known == name);
        self.current = match known {
            // Only the section that belongs to all others may come twice.
            Some(_) if name != DEFAULTS => return None,
            Some(known) => known,
            None => {
                self.sections.push((name.to_owned(), Vec::new()));
                self.sections.len() - 1
            }
        };
        Some(())
    }

    fn setting(&mut self, line: &str) -> Option<()> {
        let (name, value) = line.split_at_checked(line.find(['=', ':'])?)?;
        let (name, value) = (name.trim_end().to_lowercase(), value.get(1..)?.trim());
        let (_, settings) = self.sections.get_mut(self.current)?;
        if name.is_empty() || settings.iter().any(|(known, _)| *known == name) {
            return None;
        }
        settings.push((name, Zeroizing::new(vec![value.to_owned()])));
        self.open = true;
        Some(())
    }

    fn finish(self) -> Option<Sections> {
        let mut sections = Sections::new();
        let mut defaults = Section::default();
        for (name, settings) in self.sections {
            let mut section = Section::default();
            for (name, lines) in settings {
                section.set(name, entry(&lines)?);
            }
            if name == DEFAULTS {
                defaults = section;
            } else {
                sections.push((name, section));
            }
        }
        for (_, section) in &mut sections {
            section.fall_back_on(&defaults);
        }
        Some(sections)
    }
}

/// The name in a section's header.
fn header(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix('[')?.rsplit_once(']')?;
    (!name.is_empty()).then_some(name)
}

fn entry(lines: &[String]) -> Option<Entry> {
    let text = Zeroizing::new(lines.join("\n"));
    let text = text.trim_end();
    let Some(nested) = text.strip_prefix('\n') else {
        return Some(Entry::Text(Zeroizing::new(text.to_owned())));
    };
    let mut settings = Vec::new();
    for line in nested.split('\n').map(str::trim).filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once('=')?;
        settings.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Some(Entry::Nested(settings))
}

/// The section whose settings Python gives to all others.
const DEFAULTS: &str = "DEFAULT";
