//! Similar names by Python's `difflib.get_close_matches`: the ratio of Ratcliff and Obershelp
//! ("Pattern Matching: The Gestalt Approach", 1988).

use std::cmp::Ordering;

/// The three closest names, closest first; of equals, the last in alphabetical order first.
pub(crate) fn close<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let word: Vec<char> = word.chars().collect();
    let mut found: Vec<(f64, &str)> = names
        .filter_map(|name| {
            let name_characters: Vec<char> = name.chars().collect();
            let sum = word.len().saturating_add(name_characters.len());
            // A cheap upper bound of the ratio.
            let most = ratio(word.len().min(name_characters.len()), sum);
            let likely = most >= CUTOFF;
            let found = likely.then(|| ratio(matching(&name_characters, &word), sum));
            found.filter(|ratio| *ratio >= CUTOFF).map(|ratio| (ratio, name))
        })
        .collect();
    let order = |a: &(f64, &str), b: &(f64, &str)| b.0.total_cmp(&a.0).then(b.1.cmp(a.1));
    found.sort_by(|a, b| -> Ordering { order(a, b) });
    found.truncate(MOST);
    found.into_iter().map(|(_, name)| name).collect()
}

#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "lengths of names are small"
)]
fn ratio(matching: usize, sum: usize) -> f64 {
    if sum == 0 { 1.0 } else { 2.0 * matching as f64 / sum as f64 }
}

/// The number of matching characters: the longest common block, and recursively those before and
/// after it.
fn matching(a: &[char], b: &[char]) -> usize {
    let Some((in_a, in_b, size)) = longest(a, b) else { return 0 };
    let before = a.get(..in_a).zip(b.get(..in_b));
    let after = a.get(in_a.saturating_add(size)..).zip(b.get(in_b.saturating_add(size)..));
    let context = [before, after].into_iter().flatten().map(|(a, b)| matching(a, b));
    context.sum::<usize>().saturating_add(size)
}

/// The longest common block: its start in each, and its length. Of several the first in `a`, then
/// in `b`.
fn longest(a: &[char], b: &[char]) -> Option<(usize, usize, usize)> {
    let mut best: Option<(usize, usize, usize)> = None;
    for in_a in 0..a.len() {
        for in_b in 0..b.len() {
            let pairs = a.iter().skip(in_a).zip(b.iter().skip(in_b));
            let size = pairs.take_while(|(a, b)| a == b).count();
            if size > best.map_or(0, |(_, _, size)| size) {
                best = Some((in_a, in_b, size));
            }
        }
    }
    best
}

/// The minimum ratio of a match.
const CUTOFF: f64 = 0.8;
const MOST: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values are those of Python.
    #[test]
    fn the_closest_come_first() {
        let close = |word, names: &str| close(word, names.split(' ')).join(" ");
        assert_eq!(close("appel", "ape apple peach puppy"), "apple");
        assert_eq!(close("iamm", "iam aim sts"), "iam");
        assert_eq!(close("IAM", "iam"), "");
        assert_eq!(close("abcd", "abce abcf abcg abch"), "", "0.75");
        assert_eq!(close("abcde", "abcdf abcdg abcdh abcdi abcd"), "abcd abcdi abcdh");
        assert_eq!(close("", "a"), "");
        assert_eq!(
            close(
                "list-virtual-mfa-device",
                "create-virtual-mfa-device delete-virtual-mfa-device list-virtual-mfa-devices"
            ),
            "list-virtual-mfa-devices delete-virtual-mfa-device create-virtual-mfa-device"
        );
    }
}
