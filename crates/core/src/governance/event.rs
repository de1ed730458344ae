//! A row of the audit log, in one spelling for every route. No prompt text, no key; of personal data nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::Cost;
use super::metrics::{Metric, Metrics};
use crate::chat::event::Usage;
use crate::guard::Findings;
use crate::problem::{Code, Problem};

/// For whom something was done, and when: what every row reports about its request.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// The client's request.
    pub request_id: &'a str,
    /// The tenant whose key it bears.
    pub tenant: &'a str,
    /// Which of its keys.
    pub key_id: &'a str,
    /// The gateway's environment: "production".
    pub environment: &'a str,
    /// What the operator calls the rules that hold (requirements, A6).
    pub compliance_framework: &'a str,
    /// SHA-256 of the guard's policies for both directions, as canonical JSON.
    pub policy_sha256: &'a str,
    /// Unix ms.
    pub now_ms: u64,
    /// How often the client has sent the request before, as its SDK counts.
    pub retries: Option<u32>,
}

impl<'a> Occasion<'a> {
    #[cfg(test)]
    pub(crate) fn for_test() -> Occasion<'static> {
        Occasion {
            request_id: "r-1",
            tenant: "t",
            key_id: "0123456789ab",
            environment: "production",
            compliance_framework: "F",
            policy_sha256: "p",
            now_ms: 1_700_000_000_000,
            retries: None,
        }
    }

    /// The same, of a request that its client has sent `retries` times before.
    pub fn retried(self, retries: Option<u32>) -> Self {
        Occasion { retries, ..self }
    }
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditOutcome {
    /// Done.
    Success,
    /// Refused by the gateway before anything was asked of upstream, or refused by upstream.
    Refused,
    /// Not done, and will not be.
    Failed,
    /// Not done yet.
    Deferred,
    /// Answered with the configured text.
    Fallback,
    /// The answer broke off.
    Truncated,
    /// Ended because the client left.
    Cancelled,
    /// Sent, and nobody knows how it ended: the gateway's process died meanwhile.
    Unknown,
}

/// What it was done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// `prompt_template`, `cached_template`, `model`, `audit_log`, `usage`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its id, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its version, where one was read or written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A rule of the guard or the linter that found something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RuleFired {
    /// Its code.
    pub rule: String,
    /// `block`, `redact`, `restore`, `flag`, `allow`; `would_…` where a policy that only watches asks for it.
    pub action: &'static str,
    /// `input` or `output`.
    pub direction: &'static str,
    /// How often.
    pub count: u32,
}

/// Tokens, as upstream reports them, or as estimated of what came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// Of the prompt.
    pub prompt: u64,
    /// Of the answer.
    pub completion: u64,
    /// Together.
    pub total: u64,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditEvent {
    /// `audit`, which distinguishes it from other lines of the log.
    event: &'static str,
    /// Unique: the request's id, and a suffix where it has several.
    pub id: String,
    /// RFC 3339 in UTC with milliseconds, always 24 characters: rows sort by it as text.
    pub time: String,
    /// The client's request.
    pub request_id: String,
    /// The tenant whose key it bears.
    pub tenant: String,
    /// Which of its keys: the first digits of its digest.
    pub key_id: String,
    /// What was asked for: `chat.complete`, `template.update`, `model.configure`, ….
    pub action: &'static str,
    /// To what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// Why, where it is no success: the code of the problem.
    pub code: Option<String>,
    /// The rules that fired, with their action, on refusals too.
    pub rules: Vec<RuleFired>,
    /// The policies that held: SHA-256 of them as canonical JSON.
    pub policy_sha256: String,
    /// The model that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Requests sent upstream for it.
    pub attempts: u32,
    /// The key that was actually sent upstream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Upstream's name for the last exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_correlation_id: Option<String>,
    /// None where upstream did not report it, or reported what is impossible.
    pub tokens: Option<Tokens>,
    /// US dollars, an exact decimal; none where something was sent and what it used is unknown.
    pub cost_usd: Option<String>,
    /// What the cost rests on ([`Cost::basis`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_basis: Option<&'static str>,
    /// From the request's start.
    pub latency_ms: Option<u64>,
    /// What else the action's document asks for.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub details: Map<String, Value>,
}

impl AuditEvent {
    /// A success of `action`, of which nothing was sent upstream.
    pub fn new(occasion: &Occasion<'_>, action: &'static str) -> AuditEvent {
        AuditEvent {
            event: "audit",
            id: occasion.request_id.to_owned(),
            time: timestamp(occasion.now_ms),
            request_id: occasion.request_id.to_owned(),
            tenant: occasion.tenant.to_owned(),
            key_id: occasion.key_id.to_owned(),
            action,
            resource: None,
            outcome: AuditOutcome::Success,
            code: None,
            rules: Vec::new(),
            policy_sha256: occasion.policy_sha256.to_owned(),
            model: None,
            attempts: 0,
            idempotency_key: None,
            upstream_correlation_id: None,
            tokens: None,
            cost_usd: None,
            cost_basis: None,
            latency_ms: None,
            details: Map::new(),
        }
        .detail("client_retry_count", occasion.retries)
    }

