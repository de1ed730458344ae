//! Counters and histograms, merged from every isolate and written as Prometheus text (exposition format 0.0.4).

mod metric;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::histogram::{Histogram, Scale, decimal};
use super::stats::{Points, Series, Sums};
use metric::Kind;
pub use metric::Metric;

/// Most series of one metric that one tenant has; its labels beyond are written as `other` (ours). The share is each tenant's
/// own, so that none can use up what the others need.
const MAX_SERIES: usize = 200;
/// Longest label value, in characters (ours).
const MAX_LABEL: usize = 64;

/// The name of a metric: one of the table's, or as another isolate has written it.
type Name = Cow<'static, str>;

/// A call of a model, as OpenTelemetry's metrics of generative AI see it.
#[derive(Debug, Clone, Copy)]
pub struct Generation<'a> {
    /// `gen_ai.operation.name`: `chat` or `embeddings`.
    pub operation: &'a str,
    /// `gen_ai.provider.name`.
    pub provider: &'a str,
    /// `gen_ai.request.model`.
    pub model: &'a str,
    /// `gen_ai.response.model`, where the answer names one.
    pub answered_by: Option<&'a str>,
    /// `error.type`, where the call failed.
    pub error: Option<&'a str>,
    /// From start to end.
    pub took: Duration,
    /// From start to the first content, where the answer was streamed.
    pub first_content: Option<Duration>,
    /// Of the prompt, and of the answer, where upstream reports it.
    pub tokens: Option<(u64, u64)>,
}

/// What has been counted. Serialises to JSON, for the object that keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metrics {
    /// Metric's name, then labels as they are written, then the value.
    values: BTreeMap<Name, BTreeMap<String, u64>>,
    histograms: BTreeMap<Name, BTreeMap<String, Histogram>>,
    /// Time series, which are kept apart.
    #[serde(default)]
    points: Points,
}

impl Metrics {
    /// Adds `by` to a counter; sets a gauge to it.
    pub fn count(&mut self, metric: Metric, labels: &[(&str, &str)], by: u64) {
        let (name, _, kind) = metric.row();
        let value = slot(&mut self.values, name, labels);
        *value = if kind == Kind::Gauge { by } else { value.saturating_add(by) };
    }

    /// Counts the requests that were sent upstream for one request of a client: all but the first are repetitions.
    pub fn attempts(&mut self, attempts: u32) {
        if attempts > 0 {
            self.count(Metric::UpstreamRequests, &[], u64::from(attempts));
            self.count(Metric::UpstreamRetries, &[], u64::from(attempts) - 1);
        }
    }

    /// Puts a duration into a histogram.
    pub fn observe(&mut self, metric: Metric, labels: &[(&str, &str)], duration: Duration) {
        let per_second = u128::from(metric.scale().per_unit);
        let value = duration.as_nanos().saturating_mul(per_second) / 1_000_000_000;
        self.record(metric, labels, u64::try_from(value).unwrap_or(u64::MAX));
    }

    /// Puts a value, in the units of the metric's scale, into a histogram.
    fn record(&mut self, metric: Metric, labels: &[(&str, &str)], value: u64) {
        slot(&mut self.histograms, metric.row().0, labels).record(metric.scale().bounds, value);
    }

