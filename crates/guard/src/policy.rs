//! What is done about a finding: per role and kind, above a threshold, unless allowed.

use crate::finding::Kind;
use crate::injection;
use crate::own::{self, Own};
use crate::rule::rule;
use crate::scan::Thresholds;
use std::collections::{BTreeMap, BTreeSet};

/// Who wrote a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Role {
    /// The operator's instructions to the model. Trusted: not scored for injection, since
    /// instructions are what it is made of.
    System,
    /// The operator's template, without its values. Trusted.
    Template,
    /// The model's answer. Trusted, as far as injection goes.
    Assistant,
    /// A person's message.
    User,
    /// A value put into a template.
    Value,
    /// Third parties' content: tools, documents, search results.
    Tool,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [Self::System, Self::Template, Self::Assistant, Self::User, Self::Value, Self::Tool];

    /// The name used in policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Template => "template",
            Self::Assistant => "assistant",
            Self::User => "user",
            Self::Value => "value",
            Self::Tool => "tool",
        }
    }

    /// Whether the operator or the model wrote it, so that it is not scored for injection.
    pub const fn is_trusted(self) -> bool {
        matches!(self, Self::System | Self::Template | Self::Assistant)
    }
}

/// What to do, mildest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Action {
    /// Nothing, not even a line in the report.
    #[default]
    Ignore,
    /// Report it.
    Flag,
    /// Report it and put a numbered tag in its place, for which the answer to it gets the value back ([`crate::Tags`]);
    /// where there is no such answer it is redacted.
    Restore,
    /// Report it and put a tag in its place.
    Redact,
    /// Report it and refuse the text. Redaction, if asked for nevertheless, replaces it.
    Block,
}

/// A policy. Plain data: build it, or change one by JSON ([`Changes`]), and hand it to
/// [`crate::Guard::new`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Policy {
    /// What to do, by role and kind; what is not named is ignored.
    pub actions: BTreeMap<Role, BTreeMap<Kind, Action>>,
    /// The lowest score that counts, by kind, 0 to 1; 0.5 where none is named.
    pub thresholds: BTreeMap<Kind, f32>,
    /// From which score on the action is taken, by kind, 0 to 1; below it, down to the threshold, a
    /// finding is flagged. What is not named acts from its threshold on.
    pub act_from: BTreeMap<Kind, f32>,
    /// Values that are no findings: the value itself (in any case, and for numbers with any
    /// signs between the digits), or `@domain` for all addresses there.
    pub allow: BTreeSet<String>,
    /// Codes of rules that are switched off.
    pub disabled: BTreeSet<String>,
    /// Patterns of the operator's own, in the order of their names.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub own: Vec<Own>,
    /// Leave a card's last four digits in its tag: `[CARD 1111]`.
    pub keep_last_four: bool,
    /// Take `<`, `>`, NUL and white space at both ends out of the text first.
    pub sanitise: bool,
    /// A key: each finding carries a hash of its value under it, so that reports of the same
    /// value can be recognised without knowing it. Keep it secret: values are guessable.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub correlation_key: Option<Vec<u8>>,
}

impl Default for Policy {
    /// Keys, passwords, cards, social security numbers and injection are refused on their way
    /// in and redacted on their way out; identity and account numbers are redacted; addresses
    /// and telephone numbers are flagged, since support lives on them. An injection is refused from
    /// 0.85 on, and flagged below.
    fn default() -> Self {
        let mut policy = Self::empty();
        policy.act_from.insert(Kind::Injection, 0.85);
        for role in Role::ALL {
            for kind in Kind::ALL {
                let action = match kind {
                    Kind::Injection if role.is_trusted() => Action::Ignore,
                    Kind::Email | Kind::Phone | Kind::Ip => Action::Flag,
                    Kind::Iban | Kind::Passport | Kind::DriverLicence | Kind::BirthDate => Action::Redact,
                    _ if role == Role::Assistant => Action::Redact,
                    _ => Action::Block,
                };
                policy.set(role, kind, action);
            }
        }
        policy
    }
}

