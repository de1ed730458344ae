//! Bodies of resource calls, checked member by member; every fault is named by its path.

use serde_json::{Map, Value};

use crate::refusal::Refusal;

/// Path and reason of each fault.
pub(crate) type Faults = Vec<(String, String)>;

/// 400 with every fault in `details`.
pub(crate) fn invalid(details: Faults) -> Refusal {
    Refusal { details, ..Refusal::new(400, "invalid.request", "The request breaks the contract; see details.") }
}

/// Reads a body that must be a JSON object, and lets `check` look at it.
pub(crate) fn read(body: &[u8], check: impl FnOnce(&mut Members<'_>)) -> Result<Map<String, Value>, Refusal> {
    let value: Value =
        serde_json::from_slice(body).map_err(|error| invalid(vec![("$".into(), format!("not JSON: {error}"))]))?;
    let Value::Object(map) = value else {
        return Err(invalid(vec![("$".into(), "must be an object".into())]));
    };
    let mut faults = Faults::new();
    check(&mut Members { map: &map, at: String::new(), faults: &mut faults });
    if faults.is_empty() { Ok(map) } else { Err(invalid(faults)) }
}

/// The members of one object, and where their faults go.
pub(crate) struct Members<'a> {
    map: &'a Map<String, Value>,
    /// Path of the object with a dot behind it; empty for the body itself.
    at: String,
    faults: &'a mut Faults,
}

impl Members<'_> {
    /// Says what is wrong with a member.
    pub(crate) fn fault(&mut self, name: &str, why: impl Into<String>) {
        self.faults.push((format!("{}{name}", self.at), why.into()));
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.map.get(name)
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.map.keys().cloned().collect()
    }

    /// Refuses members that are not `known`.
    pub(crate) fn only(&mut self, known: &[&str]) {
        for name in self.map.keys().filter(|name| !known.contains(&name.as_str())) {
            self.faults.push((format!("{}{name}", self.at), "unknown field".into()));
        }
    }

    /// A string of `from` to `to` UTF-16 code units.
    pub(crate) fn text(&mut self, name: &str, from: usize, to: usize) {
        let fine = self
            .map
            .get(name)
            .and_then(Value::as_str)
            .is_some_and(|text| (from..=to).contains(&text.encode_utf16().count()));
        if !fine {
            let most = if to == usize::MAX { String::new() } else { format!(" and at most {to}") };
            self.fault(name, format!("must be a string of at least {from}{most} characters"));
        }
    }

    /// One of a few strings.
    pub(crate) fn one_of(&mut self, name: &str, known: &[&str]) {
        if !self.map.get(name).and_then(Value::as_str).is_some_and(|text| known.contains(&text)) {
            self.fault(name, format!("must be one of {}", known.join(", ")));
        }
    }

    /// An integer; 0 if it is none.
    pub(crate) fn integer(&mut self, name: &str, from: u64, to: u64) -> u64 {
        match self.map.get(name).and_then(Value::as_u64).filter(|number| (from..=to).contains(number)) {
            Some(number) => number,
            None => {
                self.fault(name, format!("must be an integer from {from} to {to}"));
                0
            }
        }
    }

    pub(crate) fn number(&mut self, name: &str, from: f64, to: f64) {
        if !self.map.get(name).and_then(Value::as_f64).is_some_and(|number| (from..=to).contains(&number)) {
            self.fault(name, format!("must be a number from {from} to {to}"));
        }
    }

    pub(crate) fn flag(&mut self, name: &str) {
        if !self.map.get(name).is_some_and(Value::is_boolean) {
            self.fault(name, "must be true or false");
        }
    }

    /// A member that may be left out: `check` is asked only if it is there.
    pub(crate) fn optional(&mut self, name: &str, check: impl FnOnce(&mut Self)) {
        if self.map.contains_key(name) {
            check(self);
        }
    }

    /// An object.
    pub(crate) fn object(&mut self, name: &str, check: impl FnOnce(&mut Members<'_>)) {
        match self.map.get(name).and_then(Value::as_object) {
            Some(map) => check(&mut Members { map, at: format!("{}{name}.", self.at), faults: self.faults }),
            None => self.fault(name, "must be an object"),
        }
    }

    /// An array of at least `least` objects.
    pub(crate) fn objects(&mut self, name: &str, least: usize, mut check: impl FnMut(&mut Members<'_>)) {
        match self.map.get(name).and_then(Value::as_array) {
            Some(items) if items.len() >= least => {
                for (n, item) in items.iter().enumerate() {
                    match item.as_object() {
                        Some(map) => {
                            let at = format!("{}{name}[{n}].", self.at);
                            check(&mut Members { map, at, faults: self.faults });
                        }
                        None => self.fault(&format!("{name}[{n}]"), "must be an object"),
                    }
                }
            }
            _ => self.fault(name, format!("must be an array of at least {least} objects")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_fault_is_named_by_its_path() {
        let body = json!({"a": "", "b": {"c": 9}, "d": [{}, 1], "e": 0.5, "x": 1});
        let refusal = read(body.to_string().as_bytes(), |members| {
            members.only(&["a", "b", "d", "e"]);
            members.text("a", 1, 2);
            members.object("b", |b| {
                b.integer("c", 0, 8);
                b.optional("none", |b| b.flag("none"));
            });
            members.objects("d", 1, |d| d.one_of("kind", &["k"]));
            members.number("e", 0.0, 0.4);
        })
        .unwrap_err();
        let paths: Vec<&str> = refusal.details.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["x", "a", "b.c", "d[0].kind", "d[1]", "e"]);
        for hostile in ["", "[]", "{", "nul", "\"\\ud800\"", &"[".repeat(100_000)] {
            assert_eq!(read(hostile.as_bytes(), |_| {}).unwrap_err().status, 400);
        }
    }
}
