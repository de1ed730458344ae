//! The engine: a policy made ready, and the checks.

mod found;
mod writer;

use crate::check::Check;
use crate::finding::Kind;
use crate::own::Own;
use crate::policy::{Action, Policy, Role};
use crate::report::Report;
use crate::scan::Thresholds;
use crate::stream::Stream;
use crate::tags::Tags;
use crate::view::Map;
pub(crate) use found::{Found, Seen, clusters, settle};
use std::borrow::Cow;
use std::sync::Arc;
pub(crate) use writer::Writer;

/// A policy ready for use. Cheap to make and to keep; nothing is compiled.
#[derive(Debug, Clone)]
pub struct Guard {
    policy: Arc<Policy>,
    /// By role, in the order of [`Role::ALL`].
    thresholds: [Thresholds; Role::ALL.len()],
    /// What another policy would have done is reported beside.
    monitor: Option<Arc<Guard>>,
    /// What streams put back.
    tags: Option<Arc<Tags>>,
}

impl Guard {
    /// Makes `policy` ready.
    pub fn new(policy: &Policy) -> Self {
        Self {
            policy: Arc::new(policy.clone()),
            thresholds: Role::ALL.map(|role| policy.scan_thresholds(role)),
            monitor: None,
            tags: None,
        }
    }

    /// The same, which also reports what `policy` would have done ([`Report::would`]); a text is read twice then.
    pub fn monitoring(self, policy: &Policy) -> Self {
        Self { monitor: Some(Arc::new(Guard::new(policy))), ..self }
    }

    /// `policy` in the place of its own; what it monitors and restores stays.
    pub fn under(&self, policy: &Policy) -> Self {
        Self { monitor: self.monitor.clone(), tags: self.tags.clone(), ..Guard::new(policy) }
    }

    /// The policy that it monitors.
    pub fn monitored(&self) -> Option<&Policy> {
        self.monitor.as_ref().map(|guard| guard.policy())
    }

    /// The same, whose streams put the values of `tags` back.
    pub fn restoring(self, tags: Tags) -> Self {
        Self { tags: (!tags.is_empty()).then(|| Arc::new(tags)), ..self }
    }

    /// What streams put back.
    pub(crate) fn tags(&self) -> Option<&Arc<Tags>> {
        self.tags.as_ref()
    }

    /// The policy that it follows.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What is in `text`, written by `role`. Spans are bytes of `text`.
    pub fn check(&self, text: &str, role: Role) -> Report {
        self.begin(Cow::Borrowed(text), role, None).end().report
    }

    /// `text` with a tag in the place of everything that the policy redacts or blocks, and the
    /// report of [`Guard::check`]. Where an injection is replaced, which is scored over whole
    /// stretches, this goes on until nothing changes; what shows only then is replaced too,
    /// without a line in the report.
    pub fn redact(&self, text: &str, role: Role) -> (String, Report) {
        let done = self.begin(Cow::Borrowed(text), role, Some(None)).end();
        (done.redacted, done.report)
    }

    /// The same with a numbered tag, noted in `tags`, in the place of what is to be restored.
    pub fn redact_into(&self, text: &str, role: Role, tags: &mut Tags) -> (String, Report) {
        let done = self.begin(Cow::Borrowed(text), role, Some(Some(std::mem::take(tags)))).end();
        *tags = done.tags.unwrap_or_default();
        (done.redacted, done.report)
    }

    /// [`Guard::check`] in steps, others run in between; with `redacts` [`Guard::redact`], or, with tags in it,
    /// [`Guard::redact_into`].
    pub fn begin<'t>(&self, text: Cow<'t, str>, role: Role, redacts: Option<Option<Tags>>) -> Check<'t> {
        Check::new(self.clone(), text, role, redacts)
    }

    /// What is to be reported beside.
    pub(crate) fn monitor(&self) -> Option<&Guard> {
        self.monitor.as_deref()
    }

    /// The stream of the monitored policy.
    pub(crate) fn monitor_stream(&self, role: Role) -> Option<Box<Stream>> {
        self.monitor.as_ref().map(|guard| Box::new(guard.stream(role)))
    }

    /// The same over a text that comes in pieces. Injection, which a model's answer is not
    /// scored for, and `sanitise`, which is for what comes in, are left out.
    pub fn stream(&self, role: Role) -> Stream {
        Stream::new(self.clone(), role)
    }

    /// The operator's pattern that found it, if one did.
    fn pattern(&self, found: &Found) -> Option<&Own> {
        self.policy.own.get(found.own?)
    }

    /// What is done about a finding.
    pub(crate) fn action(&self, role: Role, found: &Found) -> Action {
        match self.pattern(found) {
            Some(own) => own.action,
            None => self.policy.graded(role, found.finding.kind, found.finding.score),
        }
    }

    pub(crate) fn thresholds(&self, role: Role) -> &Thresholds {
        let [first, ..] = &self.thresholds;
        self.thresholds.get(role as usize).unwrap_or(first)
    }

    /// Whether texts of `role` are scored for injection.
    pub(crate) fn scores(&self, role: Role) -> bool {
        self.policy.action(role, Kind::Injection) != Action::Ignore
    }

    /// The text without what `sanitise` takes out.
    pub(crate) fn sanitised<'t>(&self, text: Cow<'t, str>) -> (Cow<'t, str>, Map) {
        let taken = |char: char| matches!(char, '<' | '>' | '\0');
        if !self.policy.sanitise {
            return (text, Map::identity());
        }
        let mut map = Map::empty();
        let mut clean = String::with_capacity(text.len());
        // What is taken out may leave white space at an end.
        let core = text.trim_matches(|char: char| char.is_whitespace() || taken(char));
        let start = core.as_ptr() as usize - text.as_ptr() as usize;
        for (at, part) in core.split(taken).scan(start, |at, part| {
            let start = *at;
            *at += part.len() + 1;
            Some((start, part))
        }) {
            map.copy(clean.len(), at, part.len());
            clean.push_str(part);
        }
        (Cow::Owned(clean), map)
    }
}
