//! Tokens, their names in jmespath.py, and their binding powers.

use crate::{budget::Budget, datum::Datum, error::Error, python};

/// A token with its position in characters.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) meaning: TokenValue,
}

#[derive(Clone, Debug)]
pub(crate) enum TokenValue {
    /// A token without a value of its own.
    Sign(&'static str),
    Name(String),
    /// Digits without leading zeros, with an optional minus.
    Digits(String),
    Literal(Datum<'static>),
}

impl Token {
    /// The value in messages: Python's `str`.
    pub(crate) fn shown(&self) -> Result<String, Error> {
        Ok(match &self.meaning {
            TokenValue::Sign(sign) => (*sign).to_owned(),
            TokenValue::Name(text) | TokenValue::Digits(text) => text.clone(),
            TokenValue::Literal(datum) => python::str(datum, &Budget::unlimited())?,
        })
    }
}

/// The kinds of tokens, from the end of the expression to the strongest binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Eof,
    UnquotedIdentifier,
    QuotedIdentifier,
    Literal,
    Rbracket,
    Rparen,
    Comma,
    Rbrace,
    Number,
    Current,
    Expref,
    Colon,
    Pipe,
    Or,
    And,
    Eq,
    Gt,
    Lt,
    Gte,
    Lte,
    Ne,
    Flatten,
    Star,
    Filter,
    Dot,
    Not,
    Lbrace,
    Lbracket,
    Lparen,
}

impl TokenKind {
    /// The name in messages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Eof => "eof",
            Self::UnquotedIdentifier => "unquoted_identifier",
            Self::QuotedIdentifier => "quoted_identifier",
            Self::Literal => "literal",
            Self::Rbracket => "rbracket",
            Self::Rparen => "rparen",
            Self::Comma => "comma",
            Self::Rbrace => "rbrace",
            Self::Number => "number",
            Self::Current => "current",
            Self::Expref => "expref",
            Self::Colon => "colon",
            Self::Pipe => "pipe",
            Self::Or => "or",
            Self::And => "and",
            Self::Eq => "eq",
            Self::Gt => "gt",
            Self::Lt => "lt",
            Self::Gte => "gte",
            Self::Lte => "lte",
            Self::Ne => "ne",
            Self::Flatten => "flatten",
            Self::Star => "star",
            Self::Filter => "filter",
            Self::Dot => "dot",
            Self::Not => "not",
            Self::Lbrace => "lbrace",
            Self::Lbracket => "lbracket",
            Self::Lparen => "lparen",
        }
    }

    /// The left binding power. The grammar defines the order; the distances decide where a projection
    /// ends ([`PROJECTION_STOP`]).
    pub(crate) const fn power(self) -> u8 {
        match self {
            Self::Pipe => 1,
            Self::Or => 2,
            Self::And => 3,
            Self::Eq | Self::Gt | Self::Lt | Self::Gte | Self::Lte | Self::Ne => 5,
            Self::Flatten => 9,
            Self::Star => 20,
            Self::Filter => 21,
            Self::Dot => 40,
            Self::Not => 45,
            Self::Lbrace => 50,
            Self::Lbracket => 55,
            Self::Lparen => 60,
            _ => 0,
        }
    }
}

/// Tokens with less binding power end a projection
/// (<https://jmespath.org/specification.html#projections>).
pub(crate) const PROJECTION_STOP: u8 = 10;
