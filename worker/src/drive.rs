//! Drives a [`Call`]: its outputs to fetch, timers and the client's stream; what happens back as inputs.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use futures_util::future::{Either, FutureExt, LocalBoxFuture, pending, select};
use promptgate_core::call::{Call, Input, Outcome, Output, Pace};
use promptgate_core::chat::event::Usage;
use promptgate_core::client::Caller;
use promptgate_core::front::{Encoded, Encoder};
use promptgate_core::governance::trace::Trace;
use promptgate_core::governance::{self, CallRecord, Intent, Metric, Notice};
use promptgate_core::http::{HttpRequest, Reply, ReplyHead};
use promptgate_core::problem::Problem;
use promptgate_core::route::Route;
use promptgate_core::sensitive::{Bytes, Sensitive};
use promptgate_core::settings::Settings;
use web_sys::{AbortController, AbortSignal};
use worker::Env;

use crate::bridge::Delay;
use crate::budget::Reservation;
use crate::client::{self, Stream};
use crate::object;
use crate::object::journal::Recorder;
use crate::state::{self, Clock, ExecutionContext};
use crate::telemetry;
use crate::timers::Timers;
use crate::token;
use crate::upstream::{self, Piece, Reader};
use web_sys::Response;

/// A call and all that its driver needs.
pub(crate) struct Driver {
    pub(crate) call: Call,
    /// Writes the answer as the client asked for it.
    pub(crate) encoder: Encoder,
    pub(crate) clock: Clock,
    pub(crate) settings: Rc<Settings>,
    pub(crate) life: ExecutionContext,
    pub(crate) env: Env,
    pub(crate) route: Route,
    pub(crate) request_id: String,
    pub(crate) caller: Caller,
    /// How often the client has sent the request before, as its SDK counts.
    pub(crate) retries: Option<u32>,
    /// The place in a trace, where spans are exported and this one is sampled.
    pub(crate) trace: Option<Trace>,
    /// What was reserved for it of its key's limits and its tenant's.
    pub(crate) reservation: Reservation,
    /// The most that it may use.
    pub(crate) need: Usage,
    /// Done when the client has left.
    pub(crate) left: LocalBoxFuture<'static, ()>,
    /// Whether the call is registered as under way, so that one that dies with its process has a row.
    pub(crate) registered: bool,
    /// What keeps the answer, where it is kept: its clients read from there.
    pub(crate) recorder: Option<Rc<Recorder>>,
    /// The pace of an answer that goes out whole; a stream is read as it comes.
    pub(crate) pace: Option<Pace>,
    pub(crate) timers: Timers,
    /// Until then nothing of the answer is given, since the request began: what comes is read together.
    pub(crate) rests: Rc<Cell<Duration>>,
}

/// What the call waits for; the reader comes with the head of an answer.
type Pending = LocalBoxFuture<'static, (Input, Option<Reader>)>;

