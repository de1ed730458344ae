//! How a model comes to life: what each poll is told, and what it can do then.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What the control API sets.
pub(crate) const SETTINGS: &[&str] = &["polls", "statuses", "error_reason", "capabilities"];
/// Most polls that can be asked for before `ACTIVE`.
const MOST_POLLS: u64 = 10_000;

/// How a model comes to life.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Provisioning {
    /// The status that each poll is told; the last one stays.
    pub(crate) statuses: Vec<String>,
    pub(crate) error_reason: String,
    pub(crate) capabilities: Value,
}

impl Default for Provisioning {
    fn default() -> Self {
        Self {
            statuses: active_after(2),
            error_reason: "The provider refused the credentials.".into(),
            capabilities: json!({"max_context_window": 8192, "restricted_safety_filters": ["political"]}),
        }
    }
}

impl Provisioning {
    /// Takes the settings of a control call; wrong ones change nothing.
    pub(crate) fn set(&mut self, settings: &Map<String, Value>) -> Result<(), String> {
        let mut changed = self.clone();
        for (name, value) in settings {
            match name.as_str() {
                "polls" => {
                    let polls = value.as_u64().filter(|polls| *polls <= MOST_POLLS);
                    let polls = polls.ok_or(format!("polls: must be an integer from 0 to {MOST_POLLS}"))?;
                    changed.statuses = active_after(usize::try_from(polls).unwrap_or(0));
                }
                "statuses" => {
                    let statuses = value.as_array().filter(|statuses| !statuses.is_empty());
                    let statuses = statuses.map(|all| all.iter().map(|one| one.as_str().map(str::to_owned)).collect());
                    changed.statuses = statuses.flatten().ok_or("statuses: must be an array of one or more strings")?;
                }
                "error_reason" => {
                    changed.error_reason = value.as_str().ok_or("error_reason: must be a string")?.to_owned();
                }
                "capabilities" => changed.capabilities = value.clone(),
                other => {
                    let shown: String = other.chars().take(40).collect();
                    return Err(format!("unknown field `{shown}`; known: {}", SETTINGS.join(", ")));
                }
            }
        }
        *self = changed;
        Ok(())
    }

    /// The settings as the control API shows them.
    pub(crate) fn shown(&self) -> Value {
        json!({"statuses": self.statuses, "error_reason": self.error_reason, "capabilities": self.capabilities})
    }
}

/// `ACTIVE` is told to the n-th poll, `PROVISIONING` to the one before.
fn active_after(polls: usize) -> Vec<String> {
    let mut statuses = vec!["PENDING".to_owned(); polls.saturating_sub(2)];
    if polls > 1 {
        statuses.push("PROVISIONING".into());
    }
    statuses.push("ACTIVE".into());
    statuses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_active_has_as_many_polls_as_set() {
        for (polls, statuses) in
            [(0, "ACTIVE"), (1, "ACTIVE"), (2, "PROVISIONING ACTIVE"), (4, "PENDING PENDING PROVISIONING ACTIVE")]
        {
            assert_eq!(active_after(polls).join(" "), statuses);
        }
    }

    #[test]
    fn wrong_settings_change_nothing() {
        let mut how = Provisioning::default();
        for settings in [
            json!({"error_reason": "x", "polls": -1}),
            json!({"error_reason": "x", "statuses": []}),
            json!({"error_reason": "x", "statuses": [1]}),
            json!({"error_reason": "x", "pols": 1}),
        ] {
            assert!(how.set(settings.as_object().unwrap()).is_err(), "{settings}");
            assert_ne!(how.error_reason, "x");
        }
    }
}
