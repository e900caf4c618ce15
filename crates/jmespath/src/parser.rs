//! A Pratt parser: top-down operator precedence. The binding power of a token is that of its kind.

use crate::{
    DEPTH,
    error::{Error, ErrorKind},
    functions, lexer,
    node::{Comparator, Node, NodeKind, Slice},
    token::{PROJECTION_STOP, Token, TokenKind, TokenValue},
};

pub(crate) fn parse(expression: &str) -> Result<Node, Error> {
    let tokens = lexer::tokens(expression)?;
    let mut parser = Parser { expression, tokens: &tokens, index: 0, depth: 0 };
    let root = parser.expression(0)?;
    match parser.current() {
        token if token.kind == TokenKind::Eof => Ok(root),
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
    /// Parses operators that bind more strongly than `power`.
    fn expression(&mut self, power: u8) -> Result<Node, Error> {
        if self.depth >= DEPTH {
            return Err(ErrorKind::TooDeep.into());
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
            (TokenKind::Literal, TokenValue::Literal(datum)) => {
                Node::new(NodeKind::Literal(datum.clone()))
            }
            (TokenKind::UnquotedIdentifier, TokenValue::Name(name)) => {
                Node::new(NodeKind::Field(name.clone()))
            }
            (TokenKind::QuotedIdentifier, TokenValue::Name(name)) => self.quoted_identifier(name),
            (TokenKind::Current, _) => current(),
            (TokenKind::Star, _) => self.star(),
            (TokenKind::Filter, _) => self.filter(current()?),
            (TokenKind::Flatten, _) => self.flatten(current()?),
            (TokenKind::Lbrace, _) => self.multi_select_hash(),
            (TokenKind::Lbracket, _) => self.bracket(),
            (TokenKind::Lparen, _) => {
                let inside = self.expression(0)?;
                self.expect(TokenKind::Rparen)?;
                Ok(inside)
            }
            (TokenKind::Not, _) => {
                let inside = self.expression(TokenKind::Not.power())?;
                Node::new(NodeKind::Not(inside))
            }
            (TokenKind::Expref, _) => {
                let inside = self.expression(TokenKind::Expref.power())?;
                Node::new(NodeKind::Reference(inside))
            }
            (TokenKind::Eof, _) => Err(self.incomplete()),
            _ => Err(self.refused(token, "invalid token".to_owned())),
        }
    }

    fn infix(&mut self, left: Node, token: &Token) -> Result<Node, Error> {
        match token.kind {
            TokenKind::Dot => self.dot(left),
            TokenKind::Pipe => self.pair(left, TokenKind::Pipe, NodeKind::Pipe),
            TokenKind::Or => self.pair(left, TokenKind::Or, NodeKind::Or),
            TokenKind::And => self.pair(left, TokenKind::And, NodeKind::And),
            TokenKind::Eq => self.comparison(left, Comparator::Equal),
            TokenKind::Ne => self.comparison(left, Comparator::Unequal),
            TokenKind::Lt => self.comparison(left, Comparator::Less),
            TokenKind::Lte => self.comparison(left, Comparator::LessOrEqual),
            TokenKind::Gt => self.comparison(left, Comparator::Greater),
            TokenKind::Gte => self.comparison(left, Comparator::GreaterOrEqual),
            TokenKind::Filter => self.filter(left),
            TokenKind::Flatten => self.flatten(left),
            TokenKind::Lbracket => self.index_or_star(left),
            TokenKind::Lparen => self.function(left),
            _ => Err(self.refused(token, "invalid token".to_owned())),
        }
    }

    fn quoted_identifier(&self, name: &str) -> Result<Node, Error> {
        let next = self.current();
        if next.kind == TokenKind::Lparen {
            let message = "Quoted identifier not allowed for function names.".to_owned();
            // jmespath.py reports column 0 for any position.
            return Err(self.refused_at(0, next, message));
        }
        Node::new(NodeKind::Field(name.to_owned()))
    }

    fn star(&mut self) -> Result<Node, Error> {
        let right = if self.current().kind == TokenKind::Rbracket {
            current()?
        } else {
            self.projected(TokenKind::Star.power())?
        };
        Node::new(NodeKind::ValueProjection([current()?, right]))
    }

    fn bracket(&mut self) -> Result<Node, Error> {
        match (self.current().kind, self.ahead(1).kind) {
            (TokenKind::Number | TokenKind::Colon, _) => {
                let right = self.index()?;
                self.projected_if_slice(current()?, right)
            }
            (TokenKind::Star, TokenKind::Rbracket) => {
                self.advance();
                self.advance();
                let right = self.projected(TokenKind::Star.power())?;
                Node::new(NodeKind::Projection([current()?, right]))
            }
            _ => self.multi_select_list(),
        }
    }

    fn index_or_star(&mut self, left: Node) -> Result<Node, Error> {
        if matches!(self.current().kind, TokenKind::Number | TokenKind::Colon) {
            let right = self.index()?;
            // After an index, jmespath.py chains a slice like an index: it does not project.
            return match *left.form {
                NodeKind::IndexExpression(_) => Node::index_expression(left, right),
                _ => self.projected_if_slice(left, right),
            };
        }
        self.expect(TokenKind::Star)?;
        self.expect(TokenKind::Rbracket)?;
        let right = self.projected(TokenKind::Star.power())?;
        Node::new(NodeKind::Projection([left, right]))
    }

    fn index(&mut self) -> Result<Node, Error> {
        if self.current().kind == TokenKind::Colon || self.ahead(1).kind == TokenKind::Colon {
            return self.slice();
        }
        let index = whole(self.advance());
        self.expect(TokenKind::Rbracket)?;
        Node::new(NodeKind::Index(index))
    }

    fn slice(&mut self) -> Result<Node, Error> {
        let mut slice = Slice::default();
        let mut colons = 0_u8;
        loop {
            let token = self.current();
            match (token.kind, colons) {
                (TokenKind::Rbracket, _) => break,
                (TokenKind::Colon, 0 | 1) => colons = colons.saturating_add(1),
                (TokenKind::Number, 0) => slice.start = Some(whole(token)),
                (TokenKind::Number, 1) => slice.stop = Some(whole(token)),
                (TokenKind::Number, _) => slice.step = Some(whole(token)),
                _ => return Err(self.refused(token, "syntax error".to_owned())),
            }
            self.advance();
        }
        self.expect(TokenKind::Rbracket)?;
        Node::new(NodeKind::Slice(slice))
    }

    fn projected_if_slice(&mut self, left: Node, right: Node) -> Result<Node, Error> {
        let slice = matches!(*right.form, NodeKind::Slice(_));
        let index = Node::new(NodeKind::IndexExpression(vec![left, right]))?;
        if !slice {
            return Ok(index);
        }
        let right = self.projected(TokenKind::Star.power())?;
        Node::new(NodeKind::Projection([index, right]))
    }

    fn filter(&mut self, left: Node) -> Result<Node, Error> {
        let condition = self.expression(0)?;
        self.expect(TokenKind::Rbracket)?;
        let right = if self.current().kind == TokenKind::Flatten {
            current()?
        } else {
            self.projected(TokenKind::Filter.power())?
        };
        Node::new(NodeKind::FilterProjection([left, right, condition]))
    }

    fn flatten(&mut self, left: Node) -> Result<Node, Error> {
        let left = Node::new(NodeKind::Flatten(left))?;
        let right = self.projected(TokenKind::Flatten.power())?;
        Node::new(NodeKind::Projection([left, right]))
    }

    /// The right side of a projection, evaluated on each element.
    fn projected(&mut self, power: u8) -> Result<Node, Error> {
        let token = self.current();
        match token.kind {
            kind if kind.power() < PROJECTION_STOP => current(),
            TokenKind::Lbracket | TokenKind::Filter => self.expression(power),
            TokenKind::Dot => {
                self.advance();
                self.after_dot(power)
            }
            _ => Err(self.refused(token, "syntax error".to_owned())),
        }
    }

    fn dot(&mut self, left: Node) -> Result<Node, Error> {
        if self.current().kind == TokenKind::Star {
            self.advance();
            let right = self.projected(TokenKind::Dot.power())?;
            return Node::new(NodeKind::ValueProjection([left, right]));
        }
        let right = self.after_dot(TokenKind::Dot.power())?;
        Node::subexpression(left, right)
    }

    fn after_dot(&mut self, power: u8) -> Result<Node, Error> {
        let token = self.current();
        match token.kind {
            TokenKind::QuotedIdentifier | TokenKind::UnquotedIdentifier | TokenKind::Star => {
                self.expression(power)
            }
            TokenKind::Lbracket => {
                self.advance();
                self.multi_select_list()
            }
            TokenKind::Lbrace => {
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

    fn pair(
        &mut self,
        left: Node,
        kind: TokenKind,
        form: fn([Node; 2]) -> NodeKind,
    ) -> Result<Node, Error> {
        let right = self.expression(kind.power())?;
        Node::new(form([left, right]))
    }

    fn comparison(&mut self, left: Node, comparator: Comparator) -> Result<Node, Error> {
        let right = self.expression(TokenKind::Eq.power())?;
        Node::new(NodeKind::Comparison(comparator, [left, right]))
    }

    /// Arguments; jmespath.py does not require commas between them.
    fn function(&mut self, left: Node) -> Result<Node, Error> {
        let NodeKind::Field(name) = *left.form else {
            let token = self.tokens.get(self.index.saturating_sub(2)).unwrap_or(&END);
            let message = format!("Invalid function name '{}'", token.shown()?);
            return Err(self.refused(token, message));
        };
        let mut arguments = Vec::new();
        while self.current().kind != TokenKind::Rparen {
            arguments.push(self.expression(0)?);
            if self.current().kind == TokenKind::Comma {
                self.advance();
            }
        }
        self.advance();
        Node::new(NodeKind::Function(functions::named(&name).ok_or(name), arguments))
    }

    fn multi_select_list(&mut self) -> Result<Node, Error> {
        let mut nodes = vec![self.expression(0)?];
        while self.current().kind != TokenKind::Rbracket {
            self.expect(TokenKind::Comma)?;
            nodes.push(self.expression(0)?);
        }
        self.advance();
        Node::new(NodeKind::List(nodes))
    }

    /// Pairs; jmespath.py does not require commas between them.
    fn multi_select_hash(&mut self) -> Result<Node, Error> {
        let mut pairs = Vec::new();
        loop {
            let token = self.current();
            let TokenValue::Name(name) = &token.meaning else {
                return Err(self.expected("['quoted_identifier', 'unquoted_identifier']", token));
            };
            self.advance();
            self.expect(TokenKind::Colon)?;
            pairs.push((name.clone(), self.expression(0)?));
            match self.current().kind {
                TokenKind::Comma => {
                    self.advance();
                }
                TokenKind::Rbrace => {
                    self.advance();
                    return Node::new(NodeKind::Hash(pairs));
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

    fn expect(&mut self, kind: TokenKind) -> Result<(), Error> {
        let token = self.current();
        if token.kind != kind {
            return Err(self.expected(kind.name(), token));
        }
        self.advance();
        Ok(())
    }

    fn expected(&self, wanted: &str, token: &Token) -> Error {
        if token.kind == TokenKind::Eof {
            return self.incomplete();
        }
        self.refused(token, format!("Expecting: {wanted}, got: {}", token.kind.name()))
    }

    fn incomplete(&self) -> Error {
        ErrorKind::Incomplete { expression: self.expression.to_owned() }.into()
    }

    fn refused(&self, token: &Token, message: String) -> Error {
        self.refused_at(token.start, token, message)
    }

    fn refused_at(&self, position: usize, token: &Token, message: String) -> Error {
        let expression = self.expression.to_owned();
        match token.shown() {
            Ok(shown) => {
                ErrorKind::Parse { expression, position, token: shown, kind: token.kind, message }
                    .into()
            }
            Err(error) => error,
        }
    }
}

fn current() -> Result<Node, Error> {
    Node::new(NodeKind::Current)
}

/// The value of a number token, saturating: no list has 2^63 elements.
fn whole(token: &Token) -> i64 {
    match &token.meaning {
        TokenValue::Digits(digits) if digits.starts_with('-') => digits.parse().unwrap_or(i64::MIN),
        TokenValue::Digits(digits) => digits.parse().unwrap_or(i64::MAX),
        _ => 0,
    }
}

/// The token after the last.
static END: Token = Token { kind: TokenKind::Eof, start: 0, meaning: TokenValue::Sign("") };
