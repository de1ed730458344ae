//! LangChain's prompts as JSON or YAML: `template`, `input_variables`, `template_format`.

use std::collections::BTreeMap;

use crate::document::Part;
use crate::placeholder::Dialect;
use crate::tree::{Id, Tree};

/// Whether the document is one, by two marks.
pub(crate) fn detect(tree: &Tree) -> bool {
    let Some(root) = tree.root() else { return false };
    let marked = tree.member(root, "_type").is_some() || tree.member(root, "lc").is_some();
    let lists = |id: Id| {
        let names = tree.member(id, "input_variables");
        names.is_some_and(|names| tree.children(names).iter().all(|item| tree.text(*item).is_some()))
            && ["template", "messages", "prompt", "examples", "prefix", "suffix"]
                .iter()
                .any(|name| tree.member(id, name).is_some())
    };
    lists(root) || (marked && tree.member(root, "kwargs").is_some_and(lists))
}

/// The dialect that `template_format` names; f-strings where it names none.
pub(crate) fn dialect(tree: &Tree) -> Dialect {
    let named = tree.ids().find_map(|id| {
        let key = tree.node(id).key.as_ref()?;
        (key.name() == "template_format").then(|| tree.text(id))?
    });
    match named.map(|text| text.as_str()) {
        Some("jinja2") => Dialect::Jinja,
        Some("mustache") => Dialect::Mustache,
        _ => Dialect::Format,
    }
}

/// The strings that are prompt text: each `template`.
pub(crate) fn parts(tree: &Tree) -> BTreeMap<Id, Part> {
    let named = |id: &Id| {
        tree.node(*id).key.as_ref().is_some_and(|key| matches!(key.name(), "template" | "prefix" | "suffix"))
            && tree.text(*id).is_some()
    };
    tree.ids().filter(named).map(|id| (id, Part::Content)).collect()
}

/// The names that are declared: each where it is.
pub(crate) fn declared(tree: &Tree) -> Vec<Id> {
    let mut names = Vec::new();
    for id in tree.ids() {
        let key = tree.node(id).key.as_ref().map_or("", |key| key.name());
        if matches!(key, "input_variables" | "optional_variables") {
            names.extend(tree.children(id).iter().copied().filter(|item| tree.text(*item).is_some()));
        }
    }
    names
}

/// The members whose names are declared: values that the document itself gives.
pub(crate) fn given(tree: &Tree) -> Vec<Id> {
    let partial = |id: &Id| tree.node(*id).key.as_ref().is_some_and(|key| key.name() == "partial_variables");
    tree.ids().filter(partial).flat_map(|id| tree.children(id).to_vec()).collect()
}
