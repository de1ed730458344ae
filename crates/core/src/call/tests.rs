//! Scripts with a virtual clock: a table of scenarios, all short scripts, and cuts at random places.

use std::time::Duration;

use super::*;
use crate::chat::{ChatRules, Counters, Prepared};
use crate::genesys::Endpoints;
use crate::guard::Guards;
use crate::reply::Format;
use crate::sensitive::Sensitive;

const CONTENT: &str = "{\"content\":\"Hi\"}\n";
/// Long enough that the guard lets some of it go at once.
const LONG: &str = "{\"content\":\"Thank you for waiting. Your parcel left our warehouse on Tuesday, and the carrier says \
that it will be with you by the end of the week. You can follow it under the link in your order.\"}\n";
const TERMINAL: &str = "{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n";

/// What a script says: milliseconds to wait, then what happens.
#[derive(Debug, Clone)]
enum Event {
    Token,
    NoToken,
    Head(u16, &'static [(&'static str, &'static str)]),
    Chunk(&'static str),
    End,
    Failed,
    /// A tick at the time that the call waits for.
    Wait,
    Cancel,
}
use Event::*;

/// A call, its shared health, and everything that came out of it.
struct Run {
    call: Call,
    health: Health,
    now: Duration,
    sent: Vec<HttpRequest>,
    rejected: Vec<u64>,
    aborts: usize,
    in_flight: bool,
    status: Option<u16>,
    headers: Vec<(&'static str, String)>,
    body: String,
    waits: Option<Duration>,
    outcome: Option<Outcome>,
    /// The client takes every byte at once.
    fast: bool,
}

fn prepared() -> Prepared {
    static PREPARED: std::sync::LazyLock<Prepared> = std::sync::LazyLock::new(|| prepare(80));
    PREPARED.clone()
}

fn prepare(max_tokens: u64) -> Prepared {
    let body = serde_json::json!({
        "systemInstructions": ["Be brief."],
        "context": [{"role": "agent", "content": "x".repeat(200)}, {"role": "user", "content": "canary"}],
        "temperature": 0, "maxTokens": max_tokens, "modelId": "m",
    });
    Prepared::from_body(
        body.to_string().as_bytes(),
        &Guards::default().input,
        &ChatRules::default(),
        &mut Counters::default(),
    )
    .unwrap()
}

impl Run {
    fn new(format: Format, fallback: bool) -> Run {
        let endpoints = Endpoints { api: "https://api".into(), login: "https://login".into() };
        let rules = CallRules {
            first_content: Duration::from_secs(5),
            idle: Duration::from_secs(15),
            total: Duration::from_secs(60),
            fallback: fallback.then(|| "Sorry.".to_owned()),
        };
        let identity = Identity {
            request_id: "r".into(),
            idempotency_key: "llm-gw-k".into(),
            seed: 1,
            started_ms: 1_000_000,
            received: Duration::ZERO,
        };
        let mut run = Run {
            call: Call::new(
                Job::Chat(Box::new(prepared())),
                Guards::default().output,
                endpoints,
                rules,
                identity,
                format,
            ),
            health: Health::default(),
            now: Duration::ZERO,
            sent: vec![],
            rejected: vec![],
            aborts: 0,
            in_flight: false,
            status: None,
            headers: vec![],
            body: String::new(),
            waits: None,
            outcome: None,
            fast: true,
        };
        run.drain();
        run
    }

    fn play(mut self, script: &[Event]) -> Run {
        for event in script {
            self.step(event);
        }
        self
    }

    fn step(&mut self, event: &Event) {
        let token = || AccessToken { token: Sensitive::new("canary-token"), grant: 7 };
        let input = match event {
            Token => Input::Token(Ok(token())),
            NoToken => Input::Token(Err(Problem::new(Code::TokenUnavailable, "x"))),
            Head(status, headers) => Input::Head(crate::http::Head {
                status: *status,
                headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            }),
            Chunk(text) => Input::Chunk(Bytes(text.as_bytes().to_vec())),
            End => Input::End,
            Failed => Input::Failed,
            Wait => {
                self.now = self.waits.unwrap_or(self.now);
                Input::Tick
            }
            Cancel => Input::Cancel,
        };
        if matches!(event, End | Failed) {
            self.in_flight = false;
        }
        self.call.handle(self.now, input, &mut self.health);
        self.drain();
        if self.fast {
            self.call.handle(self.now, Input::Flushed, &mut self.health);
            self.drain();
        }
    }

    /// Polls until the call waits or is done, and checks what must hold after every step.
    fn drain(&mut self) {
        for _ in 0..100 {
            match self.call.poll() {
                Output::Authorize { rejected } => self.rejected.extend(rejected),
                Output::Send(request) => {
                    assert!(!self.in_flight, "two requests at once");
                    assert!(self.status.is_none(), "sent after the reply has begun");
                    self.in_flight = true;
                    self.sent.push(request);
                }
                Output::Abort => {
                    self.in_flight = false;
                    self.aborts += 1;
                }
                Output::Reply(head) => {
                    assert!(self.status.replace(head.status).is_none(), "two replies");
                    self.headers = head.headers;
                }
                Output::Write(bytes) => {
                    assert!(self.status.is_some(), "bytes before the reply");
                    self.body.push_str(std::str::from_utf8(&bytes.0).unwrap());
                }
                Output::Wait(until) => {
                    assert!(until <= Duration::from_secs(60), "waits beyond the deadline");
                    self.waits = Some(until);
                    return;
                }
                Output::Done(outcome) => {
                    self.waits = None;
                    if let Some(first) = self.outcome.replace(outcome) {
                        assert_eq!(Some(first), self.outcome, "an outcome does not change");
                    }
                    return;
                }
            }
        }
        panic!("the outputs do not end");
    }

    /// What holds of every call that has ended.
    fn check(&self) {
        let outcome = self.outcome.as_ref().expect("ended");
        assert_eq!(outcome.attempts as usize, self.sent.len());
        assert!(self.sent.len() <= 3, "more than three attempts");
        assert_eq!(outcome.idempotency_key.is_some(), !self.sent.is_empty(), "the key that was sent");
        for request in &self.sent {
            let key = request.headers.iter().find(|header| header.0 == "idempotency-key").unwrap();
            assert_eq!(key.1.expose(), "llm-gw-k", "always the same key");
        }
        let terminators = self.body.matches("event: done").count() + self.body.matches("event: error").count();
        let refused = self.status.is_some_and(|status| status != 200);
        match outcome.status {
            Status::Success => assert!(self.body.contains("event: done") && outcome.usage.is_some()),
            Status::Fallback => {
                assert!(self.body.contains("Sorry.") && outcome.first_content.is_none() && outcome.usage.is_none());
            }
            Status::Cancelled => assert_eq!(terminators, 0),
            Status::Error | Status::Truncated => {
                assert!(refused || self.body.contains("event: error"), "told to the client")
            }
        }
        if outcome.status != Status::Cancelled {
            assert_eq!(terminators, usize::from(!refused), "one terminator after a 200: {}", self.body);
        }
        assert!(outcome.latency <= Duration::from_secs(60));
        let shown = format!("{:?} {:?}", self.call, self.outcome);
        assert!(!shown.contains("canary"), "{shown}");
    }
}

const OK: Event = Head(200, &[("content-type", "application/x-ndjson")]);

/// Script, fallback configured, HTTP status, outcome, code, requests sent.
type Row = (&'static [Event], bool, Option<u16>, Status, Option<Code>, usize);

#[test]
fn scenarios() {
    use Status::*;
    const RETRY_2S: Event = Head(503, &[("Retry-After", "2")]);
    let table: &[Row] = &[
        // all is well
        (&[Token, OK, Chunk(CONTENT), Chunk(TERMINAL)], true, Some(200), Success, None, 1),
        (&[Token, OK, Chunk(TERMINAL)], true, Some(200), Success, None, 1),
        (&[Token, OK, Chunk("{\"usage\":{}}"), End], true, Some(200), Success, None, 1),
        (&[Token, Head(200, &[]), Chunk("junk\n"), Chunk(CONTENT), Chunk(TERMINAL)], true, Some(200), Success, None, 1),
        // no token
        (&[NoToken], true, Some(503), Error, Some(Code::TokenUnavailable), 0),
        (&[Wait], true, Some(503), Error, Some(Code::TokenUnavailable), 0),
        // 1, 2, 4: not reached, reset before headers
        (&[Token, Failed, Wait, Token, OK, Chunk(TERMINAL)], true, Some(200), Success, None, 2),
        (
            &[Token, Failed, Wait, Token, Failed, Wait, Token, Failed],
            true,
            Some(200),
            Fallback,
            Some(Code::UpstreamUnavailable),
            3,
        ),
        (
            &[Token, Failed, Wait, Token, Failed, Wait, Token, Failed],
            false,
            Some(503),
            Error,
            Some(Code::UpstreamUnavailable),
            3,
        ),
        (&[Token, OK, End, Wait, Token, OK, Chunk(TERMINAL)], true, Some(200), Success, None, 2),
        // 3: never answers
        (&[Token, Wait], true, Some(200), Fallback, Some(Code::FirstContentDeadline), 1),
        (&[Token, Wait], false, Some(504), Error, Some(Code::FirstContentDeadline), 1),
        (&[Token, OK, Wait], true, Some(200), Fallback, Some(Code::FirstContentDeadline), 1),
        (&[Token, OK, Chunk("\n{}\n"), Wait], true, Some(200), Fallback, Some(Code::FirstContentDeadline), 1),
        (&[Token, Head(400, &[]), Wait], true, Some(200), Fallback, Some(Code::FirstContentDeadline), 1),
        // 5, 6: the end comes too early
        (&[Token, OK, Chunk(CONTENT), Failed], true, Some(200), Truncated, Some(Code::UpstreamTruncated), 1),
        (&[Token, OK, Chunk(CONTENT), End], true, Some(200), Truncated, Some(Code::UpstreamTruncated), 1),
        (&[Token, OK, Chunk("{}\n"), End], true, Some(502), Truncated, Some(Code::UpstreamTruncated), 1),
        // 7: silence after content
        (&[Token, OK, Chunk(CONTENT), Wait], true, Some(200), Error, Some(Code::IdleDeadline), 1),
        // 10: nothing but junk
        (&[Token, OK, Chunk("junk\n"), End], true, Some(502), Error, Some(Code::UpstreamMalformed), 1),
        // 13, 14
        (
            &[Token, Head(200, &[("content-type", "text/html")])],
            true,
            Some(502),
            Error,
            Some(Code::UpstreamMalformed),
            1,
        ),
        (
            &[Token, Head(307, &[("location", "https://evil")])],
            true,
            Some(502),
            Error,
            Some(Code::UpstreamMalformed),
            1,
        ),
        (&[Token, Head(204, &[])], true, Some(502), Error, Some(Code::UpstreamMalformed), 1),
        (&[Token, Head(0, &[])], true, Some(502), Error, Some(Code::UpstreamMalformed), 1),
        // 15, 16: rate limits
        (
            &[Token, Head(429, &[("retry-after", "1")]), Wait, Token, OK, Chunk(TERMINAL)],
            true,
            Some(200),
            Success,
            None,
            2,
        ),
        (
            &[Token, Head(429, &[("retry-after", "soon")]), Wait, Token, OK, Chunk(TERMINAL)],
            true,
            Some(200),
            Success,
            None,
            2,
        ),
        (&[Token, Head(429, &[("retry-after", "21600")])], true, Some(429), Error, Some(Code::UpstreamRateLimited), 1),
        (
            &[Token, Head(429, &[("retry-after", "99999999999999999999")])],
            true,
            Some(429),
            Error,
            Some(Code::UpstreamRateLimited),
            1,
        ),
        // 17: 5xx
        (&[Token, Head(500, &[])], true, Some(502), Error, Some(Code::UpstreamError), 1),
        (&[Token, Head(501, &[("retry-after", "1")])], true, Some(502), Error, Some(Code::UpstreamError), 1),
        (
            &[Token, Head(502, &[]), Wait, Token, Head(504, &[]), Wait, Token, OK, Chunk(TERMINAL)],
            true,
            Some(200),
            Success,
            None,
            3,
        ),
        (&[Token, Head(503, &[])], true, Some(200), Fallback, Some(Code::UpstreamUnavailable), 1),
        (&[Token, RETRY_2S, Wait, Token, OK, Chunk(TERMINAL)], true, Some(200), Success, None, 2),
        (&[Token, Head(503, &[("retry-after", "30")])], true, Some(503), Error, Some(Code::UpstreamUnavailable), 1),
        // 20: the token dies; one replay
        (&[Token, Head(401, &[]), Token, OK, Chunk(TERMINAL)], true, Some(200), Success, None, 2),
        (&[Token, Head(401, &[]), Token, Head(401, &[])], true, Some(502), Error, Some(Code::UpstreamUnauthorized), 2),
        (&[Token, Head(401, &[]), NoToken], true, Some(503), Error, Some(Code::TokenUnavailable), 1),
        // 23, 24: the client leaves
        (&[Cancel], true, None, Cancelled, None, 0),
        (&[Token, Cancel], true, None, Cancelled, None, 1),
        (&[Token, Failed, Cancel], true, None, Cancelled, None, 1),
        (&[Token, OK, Chunk(LONG), Cancel], true, Some(200), Cancelled, None, 1),
        // 40: an error within a 200
        (&[Token, OK, Chunk(CONTENT), Chunk("{\"error\":{}}\n")], true, Some(200), Error, Some(Code::UpstreamError), 1),
        (&[Token, OK, Chunk("{\"error\":{}}\n")], true, Some(502), Error, Some(Code::UpstreamError), 1),
        // B7: too long
        (
            &[
                Token,
                Head(400, &[]),
                Chunk("{\"code\":\"token.limit."),
                Chunk("exceeded\"}"),
                End,
                Token,
                OK,
                Chunk(TERMINAL),
            ],
            true,
            Some(200),
            Success,
            None,
            2,
        ),
        (
            &[
                Token,
                Head(400, &[]),
                Chunk("{\"code\":\"token.limit.exceeded\"}"),
                End,
                Token,
                Head(400, &[]),
                Chunk("{\"code\":\"token.limit.exceeded\"}"),
                End,
            ],
            true,
            Some(422),
            Error,
            Some(Code::ContextTooLong),
            2,
        ),
        (
            &[Token, Head(400, &[]), Chunk("{\"code\":\"bad.request\"}"), End],
            true,
            Some(502),
            Error,
            Some(Code::UpstreamRejected),
            1,
        ),
        // refusals that are never repeated
        (&[Token, Head(403, &[("retry-after", "1")])], true, Some(403), Error, Some(Code::UpstreamForbidden), 1),
        (&[Token, Head(404, &[])], true, Some(502), Error, Some(Code::UpstreamRejected), 1),
        (&[Token, Head(409, &[])], true, Some(502), Error, Some(Code::UpstreamRejected), 1),
        (&[Token, Head(422, &[])], true, Some(502), Error, Some(Code::UpstreamRejected), 1),
    ];
    for (script, fallback, status, outcome, code, sent) in table {
        let run = Run::new(Format::EventStream, *fallback).play(script);
        run.check();
        let found = run.outcome.as_ref().unwrap();
        assert_eq!(
            (run.status, found.status, found.code, run.sent.len()),
            (*status, *outcome, *code, *sent),
            "{script:?}: {}",
            run.body
        );
        assert!(!run.in_flight || found.status == Success, "left running: {script:?}");
    }
}

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

/// Every script of up to three inputs, from every state, in every order: each must end, never panic, and
/// keep the invariants.
#[test]
fn all_short_scripts() {
    let inputs = [
        Token,
        NoToken,
        OK,
        Head(200, &[("content-type", "text/html")]),
        Head(302, &[]),
        Head(400, &[]),
        Head(401, &[]),
        Head(403, &[]),
        Head(429, &[("retry-after", "1")]),
        Head(500, &[]),
        Head(503, &[]),
        Chunk(CONTENT),
        Chunk(TERMINAL),
        Chunk("junk\n"),
        Chunk("{\"code\":\"token.limit.exceeded\"}"),
        Chunk("{\"error\":1}\n"),
        End,
        Failed,
        Wait,
        Cancel,
    ];
    let beginnings: [&[Event]; 5] =
        [&[], &[Token], &[Token, OK], &[Token, OK, Chunk(CONTENT)], &[Token, Head(400, &[])]];
    let mut scripts = 0;
    for beginning in beginnings {
        for a in &inputs {
            for b in &inputs {
                for c in &inputs {
                    for fallback in [true, false] {
                        let mut run = Run::new(Format::EventStream, fallback).play(beginning);
                        for event in [a, b, c] {
                            run.step(event);
                        }
                        // Left alone, time alone ends it.
                        for _ in 0..20 {
                            if run.outcome.is_some() {
                                break;
                            }
                            run.step(&Wait);
                        }
                        run.check();
                        scripts += 1;
                    }
                }
            }
        }
    }
    assert_eq!(scripts, 5 * 20 * 20 * 20 * 2);
}

/// The body that the client sees when upstream's bytes come in these pieces.
fn answer(stream: &[u8], places: &[usize], format: Format) -> (String, Outcome) {
    let mut run = Run::new(format, true).play(&[Token, OK]);
    let mut from = 0;
    for place in places.iter().copied().chain([stream.len()]) {
        run.call.handle(run.now, Input::Chunk(Bytes(stream[from..place].to_vec())), &mut run.health);
        run.drain();
        from = place;
    }
    run.step(&End);
    (run.body, run.outcome.unwrap())
}

proptest::proptest! {
    #[test]
    fn cuts_change_nothing(
        frames in proptest::collection::vec(0usize..8, 0..30),
        places: Vec<proptest::sample::Index>,
        format in proptest::sample::select(vec![Format::EventStream, Format::NdJson, Format::Json]),
    ) {
        let kinds = ["{\"content\":\"né😀\"}\n", "{\"content\":\"a\"}\r\n", "\n", "\r\n", "junk\n", "{}\n", TERMINAL, "{\"error\":1}\n"];
        let text: String = std::iter::once("\u{feff}").chain(frames.iter().map(|kind| kinds[*kind])).collect();
        let stream = text.as_bytes();
        let mut places: Vec<usize> = places.iter().map(|place| place.index(stream.len() + 1)).collect();
        places.sort_unstable();
        let whole = answer(stream, &[], format);
        assert_eq!(answer(stream, &places, format), whole);
        assert_eq!(answer(stream, &(0..=stream.len()).collect::<Vec<_>>(), format), whole);
    }
}
