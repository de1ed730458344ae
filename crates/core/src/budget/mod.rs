//! What keys and tenants use, held against what they may (requirements, T3).
//!
//! ```text
//! request ─▶ Share (isolate) ─ enough is left of the lease ─▶ reserved ─▶ call ─▶ settled with what was used
//!               │  └─ not enough, or the lease is over ─▶ Exchange ─▶ Ledger (object) ─▶ Answer ─┐
//!               └◀────────────── a lease: what is needed, and more of it while the limit is far ◀─┘
//! ```
//! The ledger never leases more than is left, so what is reserved never passes a limit, under any concurrency. A limit is
//! passed only by what calls use beyond what was reserved for them: at most that, for the calls that go on just then.
//! Near a limit a lease is exactly what one request needs: then each asks the object, and all are counted.
//! An isolate that dies takes its lease with it: it counts as used until its window ends, so that nothing is spent twice;
//! beside what is needed now, a lease is at most twice what its isolate used since the lease before, and a sixteenth of
//! what is left.

mod ledger;
mod limits;
mod share;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::problem::{Code, Problem};

pub use ledger::{Answer, Event, Grant, Ledger};
pub(crate) use limits::nano;
pub use limits::{LIMITS, Limit, Limits};
pub use share::{Exchange, Line, Report, Reserved, Share, Take};

/// How long a lease is good, in milliseconds (ours).
pub const LEASE_MS: u64 = 10_000;

/// What a request needs, or has used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amounts {
    /// One, or none where nothing was done.
    pub requests: u64,
    /// Of prompt and answer.
    pub tokens: u64,
    /// In billionths of a dollar.
    pub cost: u64,
}

impl Amounts {
    /// Those of a request.
    pub fn request(tokens: u64, cost: u64) -> Amounts {
        Amounts { requests: 1, tokens, cost }
    }

    /// What counts against a limit; a request is one call while it goes on.
    pub fn of(self, limit: Limit) -> u64 {
        match limit {
            Limit::Requests | Limit::Calls => self.requests,
            Limit::Tokens => self.tokens,
            Limit::Day | Limit::Month => self.cost,
        }
    }
}

/// Whose limits they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// A key's.
    Key,
    /// A tenant's.
    Tenant,
}

impl Scope {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which limit has no room for it.
    pub limit: Limit,
    /// The limit.
    pub most: u64,
    /// What it needs.
    pub need: u64,
    /// What is left.
    pub left: u64,
    /// When there may be room, in milliseconds.
    pub after_ms: u64,
}

impl Refusal {
    /// As its client is answered.
    pub fn problem(&self, scope: Scope) -> Problem {
        let Refusal { limit, most, need, left, after_ms } = self;
        let whose = match scope {
            Scope::Key => "This key's",
            Scope::Tenant => "The tenant's",
        };
        let (name, most) = (limit.name(), limit.amount(*most));
        let detail = match limit {
            Limit::Requests | Limit::Calls => format!("{whose} limit `{name}` of {most} is reached."),
            _ => {
                let (need, left) = (limit.amount(*need), limit.amount(*left));
                format!("{whose} limit `{name}` of {most} has {left} left, and this request may take {need}.")
            }
        };
        let advice = match limit {
            Limit::Calls => " Send it again when one of the calls that go on has ended.",
            _ => " Send it again when the next window begins, or ask the gateway's operator for more.",
        };
        let mut problem = Problem::new(Code::LimitReached, detail + advice);
        problem.retry_after = Some(Duration::from_millis(*after_ms));
        problem
    }
}

/// What is left for a client, as answers say it: `x-ratelimit-…` (the names that OpenAI's clients know).
pub fn headers(shares: &[(&Limits, &Share)], now_ms: u64) -> Vec<(&'static str, String)> {
    const NAMES: [(Limit, [&str; 3]); 2] = [
        (
            Limit::Requests,
            ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"],
        ),
        (Limit::Tokens, ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"]),
    ];
    let mut headers = Vec::new();
    for (limit, [most, remaining, reset]) in NAMES {
        // Of a key and its tenant the one that has less left.
        let left = |(limits, share): &(&Limits, &Share)| {
            let most = *limits.0.get(&limit)?;
            Some((share.remaining(limit, most, now_ms), most))
        };
        let Some((left, of)) = shares.iter().filter_map(left).min() else { continue };
        let (_, end) = limit.window(now_ms);
        headers.push((most, of.to_string()));
        headers.push((remaining, left.to_string()));
        headers.push((reset, format!("{}s", end.saturating_sub(now_ms).div_ceil(1_000))));
    }
    headers
}

impl Event {
    /// Its name, and its webhook's.
    pub fn name(&self) -> &'static str {
        if self.name == Event::REACHED { Event::REACHED } else { Event::NEAR }
    }

    /// The same for the same event, however often it is sent.
    pub fn id(&self, scope: Scope, name: &str) -> String {
        format!("{}/{}/{name}/{}/{}", self.name(), scope.as_str(), self.limit.name(), self.window)
    }
}

/// Amounts by limit.
type ByLimit = BTreeMap<Limit, u64>;
