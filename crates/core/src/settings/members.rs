//! Members of the JSON texts that settings are: what is wrong is noted with its path, and no value is quoted.

use super::{Reader, address};
use crate::fault::{Fault, Path, nearest};
use crate::json::{self, Json};

/// Longest name of an upstream or a model, in bytes: they are in audit rows and metrics (ours).
const MAX_NAME: usize = 128;
/// Headers of a request that are the gateway's own, or the connection's.
const TAKEN: [&str; 15] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "idempotency-key",
    "keep-alive",
    "te",
    "traceparent",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What is wrong where a secret's name belongs. It is not quoted: many put the secret itself there, and everyone may ask
/// `/healthz`.
pub(super) const NO_SECRET: &str =
    "There is no secret of this name: set it, or name another. A name belongs here, and never the secret itself.";

impl Reader<'_> {
    /// The items of the JSON array in the variable `name`, with their paths.
    pub(super) fn list(&mut self, name: &str) -> Vec<(Path, Json)> {
        let Some(text) = self.get(name) else { return Vec::new() };
        let path = Path::root().name(name);
        match json::parse(text.as_bytes()) {
            Ok(Json::Array(items)) if !items.is_empty() => {
                items.into_iter().enumerate().map(|(index, item)| (path.index(index), item)).collect()
            }
            Ok(_) => {
                self.wrong(&path, format!("{name} must be a JSON array with one object at least."));
                Vec::new()
            }
            Err(faults) => {
                let first = faults.first().map(|fault| fault.message.clone()).unwrap_or_default();
                self.wrong(&path, format!("{name} must be a JSON array. {first}"));
                Vec::new()
            }
        }
    }

    pub(super) fn wrong(&mut self, path: &Path, message: String) {
        self.faults.extend([Fault::new(path, "bad_variable", message)]);
    }

    /// Names the members that are not `known`.
    pub(super) fn known(&mut self, path: &Path, item: &Json, known: &[&str]) {
        let Json::Object(members) = item else {
            return self.wrong(path, format!("Expected an object, found {}.", item.kind()));
        };
        for (name, _) in members.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
            let hint = match nearest(name, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("there are {}.", known.join(", ")),
            };
            self.wrong(&path.name(name), format!("This member is not known: {hint}"));
        }
    }

    pub(super) fn string(&mut self, path: &Path, item: &Json, name: &str) -> Option<String> {
        match item.member(name) {
            Some(Json::String(text)) if !text.is_empty() => return Some(text.clone()),
            Some(_) => self.wrong(&path.name(name), format!("`{name}` must be a string, and not empty.")),
            None if matches!(item, Json::Object(_)) => self.wrong(&path.name(name), format!("`{name}` is required.")),
            None => {}
        }
        None
    }

    /// A name that may be in logs and metrics.
    pub(super) fn name(&mut self, path: &Path, item: &Json, name: &str) -> Option<String> {
        let text = self.string(path, item, name)?;
        if text.len() > MAX_NAME || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            self.wrong(&path.name(name), format!("`{name}` must be 1 to {MAX_NAME} visible ASCII characters."));
            return None;
        }
        Some(text)
    }

    pub(super) fn address(&mut self, path: &Path, item: &Json, name: &str) -> Option<String> {
        let url = self.string(path, item, name)?;
        if url.contains("${") {
            self.wrong(&path.name(name), format!("`{name}` holds an unresolved `${{…}}`: put its value there."));
            return None;
        }
        if let Err(why) = address::check(&url.replace("{model}", "model")) {
            self.wrong(&path.name(name), format!("`{name}` {why}."));
            return None;
        }
        Some(url.trim_end_matches('/').to_owned())
    }

    /// A boolean, where it is there.
    pub(super) fn flag(&mut self, path: &Path, item: &Json, name: &str) -> Option<bool> {
        match item.member(name)? {
            Json::Bool(value) => Some(*value),
            _ => {
                self.wrong(&path.name(name), format!("`{name}` must be true or false."));
                None
            }
        }
    }

    /// An integer of `range`, where it is there.
    pub(super) fn whole(
        &mut self,
        path: &Path,
        item: &Json,
        name: &str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Option<u64> {
        let value = match item.member(name)? {
            Json::Number(number) => number.as_u64().filter(|value| range.contains(value)),
            _ => None,
        };
        if value.is_none() {
            let message = format!("`{name}` must be an integer from {} to {}.", range.start(), range.end());
            self.wrong(&path.name(name), message);
        }
        value
    }

    /// The name of a header that a key may be sent in, in lower case.
    pub(super) fn header(&mut self, path: &Path, item: &Json, name: &str) -> Option<String> {
        let header = self.string(path, item, name)?.to_ascii_lowercase();
        if let Err(why) = free_header(&header) {
            self.wrong(&path.name(name), format!("`{name}` {why}."));
            return None;
        }
        Some(header)
    }
}

/// Whether `name`, in lower case, is the name of a header (RFC 9110, 5.1) that the gateway does not write itself.
///
/// # Errors
/// The rest of a sentence that begins with what the name is for.
pub(super) fn free_header(name: &str) -> Result<(), String> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(token) {
        return Err("must be the name of a header: letters, digits and hyphens".to_owned());
    }
    if TAKEN.contains(&name) {
        return Err(format!("cannot be `{name}`, which the gateway writes itself: name another header"));
    }
    Ok(())
}
