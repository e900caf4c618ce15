//! PostgreSQL's binary numbers of any length, which drivers send for decimals.

/// Reads one, as the text of a decimal number. `None` where it is none, or is not finite.
pub(super) fn read(bytes: &[u8]) -> Option<String> {
    let (head, digits) = bytes.split_first_chunk::<8>()?;
    let [count, weight, sign, scale] = *head.as_chunks::<2>().0 else { return None };
    let (weight, scale) = (i16::from_be_bytes(weight), u16::from_be_bytes(scale));
    let negative = match u16::from_be_bytes(sign) {
        0 => false,
        0x4000 => true,
        _ => return None,
    };
    let (digits, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() || digits.len() != usize::from(u16::from_be_bytes(count)) {
        return None;
    }
    // Each of them is four decimal ones.
    let four = |at: i32| match usize::try_from(at).ok().and_then(|at| digits.get(at)) {
        Some(digit) => format!("{:04}", u16::from_be_bytes(*digit)),
        None => "0000".to_owned(),
    };
    let whole: String = (0..=i32::from(weight)).map(four).collect();
    let first = i32::from(weight).saturating_add(1);
    let parts = i32::from(scale.div_ceil(4));
    let mut fraction: String = (first..first.saturating_add(parts)).map(four).collect();
    fraction.truncate(scale.into());
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if negative { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_digit_by_digit() {
        let number = |weight: i16, sign: u16, scale: u16, digits: &[u16]| {
            let count = u16::try_from(digits.len()).unwrap();
            let mut bytes = [count, weight.cast_unsigned(), sign, scale].to_vec();
            bytes.extend(digits);
            read(&bytes.iter().flat_map(|two| two.to_be_bytes()).collect::<Vec<_>>())
        };
        assert_eq!(number(0, 0, 1, &[1, 5000]).as_deref(), Some("1.5"));
        assert_eq!(number(1, 0x4000, 0, &[12, 3456]).as_deref(), Some("-123456"));
        assert_eq!(number(2, 0, 0, &[1]).as_deref(), Some("100000000"));
        assert_eq!(number(-2, 0, 6, &[100]).as_deref(), Some("0.000001"));
        assert_eq!(number(0, 0, 0, &[]).as_deref(), Some("0"));
        assert_eq!(number(0, 0xc000, 0, &[]), None);
        assert_eq!(read(&[0; 7]), None);
    }
}