impl Driver {
    /// Runs the call to its end. The response goes out by `reply` as soon as there is one; none goes if the
    /// client leaves before, or the answer is kept.
    pub(crate) async fn run(mut self, mut reply: Option<oneshot::Sender<Response>>) {
        let mut stream: Option<Stream> = None;
        let mut controller: Option<AbortController> = None;
        let mut reader: Option<Reader> = None;
        let mut waiting = nothing();
        // What was waited for before bytes were written: a read that has begun cannot be taken back.
        let mut parked = None;
        let mut next = None;
        let outcome = loop {
            match next.take().unwrap_or_else(|| self.call.poll()) {
                Output::Authorize { rejected } => waiting = self.authorize(rejected),
                Output::Send(mut request) => {
                    let place = self.trace.map(|trace| trace.attempt(self.call.attempts()));
                    let traceparent = place.map(|place| ("traceparent".into(), Sensitive::new(place.traceparent())));
                    request.headers.extend(traceparent);
                    if let Some(recorder) = &self.recorder
                        && let Some(input) = recorder.dispatch(&self.call, &self.undecided()).await
                    {
                        let now = self.clock.elapsed();
                        self.handle(now, input);
                        continue;
                    }
                    if self.recorder.is_none()
                        && !std::mem::replace(&mut self.registered, true)
                        && !self.register().await
                    {
                        let now = self.clock.elapsed();
                        self.handle(now, Input::Unstored(Problem::storage_unavailable()));
                        continue;
                    }
                    // Without a controller nothing is sent, and the deadline ends the call.
                    let Ok(control) = AbortController::new() else { continue };
                    waiting = send(request, control.signal());
                    controller = Some(control);
                }
                Output::Abort => {
                    // Dropping a controller aborts nothing.
                    controller.take().iter().for_each(AbortController::abort);
                    reader = None;
                    (waiting, parked) = (nothing(), None);
                }
                Output::Answer(events) if self.recorder.is_some() => {
                    let Some(recorder) = &self.recorder else { continue };
                    let input = recorder.append(events, self.call.executed()).await;
                    let now = self.clock.elapsed();
                    self.handle(now, input);
                }
                Output::Answer(events) => {
                    let Encoded { head, bytes } = self.encoder.encode(events);
                    if let Some(mut head) = head {
                        head.headers.extend_from_slice(self.call.limits());
                        let (response, further) = self.begin(head, bytes, &mut stream, &mut waiting);
                        next = Some(further);
                        if let (Some(reply), Some(response)) = (reply.take(), response) {
                            // The receiver is gone only with the whole request.
                            let _ = reply.send(response);
                        }
                    } else if let Some(stream) = stream.as_ref().filter(|_| !bytes.0.is_empty()) {
                        let before = std::mem::replace(&mut waiting, flush(stream, &bytes));
                        parked = parked.or(Some(before));
                    } else {
                        // The format holds it back.
                        let now = self.clock.elapsed();
                        self.handle(now, Input::Flushed);
                    }
                }
                Output::Yield => {
                    // The next turn of the event loop, after all that is due in this one.
                    let turn = Delay::from(Duration::ZERO);
                    let input = match select(&mut self.left, turn).await {
                        Either::Left(_) => Input::Cancel,
                        Either::Right(_) => Input::Tick,
                    };
                    let now = self.clock.elapsed();
                    self.handle(now, input);
                }
                Output::Wait(until) => {
                    let input = self.wait(until, &mut waiting, &mut reader).await;
                    let reading = matches!(input, Input::Head(_) | Input::Chunk(_) | Input::Flushed);
                    let now = self.clock.elapsed();
                    if let (Some(pace), Input::Chunk(bytes)) = (&mut self.pace, &input) {
                        pace.read(now, bytes.0.len());
                    }
                    self.handle(now, input);
                    if let (true, Some(reader)) = (reading, &reader) {
                        // Nothing is read before it is polled: what the call wants first comes first.
                        waiting = parked.take().unwrap_or_else(|| self.read(reader.clone()));
                    }
                }
                Output::Done(outcome) => break *outcome,
            }
        };
        if let Some(reader) = reader {
            reader.cancel();
        }
        self.end(stream, outcome).await;
    }

    /// The answer, whole if the call has ended with it; then the output that comes after it.
    fn begin(
        &mut self,
        head: ReplyHead,
        mut body: Bytes,
        stream: &mut Option<Stream>,
        waiting: &mut Pending,
    ) -> (Option<Response>, Output) {
        let further = loop {
            match self.call.poll() {
                Output::Answer(events) => body.0.extend_from_slice(&self.encoder.encode(events).bytes.0),
                further => break further,
            }
        };
        if let Output::Done(_) = further {
            return (Some(client::whole(Reply { head, body })), further);
        }
        let Some((begun, response)) = Stream::begin(&head) else { return (None, further) };
        *waiting = flush(&begun, &body);
        *stream = Some(begun);
        (Some(response), further)
    }

    /// Waits for what the call waits for, for its time, and for the client's leaving.
    async fn wait(&mut self, until: Duration, waiting: &mut Pending, reader: &mut Option<Reader>) -> Input {
        self.rests.set(self.call.rests());
        let tick = self.timers.tick(self.clock.elapsed(), until);
        match select(&mut *waiting, select(&mut self.left, pin!(tick))).await {
            Either::Left(((input, body), _)) => {
                *waiting = nothing();
                *reader = body.or(reader.take());
                input
            }
            Either::Right((Either::Left(_), _)) => Input::Cancel,
            Either::Right((Either::Right(_), _)) => Input::Tick,
        }
    }

    fn authorize(&self, rejected: Option<u64>) -> Pending {
        // A call has a target as long as it lasts.
        let Some(target) = self.call.target() else { return nothing() };
        let token = token::of(target.upstream.clone(), self.life.clone(), self.clock, rejected);
        async move { (Input::Token(token.await), None) }.boxed_local()
    }

