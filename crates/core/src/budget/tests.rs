//! Schedules of isolates, messages and calls with a virtual clock: what is reserved never passes a limit.

mod world;

use super::*;
use world::{CALL_MS, Random, World};

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
    // Usage is reported with the next question.
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
    let headers = headers(&[(&key, &one), (&tenant, &other)], now);
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(
        headers,
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
