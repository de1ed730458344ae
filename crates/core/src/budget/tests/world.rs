//! Isolates, one ledger, and what is under way between them, by a virtual clock.

use std::collections::BTreeMap;

use crate::budget::*;

/// Steele, Lea, Flood: SplitMix64.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub(super) fn below(&mut self, most: u64) -> u64 {
        self.next() % most.max(1)
    }
    pub(super) fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }
}

pub(super) const CALL_MS: u64 = 30_000;

/// An isolate: its share, its question that is under way, its calls.
pub(super) struct Isolate {
    pub(super) share: Share,
    /// What waits for the answer: sent when, for which need.
    pub(super) asked: Option<(u64, u64, Option<Amounts>)>,
    pub(super) calls: Vec<(Reserved, Amounts, u64)>,
}

/// A world of isolates, one ledger, and what is between them.
pub(super) struct World {
    pub(super) random: Random,
    pub(super) now: u64,
    pub(super) limits: Limits,
    pub(super) ledger: Ledger,
    pub(super) isolates: Vec<Isolate>,
    /// Questions and answers under way: of which isolate, its number.
    pub(super) questions: Vec<(usize, Exchange)>,
    pub(super) answers: Vec<(usize, u64, Answer)>,
    pub(super) names: u64,
    /// What was reserved and used, by limit and window; and by how much calls used more than was reserved for them.
    pub(super) used: BTreeMap<(Limit, u64), u64>,
    pub(super) beyond: BTreeMap<(Limit, u64), u64>,
}

impl World {
    pub(super) fn new(seed: u64, limits: Limits) -> World {
        let mut random = Random(seed);
        let count = 1 + random.below(4);
        let mut world = World {
            now: 1_767_225_540_000 + random.below(3 * 60_000),
            random,
            limits,
            ledger: Ledger::default(),
            isolates: Vec::new(),
            questions: Vec::new(),
            answers: Vec::new(),
            names: 0,
            used: BTreeMap::new(),
            beyond: BTreeMap::new(),
        };
        for _ in 0..count {
            let isolate = world.isolate();
            world.isolates.push(isolate);
        }
        world
    }

    pub(super) fn isolate(&mut self) -> Isolate {
        self.names += 1;
        Isolate { share: Share::new(&format!("i{}", self.names)), asked: None, calls: Vec::new() }
    }

    pub(super) fn step(&mut self) {
        let longest = match self.random.below(20) {
            0 => 20_000,
            1..3 => 2_000,
            _ => 50,
        };
        self.now += self.random.below(longest);
        let at = self.random.below(self.isolates.len() as u64) as usize;
        match self.random.below(12) {
            0..5 => self.request(at),
            5..7 => self.end(at),
            7..9 => self.deliver(),
            9..10 => self.hear(),
            10 => self.report(at),
            _ if self.random.one_in(10) => {
                // It dies; what it has said may still come. Its calls are gone with it.
                let new = self.isolate();
                self.isolates[at] = new;
                self.answers.retain(|(of, ..)| *of != at);
            }
            _ if self.random.one_in(3) => self.give_up(at),
            _ => {
                // The object is restarted; its books were stored.
                let text = serde_json::to_string(&self.ledger).unwrap();
                self.ledger = serde_json::from_str(&text).unwrap();
            }
        }
        self.check();
    }

    pub(super) fn request(&mut self, at: usize) {
        let need = Amounts::request(1 + self.random.below(400), self.random.below(9_000));
        self.take(at, need);
    }

    pub(super) fn take(&mut self, at: usize, need: Amounts) {
        let (now, limits) = (self.now, self.limits.clone());
        let isolate = &mut self.isolates[at];
        match isolate.share.take(need, &limits, now, now + CALL_MS) {
            Take::Ask(exchange) => {
                isolate.asked = Some((exchange.number, now, Some(need)));
                self.questions.push((at, exchange));
            }
            Take::Reserved(reserved) => {
                for limit in limits.0.keys().filter(|limit| **limit != Limit::Calls) {
                    *self.used.entry((*limit, limit.window(now).0)).or_default() += need.of(*limit);
                }
                isolate.calls.push((reserved, need, now));
            }
            Take::Wait | Take::Refused(_) => {}
        }
    }

