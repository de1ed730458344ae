//! `POST /v1/guard`: what the engine reports about a text, and why.

use std::borrow::Cow;

use promptgate_guard::{Changes, Check, Done, Guard, Role, Tags};
use promptgate_lint::message;
use serde_json::json;

use super::Guards;
use crate::fault::{Fault, MAX_FAULTS, Path, spans};
use crate::json::{Json, MAX_BODY};
use crate::problem::{Code, Problem};
use crate::schema::{Field, List, Shape, Text, decode};

impl Guards {
    /// Answers `POST /v1/guard`: what the engine reports about a text, as JSON. The body is
    /// `{text, role?: user | agent | system, direction?: input | output, policy?}`, with changes to the
    /// direction's policy that are tried on this text.
    ///
    /// # Errors
    /// [`Code::InvalidJson`] and [`Code::InvalidRequest`], with every fault of the body.
    pub fn explain(&self, body: &[u8]) -> Result<String, Problem> {
        Ok(self.explanation(body)?.end())
    }

    /// The text of such a body with each value that the policy redacts replaced by a numbered tag, and the tags that restore
    /// the values. Values that the policy refuses are replaced too, and cannot be restored.
    ///
    /// # Errors
    /// Those of [`Guards::explain`].
    pub fn redact_reversibly(&self, body: &[u8]) -> Result<(String, Tags), Problem> {
        let asked = Question::parse(body)?;
        let guard = self.asked(asked.output, asked.changes)?;
        let guard = guard.under(&guard.policy().clone().reversible());
        let mut tags = Tags::default();
        tags.avoid(&asked.text);
        let (text, _) = guard.redact_into(&asked.text, asked.role, &mut tags);
        Ok((text, tags))
    }

    /// The same in steps.
    ///
    /// # Errors
    /// Those of [`Guards::explain`].
    pub fn explanation(&self, body: &[u8]) -> Result<Explanation, Problem> {
        let asked = Question::parse(body)?;
        let guard = self.asked(asked.output, asked.changes)?;
        let mut tags = Tags::default();
        tags.avoid(&asked.text);
        let check = guard.begin(Cow::Owned(asked.text.clone()), asked.role, Some(Some(tags)));
        Ok(Explanation { text: asked.text, check })
    }
}

/// What the guard reports about a text, while it looks.
#[derive(Debug)]
pub struct Explanation {
    text: String,
    check: Check<'static>,
}

impl Explanation {
    /// Looks at some more; returns whether there is more to do.
    pub fn step(&mut self) -> bool {
        self.check.step()
    }

    /// The answer; does what is left to do, if anything is.
    pub fn end(self) -> String {
        let Done { redacted, report, .. } = self.check.end();
        let listed = report.findings.get(..MAX_FAULTS).unwrap_or(&report.findings);
        let ranges: Vec<_> = listed.iter().map(|entry| entry.span.clone()).collect();
        let findings: Vec<_> = listed
            .iter()
            .zip(spans(&self.text, &ranges))
            .map(|(entry, span)| {
                let rule = promptgate_guard::rule(&entry.code);
                json!({
                    "code": entry.code,
                    "name": rule.map(|rule| rule.name),
                    "kind": entry.kind,
                    "action": entry.action,
                    "span": span,
                    "score": (f64::from(entry.score) * 100.0).round() / 100.0,
                    "view": entry.view.name(),
                    "message": message(entry.kind),
                    "about": rule.map(|rule| rule.summary),
                })
            })
            .collect();
        let more = report.findings.len() - listed.len();
        json!({ "action": report.action, "redacted": redacted, "findings": findings, "more": more }).to_string()
    }
}

/// The body of `POST /v1/guard`.
pub static REQUEST: Shape = Shape::Object(&[
    Field::required("text", Shape::Text(Text::new(0, MAX_BODY))),
    Field::optional("role", Shape::OneOf(&["user", "agent", "system"])).about("Who wrote it.").default("\"user\""),
    Field::optional("direction", Shape::OneOf(&["input", "output"]))
        .about("By which policy: for what clients send, or for answers.")
        .default("\"input\""),
    Field::optional("policy", Shape::Object(POLICY)).about("Changes to that policy, tried on this text."),
]);

