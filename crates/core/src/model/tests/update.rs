//! Configuration updates: applied, refused, deferred, replaced (requirements, D3 and D4).

use super::*;
use crate::governance::Metrics;
use crate::governance::{AuditOutcome, Occasion};
use crate::upstream::genesys::ModelId;

fn configuration(max_tokens: u64) -> Configuration {
    let document = json!({
        "model_id": ID, "temperature_matrix": {"default": 0.7, "creative": 1.2, "precise": 0.3},
        "safety_filters": [{"filter_type": "pii", "action": "redact", "threshold": 85}],
        "max_tokens": max_tokens, "compliance_mode": "strict",
    });
    Configuration::parse(document.to_string().as_bytes(), ID).unwrap()
}

struct World {
    updates: Updates,
    health: Health,
    now: u64,
    /// `max_tokens` of what was sent, and when after the start.
    sent: Vec<(u64, u64)>,
    settled: Vec<(u32, UpdateStatus, Option<String>)>,
}

impl World {
    fn new() -> World {
        let updates = Updates::new(ModelId::try_from("up-1".to_owned()).unwrap(), Polling::DEFAULT.first_ms, 7);
        World { updates, health: Health::default(), now: START, sent: Vec::new(), settled: Vec::new() }
    }

    fn offer(&mut self, max_tokens: u64) -> u32 {
        self.updates.offer(configuration(max_tokens), "r", "k", self.now)
    }

    /// Steps until something is sent; none where all has ended. Stored and restored in between.
    fn send(&mut self) -> Option<u32> {
        loop {
            self.updates = serde_json::from_str(&serde_json::to_string(&self.updates).unwrap()).unwrap();
            let step = self.updates.step(self.now, &mut self.health);
            self.settle();
            match step {
                Step::Wait(until) => {
                    assert!(until > self.now);
                    let before = self.updates.clone();
                    assert_eq!(self.updates.step(self.now, &mut self.health), Step::Wait(until), "an early alarm");
                    assert_eq!(self.updates, before);
                    self.now = until;
                }
                Step::Done => return None,
                Step::Send(dispatch) => {
                    let request = self.updates.request(&endpoints(), &token()).unwrap();
                    assert_eq!(request.url, "https://api.example/api/v2/ai/models/up-1/configuration");
                    let body: Value = serde_json::from_slice(&request.body.0).unwrap();
                    self.sent.push((body["max_tokens"].as_u64().unwrap(), self.now - START));
                    return Some(dispatch.attempt);
                }
            }
        }
    }

    fn receive(&mut self, attempt: u32, received: &Received) {
        self.now += 100;
        self.updates.received(attempt, self.now, received, &mut self.health);
        self.settle();
    }

    fn settle(&mut self) {
        let ended = self.updates.take_settled().into_iter();
        self.settled
            .extend(ended.map(|update| (update.revision, update.status, update.failure.map(|failure| failure.code))));
    }

    fn run(mut self, script: &[Received]) -> World {
        let mut answers = script.iter().chain(std::iter::repeat(script.last().unwrap()));
        while let Some(attempt) = self.send() {
            assert!(self.sent.len() < 1_000, "it is bounded");
            self.receive(attempt, answers.next().unwrap());
        }
        self
    }
}

