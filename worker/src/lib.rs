//! Promptgate at the edge: carries bytes between clients, the core and the upstream.
//!
//! ```text
//! request ─▶ route, key (core) ─▶ RequestContext ─▶ handler: body, core, objects, upstream ─▶ answer
//!                                                        └─ chat: drive: Call (core) ⇄ fetch, timers, client
//! ```
//! Every decision is the core's: which route, which status, whether to try again. The platform's part is here.

mod audit;
mod body;
mod bridge;
mod budget;
mod client;
mod context;
mod credential_check;
mod drive;
mod exchange;
mod follow;
mod keys;
mod labels;
mod limits;
mod models;
mod object;
mod seal;
mod sign;
mod state;
mod telemetry;
mod templates;
mod timers;
mod token;
mod under_way;
mod upstream;
mod webhooks;

use std::rc::Rc;
use std::time::Duration;

use js_sys::Function;
use promptgate_core::budget::Amounts;
use promptgate_core::call::{Call, Identity, Job, Pace, TOGETHER};
use promptgate_core::chat::{Decoded, Kind};
use promptgate_core::cors::Preflight;
use promptgate_core::front::openai::{self, Answer};
use promptgate_core::front::{self, Encoder, Front, promptgate};
use promptgate_core::governance::{Operation, stats};
use promptgate_core::http::{Reply, ReplyHead};
use promptgate_core::intake::Admitted;
use promptgate_core::lint;
use promptgate_core::openapi;
use promptgate_core::problem::{Code, Problem};
use promptgate_core::route::{self, Route, Target};
use promptgate_core::sensitive::Bytes;
use promptgate_core::settings::Settings;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{Request, Response};
use worker::{Env, event};

use client::Asked;
use context::{IncomingRequest, RequestContext};
use follow::KeyedRun;
use futures_util::future::{FutureExt, pending};
use object::journal::Keyed;
use state::{Clock, ExecutionContext};
use under_way::UnderWay;

/// Once per isolate.
#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// Every request; `done` is called when nothing goes on for it any more.
#[wasm_bindgen]
pub async fn fetch(request: Request, env: Env, done: Function) -> Response {
    let _under_way = UnderWay::begin();
    let life = ExecutionContext::request(done);
    let asked = Rc::new(Asked::of(&request));
    let settings = state::settings(&env).ok();
    if let Some(preflight) = settings.as_ref().and_then(|settings| preflight(settings, &asked)) {
        return client::whole(preflight);
    }
    let response = serve(request, asked.clone(), env, life, None).await;
    if let Some(settings) = settings {
        let path = route::target(&asked.url, None).unwrap_or_default();
        let right = Target::find(&asked.method, path).ok().map(|target| target.route.right());
        client::add(&response, settings.cors.headers(asked.header("origin"), right));
    }
    response
}

/// Answers a request: one that came to the Worker, or one with a key that came on to its object, which keeps the answer.
pub(crate) async fn serve(
    request: Request,
    asked: Rc<Asked>,
    env: Env,
    life: ExecutionContext,
    keyed: Option<Rc<Keyed>>,
) -> Response {
    let random = match state::random() {
        Ok(random) => random,
        Err(problem) => return client::whole(problem.reply("unnamed")),
    };
    let request_id = random.request_id();
    let arrival = IncomingRequest { request, asked: asked.clone(), env, life, clock: Clock::start(), random, keyed };
    let refused = |problem: Problem| {
        let path = route::target(&asked.url, None).unwrap_or_default();
        client::whole(front::refusal(path, &problem, &request_id))
    };
    answer(arrival).await.unwrap_or_else(refused)
}

/// The answer to what a browser asks before it lets a page call, if `request` is that.
fn preflight(settings: &Settings, asked: &Asked) -> Option<Reply> {
    if asked.method != "OPTIONS" {
        return None;
    }
    let header = |name| asked.header(name).unwrap_or_default();
    let preflight = Preflight {
        origin: header("origin"),
        method: header("access-control-request-method"),
        headers: header("access-control-request-headers"),
    };
    settings.cors.preflight(route::target(&asked.url, Some(header("host"))).ok()?, &preflight)
}

