//! Tokens into nodes: top-down operator precedence, after Vaughan Pratt.
//!
//! Each token knows what it begins (`prefix`) and what it continues (`infix`), and binds as
//! strongly as its kind says. Not responsible for meaning: unknown functions are read like others.

use crate::{
    DEPTH,
    error::{Error, Reason},
    functions, lexer,
    node::{Comparator, Form, Node, Slice},
    token::{Kind, Meaning, PROJECTION_STOP, Token},
};

/// An expression's root.
pub(crate) fn parse(expression: &str) -> Result<Node, Error> {
    let tokens = lexer::tokens(expression)?;
    let mut parser = Parser { expression, tokens: &tokens, index: 0, depth: 0 };
    let root = parser.expression(0)?;
    match parser.current() {
        token if token.kind == Kind::Eof => Ok(root),
        token => {
            let message = format!("Unexpected token: {}", token.shown()?);
            Err(parser.refused(token, message))
        }
    }
}

struct Parser<'t> {
    expression: &'t str,
    tokens: &'t [Token],
    index: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    /// What binds more than `power`.
    fn expression(&mut self, power: u8) -> Result<Node, Error> {
        if self.depth >= DEPTH {
            return Err(Reason::TooDeep.into());
        }
        self.depth = self.depth.saturating_add(1);
        let token = self.advance();
        let mut left = self.prefix(token)?;
        while power < self.current().kind.power() {
            let token = self.advance();
            left = self.infix(left, token)?;
        }
        self.depth = self.depth.saturating_sub(1);
        Ok(left)
    }

    fn prefix(&mut self, token: &Token) -> Result<Node, Error> {
        match (token.kind, &token.meaning) {
            (Kind::Literal, Meaning::Literal(datum)) => Node::new(Form::Literal(datum.clone())),
            (Kind::UnquotedIdentifier, Meaning::Name(name)) => Node::new(Form::Field(name.clone())),
            (Kind::QuotedIdentifier, Meaning::Name(name)) => self.quoted_identifier(name),
            (Kind::Current, _) => current(),
            (Kind::Star, _) => self.star(),
            (Kind::Filter, _) => self.filter(current()?),
            (Kind::Flatten, _) => self.flatten(current()?),
            (Kind::Lbrace, _) => self.multi_select_hash(),
            (Kind::Lbracket, _) => self.bracket(),
            (Kind::Lparen, _) => {
                let inside = self.expression(0)?;
                self.expect(Kind::Rparen)?;
                Ok(inside)
            }
            (Kind::Not, _) => {
                let inside = self.expression(Kind::Not.power())?;
                Node::new(Form::Not(inside))
            }
            (Kind::Expref, _) => {
                let inside = self.expression(Kind::Expref.power())?;
                Node::new(Form::Reference(inside))
            }
            (Kind::Eof, _) => Err(self.incomplete()),
            _ => Err(self.refused(token, "invalid token".to_owned())),
        }
    }

    fn infix(&mut self, left: Node, token: &Token) -> Result<Node, Error> {
        match token.kind {
            Kind::Dot => self.dot(left),
            Kind::Pipe => self.pair(left, Kind::Pipe, Form::Pipe),
            Kind::Or => self.pair(left, Kind::Or, Form::Or),
            Kind::And => self.pair(left, Kind::And, Form::And),
            Kind::Eq => self.comparison(left, Comparator::Equal),
            Kind::Ne => self.comparison(left, Comparator::Unequal),
            Kind::Lt => self.comparison(left, Comparator::Less),
            Kind::Lte => self.comparison(left, Comparator::LessOrEqual),
            Kind::Gt => self.comparison(left, Comparator::Greater),
            Kind::Gte => self.comparison(left, Comparator::GreaterOrEqual),
            Kind::Filter => self.filter(left),
            Kind::Flatten => self.flatten(left),
            Kind::Lbracket => self.index_or_star(left),
            Kind::Lparen => self.function(left),
            _ => Err(self.refused(token, "invalid token".to_owned())),
        }
    }

    fn quoted_identifier(&self, name: &str) -> Result<Node, Error> {
        let next = self.current();
        if next.kind == Kind::Lparen {
            let message = "Quoted identifier not allowed for function names.".to_owned();
            // The original gives column 0 wherever it is.
            return Err(self.refused_at(0, next, message));
        }
        Node::new(Form::Field(name.to_owned()))
    }

    fn star(&mut self) -> Result<Node, Error> {
        let right = if self.current().kind == Kind::Rbracket {
            current()?
        } else {
            self.projected(Kind::Star.power())?
        };
        Node::new(Form::ValueProjection([current()?, right]))
    }

    fn bracket(&mut self) -> Result<Node, Error> {
        match (self.current().kind, self.ahead(1).kind) {
            (Kind::Number | Kind::Colon, _) => {
                let right = self.index()?;
                self.projected_if_slice(current()?, right)
            }
            (Kind::Star, Kind::Rbracket) => {
                self.advance();
                self.advance();
                let right = self.projected(Kind::Star.power())?;
                Node::new(Form::Projection([current()?, right]))
            }
            _ => self.multi_select_list(),
        }
    }

    fn index_or_star(&mut self, left: Node) -> Result<Node, Error> {
        if matches!(self.current().kind, Kind::Number | Kind::Colon) {
            let right = self.index()?;
            // Behind an index, the original chains a slice like an index: it does not project.
            return match *left.form {
                Form::IndexExpression(_) => Node::index_expression(left, right),
                _ => self.projected_if_slice(left, right),
            };
        }
        self.expect(Kind::Star)?;
        self.expect(Kind::Rbracket)?;
        let right = self.projected(Kind::Star.power())?;
        Node::new(Form::Projection([left, right]))
    }

    fn index(&mut self) -> Result<Node, Error> {
        if self.current().kind == Kind::Colon || self.ahead(1).kind == Kind::Colon {
            return self.slice();
        }
        let index = whole(self.advance());
        self.expect(Kind::Rbracket)?;
        Node::new(Form::Index(index))
    }

    fn slice(&mut self) -> Result<Node, Error> {
        let mut slice = Slice::default();
        let mut colons = 0_u8;
        loop {
            let token = self.current();
            match (token.kind, colons) {
                (Kind::Rbracket, _) => break,
                (Kind::Colon, 0 | 1) => colons = colons.saturating_add(1),
                (Kind::Number, 0) => slice.start = Some(whole(token)),
                (Kind::Number, 1) => slice.stop = Some(whole(token)),
                (Kind::Number, _) => slice.step = Some(whole(token)),
                _ => return Err(self.refused(token, "syntax error".to_owned())),
            }
            self.advance();
        }
        self.expect(Kind::Rbracket)?;
        Node::new(Form::Slice(slice))
    }

    fn projected_if_slice(&mut self, left: Node, right: Node) -> Result<Node, Error> {
        let slice = matches!(*right.form, Form::Slice(_));
        let index = Node::new(Form::IndexExpression(vec![left, right]))?;
        if !slice {
            return Ok(index);
        }
        let right = self.projected(Kind::Star.power())?;
        Node::new(Form::Projection([index, right]))
    }

    fn filter(&mut self, left: Node) -> Result<Node, Error> {
        let condition = self.expression(0)?;
        self.expect(Kind::Rbracket)?;
        let right = if self.current().kind == Kind::Flatten {
            current()?
        } else {
            self.projected(Kind::Filter.power())?
        };
        Node::new(Form::FilterProjection([left, right, condition]))
    }

    fn flatten(&mut self, left: Node) -> Result<Node, Error> {
        let left = Node::new(Form::Flatten(left))?;
        let right = self.projected(Kind::Flatten.power())?;
        Node::new(Form::Projection([left, right]))
    }

    /// What a projection does with each element.
    fn projected(&mut self, power: u8) -> Result<Node, Error> {
        let token = self.current();
        match token.kind {
            kind if kind.power() < PROJECTION_STOP => current(),
            Kind::Lbracket | Kind::Filter => self.expression(power),
            Kind::Dot => {
                self.advance();
                self.after_dot(power)
            }
            _ => Err(self.refused(token, "syntax error".to_owned())),
        }
    }

    fn dot(&mut self, left: Node) -> Result<Node, Error> {
        if self.current().kind == Kind::Star {
            self.advance();
            let right = self.projected(Kind::Dot.power())?;
            return Node::new(Form::ValueProjection([left, right]));
        }
        let right = self.after_dot(Kind::Dot.power())?;
        Node::subexpression(left, right)
    }

    fn after_dot(&mut self, power: u8) -> Result<Node, Error> {
        let token = self.current();
        match token.kind {
            Kind::QuotedIdentifier | Kind::UnquotedIdentifier | Kind::Star => {
                self.expression(power)
            }
            Kind::Lbracket => {
                self.advance();
                self.multi_select_list()
            }
            Kind::Lbrace => {
                self.advance();
                self.multi_select_hash()
            }
            other => {
                let expected = "['quoted_identifier', 'unquoted_identifier', 'lbracket', 'lbrace']";
                let message = format!("Expecting: {expected}, got: {}", other.name());
                Err(self.refused(token, message))
            }
        }
    }

    fn pair(&mut self, left: Node, kind: Kind, form: fn([Node; 2]) -> Form) -> Result<Node, Error> {
        let right = self.expression(kind.power())?;
        Node::new(form([left, right]))
    }

    fn comparison(&mut self, left: Node, comparator: Comparator) -> Result<Node, Error> {
        let right = self.expression(Kind::Eq.power())?;
        Node::new(Form::Comparison(comparator, [left, right]))
    }

    /// Arguments; the original does not insist on the commas between them.
    fn function(&mut self, left: Node) -> Result<Node, Error> {
        let Form::Field(name) = *left.form else {
            let token = self.tokens.get(self.index.saturating_sub(2)).unwrap_or(&END);
            let message = format!("Invalid function name '{}'", token.shown()?);
            return Err(self.refused(token, message));
        };
        let mut arguments = Vec::new();
        while self.current().kind != Kind::Rparen {
            arguments.push(self.expression(0)?);
            if self.current().kind == Kind::Comma {
                self.advance();
            }
        }
        self.advance();
        Node::new(Form::Function(functions::named(&name).ok_or(name), arguments))
    }

    fn multi_select_list(&mut self) -> Result<Node, Error> {
        let mut nodes = vec![self.expression(0)?];
        while self.current().kind != Kind::Rbracket {
            self.expect(Kind::Comma)?;
            nodes.push(self.expression(0)?);
        }
        self.advance();
        Node::new(Form::List(nodes))
    }

    /// Pairs; the original does not insist on the commas between them.
    fn multi_select_hash(&mut self) -> Result<Node, Error> {
        let mut pairs = Vec::new();
        loop {
            let token = self.current();
            let Meaning::Name(name) = &token.meaning else {
                return Err(self.expected("['quoted_identifier', 'unquoted_identifier']", token));
            };
            self.advance();
            self.expect(Kind::Colon)?;
            pairs.push((name.clone(), self.expression(0)?));
            match self.current().kind {
                Kind::Comma => {
                    self.advance();
                }
                Kind::Rbrace => {
                    self.advance();
                    return Node::new(Form::Hash(pairs));
                }
                _ => {}
            }
        }
    }

    fn current(&self) -> &'t Token {
        self.ahead(0)
    }

    fn ahead(&self, count: usize) -> &'t Token {
        self.tokens.get(self.index.saturating_add(count)).unwrap_or(&END)
    }

    fn advance(&mut self) -> &'t Token {
        let token = self.current();
        self.index = self.index.saturating_add(1);
        token
    }

    fn expect(&mut self, kind: Kind) -> Result<(), Error> {
        let token = self.current();
        if token.kind != kind {
            return Err(self.expected(kind.name(), token));
        }
        self.advance();
        Ok(())
    }

    fn expected(&self, wanted: &str, token: &Token) -> Error {
        if token.kind == Kind::Eof {
            return self.incomplete();
        }
        self.refused(token, format!("Expecting: {wanted}, got: {}", token.kind.name()))
    }

    fn incomplete(&self) -> Error {
        Reason::Incomplete { expression: self.expression.to_owned() }.into()
    }

    fn refused(&self, token: &Token, message: String) -> Error {
        self.refused_at(token.start, token, message)
    }

    fn refused_at(&self, position: usize, token: &Token, message: String) -> Error {
        let expression = self.expression.to_owned();
        match token.shown() {
            Ok(shown) => {
                Reason::Parse { expression, position, token: shown, kind: token.kind, message }
                    .into()
            }
            Err(error) => error,
        }
    }
}

fn current() -> Result<Node, Error> {
    Node::new(Form::Current)
}

/// A number token's value. No list is so long that the limits of 64 bits matter.
fn whole(token: &Token) -> i64 {
    match &token.meaning {
        Meaning::Digits(digits) if digits.starts_with('-') => digits.parse().unwrap_or(i64::MIN),
        Meaning::Digits(digits) => digits.parse().unwrap_or(i64::MAX),
        _ => 0,
    }
}

/// What is beyond the last token.
static END: Token = Token { kind: Kind::Eof, start: 0, meaning: Meaning::Sign("") };
