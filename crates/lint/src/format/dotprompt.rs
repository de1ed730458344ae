//! Dotprompt: front matter with the input's schema, then Handlebars with helpers of its own.

use crate::tree::{Id, Tree, Value};

/// The helpers that are there without a declaration.
pub(crate) const HELPERS: [&str; 12] = [
    "role",
    "history",
    "section",
    "media",
    "json",
    "ifEquals",
    "unlessEquals",
    "lookup",
    "log",
    "state",
    "context",
    "auth",
];

/// The members whose names are declared, by schema and defaults, and whether these are all.
pub(crate) fn declared(front: &Tree) -> (Vec<Id>, bool) {
    let Some(input) = front.find(&["input"]) else { return (Vec::new(), false) };
    let mut members = Vec::new();
    let mut complete = false;
    if let Some(schema) = front.member(input, "schema") {
        let properties = front.member(schema, "properties").filter(|_| front.member(schema, "type").is_some());
        let list = properties.unwrap_or(schema);
        // `schema: Name` is defined elsewhere, `(*)` accepts any.
        complete = matches!(front.node(list).value, Value::Object(_));
        for id in front.children(list) {
            complete &= !name(front, *id).starts_with('(');
            members.push(*id);
        }
    }
    if let Some(defaults) = front.member(input, "default") {
        members.extend(front.children(defaults).iter().copied());
    }
    (members, complete)
}

/// The name that a member of the schema declares: `name?(array, what they are)` is `name`.
pub(crate) fn name(front: &Tree, id: Id) -> &str {
    let key = front.node(id).key.as_ref().map_or("", |key| key.name());
    let end = key.char_indices().find(|(at, c)| *at > 0 && matches!(c, '?' | '(')).map_or(key.len(), |(at, _)| at);
    key.get(..end).unwrap_or_default().trim()
}
