//! What is in a tag of Liquid: values, filters, conditions.

use std::ops::Range;

use crate::placeholder::{Expression, MAX_DEPTH, Member, Name};

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

type Read = Result<(), Refusal>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// A name, with hyphens in it, and perhaps a `?` at its end.
    Name,
    /// A number.
    Number,
    /// A string in quotes.
    Text,
    /// A sign of one or two characters.
    Sign(&'static str),
    /// The tag's end.
    End,
    /// Nothing that may be in a tag.
    Bad,
}

/// Longest first.
const SIGNS: [&str; 18] =
    ["..", "==", "!=", "<>", "<=", ">=", "<", ">", "|", ":", ",", ".", "[", "]", "(", ")", "=", "-"];
/// Words that are values.
const CONSTANTS: [&str; 6] = ["true", "false", "nil", "null", "empty", "blank"];

/// Reads the inside of one tag.
pub(super) struct Markup<'a> {
    text: &'a str,
    end: usize,
    token: Token,
    span: Range<usize>,
    depth: usize,
    /// What it names.
    pub(super) expression: Expression,
    /// Names that it gives a value.
    pub(super) targets: Vec<String>,
    /// Bytes looked at.
    pub(super) steps: u64,
}

impl<'a> Markup<'a> {
    /// The bytes `inner` of `text`.
    pub(super) fn new(text: &'a str, inner: Range<usize>) -> Self {
        let (expression, targets) = (Expression::default(), Vec::new());
        let span = inner.start..inner.start;
        let mut markup =
            Markup { text, end: inner.end, token: Token::End, span, depth: 0, expression, targets, steps: 0 };
        markup.advance();
        markup
    }

    fn advance(&mut self) -> Range<usize> {
        let rest = self.text.get(self.span.end..self.end).unwrap_or_default();
        let body = rest.trim_start();
        let (token, length) = token(body);
        let start = self.end - body.len();
        self.steps += (rest.len() - body.len() + length) as u64 + 1;
        self.token = token;
        std::mem::replace(&mut self.span, start..start + length)
    }