impl Policy {
    /// Does nothing: every kind ignored.
    pub fn empty() -> Self {
        Self {
            actions: BTreeMap::new(),
            thresholds: BTreeMap::new(),
            act_from: BTreeMap::new(),
            allow: BTreeSet::new(),
            disabled: BTreeSet::new(),
            own: Vec::new(),
            keep_last_four: false,
            sanitise: false,
            correlation_key: None,
        }
    }

    /// The same action for every role and kind.
    pub fn all(action: Action) -> Self {
        let mut policy = Self::empty();
        for role in Role::ALL {
            for kind in Kind::ALL {
                policy.set(role, kind, action);
            }
        }
        policy
    }

    /// The chat gateway's safety matrix: whatever its document's patterns match is refused,
    /// from any role, and so is what the engine itself is sure of: passwords, secrets and keys
    /// assigned or just named before a word, social security numbers and cards as labelled.
    /// Stricter than it is wise: "password reset" is a match.
    pub fn matrix() -> Self {
        let mut policy = Self::default();
        for role in Role::ALL {
            for kind in [Kind::PrivateKey, Kind::Token, Kind::Password, Kind::Card, Kind::Ssn] {
                policy.set(role, kind, Action::Block);
            }
        }
        policy.thresholds.insert(Kind::Password, 0.2);
        policy.thresholds.insert(Kind::Card, 0.4);
        policy.thresholds.insert(Kind::Ssn, 0.4);
        policy
    }

    /// The user-input sanitiser: injection phrases replaced by `[FILTERED_INJECTION_ATTEMPT]`,
    /// every one, the documents' ambiguous ones too; `<`, `>`, NUL and outer white space taken
    /// out; nothing else touched. The classifier, which finds stretches and no phrases, is off.
    pub fn sanitiser() -> Self {
        let mut policy = Self::empty();
        for role in Role::ALL {
            policy.set(role, Kind::Injection, Action::Redact);
        }
        policy.thresholds.insert(Kind::Injection, injection::DOCUMENT_THRESHOLD);
        policy.disabled.insert(injection::LEARNT.code.to_owned());
        policy.sanitise = true;
        policy
    }

    /// Sets what is done about `kind` in texts of `role`.
    pub fn set(&mut self, role: Role, kind: Kind, action: Action) -> &mut Self {
        self.actions.entry(role).or_default().insert(kind, action);
        self
    }

    /// What is done about `kind` in texts of `role`.
    pub fn action(&self, role: Role, kind: Kind) -> Action {
        let kinds = self.actions.get(&role);
        kinds.and_then(|kinds| kinds.get(&kind)).copied().unwrap_or_default()
    }

    /// The same, but what it redacts can come back; what it refuses goes for good.
    pub fn reversible(mut self) -> Self {
        let own = self.own.iter_mut().map(|own| &mut own.action);
        let all = self.actions.values_mut().flat_map(BTreeMap::values_mut).chain(own);
        all.filter(|action| **action == Action::Redact).for_each(|action| *action = Action::Restore);
        self
    }

    /// Whether something is to be put back into the answer.
    pub fn restores(&self) -> bool {
        let own = self.own.iter().map(|own| &own.action);
        self.actions.values().flat_map(BTreeMap::values).chain(own).any(|action| *action == Action::Restore)
    }

    /// What is done about a finding of `kind` with `score`.
    pub fn graded(&self, role: Role, kind: Kind, score: f32) -> Action {
        let certain = self.act_from.get(&kind).is_none_or(|&from| score >= from);
        let action = self.action(role, kind);
        if certain { action } else { action.min(Action::Flag) }
    }

    /// The lowest score of `kind` that counts.
    pub fn threshold(&self, kind: Kind) -> f32 {
        self.thresholds.get(&kind).copied().unwrap_or(0.5)
    }

    /// What the scanner counts. Ignored secrets are not looked for; ignored numbers are, since
    /// they would be taken for numbers of another kind.
    pub(crate) fn scan_thresholds(&self, role: Role) -> Thresholds {
        Kind::ALL.map(|kind| match self.action(role, kind) {
            Action::Ignore if kind < Kind::Card => f32::INFINITY,
            _ => self.threshold(kind),
        })
    }

