//! Single rules of the call.

use super::super::answer::STEP;
use super::*;

/// The text of an answer, however the guard has cut it.
fn content(run: &Run) -> String {
    let data = run.body.lines().filter_map(|line| line.strip_prefix("data: "));
    let deltas = data.filter_map(|data| serde_json::from_str::<serde_json::Value>(data).ok());
    deltas.filter_map(|delta| delta["content"].as_str().map(str::to_owned)).collect()
}

#[test]
fn a_rejected_token_is_named() {
    let run = Run::new(Format::Json, true).play(&[Token, Head(401, &[]), Token]);
    assert_eq!(run.rejected, [7]);
}

// Row R3.
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

// Row R5.
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
    // The first word is passed on at once.
    assert!(run.body.contains("{\"content\":\"Your \"}"), "{}", run.body);
    assert!(run.body.contains("{\"content\":\"card [CARD] is fine.\"}"), "{}", run.body);
    assert_eq!(content(&run), "Your card [CARD] is fine.");
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

// Row B7.
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

// Row R1.
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
        while run.outcome.is_none() && run.waits != Some(Duration::from_secs(15)) {
            run.call.handle(run.now, Input::Flushed, &mut run.health);
            run.drain();
        }
    }
    assert_eq!(run.outcome.as_ref().unwrap().code, Some(Code::AnswerTooLong));
    assert_eq!(run.aborts, 1);
    run.check();
}

#[test]
fn a_prompt_that_cannot_be_trimmed_is_not_sent_again() {
    let refused = [Token, Head(400, &[]), Chunk("{\"code\":\"token.limit.exceeded\"}"), End];
    let mut run = Run::new(Format::Json, true);
    // 4,096 tokens: everything fits, also at 0.6.
    run.call.ask(prepare(4096));
    let run = run.play(&refused);
    assert_eq!((run.status, run.sent.len()), (Some(422), 1));
    assert!(run.body.contains("nothing of it can be left out") && !run.body.contains("harder"), "{}", run.body);
    run.check();
    // After two other failures there is no third try, and none was trimmed.
    let run = Run::new(Format::Json, true).play(&[Token, Failed, Wait, Token, Failed, Wait]).play(&refused);
    assert_eq!((run.status, run.sent.len()), (Some(422), 3));
    assert!(!run.body.contains("harder"), "{}", run.body);
}

#[test]
fn half_a_surrogate_pair_costs_one_character() {
    let frame = Chunk("{\"content\":\"before \\ud83d after \\\\ud83d \\ud83d\\ude00 \\ude00\\ud83d!\"}\n");
    let run = Run::new(Format::EventStream, true).play(&[Token, OK, frame, Chunk(TERMINAL)]);
    assert!(run.body.contains("before \u{FFFD} after \\\\ud83d \u{1F600} "), "{}", run.body);
    // The word at the end of what has come may still become a part of something.
    assert!(run.body.contains("{\"content\":\"\u{FFFD}\u{FFFD}!\"}"), "{}", run.body);
    assert_eq!(content(&run), "before \u{FFFD} after \\ud83d \u{1F600} \u{FFFD}\u{FFFD}!");
    assert_eq!(run.outcome.as_ref().unwrap().malformed_frames, 0);
}

/// Feeds one chunk and gives the bytes of each step, up to the end of what the call had to do.
fn steps(run: &mut Run, frame: String) -> Vec<usize> {
    let mut steps = Vec::new();
    let mut before = run.body.len();
    run.call.handle(run.now, Input::Chunk(Bytes(frame.into_bytes())), &mut run.health);
    loop {
        let more = run.drain_step();
        steps.push(run.body.len() - before);
        before = run.body.len();
        if run.outcome.is_some() {
            return steps;
        }
        run.call.handle(run.now, if more { Input::Tick } else { Input::Flushed }, &mut run.health);
    }
}

#[test]
fn a_large_frame_is_looked_at_in_steps() {
    let text = "536-22-1234 ".repeat(504 << 10 >> 4);
    let mut run = Run::new(Format::EventStream, true).play(&[Token, OK]);
    let steps = steps(&mut run, format!("{{\"content\":\"{text}\"}}\n{TERMINAL}"));
    assert!(steps.len() >= text.len() / STEP, "{} steps", steps.len());
    // A tag is shorter than what it means.
    assert!(steps.iter().all(|bytes| *bytes <= STEP + 1000), "{steps:?}");
    assert_eq!(run.outcome.as_ref().unwrap().status, Status::Success);
    assert_eq!(run.body.matches("[SSN]").count(), text.len() / 12);
    run.check();
}

