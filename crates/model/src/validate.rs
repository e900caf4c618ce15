//! Checks values against their shapes, and words what is wrong as AWS does.
//!
//! A rule never sees a value that did not pass here. All that is wrong with a request is told in
//! one message, ten things at most.

use std::fmt::{self, Write as _};

use crate::{
    Fault, FaultKind, Record, Shape, StructureShape, Value,
    shape::{ListShape, TextShape},
};

/// How a service words a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// `Value at 'path' failed …`, as IAM has it.
    Plain,
    /// `Value 'x' at 'path' failed …`, as STS still has it. Secret values are left out all the
    /// same.
    Echoing,
}

/// Checks the members of a record. The refusal is `ValidationError`.
pub fn validate(shape: &StructureShape, record: &Record, wording: Wording) -> Result<(), Fault> {
    let mut check = Check { wording, found: Vec::new(), late: None };
    check.structure(shape, record, None);
    match (check.found.is_empty(), check.late) {
        (true, None) => Ok(()),
        (true, Some(message)) => Err(Fault::new(FaultKind::ValidationError, message)),
        (false, _) => Err(Fault::new(FaultKind::ValidationError, summary(&check.found))),
    }
}

impl TextShape {
    /// Whether the constraints hold for a text.
    pub fn admits(&self, text: &str) -> bool {
        let length = text.chars().count();
        length >= self.min
            && self.max.is_none_or(|max| length <= max)
            && self.pattern.is_none_or(|pattern| (pattern.matches)(text))
            && (self.values.is_empty() || self.values.contains(&text))
    }

    /// What the constraints demand of a text, in the framework's words; those it breaks only, or
    /// all of them for `None`.
    fn demands(&self, text: Option<&str>) -> Vec<String> {
        let length = text.map(|text| text.chars().count());
        let mut demands = Vec::new();
        if let Some(max) = self.max
            && length.is_none_or(|length| length > max)
        {
            demands.push(format!("Member must have length less than or equal to {max}"));
        }
        if self.min > 0 && length.is_none_or(|length| length < self.min) {
            let min = self.min;
            demands.push(format!("Member must have length greater than or equal to {min}"));
        }
        if let Some(pattern) = self.pattern
            && pattern.wording.is_none()
            && text.is_none_or(|text| !(pattern.matches)(text))
        {
            let expression = pattern.expression;
            demands.push(format!("Member must satisfy regular expression pattern: {expression}"));
        }
        if !self.values.is_empty() && text.is_none_or(|text| !self.values.contains(&text)) {
            demands.push("Member must satisfy enum value set".to_owned());
        }
        demands
    }
}

struct Check {
    wording: Wording,
    found: Vec<String>,
    /// A refusal that IAM makes after its validation framework, and so only where that found
    /// nothing.
    late: Option<String>,
}

impl Check {
    fn structure(&mut self, shape: &StructureShape, record: &Record, within: Option<&Path<'_>>) {
        // AWS reports members in the order in which it sends them.
        for member in shape.in_wire_order() {
            let path = Path { within, part: Part::Member(member.name) };
            match record.get(member.name) {
                Some(value) => self.value(&member.shape, value, &path),
                None if member.required => self.found(&path, None, "Member must not be null"),
                None => {}
            }
        }
    }

    fn value(&mut self, shape: &Shape, value: &Value, path: &Path<'_>) {
        match (shape, value) {
            (Shape::Text(text), Value::Text(given)) => self.text(text, given, path, true),
            (Shape::Text(text), Value::Secret(given)) => {
                self.text(text, given.expose(), path, false);
            }
            (Shape::Integer(range), Value::Integer(given)) => {
                let demand = if *given > range.max {
                    format!("Member must have value less than or equal to {}", range.max)
                } else if *given < range.min {
                    format!("Member must have value greater than or equal to {}", range.min)
                } else {
                    return;
                };
                self.found(path, Some(&given.to_string()), &demand);
            }
            (Shape::List(list), Value::List(values)) => self.list(list, values, path),
            (Shape::Structure(shape), Value::Structure(record)) => {
                self.structure(shape, record, Some(path));
            }
            (Shape::Map(element), Value::Map(entries)) => {
                for (key, value) in entries {
                    self.value(element, value, &Path { within: Some(path), part: Part::Key(key) });
                }
            }
            (_, Value::Null) => self.found(path, None, "Member must not be null"),
            _ => {}
        }
    }