    /// Whether a value is one of the allowed ones.
    pub(crate) fn allows(&self, kind: Kind, value: &str) -> bool {
        if self.allow.is_empty() {
            return false;
        }
        let plain = normal(kind, value);
        self.allow.iter().any(|allowed| match allowed.strip_prefix('@') {
            Some(domain) => {
                kind == Kind::Email
                    && plain.rsplit_once('@').is_some_and(|(_, found)| found.eq_ignore_ascii_case(domain))
            }
            None => normal(kind, allowed) == plain,
        })
    }
}

/// Changes to a policy, as operators write them in JSON (feature `serde`).
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct Changes {
    /// What is changed.
    pub base: Base,
    /// See [`Policy::actions`].
    pub actions: BTreeMap<Role, BTreeMap<Kind, Action>>,
    /// See [`Policy::thresholds`].
    pub thresholds: BTreeMap<Kind, f32>,
    /// See [`Policy::act_from`].
    pub act_from: BTreeMap<Kind, f32>,
    /// Added to [`Policy::allow`].
    pub allow: BTreeSet<String>,
    /// Added to [`Policy::disabled`].
    pub disabled: BTreeSet<String>,
    /// Added to [`Policy::own`], by name; one of that name is replaced.
    pub own: BTreeMap<String, own::Written>,
    /// See [`Policy::keep_last_four`].
    pub keep_last_four: Option<bool>,
    /// See [`Policy::sanitise`].
    pub sanitise: Option<bool>,
}

/// The policy that is changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Base {
    /// The default of the place where the policy is used.
    #[default]
    Default,
    /// The one that ignores everything.
    None,
}

impl Changes {
    /// Whether a stream of a model's answer can do all of this, so that nothing is silently left undone.
    ///
    /// # Errors
    /// Another role's texts are named, which no answer is; injection, which answers are not scored for; `sanitise`,
    /// which is for what comes in; or `restore`, which answers do and are not done to.
    pub fn carried_out_by_a_stream(&self) -> Result<(), String> {
        let acts = |kinds: &BTreeMap<Kind, Action>| kinds.values().any(|&action| action > Action::Ignore);
        let other = self.actions.iter().find(|(role, kinds)| **role != Role::Assistant && acts(kinds));
        if let Some((role, _)) = other {
            return Err(format!("answers are texts of `assistant`: `actions.{}` would do nothing", role.name()));
        }
        let answers = self.actions.get(&Role::Assistant);
        if answers.and_then(|kinds| kinds.get(&Kind::Injection)).is_some_and(|&action| action > Action::Ignore) {
            return Err(
                "answers are not scored for injection: `actions.assistant.injection` would do nothing".to_owned()
            );
        }
        let restored = answers.and_then(|kinds| kinds.iter().find(|(_, action)| **action == Action::Restore));
        if let Some((kind, _)) = restored {
            return Err(format!(
                "values are put back into answers: `actions.assistant.{}` may be `redact`",
                kind.name()
            ));
        }
        if let Some((name, _)) = self.own.iter().find(|(_, own)| own.action == Action::Restore) {
            return Err(format!("values are put back into answers: `own.{name}` may be `redact`"));
        }
        match self.sanitise {
            Some(true) => Err("answers are not sanitised: `sanitise` would do nothing".to_owned()),
            _ => Ok(()),
        }
    }

