//! Statements as they come: cut from their text, and told apart by their words.
//!
//! Not here: how each kind is run.

use super::{
    catalog, copy, cursor,
    desk::savepoints,
    dialect,
    lexer::{self, Token, lex},
    parameters,
    report::Report,
    settings,
};

/// A statement as it came. It holds whatever was typed: no `Debug`.
pub(super) struct Statement {
    pub(super) tokens: Vec<Token>,
    pub(super) kind: Kind,
    /// How many parameters it has.
    pub(super) parameters: usize,
    /// The types that it gives them; only of a statement that is prepared.
    pub(super) types: Vec<u32>,
    /// The text from which its tokens were read, and which places in it mean.
    pub(super) text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
/// What a statement is.
pub(super) enum Kind {
    Empty,
    Setting,
    /// `BEGIN`, `COMMIT` or `ROLLBACK`, in one of their forms.
    Transaction(&'static str),
    Savepoint,
    Catalog,
    Cursor,
    Copy,
    /// PostgreSQL has it, and it cannot be had here.
    Missing(&'static str),
    /// It yields rows and changes nothing.
    Query,
    Other,
}

impl Statement {
    /// Cuts text into statements.
    pub(super) fn split(text: &str) -> Result<Vec<Self>, Report> {
        if text.len() > LONGEST {
            let message = format!("a text of statements has {LONGEST} bytes at the most");
            return Err(Report::new("54000", message).hint("give values as parameters"));
        }
        let tokens = lex(text)?;
        // Finding what each casts takes a look at what is before it.
        if tokens.iter().filter(|token| token.is_symbol("::")).count() > MOST_CASTS {
            return Err(Report::new("54001", "there are too many casts"));
        }
        let parts = tokens.split(|token| token.is_symbol(";"));
        if parts.clone().any(|tokens| tokens.len() > MOST_TOKENS) {
            let message = format!("a statement has {MOST_TOKENS} words and signs at the most");
            return Err(Report::new("54001", message).hint("give values as parameters"));
        }
        let whole = tokens.iter().filter(|token| token.is_symbol(";")).count() == 0;
        let statements = parts.map(|tokens| {
            let text = if whole { text.to_owned() } else { String::new() };
            Self::new(tokens.to_vec(), text)
        });
        let statements: Vec<Self> =
            statements.filter(|statement| statement.kind != Kind::Empty).collect();
        if statements.iter().any(|statement| statement.parameters > MOST_PARAMETERS) {
            return Err(Report::new("54000", "there are too many parameters"));
        }
        Ok(statements)
    }

    /// The one statement of a text; what is empty is one too.
    pub(super) fn one(text: &str) -> Result<Self, Report> {
        let mut statements = Self::split(text)?;
        match (statements.pop(), statements.is_empty()) {
            (None, _) => Ok(Self::new(Vec::new(), String::new())),
            (Some(one), true) => {
                let types = parameters::types(&one.tokens, one.parameters);
                Ok(Self { types, ..one })
            }
            _ => {
                let message = "cannot insert multiple commands into a prepared statement";
                Err(Report::new("42601", message))
            }
        }
    }

    /// A statement of these tokens, which were read from that text, if places in it are to be told.
    pub(super) fn new(tokens: Vec<Token>, text: String) -> Self {
        let numbers = tokens.iter().filter(|token| token.kind == lexer::Kind::Parameter);
        let numbers = numbers.filter_map(|token| token.text.get(1..)?.parse().ok());
        let parameters = numbers.max().unwrap_or(0);
        let kind = kind(&tokens);
        Self { tokens, kind, parameters, types: Vec::new(), text }
    }

    /// Bytes that it takes.
    pub(super) fn size(&self) -> usize {
        let tokens = self.tokens.iter().map(|token| token.text.len().saturating_add(TOKEN));
        let types = size_of_val(self.types.as_slice());
        let own = STATEMENT.saturating_add(self.text.len()).saturating_add(types);
        tokens.fold(own, usize::saturating_add)
    }

    /// Its tokens, if its rows are to be copied out.
    pub(super) fn copied(&self) -> Option<&[Token]> {
        (self.kind == Kind::Copy).then_some(&self.tokens)
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.kind == Kind::Empty
    }

    /// Whether it can be run before it is asked to be, since it changes nothing.
    pub(super) fn is_query(&self) -> bool {
        matches!(self.kind, Kind::Query | Kind::Catalog)
    }

    /// Whether it may yield rows.
    pub(super) fn yields_rows(&self) -> bool {
        let returns = || self.tokens.iter().any(|token| token.is("RETURNING"));
        self.is_query() || (self.kind == Kind::Other && returns())
    }

    /// The statement as it would be run, where the user has no views and tables.
    pub(super) fn written(&self) -> String {
        match self.kind {
            Kind::Catalog => catalog::written(&self.tokens),
            Kind::Copy => {
                copy::read(&self.tokens).map_or_else(|_| String::new(), |copy| copy.query.written())
            }
            Kind::Cursor => match cursor::read(&self.tokens) {
                Ok(cursor::Order::Declare { query, .. }) => query.written(),
                _ => String::new(),
            },
            _ => dialect::stackql(&self.tokens, &|_| false),
        }
    }
}

/// What a statement is, by the words in it.
fn kind(tokens: &[Token]) -> Kind {
    let said: Vec<&Token> = tokens.iter().filter(|token| !token.is_blank()).collect();
    let Some(first) = said.first() else { return Kind::Empty };
    let second = |word: &str| said.get(1).is_some_and(|token| token.is(word));
    let starts = |words: &[&str]| words.iter().any(|word| first.is(word));
    match () {
        () if starts(&["BEGIN"]) || (first.is("START") && second("TRANSACTION")) => {
            Kind::Transaction("BEGIN")
        }
        () if starts(&["COMMIT", "END"]) && !second("PREPARED") => Kind::Transaction("COMMIT"),
        () if starts(&["ROLLBACK", "ABORT"])
            && !said.iter().any(|token| token.is("TO") || token.is("PREPARED")) =>
        {
            Kind::Transaction("ROLLBACK")
        }
        () if settings::read(&said).is_some() => Kind::Setting,
        () if cursor::concerns(first) => Kind::Cursor,
        () if starts(&["COPY"]) => Kind::Copy,
        () if starts(&["LISTEN", "NOTIFY"]) => {
            Kind::Missing("there are no notifications here: whoever listened would wait for ever")
        }
        () if starts(&["SAVEPOINT", "RELEASE"]) || savepoints::goes_back(tokens) => Kind::Savepoint,
        () if starts(&["PREPARE", "EXECUTE"]) => Kind::Missing(
            "statements are prepared by messages of the protocol only, as drivers do, and as \
             psql's `\\bind` does",
        ),
        () if starts(&["SELECT", "WITH", "VALUES"])
            && said.len() < LONGEST_CATALOGUE_QUERY
            && catalog::concerns(&said) =>
        {
            Kind::Catalog
        }
        () if starts(&["SELECT", "WITH", "VALUES", "SHOW", "DESCRIBE", "DESC"]) => Kind::Query,
        () => Kind::Other,
    }
}

/// Bytes of a statement without its tokens, and of a token without its text.
const STATEMENT: usize = 1 << 10;
const TOKEN: usize = size_of::<Token>() + 16;

/// Bytes of what is sent as one text.
const LONGEST: usize = 1 << 20;

/// Tokens of a statement.
const MOST_TOKENS: usize = 65_536;

/// Tokens of a query on the catalogue: those of clients have a few hundred.
const LONGEST_CATALOGUE_QUERY: usize = 20_000;

/// Parameters that can get values: the protocol counts them in 16 bits.
const MOST_PARAMETERS: usize = 65_535;

/// Casts in one text.
const MOST_CASTS: usize = 2_000;
