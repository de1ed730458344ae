//! A model as its object keeps it: commands, alarms, a restart at every step.

use super::*;
use crate::settings::Settings;
use crate::upstream::genesys;

fn settings() -> Settings {
    let keys = format!("acme:{}", "0".repeat(64));
    Settings::read(|name| match name {
        "CLIENT_KEYS" => Some(keys.clone()),
        "UPSTREAM_CLIENT_ID" | "UPSTREAM_CLIENT_SECRET" => Some("x".to_owned()),
        "WEBHOOK_URL" => Some("https://hooks.example".to_owned()),
        _ => None,
    })
    .unwrap()
}

fn command(tenant: &str, verb: Verb) -> Command {
    Command {
        id: ID.into(),
        tenant: tenant.into(),
        any_tenant: false,
        key_id: "k".into(),
        request_id: "r-1".into(),
        started_ms: START,
        verb,
        key_unchecked: false,
    }
}

struct Object {
    kept: Option<ManagedModel>,
    now: u64,
    rows: Vec<Value>,
    webhooks: usize,
    sent: usize,
}

impl Object {
    fn new() -> Object {
        Object { kept: None, now: START, rows: Vec::new(), webhooks: 0, sent: 0 }
    }

    /// The status of the answer and its document; status 0 where it waits.
    fn ask(&mut self, tenant: &str, verb: Verb, late: bool) -> (u16, Value) {
        let (command, settings) = (command(tenant, verb), settings());
        let taken = match ManagedModel::take(&mut self.kept, &command, &settings, self.now, 7) {
            Ok(taken) => taken,
            Err(problem) => return (problem.code.status(), json!(problem.code.as_str())),
        };
        let answer = self.kept.as_mut().unwrap().answer(&command, &taken, late, &settings, self.now);
        self.restart();
        match answer {
            None => (0, Value::Null),
            Some(Ok(reply)) => (reply.head.status, serde_json::from_slice(&reply.body.0).unwrap()),
            Some(Err(problem)) => (problem.code.status(), json!(problem.code.as_str())),
        }
    }

    /// Alarms until nothing is left to do, each answered by the next of `script`; the last one stays.
    fn alarms(&mut self, script: &[Received]) {
        let (settings, mut script) = (settings(), script.iter().peekable());
        for _ in 0..100 {
            let kept = self.kept.as_mut().unwrap();
            match kept.step(self.now, &mut Health::default(), &settings) {
                Step::Done => return self.restart(),
                Step::Wait(until) => self.now = until,
                Step::Send(dispatch) => {
                    assert!(kept.request(&endpoints(), &token()).is_some());
                    self.sent += 1;
                    let Some(received) = script.next() else { return self.restart() };
                    kept.received(dispatch.attempt, self.now, received, &mut Health::default(), &settings);
                }
            }
            self.restart();
        }
        panic!("it never ends");
    }

    /// What is not stored is lost, but for what was left behind.
    fn restart(&mut self) {
        let Some(kept) = &mut self.kept else { return };
        let left = kept.take_left();
        self.rows.extend(left.rows.iter().map(|row| serde_json::from_str::<Value>(row).unwrap()));
        self.webhooks += left.events.len();
        self.kept = Some(ManagedModel::restore(kept.stored().expose()).unwrap());
    }

    fn rows(&self) -> Vec<(&str, &str)> {
        self.rows.iter().map(|row| (row["action"].as_str().unwrap(), row["outcome"].as_str().unwrap())).collect()
    }
}

fn state(status: &str) -> Received {
    let can = json!({"max_context_window": 8192, "restricted_safety_filters": []});
    answer(200, &[], &json!({"id": "up-1", "status": status, "capabilities": can}).to_string())
}

fn active() -> Object {
    let mut object = Object::new();
    assert_eq!(object.ask("acme", Verb::Submit(definition().to_string()), false).0, 202);
    object.alarms(&[state("PENDING"), state("ACTIVE")]);
    object
}

fn configuration() -> String {
    include_str!("../../../../../examples/models/configurations/strict.json").to_owned()
}

#[test]
fn a_submission_lives_through_restarts_and_leaves_each_row_once() {
    let mut object = active();
    assert_eq!(object.sent, 2);
    assert_eq!(object.ask("acme", Verb::Submit(definition().to_string()), false).0, 0, "it is looked for");
    object.alarms(&[state("ACTIVE")]);
    assert_eq!(object.ask("acme", Verb::Read, false).1["status"], "ACTIVE");
    let rows = [("model.submit", "success"), ("model.provision", "success")];
    assert_eq!((object.rows(), object.sent), (rows.to_vec(), 3));
    assert!(!object.kept.as_ref().unwrap().stored().expose().contains(CANARY));
    assert!(!json!(object.rows).to_string().contains("canary"));
}

