//! Reads the members of a document and collects what is wrong with them.

use crate::fault::{Fault, Faults, Path, nearest, printable};
use crate::json::{Json, Number};
use crate::problem::{Code, Problem};

/// The largest integer that every JSON reader keeps exact (RFC 8259, section 6): 2⁵³ − 1.
pub(crate) const MAX_INTEGER: u64 = (1 << 53) - 1;

/// A member of an object and where it stands.
pub(crate) type Member = Option<(Path, Json)>;

/// What was found wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Check {
    pub(crate) faults: Faults,
}

impl Check {
    /// Notes a fault, up to [`MAX_FAULTS`].
    pub(crate) fn fault(&mut self, path: &Path, code: &'static str, message: impl Into<String>) {
        self.faults.add(|| Fault::new(path, code, message));
    }

    /// What was read, if nothing was wrong.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] with every fault.
    pub(crate) fn finish<T>(self, read: Option<T>) -> Result<T, Problem> {
        match read {
            Some(read) if self.faults.is_empty() => Ok(read),
            _ => Err(Problem::with_errors(Code::InvalidRequest, self.faults)),
        }
    }

    /// The members of an object; `what` says what should stand here: "a model definition".
    pub(crate) fn object(&mut self, path: &Path, value: Json, what: &str) -> Option<Vec<(String, Json)>> {
        match value {
            Json::Object(members) => Some(members),
            other => {
                self.fault(path, "wrong_type", format!("Send {what} as a JSON object here, not {}.", other.kind()));
                None
            }
        }
    }

    /// The members called `required`, then those called `optional`, in that order; missing and unknown ones
    /// are faults.
    pub(crate) fn fields<const R: usize, const O: usize>(
        &mut self,
        path: &Path,
        members: Vec<(String, Json)>,
        required: &[&'static str; R],
        optional: &[&'static str; O],
    ) -> ([Member; R], [Member; O]) {
        let (mut found, mut more) = ([const { None }; R], [const { None }; O]);
        let known: Vec<&str> = required.iter().chain(optional).copied().collect();
        for (name, value) in members {
            let slot = match known.iter().position(|field| *field == name) {
                Some(index) if index < R => found.get_mut(index),
                Some(index) => more.get_mut(index - R),
                None => None,
            };
            match slot {
                Some(slot) => *slot = Some((path.name(&name), value)),
                None => self.unknown(path, &name, &known),
            }
        }
        for (name, slot) in required.iter().zip(&found) {
            if slot.is_none() {
                self.fault(&path.name(name), "missing_field", format!("`{name}` is required: add it."));
            }
        }
        (found, more)
    }

    fn unknown(&mut self, path: &Path, name: &str, known: &[&str]) {
        self.faults.add(|| {
            let message = match nearest(name, known) {
                Some(meant) => format!("There is no field `{}`: did you mean `{meant}`?", printable(name)),
                None => format!("There is no field `{}`: remove it. Known: {}.", printable(name), list(known)),
            };
            Fault::new(&path.name(name), "unknown_field", message)
        });
    }

    /// A string of `least` to `most` UTF-16 code units.
    pub(crate) fn text(&mut self, path: &Path, value: Json, least: usize, most: usize) -> Option<String> {
        let Json::String(text) = value else {
            self.fault(path, "wrong_type", format!("Send a string here, not {}.", value.kind()));
            return None;
        };
        let units = text.encode_utf16().take(most + 1).count();
        if units > most {
            self.fault(path, "too_long", format!("This is too long: at most {most} UTF-16 code units."));
        } else if least > 0 && text.trim().is_empty() {
            self.fault(path, "empty", "This is empty: fill it in.");
        } else if units < least {
            self.fault(path, "too_short", format!("This is too short: at least {least} UTF-16 code units."));
        }
        Some(text)
    }

    /// A string that goes into audit rows and headers: [`Check::text`] without control characters.
    pub(crate) fn name(&mut self, path: &Path, value: Json, least: usize, most: usize) -> Option<String> {
        let text = self.text(path, value, least, most)?;
        if text.chars().any(char::is_control) {
            self.fault(path, "control_character", "A control character stands here: remove it.");
        }
        Some(text)
    }

    /// A number from `least` to `most`, as it was written.
    pub(crate) fn number(&mut self, path: &Path, value: Json, least: f64, most: f64) -> Option<Number> {
        let Json::Number(number) = value else {
            let message = format!("Send a number from {least} to {most} here, not {}.", value.kind());
            self.fault(path, "wrong_type", message);
            return None;
        };
        let inside = number.as_f64().is_some_and(|value| (least..=most).contains(&value));
        if !inside {
            self.fault(path, "out_of_range", format!("This must be from {least} to {most}."));
        }
        inside.then_some(number)
    }

    /// An integer from `least` to `most`; 100.0 is one, 100.5 is not.
    pub(crate) fn integer(&mut self, path: &Path, value: Json, least: u64, most: u64) -> Option<u64> {
        let Json::Number(number) = value else {
            let message = format!("Send an integer from {least} to {most} here, not {}.", value.kind());
            self.fault(path, "wrong_type", message);
            return None;
        };
        match number.as_f64().filter(|value| value.fract() == 0.0) {
            None => self.fault(path, "not_an_integer", "This must be an integer: round it."),
            Some(value) if (least as f64..=most as f64).contains(&value) => return Some(value as u64),
            Some(_) => self.fault(path, "out_of_range", format!("This must be from {least} to {most}.")),
        }
        None
    }

    /// One of the names in `table`, as what stands beside it.
    pub(crate) fn choice<T: Copy>(&mut self, path: &Path, value: Json, table: &[(&'static str, T)]) -> Option<T> {
        let names: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
        let Json::String(text) = value else {
            self.fault(path, "wrong_type", format!("Send one of {} here, not {}.", list(&names), value.kind()));
            return None;
        };
        let found = table.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if found.is_none() {
            let hint = nearest(&text, &names).map(|meant| format!(" Did you mean `{meant}`?")).unwrap_or_default();
            self.fault(path, "unknown_value", format!("This must be one of {}.{hint}", list(&names)));
        }
        found
    }
}

/// Names for a message: `` `a`, `b` ``.
pub(crate) fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
