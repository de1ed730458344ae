//! `If-Match` and `If-None-Match` (RFC 9110, 13.1): what a client says that it has seen.

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Path};
use crate::problem::{Code, Problem};

/// What a write expects, as the client says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precondition {
    /// Neither header.
    Missing,
    /// `If-None-Match: *`: there is nothing yet.
    Nothing,
    /// `If-Match: *`: whatever there is.
    Anything,
    /// `If-Match` with these entity tags, quoted; weak ones are left out, since they never match strongly.
    OneOf(Vec<String>),
}

impl Precondition {
    /// Whether `If-Match` can be read at all: what cannot is a mistake, and no tag that is stale (requirements, A4).
    ///
    /// # Errors
    /// [`Code::InvalidRequest`].
    pub fn check(if_match: Option<&str>) -> Result<(), Problem> {
        match if_match.map(str::trim) {
            None | Some("*") => Ok(()),
            Some(tags) if is_list(tags) => Ok(()),
            Some(_) => {
                let message = "Expected `*`, or entity tags with commas between them, such as \"version=3\": send the ETag \
                               that you have read as it is.";
                let path = Path::root().name("header").name("If-Match");
                let fault = Fault::new(&path, "malformed_if_match", message);
                Err(Problem::with_errors(Code::InvalidRequest, vec![fault]))
            }
        }
    }

    /// Reads the two headers of a write. A bare `version=3` is taken for `"version=3"` (requirements, E3). A
    /// header that cannot be read matches nothing, so that it never lets a write pass.
    pub fn read(if_match: Option<&str>, if_none_match: Option<&str>) -> Precondition {
        match (if_match.map(str::trim), if_none_match.map(str::trim)) {
            (Some("*"), _) => Precondition::Anything,
            (Some(tags), _) => Precondition::OneOf(tags_of(tags).filter(|tag| !tag.starts_with("W/")).collect()),
            (None, Some("*")) => Precondition::Nothing,
            (None, _) => Precondition::Missing,
        }
    }

    /// What a write of something new expects: that it is still new.
    pub fn of_new(self) -> Precondition {
        match self {
            Precondition::OneOf(tags) => Precondition::OneOf(tags),
            Precondition::Missing | Precondition::Nothing | Precondition::Anything => Precondition::Nothing,
        }
    }

    /// Whether what has the entity tag `etag` is one of those that the client names.
    pub fn names(&self, etag: &str) -> bool {
        match self {
            Precondition::Anything => true,
            Precondition::OneOf(tags) => tags.iter().any(|tag| tag == etag),
            Precondition::Missing | Precondition::Nothing => false,
        }
    }
}

/// Whether a read with this `If-None-Match` has what has the tag `etag` already (weak comparison, RFC 9110,
/// 13.1.2): the answer is a 304.
pub fn is_unchanged(if_none_match: Option<&str>, etag: &str) -> bool {
    match if_none_match.map(str::trim) {
        None => false,
        Some("*") => true,
        Some(tags) => tags_of(tags).any(|tag| tag.strip_prefix("W/").unwrap_or(&tag) == etag),
    }
}

/// Whether `list` is one of entity tags, quoted or bare, and has one at least.
fn is_list(list: &str) -> bool {
    let mut rest = list.trim_start_matches(BETWEEN);
    let mut any = false;
    while !rest.is_empty() {
        let Some((tag, after)) = next_tag(rest) else { return false };
        let quoted = tag.strip_prefix("W/").unwrap_or(&tag);
        let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(quoted);
        if !inner.bytes().all(|byte| byte > b' ' && byte != b'"' && byte != 0x7f) {
            return false;
        }
        (any, rest) = (true, after.trim_start_matches(BETWEEN));
    }
    any
}

/// What is between the tags of a list.
const BETWEEN: [char; 3] = [' ', '\t', ','];

/// The entity tags of a list, quoted. A comma may be within a tag.
fn tags_of(list: &str) -> impl Iterator<Item = String> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let (tag, after) = next_tag(rest.trim_start_matches(BETWEEN))?;
        rest = after;
        Some(tag)
    })
}

