//! Long cells over several lines, broken at blanks alone, so that the lines are as even as they
//! can be: the sum of the squares of what each leaves free is the least. That is how the table
//! library that StackQL uses does it.

/// The lines of a cell. A blank line stands between what were lines before.
pub(super) fn lines(cell: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let paragraphs: Vec<&str> = cell.split('\n').collect();
    let widest = paragraphs.iter().map(|line| width(line)).max().unwrap_or_default();
    for (at, paragraph) in paragraphs.into_iter().enumerate() {
        if at > 0 {
            lines.push(" ".to_owned());
        }
        wrap(paragraph, widest.min(WIDEST), &mut lines);
    }
    lines
}

/// How many columns of a screen a text takes.
pub(super) fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

fn wrap(paragraph: &str, limit: usize, lines: &mut Vec<String>) {
    let words: Vec<&str> = paragraph.split(' ').collect();
    let widths: Vec<usize> = words.iter().map(|word| width(word)).collect();
    // No word is broken: the longest decides.
    let limit = widths.iter().copied().max().unwrap_or_default().max(limit);
    // From the last word to the first: what it costs at the least to set the words from there on,
    // and where the line that begins there ends.
    let mut best: Vec<(usize, usize)> = vec![(0, words.len()); words.len().saturating_add(1)];
    for from in (0..words.len()).rev() {
        let mut length = 0_usize;
        let mut least = (usize::MAX, words.len());
        for to in from..words.len() {
            length = length
                .saturating_add(widths.get(to).copied().unwrap_or_default())
                .saturating_add(usize::from(to > from));
            if length > limit {
                break;
            }
            let next = to.saturating_add(1);
            let free = limit.saturating_sub(length);
            let after = best.get(next).map_or(0, |(cost, _)| *cost);
            // What the last line leaves free costs nothing.
            let cost = if next == words.len() {
                0
            } else {
                free.saturating_mul(free).saturating_add(after)
            };
            if cost < least.0 || (next == words.len()) {
                least = (cost, next);
            }
        }
        if let Some(slot) = best.get_mut(from) {
            *slot = least;
        }
    }
    let mut from = 0;
    while from < words.len() {
        let to = best.get(from).map_or(words.len(), |(_, to)| *to);
        lines.push(words.get(from..to).unwrap_or_default().join(" "));
        from = to;
    }
}

/// Columns that a cell takes at the most, unless a word is longer.
const WIDEST: usize = 30;

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn long_cells_break_at_blanks() {
        assert_eq!(lines("short"), ["short"]);
        assert_eq!(lines(""), [""]);
        let arn = "arn:aws:iam::123456789012:user/division_abc/engineering/Andrew";
        assert_eq!(lines(arn), [arn]);
        assert_eq!(
            lines("a cell with quite a lot of words in it, which do not fit"),
            ["a cell with quite a lot of", "words in it, which do not fit"]
        );
        assert_eq!(lines("one\ntwo"), ["one", " ", "two"]);
    }
}
