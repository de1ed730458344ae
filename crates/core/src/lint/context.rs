//! What a rule may look at: the document, the configuration, and what the engines say of its texts.

use std::cell::{OnceCell, RefCell};

use promptgate_guard::{Entry, Guard, Role};

use super::config::Config;
use super::document::{Document, Prompt};
use super::finding::Draft;
use super::fix::Edit;
use super::tree::{Id, Tree, Value};
use crate::chat::{Counters, Counting};

/// One document under one configuration.
pub struct Context<'a> {
    /// The document.
    pub document: &'a Document<'a>,
    /// The configuration.
    pub config: &'a Config,
    guard: &'a Guard,
    counters: &'a RefCell<Counters>,
    guarded: OnceCell<Vec<(usize, Entry)>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        document: &'a Document<'a>,
        config: &'a Config,
        guard: &'a Guard,
        counters: &'a RefCell<Counters>,
    ) -> Self {
        Context { document, config, guard, counters, guarded: OnceCell::new() }
    }

    /// The texts in the document that are prompt text, in its order.
    pub fn prompts(&self) -> &'a [Prompt] {
        &self.document.prompts
    }

    /// The document's values, where it is JSON.
    pub fn tree(&self) -> Option<&'a Tree> {
        self.document.tree.as_ref()
    }

    /// What the guard engine finds in the texts: personal data, secrets, special tokens, phrases of injection.
    /// Looked for once, however many rules ask. Spans are bytes of the text.
    pub fn guarded(&self) -> impl Iterator<Item = (&'a Prompt, &Entry)> {
        let all = self.guarded.get_or_init(|| {
            let check = |(index, prompt): (usize, &Prompt)| {
                let findings = self.guard.check(prompt.as_str(), Role::User).findings;
                findings.into_iter().map(move |entry| (index, entry)).collect::<Vec<_>>()
            };
            self.prompts().iter().enumerate().flat_map(check).collect()
        });
        all.iter().filter_map(|(index, entry)| Some((self.prompts().get(*index)?, entry)))
    }

    /// How many tokens `text` has for `model`, and by which vocabulary, or `estimate`.
    pub fn count(&self, text: &str, model: Option<&str>) -> (u64, &'static str) {
        self.counters.borrow_mut().count(self.config.counting, model.unwrap_or_default(), text)
    }

    /// The same, by the vocabulary that upstream counts in, unless the configuration wants estimates.
    pub fn count_as(&self, counting: Counting, text: &str) -> (u64, &'static str) {
        let counting = if self.config.counting == Counting::Estimate { Counting::Estimate } else { counting };
        self.counters.borrow_mut().count(counting, "", text)
    }

    /// The model that the document names, or that the configuration names for those that name none.
    pub fn model(&self) -> Option<&'a str> {
        let named = ["modelId", "model_id"].into_iter().find_map(|name| {
            let tree = self.tree()?;
            tree.text(tree.find(&[name])?)
        });
        named.map(|text| text.as_str()).or(self.config.model.as_deref())
    }

    /// The context window of the document's model, in tokens, where the configuration knows it.
    pub fn window(&self) -> Option<u64> {
        self.config.models.get(self.model()?).copied()
    }

    /// The most tokens of an answer that the document asks for, and where it does.
    pub fn max_tokens(&self) -> Option<(Id, f64)> {
        let names: [&[&str]; 3] = [&["maxTokens"], &["max_tokens"], &["configuration", "maxTokens"]];
        let tree = self.tree()?;
        let id = names.into_iter().find_map(|names| tree.find(names))?;
        Some((id, tree.number(id)?))
    }

    /// A finding that is a value.
    pub fn at(&self, id: Id, message: impl Into<String>) -> Draft {
        let Some(tree) = self.tree() else { return Draft::new(Default::default(), 0..0, message) };
        Draft::new(tree.path(id), tree.node(id).span.clone(), message)
    }

    /// A finding that is a member's name.
    pub fn at_key(&self, id: Id, message: impl Into<String>) -> Draft {
        let mut draft = self.at(id, message);
        if let Some(key) = self.tree().and_then(|tree| tree.node(id).key.as_ref()) {
            draft.span = key.span.clone();
        }
        draft
    }

    /// A finding that the object `id` lacks the member `name`: its place is the opening bracket.
    pub fn lacks(&self, id: Id, name: &str, message: impl Into<String>) -> Draft {
        let mut draft = self.at(id, message);
        draft.path.push_name(name);
        draft.span.end = draft.span.end.min(draft.span.start + 1);
        draft
    }

    /// The edit that makes `json` the value `id`.
    pub fn replace(&self, id: Id, json: impl Into<String>) -> Edit {
        Edit { span: self.at(id, "").span, text: json.into() }
    }

    /// The edit that adds the member `name`, whose value is `json`, as the first of the object `id`.
    pub fn insert(&self, id: Id, name: &str, json: &str) -> Edit {
        let at = self.at(id, "").span.start + 1;
        let empty =
            self.tree().is_none_or(|tree| matches!(&tree.node(id).value, Value::Object(members) if members.is_empty()));
        let comma = if empty { "" } else { ", " };
        Edit { span: at..at, text: format!("\"{name}\": {json}{comma}") }
    }
}
