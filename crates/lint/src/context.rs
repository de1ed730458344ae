//! What a rule may look at: the document, the configuration, and what the engines report about its texts.

use std::cell::{OnceCell, RefCell};

use promptgate_guard::{Entry, Guard, Role};

use super::config::Config;
use super::delimiter::{Apart, apart};
use super::document::{Document, Kind, Prompt};
use super::finding::{Draft, Severity};
use super::fix::Edit;
use super::format::dotprompt::HELPERS;
use super::format::{DetectedFormat, Format};
use super::placeholders::Placeholders;
use super::position::{Positions, Unit};
use super::tree::{Id, Tree};
use super::variables::Variables;
use super::work;
use crate::placeholder::{Content, Dialect, Expression, Malformation, Malformed, Placeholder, Scan};
use promptgate_tokens::{Counters, Counting};

/// One document under one configuration.
pub struct Context<'a> {
    /// The document.
    pub document: &'a Document<'a>,
    /// The configuration.
    pub config: &'a Config,
    guard: &'a Guard,
    counters: &'a RefCell<Counters>,
    guarded: OnceCell<Vec<(usize, Entry)>>,
    placeholders: OnceCell<Placeholders>,
    apart: OnceCell<Vec<Vec<Apart>>>,
    variables: OnceCell<Variables<'a>>,
    positions: OnceCell<Positions<'a>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        document: &'a Document<'a>,
        config: &'a Config,
        guard: &'a Guard,
        counters: &'a RefCell<Counters>,
    ) -> Self {
        Context {
            document,
            config,
            guard,
            counters,
            guarded: OnceCell::new(),
            placeholders: OnceCell::new(),
            apart: OnceCell::new(),
            variables: OnceCell::new(),
            positions: OnceCell::new(),
        }
    }

    /// The texts in the document that are prompt text, in its order.
    pub fn prompts(&self) -> &'a [Prompt] {
        &self.document.prompts
    }

    /// The document's lines.
    pub fn positions(&self) -> &Positions<'a> {
        self.positions.get_or_init(|| Positions::new(self.document.source(), Unit::Bytes))
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
                // The engine's own tests bound what it does with each byte.
                work::count(prompt.as_str().len());
                let findings = self.guard.check(prompt.as_str(), Role::User).findings;
                findings.into_iter().map(move |entry| (index, entry)).collect::<Vec<_>>()
            };
            self.prompts().iter().enumerate().flat_map(check).collect()
        });
        all.iter().filter_map(|(index, entry)| Some((self.prompts().get(*index)?, entry)))
    }

    pub(super) fn is_guarded(&self) -> bool {
        self.guarded.get().is_some()
    }

    /// What the guard engine has found, each with the number of its text.
    pub(super) fn set_guarded(&self, found: Vec<(usize, Entry)>) {
        // Whoever was first has said the same.
        let _ = self.guarded.set(found);
    }

    /// The engine that looks for it.
    pub(super) fn guard(&self) -> &'a Guard {
        self.guard
    }

    /// The dialect of the document's placeholders: the configuration's, the document's own, its kind's, or the one
    /// that most of them are in. `None` where there are none.
    pub fn dialect(&self) -> Option<Dialect> {
        self.placeholders().dialect
    }

    /// Whether the dialect is stated by the configuration, the document, its kind or its file's ending: a guess may be
    /// wrong, and what it makes of a text too.
    pub fn is_dialect_stated(&self) -> bool {
        self.placeholders().stated
    }

    /// A draft about a placeholder's form: milder where its dialect is a guess that single braces made. In a cached
    /// template every `${…}` is one (requirements, A2).
    pub(super) fn unsure(&self, scan: &Scan, draft: Draft) -> Draft {
        let braces = matches!(scan.dialect, Dialect::Format | Dialect::JavaScript);
        let cached = self.document.kind == Kind::CachedTemplate && scan.dialect == Dialect::JavaScript;
        if braces && !cached && !self.is_dialect_stated() { draft.severity(Severity::Warning) } else { draft }
    }

    /// What the document is written in, and why: by its placeholders where nothing else says so.
    pub fn taken(&self) -> DetectedFormat {
        let taken = self.document.taken;
        match (taken.format, self.dialect()) {
            (Format::Plain, Some(dialect)) if self.config.dialect.is_some() => {
                DetectedFormat { format: Format::of(dialect), reason: "the configuration" }
            }
            (Format::Plain, Some(dialect)) => {
                DetectedFormat { format: Format::of(dialect), reason: "its placeholders" }
            }
            _ => taken,
        }
    }

    /// The placeholders of each text that has some to be filled in. In cached templates `${…}` is looked at beside
    /// another dialect.
    pub fn scans(&self) -> impl Iterator<Item = (&'a Prompt, &Scan)> {
        self.placeholders().scans.iter().filter_map(|(index, scan)| Some((self.prompts().get(*index)?, scan)))
    }

    /// What each text holds in other dialects than its own.
    pub fn other_scans(&self) -> impl Iterator<Item = (&'a Prompt, &Scan)> {
        self.placeholders().others.iter().filter_map(|(index, scan)| Some((self.prompts().get(*index)?, scan)))
    }

    /// The variables that the document declares.
    pub fn variables(&self) -> &Variables<'a> {
        self.variables.get_or_init(|| Variables::read(self.document, self.config))
    }

    /// The placeholders that are malformed in this way.
    pub fn malformed(&self, kind: Malformation) -> impl Iterator<Item = (&'a Prompt, &Scan, &Malformed)> {
        let all = self.scans().flat_map(|(prompt, scan)| scan.malformed.iter().map(move |bad| (prompt, scan, bad)));
        all.filter(move |(.., bad)| bad.kind == kind)
    }

    /// The expressions of all placeholders, sections included.
    pub fn expressions(&self) -> impl Iterator<Item = (&'a Prompt, &Scan, &Expression)> {
        self.scans().flat_map(|(prompt, scan)| scan.expressions().map(move |expression| (prompt, scan, expression)))
    }

    /// The placeholders that are filled in with what the organisation has not written, and what surrounds each.
    /// Where the document cannot say whom it trusts, all are.
    pub(super) fn untrusted(&self) -> impl Iterator<Item = (&'a Prompt, &Placeholder, &Apart)> {
        let apart = self.apart.get_or_init(|| {
            let around = |(prompt, scan): (&Prompt, &Scan)| {
                let secret = |mark: &Placeholder| !self.variables().say_trust() || self.trusts(mark, scan.dialect);
                apart(prompt.as_str(), scan, secret)
            };
            self.scans().map(around).collect()
        });
        let all = self.scans().zip(apart).flat_map(|((prompt, scan), apart)| {
            scan.placeholders.iter().zip(apart).map(move |(placeholder, apart)| (prompt, scan, placeholder, apart))
        });
        // What a helper of dotprompt's own gives is the template's.
        let fills = |placeholder: &Placeholder| match &placeholder.content {
            Content::Value { expression, .. } => {
                let called = expression.calls.iter().filter_map(|call| call.callee.as_ref()?.first());
                self.document.kind != Kind::Dotprompt || !called.clone().any(|name| HELPERS.contains(&name.as_str()))
            }
            _ => false,
        };
        let values = all.filter(move |(_, _, placeholder, _)| fills(placeholder));
        values
            .filter(|(_, scan, placeholder, _)| !self.trusts(placeholder, scan.dialect))
            .map(|(prompt, _, placeholder, apart)| (prompt, placeholder, apart))
    }

    fn trusts(&self, placeholder: &Placeholder, dialect: Dialect) -> bool {
        let expression = placeholder.content.expression();
        let mut names = expression.into_iter().flat_map(|expression| &expression.names).peekable();
        match names.peek() {
            Some(_) => names.all(|name| self.variables().trusts(&name.name)),
            // `{{this}}` is whatever the section goes through; `${1 + 1}` is itself.
            None => dialect != Dialect::Mustache,
        }
    }

    fn placeholders(&self) -> &Placeholders {
        self.placeholders.get_or_init(|| Placeholders::read(self.document, self.config))
    }

    /// How many tokens `text` has for `model`, and by which vocabulary, or `estimate`.
    pub fn count(&self, text: &str, model: Option<&str>) -> (u64, &'static str) {
        work::count(text.len());
        self.counters.borrow_mut().count(self.config.counting, model.unwrap_or_default(), text)
    }

    /// The same, by the vocabulary that upstream counts in, unless the configuration wants estimates.
    pub fn count_as(&self, counting: Counting, text: &str) -> (u64, &'static str) {
        let counting = if self.config.counting == Counting::Estimate { Counting::Estimate } else { counting };
        work::count(text.len());
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
        self.prepend(id, &format!("\"{name}\": {json}"))
    }

    /// The edit that puts `json` before the first element or member of `id`.
    pub fn prepend(&self, id: Id, json: &str) -> Edit {
        self.document.prepend(id, json)
    }
}
