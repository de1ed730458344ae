//! What was found wrong with a schema so far, and the readers of its values.

use crate::fault::{Fault, Faults, Path, nearest};
use crate::json::{Json, Number};
use crate::schema::names_of;

/// The largest integer that every JSON reader keeps exact (RFC 8259, section 6): 2⁵³ − 1.
pub(super) const MAX_INTEGER: u64 = crate::schema::ENDLESS;

/// The faults so far.
#[derive(Debug, Default)]
pub(super) struct Check {
    pub(super) faults: Faults,
}

impl Check {
    /// Notes a fault.
    pub(super) fn fault(&mut self, path: &Path, code: &'static str, message: impl Into<String>) {
        self.faults.add(|| Fault::new(path, code, message));
    }

    /// Notes that a value is of another type.
    pub(super) fn wrong_type(&mut self, path: &Path, expected: &str, found: &Json) {
        self.fault(path, "wrong_type", format!("Expected {expected}, found {}.", found.kind()));
    }

    /// A number.
    pub(super) fn number(&mut self, path: &Path, value: &Json) -> Option<Number> {
        match value {
            Json::Number(number) => Some(number.clone()),
            other => {
                self.wrong_type(path, "a number", other);
                None
            }
        }
    }

    /// An integer from 0 on that every reader keeps exact.
    pub(super) fn count(&mut self, path: &Path, value: &Json) -> Option<u64> {
        let Json::Number(number) = value else {
            self.wrong_type(path, "an integer of at least 0", value);
            return None;
        };
        match number.as_f64().filter(|value| value.fract() == 0.0) {
            None => self.fault(path, "not_an_integer", "Expected an integer of at least 0, found a fraction."),
            Some(value) if (0.0..=MAX_INTEGER as f64).contains(&value) => return Some(value as u64),
            Some(_) => self.fault(path, "out_of_range", format!("Expected an integer from 0 to {MAX_INTEGER}.")),
        }
        None
    }

    /// What `table` has under the value, which is a string.
    pub(super) fn choice<T: Copy>(&mut self, path: &Path, value: &Json, table: &[(&'static str, T)]) -> Option<T> {
        let names: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
        let Json::String(text) = value else {
            self.wrong_type(path, &format!("one of {}", names_of(&names)), value);
            return None;
        };
        let found = table.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if found.is_none() {
            let hint = nearest(text, &names).map(|meant| format!(" Did you mean `{meant}`?")).unwrap_or_default();
            self.fault(path, "unknown_value", format!("Expected one of {}.{hint}", names_of(&names)));
        }
        found
    }
}
