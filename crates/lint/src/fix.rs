//! Mending a document: fixes applied until nothing more is found that one of them fixes.

use std::collections::BTreeMap;
use std::ops::Range;

use super::document::Source;
use super::report::{Linter, Report};

/// So often is a document fixed and linted again; what is left then, stays.
const MAX_ROUNDS: usize = 10;
/// So often is a document linted while it is fixed.
const MAX_LINTS: usize = 64;

/// What would fix a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in a few words: "Remove the character".
    pub title: &'static str,
    /// It changes nothing that was meant. Else a person should look at it.
    pub safe: bool,
    /// The edits, in the document's order; they do not overlap.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// A fix of one edit that changes nothing that was meant.
    pub fn safe(title: &'static str, edit: Edit) -> Self {
        Fix { title, safe: true, edits: vec![edit] }
    }

    /// A fix of one edit that a person should look at.
    pub fn suggested(title: &'static str, edit: Edit) -> Self {
        Fix { title, safe: false, edits: vec![edit] }
    }
}

/// A stretch of the document, and what replaces it.
#[derive(Clone, PartialEq, Eq)]
pub struct Edit {
    /// Bytes of the document.
    pub span: Range<usize>,
    /// What replaces it.
    pub text: String,
}

/// The place only: the text may be the prompt's.
impl std::fmt::Debug for Edit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} by {} bytes", self.span, self.text.len())
    }
}

/// A fixed document.
#[derive(Clone)]
pub struct Fixed {
    /// Its text now.
    pub text: String,
    /// Code and title of each fix that was applied, in order.
    pub applied: Vec<(&'static str, &'static str)>,
    /// What is still found.
    pub report: Report,
}

impl Linter {
    /// Applies the fixes of what is found in `source`, only the safe ones if `safe_only`, first come first
    /// served where they overlap, until none is left. A fix after which the document is no JSON any more, or
    /// has a finding that it did not have, is not applied.
    pub fn fix(&self, source: &Source<'_>, safe_only: bool) -> Fixed {
        let mut report = self.lint(source);
        let mut text = source.text.to_owned();
        let mut applied = Vec::new();
        let mut lints = MAX_LINTS;
        for _ in 0..MAX_ROUNDS {
            let round = Round { linter: self, source, text: &text, report: &report };
            let fixes = report.findings.iter().filter_map(|finding| Some((finding.code, finding.fix.as_ref()?)));
            let fixes: Vec<_> = fixes.filter(|(_, fix)| fix.safe || !safe_only).collect();
            let mut chosen = Vec::new();
            let mended = round.choose(&fixes, &mut chosen, &mut lints);
            let Some((next, after)) = mended else { break };
            applied.extend(chosen.iter().map(|(code, fix)| (*code, fix.title)));
            (text, report) = (next, after);
        }
        Fixed { text, applied, report }
    }
}

type Candidate<'a> = (&'static str, &'a Fix);

/// One pass over the findings of `text`.
struct Round<'a> {
    linter: &'a Linter,
    source: &'a Source<'a>,
    text: &'a str,
    report: &'a Report,
}

impl<'a> Round<'a> {
    /// Adds to `chosen` all of `fixes` that do no harm, halving them where together they do. Gives the text
    /// with all that is chosen applied, if anything was added.
    fn choose(
        &self,
        fixes: &[Candidate<'a>],
        chosen: &mut Vec<Candidate<'a>>,
        lints: &mut usize,
    ) -> Option<(String, Report)> {
        if fixes.is_empty() || *lints == 0 {
            return None;
        }
        *lints -= 1;
        let together: Vec<_> = apart(chosen.iter().chain(fixes).copied());
        if together.len() == chosen.len() {
            return None;
        }
        let edits = together.iter().flat_map(|(_, fix)| &fix.edits);
        if let Some(next) = apply(self.text, edits)
            && let after = self.linter.lint(&Source { text: &next, ..*self.source })
            && next != self.text
            && self.harmless(&after)
        {
            *chosen = together;
            return Some((next, after));
        }
        if fixes.len() == 1 {
            return None;
        }
        let (first, second) = fixes.split_at(fixes.len() / 2);
        let first = self.choose(first, chosen, lints);
        self.choose(second, chosen, lints).or(first)
    }

    fn harmless(&self, after: &Report) -> bool {
        let (before, after) = (by_code(self.report), by_code(after));
        after.iter().all(|(code, count)| before.get(code).is_some_and(|before| before >= count))
    }
}

fn by_code(report: &Report) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for finding in &report.findings {
        *counts.entry(finding.code).or_default() += 1;
    }
    counts
}

