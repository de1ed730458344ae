//! The guard over the arguments of a call of a tool as they stream: JSON, read as the JSON that it is. Each string is a
//! text of its own, read with its member's name and without its escapes, so that `\u0034` hides nothing; what is
//! replaced is JSON still.

use promptgate_guard::{Entry, Guard, Role, Stream};

/// Shorter names and numbers are none of any kind.
const SHORTEST: usize = 7;
/// Most bytes of a name, or of a number, that are read as one (ours).
const LONGEST: usize = 4096;
/// Most levels whose kind is known (ours): deeper, every string is taken for a value.
const DEEPEST: usize = 128;

/// What may pass, what was found in it, and whether the policy refuses what comes next.
#[derive(Debug, Default)]
pub(super) struct Passed {
    pub(super) text: String,
    pub(super) found: Vec<Entry>,
    /// What the watched policy would have done.
    pub(super) would: Vec<Entry>,
    pub(super) blocked: bool,
}

/// One text of arguments.
#[derive(Debug)]
pub(super) struct Arguments {
    guard: Guard,
    state: State,
    /// Whether each open level is an object, outermost first.
    levels: Vec<bool>,
    /// A string here is a member's name.
    names: bool,
    /// The name of the member whose value comes.
    label: Option<String>,
}

#[derive(Debug)]
enum State {
    /// White space so far.
    Start,
    /// No JSON.
    Prose(Box<Stream>),
    /// Between two values.
    Between,
    /// In a member's name, which is kept until it is whole.
    Name(String, Escape),
    /// In a string.
    Value(Box<Value>),
    /// In a number, or something that is no JSON.
    Bare(String),
}

#[derive(Debug)]
struct Value {
    stream: Stream,
    /// What the stream was given before the string, and gives back first.
    prefix: String,
    /// What it gave back, until that is as long as the prefix.
    head: Option<String>,
    escape: Escape,
}

/// An escape that has begun, and the first half of a surrogate pair before it.
#[derive(Debug, Default)]
struct Escape {
    begun: String,
    high: Option<u16>,
}

impl Arguments {
    pub(super) fn new(guard: &Guard) -> Arguments {
        Arguments { guard: guard.clone(), state: State::Start, levels: Vec::new(), names: false, label: None }
    }

    /// Takes the next piece and gives what may pass.
    pub(super) fn push(&mut self, text: &str) -> Passed {
        let mut passed = Passed::default();
        let mut rest = text;
        while !rest.is_empty() && !passed.blocked {
            rest = self.step(rest, &mut passed);
        }
        passed
    }

    /// The text has ended: gives all that was held back.
    pub(super) fn finish(&mut self) -> Passed {
        let mut passed = Passed::default();
        match std::mem::replace(&mut self.state, State::Between) {
            State::Start | State::Between => {}
            State::Prose(mut stream) => take(stream.finish(), &mut passed),
            State::Name(name, _) => passed.text.push_str(&escaped(&name)),
            State::Value(mut value) => {
                let piece = value.stream.finish();
                value.give(piece, &mut passed);
                value.give_head(&mut passed);
            }
            State::Bare(text) => self.bare(&text, &mut passed),
        }
        passed
    }

