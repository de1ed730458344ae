//! Texts under the guard, in steps of bounded work: whoever drives them lets others run in between.

use std::borrow::Cow;
use std::collections::VecDeque;

use promptgate_guard::{Action, Check, Done, Guard, Report, Role, Tags};

/// About so many bytes are looked at in a step: the guard takes up to some microseconds for one (ours).
pub const STEP: usize = 8 << 10;
/// What a text costs beside its bytes, in bytes (ours).
const EACH: usize = 64;

/// What the guard reports about one text.
#[derive(Debug)]
pub struct Checked {
    /// What was found; spans are bytes of the text.
    pub report: Report,
    /// The text as it may pass, where the policy replaces something and refuses nothing.
    pub redacted: Option<String>,
}

/// Texts that are being checked, in their order. [`step`](Self::step) goes on while it returns true.
#[derive(Debug)]
pub struct Checks {
    guard: Guard,
    texts: VecDeque<(String, Role)>,
    /// The first of the texts, where it is a long one.
    open: Option<Box<Check<'static>>>,
    /// What was found in it, while it is redacted.
    report: Option<Report>,
    done: Vec<Checked>,
    /// Whether something may be, and what is to be put back into the answer.
    restores: bool,
    tags: Tags,
}

impl Checks {
    /// Checks by `guard`.
    pub fn new(guard: &Guard) -> Checks {
        Checks {
            guard: guard.clone(),
            texts: VecDeque::new(),
            open: None,
            report: None,
            done: Vec::new(),
            restores: guard.policy().restores(),
            tags: Tags::default(),
        }
    }

    /// One more text, of `role`.
    pub fn push(&mut self, text: &str, role: Role) {
        if self.restores {
            self.tags.avoid(text);
        }
        self.texts.push_back((text.to_owned(), role));
    }

    /// Looks at about [`STEP`] bytes; returns whether there are more.
    pub fn step(&mut self) -> bool {
        let mut room = STEP;
        while let Some((text, role)) = self.texts.front() {
            if text.len() > STEP {
                if room == STEP {
                    self.long();
                }
                return !self.texts.is_empty();
            }
            let cost = text.len() + EACH;
            if cost > room && room < STEP {
                return true;
            }
            room = room.saturating_sub(cost);
            let report = self.guard.check(text, *role);
            let redacted = replaces(&report).then(|| self.guard.redact_into(text, *role, &mut self.tags).0);
            self.done.push(Checked { report, redacted });
            self.texts.pop_front();
        }
        false
    }

    /// A step in a text that is longer than one.
    fn long(&mut self) {
        let Some((text, role)) = self.texts.front() else { return };
        let mut check = match self.open.take() {
            Some(check) => check,
            None => {
                let redacts = self.report.is_some().then(|| Some(std::mem::take(&mut self.tags)));
                Box::new(self.guard.begin(Cow::Owned(text.clone()), *role, redacts))
            }
        };
        if check.step() {
            self.open = Some(check);
            return;
        }
        let Done { redacted, report: found, tags } = check.end();
        self.tags = tags.unwrap_or_else(|| std::mem::take(&mut self.tags));
        let checked = match self.report.take() {
            None if replaces(&found) => {
                self.report = Some(found);
                return;
            }
            None => Checked { report: found, redacted: None },
            Some(report) => Checked { report, redacted: Some(redacted) },
        };
        self.done.push(checked);
        self.texts.pop_front();
    }

    /// What was found in each text; does what is left to do, if anything is.
    pub fn end(self) -> Vec<Checked> {
        self.end_with_tags().0
    }

    /// The same, with what is to be put back into the answer.
    pub fn end_with_tags(mut self) -> (Vec<Checked>, Tags) {
        while self.step() {}
        (self.done, self.tags)
    }
}

/// Whether the policy replaces something and refuses nothing.
fn replaces(report: &Report) -> bool {
    matches!(report.action, Action::Restore | Action::Redact)
}

#[cfg(test)]
mod tests {
    use super::*;
    use promptgate_guard::Policy;

    #[test]
    fn short_and_long_texts_are_what_the_guard_makes_of_each() {
        let guard = Guard::new(&Policy::all(Action::Redact));
        let texts = ["", "a@mail.example.org", "4111 1111 1111 1111 ", "plain "];
        let texts: Vec<String> = texts.iter().flat_map(|text| [1, 40, 2_000].map(|times| text.repeat(times))).collect();
        let mut checks = Checks::new(&guard);
        texts.iter().for_each(|text| checks.push(text, Role::User));
        let mut steps = 1;
        while checks.step() {
            steps += 1;
        }
        assert!(steps > 10, "{steps} steps");
        let done = checks.end();
        assert_eq!(done.len(), texts.len());
        for (text, checked) in texts.iter().zip(done) {
            let (redacted, report) = guard.redact(text, Role::User);
            assert_eq!(checked.report, report);
            assert_eq!(checked.redacted.unwrap_or_else(|| text.clone()), redacted);
        }
    }

    #[test]
    fn many_short_texts_are_one_step() {
        let mut checks = Checks::new(&Guard::new(&Policy::default()));
        (0..25).for_each(|_| checks.push(&"Where is my parcel? ".repeat(10), Role::User));
        assert!(!checks.step(), "an ordinary conversation is not cut");
        assert_eq!(checks.end().len(), 25);
    }
}
