//! Which words may come next on a command line, and what the last one is for: a function of the
//! line up to the cursor, derived from the action table.
//!
//! Not here: how that is shown, and whether a line is right, which only running it tells.

use vmfa_iam::{Action, Api, actions};
use vmfa_model::Shape;

use crate::{
    arguments::{Flag, Takes},
    command::{Target, action, api, kebab, parameters},
    globals::FLAGS,
};

/// What may stand in the place of the last word.
#[derive(Debug)]
pub(super) struct Completions {
    /// The byte of the line where that word begins.
    pub(super) start: usize,
    /// What may stand there.
    pub(super) found: Vec<Candidate>,
}

/// A word that may come next.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// The word.
    pub(super) text: String,
    /// What it is for, in a few words.
    pub(super) about: String,
}

/// What may stand in the place of the last word of a line that ends at the cursor.
pub(super) fn complete(line: &str) -> Completions {
    let place = Place::of(line);
    let option = place.word.starts_with("--");
    let (start, word, found) = match (option.then(|| place.word.split_once('=')).flatten(), option) {
        (Some((name, value)), _) => {
            let values = place.option(name).map(|option| option.values()).unwrap_or_default();
            (place.start.saturating_add(name.len()).saturating_add(1), value, values)
        }
        (None, true) => (place.start, place.word, place.missing()),
        (None, false) => (place.start, place.word, place.words()),
    };
    let found = found.into_iter().filter(|candidate| candidate.text.starts_with(word)).collect();
    Completions { start, found }
}

/// What the last word of a line is for, or what the next one would be, as far as it can be known.
pub(super) fn about(line: &str) -> Option<String> {
    let place = Place::of(line);
    if place.word.is_empty() {
        let wants = |option: &Opt| format!("{}: {}", option.flag.name, option.about);
        return place.waiting.as_ref().map(wants).or_else(|| place.needs());
    }
    if place.word.starts_with("--") {
        return place.options().into_iter().find(|o| o.flag.name == place.word).map(|o| o.about);
    }
    let mut words = place.words().into_iter();
    words.find(|candidate| candidate.text == place.word).map(|candidate| candidate.about)
}

/// An option, and what it is for.
#[derive(Clone, Debug)]
struct Opt {
    flag: Flag,
    required: bool,
    about: String,
    /// The values that a member may have.
    values: &'static [&'static str],
}

impl Opt {
    fn values(&self) -> Vec<Candidate> {
        let values = if self.flag.choices.is_empty() { self.values } else { self.flag.choices };
        let candidate = |text: &&str| Candidate { text: (*text).to_owned(), about: String::new() };
        values.iter().map(candidate).collect()
    }

    fn takes_one(&self) -> bool {
        matches!(self.flag.takes, Takes::One | Takes::Maybe(_))
    }
}

/// Where in a command the cursor is.
struct Place<'l> {
    /// Where the last word begins.
    start: usize,
    /// The last word, up to the cursor; empty after a space.
    word: &'l str,
    api: Option<Api>,
    action: Option<&'static Action>,
    /// The options before it.
    given: Vec<String>,
    /// The option whose value the last word is.
    waiting: Option<Opt>,
    /// A quote is open, or a word before is none that is known.
    lost: bool,
}

impl<'l> Place<'l> {
    fn of(line: &'l str) -> Self {
        let start = line.rfind(char::is_whitespace).map_or(0, |at| {
            // All that is white space in a line has its own length.
            let space = line.get(at..).and_then(|rest| rest.chars().next());
            at.saturating_add(space.map_or(1, char::len_utf8))
        });
        let (before, word) = line.split_at_checked(start).unwrap_or((line, ""));
        let words = shlex::split(before);
        let mut place = Self {
            start,
            word,
            api: None,
            action: None,
            given: Vec::new(),
            waiting: None,
            lost: words.is_none(),
        };
        words.into_iter().flatten().for_each(|word| place.pass(&word));
        place
    }

