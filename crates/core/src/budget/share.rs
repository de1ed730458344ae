//! An isolate's share of the limits of one key or tenant: what it has leased, and what it has used of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ledger::{Answer, Grant};
use super::{Amounts, ByLimit, LEASE_MS, Limit, Limits, Refusal};

/// How long a refusal is believed, in milliseconds (ours): a client that does not stop costs two questions a second.
const REFUSED_MS: u64 = 500;
/// When a question that has had no answer is asked again, in milliseconds (ours).
const LOST_MS: u64 = 5_000;

/// The share.
#[derive(Debug, Clone, Default)]
pub struct Share {
    /// The isolate's name, which no other has.
    isolate: String,
    number: u64,
    pools: BTreeMap<Limit, Pool>,
    /// A question is under way since then, Unix ms; until its answer nothing is taken.
    asking: Option<u64>,
    /// A limit is near.
    tight: bool,
    /// Nothing was used since the last report.
    reported: bool,
    /// A report is scheduled.
    scheduled: bool,
    refused: Option<(Refusal, u64)>,
    /// The latest deadline of the calls that go on, Unix ms.
    calls_until_ms: u64,
}

#[derive(Debug, Clone, Default)]
struct Pool {
    window: u64,
    used: u64,
    granted: u64,
    /// Until when it may be used, Unix ms.
    until_ms: u64,
    /// Taken since the last lease.
    recent: u64,
    /// What was left for everybody beside this share.
    left: u64,
}

/// A share's report to its ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Whose share it is.
    pub isolate: String,
    /// From 1: each is higher than the one before.
    pub number: u64,
    /// Until when the calls that go on hold their places, Unix ms.
    pub calls_until_ms: u64,
    /// For each limit that there is.
    pub lines: BTreeMap<Limit, Line>,
}

/// A share's report about one limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The limit.
    pub most: u64,
    /// The window that `used` is of, Unix ms.
    pub window: u64,
    /// All that the isolate has used in it; of calls at once, how many go on.
    pub used: u64,
    /// What is needed now.
    pub want: u64,
    /// What was taken since the last exchange: how much is worth leasing.
    pub recent: u64,
}

/// What became of a request's need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Take {
    /// It is reserved.
    Reserved(Reserved),
    /// Send this; then [`Share::answer`] or [`Share::lost`], and take again.
    Ask(Exchange),
    /// Someone asks already: look again soon.
    Wait,
    /// There is no room.
    Refused(Refusal),
}

/// When usage is reported to the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// A limit is near: others may wait for it.
    Now,
    /// Within a few seconds.
    Later,
    /// Someone will already.
    Scheduled,
}

/// What was reserved for a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reserved {
    amounts: Amounts,
    /// The windows that it was taken of.
    windows: ByLimit,
}

impl Share {
    /// The share of an isolate of this name.
    pub fn new(isolate: &str) -> Share {
        Share { isolate: isolate.to_owned(), ..Share::default() }
    }

    /// Reserves what a request needs at `now_ms` (Unix ms), whose call has ended by `deadline_ms`.
    pub fn take(&mut self, need: Amounts, limits: &Limits, now_ms: u64, deadline_ms: u64) -> Take {
        if self.is_asking(now_ms) {
            return Take::Wait;
        }
        self.give_up();
        if let Some((refusal, until_ms)) = &self.refused
            && now_ms < *until_ms
            && need.of(refusal.limit) >= refusal.need
        {
            return Take::Refused(refusal.clone());
        }
        self.roll(limits, now_ms);
        let has = |(limit, pool): (&Limit, &Pool)| {
            now_ms < pool.until_ms && pool.granted.saturating_sub(pool.used) >= need.of(*limit)
        };
        if !limits.0.keys().all(|limit| self.pools.get(limit).is_some_and(|pool| has((limit, pool)))) {
            self.asking = Some(now_ms);
            self.calls_until_ms = self.calls_until_ms.max(deadline_ms);
            return Take::Ask(self.exchange(Some(need), limits));
        }
        let mut windows = ByLimit::new();
        for limit in limits.0.keys() {
            let pool = self.pools.entry(*limit).or_default();
            pool.used = pool.used.saturating_add(need.of(*limit));
            pool.recent = pool.recent.saturating_add(need.of(*limit));
            windows.insert(*limit, pool.window);
        }
        self.reported = false;
        self.calls_until_ms = self.calls_until_ms.max(deadline_ms);
        Take::Reserved(Reserved { amounts: need, windows })
    }

