//! What another writer does to a document.

use serde_json::{Map, Value, json};

/// Sets members of `document`: names, or JSON pointers (RFC 6901) where they begin with a slash. Without any
/// the description says that it was changed, `times` before.
pub(crate) fn overlay(document: &mut Value, set: &Map<String, Value>, times: u64) {
    if set.is_empty() {
        put(document, "description", &json!(format!("Changed by another writer ({})", times + 1)));
    }
    for (name, value) in set {
        match name.rsplit_once('/') {
            Some((parent, last)) if name.starts_with('/') => {
                if let Some(parent) = document.pointer_mut(parent) {
                    put(parent, &last.replace("~1", "/").replace("~0", "~"), value);
                }
            }
            _ => put(document, name, value),
        }
    }
}

/// Sets a member of an object, or an item of an array; anything else has neither.
pub(crate) fn put(parent: &mut Value, name: &str, value: &Value) {
    match parent {
        Value::Object(map) => {
            map.insert(name.to_owned(), value.clone());
        }
        Value::Array(items) => match name.parse().ok().and_then(|at: usize| items.get_mut(at)) {
            Some(item) => item.clone_from(value),
            None => items.push(value.clone()),
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_pointers_are_set() {
        let mut document = json!({"a": 1, "m": {"v": "1"}, "l": [1, 2]});
        let set = json!({"a": 2, "b": 3, "/m/v": "2", "/m/w": 1, "/l/1": 5, "/l/-": 6, "/none/x": 1});
        overlay(&mut document, set.as_object().unwrap(), 0);
        assert_eq!(document, json!({"a": 2, "b": 3, "m": {"v": "2", "w": 1}, "l": [1, 5, 6]}));
        overlay(&mut document, &Map::new(), 1);
        assert_eq!(document["description"], "Changed by another writer (2)");
        overlay(&mut json!(1), set.as_object().unwrap(), 0);
    }
}
