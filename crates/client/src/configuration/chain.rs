//! The chain of profiles whose credentials are being exported. A `credential_process` may start
//! this program again with the same profile; the chain ends such a loop.
//!
//! It is in the AWS CLI's own variable, as one line of CSV (RFC 4180), so that a loop over both
//! programs also ends.

pub(crate) const VARIABLE: &str = "_AWS_CLI_PROFILE_CHAIN";

pub(super) fn parse(line: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut rest = Some(line).filter(|line| !line.is_empty());
    while let Some(text) = rest {
        let (field, after) = match text.strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => match text.split_once(',') {
                Some((field, after)) => (field.to_owned(), Some(after)),
                None => (text.to_owned(), None),
            },
        };
        fields.push(field);
        rest = after;
    }
    fields
}

/// The text before the closing quote, and the text after the next comma.
fn unquote(text: &str) -> (String, Option<&str>) {
    let mut field = String::new();
    let mut rest = text;
    while let Some((part, after)) = rest.split_once('"') {
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None => return (field, after.split_once(',').map(|(_, after)| after)),
        }
    }
    field.push_str(rest);
    (field, None)
}

/// Writes a line.
pub(super) fn write(profiles: &[String]) -> String {
    let fields = profiles.iter().map(|profile| {
        if profile.contains([',', '"', '\r', '\n']) {
            format!("\"{}\"", profile.replace('"', "\"\""))
        } else {
            profile.clone()
        }
    });
    fields.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_pythons() {
        for (fields, line) in
            [(vec!["a", "b c"], "a,b c"), (vec!["a,b", "c\"d"], "\"a,b\",\"c\"\"d\""), (vec![], "")]
        {
            let fields: Vec<String> = fields.into_iter().map(str::to_owned).collect();
            assert_eq!(write(&fields), line);
            assert_eq!(parse(line), fields);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(fields in prop::collection::vec("[a,\" \n]{1,4}", 0..4)) {
            prop_assert_eq!(parse(&write(&fields)), fields);
        }
    }
}
