//! What the endpoints of sections 8 to 13 share: a request is checked, faults act, the state is changed in one
//! step, and the answer goes out.

use std::sync::Arc;

use hyper::header::{ETAG, HeaderName};
use hyper::{Method, Response};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::admission::{authorised, faults_of, in_progress, json_body, key_of, reused};
use crate::early::{early, skew_date};
use crate::fault::{Fault, How, On};
use crate::generation::REPLAYED;
use crate::id::uuid_of;
use crate::ledger::{ReplayRecord, Verdict, fingerprint};
use crate::record::Received;
use crate::refusal::{Refusal, Shape, add_headers, json_answer, typed_answer};
use crate::reply::{Body, Cut};
use crate::route::Endpoint;
use crate::usage::planned_ms;
use crate::wire::Line;
use crate::world::{State, World};
use crate::{analytics, cached_templates, models, prompt_templates};

/// An answer of one JSON body.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    pub(crate) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What a request knows when it looks at the state.
pub(crate) struct Turn {
    pub(crate) now: OffsetDateTime,
    pub(crate) faults: Arc<[Fault]>,
    /// Of the answer; no two have the same.
    pub(crate) correlation: String,
    /// Seed and number of resets: what new ids are made of.
    pub(crate) run: String,
    /// How long the call takes by its faults.
    pub(crate) planned_ms: u64,
}

impl Turn {
    /// The turn of a request.
    pub(crate) fn new(world: &World, faults: Arc<[Fault]>, correlation: &str) -> Self {
        Self {
            now: OffsetDateTime::now_utc(),
            planned_ms: planned_ms(world, &faults, 0),
            faults,
            correlation: correlation.to_owned(),
            run: format!("{} {}", world.config.seed, world.epoch()),
        }
    }

    /// The id of the n-th thing of a kind.
    pub(crate) fn new_id(&self, kind: &str, n: usize) -> String {
        uuid_of(&format!("{} {kind} {n}", self.run))
    }

    /// What another writer sets before this write, once per fault.
    pub(crate) fn other_writers(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.faults.iter().filter_map(|fault| match fault {
            Fault::ConcurrentWrite { set } => Some(set),
            _ => None,
        })
    }
}

/// A checked request: what it does to the state, and its answer.
pub(crate) type Act = Box<dyn FnOnce(&mut State, &Turn) -> Result<Reply, Refusal> + Send>;

/// Answers one request. A fault is taken only by a request whose token, headers and body are fine.
pub(crate) async fn serve(
    world: &Arc<World>,
    line: &Arc<Line>,
    received: &Received,
    endpoint: &Endpoint,
    names: &[&str],
) -> Result<Response<Body>, Cut> {
    let correlation = received.correlation.as_str();
    let found = checked(world, received, endpoint, names)
        .and_then(|(act, keyed)| Ok((act, keyed, faults_of(world, received, endpoint.on)?)));
    let (act, keyed, faults) = match found {
        Ok(found) => found,
        Err(refusal) => return Ok(refusal.answer(Shape::Api, correlation)),
    };
    let turn = Turn::new(world, Arc::clone(&faults), correlation);
    let run = || world.update(|state| once(state, &turn, received, &keyed, act));
    // What answers or cuts before the execution leaves the state alone.
    let (outcome, later) = if faults.iter().all(Fault::executes) { (Some(run()), None) } else { (None, Some(run)) };
    if let Some(mut answer) = early(world, line, &faults, Shape::Api, correlation).await? {
        if outcome.is_none() && endpoint.on == On::ModelInvoke {
            world.update(|state| models::failed(state, names, turn.planned_ms));
        }
        if matches!(answer.status().as_u16(), 409 | 412) {
            let etag = world.look(|state| current_etag(state, endpoint.on, names));
            add_headers(&mut answer, &etag.map(|etag| (ETAG, etag)).into_iter().collect::<Vec<_>>());
        }
        return Ok(finished(answer, &faults));
    }
    let outcome = outcome.or_else(|| later.map(|run| run()));
    let answer = match outcome {
        Some(Ok(reply)) => spoilt(line, reply, &faults),
        Some(Err(refusal)) => refusal.answer(Shape::Api, correlation),
        None => Refusal::usual(500, Shape::Api).answer(Shape::Api, correlation),
    };
    Ok(finished(answer, &faults))
}