fn ok() -> Received {
    answer(200, &[], r#"{"version":1}"#)
}

#[test]
fn every_answer_has_its_end() {
    let away = |status| answer(status, &[], "canary");
    for (name, script, sent, status, code) in [
        ("applied", vec![ok()], 1, UpdateStatus::Applied, None),
        ("204", vec![away(204)], 1, UpdateStatus::Applied, None),
        ("401 once", vec![away(401), ok()], 2, UpdateStatus::Applied, None),
        ("401", vec![away(401)], 2, UpdateStatus::Refused, Some("upstream_unauthorized")),
        ("429 three times", vec![away(429), away(429), away(429), ok()], 4, UpdateStatus::Applied, None),
        ("429", vec![away(429)], 4, UpdateStatus::Refused, Some("upstream_rate_limited")),
        ("400", vec![away(400)], 1, UpdateStatus::Refused, Some("upstream_rejected")),
        ("403", vec![away(403)], 1, UpdateStatus::Refused, Some("upstream_forbidden")),
        ("404", vec![not_found()], 1, UpdateStatus::Refused, Some("model_lost")),
        ("404 of a proxy", vec![away(404)], 1, UpdateStatus::Refused, Some("upstream_malformed")),
        ("409", vec![away(409)], 1, UpdateStatus::Refused, Some("model_not_active")),
        ("500", vec![away(500)], 1, UpdateStatus::Refused, Some("upstream_error")),
        ("503", vec![away(503), away(503), ok()], 3, UpdateStatus::Applied, None),
        ("502", vec![away(502), ok()], 2, UpdateStatus::Applied, None),
        ("unreachable", vec![Received::Unreachable, ok()], 2, UpdateStatus::Applied, None),
        (
            "429 while it is kept",
            vec![away(503), away(429), away(429), away(429), away(429), away(429), ok()],
            7,
            UpdateStatus::Applied,
            None,
        ),
    ] {
        let mut world = World::new();
        world.offer(1);
        let world = world.run(&script);
        assert_eq!(world.settled, [(1, status, code.map(str::to_owned))], "{name}");
        assert_eq!(world.sent.len(), sent, "{name}");
        assert_eq!(world.updates.applied().is_some(), status == UpdateStatus::Applied, "{name}");
        assert!(!format!("{:?}", world.updates).contains("canary"), "{name}");
    }
}

#[test]
fn what_is_deferred_comes_back_at_growing_times_and_not_for_ever() {
    let mut world = World::new();
    world.offer(1);
    let attempt = world.send().unwrap();
    world.receive(attempt, &answer(503, &[], ""));
    let open = world.updates.open().unwrap();
    assert_eq!((open.status, open.revision), (UpdateStatus::Deferred, 1), "the client is told");
    let world = world.run(&[answer(503, &[("Retry-After", "5")], "")]);
    assert_eq!(world.settled, [(1, UpdateStatus::Refused, Some("upstream_unavailable".to_owned()))]);
    let day = 24 * 60 * 60 * 1000;
    let last = world.sent.last().unwrap().1;
    assert!((day..day + 700_000).contains(&last), "{last}");
    let waits: Vec<u64> = world.sent.windows(2).map(|pair| pair[1].1 - pair[0].1).collect();
    assert!(waits[0] >= 5_000 && waits[0] <= 20_200, "{waits:?}");
    assert!(waits.iter().skip(10).all(|wait| (300_000..=612_000).contains(wait)), "{waits:?}");
}

#[test]
fn an_open_breaker_defers_and_sends_nothing() {
    let mut world = World::new();
    for _ in 0..5 {
        world.health.failed("", START);
    }
    world.offer(1);
    assert!(matches!(world.updates.step(START, &mut world.health), Step::Wait(_)));
    assert_eq!(world.updates.open().unwrap().status, UpdateStatus::Deferred);
    let world = world.run(&[ok()]);
    assert!(world.sent[0].1 >= 10_000);
    assert_eq!(world.settled, [(1, UpdateStatus::Applied, None)]);
}

#[test]
fn the_newest_takes_the_place_of_a_kept_one() {
    let mut world = World::new();
    world.offer(1);
    let attempt = world.send().unwrap();
    world.receive(attempt, &answer(503, &[], ""));
    world.offer(2);
    world.offer(3);
    let world = world.run(&[ok()]);
    assert_eq!(world.sent.iter().map(|(tokens, _)| *tokens).collect::<Vec<_>>(), [1, 3]);
    let superseded = |revision| (revision, UpdateStatus::Superseded, None);
    assert_eq!(world.settled, [superseded(1), superseded(2), (3, UpdateStatus::Applied, None)]);
}

#[test]
fn nothing_overtakes_what_is_in_flight() {
    for (first, ends) in [
        (ok(), vec![(2, UpdateStatus::Superseded), (1, UpdateStatus::Applied), (3, UpdateStatus::Applied)]),
        (
            answer(503, &[], ""),
            vec![(2, UpdateStatus::Superseded), (1, UpdateStatus::Superseded), (3, UpdateStatus::Applied)],
        ),
        (
            answer(400, &[], ""),
            vec![(2, UpdateStatus::Superseded), (1, UpdateStatus::Refused), (3, UpdateStatus::Applied)],
        ),
    ] {
        let mut world = World::new();
        world.offer(1);
        let attempt = world.send().unwrap();
        world.offer(2);
        world.offer(3);
        assert!(matches!(world.updates.step(world.now, &mut world.health), Step::Wait(_)), "one at a time");
        world.receive(attempt, &first);
        let world = world.run(&[ok()]);
        assert_eq!(world.settled.iter().map(|(revision, status, _)| (*revision, *status)).collect::<Vec<_>>(), ends);
        assert_eq!(world.sent.iter().map(|(tokens, _)| *tokens).collect::<Vec<_>>(), [1, 3]);
    }
}

#[test]
fn a_crash_in_flight_is_a_lost_request() {
    let mut world = World::new();
    world.offer(1);
    let lost = world.send().unwrap();
    world.now += EXCHANGE_MS;
    let again = world.send().unwrap();
    world.receive(lost, &answer(400, &[], ""));
    assert_eq!(world.settled, []);
    world.receive(again, &ok());
    world.receive(again, &answer(400, &[], ""));
    assert_eq!(world.settled, [(1, UpdateStatus::Applied, None)]);
}

// Row D4.
#[test]
fn rows_webhooks_and_counters() {
    let occasion = Occasion { request_id: "r", environment: "production", now_ms: START, ..Occasion::for_test() };
    let mut metrics = Metrics::default();
    let mut end = |received: &Received| {
        let mut world = World::new();
        world.offer(7);
        let attempt = world.send().unwrap();
        world.now += 400;
        world.updates.received(attempt, world.now, received, &mut world.health);
        let update = world.updates.take_settled().pop().or_else(|| world.updates.open().cloned()).unwrap();
        let row = Record::update(occasion, ID, &update);
        row.measure("gpt-4o", &mut metrics);
        (row.clone(), row.config_change(&update), update.reply(&row).map(|reply| reply.head.status))
    };
    let (row, webhook, status) = end(&ok());
    let line: Value = row.document();
    assert_eq!(line["latencyMs"], 400);
    assert_eq!(line["complianceMode"], "strict");
    assert_eq!(line["payloadHash"], configuration(7).hash());
    assert_eq!(status, Ok(200));
    let webhook: Value = serde_json::from_str(&webhook.unwrap()).unwrap();
    assert_eq!(webhook["event"], "llm_config_change");
    assert_eq!(webhook["configuration_snapshot"]["safety_filters_count"], 1);
    let (row, webhook, status) = end(&answer(503, &[], ""));
    assert!(
        (row.event().outcome, row.event().code.as_deref()) == (AuditOutcome::Deferred, Some("upstream_unavailable"))
    );
    assert_eq!((webhook, status), (None, Ok(202)));
    let (row, webhook, status) = end(&answer(409, &[], ""));
    assert!((row.event().outcome, row.event().code.as_deref()) == (AuditOutcome::Refused, Some("model_not_active")));
    assert_eq!((webhook, status.unwrap_err().code.status()), (None, 409));
    let text = metrics.prometheus();
    for line in [
        "promptgate_model_configuration_updates_total{result=\"success\"} 1",
        "promptgate_model_configuration_updates_total{result=\"failure\"} 1",
        "promptgate_model_configuration_update_seconds_sum 0.400",
        "promptgate_model_configuration_update_seconds_count 1",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}\n{text}");
    }
}
