//! Storing the events of a call, batch after batch, before anybody reads them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use promptgate_core::call::{Call, Input};
use promptgate_core::front::AnswerEvent;
use promptgate_core::journal::Batch;
use promptgate_core::problem::Problem;
use promptgate_core::settings::Settings;
use worker::SqlStorageValue;

use super::{Keyed, Run};
use crate::seal;
use crate::state::{Clock, ExecutionContext};

/// Most events that wait to be stored (ours).
const MAX_PENDING: usize = 1_000;

/// Keeps the answer of the call that its driver makes.
pub(crate) struct Recorder {
    keyed: Rc<Keyed>,
    run: Rc<Run>,
    settings: Rc<Settings>,
    /// Nothing was executed, so nothing is kept.
    released: Cell<bool>,
    /// What has come while a batch is being stored: the next batch.
    pending: RefCell<Vec<AnswerEvent>>,
    storing: Cell<bool>,
    /// Why nothing more can be stored.
    failed: RefCell<Option<Problem>>,
}

impl Recorder {
    pub(super) fn new(keyed: &Rc<Keyed>, run: Rc<Run>, settings: &Rc<Settings>) -> Recorder {
        Recorder {
            keyed: keyed.clone(),
            run,
            settings: settings.clone(),
            released: Cell::new(false),
            pending: RefCell::default(),
            storing: Cell::new(false),
            failed: RefCell::default(),
        }
    }

    /// What its clients read from.
    pub(crate) fn run(&self) -> Rc<Run> {
        self.run.clone()
    }

    /// A request is about to be sent upstream; `row` is its audit row if nobody learns how it ends. What is to be told to
    /// the call where that cannot be stored.
    pub(crate) async fn dispatch(&self, call: &Call, row: &str) -> Option<Input> {
        let now_ms = Clock::start().unix_ms();
        let record = self.run.journal.borrow_mut().dispatch(now_ms, call.repeatable(), row)?;
        let stored = match self.keyed.put(&record) {
            Ok(()) => self.keyed.arm().await,
            Err(error) => Err(error),
        };
        stored.err().map(|_| Input::Unstored(Problem::storage_unavailable()))
    }

    /// The call gives `events`: they are stored, and then read. Where nothing of the call was executed, they are read only,
    /// and the key is free.
    pub(crate) async fn append(self: &Rc<Self>, events: Vec<AnswerEvent>, executed: bool) -> Input {
        if !executed {
            let now_ms = Clock::start().unix_ms();
            let again = self.run.journal.borrow_mut().release(now_ms, events);
            self.run.journal.borrow_mut().ended();
            self.released.set(true);
            // The next request reads anew what is stored.
            self.keyed.loaded.set(false);
            *self.keyed.run.borrow_mut() = None;
            self.run.changed();
            // What cannot be stored now is found by the next process.
            let _ = match again {
                Some(record) => self.keyed.put(&record),
                None => self.keyed.clear().await,
            };
            return Input::Flushed;
        }
        // After a failure of storage nothing more is stored or read.
        if let Some(problem) = self.failed.take() {
            return Input::Unstored(problem);
        }
        if self.run.journal.borrow().is_broken() {
            return Input::Flushed;
        }
        let last = matches!(events.last(), Some(AnswerEvent::Done(..) | AnswerEvent::Failed(_)));
        self.pending.borrow_mut().extend(events);
        if !self.storing.replace(true) {
            let own = self.clone();
            ExecutionContext::Object(self.keyed.state.clone()).wait_until(async move { own.drain().await });
        }
        // The call goes on meanwhile, but not without bounds.
        while self.storing.get() && (last || self.pending.borrow().len() >= MAX_PENDING) {
            let _ = self.run.change().await;
        }
        self.failed.take().map_or(Input::Flushed, Input::Unstored)
    }

    /// Stores what is pending, a batch after the other. What comes while one is stored is the next, so that the disk makes
    /// the batches and not the upstream.
    async fn drain(&self) {
        while self.storing.get() {
            let events = self.pending.take();
            let now_ms = Clock::start().unix_ms();
            let batch = self.run.journal.borrow().append(now_ms, &events);
            let stored = match batch {
                Ok(batch) => self.store(&batch).await.map(|()| batch).map_err(|_| Problem::storage_unavailable()),
                Err(problem) => Err(problem),
            };
            match stored {
                Ok(batch) => {
                    self.run.journal.borrow_mut().stored(now_ms, batch);
                    self.storing.set(!self.pending.borrow().is_empty());
                }
                Err(problem) => {
                    self.run.journal.borrow_mut().break_off(problem.clone());
                    let _ = self.keyed.put(&self.run.journal.borrow().text());
                    *self.failed.borrow_mut() = Some(problem);
                    self.storing.set(false);
                }
            }
            self.run.changed();
        }
    }

    async fn store(&self, batch: &Batch) -> worker::Result<()> {
        let mut sealed = Vec::with_capacity(batch.parts.len());
        for (part, text) in (0..).zip(&batch.parts) {
            let place = self.keyed.place(batch.generation, batch.number, part);
            let text = seal::seal(&self.settings.seal_keys, &place, text.as_bytes()).await;
            sealed.push((part, text.map_err(|problem| problem.code.as_str())?.unwrap_or_default()));
        }
        // From here nothing waits: all of it is stored, or nothing.
        let sql = &self.keyed.sql;
        if batch.number == 1 && batch.generation > 0 {
            sql.exec("DELETE FROM batches WHERE generation < ?", vec![f64::from(batch.generation).into()])?;
        }
        for (part, text) in sealed {
            let numbers = [batch.generation, batch.number, part].map(|number| f64::from(number).into());
            let values: Vec<SqlStorageValue> = numbers.into_iter().chain([text.into()]).collect();
            sql.exec("INSERT INTO batches (generation, number, part, sealed) VALUES (?, ?, ?, ?)", values)?;
        }
        if let Some(record) = &batch.record {
            self.keyed.put(record)?;
        }
        self.keyed.state.storage().sync().await
    }

    /// The call has ended, and leaves `row`.
    pub(crate) async fn settle(&self, row: &str) {
        if self.released.get() {
            return;
        }
        let record = self.run.journal.borrow_mut().settle(row);
        self.run.journal.borrow_mut().ended();
        self.run.changed();
        // What cannot be stored now is found by the next process; an alarm was set when the call began, and comes anyway.
        let _ = self.keyed.put(&record);
        let _ = self.keyed.arm().await;
    }

    /// The row is in the audit log.
    pub(crate) fn written(&self) {
        if !self.released.get() {
            let _ = self.keyed.put(&self.run.journal.borrow_mut().written());
        }
    }
}
