//! A command line as `--debug` shows it: as Python shows a list, and without the secrets in it.
//!
//! What is struck out is more than what would be taken for a secret, since a line may be wrong: the
//! value of any option that could be short for a secret one, of any action, and all that looks like
//! a code.
//!
//! Not here: what the words mean.

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
    // Whether words are values of a secret option.
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
            // `configure set NAME VALUE` has no option to know it by.
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
/// How the names of secret settings of a profile end.
const SETTINGS: [&str; 2] = ["aws_secret_access_key", "aws_session_token"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_lines_hide_secrets_in_all_spellings_of_options() {
        let told = |line: &str| {
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
            assert_eq!(told(line), shown);
        }
    }
}
