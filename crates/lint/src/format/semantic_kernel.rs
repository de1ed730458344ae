//! Semantic Kernel's functions as YAML or JSON: `template`, `template_format`, `input_variables` with names.

use std::collections::BTreeMap;

use crate::document::Part;
use crate::placeholder::Dialect;
use crate::tree::{Id, Tree};

/// Whether the document is one, by two marks.
pub(crate) fn detect(tree: &Tree) -> bool {
    let Some(root) = tree.root() else { return false };
    let has = |name: &str| tree.member(root, name).is_some();
    let marks = ["template_format", "execution_settings", "input_variables", "output_variable"];
    has("template")
        && marks.iter().filter(|name| has(name)).count() > 0
        && (has("execution_settings") || !named(tree).is_empty())
}

/// The dialect that `template_format` names; `None` where it is one that is not known here.
pub(crate) fn dialect(tree: &Tree) -> Option<Dialect> {
    match tree.find(&["template_format"]).and_then(|id| tree.text(id)).map(|text| text.as_str()) {
        None | Some("semantic-kernel") => Some(Dialect::SemanticKernel),
        Some("handlebars") => Some(Dialect::Mustache),
        Some("jinja2") => Some(Dialect::Jinja),
        Some("liquid") => Some(Dialect::Liquid),
        Some(_) => None,
    }
}

/// The strings that are prompt text.
pub(crate) fn parts(tree: &Tree) -> BTreeMap<Id, Part> {
    let mut parts = BTreeMap::new();
    for (name, part) in [("template", Part::Content), ("description", Part::Description)] {
        if let Some(id) = tree.find(&[name]).filter(|id| tree.text(*id).is_some()) {
            parts.insert(id, part);
        }
    }
    parts
}

/// The values of `input_variables` that are names.
pub(crate) fn named(tree: &Tree) -> Vec<Id> {
    let list = tree.find(&["input_variables"]).map_or(&[][..], |id| tree.children(id));
    list.iter().filter_map(|item| tree.member(*item, "name")).collect()
}
