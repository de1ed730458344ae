//! The guard engine at the gateway: which policy for which direction, and what it says to a client.

mod checks;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

pub use checks::{Checked, Checks, STEP};
use promptgate_guard::{Action, Changes, Check, Done, Entry, Guard, Kind, Policy, Role, Tags};
use serde::Serialize;
use serde_json::json;

use promptgate_lint::message;

use crate::fault::{Fault, Faults, MAX_FAULTS, Path, spans};
use crate::json::{Json, MAX_BODY, Number};
use crate::problem::{Code, Problem};
use crate::refusal::fault_code;
use crate::schema::{Field, List, Shape, Text, decode};

/// The engine, with a policy for each direction.
#[derive(Debug, Clone)]
pub struct Guards {
    /// For what clients send, before it is trimmed.
    pub input: Guard,
    /// For what upstream answers, as it streams.
    pub output: Guard,
}

/// `GUARD_INPUT`, `GUARD_OUTPUT` and their like, made ready: the guards of everybody, and those of some tenants and routes.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    everybody: Guards,
    special: BTreeMap<Place, Guards>,
}

/// A tenant and the action of a route; `None` is any.
pub(crate) type Place = (Option<String>, Option<String>);

impl Policies {
    /// `everybody`'s, but for those places.
    pub(crate) fn new(everybody: Guards, special: BTreeMap<Place, Guards>) -> Policies {
        Policies { everybody, special }
    }

    /// The guards for a request of `tenant` whose audit row names `action`.
    pub fn of(&self, tenant: &str, action: &str) -> &Guards {
        if self.special.is_empty() {
            return &self.everybody;
        }
        let (tenant, action) = (Some(tenant.to_owned()), Some(action.to_owned()));
        let places = [(tenant.clone(), action.clone()), (tenant, None), (None, action)];
        places.iter().find_map(|place| self.special.get(place)).unwrap_or(&self.everybody)
    }

    /// Every policy there is, for audit rows to name by its hash.
    pub fn hashed(&self) -> serde_json::Value {
        let all = |guards: &Guards| {
            let watched = (guards.input.monitored(), guards.output.monitored());
            json!({ "input": guards.input.policy(), "output": guards.output.policy(), "watched": watched })
        };
        let special: Vec<_> = self.special.iter().map(|(place, guards)| json!([place, all(guards)])).collect();
        json!({ "everybody": all(&self.everybody), "special": special })
    }
}

impl Default for Guards {
    fn default() -> Self {
        Guards { input: Guard::new(&input_policy()), output: Guard::new(&Policy::default()) }
    }
}

/// The default for what clients send: that of the engine, and keys, passwords, cards and social security
/// numbers refused from every role (requirements, B3), the agent's turns included.
pub fn input_policy() -> Policy {
    let mut policy = Policy::default();
    for kind in [Kind::PrivateKey, Kind::Token, Kind::Password, Kind::Card, Kind::Ssn] {
        policy.set(Role::Assistant, kind, Action::Block);
    }
    // The document's patterns take numbers on their label's word alone. A card's number next to a word
    // like "order" is flagged.
    policy.thresholds.insert(Kind::Card, 0.35);
    policy.act_from.insert(Kind::Card, 0.4);
    policy.thresholds.insert(Kind::Ssn, 0.4);
    policy
}

/// How many findings there were, without their values: for answers and audit rows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Findings {
    /// Replaced by a tag.
    pub redacted: u32,
    /// Reported only.
    pub flagged: u32,
    /// Let through where the gateway's policy would redact or block, since a template's guardrails switch that off.
    pub allowed: u32,
    /// By the rule's code.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<Cow<'static, str>, u32>,
    /// By the rule's code and what was done: `block`, `redact`, `flag`, `allow`. For audit rows.
    #[serde(skip)]
    pub actions: BTreeMap<(Cow<'static, str>, &'static str), u32>,
}

impl Findings {
    /// Counts the rules of `entries`, for which something was refused.
    pub(crate) fn fired(&mut self, entries: &[Entry]) {
        for entry in entries {
            *self.rules.entry(entry.code.clone()).or_default() += 1;
            *self.actions.entry((entry.code.clone(), "block")).or_default() += 1;
        }
    }

    /// Counts what a policy that only watches would have done.
    pub(crate) fn watched(&mut self, would_have: &[Entry]) {
        for entry in would_have {
            *self.actions.entry((entry.code.clone(), would(entry.action))).or_default() += 1;
        }
    }

    /// What a policy that only watches would have done: code of the rule, action, how often.
    pub(crate) fn would(&self) -> Vec<(Cow<'static, str>, &'static str, u32)> {
        let actions = self.actions.iter().filter(|((_, action), _)| action.starts_with("would_"));
        actions.map(|((code, action), count)| (code.clone(), *action, *count)).collect()
    }

