//! The linter: a document in, a report out; and the report as JSON, which is the same in every place the
//! linter runs in, byte for byte.

use std::cell::RefCell;
use std::collections::BTreeSet;

use promptgate_guard::{Action, Guard, Kind as Value, Policy};
use serde::Serialize;

use super::config::Config;
use super::context::Context;
use super::document::{Document, Kind, Source};
use super::finding::{Draft, Finding, Severity};
use super::format::{DetectedFormat, Format};
use super::ignore;
use super::linting::Linting;
use super::placeholder::Dialect;
use super::position::{Position, Positions, Unit};
use super::rule::Rule;
use super::rules::{RULES, d004_too_large, l001_unused_ignore, l002_bad_ignore};
use super::work;
use crate::fault::legible;
use crate::json::MAX_BODY;
use crate::sensitive::Sensitive;
use promptgate_tokens::Counters;

/// Most findings of a report; the rest is counted.
pub const MAX_FINDINGS: usize = 500;

/// The linter under one configuration. Keep it: what it has counted makes it faster.
pub struct Linter {
    config: Config,
    guard: Guard,
    counters: RefCell<Counters>,
}

impl Default for Linter {
    fn default() -> Self {
        Linter::new(Config::default())
    }
}

impl Linter {
    /// A linter under `config`. It estimates counts of tokens until its [counters](Self::counters) have vocabularies.
    pub fn new(config: Config) -> Self {
        let guard = Guard::new(&policy(&config));
        Linter { config, guard, counters: RefCell::default() }
    }

    /// The same linter with other token counters, such as those for the vocabularies of the program.
    #[must_use]
    pub fn with_counters(mut self, counters: Counters) -> Self {
        self.counters = RefCell::new(counters);
        self
    }

    /// Its configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Its token counters: where vocabularies are loaded that are no part of the program.
    pub fn counters(&self) -> &RefCell<Counters> {
        &self.counters
    }

    /// Looks at `source` by every rule that is on. The work grows with the text and no faster; of a text of more
    /// than 1 MiB only that is said.
    pub fn lint(&self, source: &Source<'_>) -> Report {
        let kind = source.kind.or(self.config.kind);
        if source.text.len() > MAX_BODY {
            let mut found = Found::new(&self.config);
            found.add(&d004_too_large::RULE, vec![d004_too_large::draft(source.text, MAX_BODY)]);
            return found.report(source.text, kind.unwrap_or(Kind::Text));
        }
        Linting::new(self, &Document::read(&Source { kind, ..*source })).end()
    }

    /// The same in steps, of a document of at most 1 MiB.
    pub fn begin<'a>(&'a self, document: &'a Document<'a>) -> Linting<'a> {
        Linting::new(self, document)
    }

    /// `document` under this linter.
    pub(super) fn context<'a>(&'a self, document: &'a Document<'a>) -> Context<'a> {
        Context::new(document, &self.config, &self.guard, &self.counters)
    }
}

impl Linter {
    /// What `document` is written in, and the dialect of its placeholders.
    pub(super) fn taken(&self, document: &Document<'_>) -> (Format, Option<Dialect>) {
        let context = self.context(document);
        (context.taken().format, context.dialect())
    }
}

/// Takes names that are secret or personal out of paths and messages, which quote the names of members and variables.
pub(super) fn withhold(report: &mut Report, context: &Context<'_>) {
    let mut found = context.guarded().filter(|(_, entry)| entry.kind != Value::Injection).peekable();
    if found.peek().is_none() {
        return;
    }
    let mut quoted = BTreeSet::new();
    for text in report.findings.iter().flat_map(|finding| [&finding.path, &finding.message]) {
        names(text, |name| {
            quoted.insert(name.to_owned());
            None
        });
    }
    // The guard is asked about each of a report's few names, not each of a text's many secrets: it has been already.
    // A name that it has put a tag in has nothing secret left.
    let mut secret = BTreeSet::new();
    for (prompt, entry) in found {
        work::count(1);
        let part = prompt.as_str().get(entry.span.clone()).unwrap_or_default();
        secret.extend([prompt.as_str(), part].map(legible).into_iter().filter(|name| quoted.contains(name)));
    }
    if secret.is_empty() {
        return;
    }
    for finding in &mut report.findings {
        for text in [&mut finding.path, &mut finding.message] {
            *text = names(text, |name| secret.contains(name).then_some("…"));
        }
    }
}

