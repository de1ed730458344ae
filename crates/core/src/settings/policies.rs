//! The guard's policies: for everybody, for some tenants and routes, and those that only watch.
//!
//! `GUARD_INPUT` and `GUARD_OUTPUT` change the gateway's defaults, `GUARD_MONITOR_INPUT` and `GUARD_MONITOR_OUTPUT` say what
//! would be changed next: what that would have done is in audit rows and metrics. `GUARD_POLICIES` is a JSON list:
//!
//! ```json
//! [{"tenant": "acme", "route": "chat.complete", "input": {"actions": {"user": {"email": "restore"}}}},
//!  {"tenant": "trial", "monitor_input": {"actions": {"user": {"email": "block"}}}}]
//! ```
//! Each entry is laid over those before it that hold for the same tenant and route.

use std::collections::{BTreeMap, BTreeSet};

use promptgate_guard::{Changes, Guard, Kind, Policy, Role};
use serde::Deserialize;

use super::Reader;
use crate::guard::{Guards, Place, Policies, input_policy};
use crate::route::ROUTES;

/// Most entries: each pair of a tenant and a route that they name is made ready at the start (ours).
const MAX_ENTRIES: usize = 32;
const NAME: &str = "GUARD_POLICIES";

/// An entry of `GUARD_POLICIES`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Entry {
    tenant: Option<String>,
    /// What audit rows call it: `chat.complete`.
    route: Option<String>,
    input: Option<Changes>,
    output: Option<Changes>,
    monitor_input: Option<Changes>,
    monitor_output: Option<Changes>,
}

/// The changes that hold somewhere, in their order.
#[derive(Debug, Clone, Default)]
struct Stack {
    input: Vec<Changes>,
    output: Vec<Changes>,
    monitor_input: Vec<Changes>,
    monitor_output: Vec<Changes>,
}

impl Stack {
    fn add(&mut self, entry: Entry) {
        self.input.extend(entry.input);
        self.output.extend(entry.output);
        self.monitor_input.extend(entry.monitor_input);
        self.monitor_output.extend(entry.monitor_output);
    }

    fn guards(self) -> Result<Guards, String> {
        let guard =
            |changes: Vec<Changes>, watched: Vec<Changes>, default: Policy, streamed: bool| -> Result<Guard, String> {
                let over = |changes: Vec<Changes>, default: Policy| -> Result<Policy, String> {
                    changes.into_iter().try_fold(default, |policy, changes| {
                        if streamed {
                            changes.carried_out_by_a_stream()?;
                        }
                        changes.over(policy)
                    })
                };
                let policy = over(changes, default)?;
                let guard = Guard::new(&policy);
                if watched.is_empty() { Ok(guard) } else { Ok(guard.monitoring(&over(watched, policy)?)) }
            };
        Ok(Guards {
            input: guard(self.input, self.monitor_input, input_policy(), false)?,
            output: guard(self.output, self.monitor_output, Policy::default(), true)?,
        })
    }
}

impl Reader<'_> {
    pub(super) fn policies(&mut self) -> Policies {
        let mut everybody = Stack::default();
        for (name, list, streamed) in [
            ("GUARD_INPUT", &mut everybody.input, false),
            ("GUARD_OUTPUT", &mut everybody.output, true),
            ("GUARD_MONITOR_INPUT", &mut everybody.monitor_input, false),
            ("GUARD_MONITOR_OUTPUT", &mut everybody.monitor_output, true),
        ] {
            list.extend(self.changes(name, streamed));
        }
        let Ok(guards) = everybody.clone().guards() else { return Policies::default() };
        Policies::new(guards, self.special(&everybody))
    }

    /// The changes in the variable `name`, if they are good ones.
    fn changes(&mut self, name: &str, streamed: bool) -> Option<Changes> {
        let text = self.get(name)?;
        let changes: Result<Changes, String> = serde_json::from_str(&text).map_err(|error| place(&error));
        let changes = changes.and_then(|changes| {
            if streamed {
                changes.carried_out_by_a_stream()?
            };
            changes.clone().over(Policy::default()).map(|_| changes)
        });
        changes
            .map_err(|fault| {
                self.fault(name, "bad_variable", format!("{name} is no policy: {fault}. docs/guard.md describes it."));
            })
            .ok()
    }

    fn special(&mut self, everybody: &Stack) -> BTreeMap<Place, Guards> {
        let Some(text) = self.get(NAME) else { return BTreeMap::new() };
        entries(&text, everybody).unwrap_or_else(|fault| {
            self.fault(NAME, "bad_variable", format!("{NAME} cannot be read: {fault}. docs/guard.md describes it."));
            BTreeMap::new()
        })
    }
}

/// The parser's message may quote the policy, whose allow-list may be personal data.
fn place(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let (roles, kinds) = (Role::ALL.map(Role::name).join(", "), Kind::ALL.map(Kind::name).join(", "));
    format!(
        "look at line {line} column {column}. The roles are {roles}; the kinds {kinds}; the actions ignore, flag, \
         restore, redact, block"
    )
}