    /// Counts `entries` too, found in a text of `role`; `policy` is the gateway's. What was treated more mildly than
    /// it asks for ([`lenient`]) is counted as let through.
    pub(crate) fn add(&mut self, entries: &[Entry], role: Role, policy: &Policy) {
        for entry in entries {
            *self.rules.entry(entry.code.clone()).or_default() += 1;
            let done = match entry.action {
                action if action < policy.graded(role, entry.kind, entry.score) => {
                    self.allowed += 1;
                    "allow"
                }
                Action::Redact => {
                    self.redacted += 1;
                    "redact"
                }
                Action::Restore => {
                    self.redacted += 1;
                    "restore"
                }
                Action::Flag => {
                    self.flagged += 1;
                    "flag"
                }
                Action::Block => "block",
                Action::Ignore => continue,
            };
            *self.actions.entry((entry.code.clone(), done)).or_default() += 1;
        }
    }
}

/// What is said of `action` where it was not taken, since the policy that asks for it only watches.
const fn would(action: Action) -> &'static str {
    match action {
        Action::Ignore => "would_ignore",
        Action::Flag => "would_flag",
        Action::Restore => "would_restore",
        Action::Redact => "would_redact",
        Action::Block => "would_block",
    }
}

/// `guard`, but kinds for which `off` holds are reported where it redacts or blocks them: they pass.
pub(crate) fn lenient(guard: &Guard, off: impl Fn(Kind) -> bool) -> Guard {
    let mut policy = guard.policy().clone();
    for role in Role::ALL {
        for kind in Kind::ALL.into_iter().filter(|kind| off(*kind)) {
            let action = policy.action(role, kind).min(Action::Flag);
            policy.set(role, kind, action);
        }
    }
    guard.under(&policy)
}

/// Whether what was found is a key or password, and no personal data.
pub(crate) const fn is_secret(kind: Kind) -> bool {
    matches!(kind, Kind::PrivateKey | Kind::Token | Kind::Password)
}

/// The faults of a text that is refused for `entries`; `text` is the string at `path`.
pub(crate) fn faults<'a>(path: &Path, text: &str, entries: impl IntoIterator<Item = &'a Entry>) -> Faults {
    let entries: Vec<&Entry> = entries.into_iter().collect();
    let listed = entries.iter().take(MAX_FAULTS).map(|entry| entry.span.clone()).collect::<Vec<_>>();
    let mut spans = spans(text, &listed).into_iter();
    let mut faults = Faults::default();
    for entry in entries {
        faults.add(|| Fault { span: spans.next(), ..Fault::new(path, fault_code(entry), message(entry.kind)) });
    }
    faults
}

/// What stands in no document, wherever: keys, passwords, payment cards and social security numbers (requirements, B3).
static NOWHERE: LazyLock<Guard> = LazyLock::new(|| {
    let mut policy = Policy::empty();
    for kind in [Kind::PrivateKey, Kind::Token, Kind::Password, Kind::Card, Kind::Ssn] {
        policy.set(Role::System, kind, Action::Block);
    }
    Guard::new(&policy)
});

/// Looks through every string, member's name and long number of `document`, which stands at `path`. The members called
/// one of `but` at its top are left out: a key is meant to stand there, or another guard sees them.
pub(crate) fn plain_sight(path: &Path, document: &Json, but: &[&str]) -> Faults {
    let mut faults = Faults::default();
    match document {
        Json::Object(members) => {
            let mut path = path.clone();
            for (name, value) in members {
                path.push_name(name);
                look_at(&path, name, &mut faults);
                if !but.contains(&name.as_str()) {
                    look(&mut path, value, &mut faults);
                }
                path.pop();
            }
        }
        other => look(&mut path.clone(), other, &mut faults),
    }
    faults
}

fn look(path: &mut Path, value: &Json, found: &mut Faults) {
    match value {
        Json::String(value) => look_at(path, value, found),
        Json::Number(number) => {
            if let Some(digits) = long_number(number) {
                look_at(path, &digits, found);
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push_index(index);
                look(path, item, found);
                path.pop();
            }
        }
        Json::Object(members) => {
            for (name, member) in members {
                path.push_name(name);
                look_at(path, name, found);
                look(path, member, found);
                path.pop();
            }
        }
        Json::Null | Json::Bool(_) => {}
    }
}

fn look_at(path: &Path, text: &str, found: &mut Faults) {
    // Nothing that is looked for is shorter.
    if text.len() >= 6 {
        found.append(faults(path, text, &NOWHERE.check(text, Role::System).findings));
    }
}

/// The digits of a number that is long enough to be a card's or an account's.
pub(crate) fn long_number(number: &Number) -> Option<String> {
    let whole = number.as_f64().filter(|value| value.fract() == 0.0 && (1e8..1e20).contains(&value.abs()))?;
    Some(number.as_u64().map_or_else(|| format!("{whole:.0}"), |exact| exact.to_string()))
}

impl Guards {
    /// Answers `POST /v1/guard`: what the engine says of a text, as JSON. The body is
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

/// What the guard says of a text, while it looks.
#[derive(Debug)]
pub struct Explanation {
    text: String,
    check: Check<'static>,
}

impl Explanation {
    /// Looks at some more; says whether there is more to do.
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

#[cfg(test)]
mod tests;