    /// `default` with these changes, or what they make of nothing if they say so.
    ///
    /// # Errors
    /// A number that is not from 0 to 1, a rule that does not exist, or a pattern that is none.
    pub fn over(self, default: Policy) -> Result<Policy, String> {
        let numbers = [("thresholds", &self.thresholds), ("act_from", &self.act_from)];
        for (name, (kind, number)) in
            numbers.into_iter().flat_map(|(name, map)| map.iter().map(move |pair| (name, pair)))
        {
            if !(0.0..=1.0).contains(number) {
                return Err(format!("Expected a number from 0 to 1 in `{name}.{}`, found {number}", kind.name()));
            }
        }
        let exists = |code: &String| rule(code).is_some() || injection::rules().any(|rule| rule.code == code);
        if let Some(code) = self.disabled.iter().find(|code| !exists(code)) {
            return Err(format!("There is no rule `{code}` to switch off"));
        }
        let mut policy = match self.base {
            Base::Default => default,
            Base::None => Policy::empty(),
        };
        for (role, kinds) in self.actions {
            policy.actions.entry(role).or_default().extend(kinds);
        }
        policy.thresholds.extend(self.thresholds);
        policy.act_from.extend(self.act_from);
        policy.allow.extend(self.allow);
        policy.disabled.extend(self.disabled);
        let own =
            self.own.into_iter().map(|(name, written)| Own::new(&name, written)).collect::<Result<Vec<_>, _>>()?;
        policy.own.retain(|old| own.iter().all(|new| new.name != old.name));
        policy.own.extend(own);
        policy.own.sort_by(|a, b| a.name.cmp(&b.name));
        if policy.own.len() > own::MOST {
            return Err(format!("`own` has {} patterns, {} at most", policy.own.len(), own::MOST));
        }
        policy.keep_last_four = self.keep_last_four.unwrap_or(policy.keep_last_four);
        policy.sanitise = self.sanitise.unwrap_or(policy.sanitise);
        Ok(policy)
    }
}