/// `text` with its names, written as `.name`, `['name']` and `` `name` ``, as `rename` has them, where it says so.
fn names(text: &str, mut rename: impl FnMut(&str) -> Option<&'static str>) -> String {
    work::count(text.len());
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['.', '[', '`']) {
        let (before, after) = rest.split_at(at);
        left.push_str(before);
        let open = if after.starts_with("['") { 2 } else { 1 };
        let (opening, name) = after.split_at(open);
        let end = match opening {
            "['" => name.find("']"),
            "`" => name.find('`'),
            _ => name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_'),
        };
        let (name, behind) = name.split_at(end.unwrap_or(name.len()));
        left.push_str(opening);
        left.push_str(rename(name).unwrap_or(name));
        // The sign behind a name may begin the next one; a closing one does not.
        let closing = usize::from(opening == "`" && !behind.is_empty());
        left.push_str(behind.get(..closing).unwrap_or_default());
        rest = behind.get(closing..).unwrap_or_default();
    }
    left.push_str(rest);
    left
}

/// What the guard looks for in prompts: everything, by its rules. Its classifier is for messages, not for texts
/// that are made of instructions.
fn policy(config: &Config) -> Policy {
    let mut policy = Policy::all(Action::Flag);
    policy.disabled.insert("J100".to_owned());
    // As the gateway's (`crate::guard::input_policy`): these numbers count on their label's word alone.
    policy.thresholds.insert(Value::Card, 0.4);
    policy.thresholds.insert(Value::Ssn, 0.4);
    policy.allow = config.allow.values.clone();
    policy
}

/// What the rules have found so far.
pub(super) struct Found<'a> {
    config: &'a Config,
    findings: Vec<Finding>,
}

impl<'a> Found<'a> {
    pub(super) fn new(config: &'a Config) -> Self {
        Found { config, findings: Vec::new() }
    }

    pub(super) fn add(&mut self, rule: &'static Rule, drafts: Vec<Draft>) {
        work::count(drafts.len());
        for draft in drafts {
            let own = draft.severity.unwrap_or(rule.severity);
            let Some(severity) = self.config.severity(rule.code, own) else { return };
            self.findings.push(Finding {
                code: rule.code,
                name: rule.name,
                severity,
                path: draft.path.to_string(),
                span: draft.span,
                message: draft.message,
                fix: draft.fix,
            });
        }
    }

    pub(super) fn ignore(&mut self, context: &Context<'_>) {
        let (ignores, bad) = ignore::read(context.document, context.dialect());
        let mut ignored = ignore::Ignored::new(&ignores);
        self.findings.retain(|finding| !ignored.takes(finding.code, &finding.span));
        // Whether an ignore of a rule that is off would be of use, nobody knows.
        let on = |code| self.config.severity(code, Severity::Info).is_some();
        let unused: Vec<_> = ignores
            .iter()
            .zip(&ignored.used)
            .filter(|(ignore, used)| !**used && on(ignore.code))
            .map(|(ignore, _)| ignore.unused())
            .collect();
        self.add(&l001_unused_ignore::RULE, unused);
        self.add(&l002_bad_ignore::RULE, bad);
    }

