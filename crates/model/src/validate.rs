//! Validates values against their shapes, with AWS's messages.
//!
//! Rules see validated values only. One message lists all violations of a request, ten at most.

use std::fmt::{self, Write as _};

use crate::{
    Fault, FaultKind, Record, Shape, StructureShape, Value,
    shape::{ListShape, TextShape},
};

/// How a service reports a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// `Value at 'path' failed …`, as IAM does.
    Plain,
    /// `Value 'x' at 'path' failed …`, as STS does. Secret values are left out.
    Echoing,
}

/// Validates the members of a record.
///
/// # Errors
/// `ValidationError`.
pub fn validate(shape: &StructureShape, record: &Record, wording: Wording) -> Result<(), Fault> {
    let mut check = Validator { wording, found: Vec::new(), late: None };
    check.structure(shape, record, None);
    match (check.found.is_empty(), check.late) {
        (true, None) => Ok(()),
        (true, Some(message)) => Err(Fault::new(FaultKind::ValidationError, message)),
        (false, _) => Err(Fault::new(FaultKind::ValidationError, summary(&check.found))),
    }
}

impl TextShape {
    /// Whether a text satisfies all constraints.
    pub fn admits(&self, text: &str) -> bool {
        let length = text.chars().count();
        length >= self.min
            && self.max.is_none_or(|max| length <= max)
            && self.pattern.is_none_or(|pattern| (pattern.matches)(text))
            && (self.values.is_empty() || self.values.contains(&text))
    }

    /// The constraints that a text violates, or all of them for `None`, in the sentences of AWS's
    /// validation framework.
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

struct Validator {
    wording: Wording,
    found: Vec<String>,
    /// A violation that IAM finds after its validation framework, and so reports only where that
    /// found none.
    late: Option<String>,
}

impl Validator {
    fn structure(
        &mut self,
        shape: &StructureShape,
        record: &Record,
        within: Option<&ValuePath<'_>>,
    ) {
        // AWS reports members in the order in which it sends them.
        for member in shape.in_wire_order() {
            let path = ValuePath { within, segment: PathSegment::Member(member.name) };
            match record.get(member.name) {
                Some(value) => self.value(&member.shape, value, &path),
                None if member.required => self.found(&path, None, "Member must not be null"),
                None => {}
            }
        }
    }

    fn value(&mut self, shape: &Shape, value: &Value, path: &ValuePath<'_>) {
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
                    self.value(
                        element,
                        value,
                        &ValuePath { within: Some(path), segment: PathSegment::Key(key) },
                    );
                }
            }
            (_, Value::Null) => self.found(path, None, "Member must not be null"),
            _ => {}
        }
    }

    fn text(&mut self, text: &TextShape, given: &str, path: &ValuePath<'_>, showable: bool) {
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

    fn list(&mut self, list: &ListShape, values: &[Value], path: &ValuePath<'_>) {
        if let Some(max) = list.max
            && values.len() > max
        {
            let demand = format!("Member must have length less than or equal to {max}");
            self.found(path, None, &demand);
        }
        if let Shape::Text(text) = list.element {
            // AWS reports text elements once, for the list.
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
            let path = ValuePath { within: Some(path), segment: PathSegment::Element(index) };
            self.value(&list.element, value, &path);
        }
    }

    fn found(&mut self, path: &ValuePath<'_>, echo: Option<&str>, demand: &str) {
        let value = match (self.wording, echo) {
            (Wording::Echoing, Some(echo)) => format!("Value '{echo}' at"),
            _ => "Value at".to_owned(),
        };
        self.found.push(format!("{value} '{path}' failed to satisfy constraint: {demand}"));
    }
}

/// The path of a value in messages, such as `tags.1.member.key`; formatted only for a message.
struct ValuePath<'p> {
    within: Option<&'p ValuePath<'p>>,
    segment: PathSegment<'p>,
}

enum PathSegment<'p> {
    /// `SerialNumber`, which is written `serialNumber`.
    Member(&'p str),
    /// Counted from 0, displayed from 1.
    Element(usize),
    Key(&'p str),
}

impl fmt::Display for ValuePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(within) = self.within {
            write!(f, "{within}.")?;
        }
        match self.segment {
            PathSegment::Member(name) => {
                let mut letters = name.chars();
                letters
                    .next()
                    .into_iter()
                    .flat_map(char::to_lowercase)
                    .try_for_each(|l| f.write_char(l))?;
                f.write_str(letters.as_str())
            }
            PathSegment::Element(index) => write!(f, "{}.member", index.saturating_add(1)),
            PathSegment::Key(key) => f.write_str(key),
        }
    }
}

fn summary(found: &[String]) -> String {
    let shown = found.len().min(MAX_VIOLATIONS);
    let mut message =
        format!("{shown} validation error{} detected: ", if shown == 1 { "" } else { "s" });
    for (index, violation) in found.iter().take(shown).enumerate() {
        let separator = if index == 0 { "" } else { "; " };
        // Writing to a string cannot fail.
        let _ = write!(message, "{separator}{violation}");
    }
    message
}

/// AWS lists at most ten violations.
const MAX_VIOLATIONS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Secret, Structure, TypedValue, names, structure};

    structure! {
        struct Sample {
            "UserName" user_name: names::UserName,
            "Path" path: Option<names::Path>,
            "TokenCode" code: Option<names::TokenCode>,
            "MaxItems" count: Option<names::MaxItems>,
            "Status" status: Option<names::Status>,
            "Tags" tags: Option<names::Tags>,
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
    fn messages_are_those_of_aws() {
        let user = || ("UserName", text("bob"));
        let plain = |members| {
            let shown = refusal(members, Wording::Plain);
            shown.strip_prefix("ValidationError: ").map_or(shown.clone(), str::to_owned)
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
    fn the_limits_of_numbers_and_lists_are_valid() {
        let outcome = |member| refusal(vec![("UserName", text("bob")), member], Wording::Plain);
        let tags = |count| ("Tags", Value::List(vec![tag("a", "b"); count]));
        for (member, valid) in [
            (("MaxItems", Value::Integer(0)), false),
            (("MaxItems", Value::Integer(1)), true),
            (("MaxItems", Value::Integer(1000)), true),
            (("MaxItems", Value::Integer(1001)), false),
            (tags(50), true),
            (tags(51), false),
        ] {
            let expected = if valid { "ok" } else { "ValidationError: 1 validation error" };
            let outcome = outcome(member.clone());
            assert!(outcome.starts_with(expected), "{member:?}: {outcome}");
        }
    }

    #[test]
    fn at_most_ten_violations_are_listed() {
        let tags = (0..12).map(|_| tag("*", "ok")).collect();
        let message =
            refusal(vec![("UserName", text("bob")), ("Tags", Value::List(tags))], Wording::Plain);
        assert!(message.contains("10 validation errors detected: "), "{message}");
        assert_eq!(message.matches("; ").count(), 9);
    }

    #[test]
    fn sts_echoes_values_that_are_not_secret() {
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
    fn validated_values_convert() {
        let tags = Value::List(vec![tag("a", "")]);
        assert_eq!(names::Tags::from_value(tags).unwrap().0[0].key.as_str(), "a");
    }
}
