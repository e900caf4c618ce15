//! What a `COPY` says.

use crate::wire::{
    lexer::{Kind, Token},
    report::Report,
    statement::Statement,
};

/// A `COPY … TO STDOUT`.
pub(in crate::wire) struct Copy {
    pub(in crate::wire) query: Statement,
    pub(in crate::wire) options: Options,
}

/// How rows are written.
pub(in crate::wire) struct Options {
    pub(super) style: Style,
    pub(super) delimiter: u8,
    pub(super) null: String,
    pub(super) header: bool,
    pub(super) quoted: Quoted,
}

/// The formats.
#[derive(Clone, Copy)]
pub(super) enum Style {
    Text,
    Csv { quote: u8, escape: u8 },
    Binary,
}

/// Columns whose values are quoted whatever they are.
pub(super) enum Quoted {
    All,
    These(Vec<String>),
}

impl Quoted {
    /// Whether a column is one of them.
    pub(super) fn holds(&self, column: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(names) => names.iter().any(|name| name.eq_ignore_ascii_case(column)),
        }
    }
}

/// Reads a statement that begins with `COPY`.
pub(in crate::wire) fn read(tokens: &[Token]) -> Result<Copy, Report> {
    let at = |word: &str| outside(tokens).find(|(_, token)| token.is(word)).map(|(at, _)| at);
    let Some(to) = at("TO") else {
        if at("FROM").is_some() {
            let report = Report::new("0A000", "rows are not copied in here");
            return Err(report.hint("use `INSERT`: each row is a call of its own"));
        }
        return Err(unreadable());
    };
    let (before, after) = tokens.split_at_checked(to).ok_or_else(unreadable)?;
    let from = before.iter().position(|token| token.is("COPY")).ok_or_else(unreadable)?;
    let source = before.get(from.saturating_add(1)..).unwrap_or_default();
    let mut said = after.iter().filter(|token| !token.is_blank()).skip(1);
    if !said.next().is_some_and(|target| target.is("STDOUT")) {
        let message = "rows are copied to the client only, and to no file or program of the server";
        return Err(Report::new("0A000", message).hint("use `TO STDOUT`, or psql's `\\copy`"));
    }
    let words: Vec<&Token> = said.collect();
    Ok(Copy { query: query(source)?, options: options(&words)? })
}

/// Tokens with their places, but those in brackets.
fn outside(tokens: &[Token]) -> impl Iterator<Item = (usize, &Token)> {
    let mut depth = 0_usize;
    tokens.iter().enumerate().filter(move |(_, token)| {
        if token.is_symbol("(") {
            depth = depth.saturating_add(1);
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
        }
        depth == 0
    })
}

/// The query whose rows are copied: that in brackets, or all rows of a table.
fn query(source: &[Token]) -> Result<Statement, Report> {
    let first = source.iter().position(|token| !token.is_blank()).ok_or_else(unreadable)?;
    let last = source.iter().rposition(|token| !token.is_blank()).ok_or_else(unreadable)?;
    let source = source.get(first..=last).unwrap_or_default();
    let tokens = match source {
        [open, within @ .., close] if open.is_symbol("(") && close.is_symbol(")") => {
            within.to_vec()
        }
        named => {
            let open = named.iter().position(|token| token.is_symbol("("));
            let (name, listed) = named.split_at(open.unwrap_or(named.len()));
            let columns = match listed {
                [] => vec![Token::new(Kind::Symbol, "*")],
                [_, columns @ .., close] if close.is_symbol(")") => columns.to_vec(),
                _ => return Err(unreadable()),
            };
            let word = |word: &str| [Token::new(Kind::Word, word), Token::new(Kind::Blank, " ")];
            let blank = [Token::new(Kind::Blank, " ")];
            [&word("SELECT")[..], &columns, &blank, &word("FROM"), name].concat()
        }
    };
    let query = Statement::new(tokens, String::new());
    if query.yields_rows() {
        return Ok(query);
    }
    Err(Report::new("42601", "`COPY` is of a table, of a query, or of what returns rows"))
}

