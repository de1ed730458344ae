//! What is wrong with a value: its code and its sentence, the same on every route and in the linter.

use super::{Field, Rule, Shape, Text, Unit, names_of};
use crate::fault::{Fault, nearest, printable};
use crate::label;

/// One difference from a shape. Its sentence is made only where it is shown: a document may have a hundred thousand.
#[derive(Debug, Clone)]
pub enum Flaw<'a> {
    /// The value is of another type.
    Type {
        /// What it should be.
        expected: &'static Shape,
        /// What it is: "a string", "null", ….
        found: &'static str,
    },
    /// No member of this name is allowed.
    Unknown {
        /// Its name, which may be anything.
        name: &'a str,
        /// Those that are allowed.
        known: &'static [Field],
    },
    /// A member is not there.
    Missing(&'static Field),
    /// A number is outside of its range.
    Range {
        /// What it should be.
        expected: &'static Shape,
        /// What it is.
        found: f64,
    },
    /// A number is no integer.
    Fraction {
        /// What it should be.
        expected: &'static Shape,
        /// What it is.
        found: f64,
    },
    /// A text is too long or too short.
    Length {
        /// What it should be.
        expected: &'static Text,
        /// How many units it has.
        found: usize,
    },
    /// A text is blank.
    Blank,
    /// A text breaks its rule.
    Rule(&'static Rule),
    /// A string is none of those that are known.
    Value {
        /// The string, which may be anything.
        found: &'a str,
        /// Those that are known.
        known: &'static [&'static str],
    },
    /// An array has too many or too few items.
    Count {
        /// The fewest.
        least: usize,
        /// The most.
        most: usize,
        /// How many there are.
        found: usize,
    },
    /// An item is there already.
    Duplicate,
    /// What [`crate::json_schema`] has found.
    Schema(Fault),
}

impl Flaw<'_> {
    /// Stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Flaw::Type { .. } => "wrong_type",
            Flaw::Unknown { .. } => "unknown_field",
            Flaw::Missing(_) => "missing_field",
            Flaw::Range { .. } => "out_of_range",
            Flaw::Fraction { .. } => "not_an_integer",
            Flaw::Length { expected, found } if found < &expected.least => "too_short",
            Flaw::Length { .. } => "too_long",
            Flaw::Blank => "empty",
            Flaw::Rule(rule) => match rule {
                Rule::None | Rule::Name => "control_character",
                Rule::Label => "not_a_name",
                Rule::Uuid => "not_a_uuid",
                Rule::Https => "bad_url",
                Rule::Time => "bad_time",
                Rule::Variable => "bad_name",
                Rule::Containing(_) => "no_placeholder",
            },
            Flaw::Value { .. } => "unknown_value",
            Flaw::Count { found, least, .. } if found < least => "too_few",
            Flaw::Count { .. } => "too_many",
            Flaw::Duplicate => "duplicate",
            Flaw::Schema(fault) => fault.code,
        }
    }

    /// What is wrong and what to do. Names of members are quoted as far as they are [printable], values never.
    pub fn message(&self) -> String {
        match self {
            Flaw::Type { expected, found } => format!("Expected {}, found {found}.", expected.expected()),
            Flaw::Unknown { name, known } => {
                // Remarks for tools are not what was meant.
                let names = known.iter().map(|field| field.name).filter(|name| !name.starts_with('$'));
                let names: Vec<&str> = names.collect();
                let shown = printable(name);
                match nearest(name, &names) {
                    Some(meant) => format!("`{shown}` is not allowed here: did you mean `{meant}`?"),
                    None if names.is_empty() => format!("`{shown}` is not allowed here: remove it."),
                    None => format!("`{shown}` is not allowed here: remove it. Allowed: {}.", names_of(&names)),
                }
            }
            Flaw::Missing(field) => format!("`{}` is required: add it.", field.name),
            Flaw::Range { expected, found } => {
                let above = match expected {
                    Shape::Number(_, most) => found > most,
                    Shape::Integer(_, most) => *found > *most as f64,
                    _ => false,
                };
                let side = if above { "larger" } else { "smaller" };
                format!("Expected {}, found a {side} one.", expected.expected())
            }
            Flaw::Fraction { expected, .. } => format!("Expected {}, found a fraction.", expected.expected()),
            Flaw::Length { expected, found } => {
                let unit = match expected.unit {
                    Unit::Utf16 => "UTF-16 code units",
                    Unit::Points => "characters",
                };
                let (which, limit) =
                    if *found < expected.least { ("least", expected.least) } else { ("most", expected.most) };
                format!("Expected at {which} {limit} {unit}, found {found}.")
            }
            Flaw::Blank => "Expected a text, found nothing or only white space.".to_owned(),
            Flaw::Rule(rule) => match rule {
                Rule::None | Rule::Name => "Expected no control characters, found one: remove it.".to_owned(),
                Rule::Label => label::NOT_CLEAN.to_owned(),
                Rule::Uuid => "Expected a UUID, such as 123e4567-e89b-42d3-a456-426614174000.".to_owned(),
                Rule::Https => "Expected an https:// URL without a user's name and fragment.".to_owned(),
                Rule::Time => "Expected a time (RFC 3339), such as 2026-01-31T00:00:00Z.".to_owned(),
                Rule::Variable => "Expected a name of letters, digits and `_`, no digit first.".to_owned(),
                Rule::Containing(parts) => {
                    format!("Expected one of {} in this text, found none: add it.", names_of(parts))
                }
            },
            Flaw::Value { found, known } => match nearest(found, known) {
                Some(meant) => format!("Expected one of {}. Did you mean `{meant}`?", names_of(known)),
                None => format!("Expected one of {}.", names_of(known)),
            },
            Flaw::Count { least, most, found } => {
                let (which, limit) = if found < least { ("least", least) } else { ("most", most) };
                format!("Expected at {which} {limit} items, found {found}.")
            }
            Flaw::Duplicate => "Duplicate: remove this one, or the one before.".to_owned(),
            Flaw::Schema(fault) => fault.message.clone(),
        }
    }

    /// The nearest number that is right, where a number is wrong.
    pub fn nearest_number(&self) -> Option<f64> {
        let (expected, found) = match self {
            Flaw::Range { expected, found } | Flaw::Fraction { expected, found } => (expected, found),
            _ => return None,
        };
        match expected {
            Shape::Number(least, most) => Some(found.clamp(*least, *most)),
            Shape::Integer(least, most) => Some(found.round().clamp(*least as f64, *most as f64)),
            _ => None,
        }
    }
}