    /// Reads up to where the state changes; gives what is left.
    fn step<'t>(&mut self, text: &'t str, passed: &mut Passed) -> &'t str {
        match &mut self.state {
            State::Start => {
                let trimmed = text.trim_start();
                passed.text.push_str(text.get(..text.len() - trimmed.len()).unwrap_or_default());
                if !trimmed.is_empty() {
                    self.state = match trimmed.starts_with(['{', '[', '"']) {
                        true => State::Between,
                        false => State::Prose(Box::new(self.guard.stream(Role::Assistant))),
                    };
                }
                trimmed
            }
            State::Prose(stream) => {
                take(stream.push(text), passed);
                ""
            }
            State::Between => self.between(text, passed),
            State::Name(name, escape) => match escape.read(text, name) {
                Some(rest) => {
                    let name = std::mem::take(name);
                    self.name(name, passed);
                    rest
                }
                None if name.len() > LONGEST => {
                    let name = std::mem::take(name);
                    passed.text.push_str(&escaped(&name));
                    ""
                }
                None => "",
            },
            State::Value(value) => {
                let mut decoded = String::new();
                let rest = value.escape.read(text, &mut decoded);
                let piece = value.stream.push(&decoded);
                value.give(piece, passed);
                match rest {
                    Some(rest) if !passed.blocked => {
                        let piece = value.stream.finish();
                        value.give(piece, passed);
                        value.give_head(passed);
                        passed.text.push('"');
                        self.state = State::Between;
                        self.label = None;
                        rest
                    }
                    _ => "",
                }
            }
            State::Bare(bare) => {
                let end = text.find([',', ':', '[', ']', '{', '}', '"', '\n', '\r']).unwrap_or(text.len());
                let (run, rest) = text.split_at(end);
                bare.push_str(run);
                if !rest.is_empty() || bare.len() > LONGEST {
                    let bare = std::mem::take(bare);
                    self.state = State::Between;
                    self.bare(&bare, passed);
                }
                rest
            }
        }
    }

    fn between<'t>(&mut self, text: &'t str, passed: &mut Passed) -> &'t str {
        let Some(first) = text.chars().next() else { return "" };
        let (head, rest) = text.split_at(first.len_utf8());
        match first {
            '{' | '[' => {
                if self.levels.len() < DEEPEST {
                    self.levels.push(first == '{');
                }
                (self.names, self.label) = (first == '{', None);
            }
            '}' | ']' => {
                self.levels.pop();
                (self.names, self.label) = (false, None);
            }
            ',' => self.names = self.levels.last() == Some(&true),
            ':' => self.names = false,
            '"' if self.names => self.state = State::Name(String::new(), Escape::default()),
            '"' => {
                let prefix = prefix(self.label.take().as_deref());
                let mut stream = self.guard.stream(Role::Assistant);
                let piece = stream.push(&prefix);
                let mut value = Value { stream, prefix, head: Some(String::new()), escape: Escape::default() };
                passed.text.push('"');
                value.give(piece, passed);
                self.state = State::Value(Box::new(value));
                return rest;
            }
            ' ' | '\t' | '\n' | '\r' => {}
            _ => {
                self.state = State::Bare(String::new());
                return text;
            }
        }
        passed.text.push_str(head);
        rest
    }

    /// A member's name is whole.
    fn name(&mut self, name: String, passed: &mut Passed) {
        let replaced = if name.len() < SHORTEST { None } else { self.checked(&name, None, passed) };
        passed.text.push_str(&escaped(replaced.as_deref().unwrap_or(&name)));
        passed.text.push('"');
        self.label = Some(name);
        (self.state, self.names) = (State::Between, false);
    }

    /// A number is whole: one that must not pass becomes a string.
    fn bare(&mut self, text: &str, passed: &mut Passed) {
        let label = self.label.take();
        let trimmed = text.trim_end();
        let replaced = if trimmed.len() < SHORTEST { None } else { self.checked(trimmed, label.as_deref(), passed) };
        match replaced {
            Some(replaced) => {
                passed.text.push_str(&format!("\"{}\"", escaped(&replaced)));
                passed.text.push_str(text.get(trimmed.len()..).unwrap_or_default());
            }
            None => passed.text.push_str(text),
        }
    }

    /// What `text` becomes, if anything changes.
    fn checked(&self, text: &str, label: Option<&str>, passed: &mut Passed) -> Option<String> {
        let prefix = prefix(label);
        let mut stream = self.guard.stream(Role::Assistant);
        let (first, last) = (stream.push(&format!("{prefix}{text}")), stream.finish());
        let whole = format!("{}{}", first.text, last.text);
        passed.blocked |= first.blocked || last.blocked;
        passed.found.extend(first.findings.into_iter().chain(last.findings));
        passed.would.extend(first.would.into_iter().chain(last.would));
        let replaced = whole.strip_prefix(&prefix).unwrap_or(&whole);
        (replaced != text).then(|| replaced.to_owned())
    }
}

