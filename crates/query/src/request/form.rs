//! Writes a call as the form that botocore sends for it.

use data_encoding::BASE64;
use vmfa_iam::Call;
use vmfa_model::{Record, Value};
use zeroize::Zeroizing;

/// The body of the request: `Action`, `Version`, and the members of the input, flattened.
///
/// Members may be codes, so it is zeroed when dropped, and its buffer is never reallocated.
pub fn form(call: &Call) -> Zeroizing<String> {
    let mut pairs = FormPairs::default();
    pairs.push("Action", call.action.name);
    pairs.push("Version", call.action.api.version());
    pairs.members("", &call.input);
    pairs.encoded()
}

#[cfg(test)]
pub(crate) fn of_members(record: &Record) -> Zeroizing<String> {
    let mut pairs = FormPairs::default();
    pairs.members("", record);
    pairs.encoded()
}

#[derive(Default)]
struct FormPairs(Vec<(String, Zeroizing<String>)>);

impl FormPairs {
    fn members(&mut self, prefix: &str, record: &Record) {
        for (name, value) in record.iter() {
            self.value(&format!("{prefix}{name}"), value);
        }
    }

    fn value(&mut self, name: &str, value: &Value) {
        match value {
            Value::Null => {}
            Value::Text(text) => self.push(name, text),
            Value::Secret(secret) => self.push(name, secret.expose()),
            Value::Integer(number) => self.push(name, &number.to_string()),
            Value::Boolean(truth) => self.push(name, if *truth { "true" } else { "false" }),
            Value::Time(time) => self.push(name, &time.to_string()),
            Value::Blob(bytes) => {
                let text = Zeroizing::new(BASE64.encode(bytes.expose()));
                self.0.push((name.to_owned(), text));
            }
            // An empty collection is sent as its name without a value.
            Value::List(values) if values.is_empty() => self.push(name, ""),
            Value::Structure(record) if record.is_empty() => self.push(name, ""),
            Value::Map(entries) if entries.is_empty() => self.push(name, ""),
            Value::List(values) => {
                for (number, value) in (1_u32..).zip(values) {
                    self.value(&format!("{name}.member.{number}"), value);
                }
            }
            Value::Structure(record) => self.members(&format!("{name}."), record),
            Value::Map(entries) => {
                for (number, (key, value)) in (1_u32..).zip(entries) {
                    self.push(&format!("{name}.entry.{number}.key"), key);
                    self.value(&format!("{name}.entry.{number}.value"), value);
                }
            }
        }
    }

    fn push(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), Zeroizing::new(value.to_owned())));
    }

    fn encoded(&self) -> Zeroizing<String> {
        // A byte is encoded as three characters at most.
        let most = |text: &str| text.len().saturating_mul(3).saturating_add(1);
        let capacity =
            self.0.iter().map(|(name, value)| most(name).saturating_add(most(value))).sum();
        let mut form = Zeroizing::new(String::with_capacity(capacity));
        for (name, value) in &self.0 {
            if !form.is_empty() {
                form.push('&');
            }
            encode(name, &mut form);
            form.push('=');
            encode(value, &mut form);
        }
        form
    }
}

/// Encodes as Python's `quote_plus` does: unlike browsers, it keeps `~` and encodes `*`.
fn encode(text: &str, form: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().map_or('0', char::from);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'.' | b'-' | b'~' => {
                form.push(char::from(byte));
            }
            b' ' => form.push('+'),
            _ => form.extend(['%', digit(byte >> 4), digit(byte & 15)]),
        }
    }
}
