//! Patterns of an operator's own, named by them: numbers of staff, contracts, cases.
//!
//! ```text
//! EMP-#{6}     EMP- and six digits          #  a digit        @  a letter       ?  either
//! AB @@ #{4,8} four to eight digits          {n} {n,m}  so many of the sign before    \  the next sign itself
//! ```
//! Everything else stands for itself, letters in any case. No letter or digit may stand beside a match that
//! begins or ends with one. A repetition takes all it can and gives nothing back; a pattern for which that
//! would matter is refused. So a place costs at most the pattern's length, whatever the text.

use crate::policy::Action;
use crate::work;

/// Most patterns of a policy.
pub const MOST: usize = 16;
/// Most bytes of a match.
pub const LONGEST: usize = 64;
/// Fewest bytes of a match: what is shorter is everywhere.
pub const SHORTEST: usize = 3;
/// Most bytes of a name, and of a tag without its brackets.
const NAME: usize = 24;
/// Most examples of a pattern of either sort, and most bytes of one.
const EXAMPLES: usize = 16;
const EXAMPLE: usize = 256;

/// A pattern as an operator writes it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Written {
    /// What it looks like.
    pub pattern: String,
    /// What is done about it, whoever wrote the text.
    pub action: Action,
    /// What stands in its place, without brackets; its name in capitals by default.
    #[cfg_attr(feature = "serde", serde(default))]
    pub tag: Option<String>,
    /// Texts in which it must be found: tried when the policy is made.
    #[cfg_attr(feature = "serde", serde(default))]
    pub caught: Vec<String>,
    /// Texts in which it must not be.
    #[cfg_attr(feature = "serde", serde(default))]
    pub passed: Vec<String>,
}

/// A pattern made ready.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Own {
    /// What findings, audit rows and metrics call it.
    pub name: String,
    /// What it looks like.
    pub pattern: String,
    /// What is done about it.
    pub action: Action,
    /// What stands in its place, brackets included.
    pub tag: String,
    #[cfg_attr(feature = "serde", serde(skip))]
    parts: Vec<Part>,
    /// Whether it begins, and ends, with what words are made of. Asked at every byte of a text, so known before.
    #[cfg_attr(feature = "serde", serde(skip))]
    begins_word: bool,
    #[cfg_attr(feature = "serde", serde(skip))]
    ends_word: bool,
}

/// A sign, and how often it stands there.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Part {
    sign: Sign,
    least: usize,
    most: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Sign {
    /// This byte, a letter in any case.
    Byte(u8),
    Digit,
    Letter,
    Either,
}

/// What a pattern says of a place.
#[derive(Debug, PartialEq)]
enum Fit {
    No,
    /// More text may make it fit.
    Open,
    /// It fits up to here.
    To(usize),
}

/// The first place from `next` on where one of `patterns` fits: which, and from where to where; the longest, of several
/// the first. `next` is moved past what is decided: in a text that goes on (`open`) to the first place that is not.
pub(crate) fn find(patterns: &[Own], text: &str, next: &mut usize, open: bool) -> Option<(usize, usize, usize)> {
    let bytes = text.as_bytes();
    while *next < bytes.len() {
        let (at, mut best) = (*next, None);
        for (number, own) in patterns.iter().enumerate() {
            match own.fit(bytes, at, open) {
                Fit::Open => return None,
                Fit::To(end) if best.is_none_or(|(_, longest)| end > longest) => best = Some((number, end)),
                Fit::To(_) | Fit::No => {}
            }
        }
        *next = best.map_or(at + 1, |(_, end)| end);
        if let Some((number, end)) = best {
            return Some((number, at, end));
        }
    }
    None
}

impl Own {
    /// Makes `written`, which an operator calls `name`, ready.
    ///
    /// # Errors
    /// What is wrong with it and what to do, in a sentence that names the pattern and quotes no example.
    pub fn new(name: &str, written: Written) -> Result<Own, String> {
        let Written { pattern, action, tag, caught, passed } = written;
        let fault = |what: String| format!("own.{name}: {what}");
        let small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.len() > NAME || !name.starts_with(|first: char| first.is_ascii_lowercase()) || !name.bytes().all(small)
        {
            return Err(format!(
                "`own` has a name that is none: expected a small letter and then small letters, digits and `-`, {NAME} at most"
            ));
        }
        let parts = parts(&pattern).map_err(fault)?;
        let tag = tag.unwrap_or_else(|| name.to_ascii_uppercase().replace('-', "_"));
        let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        if tag.is_empty() || tag.len() > NAME || !tag.bytes().all(capital) {
            return Err(fault(format!("expected capitals, digits and `_` in `tag`, {NAME} at most")));
        }
        let is_of_words = |part: Option<&Part>| part.is_some_and(|part| part.sign.is_of_words());
        let (begins_word, ends_word) = (is_of_words(parts.first()), is_of_words(parts.last()));
        let tag = format!("[{tag}]");
        let own = Own { name: name.to_owned(), pattern, action, tag, parts, begins_word, ends_word };
        for (examples, sort, expected) in [(&caught, "caught", true), (&passed, "passed", false)] {
            if examples.len() > EXAMPLES || examples.iter().any(|text| text.len() > EXAMPLE) {
                return Err(fault(format!("`{sort}` may have {EXAMPLES} texts of {EXAMPLE} bytes")));
            }
            let found = |text: &String| find(std::slice::from_ref(&own), text, &mut 0, false).is_some();
            if let Some(at) = examples.iter().position(|text| found(text) != expected) {
                let what = if expected { "the pattern is not found" } else { "the pattern is found" };
                return Err(fault(format!("{what} in `{sort}[{at}]`")));
            }
        }
        Ok(own)
    }

