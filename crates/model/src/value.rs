//! What a door decoded, or what a rule answers, before it takes a wire form.
//!
//! Values that may carry a seed, a code or a key are their own types: zeroed when dropped, and
//! never shown by `Debug`.

use std::fmt;

use zeroize::Zeroizing;

use crate::Timestamp;

/// One value of any shape.
#[derive(Clone, Debug)]
pub enum Value {
    /// A gap in a sparse list.
    Null,
    /// Text that may be shown.
    Text(String),
    /// Text that may not: a code, a secret access key, a session token.
    Secret(Secret),
    /// A whole number.
    Integer(i64),
    /// A truth value.
    Boolean(bool),
    /// A moment.
    Time(Timestamp),
    /// Bytes.
    Blob(Blob),
    /// Several values of one shape.
    List(Vec<Value>),
    /// Named members.
    Structure(Record),
    /// Keys and values in the order given.
    Map(Vec<(String, Value)>),
}

/// The members of a structure that are present, in the order of its shape.
#[derive(Clone, Debug, Default)]
pub struct Record(Vec<(&'static str, Value)>);

/// Text that must not be shown.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// Bytes that must not be shown: a blob may hold a seed, or the picture of one.
#[derive(Clone)]
pub struct Blob(Zeroizing<Vec<u8>>);

impl Record {
    /// No members.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Room for `members` members.
    pub fn with_capacity(members: usize) -> Self {
        Self(Vec::with_capacity(members))
    }

    /// Adds a member.
    pub fn push(&mut self, name: &'static str, value: Value) {
        self.0.push((name, value));
    }

    /// The member of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// Takes the member of that name out.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(n, _)| *n == name)?;
        Some(self.0.remove(at).1)
    }

    /// The text of the member of that name, if it is showable text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_text)
    }

    /// The members in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(n, v)| (*n, v))
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Record {
    type Item = (&'static str, Value);
    type IntoIter = std::vec::IntoIter<Self::Item>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<(&'static str, Value)> for Record {
    fn from_iter<I: IntoIterator<Item = (&'static str, Value)>>(members: I) -> Self {
        Self(members.into_iter().collect())
    }
}

impl Value {
    /// The text, where this is text that may be shown.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Secret {
    /// Takes charge of secret text.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, for the one place that must have it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Blob {
    /// Takes charge of bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for the encoder.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl From<Zeroizing<Vec<u8>>> for Blob {
    fn from(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_secrets_at_any_depth() {
        let mut inner = Record::new();
        inner.push("Base32StringSeed", Value::Blob(Blob::new(b"JBSWY3DP".to_vec())));
        inner.push("TokenCode", Value::Secret(Secret::new("123456".into())));
        let shown = format!("{:?}", Value::List(vec![Value::Structure(inner)]));
        assert!(!shown.contains("JBSW") && !shown.contains("123456"), "{shown}");
        assert!(shown.contains("TokenCode"), "{shown}");
    }
}
