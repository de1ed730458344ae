//! Schedules with a virtual clock: an object, its disk, its upstream and its readers, with every fault between any two
//! steps; and the small rules one by one.

use std::collections::BTreeMap;

mod world;

use super::*;
use crate::chat::event::ChatEvent;
use crate::front::openai;
use crate::reply::Format;
use crate::seal::Unsealed;
use world::{Draw, FRONTS, RETENTION, SSE, World, about};

// Rows 28-33.
#[test]
#[expect(clippy::disallowed_macros, reason = "a randomised test prints its seed")]
fn schedules() {
    let seed = option_env!("JOURNAL_SEED").and_then(|seed| seed.parse().ok()).unwrap_or(20_261_126u64);
    let schedules = option_env!("JOURNAL_SCHEDULES").and_then(|number| number.parse().ok()).unwrap_or(100_000u64);
    println!("JOURNAL_SEED={seed}");
    let mut reached: BTreeMap<String, u64> = BTreeMap::new();
    for schedule in 0..schedules {
        let mut draw = Draw(seed.wrapping_add(schedule.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        let mut world = World { now: 1_000, honours: draw.below(2) == 0, ..World::default() };
        for _ in 0..draw.below(40) {
            let front = FRONTS[draw.below(5) as usize];
            match draw.below(20) {
                0..=3 => world.ask("same", front),
                4 => world.ask("other", front),
                5..=9 => world.step(&mut draw),
                10..=14 => {
                    let at = draw.below(1 + world.clients.len() as u64) as usize;
                    world.read(at);
                }
                15 => world.crash(),
                16 => world.alarm(),
                17 => world.storage_fails = draw.below(3) == 0,
                18 => world.now += draw.below(10_000),
                _ => world.now += if draw.below(4) == 0 { RETENTION } else { 1 },
            }
            assert!(world.executions <= 1, "executed twice (schedule {schedule})");
        }
        // Everything ends: the call, its readers; a crash is found by the alarm.
        world.storage_fails = false;
        while world.running.is_some() {
            world.step(&mut draw);
        }
        world.alarm();
        world.alarm();
        if world.memory.is_some() {
            FRONTS.into_iter().for_each(|front| world.ask("same", front));
        }
        while world.running.is_some() {
            world.step(&mut draw);
        }
        for at in 0..world.clients.len() {
            for _ in 0..100 {
                if world.clients.get(at).is_some_and(|client| !client.ended) {
                    world.read(at);
                }
            }
        }
        world.check();
        assert!(world.executions <= 1, "executed twice (schedule {schedule})");
        assert!(world.rows >= world.executions, "sent without a row (schedule {schedule})");
        let state = world.memory.as_ref().map(|journal| journal.borrow().state());
        *reached.entry(format!("{state:?}")).or_default() += 1;
        world.now += RETENTION;
        world.alarm();
        assert!(world.record.is_none() && world.batches.is_empty(), "kept beyond its time (schedule {schedule})");
    }
    for state in ["None", "Some(Complete)", "Some(Failed)", "Some(Indeterminate)"] {
        assert!(reached.get(state).is_some_and(|times| *times > schedules / 1_000), "{state}: {reached:?}");
    }
}

#[test]
fn what_is_the_same_request() {
    let tenant = Tenant::for_test("t");
    let of = |front, path: &str, body: &str| fingerprint(&tenant, path, front, body.as_bytes());
    let openai = |streamed| Front::OpenAi(openai::Answer { streamed, usage: false });
    let chat = r#"{"modelId":"m","temperature":1.0,"context":[]}"#;
    let one = of(SSE, "/v1/chat", chat);
    assert_eq!(
        one,
        of(Front::Promptgate(Format::Json), "/v1/chat", " {\"context\":[],\"temperature\":1,\"modelId\":\"m\"}\n")
    );
    assert_ne!(one, of(SSE, "/v1/chat", &chat.replace("1.0", "0")));
    assert_ne!(one, of(SSE, "/v1/templates/a/execute", chat));
    assert_ne!(one, fingerprint(&Tenant::for_test("u"), "/v1/chat", SSE, chat.as_bytes()));
    assert_ne!(of(SSE, "/v1/chat", r#"{"stream":true}"#), of(SSE, "/v1/chat", "{}"), "it has no such member");
    let whole = of(openai(false), "/openai/v1/chat/completions", r#"{"model":"m"}"#);
    let streamed = r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#;
    assert_eq!(whole, of(openai(true), "/openai/v1/chat/completions", streamed));
    for odd in ["", "{", "\u{FEFF}{}", "[1]", "\"x\"", "1e999"] {
        assert_eq!(of(SSE, "/v1/chat", odd).len(), 64, "{odd}");
    }
}

/// A journal whose call has given two words and is whole.
fn complete() -> Journal {
    let mut journal = Journal::reserve("same", about(), 0, RETENTION);
    assert!(journal.dispatch(0, false, "row").is_some());
    assert_eq!(journal.dispatch(0, false, "row"), None, "it is stored once");
    for events in [
        vec![AnswerEvent::Chat(ChatEvent::content("one "))],
        vec![AnswerEvent::Chat(ChatEvent::content("two")), AnswerEvent::Done(json!({ "status": "success" }), None)],
    ] {
        let batch = journal.append(0, &events).unwrap();
        journal.stored(0, batch);
    }
    journal.ended();
    journal
}

fn read(journal: &Journal, front: Front, resume: Option<Resume>) -> (Option<u16>, String) {
    let mut reader = Reader::new(journal, front, resume).unwrap();
    let (mut status, mut bytes) = (None, Vec::new());
    while let Step::Write(encoded) = reader.next(journal) {
        status = encoded.head.map(|head| head.status).or(status);
        bytes.extend(encoded.bytes.0);
    }
    (status, String::from_utf8(bytes).unwrap())
}

#[test]
fn a_client_goes_on_where_it_was() {
    let journal = complete();
    let (_, all) = read(&journal, SSE, None);
    assert_eq!(
        all,
        "id: 1\nevent: delta\ndata: {\"content\":\"one \"}\n\nid: 2\nevent: delta\ndata: {\"content\":\"two\"}\n\n\
         id: 3\nevent: done\ndata: {\"status\":\"success\"}\n\n"
    );
    let events: Vec<&str> = all.split_inclusive("\n\n").collect();
    for after in 0..=4 {
        let rest = events.iter().skip(after).copied().collect::<String>();
        let found = read(&journal, SSE, Some(Resume { generation: 0, after: after as u64 }));
        assert_eq!(found, ((!rest.is_empty()).then_some(200), rest));
    }
    let other = Reader::new(&journal, SSE, Some(Resume { generation: 1, after: 1 }));
    assert_eq!(other.map(|_| ()).map_err(|problem| problem.code), Err(Code::PreconditionFailed));
    for (header, front, expected) in [
        (None, SSE, Ok(None)),
        (Some(""), SSE, Ok(None)),
        (Some("7"), SSE, Ok(Some(Resume { generation: 0, after: 7 }))),
        (Some(" 1-7 "), SSE, Ok(Some(Resume { generation: 1, after: 7 }))),
        (Some("7"), FRONTS[1], Ok(None)),
        (Some("7"), FRONTS[3], Ok(None)),
        (Some("+7"), SSE, Err(Code::InvalidRequest)),
        (Some("-7"), SSE, Err(Code::InvalidRequest)),
        (Some("x"), SSE, Err(Code::InvalidRequest)),
        (Some("99999999999999999999999"), SSE, Err(Code::InvalidRequest)),
    ] {
        assert_eq!(Resume::read(header, front).map_err(|problem| problem.code), expected, "{header:?}");
    }
}

/// Who goes on after the last thing that came, and finds an error, is in a stream still.
#[test]
fn an_error_after_what_was_read_is_an_event() {
    let mut journal = Journal::reserve("same", about(), 0, RETENTION);
    journal.dispatch(0, false, "row");
    let batch = journal.append(0, &[AnswerEvent::Chat(ChatEvent::content("one"))]).unwrap();
    journal.stored(0, batch);
    journal.ended();
    let (status, text) = read(&journal, SSE, Some(Resume { generation: 0, after: 1 }));
    assert_eq!(status, Some(200));
    assert!(text.starts_with("id: 2\nevent: error\n") && text.contains("outcome_unknown"), "{text}");
    let (status, text) = read(&journal, Front::Promptgate(Format::Json), None);
    assert_eq!(status, Some(502), "{text}");
}

/// While a call whose storage has failed still ends, nobody begins it anew.
#[test]
fn one_call_at_a_time() {
    let mut journal = Journal::reserve("same", about(), 0, RETENTION);
    journal.dispatch(0, true, "row");
    journal.break_off(Problem::storage_unavailable());
    assert_eq!(journal.admit("same", 0).ok(), Some(Admission::Follow));
    journal.ended();
    assert_eq!(journal.admit("same", 0).ok(), Some(Admission::Begin(1)));
}

#[test]
fn answers_that_cannot_be_read_are_gone() {
    let record = complete().written();
    let gone = |why| {
        let (journal, row) = Journal::restore(&record, (0, Err(why)), RETENTION).unwrap();
        assert_eq!(row, None);
        let problem = journal.admit("same", 0).unwrap_err();
        assert_eq!(problem.code, Code::AnswerGone);
        assert_eq!(journal.admit("other", 0).unwrap_err().code, Code::IdempotencyKeyReused);
        problem.detail
    };
    assert!(gone(Unreadable::NotKept).contains("SEAL_KEYS"));
    assert!(gone(Unreadable::Unsealed(Unsealed::KeyLost("2025".into()))).contains("`2025`"));
    assert!(Journal::restore("{}", (0, Ok(Vec::new())), RETENTION).is_err());
}

#[test]
fn sizes_are_bounded() {
    let mut journal = Journal::reserve("same", about(), 0, RETENTION);
    journal.dispatch(0, true, "row");
    let big = [AnswerEvent::Chat(ChatEvent::content("é".repeat(MAX_PART)))];
    let mut stored = 0;
    let problem = loop {
        match journal.append(0, &big) {
            Ok(batch) => {
                assert!(batch.parts.iter().all(|part| part.len() <= MAX_PART) && batch.parts.len() == 3);
                assert_eq!(batch.parts.concat(), *batch.text);
                journal.stored(0, batch);
                stored += 1;
            }
            Err(problem) => break problem,
        }
    };
    assert_eq!((problem.code, stored), (Code::AnswerTooLong, 7));
}

/// The record of a request contains nothing of its text.
#[test]
fn the_record_has_no_text() {
    let fingerprint = fingerprint(&Tenant::for_test("t"), "/v1/chat", SSE, br#"{"context":"canary"}"#);
    let mut journal = Journal::reserve(&fingerprint, about(), 0, RETENTION);
    let record = journal.dispatch(0, true, "row").unwrap();
    assert!(!record.contains("canary"), "{record}");
    let batch = journal.append(0, &[AnswerEvent::Chat(ChatEvent::content("canary"))]).unwrap();
    assert!(!batch.record.clone().unwrap().contains("canary"));
}
