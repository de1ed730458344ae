//! Provisioning, fault by fault (reliability, rows 33 and 36).

use super::*;
use crate::governance::Occasion;

const UP: &str = "0b7e2d6a-0000-4000-8000-000000000001";

/// A machine, its breaker and its clock. It is stored and restored between any two steps.
struct World {
    machine: Provisioning,
    health: Health,
    now: u64,
    /// Method, address and key of what was sent, and when after the start.
    sent: Vec<(String, u64, bool)>,
}

impl World {
    fn new() -> World {
        let origin = Origin { id: ID.into(), tenant: "t".into(), key_id: "k".into(), request_id: "r".into() };
        let machine =
            Provisioning::submit(None, submission(&definition()).unwrap(), origin, Polling::DEFAULT, START, 7);
        World { machine, health: Health::default(), now: START, sent: Vec::new() }
    }

    /// Steps until something is sent or the end; gives the attempt.
    fn send(&mut self) -> Option<u32> {
        loop {
            self.machine = Provisioning::restore(self.machine.stored().expose()).unwrap();
            match self.machine.step(self.now, &mut self.health) {
                Step::Wait(until) => {
                    assert!(until > self.now && until <= self.now + 600_000);
                    // Early and repeated alarms change nothing.
                    let before = self.machine.clone();
                    assert_eq!(self.machine.step(self.now, &mut self.health), Step::Wait(until));
                    assert_eq!(self.machine.step(until - 1, &mut self.health), Step::Wait(until));
                    assert_eq!(self.machine, before);
                    self.now = until;
                }
                Step::Done => return None,
                Step::Send(dispatch) => {
                    let request = self.machine.request(&endpoints(), &token()).unwrap();
                    let key = request.headers.iter().find(|(name, _)| *name == "idempotency-key");
                    let key = key.map_or("", |(_, key)| key.expose()).to_owned();
                    let line =
                        format!("{} {} {key}", request.method, request.url.trim_start_matches("https://api.example"));
                    self.sent.push((line, self.now - START, dispatch.fresh_token));
                    return Some(dispatch.attempt);
                }
            }
        }
    }

    /// Runs the script, one answer per request, 100 ms each; the last one is repeated to the end.
    fn run(mut self, script: &[Received]) -> World {
        let mut answers = script.iter().chain(std::iter::repeat(script.last().unwrap()));
        while let Some(attempt) = self.send() {
            assert!(self.sent.len() < 50, "it is bounded");
            self.now += 100;
            self.machine.received(attempt, self.now, answers.next().unwrap(), &mut self.health);
        }
        assert_eq!(self.machine.step(u64::MAX / 2, &mut self.health), Step::Done);
        self
    }

    fn statuses(&self) -> Vec<ModelStatus> {
        self.machine.events_after(0).map(|event| event.status).collect()
    }

    fn code(&self) -> &str {
        self.machine.failure().map_or("", |failure| failure.code.as_str())
    }

    fn polls(&self) -> usize {
        self.sent.iter().filter(|(line, ..)| line.starts_with("GET")).count()
    }
}

fn accepted() -> Received {
    answer(202, &[], &json!({"id": UP, "status": "PENDING"}).to_string())
}

fn state(status: &str) -> Received {
    let body = json!({"id": UP, "status": status, "errorReason": format!("bad key {CANARY}"),
        "capabilities": {"max_context_window": 8192, "restricted_safety_filters": ["political"]}});
    answer(200, &[("ININ-Correlation-Id", "c-9")], &body.to_string())
}

#[test]
fn the_straight_way() {
    use ModelStatus::{Active, Pending, Provisioning, Submitted};
    let world =
        World::new().run(&[accepted(), state("PENDING"), state("PROVISIONING"), state("WARMING"), state("ACTIVE")]);
    assert_eq!(world.statuses(), [Submitted, Pending, Provisioning, Active]);
    assert_eq!(world.sent[0].0, format!("POST /api/v2/ai/models llm-gw-{ID}-{START}-0"));
    assert_eq!(world.sent[1].0, format!("GET /api/v2/ai/models/{UP} "));
    assert_eq!(world.machine.active().unwrap().as_str(), UP);
    assert_eq!(world.machine.capabilities().unwrap().max_context_window, 8192);
    assert_eq!(world.machine.correlation_id(), Some("c-9"));
    let sequences: Vec<_> = world.machine.events_after(0).map(|event| event.sequence).collect();
    assert_eq!(sequences, [1, 2, 3, 4]);
    assert_eq!(world.machine.events_after(3).count(), 1);
    let event = world.machine.events_after(3).next().unwrap().server_sent();
    assert!(
        event.starts_with("id: 4\nevent: status\ndata: {\"sequence\":4,\"timestamp\":\"2027-01-15T08:01:"),
        "{event}"
    );
    assert!(event.ends_with("\"status\":\"ACTIVE\"}\n\n"), "{event}");
}

