//! A value against a schema.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::{Bounds, Id, JsonSchema, MAX_STEPS, Schema};
use crate::fault::{Fault, Faults, Path};

impl JsonSchema {
    /// What is wrong with `value`, each fault with its path below `path`; empty if it fits. No fault quotes the
    /// value, and a member that the schema does not name is `*` in a path: its name was made by the model.
    pub fn faults(&self, path: &Path, value: &Value) -> Faults {
        let mut judge = Judge { schemas: &self.schemas, steps: 0, faults: Faults::default() };
        judge.judge(0, path, value, true);
        if judge.steps >= MAX_STEPS {
            let message =
                format!("Checking took more than {MAX_STEPS} steps: simplify the alternatives of the schema.");
            judge.faults = Fault::new(path, "too_costly", message).into();
        }
        judge.faults
    }
}

struct Judge<'a> {
    schemas: &'a [Schema],
    steps: usize,
    faults: Faults,
}

impl<'a> Judge<'a> {
    /// Whether `value` fits the schema `id`; reports why not if `report`. Once the steps are used up, nothing fits.
    fn judge(&mut self, id: Id, path: &Path, value: &Value, report: bool) -> bool {
        self.steps += 1;
        let Some(schema) = self.schemas.get(id) else { return true };
        if self.steps >= MAX_STEPS {
            return false;
        }
        let mut fits = true;
        let mut say = |judge: &mut Self, code, message: String| {
            fits = false;
            if report {
                judge.faults.add(|| Fault::new(path, code, message));
            }
        };
        if schema.never {
            say(self, "not_allowed", "No value is allowed here.".to_owned());
        }
        if let Some(types) = &schema.types
            && !types.iter().any(|one| one.fits(value))
        {
            let names: Vec<_> = types.iter().map(|one| one.name()).collect();
            say(self, "wrong_type", format!("This must be of type {}.", names.join(" or ")));
        }
        for values in &schema.values {
            if !self.contains(values, value) {
                say(self, "unknown_value", "This is none of the values that the schema names.".to_owned());
            }
        }
        if !schema.any.is_empty() && self.count(&schema.any, path, value) == 0 {
            say(self, "no_alternative", "This fits none of the alternatives of `anyOf`.".to_owned());
        }
        if !schema.one.is_empty() {
            match self.count(&schema.one, path, value) {
                1 => {}
                0 => say(self, "no_alternative", "This fits none of the alternatives of `oneOf`.".to_owned()),
                many => say(self, "ambiguous", format!("This fits {many} alternatives of `oneOf`, not just one.")),
            }
        }
        if schema.not.is_some_and(|not| self.judge(not, path, value, false)) {
            say(self, "not_allowed", "This is what `not` excludes.".to_owned());
        }
        match value {
            Value::Number(number) => number_faults(schema, number, |code, message| say(self, code, message)),
            Value::String(text) if schema.length != Bounds::default() => {
                let length = text.chars().count() as u64;
                if let Some(message) = bounds(schema.length, length, "characters") {
                    say(self, "wrong_length", message);
                }
            }
            Value::Array(items) => {
                if let Some(message) = bounds(schema.items_count, items.len() as u64, "items") {
                    say(self, "wrong_length", message);
                }
                if schema.unique && !self.unique(items) {
                    say(self, "duplicate", "Two items are the same.".to_owned());
                }
            }
            Value::Object(members) => {
                if let Some(message) = bounds(schema.properties_count, members.len() as u64, "members") {
                    say(self, "wrong_length", message);
                }
                for name in schema.required.iter().filter(|name| !members.contains_key(*name)) {
                    fits = false;
                    if report {
                        let fault = || Fault::new(&path.name(name), "missing_field", "This member is required.");
                        self.faults.add(fault);
                    }
                }
            }
            _ => {}
        }
        for next in schema.all.iter().copied().chain(schema.reference) {
            fits &= self.judge(next, path, value, report);
        }
        fits & self.children(schema, path, value, report)
    }

    fn children(&mut self, schema: &Schema, path: &Path, value: &Value, report: bool) -> bool {
        let mut fits = true;
        match value {
            Value::Array(items) => {
                let Some(id) = schema.items else { return true };
                for (index, item) in items.iter().enumerate() {
                    fits &= self.judge(id, &path.index(index), item, report);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    match (schema.properties.get(name), schema.additional) {
                        (Some(id), _) => fits &= self.judge(*id, &path.name(name), member, report),
                        (None, Some(id)) => fits &= self.judge(id, &path.name("*"), member, report),
                        (None, None) => {}
                    }
                }
            }
            _ => {}
        }
        fits
    }

    fn count(&mut self, schemas: &[Id], path: &Path, value: &Value) -> usize {
        schemas.iter().filter(|id| self.judge(**id, path, value, false)).count()
    }

    fn contains(&mut self, values: &[Value], value: &Value) -> bool {
        self.steps += values.len();
        values.iter().any(|known| equal(known, value))
    }

    fn unique(&mut self, items: &[Value]) -> bool {
        let pairs = items.len().saturating_mul(items.len()) / 2;
        self.steps = self.steps.saturating_add(pairs);
        if self.steps >= MAX_STEPS {
            return true;
        }
        !items.iter().enumerate().any(|(index, item)| items.iter().skip(index + 1).any(|other| equal(item, other)))
    }
}

fn number_faults(schema: &Schema, number: &Number, mut say: impl FnMut(&'static str, String)) {
    let outside = |limit: &Number, strict: bool, beyond: Ordering| {
        let order = compare(number, limit);
        order == beyond || (strict && order == Ordering::Equal)
    };
    for (limit, _) in schema.least.iter().filter(|(limit, strict)| outside(limit, *strict, Ordering::Less)) {
        say("out_of_range", format!("This number is too small: the schema's limit is {limit}."));
    }
    for (limit, _) in schema.most.iter().filter(|(limit, strict)| outside(limit, *strict, Ordering::Greater)) {
        say("out_of_range", format!("This number is too large: the schema's limit is {limit}."));
    }
}

fn bounds(bounds: Bounds, count: u64, what: &str) -> Option<String> {
    match bounds {
        Bounds { least: Some(least), .. } if count < least => Some(format!("Too few {what}: at least {least}.")),
        Bounds { most: Some(most), .. } if count > most => Some(format!("Too many {what}: at most {most}.")),
        _ => None,
    }
}

/// Equality as JSON Schema has it (core, 4.2.2): 1 and 1.0 are the same number.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => compare(one, other) == Ordering::Equal,
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| equal(value, other)))
        }
        _ => one == other,
    }
}

/// The order of two numbers: exact between integers, else that of doubles.
fn compare(one: &Number, other: &Number) -> Ordering {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => {
            let (one, other) = (one.as_f64().unwrap_or_default(), other.as_f64().unwrap_or_default());
            one.partial_cmp(&other).unwrap_or(Ordering::Equal)
        }
    }
}
