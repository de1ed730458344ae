//! The object that keeps the metrics of every isolate.

use std::cell::RefCell;
use std::time::Duration;

use promptgate_core::governance::Metrics;
use promptgate_core::problem::Problem;
use worker::{DurableObject, Env, Method, Request, Response, State, durable_object};

use crate::limits::Limits;

/// How long a request may take (ours): it costs about a millisecond.
const LIMIT: Duration = Duration::from_secs(5);
/// Where it is stored.
const KEY: &str = "metrics";

/// Adds `counted`; says whether it is kept.
pub(crate) async fn add(env: &Env, counted: &Metrics) -> bool {
    let Ok(body) = serde_json::to_string(counted) else { return false };
    let limits = Limits::until(u64::MAX).at_most(LIMIT);
    super::ask(env, "METRICS", "all", "", Some(body), &limits).await.is_ok()
}

/// The series of this tenant, or of all, as Prometheus text.
///
/// # Errors
/// Those of [`super::ask`].
pub(crate) async fn prometheus(env: &Env, tenant: Option<&str>, limits: &Limits) -> Result<String, Problem> {
    super::ask(env, "METRICS", "all", tenant.unwrap_or_default(), None, &limits.at_most(LIMIT)).await
}

/// One for the whole gateway.
#[durable_object]
pub struct MetricsObject {
    state: State,
    /// As it is stored; read when first asked for.
    metrics: RefCell<Option<Metrics>>,
}

impl DurableObject for MetricsObject {
    fn new(state: State, _env: Env) -> Self {
        MetricsObject { state, metrics: RefCell::new(None) }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let counted = match request.method() {
            Method::Post => serde_json::from_str(&request.text().await?).unwrap_or_default(),
            _ => Metrics::default(),
        };
        if self.metrics.borrow().is_none() {
            let stored: Option<String> = self.state.storage().get(KEY).await?;
            let stored = stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
            // Another request may have read it meanwhile, and added to it.
            self.metrics.borrow_mut().get_or_insert(stored);
        }
        if counted.is_empty() {
            let path = request.path();
            let tenant = path.trim_start_matches('/');
            let metrics = self.metrics.borrow();
            let text = metrics.as_ref().map(|metrics| match tenant {
                "" => metrics.prometheus(),
                tenant => metrics.of(tenant).prometheus(),
            });
            return Response::ok(text.unwrap_or_default());
        }
        let stored = {
            let mut metrics = self.metrics.borrow_mut();
            let metrics = metrics.get_or_insert_with(Metrics::default);
            metrics.merge(counted);
            serde_json::to_string(metrics)?
        };
        self.state.storage().put(KEY, stored).await?;
        Response::empty()
    }
}
