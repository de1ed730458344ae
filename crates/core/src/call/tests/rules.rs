//! Single rules of the call.

use super::*;

#[test]
fn a_rejected_token_is_named() {
    let run = Run::new(Format::Json, true).play(&[Token, Head(401, &[]), Token]);
    assert_eq!(run.rejected, [7]);
}

#[test]
fn retry_after_is_a_lower_bound_and_is_forwarded() {
    let run = Run::new(Format::Json, true).play(&[Token, Head(429, &[("retry-after", "2")])]);
    let waits = run.waits.unwrap();
    assert!(waits >= Duration::from_secs(2) && waits <= Duration::from_millis(2250), "{waits:?}");
    let run = Run::new(Format::Json, true)
        .play(&[Token, Head(429, &[("retry-after", "21600"), ("ININ-Correlation-Id", "c-9")])]);
    assert!(run.headers.contains(&("retry-after", "21600".into())), "{:?}", run.headers);
    assert!(run.body.contains("\"upstream_correlation_id\":\"c-9\""), "{}", run.body);
}

#[test]
fn a_slow_upload_does_not_use_up_the_models_time() {
    let mut run = Run::new(Format::Json, true);
    run.call.received(Duration::from_secs(50));
    run.now = Duration::from_secs(50);
    let run = run.play(&[Token]);
    assert_eq!((run.sent.len(), run.waits), (1, Some(Duration::from_secs(55))));
}

#[test]
fn a_spent_throttle_stops_repetitions() {
    let mut run = Run::new(Format::Json, false);
    while run.health.allow_retry() {}
    let run = run.play(&[Token, Failed]);
    assert_eq!(run.outcome.as_ref().map(|outcome| outcome.code), Some(Some(Code::UpstreamUnavailable)));
}

#[test]
fn the_answer_is_guarded_across_frames() {
    let card = ["{\"content\":\"Your card 4111 11\"}\n", "{\"content\":\"11 1111 1111 is fine.\"}\n"];
    let run = Run::new(Format::EventStream, true).play(&[Token, OK, Chunk(card[0]), Chunk(card[1]), Chunk(TERMINAL)]);
    assert!(run.body.contains("Your card [CARD] is fine."), "{}", run.body);
    assert_eq!(run.outcome.as_ref().unwrap().findings.redacted, 1);
    run.check();

    let mut block = promptgate_guard::Policy::default();
    block.set(promptgate_guard::Role::Assistant, promptgate_guard::Kind::Card, promptgate_guard::Action::Block);
    for (format, status) in [(Format::EventStream, 200), (Format::Json, 502)] {
        let mut run = Run::new(format, true);
        run.call.guard_with(promptgate_guard::Guard::new(&block));
        let run = run.play(&[Token, OK, Chunk(LONG), Chunk(card[0]), Chunk(card[1]), Chunk(TERMINAL)]);
        assert_eq!(run.outcome.as_ref().unwrap().code, Some(Code::AnswerRefused));
        assert_eq!((run.status, run.aborts), (Some(status), 1));
        assert!(!run.body.contains("4111"), "{}", run.body);
        run.check();
    }
}

#[test]
fn early_ticks_are_harmless() {
    let mut run = Run::new(Format::Json, true);
    for event in [Token, Failed] {
        run.step(&event);
    }
    let wake = run.waits.unwrap();
    run.call.handle(wake.saturating_sub(Duration::from_millis(1)), Input::Tick, &mut run.health);
    run.drain();
    assert_eq!((run.waits, run.sent.len()), (Some(wake), 1));
}

#[test]
fn the_second_try_after_a_token_limit_is_shorter() {
    let limit = Chunk("{\"code\":\"token.limit.exceeded\"}");
    let run = Run::new(Format::Json, true).play(&[Token, Head(400, &[]), limit, End, Token]);
    assert_eq!(run.sent.len(), 2);
    assert!(run.sent[1].body.0.len() < run.sent[0].body.0.len());
}

#[test]
fn a_whole_answer_is_not_begun_before_it_is_whole() {
    let run = Run::new(Format::Json, true).play(&[Token, OK, Chunk(CONTENT)]);
    assert_eq!((run.status, run.body.as_str()), (None, ""));
    let run = run.play(&[Wait]);
    assert_eq!(run.status, Some(504), "so that its failure has a status of its own");
}

#[test]
fn the_total_deadline_ends_an_endless_stream() {
    let mut run = Run::new(Format::EventStream, true).play(&[Token, OK]);
    for second in 0..60 {
        run.now = Duration::from_secs(second);
        run.step(&Chunk(CONTENT));
    }
    assert!(run.outcome.is_none());
    run.step(&Wait);
    assert_eq!(run.outcome.as_ref().unwrap().code, Some(Code::TotalDeadline));
    run.check();
}

#[test]
fn a_slow_client_is_not_upstreams_silence() {
    let mut run = Run::new(Format::EventStream, true).play(&[Token, OK]);
    run.fast = false;
    run.step(&Chunk(LONG));
    assert_eq!(run.waits, Some(Duration::from_secs(60)), "no idle deadline while the client takes bytes");
    run.now = Duration::from_secs(40);
    run.call.handle(run.now, Input::Flushed, &mut run.health);
    run.drain();
    assert_eq!(run.waits, Some(Duration::from_secs(55)), "from then on upstream's silence counts");
    run.step(&Wait);
    assert_eq!(run.outcome.as_ref().unwrap().code, Some(Code::IdleDeadline));
}

#[test]
fn an_answer_is_cut_off_at_its_cap() {
    let mut run = Run::new(Format::EventStream, true).play(&[Token, OK]);
    let chunk = Input::Chunk(Bytes(CONTENT.repeat(4096).into_bytes()));
    for _ in 0..100 {
        run.call.handle(run.now, chunk.clone(), &mut run.health);
        run.drain();
    }
    assert_eq!(run.outcome.as_ref().unwrap().code, Some(Code::AnswerTooLong));
    assert_eq!(run.aborts, 1);
    run.check();
}

#[test]
fn an_open_breaker_sends_nothing_and_one_probe_closes_it() {
    let fresh = |health: Health| {
        let mut run = Run::new(Format::EventStream, true);
        run.health = health;
        run
    };
    let mut health = Health::default();
    for _ in 0..5 {
        let run = fresh(health).play(&[Token, Head(500, &[])]);
        assert_eq!(run.sent.len(), 1);
        health = run.health;
    }
    let run = fresh(health).play(&[Token]);
    assert_eq!((run.sent.len(), run.outcome.as_ref().unwrap().status), (0, Status::Fallback));
    run.check();
    // ten seconds later
    let mut probe = fresh(run.health);
    probe.now = Duration::from_secs(4);
    probe.call.handle(probe.now, Input::Tick, &mut probe.health);
    let mut later = probe.health.clone();
    assert_eq!(later.admit(1_000_000 + 10_000), Ok(()), "half open");
    assert!(later.admit(1_000_000 + 10_000).is_err(), "one probe");
    later.succeeded();
    assert_eq!(fresh(later).play(&[Token]).sent.len(), 1);
}
