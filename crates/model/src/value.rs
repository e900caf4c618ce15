//! Decoded inputs and the outputs of rules, independent of any wire format.
//!
//! Values that may hold a seed, a code or a key have types of their own, which are zeroized on drop
//! and hidden by `Debug`.

use std::fmt;

use zeroize::Zeroizing;

use crate::Timestamp;

/// One value of any shape.
#[derive(Clone, Debug)]
pub enum Value {
    /// A missing element of a list with gaps.
    Null,
    /// Text that may be logged and echoed.
    Text(String),
    /// A code, a secret access key or a session token.
    Secret(Secret),
    /// A number of an [`Integer`](crate::Shape::Integer) shape, inside or outside its range.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
    /// A timestamp.
    Time(Timestamp),
    /// Bytes, which may hold a seed.
    Blob(Blob),
    /// Elements of one shape.
    List(Vec<Value>),
    /// The members that are present.
    Structure(Record),
    /// Entries in the order in which they were given.
    Map(Vec<(String, Value)>),
}

/// The members of a structure that are present, in the order of its shape.
#[derive(Clone, Debug, Default)]
pub struct Record(Vec<(&'static str, Value)>);

/// Secret text: zeroized on drop, hidden by `Debug`.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// Secret bytes, such as a seed or its QR code: zeroized on drop, hidden by `Debug`.
#[derive(Clone)]
pub struct Blob(Zeroizing<Vec<u8>>);

impl Record {
    /// A structure without members.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// An empty record with capacity for `members` members.
    pub fn with_capacity(members: usize) -> Self {
        Self(Vec::with_capacity(members))
    }

    /// Appends a member. The caller keeps the order of the shape.
    pub fn push(&mut self, name: &'static str, value: Value) {
        self.0.push((name, value));
    }

    /// The value of a member.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// Removes a member and returns its value.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(n, _)| *n == name)?;
        Some(self.0.remove(at).1)
    }

    /// The text of a member, if it is not secret.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_text)
    }

    /// The members in the order of the shape.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(n, v)| (*n, v))
    }

    /// Whether no member is present.
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
    /// The text, if it is not secret.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Secret {
    /// Wraps secret text; the buffer is zeroized when the value is dropped.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret text. It must not reach logs or messages.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Blob {
    /// Wraps secret bytes; the buffer is zeroized when the value is dropped.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The secret bytes. They must not reach logs or messages.
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
