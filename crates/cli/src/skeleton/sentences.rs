//! What is said of the members of inputs, in the words of the AWS CLI.

/// The sentence on a member of an action's input; a member of a list's elements is `list.member`.
pub(super) fn of(action: &str, member: &str) -> Option<&'static str> {
    let lines = include_str!("sentences.txt").lines();
    let mut entries = lines.filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (action, rest) = line.split_once('\t')?;
        let (member, sentence) = rest.split_once('\t')?;
        Some((action, member, sentence))
    });
    entries.find(|(a, m, _)| *a == action && *m == member).map(|(_, _, sentence)| sentence)
}