/// A value as it is compared: small letters, and numbers without the signs between.
pub(crate) fn normal(kind: Kind, value: &str) -> String {
    let number =
        matches!(kind, Kind::Card | Kind::Ssn | Kind::Iban | Kind::Phone | Kind::Passport | Kind::DriverLicence);
    match kind {
        Kind::Token | Kind::Password | Kind::PrivateKey => value.to_owned(),
        _ => value
            .chars()
            .filter(|char| !number || char.is_ascii_alphanumeric())
            .map(|char| char.to_ascii_lowercase())
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_roles_index_the_thresholds() {
        for (index, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role as usize, index);
        }
        for (index, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index);
        }
    }

    #[test]
    fn between_the_threshold_and_the_grade_a_finding_is_flagged() {
        let policy = Policy::default();
        for (score, action) in [(0.5, Action::Flag), (0.84, Action::Flag), (0.85, Action::Block)] {
            assert_eq!(policy.graded(Role::User, Kind::Injection, score), action, "{score}");
        }
        assert_eq!(policy.graded(Role::User, Kind::Token, 0.5), Action::Block);
        assert_eq!(policy.graded(Role::Assistant, Kind::Injection, 0.9), Action::Ignore);
    }

    #[cfg(feature = "serde")]
    #[test]
    fn changes_are_made_to_the_default_unless_they_say_otherwise() {
        let changed = |json: &str| {
            let changes: Result<Changes, _> = serde_json::from_str(json);
            changes.map_err(|error| error.to_string()).and_then(|changes| changes.over(Policy::default()))
        };
        let one = changed(r#"{"actions": {"user": {"email": "block"}}, "act_from": {"injection": 0.6}}"#).unwrap();
        assert_eq!(one.action(Role::User, Kind::Email), Action::Block);
        assert_eq!(one.action(Role::User, Kind::Card), Action::Block);
        assert_eq!(one.graded(Role::User, Kind::Injection, 0.7), Action::Block);
        let none = changed(r#"{"base": "none", "actions": {"user": {"email": "block"}}}"#).unwrap();
        assert_eq!(none.action(Role::User, Kind::Card), Action::Ignore);
        assert_eq!(changed("{}").unwrap(), Policy::default());
        for wrong in [
            r#"{"base": "all"}"#,
            r#"{"action": {}}"#,
            r#"{"thresholds": {"card": 2}}"#,
            r#"{"act_from": {"card": -1}}"#,
            r#"{"disabled": ["K999"]}"#,
        ] {
            assert!(changed(wrong).is_err(), "{wrong}");
        }
    }

    // Row G.
    #[cfg(feature = "serde")]
    #[test]
    fn own_patterns_are_added_and_replaced_by_name() {
        let over = |policy: Policy, json: &str| {
            let changes: Result<Changes, _> = serde_json::from_str(json);
            changes.map_err(|error| error.to_string()).and_then(|changes| changes.over(policy))
        };
        let staff = r##"{"own": {"staff": {"pattern": "EMP-#{6}", "action": "block", "tag": "STAFF_NUMBER"}}}"##;
        let first = over(Policy::default(), staff).unwrap();
        let second = over(
            first.clone(),
            r##"{"own": {"case": {"pattern": "C-#{4}", "action": "restore"}, "staff": {"pattern": "E#{6}", "action": "ignore"}}}"##,
        )
        .unwrap();
        let names = |policy: &Policy| policy.own.iter().map(|own| (own.name.clone(), own.action)).collect::<Vec<_>>();
        assert_eq!(names(&first), [("staff".to_owned(), Action::Block)]);
        assert_eq!(names(&second), [("case".to_owned(), Action::Restore), ("staff".to_owned(), Action::Ignore)]);
        assert!(second.restores() && !first.restores());
        let guard = crate::Guard::new(&first);
        let (text, report) = guard.redact("ask EMP-123456", Role::System);
        assert_eq!((text.as_str(), report.is_blocked()), ("ask [STAFF_NUMBER]", true));
        assert_eq!((&*report.findings[0].code, report.findings[0].kind), ("staff", Kind::Own));
        let (text, tags) = {
            let mut tags = crate::Tags::default();
            (crate::Guard::new(&second).redact_into("C-1234 C-9876 C-1234", Role::User, &mut tags).0, tags)
        };
        assert_eq!(text, "[CASE_1] [CASE_2] [CASE_1]");
        let mut stream = guard.restoring(tags).stream(Role::Assistant);
        assert_eq!(stream.push("about [CASE_2]").text + &stream.finish().text, "about C-9876");
        let many: Vec<_> =
            (0..17).map(|at| format!(r##""a{at}": {{"pattern": "a{at}b#", "action": "flag"}}"##)).collect();
        for (wrong, part) in [
            (format!(r#"{{"own": {{{}}}}}"#, many.join(",")), "16 at most"),
            (staff.replace("{6}", "{6"), "own.staff: "),
            (staff.replace("block", "burn"), "burn"),
            (staff.replace("\"tag\"", "\"tags\""), "tags"),
            (r#"{"actions": {"user": {"own": "block"}}}"#.to_owned(), "own"),
        ] {
            let fault = over(Policy::default(), &wrong).unwrap_err();
            assert!(fault.contains(part), "{wrong}: {fault}");
        }
        let restore: Changes = serde_json::from_str(&staff.replace("block", "restore")).unwrap();
        assert!(restore.carried_out_by_a_stream().unwrap_err().contains("own.staff"));
    }

    #[cfg(feature = "serde")]
    #[test]
    fn what_a_stream_cannot_do_is_refused() {
        for (json, fine) in [
            (r#"{"actions": {"assistant": {"email": "redact"}}}"#, true),
            (r#"{"actions": {"assistant": {"injection": "ignore"}, "user": {"card": "ignore"}}}"#, true),
            (r#"{"actions": {"assistant": {"injection": "flag"}}}"#, false),
            (r#"{"actions": {"user": {"card": "block"}}}"#, false),
            (r#"{"sanitise": true}"#, false),
        ] {
            let changes: Changes = serde_json::from_str(json).unwrap();
            assert_eq!(changes.carried_out_by_a_stream().is_ok(), fine, "{json}");
        }
    }

    #[test]
    fn allowed_values_are_compared_as_people_write_them() {
        let mut policy = Policy::default();
        policy.allow.extend(["+1 800 555 0199".to_owned(), "@example.com".to_owned()]);
        for (kind, value, allowed) in [
            (Kind::Phone, "+1-800-555-0199", true),
            (Kind::Phone, "+1-800-555-0198", false),
            (Kind::Email, "Any.One@Example.com", true),
            (Kind::Email, "a@notexample.com", false),
            (Kind::Token, "18005550199", false),
        ] {
            assert_eq!(policy.allows(kind, value), allowed, "{value}");
        }
    }
}
