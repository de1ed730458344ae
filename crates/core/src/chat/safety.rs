//! The safety matrix (requirements, B3): assignments of passwords, secrets and API keys, social security
//! numbers and card numbers are refused, naming the rule and the place, never the value.
//!
//! The document's pattern for passwords takes any word after "password", so that "password reset" would be
//! refused; here it takes a value that is assigned.

use super::request::Request;
use crate::fault::{Fault, Path};
use crate::problem::{Code, Problem};

/// A request whose text may be sent. Made only by [`Request::check`].
#[derive(Debug, Clone, PartialEq)]
pub struct Checked(Request);

impl Request {
    /// Checks every text of the request against the matrix.
    ///
    /// # Errors
    /// [`Code::SafetyRefused`] with every finding: path, span, and the rule as the fault's code.
    pub fn check(self) -> Result<Checked, Problem> {
        let mut faults = Vec::new();
        for (index, text) in self.system_instructions.iter().enumerate() {
            scan(&Path::root().name("systemInstructions").index(index), text.expose(), &mut faults);
        }
        for (index, message) in self.context.iter().enumerate() {
            scan(&Path::root().name("context").index(index).name("content"), message.content.expose(), &mut faults);
        }
        if faults.is_empty() { Ok(Checked(self)) } else { Err(Problem::with_errors(Code::SafetyRefused, faults)) }
    }
}

impl Checked {
    /// What was checked.
    pub fn request(&self) -> &Request {
        &self.0
    }
}

/// A rule of the matrix: what announces a value, and what the value looks like.
struct Rule {
    code: &'static str,
    message: &'static str,
    words: &'static [&'static str],
    value: fn(&str) -> Option<usize>,
}

const RULES: [Rule; 3] = [
    Rule {
        code: "credential",
        message: "A password, secret or API key is assigned here: remove its value.",
        words: &["password", "passwort", "passwd", "secret", "api key", "api_key", "api-key", "apikey"],
        value: assigned,
    },
    Rule {
        code: "ssn",
        message: "A social security number stands here: remove it.",
        words: &["ssn", "social security number", "social security"],
        value: |text| digits(text, &[3, 2, 4]),
    },
    Rule {
        code: "card",
        message: "A card number stands here: remove it.",
        words: &["cc", "credit card number", "credit card"],
        value: |text| digits(text, &[4, 4, 4, 4]),
    },
];

fn scan(path: &Path, text: &str, faults: &mut Vec<Fault>) {
    // ASCII lower case keeps every byte offset.
    let folded = text.to_ascii_lowercase();
    for rule in &RULES {
        let mut from = 0;
        while let Some((start, after)) = next_word(&folded, from, rule.words) {
            from = after;
            let Some(rest) = folded.get(after..) else { break };
            if let Some(length) = (rule.value)(rest) {
                from = after + length;
                faults.push(Fault::new(path, rule.code, rule.message).within(text, start, from));
            }
        }
    }
}

/// The first of `words` at or after `from`: where it begins and ends; of two that begin together, the longer.
fn next_word(text: &str, from: usize, words: &[&str]) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    words
        .iter()
        .filter_map(|word| rest.find(word).map(|at| (from + at, from + at + word.len())))
        .min_by_key(|(start, end)| (*start, usize::MAX - end))
}

/// `: value`, `= value` or ` is value`, the value at least one character that is not a space.
fn assigned(text: &str) -> Option<usize> {
    let quoted = text.strip_prefix(['"', '\'']).unwrap_or(text).trim_start();
    let value = match quoted.strip_prefix([':', '=']) {
        Some(value) => value,
        None => quoted.strip_prefix("is ").filter(|_| text.starts_with(char::is_whitespace))?,
    };
    let value = value.trim_start();
    let length = value.find(char::is_whitespace).unwrap_or(value.len());
    (length > 0).then(|| text.len() - value.len() + length)
}

/// Groups of digits, an optional colon and spaces before, a hyphen or a space between.
fn digits(text: &str, groups: &[usize]) -> Option<usize> {
    let skip = |text: &str| -> usize { text.len() - text.trim_start().len() };
    let mut at = skip(text);
    at += usize::from(text.get(at..)?.starts_with(':'));
    at += skip(text.get(at..)?);
    for (index, group) in groups.iter().enumerate() {
        if index > 0 && text.get(at..)?.starts_with(['-', ' ']) {
            at += 1;
        }
        if !text.get(at..at + group)?.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        at += group;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn findings(text: &str) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        scan(&Path::root(), text, &mut faults);
        let units: Vec<u16> = text.encode_utf16().collect();
        let place = |fault: &Fault| fault.span.map(|(start, end)| String::from_utf16(&units[start..end]).unwrap());
        faults.iter().map(|fault| (fault.code, place(fault).unwrap())).collect()
    }

    #[test]
    fn what_is_caught() {
        for (text, code, place) in [
            ("my password: hunter2 ok", "credential", "password: hunter2"),
            ("PASSWORD=hunter2", "credential", "PASSWORD=hunter2"),
            ("\u{130}😀 the secret is hunter2", "credential", "secret is hunter2"),
            ("{\"api_key\": \"abc\"}", "credential", "api_key\": \"abc\"}"),
            ("Api-Key:abc", "credential", "Api-Key:abc"),
            ("SSN 123-45-6789.", "ssn", "SSN 123-45-6789"),
            ("Social Security: 123456789", "ssn", "Social Security: 123456789"),
            ("credit card 4111 1111-11111111", "card", "credit card 4111 1111-11111111"),
            ("CC:4111111111111111", "card", "CC:4111111111111111"),
        ] {
            assert_eq!(findings(text), [(code, place.to_owned())], "{text}");
        }
        assert_eq!(findings("password=a password=b ssn 123456789").len(), 3);
    }

    #[test]
    fn what_is_not() {
        for text in [
            "",
            "I forgot my password",
            "password reset link please",
            "It is a secret",
            "is the password right?",
            "password:",
            "ssn 12-345-6789",
            "ssn é123",
            "credit card 4111",
            "cc",
            "the secret's out",
            "secret 😀",
        ] {
            assert_eq!(findings(text), [], "{text}");
        }
    }

    #[test]
    fn every_finding_has_its_path_and_no_value() {
        let body = json!({
            "systemInstructions": ["ok", "password: canary"],
            "context": [{"role": "agent", "content": "ok"}, {"role": "user", "content": "secret=canary"}],
            "temperature": 0, "maxTokens": 1, "modelId": "m",
        });
        let problem = Request::parse(body.to_string().as_bytes()).unwrap().check().unwrap_err();
        let paths: Vec<_> = problem.errors.iter().map(|fault| fault.path.as_str()).collect();
        assert_eq!(paths, ["$.systemInstructions[1]", "$.context[1].content"]);
        assert_eq!(problem.code.status(), 422);
        assert!(!problem.document("r").to_string().contains("canary"));
        assert!(!format!("{problem:?}").contains("canary"));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(password|secret|ssn|cc|credit card|:|=| is |-|[0-9]{3,5}|\\PC)*") {
            findings(&text);
        }
    }
}
