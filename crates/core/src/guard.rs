//! The guard engine at the gateway: which policy for which direction, and what it says to a client.

mod checks;
mod explanation;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

pub use checks::{Checked, Checks, STEP};
pub use explanation::{Explanation, REQUEST};
use promptgate_guard::{Action, Entry, Guard, Kind, Policy, Role};
use serde::Serialize;
use serde_json::json;

use promptgate_lint::message;

use crate::fault::{Fault, Faults, MAX_FAULTS, Path, spans};
use crate::json::{Json, Number};
use crate::refusal::fault_code;

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

/// What no document may contain: keys, passwords, payment cards and social security numbers (requirements, B3).
static NOWHERE: LazyLock<Guard> = LazyLock::new(|| {
    let mut policy = Policy::empty();
    for kind in [Kind::PrivateKey, Kind::Token, Kind::Password, Kind::Card, Kind::Ssn] {
        policy.set(Role::System, kind, Action::Block);
    }
    Guard::new(&policy)
});

/// Looks through every string, member's name and long number of `document`, which is at `path`. The members called
/// one of `but` at its top are left out: a key is meant to be there, or another guard sees them.
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

#[cfg(test)]
mod tests;
