//! Promptgate at the edge: carries bytes between clients, the core and the upstream.
//!
//! ```text
//! request ─▶ answer() ─▶ intake (core) ─▶ body ─▶ prepare (core) ─▶ drive: Call (core) ⇄ fetch, timers, client
//! ```
//! Every decision is the core's: which route, which status, whether to try again. What stands here is how
//! the platform does it.

mod body;
mod client;
mod drive;
mod isolate;
mod leave;
mod token;
mod upstream;

use std::rc::Rc;

use promptgate_core::call::{Call, Identity};
use promptgate_core::chat::Prepared;
use promptgate_core::governance::Audit;
use promptgate_core::http::{Reply, ReplyHead};
use promptgate_core::intake::{self, Headers, Route};
use promptgate_core::openapi;
use promptgate_core::problem::{Code, Problem};
use promptgate_core::sensitive::Bytes;
use worker::{Context, Env, Request, Response, event};

use isolate::Clock;

/// Once per isolate.
#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// Every request.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    let clock = Clock::start();
    let random = isolate::random();
    match answer(request, &env, Rc::new(context), clock, &random).await {
        Ok(response) => Ok(response),
        Err(refusal) => {
            let request_id = random.request_id();
            // What the router refuses is the noise of the internet and leaves no row.
            if refusal.audited {
                let tenant = refusal.tenant.as_deref();
                let row = Audit::refused(&request_id, tenant, &refusal.problem, clock.unix_ms(), clock.elapsed_ms());
                leave::row(&row);
            }
            Ok(client::whole(refusal.problem.reply(&request_id)))
        }
    }
}

/// A request that ends here.
struct Refusal {
    problem: Problem,
    tenant: Option<String>,
    audited: bool,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Refusal { problem, tenant: None, audited: false }
    }
}

async fn answer(
    request: Request,
    env: &Env,
    context: Rc<Context>,
    clock: Clock,
    random: &isolate::Random,
) -> Result<Response, Refusal> {
    let request = request.inner();
    let route = intake::route(&request.method(), &client::path(request))?;
    // The description of the interface is there also where nothing is configured.
    let settings = || isolate::settings(env);
    match route {
        Route::OpenApi => Ok(json(openapi::document())),
        Route::Health => settings().map(|_| json(r#"{"status":"ok"}"#.to_owned())).map_err(Refusal::from),
        Route::Guard => {
            let settings = settings()?;
            headers(request).tenant(&settings.clients)?;
            let body = body::read(request, settings.call.total).await?;
            Ok(json(settings.guards.explain(body.bytes())?))
        }
        Route::Chat => {
            let settings = settings()?;
            let refused =
                |tenant: Option<&str>, problem| Refusal { problem, tenant: tenant.map(str::to_owned), audited: true };
            let admitted =
                headers(request).admit(&settings.clients, random.key).map_err(|problem| refused(None, problem))?;
            let tenant = admitted.tenant.as_str();
            let body =
                body::read(request, settings.call.total).await.map_err(|problem| refused(Some(tenant), problem))?;
            let prepared = isolate::counters(|counters| {
                Prepared::from_body(body.bytes(), &settings.guards.input, &settings.chat, counters)
            });
            let prepared = prepared.map_err(|problem| refused(Some(tenant), problem))?;
            let identity = Identity {
                request_id: random.request_id(),
                idempotency_key: admitted.upstream_key,
                seed: random.seed,
                started_ms: clock.started_ms,
                received: clock.elapsed(),
            };
            let request_id = identity.request_id.clone();
            let call = Call::new(
                prepared,
                settings.guards.output.clone(),
                settings.endpoints.clone(),
                settings.call.clone(),
                identity,
                admitted.format,
            );
            let (reply, replied) = futures_channel::oneshot::channel();
            let driver = drive::Driver {
                call,
                clock,
                settings: settings.clone(),
                context: context.clone(),
                request_id,
                tenant: tenant.to_owned(),
                left: client::left(request),
                timer: None,
            };
            context.wait_until(driver.run(reply));
            // Nothing is answered only where the client has left before.
            replied.await.map_err(|_| Problem::new(Code::Internal, "The client has left.").into())
        }
    }
}

/// The headers that the core decides on.
fn headers(request: &web_sys::Request) -> Headers {
    let headers = request.headers();
    let header = |name| headers.get(name).ok().flatten();
    Headers {
        authorization: header("authorization"),
        content_type: header("content-type"),
        content_length: header("content-length"),
        accept: header("accept"),
        idempotency_key: header("idempotency-key"),
    }
}

fn json(text: String) -> Response {
    let headers = vec![("content-type", "application/json".to_owned()), ("cache-control", "no-store".to_owned())];
    client::whole(Reply { head: ReplyHead { status: 200, headers }, body: Bytes(text.into_bytes()) })
}
