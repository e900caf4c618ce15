//! The other spellings of a member's name.

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