#[test]
fn nobody_else_is_told_anything() {
    let mut object = active();
    for verb in [Verb::Read, Verb::Watch(0), Verb::ReadConfiguration, Verb::Invoke, Verb::Export(Vec::new())] {
        assert_eq!(object.ask("other", verb, true).0, 404);
    }
    assert_eq!(object.ask("other", Verb::Configure(configuration()), true).0, 404);
    let nothing = ManagedModel::take(&mut None, &command("acme", Verb::Read), &settings(), START, 7);
    assert_eq!(nothing.unwrap_err().code.status(), 404);
}

#[test]
fn one_that_watches_waits_for_news() {
    let mut object = Object::new();
    object.ask("acme", Verb::Submit(definition().to_string()), false);
    let (status, news) = object.ask("acme", Verb::Watch(0), false);
    assert_eq!((status, &news["last"], &news["ended"]), (200, &json!(1), &json!(false)));
    assert_eq!(object.ask("acme", Verb::Watch(1), false).0, 0);
    assert!(object.ask("acme", Verb::Watch(1), true).1["text"].as_str().unwrap().starts_with(": "));
    object.alarms(&[state("PENDING"), state("ACTIVE")]);
    let news: StatusUpdates = serde_json::from_value(object.ask("acme", Verb::Watch(1), false).1).unwrap();
    assert_eq!((news.last, news.ended, news.head("r").status), (3, true, 200));
    let news: StatusUpdates = serde_json::from_value(object.ask("acme", Verb::Watch(3), false).1).unwrap();
    assert_eq!(news.head("r").status, 204);
    for (header, number) in [(None, 0), (Some("2"), 2), (Some(" 7 "), 7), (Some("-1"), 0), (Some("canary"), 0)] {
        assert_eq!(StatusUpdates::last_event(header), number);
    }
}

#[test]
fn a_configuration_waits_is_deferred_and_applied_later() {
    let mut object = active();
    object.rows.clear();
    assert_eq!(object.ask("acme", Verb::Configure("{}".into()), false).0, 400);
    assert_eq!(object.ask("acme", Verb::Configure(configuration()), false).0, 0);
    object.alarms(&[answer(503, &[], "")]);
    assert_eq!(object.rows(), [("model.configure", "deferred")]);
    assert_eq!(object.ask("acme", Verb::ReadConfiguration, false).1["update"]["status"], "DEFERRED");
    object.alarms(&[answer(503, &[], ""), answer(200, &[], "{}")]);
    assert_eq!(object.rows(), [("model.configure", "deferred"), ("model.configure", "success")]);
    assert_eq!(object.webhooks, 1);
    let shown = object.ask("acme", Verb::ReadConfiguration, false).1;
    assert_eq!((&shown["update"]["status"], &shown["applied"]["max_tokens"]), (&json!("APPLIED"), &json!(2048)));
}

#[test]
fn one_that_upstream_lost_is_said_to_be_lost_and_is_made_again() {
    let up = || genesys::ModelId::try_from("up-1".to_owned()).unwrap();
    // An invocation has found it out; what another model's has found says nothing.
    let mut object = active();
    let other = genesys::ModelId::try_from("up-0".to_owned()).unwrap();
    assert_eq!(object.ask("acme", Verb::Lose(other), false).1["status"], "ACTIVE");
    let lost = object.ask("acme", Verb::Lose(up()), false).1;
    assert_eq!((&lost["status"], &lost["error"]["code"]), (&json!("LOST"), &json!("model_lost")));
    assert_eq!(object.ask("acme", Verb::Invoke, false), (409, json!("model_lost")));
    assert_eq!(object.ask("acme", Verb::Configure(configuration()), false), (409, json!("model_lost")));
    assert_eq!(object.ask("acme", Verb::Submit(definition().to_string()), false).0, 202);
    object.alarms(&[state("PENDING"), state("ACTIVE")]);
    assert_eq!(object.ask("acme", Verb::Invoke, false).0, 200);
    let rows = object.rows();
    let count = |action: &str| rows.iter().filter(|(known, _)| *known == action).count();
    assert_eq!((count("model.submit"), count("model.provision"), count("model.lose")), (2, 2, 1));
    assert!(rows.contains(&("model.lose", "failed")), "{rows:?}");
    // A configuration has found it out.
    let mut object = active();
    assert_eq!(object.ask("acme", Verb::Configure(configuration()), false).0, 0);
    object.alarms(&[not_found()]);
    assert_eq!(object.ask("acme", Verb::Read, false).1["status"], "LOST");
    // A second submission has found it out: it goes on with the key of that submission.
    let mut object = active();
    object.ask("acme", Verb::Submit(definition().to_string()), false);
    object.alarms(&[not_found(), state("PENDING"), state("ACTIVE")]);
    assert_eq!(object.ask("acme", Verb::Invoke, false).0, 200);
    assert!(object.rows().contains(&("model.lose", "failed")));
}

