//! Questions about usage: `POST /v1/usage/query`, checked here and answered by upstream's analytics (requirements, E8).

use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::fault::{Fault, Faults, Path, nearest};
use crate::genesys::{Ask, usage_query};
use crate::json::{self, Json};
use crate::problem::{Code, Problem};

/// What can be grouped by (contract, section 12).
const GROUPS: [&str; 3] = ["llmGatewayId", "modelId", "templateId"];
/// What can be asked for (contract, section 12).
const METRICS: [&str; 6] = ["totalTokens", "inputTokens", "outputTokens", "latencyMs", "errorCount", "requestCount"];
const FIELDS: [&str; 6] = ["dateFrom", "dateTo", "groupBy", "metrics", "pageNumber", "pageSize"];
/// Longest interval (contract, section 12).
const MAX_DAYS: i64 = 31;

/// Reads a question and turns it into upstream's. `groupBy` is `["modelId"]` and `metrics` are all unless given;
/// `pageNumber` and `pageSize` are 1 and 25.
///
/// # Errors
/// [`Code::InvalidJson`] and [`Code::InvalidRequest`], with every fault.
pub fn question(body: &[u8]) -> Result<Ask, Problem> {
    let json = json::parse(body).map_err(|faults| Problem::with_errors(Code::InvalidJson, faults))?;
    let mut reader = Reader { members: Vec::new(), faults: Faults::default() };
    match json {
        Json::Object(members) => reader.members = members,
        other => {
            let message = format!("The body must be an object and is {}.", other.kind());
            let fault = Fault::new(&Path::root(), "wrong_type", message);
            return Err(Problem::with_errors(Code::InvalidRequest, vec![fault]));
        }
    }
    reader.unknown();
    let (from, to) = (reader.date("dateFrom"), reader.date("dateTo"));
    if let (Some(from), Some(to)) = (from, to) {
        let length = to - from;
        if !length.is_positive() {
            reader.fault(Path::root().name("dateTo"), "out_of_range", "`dateTo` must be after `dateFrom`.".to_owned());
        } else if length > time::Duration::days(MAX_DAYS) {
            let message = format!("The interval must be at most {MAX_DAYS} days: ask in parts.");
            reader.fault(Path::root().name("dateTo"), "out_of_range", message);
        }
    }
    let groups = reader.names("groupBy", &GROUPS, &["modelId"]);
    let metrics = reader.names("metrics", &METRICS, &METRICS);
    let page = reader.integer("pageNumber", 1, 1_000_000);
    let size = reader.integer("pageSize", 25, 100);
    if !reader.faults.is_empty() {
        return Err(Problem::with_errors(Code::InvalidRequest, reader.faults));
    }
    let text = |date: Option<OffsetDateTime>| date.and_then(|date| date.format(&Rfc3339).ok());
    let question = json!({
        "dateFrom": text(from), "dateTo": text(to), "groupBy": groups, "metrics": metrics, "pageNumber": page,
        "pageSize": size,
    });
    Ok(usage_query(question.to_string().into_bytes()))
}

struct Reader {
    members: Vec<(String, Json)>,
    faults: Faults,
}

impl Reader {
    fn fault(&mut self, path: Path, code: &'static str, message: String) {
        self.faults.add(|| Fault::new(&path, code, message));
    }

    fn get(&self, name: &str) -> Option<Json> {
        self.members.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    fn unknown(&mut self) {
        for (name, _) in self.members.iter().filter(|(name, _)| !FIELDS.contains(&name.as_str())) {
            self.faults.add(|| {
                let hint = nearest(name, &FIELDS).map(|meant| format!(": did you mean `{meant}`?")).unwrap_or_default();
                Fault::new(&Path::root().name(name), "unknown_field", format!("This field is not known{hint}."))
            });
        }
    }

    fn date(&mut self, name: &str) -> Option<OffsetDateTime> {
        let path = Path::root().name(name);
        let date = match self.get(name) {
            Some(Json::String(text)) if text.len() <= 64 => OffsetDateTime::parse(&text, &Rfc3339).ok(),
            None => {
                self.fault(path, "missing_field", format!("`{name}` is missing: a time such as 2026-01-31T00:00:00Z."));
                return None;
            }
            Some(_) => None,
        };
        if date.is_none() {
            self.fault(
                path,
                "wrong_type",
                format!("`{name}` must be a time of RFC 3339, such as 2026-01-31T00:00:00Z."),
            );
        }
        date.map(|date| date.to_offset(time::UtcOffset::UTC))
    }

    fn names(&mut self, name: &str, known: &[&'static str], default: &[&'static str]) -> Vec<&'static str> {
        let path = Path::root().name(name);
        let items = match self.get(name) {
            None => return default.to_vec(),
            Some(Json::Array(items)) if (1..=known.len()).contains(&items.len()) => items,
            Some(_) => {
                let message = format!("`{name}` must be an array of 1 to {} of: {}.", known.len(), known.join(", "));
                self.fault(path, "wrong_type", message);
                return Vec::new();
            }
        };
        let mut found: Vec<&'static str> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let at = path.index(index);
            let text = if let Json::String(text) = item { text.as_str() } else { "" };
            match known.iter().find(|known| **known == text) {
                Some(known) if found.contains(known) => self.fault(at, "duplicate", "This stands twice.".to_owned()),
                Some(known) => found.push(known),
                None => {
                    let hint = match nearest(text, known) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => format!("there are {}.", known.join(", ")),
                    };
                    self.fault(at, "unknown_name", format!("This name is not known: {hint}"));
                }
            }
        }
        found
    }

    fn integer(&mut self, name: &str, default: u64, most: u64) -> u64 {
        let value = match self.get(name) {
            None => return default,
            Some(Json::Number(number)) => number.as_u64().filter(|value| (1..=most).contains(value)),
            Some(_) => None,
        };
        if value.is_none() {
            let message = format!("`{name}` must be an integer from 1 to {most}.");
            self.fault(Path::root().name(name), "out_of_range", message);
        }
        value.unwrap_or(default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_passed_on() {
        let ask = question(
            br#"{"dateFrom":"2026-01-01T01:00:00+01:00","dateTo":"2026-02-01T00:00:00Z","groupBy":["templateId"]}"#,
        )
        .unwrap();
        let sent: serde_json::Value = serde_json::from_slice(&ask.body.0).unwrap();
        assert_eq!(sent["dateFrom"], "2026-01-01T00:00:00Z");
        assert_eq!(sent["groupBy"], json!(["templateId"]));
        assert_eq!(sent["metrics"].as_array().unwrap().len(), METRICS.len());
        assert_eq!((sent["pageNumber"].as_u64(), sent["pageSize"].as_u64()), (Some(1), Some(25)));
    }

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
                r#"{"dateFrom":"2026-01-01T00:00:00Z","dateTo":"2026-01-02T00:00:00Z","groupBy":[],"metrics":["totaltokens","latencyMs","latencyMs"],"pageSize":101,"x":1}"#,
                vec!["$.x", "$.groupBy", "$.metrics[0]", "$.metrics[2]", "$.pageSize"],
            ),
        ] {
            let problem = question(body.as_bytes()).unwrap_err();
            let found: Vec<_> = problem.errors.iter().map(|fault| fault.path.as_str()).collect();
            assert_eq!(found, paths, "{body}");
        }
    }
}
