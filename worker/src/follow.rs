//! Reading along with a keyed call: each client in its own format and at its own pace.

use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use promptgate_core::call::Call;
use promptgate_core::client::Caller;
use promptgate_core::front::{Encoded, Front};
use promptgate_core::governance::replay;
use promptgate_core::http::{Reply, ReplyHead};
use promptgate_core::journal::{self, Journal, Reader, Resume, Step, fingerprint};
use promptgate_core::problem::{Code, Problem};
use promptgate_core::sensitive::Bytes;
use promptgate_core::settings::Settings;

use crate::bridge::Delay;
use crate::client::{self, Stream};
use crate::context::RequestContext;
use crate::limits::Limits;
use crate::object::journal::{Recorder, Run};
use crate::state::Clock;
use crate::telemetry;
use web_sys::Response;

/// How long after its deadline a client may take for the bytes that are left (ours).
const DRAIN: Duration = Duration::from_secs(5);

/// A call with a key.
pub(crate) enum KeyedRun {
    /// This request makes it.
    Ours(Rc<Recorder>),
    /// Another request makes it, or has made it.
    Another(Rc<Run>),
}

impl RequestContext {
    /// The answer to a request whose call was made before, or is made now. `body` is that of the request.
    ///
    /// # Errors
    /// Those of [`Keyed::find`](crate::object::journal::Keyed::find), which have their row.
    pub(crate) async fn seen(&self, front: Front, body: &[u8]) -> Result<Option<Response>, Problem> {
        let Some(keyed) = &self.keyed else { return Ok(None) };
        let fingerprint =
            self.fingerprint.get_or_init(|| fingerprint(&self.caller.tenant, &self.target.path, front, body));
        match keyed.find(fingerprint).await.map_err(|problem| self.refused(problem))? {
            Ok(run) => self.read_along(run, front, None).await.map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Reserves the key for `call`, where there is one.
    ///
    /// # Errors
    /// Those of [`seen`](Self::seen).
    pub(crate) async fn begin(&self, call: &Call) -> Result<Option<KeyedRun>, Problem> {
        let (Some(keyed), Some(fingerprint)) = (&self.keyed, self.fingerprint.get()) else { return Ok(None) };
        Ok(Some(match keyed.find(fingerprint).await.map_err(|problem| self.refused(problem))? {
            Ok(run) => KeyedRun::Another(run),
            Err(generation) => KeyedRun::Ours(keyed.begin(fingerprint, call.about(), generation, &self.settings)),
        }))
    }

    /// The answer of the call `run` in the format of `front`. Who makes the call has its time, `own`; who does not is told
    /// so, and has a row.
    ///
    /// # Errors
    /// Those of [`Resume::read`], [`Reader::new`] and [`Run::enter`].
    pub(crate) async fn read_along(
        &self,
        run: Rc<Run>,
        front: Front,
        own: Option<Duration>,
    ) -> Result<Response, Problem> {
        let refused = |problem| self.refused(problem);
        let resume = Resume::read(self.headers.last_event_id.as_deref(), front).map_err(refused)?;
        let reader = Reader::new(&run.journal.borrow(), front, resume).map_err(refused)?;
        run.enter().map_err(refused)?;
        let (reply, replied) = oneshot::channel();
        let request_id = self.random.request_id();
        let more = own.unwrap_or_default().saturating_sub(self.settings.call.total);
        let (limits, own) = (self.limits.longer(more), own.is_some());
        let follower = Follower { run: run.clone(), reader, front, own, request_id, limits };
        let (life, env, row) = (self.life.clone(), self.env.clone(), (!own).then(|| self.replay()));
        self.life.wait_until(async move {
            let left = follower.read(reply).await;
            run.leave();
            if let Some(row) = row {
                telemetry::row(&row.line(&run.journal.borrow(), left));
                telemetry::bring(&life, &env);
            }
        });
        replied.await.map_err(|_| Problem::new(Code::ClientLeft, "The client has left."))
    }
}

/// The audit row of a request that reads along.
struct Row {
    caller: Caller,
    request_id: String,
    settings: Rc<Settings>,
    clock: Clock,
    action: &'static str,
}

impl RequestContext {
    fn replay(&self) -> Row {
        Row {
            caller: self.caller.clone(),
            request_id: self.random.request_id(),
            settings: self.settings.clone(),
            clock: self.clock,
            action: self.target.route.action().unwrap_or_default(),
        }
    }
}

impl Row {
    fn line(&self, journal: &Journal, left: bool) -> String {
        let (tenant, key_id, now_ms) = (self.caller.tenant.as_str(), &self.caller.key_id, self.clock.unix_ms());
        let occasion = self.settings.occasion(&self.request_id, tenant, key_id, now_ms);
        replay(&occasion, self.action, journal.about(), (journal.state(), left), self.clock.elapsed_ms()).line()
    }
}

/// One client that reads.
struct Follower {
    run: Rc<Run>,
    reader: Reader,
    front: Front,
    own: bool,
    request_id: String,
    limits: Limits,
}

impl Follower {
    /// Reads to the end; says whether the client left before.
    async fn read(mut self, reply: oneshot::Sender<Response>) -> bool {
        let mut reply = Some(reply);
        let mut stream: Option<Stream> = None;
        loop {
            let step = self.reader.next(&self.run.journal.borrow());
            match step {
                Step::Write(Encoded { head: Some(head), bytes }) => {
                    let head = self.head(head);
                    let response = if head.status != 200 || self.front.is_whole() {
                        client::whole(Reply { head, body: bytes })
                    } else {
                        let Some((begun, response)) = Stream::begin(&head) else { return true };
                        let written = begun.write(&bytes);
                        stream = Some(begun);
                        if reply.take().is_none_or(|reply| reply.send(response).is_err()) {
                            return true;
                        }
                        if !self.taken(written).await {
                            return true;
                        }
                        continue;
                    };
                    return reply.take().is_none_or(|reply| reply.send(response).is_err());
                }
                Step::Write(Encoded { head: None, bytes }) => {
                    if let Some(stream) = stream.as_ref().filter(|_| !bytes.0.is_empty()) {
                        let written = stream.write(&bytes);
                        if !self.taken(written).await {
                            stream.abort();
                            return true;
                        }
                    }
                }
                Step::Wait => {
                    let change = self.run.change();
                    match self.limits.within(change).await {
                        Ok(_) => {}
                        Err(problem) if problem.code == Code::TotalDeadline => {
                            match (&stream, reply.take()) {
                                (Some(stream), _) => stream.abort(),
                                (None, Some(reply)) => {
                                    let running = self.front.refusal(&journal::running(), &self.request_id);
                                    let _ = reply.send(client::whole(running));
                                }
                                (None, None) => {}
                            }
                            return false;
                        }
                        Err(_) => return true,
                    }
                }
                Step::End => break,
            }
        }
        match (stream, reply) {
            (Some(stream), _) => {
                let limit = Delay::from(self.limits.remaining().max(DRAIN));
                match select(Box::pin(stream.close()), limit).await {
                    Either::Left(_) => false,
                    Either::Right(_) => {
                        stream.abort();
                        true
                    }
                }
            }
            // It has read everything before.
            (None, Some(reply)) => {
                let head =
                    self.head(ReplyHead { status: 204, headers: vec![("cache-control", "no-store".to_owned())] });
                reply.send(client::whole(Reply { head, body: Bytes::default() })).is_err()
            }
            (None, None) => false,
        }
    }

    /// Whether the client takes what is written, within its limits.
    async fn taken(&self, written: impl Future<Output = bool> + Unpin) -> bool {
        let limit = Delay::from(self.limits.remaining().max(DRAIN));
        matches!(select(written, limit).await, Either::Left((true, _)))
    }

    fn head(&self, mut head: ReplyHead) -> ReplyHead {
        head.headers.retain(|(name, _)| *name != "x-request-id");
        head.headers.push(("x-request-id", self.request_id.clone()));
        if !self.own {
            head.headers.push(("idempotency-replayed", "true".to_owned()));
        }
        head
    }
}
