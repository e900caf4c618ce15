//! The other spellings of a member's name, and the name that is meant by a wrong one.

use crate::catalog::listed;

/// The `snake_case` spellings of a wire name that are accepted beside it: botocore's, and
/// StackQL's, which sets numbers apart (`base32_string_seed`, `base_32_string_seed`).
pub(crate) fn spellings(wire: &str) -> Vec<String> {
    let plain = snake(wire);
    let apart = numbers_apart(&plain);
    if apart == plain { vec![plain] } else { vec![plain, apart] }
}

/// Whether a name that was typed means the member, in any spelling and any case, with or without
/// the `data__` that StackQL has for what goes into a request's body.
pub(crate) fn means(typed: &str, wire: &str) -> bool {
    let typed = typed.strip_prefix("data__").unwrap_or(typed);
    let fits = |spelling: &str| typed.eq_ignore_ascii_case(spelling);
    fits(wire) || spellings(wire).iter().any(|spelling| fits(spelling))
}

/// Says what was meant by a name that nothing has, or else, in those words, what there is.
pub(crate) fn meant<'n>(typed: &str, names: impl Iterator<Item = &'n str>, there: &str) -> String {
    let names: Vec<&str> = names.collect();
    match nearest(typed, &names) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("{there} {}", listed(names)),
    }
}

/// The name that is nearest to what was typed, where one is near; or one that ends with it.
fn nearest<'n>(typed: &str, names: &[&'n str]) -> Option<&'n str> {
    let typed: Vec<char> = typed.to_ascii_lowercase().chars().take(LONGEST).collect();
    let far =
        |name: &&str| distance(&typed, &name.to_ascii_lowercase().chars().collect::<Vec<char>>());
    let nearest = names.iter().copied().min_by_key(far)?;
    if far(&nearest) <= typed.len() / 4 {
        return Some(nearest);
    }
    let end: String = typed.iter().collect();
    let ends = |name: &&str| {
        let start = name.len().checked_sub(end.len());
        let word = start.and_then(|at| name.split_at_checked(at)).filter(|(before, word)| {
            before.ends_with('_') || word.starts_with(|c: char| c.is_ascii_uppercase())
        });
        word.is_some_and(|(_, word)| word.eq_ignore_ascii_case(&end))
    };
    names.iter().copied().filter(|_| end.len() >= ENOUGH).find(ends)
}

/// How many letters are to be put in, left out or changed to make one text of another
/// (Levenshtein's distance).
fn distance(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.iter().enumerate() {
        let mut before = at;
        let mut left = at.saturating_add(1);
        for (place, known) in
            row.iter_mut().zip(std::iter::once(None).chain(other.iter().map(Some)))
        {
            let Some(known) = known else {
                *place = left;
                continue;
            };
            let changed = before.saturating_add(usize::from(known != letter));
            before = *place;
            left = changed.min(before.saturating_add(1)).min(left.saturating_add(1));
            *place = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// No name has more letters.
const LONGEST: usize = 64;

/// So many letters are enough to tell a name by its end.
const ENOUGH: usize = 3;

/// Words begin where a capital follows a small letter or a digit, and where a small letter
/// follows a capital that is not the first letter.
fn snake(wire: &str) -> String {
    let mut name = String::with_capacity(wire.len().saturating_add(4));
    let mut before: Option<char> = None;
    let mut letters = wire.chars().peekable();
    while let Some(letter) = letters.next() {
        let after_small = before.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let before_small = letters.peek().is_some_and(char::is_ascii_lowercase);
        let begins = letter.is_ascii_uppercase() && (after_small || before_small);
        if begins && before.is_some() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
        before = Some(letter);
    }
    name
}

fn numbers_apart(snake: &str) -> String {
    let mut name = String::with_capacity(snake.len().saturating_add(1));
    let mut before: Option<char> = None;
    for letter in snake.chars() {
        if letter.is_ascii_digit() && before.is_some_and(|c| c.is_ascii_lowercase()) {
            name.push('_');
        }
        name.push(letter);
        before = Some(letter);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_name_is_told_the_right_one() {
        let names = ["users", "user_tags", "mfa_devices_Enable", "virtual_mfa_devices"];
        for (typed, expected) in [
            ("user", "did you mean `users`?"),
            ("Virtual_mfa_device", "did you mean `virtual_mfa_devices`?"),
            ("vitrual_mfa_devices", "did you mean `virtual_mfa_devices`?"),
            ("enable", "did you mean `mfa_devices_Enable`?"),
            ("x", "there are `users`, `user_tags`, `mfa_devices_Enable`, `virtual_mfa_devices`"),
            (
                "buckets",
                "there are `users`, `user_tags`, `mfa_devices_Enable`, `virtual_mfa_devices`",
            ),
        ] {
            assert_eq!(meant(typed, names.into_iter(), "there are"), expected);
        }
        let told = |one: &str, other: &str| {
            distance(&one.chars().collect::<Vec<_>>(), &other.chars().collect::<Vec<_>>())
        };
        assert_eq!((told("kitten", "sitting"), told("", "ab"), told("ab", "")), (3, 2, 2));
        assert_eq!((told("same", "same"), told("ab", "ba"), told("abc", "bc")), (0, 2, 1));
    }

    #[test]
    fn spellings_are_botocores_and_stackqls() {
        for (wire, snake) in [
            ("SerialNumber", "serial_number"),
            ("VirtualMFADeviceName", "virtual_mfa_device_name"),
            ("QRCodePNG", "qr_code_png"),
            ("Base32StringSeed", "base32_string_seed base_32_string_seed"),
            ("AuthenticationCode1", "authentication_code1 authentication_code_1"),
            ("User", "user"),
            ("MFAEnabled", "mfa_enabled"),
        ] {
            assert_eq!(spellings(wire).join(" "), snake);
        }
        assert!(means("SERIALNUMBER", "SerialNumber") && means("Serial_Number", "SerialNumber"));
        assert!(!means("serial", "SerialNumber"));
    }
}
