//! What calls show of their upstream's health, and what follows.

use super::*;

/// A run whose health is that of the runs before it, `ms` later.
fn after(health: Health, ms: u64) -> Run {
    let mut run = Run::new(Format::EventStream, true);
    run.health = health;
    run.call.started(1_000_000 + ms);
    run
}

fn failed_five_times() -> Health {
    (0..5).fold(Health::default(), |health, _| {
        let run = after(health, 0).play(&[Token, Head(500, &[])]);
        assert_eq!(run.sent.len(), 1);
        run.health
    })
}

// Row R6.
#[test]
fn an_open_breaker_sends_nothing_and_a_probes_first_content_closes_it() {
    let run = after(failed_five_times(), 0).play(&[Token]);
    assert_eq!((run.sent.len(), run.outcome.as_ref().unwrap().status), (0, Status::Fallback));
    run.check();
    let probe = after(run.health, 10_000).play(&[Token]);
    assert_eq!(probe.sent.len(), 1, "half open");
    let second = after(probe.health.clone(), 10_001).play(&[Token]);
    assert_eq!(second.sent.len(), 0, "one probe");
    let probe = probe.play(&[OK, Chunk(CONTENT)]);
    let other = after(probe.health.clone(), 10_002).play(&[Token]);
    assert_eq!(other.sent.len(), 1, "the probe's answer goes on, and so does everybody else");
    assert!(probe.outcome.is_none());
}

#[test]
fn a_probe_is_not_repeated_and_its_failure_opens_again() {
    let probe = after(failed_five_times(), 10_000).play(&[Token, Failed]);
    assert_eq!((probe.sent.len(), probe.outcome.as_ref().unwrap().status), (1, Status::Fallback));
    assert_eq!(after(probe.health, 10_001).play(&[Token]).sent.len(), 0);
    // A fresh token, and a shorter prompt, are the same probe.
    let renewed = after(failed_five_times(), 10_000).play(&[Token, Head(401, &[]), Token]);
    assert_eq!(renewed.sent.len(), 2);
    // A probe that says nothing lets another go.
    for end in [Cancel, Head(429, &[("retry-after", "21600")])] {
        let probe = after(failed_five_times(), 10_000).play(&[Token, end]);
        assert_eq!(after(probe.health, 10_001).play(&[Token]).sent.len(), 1);
    }
    let probe = after(failed_five_times(), 10_000).play(&[Token, Head(401, &[]), NoToken]);
    assert_eq!(after(probe.health, 10_001).play(&[Token]).sent.len(), 1);
}

// Row R6.
#[test]
fn calls_are_counted_and_not_their_attempts() {
    let failing = [Token, Failed, Wait, Token, Failed, Wait, Token, Failed];
    let mut health = Health::default();
    for _ in 0..4 {
        let mut fresh = Health::default();
        std::mem::swap(&mut fresh, &mut health);
        let run = after(fresh, 0).play(&failing);
        health = run.health;
        // The throttle is another matter.
        (0..1000).for_each(|_| health.succeeded("another"));
    }
    assert_eq!(health.breaker(), 0, "four calls of three attempts");
    let run = after(health, 0).play(&failing);
    assert_eq!(run.health.breaker(), 1, "and a fifth");
    // One that succeeds in the end has not failed.
    let mut health = Health::default();
    for _ in 0..9 {
        let run = after(health, 0).play(&[Token, Failed, Wait, Token, OK, Chunk(TERMINAL)]);
        assert_eq!(run.outcome.as_ref().unwrap().status, Status::Success);
        health = run.health;
        (0..1000).for_each(|_| health.succeeded("another"));
    }
    assert_eq!(health.breaker(), 0);
}

/// What a client does, how often it asks and how long an answer becomes is not upstream's failure.
#[test]
fn what_says_nothing_of_upstream_opens_nothing() {
    let scripts: [&[Event]; 8] = [
        &[Token, Cancel],
        &[Token, OK, Cancel],
        &[Token, OK, Chunk(LONG), Cancel],
        &[Token, Failed, Cancel],
        &[Token, Head(429, &[("retry-after", "21600")])],
        &[Token, Head(429, &[]), Wait, Token, Head(429, &[]), Wait, Token, Head(429, &[])],
        &[Token, Head(404, &[])],
        &[NoToken],
    ];
    for script in scripts {
        let health = (0..20).fold(Health::default(), |health, _| {
            let mut health = after(health, 0).play(script).health;
            // A spent throttle is another matter.
            (0..10).for_each(|_| health.succeeded("another"));
            health
        });
        assert_eq!(health.breaker(), 0, "{script:?}");
    }
    // A client that does not read until the total is over.
    let health = (0..20).fold(Health::default(), |health, _| {
        let mut run = after(health, 0).play(&[Token, OK]);
        run.fast = false;
        run.step(&Chunk(LONG));
        run.step(&Wait);
        assert_eq!(run.outcome.as_ref().unwrap().code, Some(Code::TotalDeadline));
        run.health
    });
    assert_eq!(health.breaker(), 0);
}