    /// Counts a call of a model under OpenTelemetry's names: its tokens, how long it took, and, where it was streamed,
    /// when its first content came and how far its tokens were apart.
    pub fn generation(&mut self, generation: &Generation<'_>) {
        let Generation { operation, provider, model, answered_by, error, took, first_content, tokens } = *generation;
        // An attribute that is not there has no label.
        let labels: Vec<_> = [
            ("gen_ai_operation_name", Some(operation)),
            ("gen_ai_provider_name", Some(provider)),
            ("gen_ai_request_model", Some(model)),
            ("gen_ai_response_model", answered_by),
            ("error_type", error),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
        let labels = labels.as_slice();
        self.observe(Metric::GenAiDuration, labels, took);
        if let Some((input, output)) = tokens {
            for (kind, tokens) in [("input", input), ("output", output)] {
                let labels: Vec<_> = labels.iter().copied().chain([("gen_ai_token_type", kind)]).collect();
                self.record(Metric::GenAiTokens, &labels, tokens);
            }
        }
        let Some(first) = first_content else { return };
        self.observe(Metric::GenAiFirstToken, labels, first);
        let after_first = tokens.and_then(|(_, output)| u32::try_from(output.checked_sub(1)?).ok());
        if let Some(each) = after_first.and_then(|tokens| took.saturating_sub(first).checked_div(tokens)) {
            self.observe(Metric::GenAiOutputToken, labels, each);
        }
    }

    /// Counts a request of `tenant` that came by the address `route`; `code` is that of its problem, if it has one.
    pub fn request(&mut self, route: &str, tenant: &str, code: Option<&str>, took: Duration) {
        let outcome = if code.is_none() { "success" } else { "error" };
        let labels = [("route", route), ("tenant", tenant), ("outcome", outcome), ("code", code.unwrap_or_default())];
        self.count(Metric::Requests, &labels, 1);
        self.observe(Metric::Duration, &[("route", route)], took);
    }

    /// Adds to a time series.
    pub fn point(&mut self, series: Series, sums: Sums) {
        self.points.add(series, sums);
    }

    /// The time series, which are left empty.
    pub fn take_points(&mut self) -> Points {
        std::mem::take(&mut self.points)
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: Metrics) {
        self.points.merge(other.points);
        for (name, series) in other.values {
            let gauge = Metric::ALL.iter().any(|metric| metric.row().0 == name && metric.row().2 == Kind::Gauge);
            let mine = self.values.entry(name).or_default();
            for (labels, by) in series {
                let value = bounded(mine, labels);
                *value = if gauge { by } else { value.saturating_add(by) };
            }
        }
        for (name, series) in other.histograms {
            let mine = self.histograms.entry(name).or_default();
            for (labels, other) in series {
                bounded(mine, labels).add(other);
            }
        }
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.histograms.is_empty() && self.points.is_empty()
    }

    /// The series of one tenant; those that name no tenant are everybody's.
    pub fn of(&self, tenant: &str) -> Metrics {
        let label = format!("tenant=\"{}\"", escaped(tenant));
        fn keep<T: Clone>(
            all: &BTreeMap<Name, BTreeMap<String, T>>,
            label: &str,
        ) -> BTreeMap<Name, BTreeMap<String, T>> {
            let own = |series: &BTreeMap<String, T>| -> BTreeMap<String, T> {
                let own = series.iter().filter(|(labels, _)| self::tenant(labels) == label);
                own.map(|(labels, value)| (labels.clone(), value.clone())).collect()
            };
            all.iter().map(|(name, series)| (name.clone(), own(series))).collect()
        }
        let (values, histograms) = (keep(&self.values, &label), keep(&self.histograms, &label));
        Metrics { values, histograms, points: Points::default() }
    }

    /// Everything as Prometheus text.
    pub fn prometheus(&self) -> String {
        let mut out = String::new();
        for &metric in Metric::ALL {
            let (name, help, kind) = metric.row();
            let written = match kind {
                Kind::Counter | Kind::Billionths => "counter",
                Kind::Gauge => "gauge",
                Kind::Histogram(_) => "histogram",
            };
            // Writing to a string does not fail.
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {written}");
            for (labels, value) in self.values.get(name).into_iter().flatten() {
                let _ = match kind {
                    Kind::Billionths => {
                        let (whole, rest) = (value / 1_000_000_000, value % 1_000_000_000);
                        writeln!(out, "{name}{} {whole}.{rest:09}", braced(labels, ""))
                    }
                    _ => writeln!(out, "{name}{} {value}", braced(labels, "")),
                };
            }
            let Scale { per_unit, bounds } = metric.scale();
            for (labels, histogram) in self.histograms.get(name).into_iter().flatten() {
                let mut total = 0;
                let bounds = bounds.iter().map(|bound| decimal(*bound, per_unit)).chain(["+Inf".to_owned()]);
                for (bound, count) in bounds.zip(&histogram.buckets) {
                    total += count;
                    let _ = writeln!(out, "{name}_bucket{} {total}", braced(labels, &format!("le=\"{bound}\"")));
                }
                let _ = writeln!(out, "{name}_sum{} {}", braced(labels, ""), decimal(histogram.sum, per_unit));
                let _ = writeln!(out, "{name}_count{} {total}", braced(labels, ""));
            }
        }
        out.push_str(&self.hit_ratio());
        out
    }

    /// The share of reads that the edge answered by itself (requirements, A6).
    fn hit_ratio(&self) -> String {
        let reads = self.values.get(Metric::CacheReads.row().0);
        let sum = |result: &str| -> u64 {
            reads.into_iter().flatten().filter(|(labels, _)| labels.contains(result)).map(|(_, value)| value).sum()
        };
        let (hits, misses) = (sum("result=\"hit\""), sum("result=\"miss\""));
        let name = "promptgate_cache_hit_ratio";
        let mut out = format!("# HELP {name} Reads that the edge answered by itself.\n# TYPE {name} gauge\n");
        if let Some(permille) = hits.saturating_mul(1000).checked_div(hits + misses) {
            let _ = writeln!(out, "{name} {}", decimal(permille, 1_000));
        }
        out
    }
}

fn slot<'a, T: Default>(
    all: &'a mut BTreeMap<Name, BTreeMap<String, T>>,
    name: &'static str,
    labels: &[(&str, &str)],
) -> &'a mut T {
    let mut written = String::with_capacity(labels.iter().map(|(name, value)| name.len() + value.len() + 4).sum());
    for (name, value) in labels {
        if !written.is_empty() {
            written.push(',');
        }
        written.push_str(name);
        written.push_str("=\"");
        escape(value, &mut written);
        written.push('"');
    }
    bounded(all.entry(Name::Borrowed(name)).or_default(), written)
}

