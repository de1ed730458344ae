//! Idempotency keys: each is executed at most once, and everything is counted.

use std::collections::BTreeMap;

use hyper::body::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::fault::Script;
use crate::record::Received;
use crate::resource::Reply;

/// How a generation failed: an error after so many frames. Part of the answer, so it is kept as
/// bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) after_frames: usize,
    pub(crate) frames: Vec<Bytes>,
}

/// SHA-256 of a request's path and body.
pub(crate) type Fingerprint = [u8; 32];

/// The fingerprint of a request.
pub(crate) fn fingerprint(received: &Received) -> Fingerprint {
    Sha256::new().chain_update(&received.path).chain_update("\n").chain_update(&received.body).finalize().into()
}

/// What a replay needs beside seed and body.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplayRecord {
    /// How the generation failed, if it did.
    pub(crate) failed: Option<Failure>,
    /// What the model said in place of canned text.
    pub(crate) script: Option<Script>,
    /// The version of the template that was executed.
    pub(crate) version: Option<u64>,
    /// The answer of a call that made something; it isn't a function of seed and body.
    pub(crate) reply: Option<Reply>,
}

/// Every key that was executed since the last reset. Generated answers aren't stored: they are a
/// function of seed and body, so a replay makes the same bytes again.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    keys: BTreeMap<String, Entry>,
    executions: u64,
    replays: u64,
    conflicts: u64,
}

#[derive(Debug)]
struct Entry {
    fingerprint: Fingerprint,
    running: bool,
    kept: ReplayRecord,
    executions: u64,
    replays: u64,
    conflicts: u64,
    reused: u64,
}

/// What a call may do.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Generate: this is the first call with the key.
    Run,
    /// Send what was answered.
    Replay(Box<ReplayRecord>),
    /// The key is running: 409.
    InProgress,
    /// The key was executed with another body: 422.
    Reused,
}

impl Ledger {
    /// Decides and, for `Run`, marks the key as running, in one step.
    pub(crate) fn claim(&mut self, key: Option<&str>, fingerprint: Fingerprint, kept: ReplayRecord) -> Verdict {
        let verdict = self.verdict(key, fingerprint);
        if matches!(verdict, Verdict::Run) {
            self.run(key, fingerprint, kept);
        }
        verdict
    }

    /// Decides; whoever may run says so by `run` before the lock is given back.
    pub(crate) fn verdict(&mut self, key: Option<&str>, fingerprint: Fingerprint) -> Verdict {
        match key.and_then(|key| self.keys.get_mut(key)) {
            Some(entry) if entry.fingerprint != fingerprint => {
                entry.reused += 1;
                Verdict::Reused
            }
            Some(entry) if entry.running => {
                entry.conflicts += 1;
                self.conflicts += 1;
                Verdict::InProgress
            }
            Some(entry) => {
                entry.replays += 1;
                self.replays += 1;
                Verdict::Replay(Box::new(entry.kept.clone()))
            }
            None => Verdict::Run,
        }
    }

    /// An execution has begun.
    pub(crate) fn run(&mut self, key: Option<&str>, fingerprint: Fingerprint, kept: ReplayRecord) {
        self.executions += 1;
        if let Some(key) = key {
            let entry = Entry { fingerprint, running: true, kept, executions: 1, replays: 0, conflicts: 0, reused: 0 };
            self.keys.insert(key.to_owned(), entry);
        }
    }

    /// The template version that was executed under a key.
    pub(crate) fn version_of(&self, key: &str) -> Option<u64> {
        self.keys.get(key).and_then(|entry| entry.kept.version)
    }

    /// The execution of a key has ended, whether its client saw the end or not.
    pub(crate) fn release(&mut self, key: &str) {
        if let Some(entry) = self.keys.get_mut(key) {
            entry.running = false;
        }
    }

    /// Generations run, with and without key.
    pub(crate) fn executions(&self) -> u64 {
        self.executions
    }

    /// Answers that were sent again.
    pub(crate) fn replays(&self) -> u64 {
        self.replays
    }

    /// Calls turned away since their key was running.
    pub(crate) fn conflicts(&self) -> u64 {
        self.conflicts
    }

    /// The most often any key was executed.
    pub(crate) fn max_executions(&self) -> u64 {
        self.keys.values().map(|entry| entry.executions).max().unwrap_or(0)
    }

    /// Counters of up to `most` keys.
    pub(crate) fn keys(&self, most: usize) -> Value {
        self.keys
            .iter()
            .take(most)
            .map(|(key, entry)| {
                let counters = json!({
                    "executions": entry.executions,
                    "replays": entry.replays,
                    "conflicts": entry.conflicts,
                    "reused": entry.reused,
                    "running": entry.running,
                });
                (key.clone(), counters)
            })
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_runs_once_and_replays_after_its_end() {
        let mut ledger = Ledger::default();
        let (a, b) = ([1; 32], [2; 32]);
        assert!(matches!(ledger.claim(Some("k"), a, ReplayRecord::default()), Verdict::Run));
        assert!(matches!(ledger.claim(Some("k"), a, ReplayRecord::default()), Verdict::InProgress));
        assert!(matches!(ledger.claim(Some("k"), b, ReplayRecord::default()), Verdict::Reused));
        ledger.release("k");
        assert!(matches!(ledger.claim(Some("k"), a, ReplayRecord::default()), Verdict::Replay(_)));
        assert!(matches!(ledger.claim(Some("k"), b, ReplayRecord::default()), Verdict::Reused));
        assert_eq!((ledger.executions(), ledger.replays(), ledger.max_executions()), (1, 1, 1));
    }

    #[test]
    fn calls_without_key_run_every_time() {
        let mut ledger = Ledger::default();
        for _ in 0..3 {
            assert!(matches!(ledger.claim(None, [0; 32], ReplayRecord::default()), Verdict::Run));
        }
        assert_eq!((ledger.executions(), ledger.max_executions()), (3, 0));
    }
}
