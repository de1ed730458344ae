//! Scripts with a virtual clock: a table of scenarios, all short scripts, and cuts at random places.

mod health;
mod openai;
mod properties;
mod rules;
mod scenarios;

use std::time::Duration;

use super::*;
use crate::chat::{ChatRules, Trimmed};
use crate::front::{Encoded, Encoder, Front};
use crate::guard::Guards;
use crate::reply::Format;
use crate::sensitive::Sensitive;
use crate::upstream::genesys::Endpoints;
use crate::upstream::oauth::ClientCredentials;
use crate::upstream::{Credential, Target, Upstream, Wire};

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
    Flushed,
}
use Event::*;

/// A call, its shared health, and everything that came out of it.
struct Run {
    call: Call,
    encoder: Encoder,
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

fn prepared() -> Trimmed {
    static PREPARED: std::sync::LazyLock<Trimmed> = std::sync::LazyLock::new(|| prepare(80));
    PREPARED.clone()
}

fn prepare(max_tokens: u64) -> Trimmed {
    let body = serde_json::json!({
        "systemInstructions": ["Be brief."],
        "context": [{"role": "agent", "content": "x".repeat(200)}, {"role": "user", "content": "canary"}],
        "temperature": 0, "maxTokens": max_tokens, "modelId": "m",
    });
    let decoded = crate::front::promptgate::decode(body.to_string().as_bytes()).unwrap();
    decoded
        .prepare(&Guards::default().input, &ChatRules::default(), None, &mut promptgate_vocabularies::counters())
        .unwrap()
}

/// The upstream of the short form.
fn genesys() -> Vec<Target> {
    let endpoints = Endpoints { api: "https://api".into(), login: "https://login".into() };
    let secret = || Sensitive::new("canary-client");
    let upstream = Upstream {
        name: "genesys".into(),
        idempotent: true,
        provider: None,
        wire: Wire::Genesys(endpoints),
        credential: Credential::Client {
            login: "https://login".into(),
            client: ClientCredentials { id: secret(), secret: secret(), scope: None },
        },
    };
    vec![Target { upstream: upstream.into(), model: "m".into(), rate: None }]
}

impl Run {
    fn new(format: Format, fallback: bool) -> Run {
        Run::of(Job::Chat(Box::new(prepared())), genesys(), Front::Promptgate(format), fallback)
    }

    fn of(job: Job, targets: Vec<Target>, front: Front, fallback: bool) -> Run {
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
        let call = Call::new(job, Guards::default().output, targets, rules, identity);
        let mut run = Run {
            encoder: Encoder::new(front, &call.about()),
            call,
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

    /// A piece of the body, which the client takes at once.
    fn bytes(&mut self, bytes: &str) {
        self.call.handle(self.now, Input::Chunk(Bytes(bytes.as_bytes().to_vec())), &mut self.health);
        self.drain();
        self.call.handle(self.now, Input::Flushed, &mut self.health);
        self.drain();
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
            Flushed => Input::Flushed,
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
        while self.drain_step() {
            self.call.handle(self.now, Input::Tick, &mut self.health);
        }
    }

    /// The same, up to the next time that the call lets others run; returns whether it did.
    fn drain_step(&mut self) -> bool {
        for _ in 0..100 {
            match self.call.poll() {
                Output::Yield => {
                    assert!(self.outcome.is_none());
                    return true;
                }
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
                Output::Answer(events) => {
                    assert!(!events.is_empty());
                    let Encoded { head, bytes } = self.encoder.encode(events);
                    if let Some(head) = head {
                        assert!(self.status.replace(head.status).is_none(), "two replies");
                        self.headers = head.headers;
                    }
                    assert!(bytes.0.is_empty() || self.status.is_some(), "bytes before the reply");
                    self.body.push_str(std::str::from_utf8(&bytes.0).unwrap());
                    // A client need not take what its format holds back.
                    if bytes.0.is_empty() {
                        self.call.handle(self.now, Input::Flushed, &mut self.health);
                    }
                }
                Output::Wait(until) => {
                    assert!(until <= Duration::from_secs(60), "waits beyond the deadline");
                    self.waits = Some(until);
                    return false;
                }
                Output::Done(outcome) => {
                    self.waits = None;
                    if let Some(first) = self.outcome.replace(*outcome) {
                        assert_eq!(Some(first), self.outcome, "an outcome does not change");
                    }
                    return false;
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
                assert!(refused || self.body.contains("event: error"), "the client gets an error event")
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