    pub(super) fn report(self, text: &str, kind: Kind) -> Report {
        let mut findings = self.findings;
        findings.sort_by(|a, b| {
            (a.span.start, a.code, a.span.end, &a.message).cmp(&(b.span.start, b.code, b.span.end, &b.message))
        });
        findings.dedup_by(|a, b| a.code == b.code && a.span == b.span && a.message == b.message);
        let mut summary = Summary::default();
        for finding in &findings {
            match finding.severity {
                Severity::Error => summary.errors += 1,
                Severity::Warning => summary.warnings += 1,
                Severity::Info => summary.infos += 1,
            }
            summary.fixable += usize::from(finding.fix.as_ref().is_some_and(|fix| fix.safe));
        }
        summary.omitted = findings.len().saturating_sub(MAX_FINDINGS);
        findings.truncate(MAX_FINDINGS);
        Report {
            kind,
            taken: DetectedFormat { format: Format::Plain, reason: "it is too large" },
            findings,
            summary,
            text: Sensitive::new(text),
        }
    }
}

/// What was found in one document.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What the document was taken for.
    pub kind: Kind,
    /// What it is written in, and why it was taken for that.
    pub taken: DetectedFormat,
    /// The findings by place; at the same place by code. At most [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// How many there are.
    pub summary: Summary,
    text: Sensitive,
}

/// How many findings there are, those included that are not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Of severity error.
    pub errors: usize,
    /// Of severity warning.
    pub warnings: usize,
    /// Of severity info.
    pub infos: usize,
    /// With a safe fix.
    pub fixable: usize,
    /// Not listed, because there are too many.
    pub omitted: usize,
}

impl Report {
    /// The findings for which the gateway refuses the document: errors of rules against harm.
    pub fn refused(&self) -> impl Iterator<Item = &Finding> {
        let harmful = |code: &str| RULES.iter().any(|rule| rule.code == code && rule.harmful);
        self.findings.iter().filter(move |finding| finding.severity == Severity::Error && harmful(finding.code))
    }

    /// The report with the first `most` findings; the others are counted.
    #[must_use]
    pub fn shortened(mut self, most: usize) -> Self {
        self.summary.omitted += self.findings.len().saturating_sub(most);
        self.findings.truncate(most);
        self
    }

    /// The places of the document, counted in `unit`.
    pub fn positions(&self, unit: Unit) -> Positions<'_> {
        Positions::new(self.text.expose(), unit)
    }

    /// The report as JSON; offsets and columns count `unit`.
    pub fn json(&self, unit: Unit) -> String {
        let positions = self.positions(unit);
        let place = |at| positions.at(at);
        let findings = self.findings.iter().map(|finding| Shown {
            code: finding.code,
            name: finding.name,
            severity: finding.severity,
            message: &finding.message,
            path: &finding.path,
            start: place(finding.span.start),
            end: place(finding.span.end),
            help: RULES.iter().find(|rule| rule.code == finding.code).map(|rule| rule.id()).unwrap_or_default(),
            fix: finding.fix.as_ref().map(|fix| ShownFix {
                title: fix.title,
                safe: fix.safe,
                edits: fix
                    .edits
                    .iter()
                    .map(|edit| ShownEdit {
                        start: place(edit.span.start),
                        end: place(edit.span.end),
                        text: &edit.text,
                    })
                    .collect(),
            }),
        });
        let shown = ShownReport {
            kind: self.kind,
            format: self.taken.format,
            reason: self.taken.reason,
            unit,
            summary: self.summary,
            findings: findings.collect(),
        };
        // Members are written in the order of their struct, whatever features serde_json was built with.
        serde_json::to_string(&shown).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct ShownReport<'a> {
    kind: Kind,
    format: Format,
    reason: &'static str,
    unit: Unit,
    summary: Summary,
    findings: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    code: &'static str,
    name: &'static str,
    severity: Severity,
    message: &'a str,
    path: &'a str,
    start: Position,
    end: Position,
    help: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<ShownFix<'a>>,
}

#[derive(Serialize)]
struct ShownFix<'a> {
    title: &'static str,
    safe: bool,
    edits: Vec<ShownEdit<'a>>,
}

#[derive(Serialize)]
struct ShownEdit<'a> {
    start: Position,
    end: Position,
    text: &'a str,
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
