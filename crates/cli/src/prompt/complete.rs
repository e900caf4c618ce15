//! Completes a command line and describes its last word: a function of the line up to the cursor,
//! derived from the action table.

use crate::catalogue::{
    CommandEntry, OptionEntry, ServiceCommands, ValueCount, global_options, services,
};

/// The candidates for the last word.
#[derive(Debug)]
pub(super) struct Completions {
    /// The byte where the last word begins.
    pub(super) start: usize,
    pub(super) found: Vec<Candidate>,
}

#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) text: String,
    pub(super) about: String,
}

/// The candidates for the last word of a line that ends at the cursor.
pub(super) fn complete(line: &str) -> Completions {
    let place = CursorContext::of(line);
    let option = place.word.starts_with("--");
    let attached = option.then(|| place.word.split_once('=')).flatten();
    let (start, word, found) = match attached {
        Some((name, value)) => {
            let values = place.option(name).map(|option| values(&option)).unwrap_or_default();
            (place.start.saturating_add(name.len()).saturating_add(1), value, values)
        }
        None if option => (place.start, place.word, place.missing()),
        None => (place.start, place.word, place.words()),
    };
    let found = found.into_iter().filter(|candidate| candidate.text.starts_with(word)).collect();
    Completions { start, found }
}

/// The description of the last word, or of the next one if that is known.
pub(super) fn about(line: &str) -> Option<String> {
    let place = CursorContext::of(line);
    if place.word.is_empty() {
        let wants = |option: &OptionEntry| format!("--{}: {}", option.name, first(option.about));
        return place.waiting.as_ref().map(wants).or_else(|| place.needs());
    }
    let about = match place.word.strip_prefix("--") {
        Some(name) => place.options().find(|option| option.name == name).map(|o| o.about),
        None => place.commands().find(|(name, _)| *name == place.word).map(|(_, about)| about),
    };
    about.map(|about| first(about).to_owned())
}

struct CursorContext<'l> {
    /// The byte where the last word begins.
    start: usize,
    /// The last word, up to the cursor; empty after a space.
    word: &'l str,
    services: Vec<ServiceCommands>,
    /// The command and operation before the last word, if present.
    service: Option<String>,
    operation: Option<String>,
    given: Vec<String>,
    waiting: Option<OptionEntry>,
    /// A quote is open, or an earlier word is unknown.
    lost: bool,
}

impl<'l> CursorContext<'l> {
    fn of(line: &'l str) -> Self {
        let start = line.rfind(char::is_whitespace).map_or(0, |at| {
            // White space may be longer than one byte.
            let space = line.get(at..).and_then(|rest| rest.chars().next());
            at.saturating_add(space.map_or(1, char::len_utf8))
        });
        let (before, word) = line.split_at_checked(start).unwrap_or((line, ""));
        let words = shlex::split(before);
        let mut place = Self {
            start,
            word,
            services: services(),
            service: None,
            operation: None,
            given: Vec::new(),
            waiting: None,
            lost: words.is_none(),
        };
        words.into_iter().flatten().for_each(|word| place.pass(&word));
        place
    }

    fn pass(&mut self, word: &str) {
        if word.starts_with("--") {
            let (name, value) = word.split_once('=').map_or((word, None), |(n, v)| (n, Some(v)));
            let option = self.option(name);
            self.given.extend(option.as_ref().map(|option| option.name.clone()));
            self.waiting = option.filter(|o| value.is_none() && o.values.1 != ValueCount::None);
        } else if let Some(option) = &self.waiting {
            if option.values.1 == ValueCount::One {
                self.waiting = None;
            }
        } else if self.commands().any(|(name, _)| name == word) {
            let empty =
                if self.service.is_none() { &mut self.service } else { &mut self.operation };
            *empty = Some(word.to_owned());
        } else {
            self.lost = true;
        }
    }