    /// The ledger has answered the exchange `number`, which was sent at `asked_ms` (Unix ms). An answer that comes when
    /// another was asked for since changes nothing.
    ///
    /// # Errors
    /// That it refuses.
    pub fn answer(&mut self, number: u64, answer: &Answer, asked_ms: u64) -> Result<(), Refusal> {
        if self.asking.is_none() || number != self.number {
            return Ok(());
        }
        self.asking = None;
        self.tight = answer.tight;
        self.reported = true;
        for (limit, grant) in &answer.grants {
            let Grant { window, granted, for_ms, left } = grant.clone();
            let pool = self.pools.entry(*limit).or_default();
            if pool.window != window {
                *pool = Pool { window, ..Pool::default() };
            }
            (pool.granted, pool.left, pool.recent) = (granted, left, 0);
            pool.until_ms = asked_ms.saturating_add(for_ms);
        }
        match &answer.refused {
            None => {
                self.refused = None;
                Ok(())
            }
            Some(refusal) => {
                let until_ms = asked_ms.saturating_add(refusal.after_ms.min(REFUSED_MS));
                self.refused = Some((refusal.clone(), until_ms));
                Err(refusal.clone())
            }
        }
    }

    /// The ledger has not answered the exchange `number`. What it may have granted is given back with the next one.
    pub fn lost(&mut self, number: u64) {
        if number == self.number {
            self.give_up();
        }
    }

    /// Nobody waits for an answer any more. What was leased was given back with the question.
    fn give_up(&mut self) {
        if self.asking.take().is_some() {
            for pool in self.pools.values_mut() {
                pool.granted = pool.used;
            }
        }
    }

    /// A call has ended that used `amounts`; gives when the ledger gets the report.
    pub fn settle(&mut self, reserved: &Reserved, amounts: Amounts) -> Report {
        for (limit, window) in &reserved.windows {
            let Some(pool) = self.pools.get_mut(limit).filter(|pool| pool.window == *window) else { continue };
            let actual = if *limit == Limit::Calls { 0 } else { amounts.of(*limit) };
            pool.used = pool.used.saturating_sub(reserved.amounts.of(*limit)).saturating_add(actual);
        }
        self.reported = false;
        match (self.tight, self.scheduled) {
            (true, _) => Report::Now,
            (false, true) => Report::Scheduled,
            (false, false) => {
                self.scheduled = true;
                Report::Later
            }
        }
    }

    /// Whether a question is under way at `now_ms` (Unix ms).
    pub fn is_asking(&self, now_ms: u64) -> bool {
        self.asking.is_some_and(|since_ms| now_ms < since_ms.saturating_add(LOST_MS))
    }

    /// The report for the ledger at `now_ms` (Unix ms), if there is anything new; then [`Share::answer`] or
    /// [`Share::lost`].
    pub fn report(&mut self, limits: &Limits, now_ms: u64) -> Option<Exchange> {
        self.scheduled = false;
        if self.reported || self.is_asking(now_ms) {
            return None;
        }
        self.give_up();
        self.roll(limits, now_ms);
        self.asking = Some(now_ms);
        Some(self.exchange(None, limits))
    }

    /// What is left of a limit of `most` at `now_ms` (Unix ms), as far as is known here.
    pub fn remaining(&self, limit: Limit, most: u64, now_ms: u64) -> u64 {
        let current = |pool: &&Pool| pool.window == limit.window(now_ms).0;
        let Some(pool) = self.pools.get(&limit).filter(current) else { return most };
        pool.granted.saturating_sub(pool.used).saturating_add(pool.left).min(most)
    }

    /// Whether nothing is worth remembering at `now_ms` (Unix ms): no call goes on and no lease runs.
    pub fn is_idle(&self, now_ms: u64) -> bool {
        let running = |pool: &Pool| now_ms < pool.until_ms.saturating_add(LEASE_MS);
        self.reported && self.asking.is_none() && now_ms > self.calls_until_ms && !self.pools.values().any(running)
    }

    /// Whether it was this share that sent it.
    #[cfg(test)]
    pub(super) fn is_of(&self, exchange: &Exchange) -> bool {
        self.isolate == exchange.isolate
    }

    /// Begins the windows of `now_ms`.
    fn roll(&mut self, limits: &Limits, now_ms: u64) {
        for limit in limits.0.keys() {
            let (window, _) = limit.window(now_ms);
            let pool = self.pools.entry(*limit).or_default();
            if pool.window != window {
                // How much is used goes on as it was.
                *pool = Pool { window, recent: pool.recent.max(pool.used), ..Pool::default() };
            }
        }
    }

    fn exchange(&mut self, need: Option<Amounts>, limits: &Limits) -> Exchange {
        self.number += 1;
        let line = |(limit, most): (&Limit, &u64)| {
            let pool = self.pools.get(limit).cloned().unwrap_or_default();
            let want = need.map_or(0, |need| need.of(*limit));
            let Pool { window, used, recent, .. } = pool;
            (*limit, Line { most: *most, window, used, want, recent })
        };
        Exchange {
            isolate: self.isolate.clone(),
            number: self.number,
            calls_until_ms: self.calls_until_ms,
            lines: limits.0.iter().map(line).collect(),
        }
    }
}
