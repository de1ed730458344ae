//! What is asked of a model: read, sanitised and under the guard (requirements, C3 and C7).

use std::borrow::Cow;

use promptgate_guard::{Action, Check, Done, Guard, Kind, Policy, Role};

use crate::fault::{Fault, Path};
use crate::guard::{self, Findings, Guards};
use crate::problem::{Code, Problem};
use crate::schema::{Field, Rule, Shape, Text, decode};
use crate::sensitive::Sensitive;

/// Longest input, in UTF-16 code units (no source; ours).
pub const MAX_INPUT: usize = 65_536;

const INPUT: Field = Field::required("input", Shape::Text(Text::new(1, MAX_INPUT)));

/// The body of `POST /v1/models/{id}/invoke`.
pub static INVOCATION: Shape = Shape::Object(&[
    INPUT,
    Field::optional("options", Shape::Object(&[Field::optional("stream", Shape::False)]))
        .about("A result is checked whole, so it is not streamed."),
]);

/// The body of `POST /api/invoke-protected` (C7).
pub static NAMED_INVOCATION: Shape = Shape::Object(&[
    Field::required("modelId", Shape::Text(Text::of(Rule::Uuid))).about("The id that the model was given here."),
    INPUT,
]);

/// What is asked of a model: sanitised, and free of what the policy refuses.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The gateway's id of the model.
    pub model: String,
    /// What will be sent.
    pub input: Sensitive,
    /// What was replaced and flagged in it.
    pub findings: Findings,
}

impl Question {
    /// Reads `{input, options?: {stream: false}}`, the body of `POST /v1/models/{id}/invoke`.
    ///
    /// # Errors
    /// [`Code::InvalidJson`], [`Code::InvalidRequest`] with every fault, and [`Code::SafetyRefused`] where the
    /// policy refuses what is in the input beside injection, which is replaced (C3).
    pub fn parse(body: &[u8], id: &str, guards: &Guards) -> Result<Question, Problem> {
        Question::begin(body, id, guards)?.end()
    }

    /// Reads `{modelId, input}`, the body of `POST /api/invoke-protected` (C7).
    ///
    /// # Errors
    /// Those of [`Question::parse`].
    pub fn parse_protected(body: &[u8], guards: &Guards) -> Result<Question, Problem> {
        Question::begin_protected(body, guards)?.end()
    }

    /// [`Question::parse`] in steps.
    ///
    /// # Errors
    /// Those of the body's shape.
    pub fn begin(body: &[u8], id: &str, guards: &Guards) -> Result<InvocationDraft, Problem> {
        let mut body = decode(body, &INVOCATION)?;
        Ok(InvocationDraft::new(body.text("input").unwrap_or_default(), id.to_owned(), guards))
    }

    /// [`Question::parse_protected`] in steps.
    ///
    /// # Errors
    /// Those of the body's shape.
    pub fn begin_protected(body: &[u8], guards: &Guards) -> Result<InvocationDraft, Problem> {
        let mut body = decode(body, &NAMED_INVOCATION)?;
        let model = body.text("modelId").unwrap_or_default().to_ascii_lowercase();
        Ok(InvocationDraft::new(body.text("input").unwrap_or_default(), model, guards))
    }
}

/// An input under the guard: C3, then the operator's policy for what clients send. Injection is replaced and never refused
/// here, also where only the policy's classifier sees it.
#[derive(Debug)]
pub struct InvocationDraft {
    model: String,
    guard: Guard,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Sanitising(Box<Check<'static>>),
    Checking(String, Findings, Box<Check<'static>>),
    Redacting(Findings, Box<Check<'static>>),
    Ended(Result<(String, Findings), Problem>),
}

impl InvocationDraft {
    fn new(input: String, model: String, guards: &Guards) -> InvocationDraft {
        let sanitising = Guard::new(&Policy::sanitiser()).begin(Cow::Owned(input), Role::User, Some(None));
        InvocationDraft { model, guard: guards.input.clone(), stage: Stage::Sanitising(Box::new(sanitising)) }
    }

    /// Looks at some more; returns whether there is more to do.
    pub fn step(&mut self) -> bool {
        let begin = |text: &str, redacts: bool| {
            Box::new(self.guard.begin(Cow::Owned(text.to_owned()), Role::User, redacts.then_some(None)))
        };
        let ended = Stage::Ended(Ok((String::new(), Findings::default())));
        self.stage = match std::mem::replace(&mut self.stage, ended) {
            Stage::Sanitising(mut check) => match check.step() {
                true => Stage::Sanitising(check),
                false => {
                    let Done { redacted: text, report, .. } = check.end();
                    let mut findings = Findings::default();
                    findings.add(&report.findings, Role::User, &Policy::sanitiser());
                    match text.is_empty() {
                        true => Stage::Ended(Err(nothing_left())),
                        false => {
                            let check = begin(&text, false);
                            Stage::Checking(text, findings, check)
                        }
                    }
                }
            },
            Stage::Checking(text, mut findings, mut check) => match check.step() {
                true => Stage::Checking(text, findings, check),
                false => {
                    let report = check.end().report;
                    findings.watched(&report.would);
                    findings.add(&report.findings, Role::User, self.guard.policy());
                    let refused = |entry: &&promptgate_guard::Entry| {
                        entry.action == Action::Block && entry.kind != Kind::Injection
                    };
                    let path = Path::root().name("input");
                    let faults = guard::faults(&path, &text, report.findings.iter().filter(refused));
                    match report.action {
                        _ if !faults.is_empty() => {
                            let would = findings.would();
                            Stage::Ended(Err(Problem { would, ..Problem::with_errors(Code::SafetyRefused, faults) }))
                        }
                        action if action >= Action::Restore => Stage::Redacting(findings, begin(&text, true)),
                        _ => Stage::Ended(Ok((text, findings))),
                    }
                }
            },
            Stage::Redacting(findings, mut check) => match check.step() {
                true => Stage::Redacting(findings, check),
                false => Stage::Ended(Ok((check.end().redacted, findings))),
            },
            ended => ended,
        };
        !matches!(self.stage, Stage::Ended(_))
    }

    /// What is asked; does what is left to do, if anything is.
    ///
    /// # Errors
    /// Those of [`Question::parse`].
    pub fn end(mut self) -> Result<Question, Problem> {
        while self.step() {}
        let Stage::Ended(ended) = self.stage else { return Err(nothing_left()) };
        ended.map(|(text, findings)| Question { model: self.model, input: Sensitive::new(text), findings })
    }
}

fn nothing_left() -> Problem {
    let path = Path::root().name("input");
    let fault = Fault::new(&path, "empty", "Nothing is left of the input: send a text.");
    Problem::with_errors(Code::InvalidRequest, fault)
}