/// The place of `labels`, or that of all others of the tenant where it has too many already.
fn bounded<T: Default>(series: &mut BTreeMap<String, T>, labels: String) -> &mut T {
    let labels = if series.contains_key(&labels) { labels } else { admitted(series, labels) };
    series.entry(labels).or_default()
}

/// New labels, or those of all others of the tenant where it has too many already.
fn admitted<T>(series: &BTreeMap<String, T>, labels: String) -> String {
    let share = tenant(&labels);
    let full = series.keys().filter(|own| tenant(own) == share).count() >= MAX_SERIES;
    match (full, share.is_empty()) {
        (false, _) => labels,
        (true, true) => "other=\"true\"".to_owned(),
        (true, false) => format!("{share},other=\"true\""),
    }
}

/// The label `tenant` with its value, out of labels as they are written; empty if it is not among them. Quotes in a value
/// are escaped, so no value can look like the label.
fn tenant(labels: &str) -> &str {
    let Some(rest) = labels.find("tenant=\"").and_then(|at| labels.get(at..)) else { return "" };
    rest.match_indices('"').nth(1).and_then(|(end, _)| rest.get(..=end)).unwrap_or_default()
}

/// A label's value, as the exposition format escapes it.
fn escaped(value: &str) -> String {
    let mut out = String::new();
    escape(value, &mut out);
    out
}

/// Adds a label's value to `out`.
fn escape(value: &str, out: &mut String) {
    for c in value.chars().take(MAX_LABEL) {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
}

fn braced(labels: &str, more: &str) -> String {
    match (labels.is_empty(), more.is_empty()) {
        (true, true) => String::new(),
        (false, false) => format!("{{{labels},{more}}}"),
        _ => format!("{{{labels}{more}}}"),
    }
}

#[cfg(test)]
mod tests;