    fn word(&self) -> &'a str {
        if self.token == Token::Name { self.text.get(self.span.clone()).unwrap_or_default() } else { "" }
    }

    pub(super) fn is_end(&self) -> bool {
        self.token == Token::End
    }

    fn skip(&mut self, sign: &str) -> bool {
        let is = matches!(self.token, Token::Sign(other) if other == sign);
        if is {
            self.advance();
        }
        is
    }

    fn skip_word(&mut self, words: &[&str]) -> bool {
        let is = words.contains(&self.word());
        if is {
            self.advance();
        }
        is
    }

    pub(super) fn refuse(&self, message: &'static str) -> Read {
        Err(Refusal { span: self.span.clone(), message, deep: false })
    }

    /// Nothing more may be here.
    pub(super) fn finish(&self) -> Read {
        if self.is_end() {
            return Ok(());
        }
        self.refuse("This does not belong to the expression before it: the tag should end here.")
    }

    /// `value | filter: argument, name: argument`
    pub(super) fn filtered(&mut self) -> Read {
        self.condition()?;
        while self.skip("|") {
            if self.token != Token::Name {
                return self.refuse("Expected the name of a filter behind `|`.");
            }
            self.advance();
            let behind = if self.skip(":") { self.token } else { continue };
            if matches!(behind, Token::End | Token::Sign("|")) {
                continue;
            }
            loop {
                self.argument()?;
                if !self.skip(",") {
                    break;
                }
            }
        }
        Ok(())
    }

    /// `value`, or `name: value`.
    fn argument(&mut self) -> Read {
        let behind = self.text.get(self.span.end..self.end).unwrap_or_default().trim_start();
        if self.token == Token::Name && behind.starts_with(':') {
            self.advance();
            self.advance();
        }
        self.value()
    }

    fn value(&mut self) -> Read {
        match self.token {
            Token::Text | Token::Number => _ = self.advance(),
            Token::Name => {
                let word = self.word();
                let span = self.advance();
                if !CONSTANTS.contains(&word) {
                    self.expression.names.push(Name { name: word.to_owned(), span, contextual: false });
                }
            }
            Token::Sign("(") => {
                self.advance();
                self.nested(|markup| {
                    markup.value()?;
                    if !markup.skip("..") {
                        return markup.refuse("Expected `..` here: brackets hold ranges, `(1..3)`, and nothing else.");
                    }
                    markup.value()?;
                    if markup.skip(")") { Ok(()) } else { markup.refuse("Expected `)` here.") }
                })?;
            }
            Token::Sign("[") => {}
            Token::End => return self.refuse("The tag ends where a value is expected."),
            _ => return self.refuse("Expected a value here: a name, a string, a number or a range."),
        }
        loop {
            if self.skip(".") {
                if !matches!(self.token, Token::Name | Token::Number) {
                    return self.refuse("Expected a name behind the dot.");
                }
                let name = Some(self.word().to_owned()).filter(|word| !word.is_empty());
                let span = self.advance();
                self.expression.members.push(Member { name, span });
            } else if self.skip("[") {
                self.nested(|markup| {
                    markup.value()?;
                    if markup.skip("]") { Ok(()) } else { markup.refuse("Expected `]` here.") }
                })?;
            } else {
                return Ok(());
            }
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Read) -> Read {
        if self.depth >= MAX_DEPTH {
            let message = "Expressions nest deeper than 64 levels here: flatten them.";
            return Err(Refusal { span: self.span.clone(), message, deep: true });
        }
        self.depth += 1;
        read(self)?;
        self.depth -= 1;
        Ok(())
    }

    /// `a == b and not c contains d`
    fn condition(&mut self) -> Read {
        loop {
            while self.skip_word(&["not"]) {}
            self.value()?;
            let compared = ["==", "!=", "<>", "<=", ">=", "<", ">"].into_iter().any(|sign| self.skip(sign));
            if !compared && !self.skip_word(&["contains", "and", "or"]) {
                return Ok(());
            }
        }
    }

    /// `a, b or c`
    pub(super) fn choices(&mut self) -> Read {
        loop {
            self.value()?;
            if !self.skip(",") && !self.skip_word(&["or"]) {
                return Ok(());
            }
        }
    }

    /// `item in items limit: 3 reversed`
    pub(super) fn each(&mut self) -> Read {
        self.target(false)?;
        if !self.skip_word(&["in"]) {
            return self.refuse("Expected `in` here: `{% for item in items %}`.");
        }
        self.value()?;
        self.loose()
    }

    /// `name = value`
    pub(super) fn assign(&mut self) -> Read {
        self.target(false)?;
        if !self.skip("=") {
            return self.refuse("Expected `=` and a value here.");
        }
        self.filtered()
    }

    /// A name that is given a value; in quotes where that is `quotable`.
    pub(super) fn target(&mut self, quotable: bool) -> Read {
        if self.token != Token::Name && !(quotable && self.token == Token::Text) {
            return self.refuse("Expected the name of a variable here.");
        }
        let span = self.advance();
        let name = self.text.get(span).unwrap_or_default().trim_matches(['"', '\'']);
        self.targets.push(name.to_owned());
        Ok(())
    }

    /// Values and names of arguments in any order: what such tags take is each program's own.
    pub(super) fn loose(&mut self) -> Read {
        const WORDS: [&str; 9] = ["with", "for", "as", "reversed", "continue", "by", "in", "offset", "limit"];
        loop {
            match self.token {
                Token::End => return Ok(()),
                Token::Bad => return self.refuse("This does not belong into a tag: close the string, or remove it."),
                Token::Name if WORDS.contains(&self.word()) => {
                    if self.skip_word(&["as"]) && self.token == Token::Name {
                        self.target(false)?;
                    } else {
                        self.advance();
                    }
                }
                Token::Sign("(" | "[") | Token::Name | Token::Text | Token::Number => self.argument()?,
                Token::Sign(_) => _ = self.advance(),
            }
        }
    }
}

/// The token that `body` begins with, and its length.
fn token(body: &str) -> (Token, usize) {
    let Some(first) = body.chars().next() else { return (Token::End, 0) };
    if first == '"' || first == '\'' {
        let length = body.get(1..).and_then(|rest| rest.find(first));
        return length.map_or((Token::Bad, 1), |length| (Token::Text, length + 2));
    }
    let signed = body.strip_prefix('-').unwrap_or(body);
    if signed.starts_with(|c: char| c.is_ascii_digit()) {
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let whole = digits(signed);
        let fraction = signed.get(whole..).and_then(|rest| rest.strip_prefix('.')).map_or(0, digits);
        let length = body.len() - signed.len() + whole + if fraction > 0 { fraction + 1 } else { 0 };
        return (Token::Number, length);
    }
    if first == '_' || unicode_id_start::is_id_start(first) {
        let ends = |c: char| !(unicode_id_start::is_id_continue(c) || c == '-');
        let length = body.find(ends).unwrap_or(body.len());
        let question = usize::from(body.get(length..).is_some_and(|rest| rest.starts_with('?')));
        return (Token::Name, length + question);
    }
    match SIGNS.iter().find(|sign| body.starts_with(**sign)) {
        Some(sign) => (Token::Sign(sign), sign.len()),
        None => (Token::Bad, first.len_utf8()),
    }
}
