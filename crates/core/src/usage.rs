//! Questions about usage: `POST /v1/usage/query`, checked here and answered by upstream's analytics (requirements, E8).

use serde_json::json;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::fault::{Fault, Faults, Path};
use crate::governance::written;
use crate::problem::{Code, Problem};
use crate::schema::{Field, List, Rule, Shape, Text, decode};

/// What can be grouped by (contract, section 12).
const GROUPS: [&str; 3] = ["llmGatewayId", "modelId", "templateId"];
/// What can be asked for (contract, section 12).
const METRICS: [&str; 6] = ["totalTokens", "inputTokens", "outputTokens", "latencyMs", "errorCount", "requestCount"];
/// Longest interval (contract, section 12).
const MAX_DAYS: i64 = 31;

/// The body of `POST /v1/usage/query`.
pub static QUERY: Shape = Shape::Object(&[
    Field::required("dateFrom", Shape::Text(Text::of(Rule::Time))),
    Field::required("dateTo", Shape::Text(Text::of(Rule::Time))).about("After `dateFrom`, by 31 days at most."),
    Field::optional(
        "groupBy",
        Shape::List(List { item: &Shape::OneOf(&GROUPS), least: 1, most: 3, unique: Some(&[]) }),
    )
    .default("[\"modelId\"]"),
    Field::optional(
        "metrics",
        Shape::List(List { item: &Shape::OneOf(&METRICS), least: 1, most: 6, unique: Some(&[]) }),
    )
    .about("All unless given."),
    Field::optional("pageNumber", Shape::Integer(1, 1_000_000)).default("1"),
    Field::optional("pageSize", Shape::Integer(1, 100)).default("25"),
]);

/// A question about usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    from: Option<String>,
    to: Option<String>,
    groups: Vec<String>,
    metrics: Vec<String>,
    /// Which page, from 1.
    pub number: u64,
    /// Most groups of it.
    pub size: u64,
}

impl Usage {
    /// The question for that page, as upstream takes it.
    pub fn page(&self, number: u64, size: u64) -> Vec<u8> {
        let question = json!({
            "dateFrom": self.from, "dateTo": self.to, "groupBy": self.groups, "metrics": self.metrics,
            "pageNumber": number, "pageSize": size,
        });
        question.to_string().into_bytes()
    }

    /// Upstream knows no tenants, but which template was executed: what is not grouped by that is everybody's.
    ///
    /// # Errors
    /// [`Code::Forbidden`].
    pub fn by_template(&self) -> Result<(), Problem> {
        if self.groups.iter().any(|group| group == "templateId") {
            return Ok(());
        }
        let detail = "This key sees the usage of its tenant's own templates: put `templateId` into `groupBy`. That of \
                      all tenants needs a key with the right `admin`.";
        Err(Problem::new(Code::Forbidden, detail))
    }
}