/// Those of `fixes` that touch nothing an earlier one touches.
fn apart<'a>(fixes: impl Iterator<Item = Candidate<'a>>) -> Vec<Candidate<'a>> {
    // By start: what is taken never overlaps, so a neighbour on each side is all there is to compare.
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    let mut kept = Vec::new();
    for (code, fix) in fixes {
        let free = |span: &Range<usize>| {
            let before = taken.range(..=span.start).next_back();
            let after = taken.range(span.start..).next();
            let touched = before.is_some_and(|(start, end)| *end > span.start || *start == span.start);
            !touched && after.is_none_or(|(start, _)| *start >= span.end)
        };
        if fix.edits.iter().all(|edit| free(&edit.span)) {
            taken.extend(fix.edits.iter().map(|edit| (edit.span.start, edit.span.end)));
            kept.push((code, fix));
        }
    }
    kept
}

/// `text` with `edits` applied, which do not overlap; `None` where one of them is not of this text.
pub fn apply<'a>(text: &str, edits: impl IntoIterator<Item = &'a Edit>) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.into_iter().collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut next = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        next.push_str(text.get(at..edit.span.start)?);
        next.push_str(&edit.text);
        at = edit.span.end;
    }
    next.push_str(text.get(at..)?);
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(span: Range<usize>, text: &str) -> Edit {
        Edit { span, text: text.to_owned() }
    }

    #[test]
    fn edits_are_applied_in_order_and_never_out_of_place() {
        assert_eq!(apply("abc", &[edit(2..3, "z"), edit(0..1, ""), edit(1..1, "-")]).as_deref(), Some("-bz"));
        assert_eq!(apply("abc", &[edit(0..2, ""), edit(1..3, "")]), None, "they overlap");
        assert_eq!(apply("é", &[edit(1..2, "")]), None);
        assert_eq!(apply("a", &[edit(1..9, "")]), None);
    }

    #[test]
    fn the_first_of_two_that_overlap_wins() {
        let fixes: Vec<Fix> =
            [0..4, 3..5, 4..6, 4..4, 6..6, 6..7].map(|span| Fix::safe("x", edit(span, ""))).into_iter().collect();
        let kept = apart(fixes.iter().map(|fix| ("X", fix)));
        let spans: Vec<_> = kept.iter().map(|(_, fix)| fix.edits[0].span.clone()).collect();
        assert_eq!(spans, [0..4, 4..6, 6..6]);
    }

    #[test]
    fn a_document_is_mended_until_nothing_is_left() {
        let linter = Linter::default();
        let source = Source::text("a\u{202E}b\u{E0041}c\u{200B}d");
        let fixed = linter.fix(&source, true);
        assert_eq!(fixed.text, "abcd");
        assert_eq!(fixed.applied.iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["U001", "U002", "U003"]);
        assert!(fixed.report.findings.is_empty());
        assert_eq!(linter.fix(&Source::text(&fixed.text), true).applied, []);
    }

    #[test]
    fn only_safe_fixes_unless_asked() {
        let linter = Linter::default();
        let source = Source::text("Say hello. <|im_start|>");
        assert_eq!(linter.fix(&source, true).text, source.text);
        assert_eq!(linter.fix(&source, false).text, "Say hello. ");
    }

    #[test]
    fn fixes_inside_json_keep_it_json() {
        let text = r#"{"system_instruction":"a\u202eb","user_template":"c\u200bd"}"#;
        let fixed = Linter::default().fix(&Source { text, file: Some("a.json"), kind: None }, true);
        assert_eq!(fixed.text, r#"{"system_instruction":"ab","user_template":"cd"}"#);
    }
}
