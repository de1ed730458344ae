//! Schedules with a virtual clock: an object, its disk, its upstream and its readers, with every fault between any two
//! steps; and the small rules one by one.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;
use crate::chat::event::ChatEvent;
use crate::front::{Encoded, openai};
use crate::reply::Format;
use crate::seal::Unsealed;

const HOUR: u64 = 3_600_000;
const RETENTION: u64 = 24 * HOUR;
const SSE: Front = Front::Promptgate(Format::EventStream);
const FRONTS: [Front; 5] = [
    SSE,
    Front::Promptgate(Format::NdJson),
    Front::Promptgate(Format::Json),
    Front::OpenAi(openai::Answer { streamed: true, usage: false }),
    Front::OpenAi(openai::Answer { streamed: false, usage: false }),
];

fn about() -> About {
    About { request_id: "r".into(), model: "m".into(), started_ms: 0 }
}

struct Draw(u64);

impl Draw {
    fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// A client that reads.
struct Client {
    journal: Rc<RefCell<Journal>>,
    reader: Reader,
    front: Front,
    status: Option<u16>,
    bytes: Vec<u8>,
    ended: bool,
    epoch: u32,
}

/// A call that runs.
struct Running {
    journal: Rc<RefCell<Journal>>,
    sent: bool,
    executed: bool,
    events: u64,
}

/// One object, and all around it.
#[derive(Default)]
struct World {
    now: u64,
    /// What the disk has.
    record: Option<String>,
    batches: BTreeMap<(u32, u32), String>,
    /// How often the key was free.
    epoch: u32,
    /// What the disk has ever had, by epoch, generation and number.
    written: BTreeMap<(u32, u32, u32), String>,
    storage_fails: bool,
    memory: Option<Rc<RefCell<Journal>>>,
    running: Option<Running>,
    clients: Vec<Client>,
    /// Whether upstream takes our key for what it is.
    honours: bool,
    /// How often upstream has generated since the key was free, and whether each has its row.
    executions: u32,
    rows: u32,
    /// Whole answers that were read, by epoch and generation.
    complete: Vec<(u32, u32, Front, Vec<u8>)>,
}

impl World {
    fn store(&mut self, record: Option<String>) -> bool {
        if !self.storage_fails
            && let Some(record) = record
        {
            self.record = Some(record);
        }
        !self.storage_fails
    }

    fn load(&mut self) {
        let (None, Some(record)) = (&self.memory, &self.record) else { return };
        let generation = self.batches.keys().map(|(generation, _)| *generation).max().unwrap_or_default();
        let batches = self.batches.iter().filter(|((of, _), _)| *of == generation).map(|(_, text)| text.clone());
        let (mut journal, row) = Journal::restore(record, (generation, Ok(batches.collect())), RETENTION).unwrap();
        if let Some(row) = row {
            assert_eq!(row, "row");
            self.rows += 1;
            let written = journal.written();
            self.store(Some(written));
        }
        self.memory = Some(Rc::new(RefCell::new(journal)));
    }

    fn free(&mut self) {
        (self.record, self.memory) = (None, None);
        self.epoch += 1;
        (self.executions, self.rows) = (0, 0);
        self.batches.clear();
    }

    fn ask(&mut self, fingerprint: &str, front: Front) {
        self.load();
        let expired = self.memory.as_ref().is_some_and(|journal| {
            let journal = journal.borrow();
            !journal.live && journal.has_expired(self.now)
        });
        let admitted = match &self.memory {
            Some(journal) => journal.borrow().admit(fingerprint, self.now),
            None => Ok(Admission::Begin(0)),
        };
        match admitted {
            Err(problem) => {
                assert_eq!((problem.code, fingerprint), (Code::IdempotencyKeyReused, "other"));
                return;
            }
            // This key is that of the same request all along.
            Ok(Admission::Begin(0)) if fingerprint == "other" => return,
            Ok(Admission::Follow) => assert_eq!(fingerprint, "same"),
            Ok(Admission::Begin(generation)) => {
                assert!(self.running.is_none(), "two calls of one key at once");
                if expired {
                    self.free();
                }
                assert!(self.memory.is_none() || fingerprint == "same");
                let about = self.memory.as_ref().map_or_else(about, |journal| journal.borrow().about().clone());
                let journal = Rc::new(RefCell::new(Journal::reserve(fingerprint, about, generation, RETENTION)));
                let running = Running { journal: journal.clone(), sent: false, executed: false, events: 0 };
                (self.memory, self.running) = (Some(journal), Some(running));
            }
        }
        let Some(journal) = self.memory.clone() else { return };
        let reader = Reader::new(&journal.borrow(), front, None).unwrap();
        let epoch = self.epoch;
        self.clients.push(Client { journal, reader, front, status: None, bytes: Vec::new(), ended: false, epoch });
    }

