//! The object that keeps the metrics of every isolate, and the time series: buckets of a minute and of an hour, in SQLite.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use promptgate_core::governance::Metrics;
use promptgate_core::governance::stats::{
    DIMENSIONS, HOUR, KEPT_HOURS, KEPT_MINUTES, MAX_POINTS, MAX_SERIES, MINUTE_MS, Point, Points, Question, Series,
    Sums,
};
use promptgate_core::problem::Problem;
use serde::Deserialize;
use worker::{DurableObject, Env, Method, Request, Response, SqlStorage, SqlStorageValue, State, durable_object};

use super::sql;
use crate::limits::Limits;
use crate::state::Clock;

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

/// Points of the time series.
///
/// # Errors
/// Those of [`super::ask`].
pub(crate) async fn points(env: &Env, question: &Question, limits: &Limits) -> Result<Vec<Point>, Problem> {
    let body = serde_json::to_string(question).ok();
    super::ask_json(env, "METRICS", "all", "points", body, &limits.at_most(LIMIT)).await
}

/// One for the whole gateway.
#[durable_object]
pub struct MetricsObject {
    state: State,
    /// As it is stored; read when first asked for.
    metrics: RefCell<Option<Metrics>>,
    sql: SqlStorage,
    /// The hour in which old points were last deleted; none before the tables were looked for.
    swept: Cell<Option<u64>>,
}

/// Points that are summed, as SQLite has them.
#[derive(Deserialize)]
struct Row {
    bucket: f64,
    tenant: Option<String>,
    model: Option<String>,
    route: Option<String>,
    code: Option<String>,
    upstream: Option<String>,
    requests: f64,
    prompt_tokens: f64,
    completion_tokens: f64,
    cost: f64,
    latency_ms: f64,
}