#[test]
fn a_deletion_ends_with_upstreams() {
    for (name, script, sent, end, row) in [
        ("204", vec![answer(204, &[], "")], 1, 204, "success"),
        ("gone already", vec![not_found()], 1, 204, "success"),
        ("a 404 of a proxy", vec![answer(404, &[], "<html>")], 1, 502, "failed"),
        ("401 once", vec![answer(401, &[], ""), answer(204, &[], "")], 2, 204, "success"),
        ("401", vec![answer(401, &[], ""), answer(401, &[], "")], 2, 502, "failed"),
        ("lost once", vec![Received::Unreachable, not_found()], 2, 204, "success"),
        ("unreachable", vec![Received::Unreachable; 3], 3, 503, "failed"),
        ("403", vec![answer(403, &[], "")], 1, 403, "failed"),
        ("500", vec![answer(500, &[], "")], 1, 502, "failed"),
    ] {
        let mut object = active();
        (object.sent, object.rows) = (0, Vec::new());
        assert_eq!(object.ask("other", Verb::Delete, false).0, 404, "{name}");
        assert_eq!(object.ask("acme", Verb::Delete, false).0, 0, "{name}");
        assert_eq!(object.ask("acme", Verb::Delete, true).0, 202, "{name}: twice, and late");
        assert_eq!(object.ask("acme", Verb::Read, false).1["status"], "DELETING", "{name}");
        assert_eq!(object.ask("acme", Verb::Invoke, false).0, 404, "{name}");
        assert_eq!(object.ask("acme", Verb::Submit(definition().to_string()), false).0, 409, "{name}");
        object.alarms(&script);
        assert_eq!(object.sent, sent, "{name}");
        let rows: Vec<_> = object.rows().into_iter().filter(|(action, _)| *action == "model.delete").collect();
        assert_eq!(rows.len(), 1, "{name}");
        assert!(rows[0].1 == row || row == "failed" && rows[0].1 != "success", "{name}: {rows:?}");
        let deleted = end == 204;
        assert_eq!(object.kept.as_ref().unwrap().is_deleted(), deleted, "{name}");
        assert_eq!(object.ask("acme", Verb::Read, false).0, if deleted { 404 } else { 200 }, "{name}");
        if deleted {
            object.kept = None;
            assert_eq!(object.ask("acme", Verb::Submit(definition().to_string()), false).0, 202, "{name}");
        } else {
            assert_eq!(object.ask("acme", Verb::Invoke, false).0, 200, "{name}: as it was");
        }
    }
    // What has not been accepted yet cannot be deleted; what upstream has lost needs no request.
    let mut object = Object::new();
    object.ask("acme", Verb::Submit(definition().to_string()), false);
    assert_eq!(object.ask("acme", Verb::Delete, false), (409, json!("model_not_active")));
    let mut object = active();
    object.ask("acme", Verb::Lose(genesys::ModelId::try_from("up-1".to_owned()).unwrap()), false);
    assert_eq!(object.kept.as_mut().unwrap().take_left().rows.len(), 0);
    let gone = ManagedModel::take(&mut object.kept, &command("acme", Verb::Delete), &settings(), START, 7);
    assert!(gone.is_ok() && object.kept.unwrap().is_deleted());
}

#[test]
fn foreign_storage_is_refused_and_not_quoted() {
    for text in ["", "canary", "{}", "[]", r#"{"provisioning":"canary","updates":null,"settled":[]}"#] {
        let problem = ManagedModel::restore(text).unwrap_err();
        assert!(!format!("{problem:?}").contains("canary"));
        assert!(Active::parse(text).is_err());
    }
}
