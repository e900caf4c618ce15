//! The command line in the log of `--debug`, as Python prints a list, without secrets.
//!
//! Hidden are the values of all options that may abbreviate a secret one of any action, and all
//! words that look like codes, since the command line may be wrong.

use vmfa_iam::actions;

use super::{STRUCK, is_secret};
use crate::{command::kebab, python::quoted};

/// The words as Python prints a list.
pub(super) fn listed(words: &[String]) -> String {
    let words: Vec<String> = struck(words).iter().map(|word| quoted(word)).collect();
    format!("[{}]", words.join(", "))
}

fn struck(words: &[String]) -> Vec<String> {
    let secret = secret_options();
    // Whether the next words are values of a secret option.
    let mut hidden = false;
    let mut shown = Vec::with_capacity(words.len());
    for word in words {
        let (name, value) =
            word.split_once('=').map_or((word.as_str(), None), |(n, v)| (n, Some(v)));
        if word.starts_with("--") {
            hidden = name.len() > 2 && secret.iter().any(|option| option.starts_with(name));
            match value {
                Some(value) if hidden || is_code(value) => shown.push(format!("{name}={STRUCK}")),
                _ => shown.push(word.clone()),
            }
        } else if hidden || is_code(word) {
            shown.push(STRUCK.to_owned());
        } else {
            // `configure set NAME VALUE` has no option before the value.
            hidden = SETTINGS.iter().any(|setting| word.ends_with(setting));
            shown.push(word.clone());
        }
    }
    shown
}

/// The options whose values may hold a secret.
fn secret_options() -> Vec<String> {
    let members = actions().flat_map(|action| action.input.members);
    let members = members.filter(|member| is_secret(&member.shape));
    let members = members.map(|member| format!("--{}", kebab(member.name)));
    members.chain(WHOLE.map(str::to_owned)).collect()
}

fn is_code(word: &str) -> bool {
    word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit())
}

/// Options that contain a whole input.
const WHOLE: [&str; 2] = ["--cli-input-json", "--cli-input-yaml"];
/// The suffixes of the names of secret settings.
const SETTINGS: [&str; 2] = ["aws_secret_access_key", "aws_session_token"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_lines_hide_secrets_in_all_spellings_of_options() {
        let message = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            struck(&words).join(" ")
        };
        for (line, shown) in [
            (
                "iam --authentication-code1 secret --user-name bob",
                "iam --authentication-code1 ***** --user-name bob",
            ),
            ("--authentication-code1=a=b c", "--authentication-code1=***** *****"),
            ("sts --token secret x --tags a", "sts --token ***** ***** --tags a"),
            ("--tokencode 123456 1234567", "--tokencode ***** 1234567"),
            ("--token-codes=123456", "--token-codes=*****"),
            ("--cli-input-j {} --debug", "--cli-input-j ***** --debug"),
            (
                "configure set default.aws_secret_access_key s",
                "configure set default.aws_secret_access_key *****",
            ),
            ("--query Users[*] -- x", "--query Users[*] -- x"),
        ] {
            assert_eq!(message(line), shown);
        }
    }
}