impl DurableObject for MetricsObject {
    fn new(state: State, _env: Env) -> Self {
        let sql = state.storage().sql();
        MetricsObject { state, metrics: RefCell::new(None), sql, swept: Cell::new(None) }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        if request.path() == "/points" {
            self.sweep(Clock::start().unix_ms() / MINUTE_MS)?;
            let found = self.find(&serde_json::from_str(&request.text().await?)?)?;
            return Response::ok(serde_json::to_string(&found)?);
        }
        let mut counted: Metrics = match request.method() {
            Method::Post => serde_json::from_str(&request.text().await?).unwrap_or_default(),
            _ => Metrics::default(),
        };
        let points = counted.take_points();
        if !points.is_empty() {
            self.sweep(Clock::start().unix_ms() / MINUTE_MS)?;
            self.keep(points)?;
            if counted.is_empty() {
                return Response::empty();
            }
        }
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

// time series
impl MetricsObject {
    /// Makes the table, and once an hour deletes what is too old; `now` is in minutes.
    fn sweep(&self, now: u64) -> worker::Result<()> {
        if self.swept.replace(Some(now / HOUR)) == Some(now / HOUR) {
            return Ok(());
        }
        let create = "CREATE TABLE IF NOT EXISTS points (length INTEGER, bucket INTEGER, tenant TEXT, model TEXT, \
                      route TEXT, code TEXT, upstream TEXT, requests INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL, \
                      completion_tokens INTEGER NOT NULL, cost INTEGER NOT NULL, latency_ms INTEGER NOT NULL, \
                      PRIMARY KEY (length, bucket, tenant, model, route, code, upstream)) WITHOUT ROWID";
        self.sql.exec(create, None)?;
        for (length, kept) in [(1, KEPT_MINUTES), (HOUR, KEPT_HOURS)] {
            let delete = "DELETE FROM points WHERE length = ? AND bucket < ?";
            self.sql.exec(delete, vec![sql::value(length), sql::value(now.saturating_sub(kept))])?;
        }
        Ok(())
    }

    /// Adds points to their buckets: to that of the minute, and to that of the hour.
    fn keep(&self, points: Points) -> worker::Result<()> {
        let mut series: BTreeMap<(u64, u64, String), u64> = BTreeMap::new();
        for (point, sums) in Vec::from(points) {
            for length in [1, HOUR] {
                let bucket = point.minute - point.minute % length;
                let known = match series.get(&(length, bucket, point.tenant.clone())) {
                    Some(known) => *known,
                    None => self.series(length, bucket, &point.tenant)?,
                };
                series.insert((length, bucket, point.tenant.clone()), known + 1);
                let point = point.clone();
                self.add(length, bucket, if known < MAX_SERIES { point } else { point.other() }, sums)?;
            }
        }
        Ok(())
    }

    /// How many series a tenant has in a bucket.
    fn series(&self, length: u64, bucket: u64, tenant: &str) -> worker::Result<u64> {
        let count = "SELECT COUNT(*) AS number FROM points WHERE length = ? AND bucket = ? AND tenant = ?";
        let values = vec![sql::value(length), sql::value(bucket), tenant.into()];
        Ok(sql::number(&self.sql, count, values)?.unwrap_or_default())
    }

    fn add(&self, length: u64, bucket: u64, series: Series, sums: Sums) -> worker::Result<()> {
        let insert = "INSERT INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET \
                      requests = requests + excluded.requests, prompt_tokens = prompt_tokens + excluded.prompt_tokens, \
                      completion_tokens = completion_tokens + excluded.completion_tokens, cost = cost + excluded.cost, \
                      latency_ms = latency_ms + excluded.latency_ms";
        let values = vec![
            sql::value(length),
            sql::value(bucket),
            series.tenant.into(),
            series.model.into(),
            series.route.into(),
            series.code.into(),
            series.upstream.into(),
            sql::value(sums.requests),
            sql::value(sums.prompt_tokens),
            sql::value(sums.completion_tokens),
            sql::value(sums.cost),
            sql::value(sums.latency_ms),
        ];
        self.sql.exec(insert, values).map(|_| ())
    }

    fn find(&self, question: &Question) -> worker::Result<Vec<Point>> {
        let minutes = question.step.minutes();
        // Names are ours, of a list.
        let by = DIMENSIONS.map(|name| match question.by.iter().any(|asked| asked == name) {
            true => name.to_owned(),
            false => format!("NULL AS {name}"),
        });
        let tenant = if question.tenant.is_some() { "AND tenant = ?" } else { "" };
        let groups: String = question.by.iter().map(|name| format!(", points.{name}")).collect();
        let select = format!(
            "SELECT bucket - bucket % {minutes} AS bucket, {}, SUM(requests) AS requests, \
             SUM(prompt_tokens) AS prompt_tokens, SUM(completion_tokens) AS completion_tokens, SUM(cost) AS cost, \
             SUM(latency_ms) AS latency_ms FROM points WHERE length = ? AND bucket >= ? AND bucket < ? {tenant} \
             GROUP BY bucket - bucket % {minutes}{groups} ORDER BY 1{groups} LIMIT {}",
            by.join(", "),
            MAX_POINTS + 1,
        );
        let mut values = vec![sql::value(question.kept_by()), sql::value(question.from), sql::value(question.to)];
        values.extend(question.tenant.as_deref().map(SqlStorageValue::from));
        let rows = self.sql.exec(&select, values)?.to_array::<Row>()?;
        Ok(rows.into_iter().map(|row| row.point(&question.by)).collect())
    }
}

impl Row {
    fn point(self, by: &[String]) -> Point {
        let named = [
            ("tenant", self.tenant),
            ("model", self.model),
            ("route", self.route),
            ("code", self.code),
            ("upstream", self.upstream),
        ];
        let value = |name: &String| named.iter().find(|(known, _)| known == name).and_then(|(_, value)| value.clone());
        let sums = Sums {
            requests: self.requests as u64,
            prompt_tokens: self.prompt_tokens as u64,
            completion_tokens: self.completion_tokens as u64,
            cost: self.cost as u64,
            latency_ms: self.latency_ms as u64,
        };
        let by = by.iter().map(|name| value(name).unwrap_or_default()).collect();
        Point { minute: self.bucket as u64, by, sums }
    }
}
