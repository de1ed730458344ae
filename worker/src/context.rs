//! The context of one request, from the moment that its key is known.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::time::Duration;

use promptgate_core::client::{Caller, unknown_key};
use promptgate_core::governance::stats::{MINUTE_MS, Series, Sums};
use promptgate_core::governance::{Metrics, Operation};
use promptgate_core::guard::Guards;
use promptgate_core::intake::Headers;
use promptgate_core::key;
use promptgate_core::problem::Problem;
use promptgate_core::route::Target;
use promptgate_core::settings::Settings;
use worker::Env;

use crate::body::{self, Body};
use crate::client::Asked;
use crate::limits::Limits;
use crate::object::journal::Keyed;
use crate::state::{Clock, ExecutionContext, Random};
use crate::timers::Timers;
use crate::{object, telemetry};

/// A request as it comes.
pub(crate) struct IncomingRequest {
    pub(crate) request: web_sys::Request,
    pub(crate) asked: Rc<Asked>,
    pub(crate) env: Env,
    pub(crate) life: ExecutionContext,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    /// What keeps the answer, in the object of a key.
    pub(crate) keyed: Option<Rc<Keyed>>,
}

/// One request, and all that its handlers need.
pub(crate) struct RequestContext {
    pub(crate) request: web_sys::Request,
    pub(crate) asked: Rc<Asked>,
    pub(crate) env: Env,
    pub(crate) life: ExecutionContext,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) settings: Rc<Settings>,
    /// Those of this tenant and route.
    pub(crate) guards: Guards,
    pub(crate) target: Target,
    pub(crate) headers: Headers,
    pub(crate) caller: Caller,
    pub(crate) limits: Limits,
    pub(crate) keyed: Option<Rc<Keyed>>,
    /// What was asked, where its answer is kept.
    pub(crate) fingerprint: OnceCell<String>,
    /// Those of its body, and of its call after it.
    pub(crate) timers: Cell<Timers>,
}

impl RequestContext {
    /// The context of a request whose key is valid. Any other is counted, and makes no row: strangers must not be able
    /// to fill a log that nobody can shorten.
    ///
    /// # Errors
    /// Those of [`caller`].
    pub(crate) async fn open(
        arrival: IncomingRequest,
        settings: Rc<Settings>,
        target: Target,
    ) -> Result<RequestContext, Problem> {
        let IncomingRequest { request, asked, env, life, clock, random, keyed } = arrival;
        let headers = headers(&asked);
        let caller = caller(&headers, &settings, &env).await.inspect_err(|problem| {
            let (route, code) = (target.route.pattern(), problem.code.as_str());
            telemetry::count(|metrics| metrics.request(route, "", Some(code), clock.elapsed()));
            telemetry::bring(&life, &env);
        })?;
        let deadline_ms = clock.started_ms.saturating_add(settings.call.total.as_millis() as u64);
        let limits = Limits::of(&request, deadline_ms);
        let guards = settings.policies.of(caller.tenant.as_str(), target.route.action().unwrap_or_default()).clone();
        let fingerprint = OnceCell::new();
        Ok(RequestContext {
            request,
            asked,
            env,
            life,
            clock,
            random,
            settings,
            guards,
            target,
            headers,
            caller,
            limits,
            keyed,
            fingerprint,
            timers: Cell::default(),
        })
    }

    /// Whose key the request bears.
    pub(crate) fn tenant(&self) -> &str {
        self.caller.tenant.as_str()
    }

    /// The whole body.
    ///
    /// # Errors
    /// Those of [`body::read`].
    pub(crate) async fn body(&self) -> Result<Body, Problem> {
        let most = self.settings.max_body(self.target.route);
        let declared = self.headers.content_length.as_deref().and_then(|length| length.trim().parse().ok());
        let mut timers = self.timers.take();
        let key_id = &self.caller.key_id;
        let body = body::read(&self.request, key_id, most, declared, &self.limits, self.clock, &mut timers).await;
        self.timers.set(timers);
        body
    }