    /// The names that may come next, with their descriptions.
    fn commands(&self) -> Box<dyn Iterator<Item = (&str, &'static str)> + '_> {
        match (self.service(), &self.operation) {
            _ if self.lost => Box::new(std::iter::empty()),
            (None, _) => Box::new(self.services.iter().map(|s| (s.name, s.about))),
            (Some(service), None) => {
                Box::new(service.commands.iter().map(|c| (c.name.as_str(), c.about)))
            }
            (Some(_), Some(_)) => Box::new(std::iter::empty()),
        }
    }

    /// The positional candidates, or else the options.
    fn words(&self) -> Vec<Candidate> {
        if let Some(option) = &self.waiting {
            return values(option);
        }
        if self.word.is_empty() && self.operation.is_some() {
            return self.missing();
        }
        let candidate = |(name, about): (&str, &str)| Candidate {
            text: name.to_owned(),
            about: first(about).to_owned(),
        };
        self.commands().map(candidate).collect()
    }

    /// The options that are not given yet, required ones first.
    fn missing(&self) -> Vec<Candidate> {
        let options = self.options().filter(|option| !self.given.contains(&option.name));
        let (demanded, others): (Vec<OptionEntry>, Vec<OptionEntry>) =
            options.partition(|o| o.required);
        let candidate = |option: OptionEntry| {
            let required = if option.required { "(required) " } else { "" };
            let about = format!("{required}{}", first(option.about));
            Candidate { text: format!("--{}", option.name), about }
        };
        demanded.into_iter().chain(others).map(candidate).collect()
    }

    fn needs(&self) -> Option<String> {
        let missing = self.options().filter(|o| o.required && !self.given.contains(&o.name));
        let names: Vec<String> = missing.map(|option| format!("--{}", option.name)).collect();
        (!names.is_empty()).then(|| format!("needs {}", names.join(", ")))
    }

    /// The option with that name, or with that unique prefix.
    fn option(&self, name: &str) -> Option<OptionEntry> {
        let name = name.strip_prefix("--")?;
        let mut begins: Vec<OptionEntry> =
            self.options().filter(|o| o.name.starts_with(name)).collect();
        let exact = begins.iter().position(|option| option.name == name);
        match (exact, begins.len()) {
            (Some(at), _) => Some(begins.swap_remove(at)),
            (None, 1) => begins.pop(),
            _ => None,
        }
    }

    /// The options of the operation, then the global ones.
    fn options(&self) -> impl Iterator<Item = OptionEntry> {
        let own = self.listed().map(|listed| listed.options.clone()).unwrap_or_default();
        own.into_iter().chain(global_options())
    }

    fn service(&self) -> Option<&ServiceCommands> {
        let name = self.service.as_ref()?;
        self.services.iter().find(|service| service.name == *name)
    }

    fn listed(&self) -> Option<&CommandEntry> {
        let name = self.operation.as_ref()?;
        self.service()?.commands.iter().find(|listed| listed.name == *name)
    }
}

/// The allowed values of an option.
fn values(option: &OptionEntry) -> Vec<Candidate> {
    let candidate = |text: &&str| Candidate { text: (*text).to_owned(), about: String::new() };
    option.choices.iter().map(candidate).collect()
}

fn first(doc: &str) -> &str {
    doc.split_once(". ").map_or(doc, |(first, _)| first).trim().trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> (usize, String) {
        let Completions { start, found } = complete(line);
        (start, found.into_iter().map(|c| c.text).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn completion_offers_commands_then_operations() {
        assert_eq!(found(""), (0, "iam sts".to_owned()));
        assert_eq!(found("i"), (0, "iam".to_owned()));
        assert_eq!(found("--output json s"), (14, "sts".to_owned()));
        assert_eq!(found("iam enable-m"), (4, "enable-mfa-device".to_owned()));
        let operations = vmfa_iam::actions().filter(|action| action.api == vmfa_iam::Api::Sts);
        let operations: Vec<String> = operations.map(|a| crate::command::kebab(a.name)).collect();
        assert_eq!(found("sts "), (4, operations.join(" ")));
        assert_eq!(found("s3 ").1, "");
    }

    #[test]
    fn completion_offers_required_options_first() {
        let line = "iam enable-mfa-device ";
        let begins = "--user-name --serial-number --authentication-code1 --authentication-code2 ";
        assert!(found(line).1.starts_with(begins), "{:?}", found(line));
        assert_eq!(found(&format!("{line}--user-name bob --u")).1, "");
        let line = format!("{line}--authentication-code1 1 --auth");
        assert_eq!(found(&line), (47, "--authentication-code2".to_owned()));
        assert_eq!(found("--output json --debug iam list-users --deb").1, "");
        assert_eq!(found("iam list-users --mark").1, "", "what is hidden is not offered");
    }

    #[test]
    fn values_come_from_the_table() {
        let values = "Assigned Unassigned Any".to_owned();
        assert_eq!(found("iam list-virtual-mfa-devices --assignment-status ").1, values);
        assert_eq!(found("iam list-virtual-mfa-devices --assignment-status=A").0, 49);
        assert_eq!(found("iam list-virtual-mfa-devices --assign U").1, "Unassigned");
        assert_eq!(found("iam list-users --output y").1, "yaml yaml-stream");
        assert_eq!(
            found("iam list-users --output json ").1.split(' ').next(),
            Some("--path-prefix")
        );
        assert_eq!(found("iam list-users --query 'Users[").1, "", "a quote is open");
        assert_eq!(found("iam get-user --user-name ").1, "", "any name will do");
    }

    #[test]
    fn every_operation_and_each_of_its_options_is_offered() {
        for service in services() {
            for listed in service.commands {
                let line = format!("{} {}", service.name, listed.name);
                assert!(found(&line).1.split(' ').any(|name| name == listed.name), "{line}");
                for option in listed.options {
                    let name = format!("--{}", option.name);
                    let line = format!("{line} {name}");
                    assert!(found(&line).1.split(' ').any(|offered| offered == name), "{line}");
                    assert!(about(&line).is_some_and(|about| !about.is_empty()), "{line}");
                }
            }
        }
    }

    #[test]
    fn the_hint_describes_the_last_word() {
        for (line, message) in [
            ("i", None),
            ("iam", Some("Users, access keys and MFA devices: the commands of `aws iam`")),
            ("iam enable-mfa-device", Some("Assigns a virtual MFA device to a user")),
            (
                "iam enable-mfa-device --user-name=bob ",
                Some("needs --serial-number, --authentication-code1, --authentication-code2"),
            ),
            (
                "iam enable-mfa-device --serial-number ",
                Some("--serial-number: The serial number, which for a virtual device is its ARN"),
            ),
            ("iam get-user --user-name", Some("The user; the caller by default")),
            ("iam get-user --user-name bob", None),
            ("iam list-users ", None),
        ] {
            assert_eq!(about(line).as_deref(), message, "{line}");
        }
    }
}
