//! What operators work on: values, what is asked of them by `.`, `[…]`, `(…)` and `|`, and tests.

use super::parser::{CONSTANTS, Parser, Read, Shape};
use super::token::Token;
use super::{Call, Member, Name};

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Read<Shape> {
        match self.token {
            Token::Name => {
                let span = self.advance();
                let word = self.word_at(&span);
                if CONSTANTS.contains(&word) {
                    return Ok(Shape::Other);
                }
                self.expression.names.push(Name { name: word.to_owned(), span, contextual: false });
                Ok(Shape::Target)
            }
            Token::Text => {
                while self.token == Token::Text {
                    self.advance();
                }
                Ok(Shape::Other)
            }
            Token::Number => {
                self.advance();
                Ok(Shape::Other)
            }
            Token::Sign("(") => self.nested(|parser| {
                parser.advance();
                let shape = parser.tuple(Self::expression, true, &[])?;
                parser.expect(")", "Expected `)` here.")?;
                Ok(shape)
            }),
            Token::Sign("[") => self.nested(|parser| {
                parser.list("]", |parser| parser.expression().map(drop))?;
                Ok(Shape::Other)
            }),
            Token::Sign("{") => self.nested(|parser| {
                parser.list("}", |parser| {
                    parser.expression()?;
                    parser.expect(":", "Expected `:` between a key and its value here.")?;
                    parser.expression().map(drop)
                })?;
                Ok(Shape::Other)
            }),
            Token::End => self.refuse("The tag ends where a value is expected."),
            Token::Eof => self.refuse("The text ends where a value is expected."),
            _ => self.refuse("Expected a value here: a name, a string, a number or brackets."),
        }
    }

    /// Items between commas, up to `close`, the opening bracket included.
    fn list(&mut self, close: &str, mut item: impl FnMut(&mut Self) -> Read<()>) -> Read<()> {
        self.advance();
        let mut first = true;
        while !self.is_sign(close) {
            if !first {
                self.expect(",", "Expected `,` or the closing bracket here.")?;
                if self.is_sign(close) {
                    break;
                }
            }
            item(self)?;
            first = false;
        }
        self.advance();
        Ok(())
    }

    /// `a, b`, or one of them; nothing only where `empty` is allowed. `ends` are words behind which there is no more.
    pub(super) fn tuple(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Read<Shape>,
        empty: bool,
        ends: &[&str],
    ) -> Read<Shape> {
        let mut shape = None;
        let mut several = false;
        loop {
            let over = matches!(self.token, Token::End | Token::Sign(")")) || ends.iter().any(|end| self.is_word(end));
            if over {
                break;
            }
            let next = item(self)?;
            // A call in a tuple is none.
            shape = Some(match shape {
                None => next,
                Some(Shape::Target) if next == Shape::Target => Shape::Target,
                Some(_) => Shape::Other,
            });
            if !self.skip_sign(",") {
                break;
            }
            several = true;
        }
        match shape {
            Some(Shape::Call) if several => Ok(Shape::Other),
            Some(shape) => Ok(shape),
            None if empty => Ok(Shape::Other),
            None => self.refuse("Expected an expression here."),
        }
    }

    /// `.name`, `[…]` and `(…)` behind a value.
    pub(super) fn postfix(&mut self, mut shape: Shape) -> Read<Shape> {
        loop {
            match self.token {
                Token::Sign(".") => {
                    self.advance();
                    match self.token {
                        Token::Name => {
                            let span = self.advance();
                            let name = self.word_at(&span).to_owned();
                            self.expression.members.push(Member { name: Some(name), span });
                        }
                        Token::Number if self.word_at(&self.span()).bytes().all(|byte| byte != b'.') => {
                            self.advance();
                        }
                        _ => return self.refuse("Expected a name or a number behind the dot."),
                    }
                    shape = Shape::Other;
                }
                Token::Sign("[") => {
                    self.nested(Self::subscript)?;
                    shape = Shape::Other;
                }
                Token::Sign("(") => {
                    let span = self.span();
                    self.nested(Self::arguments)?;
                    self.expression.calls.push(Call { callee: None, span });
                    shape = Shape::Call;
                }
                _ => return Ok(shape),
            }
        }
    }

    fn subscript(&mut self) -> Read<()> {
        self.advance();
        let mut first = true;
        while !self.is_sign("]") {
            if !first {
                self.expect(",", "Expected `,` or `]` here.")?;
            }
            first = false;
            if let (Token::Text, span) = (self.token, self.span())
                && self.look().0 == Token::Sign("]")
            {
                let name = self.word_at(&span).trim_matches(['"', '\'']).to_owned();
                self.expression.members.push(Member { name: Some(name), span });
            }
            let mut parts = 0;
            loop {
                let over = matches!(self.token, Token::Sign("]" | ","));
                if !(self.is_sign(":") || over && parts > 0) {
                    self.expression()?;
                }
                parts += 1;
                if parts > 2 || !self.skip_sign(":") {
                    break;
                }
            }
        }
        self.advance();
        Ok(())
    }

    /// `(a, *b, c=d, **e)`.
    fn arguments(&mut self) -> Read<()> {
        const ORDER: &str = "Expected positional arguments first, then named ones, `**` last.";
        let (mut named, mut starred, mut last) = (false, false, false);
        self.list(")", |parser| {
            if parser.skip_sign("*") {
                if starred || last {
                    return parser.refuse(ORDER);
                }
                starred = true;
            } else if parser.skip_sign("**") {
                if last {
                    return parser.refuse(ORDER);
                }
                last = true;
            } else if parser.token == Token::Name && parser.look().0 == Token::Sign("=") {
                if last {
                    return parser.refuse(ORDER);
                }
                parser.advance();
                parser.advance();
                named = true;
            } else if named || starred || last {
                return parser.refuse(ORDER);
            }
            parser.expression().map(drop)
        })
    }

    /// `| name(…)`, once or more.
    pub(super) fn filters(&mut self) -> Read<()> {
        while self.skip_sign("|") {
            self.filter()?;
        }
        Ok(())
    }

    /// `name(…)` behind a `|`.
    pub(super) fn filter(&mut self) -> Read<()> {
        self.dotted()?;
        if self.is_sign("(") { self.nested(Self::arguments) } else { Ok(()) }
    }

    fn dotted(&mut self) -> Read<()> {
        self.name()?;
        while self.skip_sign(".") {
            self.name()?;
        }
        Ok(())
    }

    /// `is not name argument`.
    pub(super) fn test(&mut self) -> Read<()> {
        self.advance();
        self.skip_word("not");
        self.dotted()?;
        if self.is_sign("(") {
            return self.nested(Self::arguments);
        }
        let argument = match self.token {
            Token::Name => !matches!(self.word(), Some("else" | "or" | "and")),
            Token::Text | Token::Number | Token::Sign("[" | "{") => true,
            _ => false,
        };
        if !argument {
            return Ok(());
        }
        if self.is_word("is") {
            return self.refuse("Tests cannot be chained with `is`: join them with `and`.");
        }
        let shape = self.primary()?;
        self.postfix(shape).map(drop)
    }
}
