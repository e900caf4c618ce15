//! Commands as a person would give them.

use vmfa_iam::Action;

use crate::command::{Parameter, Target, kebab};

/// The command with what it must be given, and what it often is.
pub(super) fn of(action: &Action, parameters: &[Parameter], program: &str) -> String {
    let mut lines = vec![format!("{program} {} {}", action.api.name(), kebab(action.name))];
    for parameter in parameters {
        let sample = match parameter.target {
            Target::Member(member) if parameter.required || OFTEN.contains(&member.name) => {
                sample(action.name, member.name)
            }
            Target::Outfile => Some("QRCode.png"),
            Target::Method(fields) => fields.last().copied(),
            _ => None,
        };
        lines.extend(sample.map(|sample| format!("    {} {sample}", parameter.flag.name)));
    }
    lines.join(" \\\n")
}

/// A value for a member.
pub(super) fn sample(action: &str, member: &str) -> Option<&'static str> {
    let fits =
        |(of, name, _): &&(&str, &str, _)| *name == member && (of.is_empty() || *of == action);
    SAMPLES.iter().find(fits).map(|(_, _, sample)| *sample)
}

/// Members that are given more often than not, although they need not be.
const OFTEN: &[&str] =
    &["AssignmentStatus", "NewUserName", "SerialNumber", "TokenCode", "UserName"];

/// Values by the name of the member, those for one action alone before those for all.
const SAMPLES: &[(&str, &str, &str)] = &[
    ("GetMFADevice", "SerialNumber", "arn:aws:iam::123456789012:u2f/user/Bob/key"),
    ("", "AccessKeyId", "AKIAIOSFODNN7EXAMPLE"),
    ("", "AccountAlias", "example-corp"),
    ("", "AssignmentStatus", "Unassigned"),
    ("", "AuthenticationCode1", "123456"),
    ("", "AuthenticationCode2", "789012"),
    ("", "NewUserName", "Robert"),
    ("", "SerialNumber", "arn:aws:iam::123456789012:mfa/BobsMFADevice"),
    ("", "Status", "Inactive"),
    ("", "TagKeys", "Department"),
    ("", "Tags", "Key=Department,Value=Accounting"),
    ("", "TokenCode", "123456"),
    ("", "UserName", "Bob"),
    ("", "VirtualMFADeviceName", "BobsMFADevice"),
];
