//! promptfoo's configuration: prompts in Nunjucks, and tests that give their variables.

use std::collections::BTreeMap;

use crate::document::Part;
use crate::tree::{Id, Tree, Value};

/// Whether the document is one, by two marks.
pub(crate) fn detect(tree: &Tree) -> bool {
    let Some(root) = tree.root() else { return false };
    let has = |name: &str| tree.member(root, name).is_some();
    has("prompts") && ["tests", "providers", "defaultTest", "scenarios", "targets"].iter().any(|name| has(name))
}

/// The strings that are prompt text, and the values of variables.
pub(crate) fn parts(tree: &Tree) -> BTreeMap<Id, Part> {
    let mut parts = BTreeMap::new();
    let prompts = tree.find(&["prompts"]);
    let list = prompts.map_or(&[][..], |id| tree.children(id)).iter().copied().chain(prompts);
    for id in list {
        let id = tree.member(id, "raw").unwrap_or(id);
        if tree.text(id).is_some_and(|text| !is_file(text.as_str())) {
            parts.insert(id, Part::Content);
        }
    }
    for vars in vars(tree) {
        for id in tree.children(vars).iter().filter(|id| tree.text(**id).is_some()) {
            parts.insert(*id, Part::Value);
        }
    }
    parts
}

/// Whether a prompt is in another file.
fn is_file(text: &str) -> bool {
    let name = text.trim();
    let endings = [".txt", ".json", ".jsonl", ".md", ".py", ".js", ".mjs", ".ts", ".yaml", ".yml", ".j2", ".csv"];
    name.starts_with("file://")
        || (!name.contains(char::is_whitespace)
            && (endings.iter().any(|ending| name.contains(ending)) || name.contains("*")))
}

/// Every `vars` of the tests.
fn vars(tree: &Tree) -> Vec<Id> {
    let tests = tree.find(&["tests"]).map_or(&[][..], |id| tree.children(id));
    let tests = tests.iter().copied().chain(tree.find(&["defaultTest"]));
    tests.filter_map(|id| tree.member(id, "vars")).collect()
}

/// The members whose names are declared.
pub(crate) fn declared(tree: &Tree) -> Vec<Id> {
    vars(tree).into_iter().flat_map(|vars| tree.children(vars).to_vec()).collect()
}

/// Whether the tests give all variables: none of them is in another file.
pub(crate) fn is_complete(tree: &Tree) -> bool {
    let Some(tests) = tree.find(&["tests"]) else { return false };
    let Value::Array(items) = &tree.node(tests).value else { return false };
    let given = |id: Id| match tree.member(id, "vars") {
        Some(vars) => matches!(tree.node(vars).value, Value::Object(_)),
        None => matches!(tree.node(id).value, Value::Object(_)),
    };
    let default = tree.find(&["defaultTest"]);
    tree.find(&["scenarios"]).is_none()
        && !items.is_empty()
        && items.iter().all(|id| given(*id))
        && default.is_none_or(given)
        && tree.find(&["nunjucksFilters"]).is_none()
}
