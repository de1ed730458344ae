//! Tokens of JavaScript (ECMA-262, 12), read on demand: whether `/` begins a regular expression is known only
//! to who reads them.

use std::borrow::Cow;
use std::ops::Range;

use super::number;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier or a reserved word.
    Name,
    Number,
    String,
    /// A backtick; what follows is read by [`Lexer::template`].
    Backtick,
    Regex,
    Punctuator,
    /// The end of what may be read.
    End,
}

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether a line ends between it and the token before.
    pub(super) newline: bool,
}

/// Something that is no token: where, and why.
pub(super) type Bad = (Range<usize>, &'static str);

/// How a piece of a template literal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// With a backtick.
    Tail,
    /// With `${`.
    Substitution,
}

/// Longest first, so that the first that fits is the token.
const PUNCTUATORS: [&str; 59] = [
    ">>>=", "...", "===", "!==", "**=", "<<=", ">>=", ">>>", "&&=", "||=", "??=", "=>", "==", "!=", "<=", ">=", "&&",
    "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", "**", "{", "}", "(", ")",
    "[", "]", ";", ",", "<", ">", "+", "-", "*", "/", "%", "&", "|", "^", "!", "~", "?", ":", "=", ".", "#", "@",
];

pub(super) struct Lexer<'t> {
    /// The text up to where may be read.
    text: &'t str,
    /// The next byte.
    pub(super) at: usize,
    /// Work done, in bytes and tokens.
    pub(super) steps: u64,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str, at: usize) -> Self {
        Lexer { text, at, steps: 0 }
    }

    pub(super) fn slice(&self, token: Token) -> &'t str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }
    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }
    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        self.steps += 1;
        Some(next)
    }

    /// The next token, without moving on.
    pub(super) fn ahead(&mut self, operand: bool) -> Result<Token, Bad> {
        let at = self.at;
        let token = self.next(operand);
        self.at = at;
        token
    }

    /// The next token; `operand` is whether a value is expected, so that `/` begins a regular expression.
    pub(super) fn next(&mut self, operand: bool) -> Result<Token, Bad> {
        self.steps += 1;
        let newline = self.blank()?;
        let start = self.at;
        let kind = match self.peek() {
            None => Kind::End,
            Some('`') => {
                self.bump();
                Kind::Backtick
            }
            Some(quote @ ('"' | '\'')) => self.string(quote)?,
            Some(c) if c.is_ascii_digit() => self.number()?,
            Some('.') if self.rest().as_bytes().get(1).is_some_and(u8::is_ascii_digit) => self.number()?,
            Some('/') if operand => self.regex()?,
            Some(c) if c == '\\' || begins_identifier(c) => self.identifier()?,
            Some(_) => self.punctuator()?,
        };
        Ok(Token { kind, start, end: self.at, newline })
    }

    /// Passes over white space and comments; whether there was a line end among them.
    fn blank(&mut self) -> Result<bool, Bad> {
        let mut newline = false;
        while let Some(c) = self.peek() {
            let start = self.at;
            if is_line_end(c) {
                newline = true;
                self.bump();
            } else if is_blank(c) {
                self.bump();
            } else if self.rest().starts_with("//") {
                while self.peek().is_some_and(|c| !is_line_end(c)) {
                    self.bump();
                }
            } else if self.rest().starts_with("/*") {
                self.at += 2;
                loop {
                    if self.rest().starts_with("*/") {
                        self.at += 2;
                        break;
                    }
                    let Some(c) = self.bump() else {
                        return Err((start..start + 2, "This comment is never closed: add `*/`."));
                    };
                    newline |= is_line_end(c);
                }
            } else {
                break;
            }
        }
        Ok(newline)
    }

    fn string(&mut self, quote: char) -> Result<Kind, Bad> {
        const OPEN: &str = "This string is never closed: add its quote.";
        let start = self.at;
        self.bump();
        loop {
            match self.bump() {
                Some(c) if c == quote => return Ok(Kind::String),
                Some('\\') => self.escape()?,
                // U+2028 and U+2029 may be in a string.
                Some('\n' | '\r') | None => return Err((start..start + 1, OPEN)),
                Some(_) => {}
            }
        }
    }

    /// What follows a backslash in a string or a template.
    fn escape(&mut self) -> Result<(), Bad> {
        const WRONG: &str = "This escape is not one of JavaScript's: double the backslash.";
        let start = self.at - 1;
        match self.bump() {
            None => Ok(()),
            Some('x') => {
                let digits = self.rest().bytes().take(2).take_while(u8::is_ascii_hexdigit).count();
                self.at += digits;
                if digits == 2 { Ok(()) } else { Err((start..self.at, WRONG)) }
            }
            Some('u') => match self.code_point() {
                Some(_) => Ok(()),
                None => Err((start..self.at, WRONG)),
            },
            Some('0') if !self.peek().is_some_and(|c| c.is_ascii_digit()) => Ok(()),
            // `\1` is of sloppy code, `\8` as well.
            Some('0'..='9') => Err((start..self.at, WRONG)),
            Some('\r') if self.peek() == Some('\n') => {
                self.bump();
                Ok(())
            }
            Some(_) => Ok(()),
        }
    }

    /// The code point after `\u`: `XXXX` or `{X…}`. A lone surrogate is one.
    fn code_point(&mut self) -> Option<u32> {
        let braced = self.rest().starts_with('{');
        if braced {
            self.at += 1;
        }
        let most = if braced { usize::MAX } else { 4 };
        let length = self.rest().bytes().take(most).take_while(u8::is_ascii_hexdigit).count();
        self.steps += length as u64;
        let digits = self.rest().get(..length)?;
        self.at += length;
        if braced {
            if !self.rest().starts_with('}') {
                return None;
            }
            self.at += 1;
            // Any number of leading zeros may be here.
            let significant = digits.get(..length.saturating_sub(1))?.trim_start_matches('0').len() + 1;
            let digits = digits.get(length.checked_sub(significant)?..)?;
            u32::from_str_radix(digits, 16).ok().filter(|value| *value <= 0x10_FFFF)
        } else {
            u32::from_str_radix(digits, 16).ok().filter(|_| length == 4)
        }
    }

    fn number(&mut self) -> Result<Kind, Bad> {
        let start = self.at;
        let length = number::length(self.rest());
        self.at += length.unwrap_or(1);
        self.steps += length.unwrap_or(1) as u64;
        let follows = self.peek().is_some_and(|c| c == '\\' || c.is_ascii_digit() || begins_identifier(c));
        if length.is_none() || follows {
            return Err((start..self.at, "This number is not one of JavaScript's: write it plainly."));
        }
        Ok(Kind::Number)
    }

    fn regex(&mut self) -> Result<Kind, Bad> {
        let start = self.at;
        self.bump();
        let mut class = false;
        loop {
            match self.bump() {
                Some('/') if !class => break,
                Some('[') => class = true,
                Some(']') => class = false,
                Some('\\') if self.peek().is_some_and(|c| !is_line_end(c)) => {
                    self.bump();
                }
                Some(c) if c != '\\' && !is_line_end(c) => {}
                _ => {
                    return Err((
                        start..start + 1,
                        "Expected a value before `/`, or `/` at the end of the regular expression.",
                    ));
                }
            }
        }
        let flags = self.at;
        let mut seen = Vec::new();
        while let Some(c) = self.peek().filter(|c| *c == '\\' || continues_identifier(*c)) {
            if !"dgimsuvy".contains(c)
                || seen.contains(&c)
                || (c == 'u' && seen.contains(&'v'))
                || (c == 'v' && seen.contains(&'u'))
            {
                return Err((flags..self.at, "Unknown flags of a regular expression: remove them."));
            }
            seen.push(c);
            self.bump();
        }
        Ok(Kind::Regex)
    }

    fn identifier(&mut self) -> Result<Kind, Bad> {
        let start = self.at;
        let mut first = true;
        while let Some(c) = self.peek() {
            let mut c = c;
            let at = self.at;
            if c == '\\' {
                self.bump();
                let escaped = self.rest().starts_with('u').then(|| self.bump()).and_then(|_| self.code_point());
                let Some(escaped) = escaped.and_then(char::from_u32) else {
                    return Err((start..self.at, "This escape is no letter of a name: write the letter."));
                };
                c = escaped;
                if !(if first { begins_identifier(c) } else { continues_identifier(c) }) {
                    return Err((at..self.at, "This escape is no letter of a name: write the letter."));
                }
            } else if if first { begins_identifier(c) } else { continues_identifier(c) } {
                self.bump();
            } else {
                break;
            }
            first = false;
        }
        Ok(Kind::Name)
    }

    fn punctuator(&mut self) -> Result<Kind, Bad> {
        let start = self.at;
        let rest = self.rest();
        let Some(mut found) = PUNCTUATORS.iter().copied().find(|punctuator| rest.starts_with(punctuator)) else {
            self.bump();
            return Err((start..self.at, "Unexpected character in `${…}`: remove it."));
        };
        // `a?.5:b` is a conditional.
        if found == "?." && rest.as_bytes().get(2).is_some_and(u8::is_ascii_digit) {
            found = "?";
        }
        self.at += found.len();
        Ok(Kind::Punctuator)
    }

    /// Reads on within a template literal, from behind a backtick or the `}` of a substitution. Where it is
    /// `tagged`, escapes may be anything.
    pub(super) fn template(&mut self, tagged: bool) -> Result<Piece, Bad> {
        let start = self.at;
        loop {
            match self.bump() {
                Some('`') => return Ok(Piece::Tail),
                Some('$') if self.peek() == Some('{') => {
                    self.bump();
                    return Ok(Piece::Substitution);
                }
                Some('\\') if tagged => {
                    self.bump();
                }
                Some('\\') => self.escape()?,
                Some(_) => {}
                None => {
                    return Err((
                        start.saturating_sub(1)..start,
                        "This template literal is never closed: add a backtick.",
                    ));
                }
            }
        }
    }
}

