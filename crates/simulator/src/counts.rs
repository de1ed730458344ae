//! The counters that tests read and wait for.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::world::{State, World};

/// Keys listed by `stats`; beyond, only totals.
const KEYS_LISTED: usize = 1_000;

/// What happened since the start or the last reset.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Requests received, by endpoint.
    pub(crate) requests: BTreeMap<&'static str, u64>,
    /// Answer heads sent, by endpoint and status.
    pub(crate) answers: BTreeMap<&'static str, BTreeMap<u16, u64>>,
    /// Chat answers begun and not ended (a gauge).
    pub(crate) open: u64,
    /// Answers held by a gate, a stall or a hang (a gauge).
    pub(crate) held: u64,
    /// Chat answers handed to the socket to their end.
    pub(crate) completed: u64,
    /// Chat answers whose client went away before the end.
    pub(crate) aborted: u64,
    /// Chat answers that a fault cut.
    pub(crate) cut: u64,
}

/// A counter that `wait` knows.
pub(crate) struct Counter {
    /// Its name in the query.
    pub(crate) name: &'static str,
    /// A gauge is met when equal; a total, when reached or passed.
    pub(crate) gauge: bool,
    /// Its value.
    pub(crate) value: fn(&State) -> u64,
}

/// Every counter, in the order of the documentation.
pub(crate) const COUNTERS: &[Counter] = &[
    Counter { name: "open", gauge: true, value: |s| s.counts.open },
    Counter { name: "held", gauge: true, value: |s| s.counts.held },
    Counter { name: "faults_queued", gauge: true, value: |s| s.faults.len() },
    Counter { name: "completed", gauge: false, value: |s| s.counts.completed },
    Counter { name: "aborted", gauge: false, value: |s| s.counts.aborted },
    Counter { name: "cut", gauge: false, value: |s| s.counts.cut },
    Counter { name: "executions", gauge: false, value: |s| s.ledger.executions() },
    Counter { name: "replays", gauge: false, value: |s| s.ledger.replays() },
    Counter { name: "conflicts", gauge: false, value: |s| s.ledger.conflicts() },
    Counter { name: "tokens_issued", gauge: false, value: |s| s.tokens.issued() },
    Counter { name: "template_writes", gauge: false, value: |s| s.templates.writes() },
    Counter { name: "prompt_writes", gauge: false, value: |s| s.prompts.writes() },
    Counter { name: "models_created", gauge: false, value: |s| s.models.creations() },
    Counter { name: "configuration_writes", gauge: false, value: |s| s.models.configurations() },
    Counter { name: "invocations", gauge: false, value: |s| s.models.invocations() },
    Counter { name: "token", gauge: false, value: |s| s.counts.requests_of("token") },
    Counter { name: "chat", gauge: false, value: |s| s.counts.requests_of("chat") },
    Counter { name: "template_get", gauge: false, value: |s| s.counts.requests_of("template_get") },
    Counter { name: "template_put", gauge: false, value: |s| s.counts.requests_of("template_put") },
    Counter { name: "prompt_list", gauge: false, value: |s| s.counts.requests_of("prompt_list") },
    Counter { name: "prompt_create", gauge: false, value: |s| s.counts.requests_of("prompt_create") },
    Counter { name: "prompt_get", gauge: false, value: |s| s.counts.requests_of("prompt_get") },
    Counter { name: "prompt_put", gauge: false, value: |s| s.counts.requests_of("prompt_put") },
    Counter { name: "prompt_versions", gauge: false, value: |s| s.counts.requests_of("prompt_versions") },
    Counter { name: "prompt_version", gauge: false, value: |s| s.counts.requests_of("prompt_version") },
    Counter { name: "execute", gauge: false, value: |s| s.counts.requests_of("execute") },
    Counter { name: "analytics", gauge: false, value: |s| s.counts.requests_of("analytics") },
    Counter { name: "model_create", gauge: false, value: |s| s.counts.requests_of("model_create") },
    Counter { name: "model_get", gauge: false, value: |s| s.counts.requests_of("model_get") },
    Counter { name: "model_configure", gauge: false, value: |s| s.counts.requests_of("model_configure") },
    Counter { name: "model_invoke", gauge: false, value: |s| s.counts.requests_of("model_invoke") },
    Counter { name: "model_delete", gauge: false, value: |s| s.counts.requests_of("model_delete") },
    Counter { name: "openai_chat", gauge: false, value: |s| s.counts.requests_of("openai_chat") },
    Counter { name: "openai_embeddings", gauge: false, value: |s| s.counts.requests_of("openai_embeddings") },
    Counter { name: "openai_models", gauge: false, value: |s| s.counts.requests_of("openai_models") },
    Counter { name: "webhook", gauge: false, value: |s| s.counts.requests_of("webhook") },
    Counter { name: "redirect_target", gauge: false, value: |s| s.counts.requests_of("redirect_target") },
    Counter { name: "unknown", gauge: false, value: |s| s.counts.requests_of("unknown") },
];

impl Counts {
    /// Requests received by an endpoint.
    pub(crate) fn requests_of(&self, endpoint: &str) -> u64 {
        self.requests.get(endpoint).copied().unwrap_or(0)
    }
}

/// The body of `GET /_simulator/stats`.
pub(crate) fn stats(world: &World) -> Value {
    world.look(|state| {
        let mut stats = json!({
            "requests": state.counts.requests,
            "answers": state.counts.answers,
            "bytes_sent": world.bytes_sent.load(Ordering::Relaxed),
            "max_executions_per_key": state.ledger.max_executions(),
            "keys": state.ledger.keys(KEYS_LISTED),
        });
        if let Some(map) = stats.as_object_mut() {
            for counter in COUNTERS {
                map.insert(counter.name.into(), (counter.value)(state).into());
            }
        }
        stats
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::On;

    #[test]
    fn the_readme_names_every_counter_and_each_endpoint_has_one() {
        let readme = include_str!("../README.md");
        for counter in COUNTERS {
            assert!(readme.contains(&format!("`{}`", counter.name)), "{}", counter.name);
        }
        for name in On::ALL.iter().map(|on| on.name()) {
            assert!(COUNTERS.iter().any(|counter| counter.name == name), "{name}");
        }
    }
}