    /// Takes note of a word before the last.
    fn pass(&mut self, word: &str) {
        if let Some((name, value)) = word.strip_prefix("--").map(|_| {
            word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)))
        }) {
            self.given.push(name.to_owned());
            let option = self.option(name).filter(|_| value.is_none());
            self.waiting = option.filter(|o| o.takes_one() || o.flag.takes == Takes::Any);
        } else if let Some(option) = &self.waiting {
            if option.takes_one() {
                self.waiting = None;
            }
        } else if self.api.is_none() {
            self.api = api(word);
            self.lost |= self.api.is_none();
        } else if self.action.is_none() {
            self.action = self.api.and_then(|api| action(api, word));
            self.lost |= self.action.is_none();
        }
    }

    /// The words that are no options.
    fn words(&self) -> Vec<Candidate> {
        if self.lost {
            return Vec::new();
        }
        if let Some(option) = &self.waiting {
            return option.values();
        }
        match (self.api, self.action) {
            (None, _) => Api::ALL.into_iter().map(service).collect(),
            (Some(api), None) => {
                actions().filter(|action| action.api == api).map(operation).collect()
            }
            _ if self.word.is_empty() => self.missing(),
            _ => Vec::new(),
        }
    }

    /// The options that are not there yet, those that must be there first.
    fn missing(&self) -> Vec<Candidate> {
        let options = self.options().into_iter();
        let options = options.filter(|option| !self.given.iter().any(|g| *g == option.flag.name));
        let (first, second): (Vec<Opt>, Vec<Opt>) = options.partition(|option| option.required);
        let candidate = |option: Opt| {
            let about = &option.about;
            let about = if option.required { format!("(required) {about}") } else { about.clone() };
            Candidate { text: option.flag.name.into_owned(), about }
        };
        first.into_iter().chain(second).map(candidate).collect()
    }

    /// What must still be given.
    fn needs(&self) -> Option<String> {
        let missing = self.options().into_iter().filter(|option| option.required);
        let missing = missing.filter(|option| !self.given.iter().any(|g| *g == option.flag.name));
        let names: Vec<String> = missing.map(|option| option.flag.name.into_owned()).collect();
        (!names.is_empty()).then(|| format!("needs {}", names.join(", ")))
    }

    /// The option of that name, or of which that is the only beginning.
    fn option(&self, name: &str) -> Option<Opt> {
        let mut begins: Vec<Opt> =
            self.options().into_iter().filter(|o| o.flag.name.starts_with(name)).collect();
        let exact = begins.iter().position(|option| option.flag.name == name);
        match (exact, begins.len()) {
            (Some(at), _) => Some(begins.swap_remove(at)),
            (None, 1) => begins.pop(),
            _ => None,
        }
    }

    /// All options of the action, and those of all commands.
    fn options(&self) -> Vec<Opt> {
        let own = self.action.into_iter().flat_map(parameters).filter(|p| !p.hidden);
        let own = own.map(|parameter| {
            let (about, values) = told(parameter.target);
            let about = about.to_owned();
            Opt { flag: parameter.flag, required: parameter.required, about, values }
        });
        let all = FLAGS.into_iter().map(|flag| {
            let about = "an option of all commands".to_owned();
            Opt { flag, required: false, about, values: &[] }
        });
        own.chain(all).collect()
    }
}

fn service(api: Api) -> Candidate {
    let about = match api {
        Api::Iam => "AWS Identity and Access Management",
        Api::Sts => "AWS Security Token Service",
    };
    Candidate { text: api.name().to_owned(), about: about.to_owned() }
}

fn operation(action: &'static Action) -> Candidate {
    Candidate { text: kebab(action.name), about: first(action.doc).to_owned() }
}

/// What an option is for, and which values it may have.
fn told(target: Target) -> (&'static str, &'static [&'static str]) {
    match target {
        Target::Member(member) => (first(member.doc), values(&member.shape)),
        Target::Switch(member, _) => (first(member.doc), &[]),
        Target::Outfile => ("the file that the secret is written to", &[]),
        Target::Method(fields) => ("which secret is written", fields),
        Target::Input(_) => ("the whole input as one document", &[]),
        Target::MaxItems => ("how many items to show in all", &[]),
        Target::StartingToken => ("where in the list to begin", &[]),
        Target::PageSize => ("how many items to ask for at a time", &[]),
        Target::Skeleton => ("print an outline of the input or output, and do nothing", &[]),
    }
}

fn values(shape: &Shape) -> &'static [&'static str] {
    match shape {
        Shape::Text(text) => text.values,
        Shape::List(list) => values(&list.element),
        _ => &[],
    }
}

/// The first sentence.
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
    fn commands_come_first_then_operations() {
        assert_eq!(found(""), (0, "iam sts".to_owned()));
        assert_eq!(found("i"), (0, "iam".to_owned()));
        assert_eq!(found("--output json s"), (14, "sts".to_owned()));
        assert_eq!(found("iam enable"), (4, "enable-mfa-device".to_owned()));
        assert_eq!(found("sts "), (4, "get-caller-identity get-session-token".to_owned()));
        assert_eq!(found("s3 ").1, "");
    }

    #[test]
    fn options_come_next_those_first_that_must_be_there() {
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
        assert_eq!(found("iam list-users --output json ").1.split(' ').next(), Some("--path-prefix"));
        assert_eq!(found("iam list-users --query 'Users[").1, "", "a quote is open");
        assert_eq!(found("iam get-user --user-name ").1, "", "any name will do");
    }

    #[test]
    fn every_operation_and_each_of_its_options_is_offered() {
        for action in actions() {
            let line = format!("{} {}", action.api.name(), kebab(action.name));
            let offered = found(&line).1;
            assert!(offered.split(' ').any(|name| name == kebab(action.name)), "{line}");
            for parameter in parameters(action).into_iter().filter(|p| !p.hidden) {
                let name = &*parameter.flag.name;
                let line = format!("{line} {name}");
                assert!(found(&line).1.split(' ').any(|offered| offered == name), "{line}");
                assert!(about(&line).is_some_and(|about| !about.is_empty()), "{line}");
            }
        }
    }

    #[test]
    fn the_last_word_is_told_about() {
        for (line, told) in [
            ("i", None),
            ("iam", Some("AWS Identity and Access Management")),
            ("iam enable-mfa-device", Some("Binds a virtual MFA device to a user")),
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
            assert_eq!(about(line).as_deref(), told, "{line}");
        }
    }
}
