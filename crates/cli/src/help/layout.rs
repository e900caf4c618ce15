//! The layout of help pages: headings at the margin, wrapped and indented text.

pub(crate) struct HelpPage {
    text: String,
    columns: usize,
}

impl HelpPage {
    pub(super) fn new(columns: usize) -> Self {
        Self { text: String::new(), columns: columns.clamp(NARROWEST, WIDEST) }
    }

    pub(super) fn text(self) -> String {
        self.text
    }

    pub(crate) fn section(&mut self, heading: &str) {
        self.gap();
        self.push(0, heading);
    }

    /// A wrapped paragraph after an empty line.
    pub(crate) fn paragraph(&mut self, depth: usize, text: &str) {
        self.space();
        self.wrapped(depth, text);
    }

    /// A name with its description.
    pub(crate) fn entry(&mut self, depth: usize, name: &str, text: &str) {
        self.line(depth, name);
        self.wrapped(depth.saturating_add(1), text);
    }

    /// A line that is not wrapped, after an empty line.
    pub(super) fn line(&mut self, depth: usize, text: &str) {
        self.space();
        self.push(indent(depth), text);
    }

    /// Lines that are not wrapped, after an empty line.
    pub(crate) fn code(&mut self, depth: usize, text: &str) {
        self.space();
        for line in text.lines() {
            self.push(indent(depth.saturating_add(1)), line);
        }
    }

    /// The list of possible values.
    pub(super) fn choices(&mut self, depth: usize, values: &[&str]) {
        self.line(depth, "Possible values:");
        self.bullets(depth, values.iter().copied());
    }

    pub(super) fn bullets<'t>(&mut self, depth: usize, points: impl Iterator<Item = &'t str>) {
        self.space();
        for point in points {
            self.push(indent(depth), &format!("o {point}"));
        }
    }

    fn wrapped(&mut self, depth: usize, text: &str) {
        let indent = indent(depth);
        let room = self.columns.saturating_sub(indent);
        let mut line = String::new();
        // Plain text has no code font.
        for word in text.split_whitespace().map(|word| word.replace('`', "")) {
            let length = line.chars().count().saturating_add(word.chars().count());
            if !line.is_empty() && length >= room {
                self.push(indent, &line);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
        self.push(indent, &line);
    }

    /// An empty line, but not after a heading.
    fn space(&mut self) {
        let last = self.text.lines().next_back();
        if last.is_some_and(|line| line.starts_with(' ')) {
            self.text.push('\n');
        }
    }

    fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn push(&mut self, indent: usize, line: &str) {
        if !line.is_empty() {
            self.text.extend(std::iter::repeat_n(' ', indent));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }
}

fn indent(depth: usize) -> usize {
    depth.saturating_mul(3).saturating_add(7)
}

/// The minimum width, even on narrower terminals.
const NARROWEST: usize = 40;

/// The maximum width of text.
const WIDEST: usize = 100;
