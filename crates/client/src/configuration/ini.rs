//! Parses INI files as Python's `configparser.RawConfigParser` does, which the AWS CLI reads its
//! files with. Written here, since no crate has its dialect: nested settings, continuation lines,
//! comments.

use zeroize::Zeroizing;

/// The sections of a file, in order. Without `Debug`, since values may be secrets.
pub(super) type Sections = Vec<(String, Section)>;

/// The settings of a section, in order. Names are in lower case.
#[derive(Clone, Default)]
pub(crate) struct Section(Vec<(String, SettingEntry)>);

#[derive(Clone)]
pub(crate) enum SettingEntry {
    Text(Zeroizing<String>),
    /// Nested settings, which are indented.
    Nested(Vec<(String, String)>),
}

impl Section {
    /// A setting that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.entry(name)? {
            SettingEntry::Text(text) => Some(text),
            SettingEntry::Nested(_) => None,
        }
    }

    /// A setting nested in another.
    pub(crate) fn nested(&self, name: &str, below: &str) -> Option<&str> {
        let SettingEntry::Nested(settings) = self.entry(name)? else { return None };
        let found = settings.iter().rfind(|(name, _)| name == below);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether a setting exists.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// Sets the settings of another section, which override existing ones.
    pub(super) fn update(&mut self, other: Self) {
        for (name, entry) in other.0 {
            self.set(name, entry);
        }
    }

    /// All settings, for comparison in tests.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &SettingEntry)> {
        self.0.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    fn fall_back_on(&mut self, other: &Self) {
        for (name, entry) in &other.0 {
            if !self.has(name) {
                self.set(name.clone(), entry.clone());
            }
        }
    }

    fn entry(&self, name: &str) -> Option<&SettingEntry> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, entry)| entry)
    }

    fn set(&mut self, name: String, entry: SettingEntry) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = entry,
            None => self.0.push((name, entry)),
        }
    }
}

/// Sections of settings without nested ones; values may have several lines.
pub(super) type PlainSections = Vec<(String, Vec<(String, String)>)>;

/// Parses a file; `None` for an invalid one.
pub(super) fn parse(text: &str) -> Option<Sections> {
    read(text)?.finish()
}

/// The same, without nested settings.
pub(super) fn plain(text: &str) -> Option<PlainSections> {
    let setting = |(name, lines): (String, Lines)| (name, lines.join("\n"));
    let section =
        |(name, settings): (String, Vec<_>)| (name, settings.into_iter().map(setting).collect());
    Some(read(text)?.sections.into_iter().map(section).collect())
}

fn read(text: &str) -> Option<IniParser> {
    let mut parser = IniParser::default();
    // Python reads with universal newlines.
    for line in Zeroizing::new(text.replace("\r\n", "\n").replace('\r', "\n")).split('\n') {
        parser.line(line)?;
    }
    Some(parser)
}

/// The state of the parser.
#[derive(Default)]
struct IniParser {
    /// The sections so far, with the lines of each setting.
    sections: Vec<(String, Vec<(String, Lines)>)>,
    /// The index of the current section.
    current: usize,
    /// Whether the last setting may continue on the next line.
    open: bool,
    /// The indentation of the last setting.
    indent: usize,
}

/// The lines of a setting.
type Lines = Zeroizing<Vec<String>>;

impl IniParser {
    fn line(&mut self, line: &str) -> Option<()> {
        let value = line.trim();
        if value.starts_with(['#', ';']) {
            return Some(());
        }
        // A blank line does not end a value.
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

    /// Adds a continuation line to the last setting, if there is one.
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
            // Only the section of defaults may be repeated.
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

fn header(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix('[')?.rsplit_once(']')?;
    (!name.is_empty()).then_some(name)
}

fn entry(lines: &[String]) -> Option<SettingEntry> {
    let text = Zeroizing::new(lines.join("\n"));
    let text = text.trim_end();
    let Some(nested) = text.strip_prefix('\n') else {
        return Some(SettingEntry::Text(Zeroizing::new(text.to_owned())));
    };
    let mut settings = Vec::new();
    for line in nested.split('\n').map(str::trim).filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once('=')?;
        settings.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Some(SettingEntry::Nested(settings))
}

/// The section of defaults, which Python adds to all others.
const DEFAULTS: &str = "DEFAULT";
