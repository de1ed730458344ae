//! The text as a reader or a model would see it, with a way back to the caller's offsets.
//!
//! Scanners read views, never the raw text alone: `і‌gn0re` and `&#105;gnore` are `ignore` in
//! some view. Each view undoes one family of disguises; all views together cost one pass over
//! the text plus what the disguises themselves take, and plain ASCII is borrowed as it is.
//!
//! ```text
//! caller's text ─┬─▶ Raw     as it came (always there, always borrowed)
//!                ├─▶ Plain   compatibility forms, look-alikes, marks, invisibles, tags, entities, escapes
//!                │     ├─▶ Spaced   "i g n o r e" and "i.g.n.o.r.e" closed up
//!                │     ├─▶ Leet     "1gn0r3" spelt out
//!                │     ├─▶ Base64   what encoded runs, lines and numbers say, nested ones too
//!                │     ├─▶ Quoted   quoted-printable read out
//!                │     ├─▶ Apart    "IgnoreAllRules" and "ignoreallrules" with blanks
//!                │     └─▶ Mistyped "ignroe all prevous rules" as they should be
//!                └─▶ Bidi    what stands inside right-to-left overrides, as displayed
//! ```
//!
//! A view that would not differ from `Plain` is left out.

mod apart;
pub(crate) mod base64;
pub(crate) mod bidi;
mod digits;
mod escape;
mod fold;
mod fold_table;
pub mod hidden;
mod leet;
mod map;
mod mistyped;
mod quoted;
mod reference;
mod spaced;
mod wrapped;

use fold::fold;
pub(crate) use fold::{Folding, Tag};
pub(crate) use map::Map;
use std::borrow::Cow;
use std::ops::Range;

/// Which disguise a view has undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum ViewKind {
    /// The caller's own text.
    Raw,
    /// Compatibility forms, look-alike letters, digits of other scripts, combining marks,
    /// invisible characters, tag characters and HTML entities undone.
    Plain,
    /// The contents of right-to-left overrides in the order they are displayed.
    Bidi,
    /// Single letters with separators between them closed up to words.
    Spaced,
    /// Digits and signs standing for letters replaced by the letters.
    Leet,
    /// Decoded runs of Base64, Base32, hexadecimal and binary digits, one per line.
    Base64,
    /// Quoted-printable decoded.
    Quoted,
    /// Sentences without blanks, one per line, with blanks.
    Apart,
    /// Words that attacks are made of, without their typing mistakes.
    Mistyped,
}

impl ViewKind {
    /// The name used in reports, lower case.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// One reading of the caller's text.
#[derive(Debug, Clone)]
pub struct View<'a> {
    kind: ViewKind,
    text: Cow<'a, str>,
    map: Map,
}

impl<'a> View<'a> {
    /// Which disguise was undone.
    pub fn kind(&self) -> ViewKind {
        self.kind
    }

    /// What the text says in this view. Case is left as it was.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The caller's byte range behind the byte range `at` of this view's text: the smallest
    /// that covers every character involved, always on the caller's character borders when
    /// `at` lies on this view's.
    pub fn span(&self, at: Range<usize>) -> Range<usize> {
        self.map.span(at)
    }

    pub(crate) fn map(&self) -> &Map {
        &self.map
    }

    pub(crate) fn new(kind: ViewKind, text: Cow<'a, str>, map: Map) -> Self {
        Self { kind, text, map }
    }
}

/// Every view that differs from the others.
#[derive(Debug, Clone)]
pub struct Views<'a> {
    raw: View<'a>,
    others: Vec<View<'a>>,
}

impl<'a> Views<'a> {
    /// All views of `text`, which scanners for injection want.
    pub fn new(text: &'a str) -> Self {
        let mut views = Self::values(text);
        views.disguises();
        views
    }

    /// `Raw`, `Plain` and `Bidi` only: what scanners for values (cards, keys) want.
    pub fn values(text: &'a str) -> Self {
        Self::of(Cow::Borrowed(text))
    }

    /// The same of a text that may be given away.
    pub(crate) fn of(text: Cow<'a, str>) -> Self {
        let mut others = Vec::new();
        if let Some((plain, map)) = fold(&text) {
            others.push(View::new(ViewKind::Plain, Cow::Owned(plain), map));
        }
        if !others.is_empty() {
            others.extend(bidi::view(&text));
        }
        Self { raw: View::new(ViewKind::Raw, text, Map::identity()), others }
    }

    /// Adds what scanners for injection want.
    pub(crate) fn disguises(&mut self) {
        let plain = self.plain();
        let extra = [
            spaced::view(plain.text(), &plain.map),
            leet::view(plain.text(), &plain.map),
            base64::view(plain.text(), &plain.map),
            quoted::view(plain.text(), &plain.map),
            apart::view(plain.text(), &plain.map),
            mistyped::view(plain.text(), &plain.map),
        ];
        self.others.extend(extra.into_iter().flatten());
    }

    /// The views: `Raw`, then `Plain`, `Bidi`, `Spaced`, `Leet`, `Base64`, `Quoted`, `Apart`, `Mistyped`, each where it differs.
    pub fn iter(&self) -> impl Iterator<Item = &View<'a>> {
        std::iter::once(&self.raw).chain(&self.others)
    }

    /// The caller's text.
    pub fn raw(&self) -> &View<'a> {
        &self.raw
    }

    /// The view with the character disguises undone: `Plain` where it differs, else `Raw`.
    pub fn plain(&self) -> &View<'a> {
        self.get(ViewKind::Plain).unwrap_or(&self.raw)
    }

    /// The view of that kind, if it differs from the others.
    pub fn get(&self, kind: ViewKind) -> Option<&View<'a>> {
        self.iter().find(|view| view.kind == kind)
    }
}