    /// Reads on: a whole answer at its upstream's pace, a stream as it comes.
    fn read(&self, reader: Reader) -> Pending {
        let (pace, rests, clock) = (self.pace, self.rests.clone(), self.clock);
        async move {
            let piece = match pace {
                Some(pace) => reader.read(pace.least()).await,
                None => reader.gather(rests.get().saturating_sub(clock.elapsed())).await,
            };
            let input = match piece {
                Piece::Chunk(bytes) => Input::Chunk(bytes),
                Piece::End => Input::End,
                Piece::Failed => Input::Failed,
            };
            (input, None)
        }
        .boxed_local()
    }

    fn handle(&mut self, now: Duration, input: Input) {
        let upstream = self.call.target().map(|target| target.upstream.clone());
        let name = upstream.as_ref().map_or("", |upstream| &upstream.name);
        state::health(name, |health| self.call.handle(now, input, health));
    }

    /// Registers the call as about to be sent: before it is, in strict mode; soon after, otherwise. Gives whether it may be
    /// sent.
    async fn register(&self) -> bool {
        let intent = Intent::new(&self.request_id, self.undecided(), self.clock.started_ms, self.call.total());
        if self.settings.audit_strict {
            return object::intents::tell(&self.env, &Notice { sent: vec![intent], ended: Vec::new() }).await;
        }
        telemetry::sent(intent);
        telemetry::bring(&self.life, &self.env);
        true
    }

    /// The audit row of the call if nobody learns how it ends.
    fn undecided(&self) -> String {
        let now_ms = self.clock.unix_ms();
        let occasion =
            self.settings.occasion(&self.request_id, self.caller.tenant.as_str(), &self.caller.key_id, now_ms);
        governance::undecided(&occasion, self.route.action().unwrap_or_default(), &self.call).line()
    }

    /// The call has ended: row, webhook, and the rest of the answer meanwhile.
    async fn end(self, stream: Option<Stream>, outcome: Outcome) {
        let now_ms = self.clock.unix_ms();
        let occasion = self
            .settings
            .occasion(&self.request_id, self.caller.tenant.as_str(), &self.caller.key_id, now_ms)
            .retried(self.retries);
        let action = self.route.action().unwrap_or_default();
        let record = CallRecord::new(&occasion, action, &self.call, &outcome, &self.settings.rates);
        let row = record.event().line();
        if let Some(recorder) = &self.recorder {
            recorder.settle(&row).await;
        }
        telemetry::row(&row);
        if self.registered {
            telemetry::ended(&self.request_id);
        }
        telemetry::count(|metrics| {
            record.measure(self.route.pattern(), metrics);
            state::breakers(|upstream, state| metrics.count(Metric::Breaker, &[("upstream", upstream)], state));
        });
        let used = record.used(self.need, &self.settings.rates);
        self.reservation.settle(used, &self.life, &self.env);
        if let Some(trace) = self.trace {
            record.spans(trace, now_ms).into_iter().for_each(telemetry::span);
        }
        if let Some(event) = record.completed() {
            telemetry::webhook(&self.life, &self.env, &event);
        }
        // A client that is slow to take the rest of its answer does not keep the row waiting.
        telemetry::bring(&self.life, &self.env);
        if let Some(recorder) = &self.recorder
            && telemetry::flush_rows(&self.env).await
        {
            recorder.written();
        }
        let Some(stream) = stream else { return };
        let limit = Delay::from(self.call.drain(self.clock.elapsed()));
        if let Either::Right(_) = select(Box::pin(stream.close()), limit).await {
            stream.abort();
        }
    }
}

fn nothing() -> Pending {
    pending().boxed_local()
}

fn send(request: HttpRequest, signal: AbortSignal) -> Pending {
    async move {
        match upstream::send(&request, &signal).await {
            Some((head, reader)) => (Input::Head(head), reader),
            None => (Input::Failed, None),
        }
    }
    .boxed_local()
}

/// A client that takes no more bytes has left.
fn flush(stream: &Stream, bytes: &Bytes) -> Pending {
    let taken = stream.write(bytes);
    async move { (if taken.await { Input::Flushed } else { Input::Cancel }, None) }.boxed_local()
}
