//! Jinja's expressions, read as jinja2's parser reads them: what they name, not what they give.

use std::ops::Range;

use super::token::{Lexer, Token};
use super::{Expression, MAX_DEPTH};

/// Why a tag cannot be read, and where.
#[derive(Debug)]
pub(super) struct Refusal {
    /// Bytes of the text.
    pub(super) span: Range<usize>,
    /// For people.
    pub(super) message: &'static str,
    /// It nests too deeply.
    pub(super) deep: bool,
}

pub(super) type Read<T> = Result<T, Refusal>;

/// What an expression is, as far as statements ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A name that may be assigned to, or a tuple of such.
    Target,
    /// A call.
    Call,
    /// Anything else.
    Other,
}

/// Reads the tokens of one tag.
pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    lexer: Lexer<'a>,
    pub(super) token: Token,
    span: Range<usize>,
    ahead: Option<(Token, Range<usize>)>,
    depth: usize,
    /// What has been read so far.
    pub(super) expression: Expression,
    /// Names that are given a value.
    pub(super) targets: Vec<String>,
    /// The name of the statement, if it is one.
    pub(super) first: &'a str,
    /// The name of a block, at its beginning and its end.
    pub(super) label: Option<&'a str>,
}

/// Words that are values.
pub(super) const CONSTANTS: [&str; 6] = ["true", "false", "none", "True", "False", "None"];

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, at: usize, closer: &'static str, script: bool) -> Self {
        let mut lexer = Lexer::new(text, at, closer, script);
        let (token, span) = lexer.next();
        let expression = Expression::default();
        let first = text.get(span.clone()).filter(|_| token == Token::Name).unwrap_or_default();
        Parser { text, lexer, token, span, ahead: None, depth: 0, expression, targets: Vec::new(), first, label: None }
    }

    /// Bytes looked at.
    pub(super) fn steps(&self) -> u64 {
        self.lexer.steps
    }

    /// Where the current token is.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    pub(super) fn advance(&mut self) -> Range<usize> {
        let (token, span) = self.ahead.take().unwrap_or_else(|| self.lexer.next());
        self.token = token;
        std::mem::replace(&mut self.span, span)
    }

    pub(super) fn look(&mut self) -> (Token, Range<usize>) {
        self.ahead.get_or_insert_with(|| self.lexer.next()).clone()
    }

    pub(super) fn word_at(&self, span: &Range<usize>) -> &'a str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// The current token, if it is a name.
    pub(super) fn word(&self) -> Option<&'a str> {
        (self.token == Token::Name).then(|| self.word_at(&self.span))
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        matches!(self.token, Token::Sign(other) if other == sign)
    }

    pub(super) fn is_end(&self) -> bool {
        self.token == Token::End
    }

    pub(super) fn skip_word(&mut self, word: &str) -> bool {
        let is = self.is_word(word);
        if is {
            self.advance();
        }
        is
    }

    pub(super) fn skip_sign(&mut self, sign: &str) -> bool {
        let is = self.is_sign(sign);
        if is {
            self.advance();
        }
        is
    }

    pub(super) fn refuse<T>(&self, message: &'static str) -> Read<T> {
        Err(Refusal { span: self.span.clone(), message, deep: false })
    }

    pub(super) fn expect(&mut self, sign: &str, message: &'static str) -> Read<()> {
        if self.skip_sign(sign) { Ok(()) } else { self.refuse(message) }
    }

    pub(super) fn name(&mut self) -> Read<Range<usize>> {
        if self.token == Token::Name { Ok(self.advance()) } else { self.refuse("Expected a name here.") }
    }

    /// A block's name.
    pub(super) fn name_block(&mut self) -> Read<()> {
        let span = self.name()?;
        self.label = Some(self.word_at(&span));
        Ok(())
    }

    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth >= MAX_DEPTH {
            let message = "Expressions nest deeper than 64 levels here: flatten them.";
            return Err(Refusal { span: self.span.clone(), message, deep: true });
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// `a if b else c`, or anything below it.
    pub(super) fn expression(&mut self) -> Read<Shape> {
        self.nested(|parser| {
            let mut shape = parser.either()?;
            while parser.skip_word("if") {
                parser.either()?;
                if parser.skip_word("else") {
                    parser.expression()?;
                }
                shape = Shape::Other;
            }
            Ok(shape)
        })
    }

    /// The same without a condition.
    pub(super) fn either(&mut self) -> Read<Shape> {
        let mut shape = self.both()?;
        while self.skip_word("or") || self.skip_sign("||") {
            self.both()?;
            shape = Shape::Other;
        }
        Ok(shape)
    }

    pub(super) fn both(&mut self) -> Read<Shape> {
        let mut shape = self.negation()?;
        while self.skip_word("and") || self.skip_sign("&&") {
            self.negation()?;
            shape = Shape::Other;
        }
        Ok(shape)
    }

    pub(super) fn negation(&mut self) -> Read<Shape> {
        if self.skip_word("not") {
            self.nested(Self::negation)?;
            return Ok(Shape::Other);
        }
        self.comparison()
    }

    pub(super) fn comparison(&mut self) -> Read<Shape> {
        let mut shape = self.operand(&["+", "-"])?;
        loop {
            let compared =
                ["==", "!=", "<=", ">=", "<", ">", "===", "!=="].into_iter().any(|sign| self.skip_sign(sign));
            let within = compared || self.skip_word("in") || {
                let (token, span) = if self.is_word("not") { self.look() } else { (Token::Bad, 0..0) };
                let negated = token == Token::Name && self.word_at(&span) == "in";
                if negated {
                    self.advance();
                    self.advance();
                }
                negated
            };
            if !within {
                return Ok(shape);
            }
            self.operand(&["+", "-"])?;
            shape = Shape::Other;
        }
    }

    /// Operands joined by `signs`, each of those that bind tighter: sums, `~`, products, powers.
    pub(super) fn operand(&mut self, signs: &[&str]) -> Read<Shape> {
        let tighter: &[&str] = match signs.first() {
            Some(&"+") => &["~"],
            Some(&"~") => &["*", "/", "//", "%"],
            Some(&"*") => &["**"],
            _ => &[],
        };
        let below = |parser: &mut Self| {
            if tighter.is_empty() { parser.unary(true) } else { parser.operand(tighter) }
        };
        let mut shape = below(self)?;
        while signs.iter().any(|sign| self.skip_sign(sign)) {
            below(self)?;
            shape = Shape::Other;
        }
        Ok(shape)
    }

    pub(super) fn unary(&mut self, filtered: bool) -> Read<Shape> {
        let mut shape = if self.skip_sign("-") || self.skip_sign("+") {
            self.nested(|parser| parser.unary(false))?;
            Shape::Other
        } else {
            self.primary()?
        };
        shape = self.postfix(shape)?;
        if !filtered {
            return Ok(shape);
        }
        loop {
            if self.is_sign("|") {
                self.filters()?;
                shape = Shape::Other;
            } else if self.is_word("is") {
                self.test()?;
                shape = Shape::Other;
            } else if self.is_sign("(") {
                // A filter may be called once more: jinja2 reads it so.
                shape = self.postfix(Shape::Other)?;
            } else {
                return Ok(shape);
            }
        }
    }

    /// A name that is given a value.
    pub(super) fn target_name(&mut self) -> Read<()> {
        let span = self.span.clone();
        let word = self.word_at(&span).to_owned();
        if self.token == Token::Name && CONSTANTS.contains(&word.as_str()) {
            return self.refuse("No value can be given to this: it is a constant.");
        }
        self.name()?;
        self.targets.push(word);
        Ok(())
    }

    /// `a`, `a, b`, `(a, b)`, with `spaced` also `namespace.a`: what is given a value.
    pub(super) fn target(&mut self, spaced: bool, ends: &[&str]) -> Read<()> {
        let names = self.expression.names.len();
        let span = self.span.clone();
        let item = |parser: &mut Self| {
            if spaced && parser.token == Token::Name && parser.look().0 == Token::Sign(".") {
                parser.advance();
                parser.advance();
                parser.name()?;
                return Ok(Shape::Target);
            }
            parser.primary()
        };
        let shape = self.tuple(item, false, ends)?;
        if shape != Shape::Target {
            return Err(Refusal { span, message: "No value can be given to this: name a variable.", deep: false });
        }
        let given = self.expression.names.split_off(names);
        self.targets.extend(given.into_iter().map(|name| name.name));
        Ok(())
    }
}
