//! What is counted: each metric with its name, its help and its kind.

use crate::governance::histogram::{CALLS, FIRST_TOKENS, OURS, OUTPUT_TOKENS, Scale, TOKENS};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray)]
pub enum Metric {
    /// Requests of clients, by route, outcome and code.
    Requests,
    /// From the request's start to its end, by route.
    Duration,
    /// From the request's start to the first content of a streamed answer, by route.
    FirstContent,
    /// Tokens that upstream reports as used, by model, kind and tenant.
    Tokens,
    /// What they cost, by model and tenant, in billionths of a dollar.
    Cost,
    /// Requests sent upstream.
    UpstreamRequests,
    /// Those of them that were repetitions.
    UpstreamRetries,
    /// Reads of templates at the edge, by family and result.
    CacheReads,
    /// The breaker as it was last seen: 0 closed, 1 open, 2 half open.
    Breaker,
    /// Updates of a model's configuration, by result (requirements, D4).
    ConfigurationUpdates,
    /// How long those took (D4).
    ConfigurationDuration,
    /// What the guard has found, by tenant, rule, action and direction: `block`, `redact`, `restore`, `flag`, `allow` for
    /// what a template switches off, and `would_…` for a policy that only watches.
    GuardFindings,
    /// Webhooks, by event and result.
    Webhooks,
    /// Tokens of each call, by the attributes of OpenTelemetry's conventions for generative AI, as all that follow.
    GenAiTokens,
    /// From a call's start to its end.
    GenAiDuration,
    /// From a call's start to its first content.
    GenAiFirstToken,
    /// Time between two tokens of an answer, after the first.
    GenAiOutputToken,
}

/// The form in which a metric is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    /// A counter kept in billionths.
    Billionths,
    Gauge,
    Histogram(Scale),
}

impl Metric {
    pub(super) const ALL: &'static [Metric] = <Metric as strum::VariantArray>::VARIANTS;

    /// Name, help and form.
    pub(super) const fn row(self) -> (&'static str, &'static str, Kind) {
        match self {
            Metric::Requests => ("promptgate_requests_total", "Requests of clients.", Kind::Counter),
            Metric::Duration => {
                ("promptgate_request_duration_seconds", "From a request's start to its end.", Kind::Histogram(OURS))
            }
            Metric::FirstContent => (
                "promptgate_first_content_seconds",
                "From a request's start to the first content.",
                Kind::Histogram(OURS),
            ),
            Metric::Tokens => ("promptgate_tokens_total", "Tokens that upstream says it used.", Kind::Counter),
            Metric::Cost => ("promptgate_cost_usd_total", "Estimated cost in US dollars.", Kind::Billionths),
            Metric::UpstreamRequests => {
                ("promptgate_upstream_requests_total", "Requests sent upstream.", Kind::Counter)
            }
            Metric::UpstreamRetries => {
                ("promptgate_upstream_retries_total", "Requests sent upstream again.", Kind::Counter)
            }
            Metric::CacheReads => ("promptgate_cache_reads_total", "Reads of templates at the edge.", Kind::Counter),
            Metric::Breaker => {
                ("promptgate_breaker_state", "Circuit breaker, last seen: 0 closed, 1 open, 2 half open.", Kind::Gauge)
            }
            Metric::ConfigurationUpdates => {
                ("promptgate_model_configuration_updates_total", "Updates of a model's configuration.", Kind::Counter)
            }
            Metric::ConfigurationDuration => (
                "promptgate_model_configuration_update_seconds",
                "How long updates of a configuration took.",
                Kind::Histogram(OURS),
            ),
            Metric::GuardFindings => ("promptgate_guard_findings_total", "What the guard has found.", Kind::Counter),
            Metric::Webhooks => ("promptgate_webhooks_total", "Webhooks sent.", Kind::Counter),
            Metric::GenAiTokens => {
                ("gen_ai_client_token_usage", "Tokens of a call, by their type.", Kind::Histogram(TOKENS))
            }
            Metric::GenAiDuration => {
                ("gen_ai_server_request_duration_seconds", "From a call's start to its end.", Kind::Histogram(CALLS))
            }
            Metric::GenAiFirstToken => (
                "gen_ai_server_time_to_first_token_seconds",
                "From a call's start to its first content.",
                Kind::Histogram(FIRST_TOKENS),
            ),
            Metric::GenAiOutputToken => (
                "gen_ai_server_time_per_output_token_seconds",
                "Time between two tokens of an answer, after the first.",
                Kind::Histogram(OUTPUT_TOKENS),
            ),
        }
    }

    /// The scale of a histogram.
    pub(super) const fn scale(self) -> Scale {
        match self.row().2 {
            Kind::Histogram(scale) => scale,
            _ => OURS,
        }
    }
}
