//! What commands there are and which options they take.

use std::fmt::Write as _;

use vmfa_iam::{Api, actions};

use crate::{
    arguments::Takes,
    command::{kebab, parameters},
};

/// All commands with their options; those that must be given are without brackets.
pub(crate) fn text(program: &str) -> String {
    let mut text = String::new();
    for api in Api::ALL {
        for action in actions().filter(|action| action.api == api) {
            // Writing to a string does not fail.
            let _ = write!(text, "{program} {} {}", api.name(), kebab(action.name));
            for parameter in parameters(action) {
                let name = &parameter.flag.name;
                let value = match parameter.flag.takes {
                    Takes::None => "",
                    Takes::One => " VALUE",
                    Takes::Any => " VALUE...",
                };
                let (open, close) = if parameter.required { ("", "") } else { ("[", "]") };
                let _ = write!(text, " {open}{name}{value}{close}");
            }
            let _ = writeln!(text, "\n    {}", action.doc);
        }
    }
    text
}