/// Everything the contract asks of a request before the state is looked at.
fn checked(world: &World, received: &Received, endpoint: &Endpoint, names: &[&str]) -> Result<(Act, Keyed), Refusal> {
    authorised(world, received, endpoint.scope)?;
    if endpoint.method == Method::POST || endpoint.method == Method::PUT {
        json_body(received)?;
    }
    let act = match endpoint.on {
        On::TemplateGet => cached_templates::get(names),
        On::TemplatePut => cached_templates::put(names, received)?,
        On::PromptList => prompt_templates::list(received)?,
        On::PromptCreate => prompt_templates::create(received)?,
        On::PromptGet => prompt_templates::get(names),
        On::PromptPut => prompt_templates::put(names, received)?,
        On::PromptVersions => prompt_templates::versions(names, received)?,
        On::PromptVersion => prompt_templates::version(names),
        On::Analytics => analytics::query(received)?,
        On::ModelCreate => models::create(received)?,
        On::ModelGet => models::get(names),
        On::ModelConfigure => models::configure(names, received)?,
        On::ModelInvoke => models::invoke(names, received)?,
        On::ModelDelete => models::delete(names),
        // These have servers of their own.
        On::Chat | On::Execute | On::Token | On::Webhook | On::OpenaiChat | On::OpenaiEmbeddings | On::OpenaiModels => {
            return Err(Refusal::usual(404, Shape::Api));
        }
    };
    let keyed = match endpoint.on {
        On::PromptCreate | On::ModelCreate | On::ModelInvoke => Keyed::By(key_of(received)?),
        _ => Keyed::No,
    };
    Ok((act, keyed))
}

/// Whether a request is an execution of section 3.
enum Keyed {
    /// Reads and PUTs are none.
    No,
    /// It is, with or without a key.
    By(Option<String>),
}

/// Acts at most once per key. What is refused leaves the key free.
fn once(state: &mut State, turn: &Turn, received: &Received, keyed: &Keyed, act: Act) -> Result<Reply, Refusal> {
    let Keyed::By(key) = keyed else {
        return act(state, turn);
    };
    let (key, fingerprint) = (key.as_deref(), fingerprint(received));
    match state.ledger.verdict(key, fingerprint) {
        Verdict::Run => {
            let reply = act(state, turn)?;
            let kept = ReplayRecord { reply: Some(reply.clone()), ..ReplayRecord::default() };
            state.ledger.run(key, fingerprint, kept);
            // It has run to its end by now, whatever becomes of the answer.
            if let Some(key) = key {
                state.ledger.release(key);
            }
            Ok(reply)
        }
        Verdict::Replay(kept) => kept.reply.map(|reply| reply.with(REPLAYED, "true")).ok_or_else(reused),
        Verdict::Reused => Err(reused()),
        Verdict::InProgress => Err(in_progress()),
    }
}

/// The validator that a refused write is told.
fn current_etag(state: &State, on: On, names: &[&str]) -> Option<String> {
    match on {
        On::TemplatePut => state.templates.etag_of(names.first()?),
        On::PromptPut => state.prompts.etag_of(names.first()?),
        _ => None,
    }
}

/// A good answer, changed as the faults say.
pub(crate) fn spoilt(line: &Arc<Line>, mut reply: Reply, faults: &[Fault]) -> Response<Body> {
    change(&mut reply.body, faults);
    let mut answer = if faults.contains(&Fault::Empty {}) {
        typed_answer(reply.status, "application/json", "")
    } else if faults.contains(&Fault::Malformed {}) {
        typed_answer(reply.status, "application/json", half_of(&reply.body.to_string()))
    } else if reply.status == 204 {
        let mut answer = Response::new(Body::whole(""));
        *answer.status_mut() = hyper::StatusCode::NO_CONTENT;
        answer
    } else {
        json_answer(reply.status, &reply.body)
    };
    add_headers(&mut answer, &reply.headers);
    if let Some(how) =
        faults.iter().find_map(|fault| if let Fault::CutBody { how } = fault { Some(*how) } else { None })
    {
        *answer.body_mut() = half(line, &reply.body.to_string(), how);
    }
    answer
}

/// Members changed as the faults say.
pub(crate) fn change(body: &mut Value, faults: &[Fault]) {
    let Some(body) = body.as_object_mut() else { return };
    for fault in faults {
        match fault {
            Fault::Set { member, value } => {
                body.insert(member.clone(), value.clone());
            }
            Fault::LeaveOut { member } => {
                body.remove(member);
            }
            Fault::NumPages {} => {
                if let Some(pages) = body.remove("pageCount") {
                    body.insert("numPages".into(), pages);
                }
            }
            _ => {}
        }
    }
}

/// Half a body, then the end of the connection.
fn half(line: &Arc<Line>, text: &str, how: How) -> Body {
    let (outlet, stream) = Body::pieces(line, None);
    let text = half_of(text);
    tokio::spawn(async move {
        // If the reader has gone, that's that.
        if outlet.data(text).await.is_ok()
            && outlet.cut(if how == How::Close { Cut::Close } else { Cut::Reset }).await.is_ok()
        {
            outlet.closed().await;
        }
    });
    stream
}

/// The first half of a text's characters.
pub(crate) fn half_of(text: &str) -> String {
    text.chars().take(text.chars().count() / 2).collect()
}

/// An answer without the headers, and with the date, that the faults say.
pub(crate) fn finished(mut answer: Response<Body>, faults: &[Fault]) -> Response<Body> {
    for fault in faults {
        if let Fault::NoHeader { name } = fault {
            answer.headers_mut().remove(name);
        }
    }
    skew_date(&mut answer, faults);
    answer
}