/// `(FORMAT csv, HEADER, …)`, or `CSV HEADER …` as it was before that.
fn options(words: &[&Token]) -> Result<Options, Report> {
    let mut given = Given::default();
    let mut rest = words.iter().copied().peekable();
    while let Some(word) = rest.next() {
        let mut value = |what: &str| {
            rest.next_if(|token| token.is("AS"));
            let value = rest.next().filter(|token| token.kind == Kind::Text);
            value.map(|token| token.text.clone()).ok_or_else(|| {
                Report::new("42601", format!("`{what}` of `COPY` needs a value in `'…'`"))
            })
        };
        match () {
            () if ["(", ")", ","].iter().any(|sign| word.is_symbol(sign)) || word.is("WITH") => {}
            () if word.is("FORMAT") => {
                let name = rest.next().map(|token| token.text.to_ascii_lowercase());
                given.format = name.unwrap_or_default();
            }
            () if word.is("CSV") || word.is("BINARY") => {
                given.format = word.text.to_ascii_lowercase();
            }
            () if word.is("DELIMITER") => given.delimiter = Some(value("DELIMITER")?),
            () if word.is("NULL") => given.null = Some(value("NULL")?),
            () if word.is("QUOTE") => given.quote = Some(value("QUOTE")?),
            () if word.is("ESCAPE") => given.escape = Some(value("ESCAPE")?),
            () if word.is("ENCODING") => {
                let encoding = value("ENCODING")?;
                if !["utf8", "utf-8"].iter().any(|known| encoding.eq_ignore_ascii_case(known)) {
                    return Err(Report::new("0A000", "rows are copied in UTF8 only"));
                }
            }
            () if word.is("HEADER") => {
                let one_of = |token: &&Token, words: [&str; 3]| {
                    words.iter().any(|word| token.text.eq_ignore_ascii_case(word))
                };
                given.header = rest.next_if(|token| one_of(token, ["false", "off", "0"])).is_none();
                rest.next_if(|token| one_of(token, ["true", "on", "1"]));
            }
            () if word.is("FORCE_QUOTE") || word.is("FORCE") => {
                rest.next_if(|token| token.is("QUOTE"));
                let mut names = Vec::new();
                while let Some(token) = rest.next_if(|token| {
                    token.is_symbol("*")
                        || (token.name().is_some() && !LATER.iter().any(|word| token.is(word)))
                        || ["(", ","].iter().any(|sign| token.is_symbol(sign))
                }) {
                    names.extend(token.name());
                    if token.is_symbol("*") {
                        given.all_quoted = true;
                    }
                }
                given.quoted = names;
            }
            () => {
                let message = format!("`COPY … TO STDOUT` has no option `{}`", word.text);
                return Err(Report::new("0A000", message));
            }
        }
    }
    given.check()
}

/// Options as they were given.
#[derive(Default)]
struct Given {
    format: String,
    delimiter: Option<String>,
    null: Option<String>,
    quote: Option<String>,
    escape: Option<String>,
    header: bool,
    quoted: Vec<String>,
    all_quoted: bool,
}

impl Given {
    fn check(self) -> Result<Options, Report> {
        let byte = |what: &str, given: &Option<String>, otherwise: u8| match given.as_deref() {
            None => Ok(otherwise),
            Some(text) => match text.as_bytes() {
                [byte] if !matches!(byte, b'\n' | b'\r' | 0) => Ok(*byte),
                _ => {
                    let message = format!("COPY {what} must be a single one-byte character");
                    Err(Report::new("22023", message))
                }
            },
        };
        let quote = byte("quote", &self.quote, b'"')?;
        let escape = byte("escape", &self.escape, quote)?;
        let (style, delimiter, null) = match self.format.as_str() {
            "" | "text" => (Style::Text, b'\t', "\\N"),
            "csv" => (Style::Csv { quote, escape }, b',', ""),
            "binary" => (Style::Binary, 0, ""),
            other => {
                let message = format!("COPY format `{other}` not recognized");
                return Err(Report::new("22023", message).hint("it is text, csv or binary"));
            }
        };
        let delimiter = byte("delimiter", &self.delimiter, delimiter)?;
        let csv = matches!(style, Style::Csv { .. });
        let of_csv = self.quote.is_some()
            || self.escape.is_some()
            || self.all_quoted
            || !self.quoted.is_empty();
        if of_csv && !csv {
            return Err(Report::new("0A000", "quotes are those of the format csv"));
        }
        let of_text = self.header || self.delimiter.is_some() || self.null.is_some();
        if of_text && matches!(style, Style::Binary) {
            let message = "the format binary has no header, delimiter or text for NULL";
            return Err(Report::new("0A000", message));
        }
        if csv && delimiter == quote {
            return Err(Report::new("22023", "COPY delimiter and quote must be different"));
        }
        let quoted = if self.all_quoted { Quoted::All } else { Quoted::These(self.quoted) };
        let null = self.null.unwrap_or_else(|| null.to_owned());
        Ok(Options { style, delimiter, null, header: self.header, quoted })
    }
}

fn unreadable() -> Report {
    Report::new(
        "42601",
        "`COPY` is `COPY (query) TO STDOUT [WITH (FORMAT csv, HEADER)]`, or of a table by its name",
    )
}

/// Options that may follow a list of names.
const LATER: &[&str] =
    &["NULL", "DELIMITER", "QUOTE", "ESCAPE", "HEADER", "ENCODING", "FORMAT", "CSV"];
