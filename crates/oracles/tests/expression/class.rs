//! Why the recogniser and oxc may differ.

use promptgate_lint::placeholder::{Expression, Malformed};

use super::{ours_of, theirs_of};

/// Why the two may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// We do not look into parameters of functions and into bodies: with those empty, both accept.
    Opaque,
    /// oxc's parser leaves the words, numbers and escapes that only sloppy code may use to a later stage.
    Sloppy,
    /// It leaves `eval = 1` and `arguments = 1` to a later stage, too.
    Eval,
    /// It leaves private names and `super` outside of classes to a later stage.
    Outside,
    /// It reads `async(...a, b)` and `async(...a,)` as parameters only; they may be arguments (ECMA-262, 15.9).
    AsyncArguments,
    /// It does not see `??` behind `(a) ||`.
    Coalesce,
}

/// What explains that `source` is read differently; `None` where nothing does.
pub(crate) fn explain(
    source: &str,
    ours: &Result<Expression, Malformed>,
    theirs: &Result<(), String>,
) -> Option<Class> {
    match (ours, theirs) {
        (Ok(expression), Err(message)) => {
            // How many parameters an accessor has is a matter of its parameters.
            if message.starts_with("A 'set' accessor") || message.starts_with("A 'get' accessor") {
                return Some(Class::Opaque);
            }
            if !expression.opaque.is_empty() {
                let mut emptied = source.to_owned();
                let mut places = expression.opaque.clone();
                places.sort_by_key(|place| std::cmp::Reverse(place.start));
                for place in places {
                    emptied.replace_range(place.start - 2..place.end - 2, "");
                }
                let theirs = theirs_of(&emptied);
                // What differs besides is looked at by itself.
                return if theirs.is_ok() {
                    Some(Class::Opaque)
                } else {
                    explain(&emptied, &ours_of(&emptied), &theirs)
                };
            }
            let parameters = message.contains("rest parameter") || message.contains("Expected `,` or `)`");
            (parameters && source.contains("async") && source.contains("...")).then_some(Class::AsyncArguments)
        }
        (Err(bad), Ok(())) => {
            let at = bad.span.start.saturating_sub(2)..bad.span.end.saturating_sub(2);
            let place = source.get(at.clone()).unwrap_or_default();
            const STRICT: [&str; 10] = [
                "let",
                "static",
                "implements",
                "interface",
                "package",
                "private",
                "protected",
                "public",
                "yield",
                "await",
            ];
            let digits = place.starts_with(|c: char| c.is_ascii_digit()) || place.starts_with('\\');
            if STRICT.contains(&place) || digits {
                return Some(Class::Sloppy);
            }
            if source.contains("eval") || source.contains("arguments") {
                return Some(Class::Eval);
            }
            if place == "#" || place == "super" || source.get(at.end..).is_some_and(|rest| rest.starts_with('#')) {
                return Some(Class::Outside);
            }
            (place == "??" || place == "||" || place == "&&").then_some(Class::Coalesce)
        }
        _ => None,
    }
}