    /// A request that is refused before anything was done for it has its row, and is counted.
    pub(crate) fn refused(&self, problem: Problem) -> Problem {
        let mut refused = Operation::of(self.target.route);
        if !self.target.id.is_empty() {
            refused.on(&self.target.id);
        }
        self.close(refused, Some(&problem));
        problem
    }

    /// Row, webhook and count of an operation that has ended, with `problem` if with one.
    pub(crate) fn close(&self, done: Operation, problem: Option<&Problem>) {
        let mut metrics = Metrics::default();
        self.measure(problem.map(|problem| problem.code.as_str()), &mut metrics);
        self.count(metrics);
        self.record(done, problem);
    }

    /// Row and webhook of something that was done for the request.
    pub(crate) fn record(&self, done: Operation, problem: Option<&Problem>) {
        let (request_id, now_ms) = (self.random.request_id(), self.clock.unix_ms());
        let occasion = self
            .settings
            .occasion(&request_id, self.caller.tenant.as_str(), &self.caller.key_id, now_ms)
            .retried(self.headers.retries());
        let Some(row) = done.row(&occasion, problem, self.clock.elapsed_ms()) else { return };
        telemetry::count(|metrics| row.measure(metrics));
        if row.outcome.costs_nothing() {
            telemetry::refusal(self.tenant(), &self.caller.key_id, &row.line());
        } else {
            telemetry::row(&row.line());
        }
        if let Some(event) = done.event(&row) {
            telemetry::webhook(&self.life, &self.env, &event);
        }
        telemetry::bring(&self.life, &self.env);
    }

    /// Counts the request, which ended with the problem `code`, if with one.
    pub(crate) fn measure(&self, code: Option<&str>, metrics: &mut Metrics) {
        let took: Duration = self.clock.elapsed();
        metrics.request(self.target.route.pattern(), self.tenant(), code, took);
        let series = Series {
            minute: self.clock.unix_ms() / MINUTE_MS,
            tenant: self.tenant().to_owned(),
            model: String::new(),
            route: self.target.route.pattern().to_owned(),
            code: code.unwrap_or_default().to_owned(),
            upstream: String::new(),
        };
        metrics.point(series, Sums { requests: 1, latency_ms: took.as_millis() as u64, ..Sums::default() });
    }

    /// Counts; what waits is sent to its object after the answer.
    pub(crate) fn count(&self, metrics: Metrics) {
        telemetry::count(|counted| counted.merge(metrics));
        telemetry::bring(&self.life, &self.env);
    }
}

/// Whose key a request bears: one of `CLIENT_KEYS`, or one that was made. What has not even the form of such a key is
/// refused without asking anybody.
///
/// # Errors
/// Those of [`Headers::key`] and [`object::keys::caller`].
async fn caller(headers: &Headers, settings: &Settings, env: &Env) -> Result<Caller, Problem> {
    let key = headers.key()?;
    match settings.clients.find(&key) {
        Some(caller) => Ok(caller.clone()),
        None if key::is_well_formed(&key) => object::keys::caller(env, &key).await,
        None => Err(unknown_key()),
    }
}

/// The headers that the core decides on.
fn headers(asked: &Asked) -> Headers {
    let header = |name| asked.header(name).map(str::to_owned);
    Headers {
        authorization: header("authorization"),
        api_key: header("api-key").or_else(|| header("x-api-key")),
        content_type: header("content-type"),
        content_encoding: header("content-encoding"),
        content_length: header("content-length"),
        accept: header("accept"),
        idempotency_key: header("idempotency-key"),
        if_match: header("if-match"),
        if_none_match: header("if-none-match"),
        cache_control: header("cache-control"),
        pragma: header("pragma"),
        last_event_id: header("last-event-id"),
        retry_count: header("x-stainless-retry-count"),
    }
}