/// The name that `source` spells, its escapes resolved.
pub(super) fn cooked(source: &str) -> Cow<'_, str> {
    if !source.contains('\\') {
        return Cow::Borrowed(source);
    }
    let mut name = String::with_capacity(source.len());
    let mut lexer = Lexer::new(source, 0);
    while let Some(c) = lexer.bump() {
        if c != '\\' {
            name.push(c);
            continue;
        }
        match lexer.bump() {
            Some('u') => name.extend(lexer.code_point().and_then(char::from_u32)),
            Some('x') => {
                let digits = lexer.rest().get(..2).unwrap_or_default();
                name.extend(u8::from_str_radix(digits, 16).ok().map(char::from));
                lexer.at += digits.len();
            }
            Some('n') => name.push('\n'),
            Some('t') => name.push('\t'),
            Some('\n' | '\r' | '\u{2028}' | '\u{2029}') | None => {}
            Some(other) => name.push(other),
        }
    }
    Cow::Owned(name)
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// WhiteSpace (ECMA-262, 12.2): tab, VT, FF, ZWNBSP and every space separator of Unicode.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{B}' | '\u{C}' | ' ' | '\u{A0}' | '\u{FEFF}' | '\u{1680}' | '\u{2000}'..='\u{200A}')
        || matches!(c, '\u{202F}' | '\u{205F}' | '\u{3000}')
}

fn begins_identifier(c: char) -> bool {
    c == '$' || c == '_' || unicode_id_start::is_id_start(c)
}

fn continues_identifier(c: char) -> bool {
    c == '$' || c == '\u{200C}' || c == '\u{200D}' || unicode_id_start::is_id_continue(c)
}
