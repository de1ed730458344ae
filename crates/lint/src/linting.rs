//! A document that is being linted, in steps: what the guard reports about its texts, then one rule after the other.

use promptgate_guard::{Check, Entry, Role};
use std::borrow::Cow;

use super::context::Context;
use super::document::Document;
use super::report::{Found, Linter, Report, withhold};
use super::rules::RULES;
use super::work;

/// A text that is longer is checked in several steps (ours).
const STEP: usize = 16 << 10;

/// A document that is being linted. [`step`](Self::step) goes on while it returns true.
pub struct Linting<'a> {
    context: Context<'a>,
    guarding: Option<Guarding<'a>>,
    found: Found<'a>,
    /// How many rules have been asked.
    asked: usize,
}

/// The document's texts under guard.
#[derive(Default)]
struct Guarding<'a> {
    prompt: usize,
    open: Option<Check<'a>>,
    found: Vec<(usize, Entry)>,
}

impl<'a> Linting<'a> {
    pub(super) fn new(linter: &'a Linter, document: &'a Document<'a>) -> Self {
        Linting { context: linter.context(document), guarding: None, found: Found::new(linter.config()), asked: 0 }
    }

    /// Goes on for some milliseconds, or by one rule; returns whether there is more to do. A short document is one step.
    pub fn step(&mut self) -> bool {
        if self.context.document.source().len() <= STEP {
            return false;
        }
        if !self.context.is_guarded() {
            if let Some(found) = self.guarding.get_or_insert_default().step(&self.context) {
                self.context.set_guarded(found);
            }
            return true;
        }
        self.rule()
    }

    /// Asks the next rule; returns whether there are more.
    fn rule(&mut self) -> bool {
        let Some(rule) = RULES.get(self.asked) else { return false };
        self.asked += 1;
        if self.context.config.severity(rule.code, rule.severity).is_some() {
            self.found.add(rule, (rule.check)(&self.context));
        }
        true
    }

    /// The report; does what is left to do, if anything is.
    pub fn end(mut self) -> Report {
        // What no rule asks for is not looked for.
        while self.rule() {}
        if self.context.config.inline_ignores {
            self.found.ignore(&self.context);
        }
        let document = self.context.document;
        let mut report = self.found.report(document.source(), document.kind);
        report.taken = self.context.taken();
        withhold(&mut report, &self.context);
        report
    }
}

impl<'a> Guarding<'a> {
    /// Looks at about [`STEP`] bytes more. The findings, when it has looked at all.
    fn step(&mut self, context: &Context<'a>) -> Option<Vec<(usize, Entry)>> {
        let mut looked = 0;
        while looked < STEP {
            let Some(prompt) = context.prompts().get(self.prompt) else {
                return Some(std::mem::take(&mut self.found));
            };
            let text = prompt.as_str();
            let begin = || context.guard().begin(Cow::Borrowed(text), Role::User, None);
            let mut check = self.open.take().unwrap_or_else(begin);
            if text.len() > STEP && check.step() {
                self.open = Some(check);
                return None;
            }
            // The engine's own tests bound what it does with each byte.
            work::count(text.len());
            looked += text.len() + 1;
            self.found.extend(check.end().report.findings.into_iter().map(|entry| (self.prompt, entry)));
            self.prompt += 1;
        }
        None
    }
}
