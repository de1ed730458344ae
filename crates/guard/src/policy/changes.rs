//! Changes to a policy, as operators write them.

use super::{Action, Policy, Role};
use crate::finding::Kind;
use crate::injection;
use crate::own::{self, Own};
use crate::rule::rule;
use std::collections::{BTreeMap, BTreeSet};

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

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

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
}