/// The first of them, and what comes after it.
fn next_tag(rest: &str) -> Option<(String, &str)> {
    let weak = if rest.starts_with("W/\"") { 2 } else { 0 };
    let quoted = rest.get(weak..).and_then(|tag| tag.strip_prefix('"')).map(|inner| inner.find('"'));
    let end = match quoted {
        Some(Some(length)) => weak + length + 2,
        // A quote that is not closed: nothing after it can be trusted.
        Some(None) => return None,
        None => rest.find(',').unwrap_or(rest.len()),
    };
    let (tag, after) = rest.split_at_checked(end)?;
    let tag = tag.trim_end();
    match tag.is_empty() {
        true => None,
        false if quoted.is_some() => Some((tag.to_owned(), after)),
        false => Some((format!("\"{tag}\""), after)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes() {
        let one_of = |tags: &[&str]| Precondition::OneOf(tags.iter().map(|tag| (*tag).to_owned()).collect());
        for (if_match, if_none_match, expected) in [
            (None, None, Precondition::Missing),
            (Some("*"), None, Precondition::Anything),
            (Some(" * "), Some("*"), Precondition::Anything),
            (None, Some("*"), Precondition::Nothing),
            (None, Some("\"a\""), Precondition::Missing),
            (Some("\"a\""), None, one_of(&["\"a\""])),
            (Some("\"a\", \"b,c\",\"\""), None, one_of(&["\"a\"", "\"b,c\"", "\"\""])),
            (Some("version=3"), None, one_of(&["\"version=3\""])),
            (Some("\"version=3\""), None, one_of(&["\"version=3\""])),
            (Some("W/\"a\", \"b\""), None, one_of(&["\"b\""])),
            (Some("W/\"a\""), None, one_of(&[])),
            (Some(""), None, one_of(&[])),
            (Some(","), None, one_of(&[])),
            (Some("\"a"), None, one_of(&[])),
            (Some("\"a\", \"b"), None, one_of(&["\"a\""])),
        ] {
            assert_eq!(Precondition::read(if_match, if_none_match), expected, "{if_match:?} {if_none_match:?}");
        }
        assert!(!Precondition::read(Some(""), None).names("\"\""), "an empty header names nothing");
        assert!(!Precondition::Missing.names("\"a\""));
        Precondition::read(Some(&"\"a\",".repeat(100_000)), None);
    }

    // Row A4.
    #[test]
    fn what_cannot_be_read_is_a_mistake() {
        for good in ["*", " * ", "\"a\"", "version=3", "\"a\", W/\"b\"", "a,b", "\"\"", "\"a\",", "W/\"a\""] {
            assert!(Precondition::check(Some(good)).is_ok(), "{good}");
        }
        assert!(Precondition::check(None).is_ok());
        for bad in
            ["", " ", ",", "\"", "\"a", "\"a\", \"b", "version=\"3", "version = 3", "\"a b\"", "a b", "W/\"", "*\""]
        {
            let problem = Precondition::check(Some(bad)).unwrap_err();
            assert_eq!(
                (problem.code, problem.errors[0].path.as_str()),
                (Code::InvalidRequest, "$.header['If-Match']"),
                "{bad}"
            );
        }
        assert!(Precondition::check(Some(&"\"a\",".repeat(100_000))).is_ok());
    }

    #[test]
    fn reads() {
        for (if_none_match, etag, expected) in [
            (None, "\"a\"", false),
            (Some("*"), "\"a\"", true),
            (Some("\"b\", \"a\""), "\"a\"", true),
            (Some("W/\"a\""), "\"a\"", true),
            (Some("version=3"), "\"version=3\"", true),
            (Some("a"), "\"b\"", false),
            (Some("\"a"), "\"a\"", false),
        ] {
            assert_eq!(is_unchanged(if_none_match, etag), expected, "{if_none_match:?}");
        }
    }
}
