//! `If-Match` and `If-None-Match` (RFC 9110, 13.1): what a client says that it has seen.

use serde::{Deserialize, Serialize};

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

/// The entity tags of a list, quoted. A comma may stand within a tag.
fn tags_of(list: &str) -> impl Iterator<Item = String> {
    let mut rest = list;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let weak = if rest.starts_with("W/\"") { 2 } else { 0 };
        let quoted = rest.get(weak..).and_then(|tag| tag.strip_prefix('"')).map(|inner| inner.find('"'));
        let end = match quoted {
            Some(Some(length)) => weak + length + 2,
            // A quote that is not closed: nothing after it can be trusted.
            Some(None) => return None,
            None => rest.find(',').unwrap_or(rest.len()),
        };
        let (tag, after) = rest.split_at_checked(end)?;
        rest = after;
        let tag = tag.trim_end();
        match tag.is_empty() {
            true => None,
            false if quoted.is_some() => Some(tag.to_owned()),
            false => Some(format!("\"{tag}\"")),
        }
    })
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