/// Changes to a policy; the engine says which roles, kinds and rules there are.
const POLICY: &[Field] = &[
    Field::optional("base", Shape::OneOf(&["default", "none"])).about("What is changed.").default("\"default\""),
    Field::optional(
        "actions",
        Shape::Map(&Shape::Map(&Shape::OneOf(&["ignore", "flag", "restore", "redact", "block"]))),
    )
    .about("By role and kind; `restore` puts the value back into the answer."),
    Field::optional("thresholds", SCORES).about("The lowest score that counts, by kind."),
    Field::optional("act_from", SCORES)
        .about("From which score on the action is taken, by kind; below it a finding is flagged."),
    Field::optional("allow", TEXTS).about("Values that are no findings, or `@domain` for all addresses there."),
    Field::optional("disabled", TEXTS).about("Codes of rules that are switched off."),
    Field::optional("own", Shape::Map(&Shape::Object(OWN)))
        .about("Patterns of your own, by name: docs/guard.md says how."),
    Field::optional("keep_last_four", Shape::Bool).about("A card's tag has its last four digits."),
    Field::optional("sanitise", Shape::Bool).about("`<`, `>`, NUL and outer white space are taken out first."),
];

/// A pattern of an operator's own.
const OWN: &[Field] = &[
    Field::required("pattern", Shape::Text(Text::new(1, 256))).about("What it looks like: `EMP-#{6}`."),
    Field::required("action", Shape::OneOf(&["ignore", "flag", "restore", "redact", "block"])),
    Field::optional("tag", Shape::Text(Text::new(1, 24)))
        .about("The tag that replaces a match; the name of the pattern in capitals by default."),
    Field::optional("caught", TEXTS).about("Texts in which it must be found: tried at once."),
    Field::optional("passed", TEXTS).about("Texts in which it must not be."),
];

const SCORES: Shape = Shape::Map(&Shape::Number(0.0, 1.0));
const TEXTS: Shape = Shape::List(List { item: &Shape::Text(Text::new(1, 1000)), least: 0, most: 1000, unique: None });

impl Guards {
    /// The guard of a direction with `changes` to its policy.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] where the changes are none, at `$.policy`.
    pub fn asked(&self, output: bool, changes: Option<Changes>) -> Result<Guard, Problem> {
        let guard = if output { &self.output } else { &self.input };
        let Some(changes) = changes else { return Ok(guard.clone()) };
        changes.over(guard.policy().clone()).map(|policy| Guard::new(&policy)).map_err(|message| bad_policy(&message))
    }
}

/// Changes to a policy whose shape is right. The parser's message may quote the allow-list, which may be personal data.
fn changes(policy: &Json) -> Result<Changes, Problem> {
    let message = "There is no such role or kind: docs/guard.md lists them";
    serde_json::from_str(&policy.to_text()).map_err(|_| bad_policy(message))
}

fn bad_policy(message: &str) -> Problem {
    let fault = Fault::new(&Path::root().name("policy"), "bad_policy", format!("{message}."));
    Problem::with_errors(Code::InvalidRequest, vec![fault])
}

struct Question {
    text: String,
    role: Role,
    output: bool,
    changes: Option<Changes>,
}

impl Question {
    fn parse(body: &[u8]) -> Result<Question, Problem> {
        let mut body = decode(body, &REQUEST)?;
        let role = match body.text("role").as_deref() {
            Some("agent") => Role::Assistant,
            Some("system") => Role::System,
            _ => Role::User,
        };
        let output = body.text("direction").as_deref() == Some("output");
        let changes = body.take("policy").map(|policy| changes(&policy)).transpose()?;
        Ok(Question { text: body.text("text").unwrap_or_default(), role, output, changes })
    }
}