    /// Whether a match starts at `at`.
    fn fit(&self, bytes: &[u8], at: usize, open: bool) -> Fit {
        let in_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
        work::count(1);
        // A pattern begins with a sign that is there once at least: most places end here.
        let begins = |byte: &u8| self.parts.first().is_some_and(|part| part.sign.fits(*byte));
        if !bytes.get(at).is_some_and(begins) {
            return Fit::No;
        }
        if self.begins_word && in_word(at.checked_sub(1).and_then(|before| bytes.get(before))) {
            return Fit::No;
        }
        let mut end = at;
        for part in &self.parts {
            let rest = bytes.get(end..).unwrap_or_default();
            let count = rest.iter().take(part.most).take_while(|byte| part.sign.fits(**byte)).count();
            work::count(count);
            if open && count < part.most && count == rest.len() {
                return Fit::Open;
            }
            if count < part.least {
                return Fit::No;
            }
            end += count;
        }
        match bytes.get(end) {
            None if open && self.ends_word => Fit::Open,
            next if self.ends_word && in_word(next) => Fit::No,
            _ => Fit::To(end),
        }
    }
}

impl Sign {
    fn fits(self, byte: u8) -> bool {
        match self {
            Sign::Byte(own) => byte.eq_ignore_ascii_case(&own),
            Sign::Digit => byte.is_ascii_digit(),
            Sign::Letter => byte.is_ascii_alphabetic(),
            Sign::Either => byte.is_ascii_alphanumeric(),
        }
    }

    fn is_of_words(self) -> bool {
        (0..128).any(|byte: u8| byte.is_ascii_alphanumeric() && self.fits(byte))
    }

    fn meets(self, other: Sign) -> bool {
        (0..128).any(|byte| self.fits(byte) && other.fits(byte))
    }
}

/// The parts of a pattern.
fn parts(pattern: &str) -> Result<Vec<Part>, String> {
    if let Some(at) = pattern.bytes().position(|byte| !(b' '..=b'~').contains(&byte)) {
        return Err(format!("expected letters without accents, digits, blanks and signs, found another at byte {at}"));
    }
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = pattern;
    while let Some((sign, after)) = rest.split_at_checked(1) {
        rest = after;
        let sign = match sign {
            "#" => Sign::Digit,
            "@" => Sign::Letter,
            "?" => Sign::Either,
            "{" => {
                let (inside, after) = rest.split_once('}').ok_or("`{` is not closed: write `\\{` for itself")?;
                rest = after;
                let (least, most) = repetition(inside).ok_or("expected `{n}` or `{n,m}` with n up to m, m up to 64")?;
                match parts.last_mut() {
                    Some(last) if (last.least, last.most) == (1, 1) => (last.least, last.most) = (least, most),
                    _ => return Err("a repetition needs one sign before it".to_owned()),
                }
                continue;
            }
            "}" => return Err("`}` closes nothing: write `\\}` for itself".to_owned()),
            "\\" => {
                let (sign, after) =
                    rest.split_at_checked(1).ok_or("`\\` stands at the end: write `\\\\` for itself")?;
                rest = after;
                literal(sign)
            }
            other => literal(other),
        };
        parts.push(Part { sign, least: 1, most: 1 });
    }
    let (least, most) = parts.iter().fold((0, 0), |(least, most), part| (least + part.least, most + part.most));
    if least < SHORTEST || most > LONGEST {
        return Err(format!("what it finds must be {SHORTEST} to {LONGEST} bytes long, found {least} to {most}"));
    }
    if parts.first().is_some_and(|part| part.least == 0) || parts.last().is_some_and(|part| part.least == 0) {
        return Err("it must begin and end with a sign that is there once at least".to_owned());
    }
    for (at, part) in parts.iter().enumerate().filter(|(_, part)| part.least < part.most) {
        let mut after = parts.iter().skip(at + 1);
        let fixed = after.clone().position(|next| next.least > 0).map_or(0, |fixed| fixed + 1);
        if after.by_ref().take(fixed).any(|next| next.sign.meets(part.sign)) {
            return Err("a repetition takes all it can: what follows it must be another sign".to_owned());
        }
    }
    Ok(parts)
}