    fn text(&mut self, text: &TextShape, given: &str, path: &Path<'_>, showable: bool) {
        if text.admits(given) {
            return;
        }
        for demand in text.demands(Some(given)) {
            self.found(path, showable.then_some(given), &demand);
        }
        if let Some(pattern) = text.pattern
            && let Some(wording) = pattern.wording
            && !(pattern.matches)(given)
        {
            self.late.get_or_insert_with(|| wording.replace("{}", &path.to_string()));
        }
    }

    fn list(&mut self, list: &ListShape, values: &[Value], path: &Path<'_>) {
        if let Some(max) = list.max
            && values.len() > max
        {
            let demand = format!("Member must have length less than or equal to {max}");
            self.found(path, None, &demand);
        }
        if let Shape::Text(text) = list.element {
            // What is wrong with elements that are plain text is told once, of the list.
            let fits = |value: &Value| value.as_text().is_some_and(|given| text.admits(given));
            if !values.iter().all(fits) {
                let mut demands = text.demands(None);
                demands.push("Member must not be null".to_owned());
                let demand = format!("Member must satisfy constraint: [{}]", demands.join(", "));
                self.found(path, None, &demand);
            }
            return;
        }
        for (index, value) in values.iter().enumerate() {
            let path = Path { within: Some(path), part: Part::Element(index) };
            self.value(&list.element, value, &path);
        }
    }

    fn found(&mut self, path: &Path<'_>, echo: Option<&str>, demand: &str) {
        let value = match (self.wording, echo) {
            (Wording::Echoing, Some(echo)) => format!("Value '{echo}' at"),
            _ => "Value at".to_owned(),
        };
        self.found.push(format!("{value} '{path}' failed to satisfy constraint: {demand}"));
    }
}

/// Where a value is, as the messages write it: `tags.1.member.key`. It is written only where there
/// is a message.
struct Path<'p> {
    within: Option<&'p Path<'p>>,
    part: Part<'p>,
}

enum Part<'p> {
    /// `SerialNumber`, which is written `serialNumber`.
    Member(&'p str),
    /// Counted from 0, and written from 1.
    Element(usize),
    Key(&'p str),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(within) = self.within {
            write!(f, "{within}.")?;
        }
        match self.part {
            Part::Member(name) => {
                let mut letters = name.chars();
                letters
                    .next()
                    .into_iter()
                    .flat_map(char::to_lowercase)
                    .try_for_each(|l| f.write_char(l))?;
                f.write_str(letters.as_str())
            }
            Part::Element(index) => write!(f, "{}.member", index.saturating_add(1)),
            Part::Key(key) => f.write_str(key),
        }
    }
}

fn summary(found: &[String]) -> String {
    let told = found.len().min(MOST_TOLD);
    let mut message =
        format!("{told} validation error{} detected: ", if told == 1 { "" } else { "s" });
    for (index, violation) in found.iter().take(told).enumerate() {
        let separator = if index == 0 { "" } else { "; " };
        // Writing to a string cannot fail.
        let _ = write!(message, "{separator}{violation}");
    }
    message
}