#[test]
fn polls_are_spaced_by_doubling_with_jitter_to_a_cap() {
    let world = World::new().run(&[accepted(), state("PENDING")]);
    let times: Vec<u64> = world.sent.iter().skip(1).map(|(_, at, _)| *at).collect();
    assert_eq!(times.len(), Polling::DEFAULT.tries as usize);
    let waits: Vec<u64> = std::iter::once(times[0]).chain(times.windows(2).map(|pair| pair[1] - pair[0])).collect();
    for (n, wait) in waits.iter().enumerate() {
        let base = (5_000 << n.min(8)).min(59_000);
        assert!((base..=base + 1_100).contains(wait), "{n}: {wait}");
    }
    assert!(waits.iter().any(|wait| wait % 1_000 != 100), "there is jitter");
}

// Rows C2, row 36.
#[test]
fn every_end_is_bounded_and_terminal() {
    let seconds = |status, seconds| answer(status, &[("Retry-After", seconds)], "");
    for (name, script, polls, code) in [
        ("for ever", vec![accepted(), state("PENDING")], 15, "provisioning_timeout"),
        ("failed", vec![accepted(), state("FAILED")], 1, "provisioning_failed"),
        ("regressing", vec![accepted(), state("PROVISIONING"), state("PENDING")], 15, "provisioning_timeout"),
        ("unknown", vec![accepted(), state("<b>NEW</b>")], 15, "provisioning_timeout"),
        ("404", vec![accepted(), not_found()], 1, "model_lost"),
        ("404 of a proxy", vec![accepted(), answer(404, &[], "")], 1, "upstream_malformed"),
        ("403", vec![accepted(), answer(403, &[], "")], 1, "upstream_forbidden"),
        ("401", vec![accepted(), answer(401, &[], "")], 2, "upstream_unauthorized"),
        (
            "401 once",
            vec![accepted(), answer(401, &[], ""), state("PENDING"), answer(401, &[], ""), state("ACTIVE")],
            4,
            "",
        ),
        ("429", vec![accepted(), answer(429, &[], ""), state("ACTIVE")], 2, ""),
        ("429 for ever", vec![accepted(), seconds(429, "99999999")], 15, "provisioning_timeout"),
        ("500", vec![accepted(), answer(500, &[], "canary"), state("ACTIVE")], 2, ""),
        ("503 for ever", vec![accepted(), answer(503, &[], "canary")], 15, "provisioning_timeout"),
        ("malformed", vec![accepted(), answer(200, &[], "<html>canary"), state("ACTIVE")], 2, ""),
        (
            "another's",
            vec![accepted(), answer(200, &[], r#"{"id":"other","status":"ACTIVE"}"#)],
            15,
            "provisioning_timeout",
        ),
        ("unreachable", vec![accepted(), Received::Unreachable, state("ACTIVE")], 2, ""),
        (
            "a redirect",
            vec![accepted(), answer(302, &[("Location", "https://canary.example")], "")],
            1,
            "upstream_malformed",
        ),
        ("refused", vec![answer(400, &[], "canary")], 0, "upstream_rejected"),
        ("no id", vec![answer(202, &[], "{}")], 0, "upstream_malformed"),
        ("a bad id", vec![answer(202, &[], r#"{"id":"../x","status":"PENDING"}"#)], 0, "upstream_malformed"),
        ("no scope", vec![answer(403, &[], "")], 0, "upstream_forbidden"),
        ("500 at once", vec![answer(500, &[], "")], 0, "upstream_error"),
        ("503 without a time", vec![answer(503, &[], "")], 0, "upstream_unavailable"),
        ("503 for ever at once", vec![seconds(503, "1")], 0, "upstream_unavailable"),
        ("conflict", vec![answer(409, &[("Retry-After", "1")], r#"{"code":"conflict"}"#)], 0, "model_not_active"),
    ] {
        let world = World::new().run(&script);
        assert_eq!((world.polls(), world.code()), (polls, code), "{name}");
        assert!(world.statuses().is_sorted() && world.machine.status().is_final(), "{name}");
        let shown = format!("{:?} {} {}", world.machine, world.machine.document(), world.machine.stored().expose());
        assert!(!shown.contains("canary"), "{name}: once it has ended, no key is left: {shown}");
    }
}

#[test]
fn the_submission_is_repeated_with_its_key_and_no_more_than_it_may_be() {
    let key = format!("POST /api/v2/ai/models llm-gw-{ID}-{START}-0");
    for (name, script, posts) in [
        ("unreachable", vec![Received::Unreachable], 3),
        ("504", vec![answer(504, &[], ""), accepted(), state("ACTIVE")], 2),
        ("429", vec![answer(429, &[("Retry-After", "7")], ""), accepted(), state("ACTIVE")], 2),
        ("401", vec![answer(401, &[], ""), accepted(), state("ACTIVE")], 2),
        ("401 twice", vec![answer(401, &[], "")], 2),
        (
            "still running",
            vec![
                answer(409, &[("Retry-After", "1")], r#"{"code":"idempotency.in.progress"}"#),
                accepted(),
                state("ACTIVE"),
            ],
            2,
        ),
        ("413", vec![answer(413, &[], "")], 1),
    ] {
        let world = World::new().run(&script);
        let found: Vec<_> = world.sent.iter().filter(|(line, ..)| line.starts_with("POST")).collect();
        assert_eq!(found.len(), posts, "{name}");
        assert!(found.iter().all(|(line, ..)| *line == key), "{name}");
        if name == "429" {
            assert!(found[1].1 >= 7_000, "Retry-After is a lower bound");
        }
        assert_eq!(found.get(1).is_some_and(|(.., fresh)| *fresh), name.starts_with("401"), "{name}");
    }
}

#[test]
fn a_crash_in_flight_is_a_lost_request() {
    let mut world = World::new();
    let lost = world.send().unwrap();
    let stored = world.machine.stored();
    // The process dies; the alarm that guards the request comes, early first.
    world.machine = Provisioning::restore(stored.expose()).unwrap();
    assert_eq!(world.machine.step(world.now + 1, &mut world.health), Step::Wait(START + EXCHANGE_MS));
    world.now += EXCHANGE_MS;
    let again = world.send().unwrap();
    assert_ne!(lost, again);
    // What the dead one has sent comes after all, and is not taken for the answer.
    world.machine.received(lost, world.now, &answer(400, &[], ""), &mut world.health);
    world.machine.received(again, world.now, &accepted(), &mut world.health);
    assert_eq!(world.machine.status(), ModelStatus::Pending);
    assert_eq!(world.sent[0].0, world.sent[1].0, "the same key");
}

// Rows row 22, row 33.
#[test]
fn late_alarms_and_clocks_that_jump() {
    let mut world = World::new();
    let attempt = world.send().unwrap();
    world.machine.received(attempt, world.now, &accepted(), &mut world.health);
    let Step::Wait(until) = world.machine.step(world.now, &mut world.health) else { panic!() };
    let mut late = world.machine.clone();
    assert!(matches!(late.step(until + 86_400_000, &mut world.health), Step::Send(_)), "a day late");
    let mut back = world.machine.clone();
    let Step::Wait(soon) = back.step(0, &mut world.health) else { panic!() };
    assert!(soon <= 600_000, "a clock that jumped back by years waits ten minutes");
}

#[test]
fn the_breaker_holds_a_submission_back() {
    let mut world = World::new();
    for _ in 0..5 {
        world.health.failed("", START);
    }
    let attempt = world.send().unwrap();
    assert!(world.now >= START + 10_000);
    world.machine.received(attempt, world.now, &accepted(), &mut world.health);
    assert_eq!(world.machine.status(), ModelStatus::Pending);
}

#[test]
fn a_poll_does_not_close_the_breaker() {
    let mut world = World::new();
    let attempt = world.send().unwrap();
    world.machine.received(attempt, world.now, &accepted(), &mut world.health);
    for _ in 0..5 {
        world.health.failed("", world.now);
    }
    let open = world.health.clone();
    let attempt = world.send().unwrap();
    world.machine.received(attempt, world.now, &state("PENDING"), &mut world.health);
    assert_eq!(world.health, open, "who has not asked does not tell");
}

proptest::proptest! {
    /// Whatever comes, in whatever order, it ends, and its status never goes back.
    #[test]
    fn every_script_ends(script in proptest::collection::vec(0_usize..14, 1..40)) {
        let answers: Vec<Received> = script
            .iter()
            .map(|kind| match kind {
                0 => accepted(),
                1 => state("PENDING"),
                2 => state("PROVISIONING"),
                3 => state("ODD"),
                4 => answer(401, &[], ""),
                5 => answer(429, &[("Retry-After", "3")], ""),
                6 => answer(503, &[("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT")], ""),
                7 => answer(500, &[], ""),
                8 => answer(200, &[], "{"),
                9 => Received::Unreachable,
                10 => Received::NoToken(Problem::new(crate::problem::Code::TokenUnavailable, "")),
                11 => answer(409, &[("Retry-After", "1")], r#"{"code":"idempotency.in.progress"}"#),
                12 => state("ACTIVE"),
                _ => state("FAILED"),
            })
            .collect();
        let world = World::new().run(&answers);
        proptest::prop_assert!(world.sent.len() <= 2 * Polling::DEFAULT.tries as usize + 6);
        proptest::prop_assert!(world.statuses().is_sorted() && world.machine.status().is_final());
        proptest::prop_assert_eq!(world.machine.failure().is_some(), world.machine.active().is_err());
    }
}

#[test]
fn a_second_submission_creates_nothing() {
    let again = |world: World| {
        let origin = Origin { id: ID.into(), tenant: "t".into(), key_id: "k".into(), request_id: "r2".into() };
        let now = world.now;
        let machine = Provisioning::submit(
            Some(world.machine),
            submission(&definition()).unwrap(),
            origin,
            Polling::DEFAULT,
            now,
            8,
        );
        World { machine, health: Health::default(), now, sent: Vec::new() }
    };
    // While it runs nothing is sent.
    let mut running = World::new();
    let attempt = running.send().unwrap();
    running.machine.received(attempt, running.now, &accepted(), &mut running.health);
    let before = running.machine.clone();
    assert_eq!(again(running).machine, before);
    // When it is active it is looked for, and is as it was unless upstream reports that it is not.
    for said in
        [state("ACTIVE"), state("PENDING"), answer(503, &[], ""), answer(404, &[], "<html>"), Received::Unreachable]
    {
        let active = again(World::new().run(&[accepted(), state("ACTIVE")])).run(std::slice::from_ref(&said));
        assert_eq!(
            active.sent.iter().map(|(line, ..)| line.trim_end()).collect::<Vec<_>>(),
            [format!("GET /api/v2/ai/models/{UP}")]
        );
        assert_eq!(active.machine.status(), ModelStatus::Active, "{said:?}");
        assert!(!active.machine.stored().expose().contains(CANARY));
    }
    // One that is gone is made anew, by another key.
    let gone = again(World::new().run(&[accepted(), state("ACTIVE")])).run(&[not_found(), accepted(), state("ACTIVE")]);
    assert_eq!(gone.sent[1].0, format!("POST /api/v2/ai/models llm-gw-{ID}-{START}-1"));
    use ModelStatus::{Active, Lost, Pending, Submitted};
    assert_eq!(gone.statuses(), [Submitted, Pending, Active, Lost, Submitted, Pending, Active]);
    assert!(gone.machine.active().is_ok() && !gone.machine.stored().expose().contains(CANARY));
    // After a time-out: the same key, so upstream gives the same model.
    let late = again(World::new().run(&[accepted(), state("PENDING")])).run(&[accepted(), state("ACTIVE")]);
    assert_eq!(late.sent[0].0, format!("POST /api/v2/ai/models llm-gw-{ID}-{START}-0"));
    let sequences: Vec<_> = late.machine.events_after(0).map(|event| event.sequence).collect();
    assert_eq!(sequences, (1..=6).collect::<Vec<_>>(), "numbers go on");
    // After upstream's failure: another key, so upstream makes another.
    let failed = again(World::new().run(&[accepted(), state("FAILED")])).run(&[accepted(), state("ACTIVE")]);
    assert_eq!(failed.sent[0].0, format!("POST /api/v2/ai/models llm-gw-{ID}-{START}-1"));
}

#[test]
fn what_is_stored_and_shown() {
    let world = World::new();
    assert!(world.machine.stored().expose().contains(CANARY), "the submission may have to be repeated");
    assert!(!format!("{:?} {:?}", world.machine, world.machine.stored()).contains("canary"));
    assert!(world.machine.active().unwrap_err().retry_after.is_some());
    let occasion = Occasion { request_id: "r", environment: "production", now_ms: START, ..Occasion::for_test() };
    let row = Record::submitted(occasion, &world.machine);
    let reply = world.machine.reply(&row, &[]);
    assert_eq!(reply.head.status, 202);
    assert!(reply.head.headers.contains(&("location", format!("/v1/models/{ID}"))));
    let body: Value = serde_json::from_slice(&reply.body.0).unwrap();
    assert_eq!(body["auditLog"]["action"], "MODEL_SUBMITTED");
    assert_eq!(body["model"]["status"], "SUBMITTED");
    assert!(!body.to_string().contains("canary"));
    let active = World::new().run(&[accepted(), state("ACTIVE")]).machine;
    let row = Record::provisioned(occasion, &active);
    assert_eq!(active.reply(&row, &[]).head.status, 201);
    assert!(row.document().to_string().contains("MODEL_CREATED"));
    for foreign in ["", "{}", "[]", "canary", r#"{"origin":{}}"#] {
        let problem = Provisioning::restore(foreign).unwrap_err();
        assert!(!format!("{problem:?}").contains("canary"));
    }
}