fn literal(sign: &str) -> Sign {
    Sign::Byte(sign.bytes().next().unwrap_or(b' '))
}

/// `4` or `4,8`.
fn repetition(inside: &str) -> Option<(usize, usize)> {
    let (least, most) = inside.split_once(',').unwrap_or((inside, inside));
    let (least, most) = (least.parse().ok()?, most.parse().ok()?);
    (least <= most && (1..=LONGEST).contains(&most)).then_some((least, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pattern: &str) -> Written {
        Written {
            pattern: pattern.to_owned(),
            action: Action::Redact,
            tag: None,
            caught: Vec::new(),
            passed: Vec::new(),
        }
    }

    fn all(pattern: &str, text: &str) -> Vec<String> {
        let own = [Own::new("own", written(pattern)).unwrap()];
        let mut next = 0;
        std::iter::from_fn(|| find(&own, text, &mut next, false))
            .map(|(_, from, to)| text[from..to].to_owned())
            .collect()
    }

    // Row G.
    #[test]
    fn patterns_find_what_they_look_like() {
        for (pattern, text, found) in [
            ("EMP-#{6}", "EMP-123456, emp-654321; EMP-1234567 XEMP-123456 EMP-12345", vec!["EMP-123456", "emp-654321"]),
            ("@@#{2,4}", "ab12 AB1234 ab1 abc12 ab12345 \u{fc}b12 b12\u{fc}", vec!["ab12", "AB1234"]),
            ("C\\#-{0,1}??", "c#-a1 C#xy c#--a", vec!["c#-a1", "C#xy"]),
            ("#{3} #{3}", "123 456 789 012", vec!["123 456", "789 012"]),
            ("(#{3})", "a(123)b", vec!["(123)"]),
            ("Project Falcon", "project falcon, Project Falcons", vec!["project falcon"]),
            ("\\{\\}\\\\", "{}\\", vec!["{}\\"]),
        ] {
            assert_eq!(all(pattern, text), found, "{pattern}");
        }
    }

    #[test]
    fn malformed_patterns_are_refused() {
        for (pattern, part) in [
            ("", "0 to 0"),
            ("ab", "2 to 2"),
            ("#{60}#{5}", "65 to 65"),
            ("#{6", "not closed"),
            ("#6}", "closes nothing"),
            ("{3}abc", "needs one sign"),
            ("#{2}{3}", "needs one sign"),
            ("#{8,4}", "n up to m"),
            ("#{1,99}", "n up to m"),
            ("a#{0}b", "n up to m"),
            ("abc\\", "at the end"),
            ("#{2,4}#abc", "takes all"),
            ("a?{1,3}-{0,1}bc", "takes all"),
            ("-{0,1}abc", "begin and end"),
            ("\u{fc}bel", "accents"),
        ] {
            let fault = Own::new("own", written(pattern)).unwrap_err();
            assert!(fault.starts_with("own.own: ") && fault.contains(part), "{pattern}: {fault}");
        }
        for name in ["", "Own", "a b", "-a", "a_b", &"a".repeat(25)] {
            assert!(Own::new(name, written("abc")).unwrap_err().contains("name"), "{name}");
        }
        assert!(Own::new("a", Written { tag: Some("a".to_owned()), ..written("abc") }).unwrap_err().contains("tag"));
    }

    #[test]
    fn examples_are_tried_and_not_quoted() {
        let mut own = Written { caught: vec!["no EMP-123456".to_owned()], ..written("EMP-#{6}") };
        assert_eq!(Own::new("staff-number", own.clone()).unwrap().tag, "[STAFF_NUMBER]");
        own.passed.push("canary EMP-000000".to_owned());
        let fault = Own::new("staff", own.clone()).unwrap_err();
        assert!(fault.contains("passed[0]") && !fault.contains("canary"), "{fault}");
        own.caught.push("canary".to_owned());
        assert!(Own::new("staff", own).unwrap_err().contains("caught[1]"));
    }

    #[test]
    fn a_text_that_goes_on_decides_what_it_can() {
        let own = [Own::new("own", written("EMP-#{4,6}")).unwrap()];
        let text = "an employee EMP-12345 is EMP-1";
        for cut in 0..text.len() {
            let (mut next, mut found) = (0, Vec::new());
            while let Some((_, from, to)) = find(&own, &text[..cut], &mut next, true) {
                found.push((from, to));
            }
            assert!(next + 11 > cut, "waits for no more than it must");
            while let Some((_, from, to)) = find(&own, text, &mut next, false) {
                found.push((from, to));
            }
            assert_eq!(found, [(12, 21)], "{cut}");
        }
    }
}