/// Reads a question. `groupBy` is `["modelId"]` and `metrics` are all unless given; `pageNumber` and `pageSize` are 1
/// and 25.
///
/// # Errors
/// [`Code::InvalidJson`] and [`Code::InvalidRequest`], with every fault.
pub fn question(body: &[u8]) -> Result<Usage, Problem> {
    let mut body = decode(body, &QUERY)?;
    let mut faults = Faults::default();
    let mut date = |name| {
        let date = body.text(name).and_then(|text| OffsetDateTime::parse(&text, &Rfc3339).ok());
        // At the ends of the calendar it is the year 10000, or one before 0, elsewhere: no timestamp can say that.
        let date = date.and_then(|date| date.checked_to_offset(UtcOffset::UTC)).filter(|date| date.year() >= 0);
        if date.is_none() {
            let message = "Expected a time (RFC 3339) of a day that exists.";
            faults.add(|| Fault::new(&Path::root().name(name), "bad_time", message));
        }
        date
    };
    let (from, to) = (date("dateFrom"), date("dateTo"));
    if let (Some(from), Some(to)) = (from, to) {
        let length = to - from;
        let message = if !length.is_positive() {
            "Expected a time after `dateFrom`.".to_owned()
        } else if length > time::Duration::days(MAX_DAYS) {
            format!("Expected at most {MAX_DAYS} days after `dateFrom`: ask in parts.")
        } else {
            String::new()
        };
        if !message.is_empty() {
            faults.add(|| Fault::new(&Path::root().name("dateTo"), "out_of_range", message));
        }
    }
    if !faults.is_empty() {
        return Err(Problem::with_errors(Code::InvalidRequest, faults));
    }
    let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let groups: Vec<String> = body.texts("groupBy").unwrap_or_else(|| all(&["modelId"]));
    let metrics: Vec<String> = body.texts("metrics").unwrap_or_else(|| all(&METRICS));
    let number = body.integer("pageNumber").unwrap_or(1);
    let size = body.integer("pageSize").unwrap_or(25);
    Ok(Usage { from: from.map(written), to: to.map(written), groups, metrics, number, size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_passed_on() {
        let usage = question(
            br#"{"dateFrom":"2026-01-01T01:00:00+01:00","dateTo":"2026-02-01T00:00:00Z","groupBy":["templateId"]}"#,
        )
        .unwrap();
        assert!(usage.by_template().is_ok());
        let sent = usage.page(usage.number, usage.size);
        let sent: serde_json::Value = serde_json::from_slice(&sent).unwrap();
        assert_eq!(sent["dateFrom"], "2026-01-01T00:00:00.000Z");
        assert_eq!(sent["groupBy"], json!(["templateId"]));
        assert_eq!(sent["metrics"].as_array().unwrap().len(), METRICS.len());
        assert_eq!((sent["pageNumber"].as_u64(), sent["pageSize"].as_u64()), (Some(1), Some(25)));
    }

    // Row E8.
    #[test]
    fn times_are_of_one_width() {
        for (given, sent) in [
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"),
            ("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.500Z"),
            ("2026-01-01T00:00:00.123456789+01:00", "2025-12-31T23:00:00.123Z"),
            ("0001-01-01T00:00:00.10Z", "0001-01-01T00:00:00.100Z"),
        ] {
            let day = sent.get(..10).unwrap();
            let body = format!(r#"{{"dateFrom":"{given}","dateTo":"{day}T23:59:59.9999Z"}}"#);
            let usage = question(body.as_bytes()).unwrap();
            assert_eq!((usage.from.as_deref(), usage.to), (Some(sent), Some(format!("{day}T23:59:59.999Z"))));
        }
    }

    // Row E8.
    #[test]
    fn hostile_questions() {
        for (body, paths) in [
            ("", vec!["$"]),
            ("[]", vec!["$"]),
            ("{}", vec!["$.dateFrom", "$.dateTo"]),
            (r#"{"dateFrom":"2026-01-02T00:00:00Z","dateTo":"2026-01-01T00:00:00Z"}"#, vec!["$.dateTo"]),
            (r#"{"dateFrom":"2026-01-01T00:00:00Z","dateTo":"2026-01-01T00:00:00Z"}"#, vec!["$.dateTo"]),
            (r#"{"dateFrom":"2026-01-01T00:00:00Z","dateTo":"2026-02-02T00:00:00Z"}"#, vec!["$.dateTo"]),
            (r#"{"dateFrom":"yesterday","dateTo":5}"#, vec!["$.dateFrom", "$.dateTo"]),
            (
                r#"{"dateFrom":"9999-12-31T23:59:59-01:00","dateTo":"9999-12-31T23:59:59-23:59"}"#,
                vec!["$.dateFrom", "$.dateTo"],
            ),
            (r#"{"dateFrom":"0000-01-01T00:00:00+23:59","dateTo":"0000-01-02T00:00:00Z"}"#, vec!["$.dateFrom"]),
            (r#"{"dateFrom":"2026-02-30T00:00:00Z","dateTo":"2026-03-01T24:00:00Z"}"#, vec!["$.dateFrom", "$.dateTo"]),
            (
                r#"{"dateFrom":"2026-01-01T00:00:00Z","dateTo":"2026-01-02T00:00:00Z","groupBy":[],"metrics":["totaltokens","latencyMs","latencyMs"],"pageSize":101,"x":1}"#,
                vec!["$.groupBy", "$.metrics[0]", "$.metrics[2]", "$.pageSize", "$.x"],
            ),
        ] {
            let problem = question(body.as_bytes()).unwrap_err();
            let found: Vec<_> = problem.errors.iter().map(|fault| fault.path.as_str()).collect();
            assert_eq!(found, paths, "{body}");
        }
    }
}
