//! Schedules of isolates, messages and calls with a virtual clock: what is reserved never passes a limit.

use std::collections::BTreeMap;

use super::*;

/// Steele, Lea, Flood: SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    fn below(&mut self, most: u64) -> u64 {
        self.next() % most.max(1)
    }
    fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }
}

const CALL_MS: u64 = 30_000;

/// An isolate: its share, its question that is under way, its calls.
struct Isolate {
    share: Share,
    /// What waits for the answer: sent when, for which need.
    asked: Option<(u64, u64, Option<Amounts>)>,
    calls: Vec<(Reserved, Amounts, u64)>,
}

/// A world of isolates, one ledger, and what is between them.
struct World {
    random: Random,
    now: u64,
    limits: Limits,
    ledger: Ledger,
    isolates: Vec<Isolate>,
    /// Questions and answers under way: of which isolate, its number.
    questions: Vec<(usize, Exchange)>,
    answers: Vec<(usize, u64, Answer)>,
    names: u64,
    /// What was reserved and used, by limit and window; and by how much calls used more than was reserved for them.
    used: BTreeMap<(Limit, u64), u64>,
    beyond: BTreeMap<(Limit, u64), u64>,
}

impl World {
    fn new(seed: u64, limits: Limits) -> World {
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

    fn isolate(&mut self) -> Isolate {
        self.names += 1;
        Isolate { share: Share::new(&format!("i{}", self.names)), asked: None, calls: Vec::new() }
    }

    fn step(&mut self) {
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

    fn request(&mut self, at: usize) {
        let need = Amounts::request(1 + self.random.below(400), self.random.below(9_000));
        self.take(at, need);
    }

    fn take(&mut self, at: usize, need: Amounts) {
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

    fn end(&mut self, at: usize) {
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
    fn deliver(&mut self) {
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
    fn hear(&mut self) {
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

    fn give_up(&mut self, at: usize) {
        if let Some((number, ..)) = self.isolates[at].asked.take() {
            self.isolates[at].share.lost(number);
        }
    }

    fn report(&mut self, at: usize) {
        let isolate = &mut self.isolates[at];
        if isolate.asked.is_none()
            && let Some(exchange) = isolate.share.report(&self.limits, self.now)
        {
            isolate.asked = Some((exchange.number, self.now, None));
            self.questions.push((at, exchange));
        }
    }

    /// Nothing passes a limit but by what calls used beyond what was reserved for them.
    fn check(&mut self) {
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

fn limits(of: &[(Limit, u64)]) -> Limits {
    Limits(of.iter().copied().collect())
}

// Row T3.
#[test]
fn a_hundred_thousand_schedules_never_pass_a_limit() {
    let mut seeds = Random(0x5EED);
    let mut admitted = 0;
    for number in 0..100_000 {
        let seed = seeds.next();
        let wide = 1 + seeds.below(200);
        let of = [
            (Limit::Requests, 1 + seeds.below(wide)),
            (Limit::Tokens, 1 + seeds.below(wide * 200)),
            (Limit::Calls, 1 + seeds.below(wide / 4 + 2)),
            (Limit::Day, 1 + seeds.below(wide * 5_000)),
            (Limit::Month, 1 + seeds.below(wide * 20_000)),
        ];
        let of: Vec<_> = of.into_iter().filter(|_| !seeds.one_in(3)).collect();
        let mut world = World::new(seed, limits(&of));
        for _ in 0..40 {
            let stepped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.step()));
            assert!(stepped.is_ok(), "schedule {number}, seed {seed:#x}, limits {of:?}");
        }
        admitted += world.used.values().sum::<u64>();
    }
    assert!(admitted > 1_000_000, "something is admitted: {admitted}");
}

/// One isolate and an object that answers at once: every request that fits is let in, and none is asked for while the
/// limit is far.
fn alone(
    share: &mut Share,
    ledger: &mut Ledger,
    need: Amounts,
    limits: &Limits,
    now: u64,
) -> (Result<Reserved, Refusal>, u32) {
    let mut asked = 0;
    loop {
        match share.take(need, limits, now, now + CALL_MS) {
            Take::Reserved(reserved) => return (Ok(reserved), asked),
            Take::Refused(refusal) => return (Err(refusal), asked),
            Take::Wait => unreachable!("nobody else asks"),
            Take::Ask(exchange) => {
                asked += 1;
                if let Err(refusal) = share.answer(exchange.number, &ledger.exchange(&exchange, now), now) {
                    return (Err(refusal), asked);
                }
            }
        }
    }
}

// Row T3.
#[test]
fn all_that_fits_is_let_in_and_the_object_is_asked_rarely() {
    let now = 1_767_225_600_000;
    for most in [1_u64, 2, 15, 16, 17, 100, 10_000] {
        let limits = limits(&[(Limit::Requests, most)]);
        let (mut share, mut ledger) = (Share::new("i"), Ledger::default());
        let (mut let_in, mut asked) = (0, 0);
        let refusal = loop {
            let (taken, questions) = alone(&mut share, &mut ledger, Amounts::request(0, 0), &limits, now);
            asked += questions;
            match taken {
                Ok(reserved) => {
                    let_in += 1;
                    share.settle(&reserved, Amounts::request(0, 0));
                }
                Err(refusal) => break refusal,
            }
        };
        assert_eq!(let_in, most, "exactly the limit");
        assert_eq!((refusal.limit, refusal.left, refusal.after_ms), (Limit::Requests, 0, 60_000));
        // Each lease is three times the one before at most, and a sixteenth of what is left near the end; the last 16 are
        // asked for one by one.
        assert!(asked <= 16 + 17 * 7, "{asked} questions for {most}");
        let (taken, _) = alone(&mut share, &mut ledger, Amounts::request(0, 0), &limits, now + 60_000);
        assert!(taken.is_ok(), "the next minute");
    }
}

#[test]
fn far_from_a_limit_nobody_asks_for_each_call() {
    let start = 1_767_225_600_000;
    let limits = limits(&[(Limit::Requests, 1_000_000), (Limit::Tokens, 1_000_000_000)]);
    let (mut share, mut ledger) = (Share::new("i"), Ledger::default());
    let need = Amounts::request(300, 0);
    let mut asked = 0;
    // A hundred requests a second for a minute.
    for number in 0..6_000 {
        let (taken, questions) = alone(&mut share, &mut ledger, need, &limits, start + number * 10 % 60_000);
        share.settle(&taken.unwrap(), Amounts::request(200, 0));
        asked += questions;
    }
    assert!(asked <= 20, "{asked} questions for 6,000 calls");
}

// Row T3.
#[test]
fn what_was_not_used_comes_back() {
    let now = 1_767_225_600_000;
    let limits = limits(&[(Limit::Tokens, 1_000), (Limit::Calls, 1)]);
    let (mut a, mut b, mut ledger) = (Share::new("a"), Share::new("b"), Ledger::default());
    let need = Amounts::request(900, 0);
    let reserved = alone(&mut a, &mut ledger, need, &limits, now).0.unwrap();
    assert_eq!(alone(&mut b, &mut ledger, need, &limits, now).0.unwrap_err().limit, Limit::Tokens);
    assert_eq!(a.settle(&reserved, Amounts::request(100, 0)), Report::Now, "near a limit it is told at once");
    let report = a.report(&limits, now).unwrap();
    a.answer(report.number, &ledger.exchange(&report, now), now).unwrap();
    assert!(a.report(&limits, now).is_none(), "and once");
    let later = now + 1_000;
    let reserved = alone(&mut b, &mut ledger, need, &limits, later).0.unwrap();
    assert_eq!(b.remaining(Limit::Tokens, 1_000, later), 0);
    // More than was reserved counts too: the next one is refused.
    b.settle(&reserved, Amounts::request(1_500, 0));
    let refusal = alone(&mut b, &mut ledger, Amounts::request(1, 0), &limits, later).0.unwrap_err();
    assert_eq!((refusal.limit, refusal.left), (Limit::Tokens, 0));
    let problem = refusal.problem(Scope::Tenant);
    assert_eq!((problem.code.status(), problem.retry_after), (429, Some(Duration::from_millis(59_000))));
    assert!(problem.detail.contains("`tokensPerMinute` of 1000"), "{}", problem.detail);
}

/// A process that dies holds the places of its calls until they must have ended, and no longer.
// Row T3.
#[test]
fn the_calls_of_the_dead_end() {
    let now = 1_767_225_600_000;
    let limits = limits(&[(Limit::Calls, 2)]);
    let (mut a, mut b, mut ledger) = (Share::new("a"), Share::new("b"), Ledger::default());
    for _ in 0..2 {
        alone(&mut a, &mut ledger, Amounts::request(0, 0), &limits, now).0.unwrap();
    }
    drop(a);
    assert_eq!(alone(&mut b, &mut ledger, Amounts::request(0, 0), &limits, now).0.unwrap_err().limit, Limit::Calls);
    let later = now + CALL_MS + 2 * LEASE_MS;
    assert!(alone(&mut b, &mut ledger, Amounts::request(0, 0), &limits, later - 1).0.is_err());
    assert!(alone(&mut b, &mut ledger, Amounts::request(0, 0), &limits, later + 500).0.is_ok());
}

// Row T3.
#[test]
fn an_operator_is_told_once_at_eighty_hundredths_and_once_at_the_end() {
    let now = 1_767_225_600_000;
    let limits = limits(&[(Limit::Day, 1_000)]);
    let (mut share, mut ledger) = (Share::new("i"), Ledger::default());
    let mut events: Vec<(String, u64)> = Vec::new();
    for number in 0..14 {
        let now = now + number * 1_000;
        let need = Amounts::request(0, 100);
        let Take::Ask(exchange) = share.take(need, &limits, now, now + 1) else { continue };
        let answer = ledger.exchange(&exchange, now);
        events.extend(answer.events.iter().map(|event| (event.name.clone(), number)));
        let _ = share.answer(exchange.number, &answer, now);
        if let Take::Reserved(reserved) = share.take(need, &limits, now, now + 1) {
            share.settle(&reserved, need);
        }
    }
    // What is used is told with the next question.
    assert_eq!(events, [("limit.near".to_owned(), 8), ("limit.reached".to_owned(), 10)]);
}

#[test]
fn answers_say_what_is_left() {
    let now = 1_767_225_610_000;
    let (key, tenant) = (limits(&[(Limit::Requests, 10), (Limit::Tokens, 5_000)]), limits(&[(Limit::Requests, 4)]));
    let (mut one, mut other) = (Share::new("i"), Share::new("i"));
    let need = Amounts::request(700, 0);
    alone(&mut one, &mut Ledger::default(), need, &key, now).0.unwrap();
    alone(&mut other, &mut Ledger::default(), need, &tenant, now).0.unwrap();
    let told = headers(&[(&key, &one), (&tenant, &other)], now);
    let told: Vec<(&str, &str)> = told.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(
        told,
        [
            ("x-ratelimit-limit-requests", "4"),
            ("x-ratelimit-remaining-requests", "3"),
            ("x-ratelimit-reset-requests", "50s"),
            ("x-ratelimit-limit-tokens", "5000"),
            ("x-ratelimit-remaining-tokens", "4300"),
            ("x-ratelimit-reset-tokens", "50s"),
        ]
    );
}