    /// The call does one thing.
    fn step(&mut self, draw: &mut Draw) {
        let Some(mut running) = self.running.take() else { return };
        let journal = running.journal.clone();
        if !running.sent {
            // Some end before anything is sent: no token, an open breaker.
            let record =
                if draw.below(8) == 0 { None } else { journal.borrow_mut().dispatch(self.now, self.honours, "row") };
            if record.is_none() || !self.store(record) {
                return self.release(&journal);
            }
            running.sent = true;
            // A refusal upstream executes nothing.
            running.executed = draw.below(8) > 0;
            let again = self.honours && self.executions > 0;
            self.executions += u32::from(running.executed && !again);
            self.running = Some(running);
            return;
        }
        if !running.executed {
            return self.release(&journal);
        }
        let mut events = Vec::new();
        for _ in 0..=draw.below(2) {
            running.events += 1;
            events.push(AnswerEvent::Chat(ChatEvent::content(format!("word {} ", running.events))));
        }
        let last = draw.below(3) == 0;
        match draw.below(4) {
            0 if last => {
                let problem = Problem::new(Code::IdleDeadline, "Nothing came.");
                events.push(AnswerEvent::Failed(Box::new(problem.into())));
            }
            _ if last => events.push(AnswerEvent::Done(json!({ "status": "success" }), None)),
            _ => {}
        }
        let batch = journal.borrow().append(self.now, &events).unwrap();
        if !self.store(batch.record.clone()) {
            journal.borrow_mut().break_off(Problem::storage_unavailable());
            return self.end(&journal, draw);
        }
        let key = (batch.generation, batch.number);
        if batch.number == 1 {
            self.batches.retain(|(generation, _), _| *generation == batch.generation);
        }
        assert!(self.batches.insert(key, batch.parts.concat()).is_none(), "a batch is written over");
        self.written.insert((self.epoch, batch.generation, batch.number), batch.parts.concat());
        journal.borrow_mut().stored(self.now, batch);
        if last {
            return self.end(&journal, draw);
        }
        self.running = Some(running);
    }

    /// The call has ended, and its row is written, or not before the process dies.
    fn end(&mut self, journal: &Rc<RefCell<Journal>>, draw: &mut Draw) {
        let settled = journal.borrow_mut().settle("row");
        self.store(Some(settled));
        journal.borrow_mut().ended();
        if draw.below(4) == 0 {
            return self.crash();
        }
        self.rows += 1;
        let written = journal.borrow_mut().written();
        self.store(Some(written));
    }

    fn release(&mut self, journal: &Rc<RefCell<Journal>>) {
        let problem = Problem::new(Code::UpstreamRateLimited, "Later.");
        let events = vec![AnswerEvent::Failed(Box::new(problem.into()))];
        match journal.borrow_mut().release(self.now, events) {
            Some(record) => {
                self.store(Some(record));
            }
            None => {
                assert_eq!(self.executions, 0, "the key of a call that was executed is free");
                self.record = None;
                self.batches.clear();
            }
        }
        journal.borrow_mut().ended();
        self.memory = None;
    }

    fn crash(&mut self) {
        (self.memory, self.running) = (None, None);
        self.clients.clear();
    }

    fn alarm(&mut self) {
        self.load();
        let Some(journal) = self.memory.clone() else { return };
        let alarm = journal.borrow().alarm(self.now);
        match alarm {
            Alarm::Delete => {
                assert!(self.running.is_none());
                self.free();
            }
            Alarm::At(at) => assert!(at > self.now),
            Alarm::None => {}
        }
    }

    fn read(&mut self, at: usize) {
        let written = &self.written;
        let Some(client) = self.clients.get_mut(at) else { return };
        let journal = client.journal.borrow();
        let before = client.reader.position;
        match client.reader.next(&journal) {
            Step::Write(Encoded { head, bytes }) => {
                assert!(!client.ended);
                for at in before..client.reader.position {
                    let stored = written.get(&(client.epoch, journal.generation, at as u32 + 1));
                    assert_eq!(stored.map(String::as_str), Some(&*journal.batches[at]), "sent and not stored");
                }
                client.status = head.map(|head| head.status).or(client.status);
                client.bytes.extend(bytes.0);
            }
            Step::Wait => {}
            Step::End if journal.state() == State::Complete && !client.ended => {
                client.ended = true;
                let (epoch, generation, front) = (client.epoch, journal.generation, client.front);
                let same = |(a, b, c, _): &&(u32, u32, Front, Vec<u8>)| (*a, *b, *c) == (epoch, generation, front);
                match self.complete.iter().find(same) {
                    Some((.., bytes)) => assert_eq!(*bytes, client.bytes, "a replay differs"),
                    None => self.complete.push((epoch, generation, front, client.bytes.clone())),
                }
            }
            Step::End => client.ended = true,
        }
    }

    /// What holds of a client that has read to the end.
    fn check(&mut self) {
        for client in &self.clients {
            assert!(client.ended, "an answer without an end");
            let text = std::str::from_utf8(&client.bytes).unwrap();
            let ends = [
                "event: done",
                "event: error",
                "\"type\":\"done\"",
                "\"type\":\"error\"",
                "[DONE]",
                "data: {\"error\"",
            ];
            let terminators: usize = ends.iter().map(|end| text.matches(end).count()).sum();
            match client.status {
                Some(200) if client.front.is_whole() => assert!(text.starts_with('{') && text.ends_with('}')),
                Some(200) => assert_eq!(terminators, 1, "{text}"),
                status => assert!(status.is_some_and(|status| status >= 400), "{status:?}"),
            }
        }
    }
}

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

/// What is kept of a request tells nothing of its text.
#[test]
fn the_record_has_no_text() {
    let fingerprint = fingerprint(&Tenant::for_test("t"), "/v1/chat", SSE, br#"{"context":"canary"}"#);
    let mut journal = Journal::reserve(&fingerprint, about(), 0, RETENTION);
    let record = journal.dispatch(0, true, "row").unwrap();
    assert!(!record.contains("canary"), "{record}");
    let batch = journal.append(0, &[AnswerEvent::Chat(ChatEvent::content("canary"))]).unwrap();
    assert!(!batch.record.clone().unwrap().contains("canary"));
}
