//! Sample commands.

use vmfa_iam::Action;
use vmfa_model::Shape;

use crate::command::{OptionSpec, OptionTarget, kebab};

/// The command with its required options and the usual optional ones.
pub(super) fn of(action: &Action, parameters: &[OptionSpec], program: &str) -> String {
    let mut lines = vec![format!("{program} {} {}", action.api.name(), kebab(action.name))];
    for parameter in parameters {
        let sample = match parameter.target {
            // Optional members are shown where they are text with a sample.
            OptionTarget::Member(member)
                if parameter.required || matches!(member.shape, Shape::Text(_)) =>
            {
                Some(member.cli.sample).filter(|sample| !sample.is_empty())
            }
            OptionTarget::Outfile => Some("QRCode.png"),
            OptionTarget::Method(fields) => fields.last().copied(),
            _ => None,
        };
        lines.extend(sample.map(|sample| format!("    {} {sample}", parameter.flag.name)));
    }
    lines.join(" \\\n")
}