fn entries(text: &str, everybody: &Stack) -> Result<BTreeMap<Place, Guards>, String> {
    let entries: Vec<Entry> = serde_json::from_str(text).map_err(|error| place(&error))?;
    if entries.len() > MAX_ENTRIES {
        return Err(format!("it has {} entries, {MAX_ENTRIES} at most", entries.len()));
    }
    let actions: BTreeSet<&str> = ROUTES.iter().filter_map(|row| row.action).collect();
    for (at, entry) in entries.iter().enumerate() {
        if entry.tenant.is_none() && entry.route.is_none() {
            return Err(format!("[{at}] names neither `tenant` nor `route`: put it into GUARD_INPUT or GUARD_OUTPUT"));
        }
        if entry.route.as_deref().is_some_and(|route| !actions.contains(route)) {
            let known: Vec<_> = actions.into_iter().collect();
            return Err(format!("[{at}].route is none of {}", known.join(", ")));
        }
    }
    let with_any = |names: BTreeSet<&String>| -> Vec<Option<String>> {
        std::iter::once(None).chain(names.into_iter().cloned().map(Some)).collect()
    };
    let tenants = with_any(entries.iter().filter_map(|entry| entry.tenant.as_ref()).collect());
    let routes = with_any(entries.iter().filter_map(|entry| entry.route.as_ref()).collect());
    let mut special = BTreeMap::new();
    for tenant in &tenants {
        for route in &routes {
            let mut stack = everybody.clone();
            let mut found = false;
            let holds = |asked: &Option<String>, own: &Option<String>| asked.is_none() || asked == own;
            for entry in entries.iter().filter(|entry| holds(&entry.tenant, tenant) && holds(&entry.route, route)) {
                found = true;
                stack.add(entry.clone());
            }
            if found {
                special.insert((tenant.clone(), route.clone()), stack.guards()?);
            }
        }
    }
    Ok(special)
}

#[cfg(test)]
mod tests {
    use super::*;
    use promptgate_guard::Action;

    fn email(policies: &Policies, tenant: &str, action: &str) -> Action {
        policies.of(tenant, action).input.policy().action(Role::User, Kind::Email)
    }

    fn read(text: &str) -> Result<Policies, String> {
        let everybody = Stack::default();
        Ok(Policies::new(everybody.clone().guards()?, entries(text, &everybody)?))
    }

    #[test]
    fn entries_hold_for_their_tenant_and_route_and_lie_over_one_another() {
        let policies = read(
            r#"[{"tenant":"a","input":{"actions":{"user":{"email":"redact"}}}},
                {"route":"chat.complete","input":{"actions":{"user":{"email":"restore","phone":"block"}}}},
                {"tenant":"b","route":"guard.check","monitor_input":{"actions":{"user":{"email":"block"}}}}]"#,
        )
        .unwrap();
        assert_eq!(email(&policies, "a", "chat.complete"), Action::Restore);
        assert_eq!(email(&policies, "a", "guard.check"), Action::Redact);
        assert_eq!(email(&policies, "a", "model.invoke"), Action::Redact);
        assert_eq!(email(&policies, "c", "chat.complete"), Action::Restore);
        assert_eq!(email(&policies, "c", "guard.check"), Action::Flag);
        let watched = policies.of("b", "guard.check");
        assert_eq!(watched.input.policy().action(Role::User, Kind::Email), Action::Flag);
        assert_eq!(watched.input.monitored().unwrap().action(Role::User, Kind::Email), Action::Block);
        assert_eq!(watched.input.check("mail a@acme.de", Role::User).would[0].action, Action::Block);
        assert!(policies.of("c", "guard.check").input.monitored().is_none());
    }

    // Row G.
    #[test]
    fn own_patterns_hold_for_their_tenant_and_route() {
        let policies = read(
            r##"[{"tenant":"a","input":{"own":{"staff":{"pattern":"EMP-#{6}","action":"block"}}}},
                {"tenant":"a","route":"chat.complete","output":{"own":{"staff":{"pattern":"EMP-#{6}","action":"redact"}}}}]"##,
        )
        .unwrap();
        let found = |tenant: &str, action: &str| {
            let guards = policies.of(tenant, action);
            let found = |guard: &Guard, role: Role| guard.check("ask EMP-123456", role).findings.len();
            (found(&guards.input, Role::User), found(&guards.output, Role::Assistant))
        };
        assert_eq!((found("a", "guard.check"), found("a", "chat.complete")), ((1, 0), (1, 1)));
        assert_eq!(found("b", "chat.complete"), (0, 0));
    }

    #[test]
    fn hostile_lists() {
        for (text, part) in [
            ("{", "line 1"),
            ("{}", "line 1"),
            (r#"[{"input":{}}]"#, "neither"),
            (r#"[{"tenant":"a","route":"chat"}]"#, "chat.complete"),
            (r#"[{"tenant":"a","inputs":{}}]"#, "line 1"),
            (
                r#"[{"tenant":"a","input":{"actions":{"usr":{"email":"redact"}}}}]"#,
                "assistant, user, value, tool; the kinds",
            ),
            (r#"[{"tenant":"a","output":{"actions":{"user":{"email":"redact"}}}}]"#, "assistant"),
            (r#"[{"tenant":"a","output":{"actions":{"assistant":{"email":"restore"}}}}]"#, "put back"),
            (r#"[{"tenant":"a","monitor_output":{"sanitise":true}}]"#, "sanitise"),
            (r#"[{"tenant":"a","input":{"thresholds":{"email":7}}}]"#, "from 0 to 1"),
            (r##"[{"tenant":"a","input":{"own":{"staff":{"pattern":"#{6","action":"flag"}}}}]"##, "`{` is not closed"),
            (r##"[{"tenant":"a","output":{"own":{"staff":{"pattern":"#{6}","action":"restore"}}}}]"##, "own.staff"),
        ] {
            let fault = read(text).map(|_| ()).unwrap_err();
            assert!(fault.contains(part), "{text}: {fault}");
        }
        let many = format!("[{}]", vec![r#"{"tenant":"a"}"#; 33].join(","));
        assert!(read(&many).map(|_| ()).unwrap_err().contains("32"));
    }
}