    /// It was refused with `problem`; the rules that did it are among its errors.
    pub fn refused(mut self, problem: &Problem) -> AuditEvent {
        self.outcome = AuditOutcome::of(problem.code);
        self.code = Some(problem.code.as_str().to_owned());
        self.upstream_correlation_id = problem.upstream_correlation_id.clone();
        let watched = problem.would.iter().map(|(rule, action, count)| RuleFired {
            rule: rule.to_string(),
            action,
            direction: "input",
            count: *count,
        });
        self.rules.extend(watched);
        if matches!(problem.code, Code::SafetyRefused | Code::TemplateRefused | Code::AnswerRefused) {
            let direction = if problem.code == Code::AnswerRefused { "output" } else { "input" };
            let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
            problem.errors.iter().for_each(|fault| *counts.entry(fault.code).or_default() += 1);
            let rule =
                |(rule, count): (&str, u32)| RuleFired { rule: rule.to_owned(), action: "block", direction, count };
            self.rules.extend(counts.into_iter().map(rule));
        }
        self
    }

    /// What the guard found.
    pub fn found(mut self, direction: &'static str, findings: &Findings) -> AuditEvent {
        let rule = |((rule, action), count): (&(Cow<'static, str>, &'static str), &u32)| RuleFired {
            rule: rule.to_string(),
            action,
            direction,
            count: *count,
        };
        self.rules.extend(findings.actions.iter().map(rule));
        self
    }

    /// Counts the rules that fired, by tenant, rule and what was done.
    pub fn measure(&self, metrics: &mut Metrics) {
        for RuleFired { rule, action, direction, count } in &self.rules {
            let labels =
                [("tenant", self.tenant.as_str()), ("rule", rule), ("action", action), ("direction", direction)];
            metrics.count(Metric::GuardFindings, &labels, u64::from(*count));
        }
    }

    /// What upstream reports as used, and what that costs.
    pub fn used(mut self, usage: Option<Usage>, cost: Option<&Cost>) -> AuditEvent {
        self.tokens = usage.map(|Usage { prompt_tokens: prompt, completion_tokens: completion }| Tokens {
            prompt,
            completion,
            total: prompt.saturating_add(completion),
        });
        self.cost_usd = cost.map(|cost| cost.usd.clone());
        self.cost_basis = cost.map(|cost| cost.basis);
        self
    }

    /// Something else that the action's document asks for.
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> AuditEvent {
        match value.into() {
            Value::Null => {}
            value => {
                self.details.insert(name.to_owned(), value);
            }
        }
        self
    }

    /// The row as one line of JSON, without its end.
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl AuditOutcome {
    /// Whether a client can cause it as often as it likes at no cost.
    pub fn costs_nothing(self) -> bool {
        matches!(self, AuditOutcome::Refused | AuditOutcome::Cancelled)
    }

    /// How something ended that ended with the problem `code`.
    pub fn of(code: Code) -> AuditOutcome {
        match code {
            Code::ClientLeft => AuditOutcome::Cancelled,
            Code::UpstreamTruncated => AuditOutcome::Truncated,
            Code::Overloaded => AuditOutcome::Refused,
            _ if code.status() < 500 => AuditOutcome::Refused,
            _ => AuditOutcome::Failed,
        }
    }
}

/// A time that [`timestamp`] wrote, in Unix milliseconds.
pub(crate) fn parse_time(text: &str) -> Option<u64> {
    let time = OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()?;
    u64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()
}

/// Unix milliseconds as RFC 3339 in UTC, with all three digits of the milliseconds; nothing for a year beyond 9999.
pub(crate) fn timestamp(unix_ms: u64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).map(written).unwrap_or_default()
}

/// The same of a time in UTC that is known already.
pub(crate) fn written(time: OffsetDateTime) -> String {
    let (year, month, day) = time.to_calendar_date();
    let (hour, minute, second) = time.to_hms();
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", u8::from(month), time.millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Fault, Path};

    // Row H.
    #[test]
    fn times_have_one_width() {
        for (ms, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_700_000_000_000, "2023-11-14T22:13:20.000Z"),
            (1_700_000_000_120, "2023-11-14T22:13:20.120Z"),
            (u64::MAX, ""),
        ] {
            assert_eq!(timestamp(ms), expected);
        }
    }

    // Row H.
    #[test]
    fn a_refusal_names_its_rules_and_no_text() {
        let fault = |code| Fault::new(&Path::root().name("canary"), code, "canary");
        let problem = Problem::with_errors(Code::SafetyRefused, vec![fault("S001"), fault("S002"), fault("S001")]);
        let row = AuditEvent::new(&Occasion::for_test(), "chat.complete").refused(&problem);
        let value: Value = serde_json::from_str(&row.line()).unwrap();
        assert_eq!((value["outcome"].as_str(), value["code"].as_str()), (Some("refused"), Some("safety_refused")));
        assert_eq!(
            value["rules"],
            serde_json::json!([
                {"rule": "S001", "action": "block", "direction": "input", "count": 2},
                {"rule": "S002", "action": "block", "direction": "input", "count": 1},
            ])
        );
        assert!(!row.line().contains("canary") && !row.line().contains('\n'));
        assert_eq!((value["tenant"].as_str(), value["key_id"].as_str()), (Some("t"), Some("0123456789ab")));
    }

    #[test]
    fn faults_of_a_document_are_no_rules() {
        let fault = Fault::new(&Path::root(), "missing_field", "x");
        let problem = Problem::with_errors(Code::InvalidRequest, vec![fault]);
        assert_eq!(AuditEvent::new(&Occasion::for_test(), "chat.complete").refused(&problem).rules, []);
    }
}