/// As many violations as AWS lists.
const MOST_TOLD: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Secret, Structure, TypedValue, names, structure};

    structure! {
        /// One of each.
        struct Sample {
            /// Name.
            "UserName" user_name: names::UserName,
            /// Path.
            "Path" path: Option<names::Path>,
            /// Code.
            "TokenCode" code: Option<names::TokenCode>,
            /// Count.
            "MaxItems" count: Option<names::MaxItems>,
            /// Status.
            "Status" status: Option<names::Status>,
            /// Tags.
            "Tags" tags: Option<names::Tags>,
            /// Keys.
            "TagKeys" keys: Option<names::TagKeys>,
        }
    }

    fn refusal(members: Vec<(&'static str, Value)>, wording: Wording) -> String {
        let record = Record::from_iter(members);
        match validate(&<Sample as Structure>::SHAPE, &record, wording) {
            Ok(()) => "ok".into(),
            Err(fault) => fault.to_string(),
        }
    }

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    fn tag(key: &str, value: &str) -> Value {
        Value::Structure(Record::from_iter([("Key", text(key)), ("Value", text(value))]))
    }

    #[test]
    fn messages_are_aws_own() {
        let user = || ("UserName", text("bob"));
        let plain = |members| {
            let told = refusal(members, Wording::Plain);
            told.strip_prefix("ValidationError: ").map_or(told.clone(), str::to_owned)
        };
        assert_eq!(plain(vec![user()]), "ok");
        assert_eq!(
            plain(vec![]),
            "1 validation error detected: Value at 'userName' failed to satisfy constraint: \
             Member must not be null"
        );
        assert_eq!(
            plain(vec![user(), ("Path", text(&format!("/{}/", "a".repeat(512))))]),
            "1 validation error detected: Value at 'path' failed to satisfy constraint: \
             Member must have length less than or equal to 512"
        );
        assert_eq!(
            plain(vec![user(), ("Path", text("x"))]),
            "The specified value for path is invalid. It must begin and end with / and contain \
             only alphanumeric characters and/or / characters."
        );
        assert_eq!(
            plain(vec![user(), ("MaxItems", Value::Integer(1001)), ("Status", text("On"))]),
            "2 validation errors detected: Value at 'maxItems' failed to satisfy constraint: \
             Member must have value less than or equal to 1000; Value at 'status' failed to \
             satisfy constraint: Member must satisfy enum value set"
        );
        assert_eq!(
            plain(vec![user(), ("Tags", Value::List(vec![tag("a", "b"), tag("*", "c")]))]),
            "1 validation error detected: Value at 'tags.2.member.key' failed to satisfy \
             constraint: Member must satisfy regular expression pattern: \
             [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"
        );
        let tag = Value::List(vec![Value::Structure(Record::new())]);
        assert_eq!(
            plain(vec![user(), ("Tags", tag)]),
            "2 validation errors detected: Value at 'tags.1.member.value' failed to satisfy \
             constraint: Member must not be null; Value at 'tags.1.member.key' failed to satisfy \
             constraint: Member must not be null"
        );
        assert_eq!(
            plain(vec![user(), ("TagKeys", Value::List(vec![text("a"), text("")]))]),
            "1 validation error detected: Value at 'tagKeys' failed to satisfy constraint: \
             Member must satisfy constraint: [Member must have length less than or equal to \
             128, Member must have length greater than or equal to 1, Member must satisfy \
             regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+, Member must not be null]"
        );
    }

    #[test]
    fn at_most_ten_are_told() {
        let tags = (0..12).map(|_| tag("*", "ok")).collect();
        let message =
            refusal(vec![("UserName", text("bob")), ("Tags", Value::List(tags))], Wording::Plain);
        assert!(message.contains("10 validation errors detected: "), "{message}");
        assert_eq!(message.matches("; ").count(), 9);
    }

    #[test]
    fn sts_echoes_what_is_no_secret() {
        let members = vec![
            ("UserName", text(&"x".repeat(129))),
            ("TokenCode", Value::Secret(Secret::new("98765x7".into()))),
        ];
        let message = refusal(members, Wording::Echoing);
        assert!(message.contains("Value 'xxxx"), "{message}");
        assert!(
            message.contains("Value at 'tokenCode'") && !message.contains("98765"),
            "{message}"
        );
    }

    #[test]
    fn values_that_pass_convert() {
        let tags = Value::List(vec![tag("a", "")]);
        assert_eq!(names::Tags::from_value(tags).unwrap().0[0].key.as_str(), "a");
    }
}