#[test]
fn the_deadline_counts_between_steps() {
    let text = "536-22-1234 ".repeat(504 << 10 >> 4);
    let mut run = Run::new(Format::EventStream, true).play(&[Token, OK]);
    run.call.handle(
        run.now,
        Input::Chunk(Bytes(format!("{{\"content\":\"{text}\"}}\n").into_bytes())),
        &mut run.health,
    );
    assert!(run.drain_step());
    run.now = Duration::from_secs(60);
    run.call.handle(run.now, Input::Tick, &mut run.health);
    assert!(!run.drain_step());
    assert_eq!(run.outcome.as_ref().unwrap().code, Some(Code::TotalDeadline));
    assert!(run.body.matches("[SSN]").count() < 2 * STEP / 12);
    assert_eq!(run.health.breaker(), 0);
    run.check();
}

#[test]
fn a_slow_client_holds_back_the_next_step() {
    let text = "Where is my parcel? ".repeat(10_000);
    let mut run = Run::new(Format::EventStream, true).play(&[Token, OK]);
    run.fast = false;
    run.call.handle(
        run.now,
        Input::Chunk(Bytes(format!("{{\"content\":\"{text}\"}}\n").into_bytes())),
        &mut run.health,
    );
    assert!(run.drain_step(), "the frame is read");
    run.call.handle(run.now, Input::Tick, &mut run.health);
    assert!(!run.drain_step(), "a piece of it is written, and first it is taken");
    let before = run.body.len();
    run.call.handle(run.now, Input::Tick, &mut run.health);
    assert!(!run.drain_step() && run.body.len() == before);
    run.call.handle(run.now, Input::Flushed, &mut run.health);
    assert!(run.drain_step());
    run.call.handle(run.now, Input::Tick, &mut run.health);
    assert!(!run.drain_step() && run.body.len() > before);
}

/// At how many ms, and in how many pieces, a stream of one long frame every `every_ms` reaches its client.
fn gathered(every_ms: u64, frames: usize) -> (Vec<u64>, Run) {
    let mut run = Run::new(Format::EventStream, true);
    run.call = run.call.gathering(TOGETHER);
    let mut run = run.play(&[Token, OK]);
    let (mut given, mut length) = (Vec::new(), 0);
    for frame in 0..frames {
        let next = Duration::from_millis(1_000 + frame as u64 * every_ms);
        while run.waits.is_some_and(|until| until <= next) {
            run.step(&Wait);
            if run.body.len() > length {
                given.push(run.now.as_millis() as u64);
                length = run.body.len();
            }
        }
        run.now = next;
        run.step(&Chunk(LONG));
        if run.body.len() > length {
            given.push(run.now.as_millis() as u64);
            length = run.body.len();
        }
    }
    (given, run)
}

#[test]
fn a_stream_goes_out_at_once_and_then_what_comes_soon_together() {
    for (every_ms, most) in [(0, 1), (1, 8), (20, 140), (200, 200)] {
        let (given, mut run) = gathered(every_ms, 200);
        assert_eq!(given.first(), Some(&1_000), "the first content waits for nothing");
        assert!(given.len() <= most, "every {every_ms} ms: {} writes", given.len());
        let late = given.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
        assert!(late <= 40 || late <= every_ms, "every {every_ms} ms: {late} ms between two");
        // What is kept goes out with the end, and no more than once.
        run.step(&Chunk(TERMINAL));
        assert_eq!(content(&run).matches("Thank you").count(), 200);
        run.check();
    }
}

#[test]
fn what_was_gathered_goes_out_before_an_error_and_waits_for_a_slow_client() {
    let (_, mut run) = gathered(1, 20);
    run.step(&Failed);
    assert_eq!(content(&run).matches("Thank you").count(), 20);
    run.check();

    let (_, mut run) = gathered(1, 20);
    run.fast = false;
    run.step(&Wait);
    assert_eq!(content(&run).matches("Thank you").count(), 20, "what was gathered is written");
    run.now += Duration::from_secs(20);
    run.step(&Flushed);
    assert!(run.outcome.is_none(), "its slowness is not upstream's silence");
}
