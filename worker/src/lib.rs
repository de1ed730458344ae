//! Promptgate at the edge: carries bytes between clients, the core and the upstream.
//!
//! ```text
//! request ─▶ answer() ─▶ intake (core) ─▶ body ─▶ prepare (core) ─▶ drive: Call (core) ⇄ fetch, timers, client
//! ```
//! Every decision is the core's: which route, which status, whether to try again. What stands here is how
//! the platform does it.

mod audit;
mod body;
mod client;
mod drive;
mod exchange;
mod isolate;
mod leave;
mod models;
mod object;
mod operation;
mod templates;
mod token;
mod upstream;

use std::rc::Rc;

use promptgate_core::call::{Call, Identity, Job};
use promptgate_core::chat::Prepared;
use promptgate_core::client::Tenant;
use promptgate_core::governance::{Audit, Metrics, WebhookEvent};
use promptgate_core::http::{Reply, ReplyHead};
use promptgate_core::intake::{Admitted, Body, Headers};
use promptgate_core::openapi;
use promptgate_core::problem::{Code, Problem};
use promptgate_core::route::{Route, Target};
use promptgate_core::sensitive::Bytes;
use promptgate_core::settings::Settings;
use worker::{Context, Env, Request, Response, event};

use isolate::{Clock, Life};

/// Once per isolate.
#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// Every request.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    let visit = Visit {
        request: Clone::clone(request.inner()),
        env,
        life: Life::Request(Rc::new(context)),
        clock: Clock::start(),
        random: isolate::random(),
    };
    Ok(visit.answer().await.unwrap_or_else(|problem| client::whole(problem.reply(&visit.random.request_id()))))
}

/// One request, and all that its handlers need.
pub(crate) struct Visit {
    request: web_sys::Request,
    env: Env,
    life: Life,
    clock: Clock,
    random: isolate::Random,
}

impl Visit {
    async fn answer(&self) -> Result<Response, Problem> {
        let target = Target::find(&self.request.method(), &client::target(&self.request))?;
        // The description of the interface is there also where nothing is configured.
        if target.route == Route::OpenApi {
            return Ok(json(openapi::document()));
        }
        let settings = isolate::settings(&self.env)?;
        match target.route {
            Route::OpenApi | Route::Health => Ok(json(r#"{"status":"ok"}"#.to_owned())),
            Route::Guard => {
                self.headers().tenant(&settings.clients, target.route)?;
                let body = body::read(&self.request, settings.call.total).await?;
                Ok(json(settings.guards.explain(body.bytes())?))
            }
            Route::Lint => {
                self.headers().tenant(&settings.clients, target.route)?;
                let body = body::read(&self.request, settings.call.total).await?;
                Ok(json(isolate::lint(|linter| promptgate_core::lint::answer(linter, body.bytes()))?))
            }
            Route::Metrics => {
                self.headers().authenticate(&settings.clients, target.route)?;
                let text = object::metrics::prometheus(&self.env).await.ok_or_else(Problem::storage_unavailable)?;
                Ok(text_answer("text/plain; version=0.0.4; charset=utf-8", text))
            }
            Route::Audit => self.audit(&settings, &target).await,
            Route::Chat => self.chat(&settings, &target).await,
            Route::SubmitModel
            | Route::ReadModel
            | Route::WatchModel
            | Route::ConfigureModel
            | Route::ReadConfiguration
            | Route::InvokeModel
            | Route::ExportModel
            | Route::ConfigureNamed
            | Route::InvokeNamed => self.models(&settings, &target).await,
            _ => self.templates(&settings, &target).await,
        }
    }

    async fn chat(&self, settings: &Rc<Settings>, target: &Target) -> Result<Response, Problem> {
        let (admitted, body) = self.admit(settings, target).await?;
        let prepared = isolate::counters(|counters| {
            Prepared::from_body(body.bytes(), &settings.guards.input, &settings.chat, counters)
        });
        let refused = |problem| self.refused(target.route, Some(&admitted.tenant), problem);
        let job = Job::Chat(Box::new(prepared.map_err(refused)?));
        self.call(settings, target.route, admitted, job).await
    }

    /// A request for an answer of a model, with its body. One that is refused leaves its row here.
    async fn admit(&self, settings: &Settings, target: &Target) -> Result<(Admitted, Body), Problem> {
        let admitted = self.headers().admit(&settings.clients, target.route, &target.path, self.random.key);
        let admitted = admitted.map_err(|problem| self.refused(target.route, None, problem))?;
        let body = body::read(&self.request, settings.call.total).await;
        let body = body.map_err(|problem| self.refused(target.route, Some(&admitted.tenant), problem))?;
        Ok((admitted, body))
    }

    /// Calls upstream; the answer begins when there is something of it.
    async fn call(
        &self,
        settings: &Rc<Settings>,
        route: Route,
        admitted: Admitted,
        job: Job,
    ) -> Result<Response, Problem> {
        let identity = Identity {
            request_id: self.random.request_id(),
            idempotency_key: admitted.upstream_key,
            seed: self.random.seed,
            started_ms: self.clock.started_ms,
            received: self.clock.elapsed(),
        };
        let request_id = identity.request_id.clone();
        let guard = settings.guards.output.clone();
        let call = Call::new(job, guard, settings.endpoints.clone(), settings.call.clone(), identity, admitted.format);
        let (reply, replied) = futures_channel::oneshot::channel();
        let driver = drive::Driver {
            call,
            clock: self.clock,
            settings: settings.clone(),
            life: self.life.clone(),
            env: self.env.clone(),
            route,
            request_id,
            tenant: admitted.tenant.as_str().to_owned(),
            left: client::left(&self.request),
            timer: None,
        };
        self.life.wait_until(driver.run(reply));
        // Nothing is answered only where the client has left before.
        replied.await.map_err(|_| Problem::new(Code::Internal, "The client has left."))
    }

    /// A request for an answer of a model that is refused leaves a row. (What the router refuses is the noise
    /// of the internet and leaves none.)
    fn refused(&self, route: Route, tenant: Option<&Tenant>, problem: Problem) -> Problem {
        let (now, latency) = (self.clock.unix_ms(), self.clock.elapsed_ms());
        let row = Audit::refused(&self.random.request_id(), tenant.map(Tenant::as_str), &problem, now, latency);
        leave::row(&row.line());
        let mut metrics = Metrics::default();
        row.measure(route.pattern(), &mut metrics);
        self.behind(metrics, None);
        problem
    }

    /// What the request leaves behind is brought where it is kept, after its answer.
    fn behind(&self, metrics: Metrics, event: Option<WebhookEvent>) {
        let env = self.env.clone();
        self.life.wait_until(async move { leave::behind(&env, metrics, event).await });
    }

    /// The headers that the core decides on.
    fn headers(&self) -> Headers {
        let headers = self.request.headers();
        let header = |name| headers.get(name).ok().flatten();
        Headers {
            authorization: header("authorization"),
            content_type: header("content-type"),
            content_length: header("content-length"),
            accept: header("accept"),
            idempotency_key: header("idempotency-key"),
            if_match: header("if-match"),
            if_none_match: header("if-none-match"),
            cache_control: header("cache-control"),
            last_event_id: header("last-event-id"),
        }
    }
}

fn json(text: String) -> Response {
    text_answer("application/json", text)
}

fn text_answer(content_type: &str, text: String) -> Response {
    let headers = vec![("content-type", content_type.to_owned()), ("cache-control", "no-store".to_owned())];
    client::whole(Reply { head: ReplyHead { status: 200, headers }, body: Bytes(text.into_bytes()) })
}
