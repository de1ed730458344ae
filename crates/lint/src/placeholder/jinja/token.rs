//! The tokens of a Jinja tag (jinja2's lexer, 3.1).

use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or a keyword.
    Name,
    /// An integer or a float.
    Number,
    /// A string in quotes.
    Text,
    /// An operator of one to three signs.
    Sign(&'static str),
    /// The tag's end: `}}`, `%}`, or one with `-` or `+`; in a line statement the line's.
    End,
    /// The text's end.
    Eof,
    /// Nothing that may be in a tag.
    Bad,
}

/// Longest first.
const SIGNS: [&str; 28] = [
    "===", "!==", "//", "**", "==", "!=", ">=", "<=", "&&", "||", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")",
    "{", "}", ">", "<", "=", ".", ":", "|",
];

/// Reads the tokens of one tag.
pub(super) struct Lexer<'a> {
    text: &'a str,
    /// Where the next token is looked for.
    at: usize,
    /// `}}`, `%}`, or `\n` in a line statement.
    closer: &'static str,
    /// Brackets that are open; inside them `}}` is two of them.
    open: Vec<u8>,
    /// Whether Nunjucks' `===` and its like are signs.
    script: bool,
    /// Bytes looked at.
    pub(super) steps: u64,
}

impl<'a> Lexer<'a> {
    /// The tokens from byte `at` on, up to `closer`.
    pub(super) fn new(text: &'a str, at: usize, closer: &'static str, script: bool) -> Self {
        Lexer { text, at, closer, open: Vec::new(), script, steps: 0 }
    }

    /// The next token, and where it is.
    pub(super) fn next(&mut self) -> (Token, Range<usize>) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let line = self.closer == "\n" && self.open.is_empty();
        let body = rest.trim_start_matches(|c: char| c.is_whitespace() && !(line && c == '\n'));
        let start = self.text.len() - body.len();
        self.steps += (rest.len() - body.len()) as u64 + 1;
        let (token, length) = self.token(body, start);
        self.steps += length as u64;
        self.at = start + length;
        (token, start..self.at)
    }

    fn token(&mut self, body: &str, start: usize) -> (Token, usize) {
        let ends = self.closer == "\n" && self.open.is_empty();
        let Some(first) = body.chars().next() else { return (if ends { Token::End } else { Token::Eof }, 0) };
        if ends && first == '\n' {
            return (Token::End, 0);
        }
        if self.open.is_empty() && self.closer != "\n" {
            let marked = body.strip_prefix('-').or_else(|| body.strip_prefix('+').filter(|_| self.closer == "%}"));
            if body.starts_with(self.closer) {
                return (Token::End, 2);
            }
            if marked.is_some_and(|body| body.starts_with(self.closer)) {
                return (Token::End, 3);
            }
        }
        if first.is_ascii_digit() {
            let dotted = self.text.get(..start).is_some_and(|before| before.ends_with('.'));
            return (Token::Number, number(body, dotted));
        }
        if first == '_' || unicode_id_start::is_id_start(first) {
            let length = body.find(|c: char| !unicode_id_start::is_id_continue(c)).unwrap_or(body.len());
            return (Token::Name, length);
        }
        if first == '"' || first == '\'' {
            return match string(body) {
                Ok(length) => (Token::Text, length),
                Err(length) => {
                    self.steps += length as u64;
                    (Token::Bad, 1)
                }
            };
        }
        if first == ',' {
            return (Token::Sign(","), 1);
        }
        let known = |sign: &&&str| body.starts_with(**sign) && (self.script || !is_script(sign));
        let Some(sign) = SIGNS.iter().find(known).copied() else { return (Token::Bad, first.len_utf8()) };
        match sign {
            "{" => self.open.push(b'}'),
            "(" => self.open.push(b')'),
            "[" => self.open.push(b']'),
            "}" | ")" | "]" if self.open.pop() != sign.bytes().next() => return (Token::Bad, 1),
            _ => {}
        }
        (Token::Sign(sign), sign.len())
    }
}

fn is_script(sign: &str) -> bool {
    matches!(sign, "===" | "!==" | "&&" | "||")
}

/// The length of the number that `body` begins with. Behind a dot there is no float: `a.0.1`.
fn number(body: &str, dotted: bool) -> usize {
    let digits = |text: &str, digit: fn(u8) -> bool| {
        let mut length = 0;
        let bytes = text.as_bytes();
        while let Some(byte) = bytes.get(length) {
            let next = bytes.get(length + 1).copied();
            if digit(*byte) {
                length += 1;
            } else if *byte == b'_' && length > 0 && next.is_some_and(digit) {
                length += 2;
            } else {
                break;
            }
        }
        length
    };
    let decimal = |byte: u8| byte.is_ascii_digit();
    let whole = digits(body, decimal);
    let tail = body.get(whole..).unwrap_or_default();
    if !dotted {
        let fraction = tail.strip_prefix('.').map_or(0, |tail| digits(tail, decimal));
        let length = if fraction > 0 { fraction + 1 } else { 0 };
        let rest = tail.get(length..).unwrap_or_default();
        let exponent = rest.strip_prefix(['e', 'E']).map_or(0, |rest| {
            let signed = rest.strip_prefix(['+', '-']).unwrap_or(rest);
            let count = digits(signed, decimal);
            if count > 0 { 1 + rest.len() - signed.len() + count } else { 0 }
        });
        if length + exponent > 0 {
            return whole + length + exponent;
        }
    }
    let radix = |prefixes: [&str; 2], digit: fn(u8) -> bool| {
        let rest = prefixes.into_iter().find_map(|prefix| body.strip_prefix(prefix))?;
        // `0x_1` is a number too.
        let skipped = usize::from(rest.starts_with('_'));
        let count = digits(rest.get(skipped..)?, digit);
        (count > 0).then_some(2 + skipped + count)
    };
    let based = radix(["0x", "0X"], |byte| byte.is_ascii_hexdigit())
        .or_else(|| radix(["0o", "0O"], |byte| matches!(byte, b'0'..=b'7')))
        .or_else(|| radix(["0b", "0B"], |byte| matches!(byte, b'0' | b'1')));
    based.unwrap_or_else(|| {
        // `007` is a zero and something else.
        if body.starts_with('0') { digits(body, |byte| byte == b'0') } else { whole }
    })
}

/// The length of the string that `body` begins with; what was looked at where it has no end or a broken escape.
fn string(body: &str) -> Result<usize, usize> {
    let bytes = body.as_bytes();
    let quote = bytes.first().copied().unwrap_or(b'"');
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => {
                let digits = match bytes.get(at + 1) {
                    Some(b'x') => 2,
                    Some(b'u') => 4,
                    Some(b'U') => 8,
                    _ => 0,
                };
                let code = bytes.get(at + 2..at + 2 + digits);
                if code.is_none_or(|code| !code.iter().all(u8::is_ascii_hexdigit)) {
                    return Err(at);
                }
                at += 2 + digits;
            }
            byte if *byte == quote => return Ok(at + 1),
            _ => at += 1,
        }
    }
    Err(at)
}