async fn answer(arrival: IncomingRequest) -> Result<Response, Problem> {
    let asked = &arrival.asked;
    let target = Target::find(&asked.method, route::target(&asked.url, asked.header("host"))?)?;
    // The description of the interface is there also where nothing is configured.
    if target.route == Route::OpenApi {
        return Ok(json(openapi::document()));
    }
    let settings = state::settings(&arrival.env)?;
    if target.route == Route::Health {
        return match target.query(&["deep"])?.flag("deep")? {
            true => Ok(credential_check::answer(&settings, &arrival.life).boxed_local().await),
            false => Ok(json(r#"{"status":"ok"}"#.to_owned())),
        };
    }
    let context = RequestContext::open(arrival, settings, target).await?;
    let answered = context.answer().await;
    let rates = context.rate_headers();
    // Of a call that its key's object makes, the object has said it.
    if rates.is_empty() || context.is_forwarded() {
        return answered;
    }
    // Answers of every kind say what is left; in place of what upstream says of its own limits.
    let response = answered.unwrap_or_else(|problem| {
        client::whole(front::refusal(&context.target.path, &problem, &context.random.request_id()))
    });
    client::set(&response, rates);
    Ok(response)
}

impl RequestContext {
    async fn answer(&self) -> Result<Response, Problem> {
        let most = self.settings.max_body(self.target.route);
        self.headers.permit(&self.caller, self.target.route, most).map_err(|problem| self.refused(problem))?;
        if self.is_forwarded() {
            return self.forward().boxed_local().await;
        }
        // Each family behind a box, so in a function of its own: V8 compiles a function whole, when it is first called, and
        // all routes in one were 350 KB.
        match self.target.route {
            Route::Guard => self.look(self.guard().boxed_local().await),
            Route::Lint => self.look(self.lint().boxed_local().await),
            Route::Metrics => self.metrics().boxed_local().await,
            Route::Stats => self.stats().boxed_local().await,
            Route::Chat => self.chat().boxed_local().await,
            Route::Completions => self.completion(Kind::Chat).boxed_local().await,
            Route::Embeddings => self.completion(Kind::Embeddings).boxed_local().await,
            Route::ListPublicModels => {
                let may = |model: &&str| self.caller.may_ask(model).is_ok();
                self.look(Ok(openai::list(self.settings.models.names(self.tenant()).filter(may))))
            }
            Route::ReadPublicModel => {
                let known = self.settings.models.has(&self.target.id, self.tenant())
                    && self.caller.may_ask(&self.target.id).is_ok();
                self.look(openai::model(&self.target.id, known))
            }
            Route::ExecuteTemplate => self.execute().boxed_local().await,
            Route::WhoAmI => self.keys().boxed_local().await,
            route => match route.resource() {
                Some("key") => self.keys().boxed_local().await,
                Some("model") => self.models().boxed_local().await,
                Some("webhook") => self.webhooks().boxed_local().await,
                Some("audit_log") => self.audit().boxed_local().await,
                _ => self.templates().boxed_local().await,
            },
        }
    }

    async fn guard(&self) -> Result<String, Problem> {
        let body = self.body().await?;
        let mut explanation = self.guards.explanation(body.bytes())?;
        self.limits.steps(|| explanation.step()).await?;
        Ok(explanation.end())
    }

    async fn lint(&self) -> Result<String, Problem> {
        let body = self.body().await?;
        let asked = lint::LintRequest::read(body.bytes(), state::linter())?;
        let document = asked.document();
        let mut linting = asked.begin(&document);
        self.limits.steps(|| linting.step()).await?;
        Ok(lint::LintRequest::answer(linting.end()))
    }

    /// Answers what is known here already.
    fn look(&self, found: Result<String, Problem>) -> Result<Response, Problem> {
        self.close(Operation::of(self.target.route), found.as_ref().err());
        found.map(json)
    }

    async fn metrics(&self) -> Result<Response, Problem> {
        // What this isolate has counted is in it.
        let _ = self.limits.within(telemetry::flush(&self.env)).await;
        let text = object::metrics::prometheus(&self.env, self.caller.sees(), &self.limits).await;
        self.close(Operation::of(self.target.route), text.as_ref().err());
        Ok(text_answer("text/plain; version=0.0.4; charset=utf-8", text?))
    }

    async fn stats(&self) -> Result<Response, Problem> {
        // What this isolate has counted is in it.
        let _ = self.limits.within(telemetry::flush(&self.env)).await;
        let answered = async {
            let question = stats::Question::of(&self.target, self.caller.sees(), self.clock.unix_ms())?;
            question.answer(&object::metrics::points(&self.env, &question, &self.limits).await?)
        };
        let answered = answered.await;
        self.close(Operation::of(self.target.route), answered.as_ref().err());
        answered.map(json)
    }

    async fn chat(&self) -> Result<Response, Problem> {
        let (admitted, body) = self.admit().await?;
        if let Some(answer) = self.seen(admitted.front, body.bytes()).await? {
            return Ok(answer);
        }
        let decoded = promptgate::decode(body.bytes());
        drop(body);
        self.complete(admitted, decoded).await
    }

    async fn completion(&self, kind: Kind) -> Result<Response, Problem> {
        let key = self.headers.upstream_key(&self.caller.tenant, &self.target.path, self.random.key);
        let upstream_key = key.map_err(|problem| self.refused(problem))?;
        let body = self.body().await.map_err(|problem| self.refused(problem))?;
        if self.keyed.is_some()
            && let Some(answer) = self.seen(Front::OpenAi(Answer::asked(body.bytes())), body.bytes()).await?
        {
            return Ok(answer);
        }
        let decoded = openai::decode(body.into_bytes(), kind);
        let (decoded, answer) = decoded.map_err(|problem| self.refused(problem))?;
        self.complete(Admitted { front: Front::OpenAi(answer), upstream_key }, Ok(decoded)).await
    }

    /// Checks, counts and trims a request, and calls the model.
    async fn complete(&self, admitted: Admitted, decoded: Result<Decoded, Problem>) -> Result<Response, Problem> {
        let settings = &self.settings;
        let refused = |problem| self.refused(problem);
        let decoded = decoded.map_err(refused)?;
        let window = settings.models.window(&decoded.request().model, self.tenant());
        let mut checking = decoded.begin(&self.guards.input);
        self.limits.steps(|| checking.step()).await.map_err(refused)?;
        let checked = checking.end().map_err(refused)?;
        let rules = &settings.chat;
        let counted = state::counters(|counters| checked.count(rules, window, counters));
        let trimmed = counted.trim(rules.ratio_permille).map_err(refused)?;
        self.call(admitted, Job::Chat(Box::new(trimmed))).await
    }

    /// A request for an answer of a model, with its body. One that is refused has its row.
    async fn admit(&self) -> Result<(Admitted, body::Body), Problem> {
        let admitted = self.headers.admit(&self.caller.tenant, &self.target.path, self.random.key);
        let admitted = admitted.map_err(|problem| self.refused(problem))?;
        let body = self.body().await.map_err(|problem| self.refused(problem))?;
        Ok((admitted, body))
    }

    /// Whether the object of the request's key does it.
    fn is_forwarded(&self) -> bool {
        self.keyed.is_none() && self.target.route.is_keyed() && self.headers.idempotency_key.is_some()
    }

    /// Hands a request with a key to the object of its key.
    async fn forward(&self) -> Result<Response, Problem> {
        let name = self.headers.upstream_key(&self.caller.tenant, &self.target.path, self.random.key);
        let name = name.map_err(|problem| self.refused(problem))?;
        let answer = object::journal::forward(&self.env, &name, &self.request, &self.settings, &self.limits).await;
        // The object writes the row of a client that leaves.
        answer.map_err(|problem| match problem.code {
            Code::ClientLeft => problem,
            _ => self.refused(problem),
        })
    }

    /// Calls upstream; the answer begins when there is something of it.
    async fn call(&self, admitted: Admitted, job: Job) -> Result<Response, Problem> {
        let settings = &self.settings;
        // The same key leads to the same upstream, which may know it.
        let draw = if self.keyed.is_some() { admitted.draw() } else { self.random.seed };
        let identity = Identity {
            request_id: self.random.request_id(),
            idempotency_key: admitted.upstream_key,
            seed: self.random.seed,
            started_ms: self.clock.started_ms,
            received: self.clock.elapsed(),
        };
        let request_id = identity.request_id.clone();
        self.caller.may_ask(job.model_id()).map_err(|problem| self.refused(problem))?;
        let guard = self.guards.output.clone();
        let route = settings.route(&job, self.tenant(), draw).map_err(|problem| self.refused(problem))?;
        let total = route.rules.total;
        let need = job.need();
        let rate = route.targets.first().and_then(|target| target.rate);
        let cost = settings.rates.chat_cost(job.model_id(), rate, need).billionths();
        let amounts = Amounts::request(need.prompt_tokens.saturating_add(need.completion_tokens), cost);
        let reservation = self.reserve(amounts).await.map_err(|problem| self.refused(problem))?;
        let together = if admitted.front.is_whole() { Duration::ZERO } else { TOGETHER };
        let call = Call::new(job, guard, route.targets, route.rules, identity).gathering(together);
        let recorder = match self.begin(&call).await? {
            Some(KeyedRun::Ours(recorder)) => Some(recorder),
            // Another request with the key was faster.
            Some(KeyedRun::Another(run)) => {
                drop(reservation);
                return self.read_along(run, admitted.front, None).await;
            }
            None => None,
        };
        let run = recorder.as_ref().map(|recorder| recorder.run());
        let encoder = Encoder::new(admitted.front, &call.about());
        let (reply, replied) = futures_channel::oneshot::channel();
        let traceparent = self.asked.header("traceparent");
        let trace = settings.traces.as_ref().and_then(|to| to.begin(traceparent, self.random.trace));
        let driver = drive::Driver {
            call,
            encoder,
            clock: self.clock,
            settings: settings.clone(),
            life: self.life.clone(),
            env: self.env.clone(),
            route: self.target.route,
            request_id,
            caller: self.caller.clone(),
            retries: self.headers.retries(),
            trace,
            reservation,
            need,
            // A call that is kept goes on when its client leaves, and at its upstream's pace.
            left: if recorder.is_some() { pending().boxed_local() } else { self.limits.left() },
            pace: (recorder.is_none() && admitted.front.is_whole()).then(Pace::default),
            recorder,
            registered: false,
            timers: self.timers.take(),
            rests: Rc::default(),
        };
        if let Some(run) = run {
            self.life.wait_until(driver.run(None));
            return self.read_along(run, admitted.front, Some(total)).await;
        }
        self.life.wait_until(driver.run(Some(reply)));
        // Nothing is answered only where the client has left before.
        replied.await.map_err(|_| Problem::new(Code::ClientLeft, "The client has left."))
    }
}

fn json(text: String) -> Response {
    text_answer("application/json", text)
}

fn text_answer(content_type: &str, text: String) -> Response {
    let headers = vec![("content-type", content_type.to_owned()), ("cache-control", "no-store".to_owned())];
    client::whole(Reply { head: ReplyHead { status: 200, headers }, body: Bytes(text.into_bytes()) })
}