    pub(super) fn end(&mut self, at: usize) {
        let isolate = &mut self.isolates[at];
        if isolate.calls.is_empty() {
            return;
        }
        let which = self.random.below(isolate.calls.len() as u64) as usize;
        let (reserved, need, began) = isolate.calls.swap_remove(which);
        // Most use less than was reserved for them, one in ten uses more.
        let mut part =
            |of: u64| if self.random.one_in(10) { of + self.random.below(50) } else { self.random.below(of + 1) };
        let used = Amounts::request(part(need.tokens), part(need.cost));
        isolate.share.settle(&reserved, used);
        for limit in [Limit::Tokens, Limit::Day, Limit::Month] {
            let window = limit.window(began).0;
            let Some(sum) = self.used.get_mut(&(limit, window)) else { continue };
            *sum = *sum - need.of(limit) + used.of(limit);
            *self.beyond.entry((limit, window)).or_default() += used.of(limit).saturating_sub(need.of(limit));
        }
    }

    /// A question comes to the object, not always in order; one in ten is lost.
    pub(super) fn deliver(&mut self) {
        if self.questions.is_empty() {
            return;
        }
        let which = self.random.below(self.questions.len() as u64) as usize;
        let (at, exchange) = self.questions.swap_remove(which);
        if self.random.one_in(10) {
            return;
        }
        let answer = self.ledger.exchange(&exchange, self.now);
        if self.isolates[at].share.is_of(&exchange) {
            self.answers.push((at, exchange.number, answer));
        }
    }

    /// An answer comes back, if anyone waits for it still.
    pub(super) fn hear(&mut self) {
        if self.answers.is_empty() {
            return;
        }
        let (at, number, answer) = self.answers.swap_remove(0);
        let isolate = &mut self.isolates[at];
        let Some((waits, asked, need)) = isolate.asked.filter(|(waits, ..)| *waits == number) else { return };
        let _ = waits;
        isolate.asked = None;
        if isolate.share.answer(number, &answer, asked).is_ok()
            && let Some(need) = need
        {
            self.take(at, need);
        }
    }

    pub(super) fn give_up(&mut self, at: usize) {
        if let Some((number, ..)) = self.isolates[at].asked.take() {
            self.isolates[at].share.lost(number);
        }
    }

    pub(super) fn report(&mut self, at: usize) {
        let isolate = &mut self.isolates[at];
        if isolate.asked.is_none()
            && let Some(exchange) = isolate.share.report(&self.limits, self.now)
        {
            isolate.asked = Some((exchange.number, self.now, None));
            self.questions.push((at, exchange));
        }
    }

    /// Nothing passes a limit but by what calls used beyond what was reserved for them.
    pub(super) fn check(&mut self) {
        let now = self.now;
        for isolate in &mut self.isolates {
            // Calls end by their deadlines.
            while let Some(which) = isolate.calls.iter().position(|(_, _, began)| now >= began + CALL_MS) {
                let (reserved, need, _) = isolate.calls.swap_remove(which);
                isolate.share.settle(&reserved, need);
            }
        }
        for (limit, most) in &self.limits.0 {
            let (used, beyond) = match limit {
                Limit::Calls => (self.isolates.iter().map(|isolate| isolate.calls.len() as u64).sum(), 0),
                _ => {
                    let at = (*limit, limit.window(now).0);
                    (self.used.get(&at).copied().unwrap_or_default(), self.beyond.get(&at).copied().unwrap_or_default())
                }
            };
            assert!(used <= most + beyond, "{limit:?}: {used} of {most} and {beyond}");
        }
    }
}
