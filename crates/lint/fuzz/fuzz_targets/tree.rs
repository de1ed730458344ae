//! The linter's reader of JSON: it accepts a text as JSON exactly where the gateway's does, every place is one
//! of the text, and strings lead back to where they are.
#![no_main]
use libfuzzer_sys::fuzz_target;
use promptgate_base::json;
use promptgate_lint::{Tree, Value, measure};

fuzz_target!(|text: &str| {
    let mut tree = Tree::default();
    let steps = measure(|| tree = Tree::read(text));
    assert!(steps <= 8 * text.len() as u64 + 64, "{steps} steps for {} bytes", text.len());

    let clean = tree.complete && tree.errors.is_empty() && tree.duplicates.is_empty();
    assert_eq!(clean, json::parse(text.as_bytes()).is_ok());
    let mut last = 0;
    for error in &tree.errors {
        assert!(text.get(error.span.clone()).is_some() && error.span.start >= last);
        last = error.span.start;
    }
    for id in tree.ids() {
        let node = tree.node(id);
        let written = text.get(node.span.clone()).expect("a value stands in the text");
        if let Some(parent) = node.parent {
            let around = &tree.node(parent).span;
            assert!(around.start < node.span.start && node.span.end <= around.end);
            assert!(tree.children(parent).contains(&id));
        }
        if let Some(key) = &node.key {
            assert!(text.get(key.span.clone()).is_some_and(|key| key.starts_with('"')));
        }
        assert!(text.get(tree.removal(id)).is_some());
        if let Value::String(string) = &node.value {
            let decoded = string.as_str();
            let mut end = node.span.start + 1;
            for (at, char) in decoded.char_indices() {
                let source = string.source(at..at + char.len_utf8());
                assert!(source.start == end && text.get(source.clone()).is_some_and(|source| !source.is_empty()));
                end = source.end;
            }
            if clean {
                assert_eq!(serde_json::from_str::<String>(written).ok().as_deref(), Some(decoded));
            }
        }
    }
});