/// What a value is read behind: its member's name, in which no tag is to be restored.
fn prefix(label: Option<&str>) -> String {
    label.map(|label| format!("{}: ", label.replace('[', "("))).unwrap_or_default()
}

fn take(piece: promptgate_guard::Piece, passed: &mut Passed) {
    passed.text.push_str(&piece.text);
    passed.found.extend(piece.findings);
    passed.would.extend(piece.would);
    passed.blocked |= piece.blocked;
}

impl Value {
    /// Passes on what the stream gives, without the prefix that it was given first.
    fn give(&mut self, piece: promptgate_guard::Piece, passed: &mut Passed) {
        passed.found.extend(piece.findings);
        passed.would.extend(piece.would);
        passed.blocked |= piece.blocked;
        match &mut self.head {
            None => passed.text.push_str(&escaped(&piece.text)),
            Some(head) => {
                head.push_str(&piece.text);
                if head.len() >= self.prefix.len() {
                    self.give_head(passed);
                }
            }
        }
    }

    fn give_head(&mut self, passed: &mut Passed) {
        if let Some(head) = self.head.take() {
            // Where the name was replaced together with the value, the tag replaces both.
            passed.text.push_str(&escaped(head.strip_prefix(&self.prefix).unwrap_or(&head)));
        }
    }
}

impl Escape {
    /// Decodes `text` up to the closing quote; gives what is after it, if it comes.
    fn read<'t>(&mut self, text: &'t str, decoded: &mut String) -> Option<&'t str> {
        let mut rest = text;
        loop {
            if self.begun.is_empty() {
                let end = rest.find(['"', '\\']).unwrap_or(rest.len());
                let (run, tail) = rest.split_at(end);
                if !run.is_empty() {
                    self.alone(decoded);
                    decoded.push_str(run);
                }
                let first = tail.chars().next()?;
                rest = tail.get(1..).unwrap_or_default();
                if first == '"' {
                    self.alone(decoded);
                    return Some(rest);
                }
                self.begun.push('\\');
            }
            let next = rest.chars().next()?;
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
            self.begun.push(next);
            self.close(decoded);
        }
    }

    /// Ends the escape, if it is whole.
    fn close(&mut self, decoded: &mut String) {
        let simple = match self.begun.as_str() {
            "\\n" => '\n',
            "\\t" => '\t',
            "\\r" => '\r',
            "\\b" => '\u{8}',
            "\\f" => '\u{C}',
            unicode if unicode.starts_with("\\u") => {
                if unicode.len() < 6 && unicode.chars().skip(2).all(|c| c.is_ascii_hexdigit()) {
                    return;
                }
                let unit = unicode.get(2..6).and_then(|digits| u16::from_str_radix(digits, 16).ok());
                let begun = std::mem::take(&mut self.begun);
                return match unit {
                    Some(unit) => self.unit(unit, decoded),
                    // No escape at all: it is literal.
                    None => decoded.push_str(&begun),
                };
            }
            // A quote, a backslash, a slash, and what is no escape.
            other => other.chars().nth(1).unwrap_or('\u{FFFD}'),
        };
        self.begun.clear();
        self.alone(decoded);
        decoded.push(simple);
    }

    fn unit(&mut self, unit: u16, decoded: &mut String) {
        match (self.high, unit) {
            (Some(high), 0xDC00..=0xDFFF) => {
                self.high = None;
                let char = char::decode_utf16([high, unit]).next().and_then(Result::ok);
                decoded.push(char.unwrap_or('\u{FFFD}'));
            }
            (_, 0xD800..=0xDBFF) => {
                self.alone(decoded);
                self.high = Some(unit);
            }
            _ => {
                self.alone(decoded);
                decoded.push(char::from_u32(unit.into()).unwrap_or('\u{FFFD}'));
            }
        }
    }

    /// Half a pair to which no other half comes.
    fn alone(&mut self, decoded: &mut String) {
        if self.high.take().is_some() {
            decoded.push('\u{FFFD}');
        }
    }
}

/// `text` as it is written inside a JSON string.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
