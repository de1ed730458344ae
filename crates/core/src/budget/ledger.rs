//! The books of one key or tenant, kept by its object: what was used, and what isolates have leased.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::share::{Exchange, Line};
use super::{LEASE_MS, Limit, Refusal};

/// The share of what is left that one lease has beyond what is needed (ours).
const SHARE: u64 = 16;
/// At how many hundredths of a limit its operator is notified (requirements, T3).
const NEAR: u128 = 80;
/// How long an isolate that says nothing is remembered (ours): no call goes on longer than ten minutes.
const MEMORY_MS: u64 = 15 * 60_000;
/// When to ask again for one of the calls at once, in milliseconds (ours).
const SOON_MS: u64 = 1_000;

/// The books.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    pools: BTreeMap<Limit, Pool>,
    /// The number of the last exchange of each isolate, and when it came: what comes late or twice changes nothing.
    isolates: BTreeMap<String, (u64, u64)>,
}

/// One limit's window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Pool {
    /// When it began, Unix ms.
    window: u64,
    /// Used by isolates that are no longer remembered.
    spent: u64,
    leases: BTreeMap<String, Lease>,
    /// Whether the operator was notified that it is near, and that it is reached.
    told: (bool, bool),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Lease {
    /// What the isolate has used in this window; of calls at once, how many go on.
    used: u64,
    /// What it may use: at least `used`.
    granted: u64,
    /// Until when calls hold their places, Unix ms.
    until_ms: u64,
}

/// What the object answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// For each limit: what the isolate may use.
    pub grants: BTreeMap<Limit, Grant>,
    /// Why nothing was granted of what was wanted.
    pub refused: Option<Refusal>,
    /// A limit is near: usage is to be reported at once.
    pub tight: bool,
    /// Notifications for the operator.
    pub events: Vec<Event>,
}

/// What an isolate may use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The window that it is for, Unix ms.
    pub window: u64,
    /// All in this window, what was used included.
    pub granted: u64,
    /// For how long, in milliseconds from when the exchange was sent.
    pub for_ms: u64,
    /// What is left for everybody beside it.
    pub left: u64,
}

/// A notification for the operator about a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// `limit.near` at 80 % of it, `limit.reached` at the first request that is refused.
    pub name: String,
    /// Which.
    pub limit: Limit,
    /// When its window began, Unix ms.
    pub window: u64,
    /// What is used of it.
    pub used: u64,
    /// The limit.
    pub most: u64,
}

impl Event {
    pub(super) const NEAR: &'static str = "limit.near";
    pub(super) const REACHED: &'static str = "limit.reached";
}

impl Ledger {
    /// Adds the report of an isolate at `now_ms` (Unix ms), and grants what it wants if every limit has room for it.
    pub fn exchange(&mut self, exchange: &Exchange, now_ms: u64) -> Answer {
        self.forget(now_ms);
        let (last, _) = self.isolates.get(&exchange.isolate).copied().unwrap_or_default();
        if exchange.number <= last {
            return Answer::default();
        }
        self.isolates.insert(exchange.isolate.clone(), (exchange.number, now_ms));
        let mut answer = Answer::default();
        for (limit, line) in &exchange.lines {
            let (window, _) = limit.window(now_ms);
            let pool = self.pools.entry(*limit).or_default();
            if pool.window != window {
                *pool = Pool { window, ..Pool::default() };
            }
            pool.settle(&exchange.isolate, line, exchange.calls_until_ms);
            let left = line.most.saturating_sub(pool.committed());
            if line.want > left && answer.refused.is_none() {
                let (_, end) = limit.window(now_ms);
                let after_ms = if *limit == Limit::Calls { SOON_MS } else { end.saturating_sub(now_ms) };
                let refusal = Refusal { limit: *limit, most: line.most, need: line.want, left, after_ms };
                answer.refused = Some(refusal);
                answer.events.extend(pool.reached(*limit, line.most));
            }
        }
        for (limit, line) in &exchange.lines {
            let Some(pool) = self.pools.get_mut(limit) else { continue };
            let want = if answer.refused.is_some() { 0 } else { line.want };
            let grant = pool.grant(*limit, &exchange.isolate, line, want, now_ms);
            answer.tight |= grant.left / SHARE < line.want.max(1);
            answer.grants.insert(*limit, grant);
            answer.events.extend(pool.near(*limit, line.most));
        }
        answer
    }

    /// Forgets isolates that are gone: what they had leased counts as used, but for calls, which have ended by now.
    fn forget(&mut self, now_ms: u64) {
        self.isolates.retain(|_, (_, at)| now_ms < at.saturating_add(MEMORY_MS));
        for (limit, pool) in &mut self.pools {
            let mut spent = 0;
            pool.leases.retain(|isolate, lease| {
                let keep = match limit {
                    Limit::Calls => now_ms < lease.until_ms,
                    _ => self.isolates.contains_key(isolate),
                };
                if !keep && *limit != Limit::Calls {
                    spent += lease.granted.max(lease.used);
                }
                keep
            });
            pool.spent = pool.spent.saturating_add(spent);
        }
    }
}

impl Pool {
    /// What is used, or leased.
    fn committed(&self) -> u64 {
        let leased = self.leases.values().map(|lease| lease.granted.max(lease.used));
        leased.fold(self.spent, u64::saturating_add)
    }

    fn used(&self) -> u64 {
        self.leases.values().fold(self.spent, |sum, lease| sum.saturating_add(lease.used))
    }

    /// The isolate gives back what it has not used. What it used in a window that is over counts no more.
    fn settle(&mut self, isolate: &str, line: &Line, calls_until_ms: u64) {
        let used = if line.window == self.window { line.used } else { 0 };
        let lease = self.leases.entry(isolate.to_owned()).or_default();
        // A call that is taken of the lease later ends later, too: by a lease's length, and by what its request waited.
        *lease = Lease { used, granted: used, until_ms: calls_until_ms.saturating_add(2 * LEASE_MS) };
    }

    fn grant(&mut self, limit: Limit, isolate: &str, line: &Line, want: u64, now_ms: u64) -> Grant {
        let (window, end) = limit.window(now_ms);
        let left = line.most.saturating_sub(self.committed()).saturating_sub(want);
        let more = if want == 0 { 0 } else { (left / SHARE).min(line.recent.max(want).saturating_mul(2)) };
        let granted = self.leases.get_mut(isolate).map_or(0, |lease| {
            lease.granted = lease.granted.saturating_add(want).saturating_add(more);
            lease.granted
        });
        Grant { window, granted, for_ms: LEASE_MS.min(end.saturating_sub(now_ms)), left: left.saturating_sub(more) }
    }

    fn near(&mut self, limit: Limit, most: u64) -> Option<Event> {
        let used = self.used();
        let near = u128::from(used) * 100 >= u128::from(most) * NEAR;
        // Calls at once need no notification: they end.
        if self.told.0 || !near || limit == Limit::Calls {
            return None;
        }
        self.told.0 = true;
        Some(Event { name: Event::NEAR.to_owned(), limit, window: self.window, used, most })
    }

    fn reached(&mut self, limit: Limit, most: u64) -> Option<Event> {
        if std::mem::replace(&mut self.told.1, true) || limit == Limit::Calls {
            return None;
        }
        Some(Event { name: Event::REACHED.to_owned(), limit, window: self.window, used: self.used(), most })
    }
}
