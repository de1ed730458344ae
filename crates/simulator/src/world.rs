//! Everything a simulator remembers, behind one lock, and the events that tests wait for.

use std::collections::VecDeque;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, watch};

use crate::cached_templates::CachedTemplates;
use crate::config::Config;
use crate::counts::Counts;
use crate::fault::Queue;
use crate::ledger::Ledger;
use crate::models::Models;
use crate::prompt_templates::PromptTemplates;
use crate::record::Record;
use crate::tokens::Tokens;
use crate::usage::Usage;

/// Most records kept of requests, and of webhooks.
pub(crate) const RECORDS_KEPT: usize = 200;

/// One simulator's shared state.
pub(crate) struct World {
    pub(crate) config: Config,
    /// Bytes that API answers (not control answers) put on sockets.
    pub(crate) bytes_sent: AtomicU64,
    state: Mutex<State>,
    changed: watch::Sender<()>,
    epoch: watch::Sender<u64>,
}

/// What a reset clears, but for the tokens.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) counts: Counts,
    pub(crate) tokens: Tokens,
    pub(crate) ledger: Ledger,
    pub(crate) faults: Queue,
    pub(crate) gate: Gate,
    pub(crate) requests: VecDeque<Record>,
    pub(crate) webhooks: VecDeque<Record>,
    pub(crate) templates: CachedTemplates,
    pub(crate) prompts: PromptTemplates,
    pub(crate) models: Models,
    pub(crate) usage: Usage,
}

/// The gate that held answers wait at. A permit lets one of them through; closed for good, all.
pub(crate) struct Gate(pub(crate) Arc<Semaphore>);

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }
}

impl World {
    pub(crate) fn new(config: Config) -> Arc<Self> {
        Arc::new(Self {
            config,
            bytes_sent: AtomicU64::new(0),
            state: Mutex::default(),
            changed: watch::Sender::default(),
            epoch: watch::Sender::default(),
        })
    }

    /// Reads the state.
    pub(crate) fn look<R>(&self, read: impl FnOnce(&State) -> R) -> R {
        read(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state in one step and wakes whoever waits for a change.
    pub(crate) fn update<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let result = change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.send_replace(());
        result
    }

    /// As `update`, unless a reset came since `epoch`: then the change is no longer anyone's.
    pub(crate) fn update_in(&self, epoch: u64, change: impl FnOnce(&mut State)) {
        self.update(|state| {
            if *self.epoch.borrow() == epoch {
                change(state);
            }
        });
    }

    /// Every change from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Returns once `met` holds; looks again at every change.
    pub(crate) async fn wait_for(&self, met: impl Fn(&State) -> bool) {
        let mut changes = self.changes();
        while !self.look(&met) {
            // The sender lives in `self`, so this can't fail.
            let _ = changes.changed().await;
        }
    }

    /// Counts the resets.
    pub(crate) fn epoch(&self) -> u64 {
        *self.epoch.borrow()
    }

    /// Returns when a reset has come since `epoch`.
    pub(crate) async fn until_reset(&self, epoch: u64) {
        let _ = self.epoch.subscribe().wait_for(|now| *now != epoch).await;
    }

    /// Back to the start: state and counters forgotten, held and open answers cut. Tokens stay valid, as
    /// upstream's own restart would leave them.
    pub(crate) fn reset(&self) {
        self.update(|state| {
            let mut tokens = std::mem::take(&mut state.tokens);
            tokens.reset();
            *state = State { tokens, ..State::default() };
            self.bytes_sent.store(0, std::sync::atomic::Ordering::Relaxed);
            self.epoch.send_modify(|epoch| *epoch += 1);
        });
    }
}

/// Counts one answer as held (by a gate, a stall or a hang) while it lives.
pub(crate) struct Held {
    world: Arc<World>,
    epoch: u64,
}

impl Held {
    pub(crate) fn new(world: &Arc<World>) -> Self {
        let epoch = world.epoch();
        world.update_in(epoch, |state| state.counts.held += 1);
        Self { world: Arc::clone(world), epoch }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.world.update_in(self.epoch, |state| {
            state.counts.held = state.counts.held.saturating_sub(1);
        });
    }
}
