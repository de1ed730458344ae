//! One object with its disk, its upstream and its readers, by a virtual clock, with every fault between any two steps.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::chat::event::ChatEvent;
use crate::front::{Encoded, openai};
use crate::journal::*;
use crate::reply::Format;

pub(super) const HOUR: u64 = 3_600_000;
pub(super) const RETENTION: u64 = 24 * HOUR;
pub(super) const SSE: Front = Front::Promptgate(Format::EventStream);
pub(super) const FRONTS: [Front; 5] = [
    SSE,
    Front::Promptgate(Format::NdJson),
    Front::Promptgate(Format::Json),
    Front::OpenAi(openai::Answer { streamed: true, usage: false }),
    Front::OpenAi(openai::Answer { streamed: false, usage: false }),
];

pub(super) fn about() -> About {
    About { request_id: "r".into(), model: "m".into(), started_ms: 0 }
}

pub(super) struct Draw(pub(super) u64);

impl Draw {
    pub(super) fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// A client that reads.
pub(super) struct Client {
    pub(super) journal: Rc<RefCell<Journal>>,
    pub(super) reader: Reader,
    pub(super) front: Front,
    pub(super) status: Option<u16>,
    pub(super) bytes: Vec<u8>,
    pub(super) ended: bool,
    pub(super) epoch: u32,
}

/// A call that runs.
pub(super) struct Running {
    pub(super) journal: Rc<RefCell<Journal>>,
    pub(super) sent: bool,
    pub(super) executed: bool,
    pub(super) events: u64,
}

/// One object, and all around it.
#[derive(Default)]
pub(super) struct World {
    pub(super) now: u64,
    /// What the disk has.
    pub(super) record: Option<String>,
    pub(super) batches: BTreeMap<(u32, u32), String>,
    /// How often the key was free.
    pub(super) epoch: u32,
    /// What the disk has ever had, by epoch, generation and number.
    pub(super) written: BTreeMap<(u32, u32, u32), String>,
    pub(super) storage_fails: bool,
    pub(super) memory: Option<Rc<RefCell<Journal>>>,
    pub(super) running: Option<Running>,
    pub(super) clients: Vec<Client>,
    /// Whether upstream takes our key for what it is.
    pub(super) honours: bool,
    /// How often upstream has generated since the key was free, and whether each has its row.
    pub(super) executions: u32,
    pub(super) rows: u32,
    /// Whole answers that were read, by epoch and generation.
    pub(super) complete: Vec<(u32, u32, Front, Vec<u8>)>,
}

impl World {
    pub(super) fn store(&mut self, record: Option<String>) -> bool {
        if !self.storage_fails
            && let Some(record) = record
        {
            self.record = Some(record);
        }
        !self.storage_fails
    }

    pub(super) fn load(&mut self) {
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

    pub(super) fn free(&mut self) {
        (self.record, self.memory) = (None, None);
        self.epoch += 1;
        (self.executions, self.rows) = (0, 0);
        self.batches.clear();
    }

    pub(super) fn ask(&mut self, fingerprint: &str, front: Front) {
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
    pub(super) fn step(&mut self, draw: &mut Draw) {
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
    pub(super) fn end(&mut self, journal: &Rc<RefCell<Journal>>, draw: &mut Draw) {
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

    pub(super) fn release(&mut self, journal: &Rc<RefCell<Journal>>) {
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

    pub(super) fn crash(&mut self) {
        (self.memory, self.running) = (None, None);
        self.clients.clear();
    }

    pub(super) fn alarm(&mut self) {
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

    pub(super) fn read(&mut self, at: usize) {
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
    pub(super) fn check(&mut self) {
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
