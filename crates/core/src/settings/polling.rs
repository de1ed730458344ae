//! How a model that is being provisioned is asked for (requirements, C2): `MODEL_POLL_MS`, `MODEL_POLL_CAP_MS`,
//! `MODEL_POLLS`.

use serde::{Deserialize, Serialize};

use super::Reader;

/// When a model is polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Polling {
    /// The first wait between two polls, doubled each time, in milliseconds.
    pub first_ms: u64,
    /// The longest wait, jitter included, in milliseconds.
    pub cap_ms: u64,
    /// Most polls.
    pub tries: u32,
}

impl Polling {
    /// The document's: 5 s, then doubled up to 60 s, 15 times.
    pub const DEFAULT: Polling = Polling { first_ms: 5_000, cap_ms: 60_000, tries: 15 };
}

impl Reader<'_> {
    pub(super) fn polling(&mut self) -> Polling {
        let usual = Polling::DEFAULT;
        let first_ms = self.integer("MODEL_POLL_MS", 1..=60_000).unwrap_or(usual.first_ms);
        // In proportion, where only the first wait is another one.
        let cap_ms = usual.cap_ms / usual.first_ms * first_ms;
        let cap_ms = self.integer("MODEL_POLL_CAP_MS", first_ms..=600_000).unwrap_or(cap_ms);
        let tries = self.integer("MODEL_POLLS", 1..=1_000).unwrap_or(u64::from(usual.tries));
        Polling { first_ms, cap_ms, tries: tries as u32 }
    }
}
