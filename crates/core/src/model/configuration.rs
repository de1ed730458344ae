//! A model's configuration (requirements, D1) and whether the model can have it (D2).

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, json};

use super::check::{Check, Member};
use crate::canonical::{canonical, hash};
use crate::fault::Path;
use crate::genesys::{Capabilities, ModelId};
use crate::json::{self, Json};
use crate::problem::{Code, Problem};
use crate::sensitive::Bytes;

/// Largest answer that can be configured, in tokens (D1).
pub const MAX_CONFIGURED_TOKENS: u64 = 8_192;
/// Most safety filters (no source; ours): each type with each action.
pub const MAX_FILTERS: usize = 12;

const FILTERS: [(&str, FilterType); 4] = [
    ("profanity", FilterType::Profanity),
    ("pii", FilterType::Pii),
    ("self_harm", FilterType::SelfHarm),
    ("political", FilterType::Political),
];
const ACTIONS: [(&str, FilterAction); 3] =
    [("block", FilterAction::Block), ("redact", FilterAction::Redact), ("flag", FilterAction::Flag)];
const MODES: [(&str, ComplianceMode); 3] = [
    ("strict", ComplianceMode::Strict),
    ("standard", ComplianceMode::Standard),
    ("permissive", ComplianceMode::Permissive),
];

/// What a filter looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilterType {
    /// Foul language.
    Profanity,
    /// Personal data.
    Pii,
    /// Talk of hurting oneself.
    SelfHarm,
    /// Politics.
    Political,
}

/// What it does about what it finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilterAction {
    /// Refuse the text.
    Block,
    /// Take it out of the text.
    Redact,
    /// Report it.
    Flag,
}

/// How strictly the model's answers are held to the organisation's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComplianceMode {
    /// The most.
    Strict,
    /// Where none is given (D1).
    #[default]
    Standard,
    /// The least.
    Permissive,
}

/// The temperature for each kind of answer, as it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemperatureMatrix {
    /// 0 to 1.
    pub default: Number,
    /// 0 to 1.5.
    pub creative: Number,
    /// 0 to 0.5.
    pub precise: Number,
}

/// One safety filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SafetyFilter {
    /// What it looks for.
    pub filter_type: FilterType,
    /// What it does.
    pub action: FilterAction,
    /// From which score on, 0 to 100.
    pub threshold: Number,
}

/// A configuration of the right shape. Made only by [`Configuration::parse`]; nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    model_id: String,
    temperature_matrix: TemperatureMatrix,
    safety_filters: Vec<SafetyFilter>,
    max_tokens: u64,
    compliance_mode: ComplianceMode,
}

impl Configuration {
    /// Reads the configuration of the model `id` (the gateway's) from the JSON text `body`.
    ///
    /// # Errors
    /// [`Code::InvalidJson`] or [`Code::InvalidRequest`], with every fault and its path.
    pub fn parse(body: &[u8], id: &str) -> Result<Configuration, Problem> {
        let document = json::parse(body).map_err(|faults| Problem::with_errors(Code::InvalidJson, faults))?;
        let mut check = Check::default();
        let read = configuration(&mut check, document, id);
        check.finish(read)
    }

    /// Compares with what the model can (D2); nothing is compared where that is not known.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] with every conflict.
    pub fn fits(&self, capabilities: Option<&Capabilities>) -> Result<(), Problem> {
        let Some(can) = capabilities else { return Ok(()) };
        let mut check = Check::default();
        let root = Path::root();
        if self.max_tokens > can.max_context_window {
            let message = format!(
                "{} tokens are more than the model's context window of {}: lower `max_tokens`.",
                self.max_tokens, can.max_context_window
            );
            check.fault(&root.name("max_tokens"), "beyond_capability", message);
        }
        for (index, filter) in self.safety_filters.iter().enumerate() {
            let name = FILTERS.iter().find(|(_, known)| *known == filter.filter_type).map_or("", |(name, _)| name);
            let restricted = can.restricted_safety_filters.iter().any(|known| known == name);
            if restricted && filter.action == FilterAction::Block {
                let path = root.name("safety_filters").index(index).name("action");
                let message = format!("With this model the filter `{name}` may not `block`: use `redact` or `flag`.");
                check.fault(&path, "beyond_capability", message);
            }
        }
        check.finish(Some(()))
    }

    /// The gateway's id of the model.
    pub fn model_id(&self) -> &str {
        &self.model_id
    }

    /// How strict it is.
    pub fn compliance_mode(&self) -> ComplianceMode {
        self.compliance_mode
    }

    /// The configuration as a document, with the gateway's id of the model.
    pub fn document(&self) -> Value {
        json!(self)
    }

    /// SHA-256 of the canonical document, in hexadecimal (D4).
    pub fn hash(&self) -> String {
        hash(&self.document())
    }

    /// The body for upstream, which knows the model as `id`.
    pub(super) fn body(&self, id: &ModelId) -> Bytes {
        let upstream = Configuration { model_id: id.as_str().to_owned(), ..self.clone() };
        Bytes(canonical(&upstream.document()).into_bytes())
    }

    /// What webhooks tell of it (D4), as the document has it.
    pub fn snapshot(&self) -> Value {
        json!({
            "model_id": self.model_id,
            "temperature_matrix": self.temperature_matrix,
            "safety_filters_count": self.safety_filters.len(),
            "max_tokens": self.max_tokens,
            "compliance_mode": self.compliance_mode,
        })
    }
}

fn configuration(check: &mut Check, document: Json, id: &str) -> Option<Configuration> {
    let root = Path::root();
    let members = check.object(&root, document, "a configuration")?;
    let ([model_id, matrix, filters, max_tokens], [mode]) = check.fields(
        &root,
        members,
        &["model_id", "temperature_matrix", "safety_filters", "max_tokens"],
        &["compliance_mode"],
    );
    let model_id = model_id.and_then(|(path, value)| same_id(check, &path, value, id));
    let matrix = matrix.and_then(|(path, value)| temperatures(check, &path, value));
    let filters = filters.and_then(|(path, value)| safety_filters(check, &path, value));
    let max_tokens = max_tokens.and_then(|(path, value)| check.integer(&path, value, 1, MAX_CONFIGURED_TOKENS));
    let mode = match mode {
        Some((path, value)) => check.choice(&path, value, &MODES),
        None => Some(ComplianceMode::default()),
    };
    Some(Configuration {
        model_id: model_id?,
        temperature_matrix: matrix?,
        safety_filters: filters?,
        max_tokens: max_tokens?,
        compliance_mode: mode?,
    })
}

fn same_id(check: &mut Check, path: &Path, value: Json, id: &str) -> Option<String> {
    let text = check.text(path, value, 0, 64)?;
    match uuid::Uuid::parse_str(&text).map(|uuid| uuid.to_string()) {
        Ok(uuid) if uuid == id => return Some(uuid),
        Ok(_) => check.fault(path, "wrong_id", "This is the id of another model than the address has."),
        Err(_) => check.fault(path, "not_a_uuid", "This is no UUID: take the `id` that the model was given."),
    }
    None
}

fn temperatures(check: &mut Check, path: &Path, value: Json) -> Option<TemperatureMatrix> {
    let members = check.object(path, value, "{\"default\", \"creative\", \"precise\"}")?;
    let ([default, creative, precise], []) = check.fields(path, members, &["default", "creative", "precise"], &[]);
    let mut number = |member: Member, most| member.and_then(|(path, value)| check.number(&path, value, 0.0, most));
    let (default, creative, precise) = (number(default, 1.0), number(creative, 1.5), number(precise, 0.5));
    Some(TemperatureMatrix { default: default?, creative: creative?, precise: precise? })
}

fn safety_filters(check: &mut Check, path: &Path, value: Json) -> Option<Vec<SafetyFilter>> {
    let Json::Array(items) = value else {
        check.fault(path, "wrong_type", format!("Send an array of filters here, not {}.", value.kind()));
        return None;
    };
    if items.is_empty() {
        check.fault(path, "empty", "No safety filter stands here: name one or more.");
    } else if items.len() > MAX_FILTERS {
        check.fault(path, "too_many", format!("{} filters are too many: send at most {MAX_FILTERS}.", items.len()));
        return None;
    }
    let mut filters: Vec<SafetyFilter> = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        let at = path.index(index);
        let Some(filter) = safety_filter(check, &at, item) else { continue };
        let twice = |known: &SafetyFilter| known.filter_type == filter.filter_type && known.action == filter.action;
        if filters.iter().any(twice) {
            check.fault(&at, "duplicate", "This filter stands twice with the same action: keep one of them.");
        }
        filters.push(filter);
    }
    Some(filters)
}

fn safety_filter(check: &mut Check, path: &Path, value: Json) -> Option<SafetyFilter> {
    let members = check.object(path, value, "{\"filter_type\", \"action\", \"threshold\"}")?;
    let ([kind, action, threshold], []) = check.fields(path, members, &["filter_type", "action", "threshold"], &[]);
    let kind = kind.and_then(|(path, value)| check.choice(&path, value, &FILTERS));
    let action = action.and_then(|(path, value)| check.choice(&path, value, &ACTIONS));
    let threshold = threshold.and_then(|(path, value)| check.number(&path, value, 0.0, 100.0));
    Some(SafetyFilter { filter_type: kind?, action: action?, threshold: threshold? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";

    fn valid() -> Value {
        json!({
            "model_id": ID,
            "temperature_matrix": {"default": 0.7, "creative": 1.2, "precise": 0.3},
            "safety_filters": [{"filter_type": "pii", "action": "redact", "threshold": 85},
                {"filter_type": "political", "action": "block", "threshold": 10}],
            "max_tokens": 2048,
        })
    }

    fn faults(document: &Value) -> Vec<(String, &'static str)> {
        match Configuration::parse(document.to_string().as_bytes(), ID) {
            Ok(_) => Vec::new(),
            Err(problem) => {
                assert!(!format!("{problem:?}").contains("canary"));
                problem.errors.into_iter().map(|fault| (fault.path, fault.code)).collect()
            }
        }
    }

    #[test]
    fn limits_hold_at_their_edges() {
        let filter = json!({"filter_type": "pii", "action": "flag", "threshold": 0});
        for (pointer, good, bad, path, code) in [
            ("/model_id", json!(ID.to_uppercase()), json!("canary"), "$.model_id", "not_a_uuid"),
            ("/model_id", json!(ID), json!("b1b2c3d4-e5f6-7890-abcd-ef1234567890"), "$.model_id", "wrong_id"),
            ("/temperature_matrix/default", json!(1), json!(1.01), "$.temperature_matrix.default", "out_of_range"),
            ("/temperature_matrix/creative", json!(1.5), json!(1.6), "$.temperature_matrix.creative", "out_of_range"),
            ("/temperature_matrix/precise", json!(0.5), json!(-0.1), "$.temperature_matrix.precise", "out_of_range"),
            (
                "/temperature_matrix",
                valid()["temperature_matrix"].clone(),
                json!([]),
                "$.temperature_matrix",
                "wrong_type",
            ),
            ("/safety_filters", json!([filter]), json!([]), "$.safety_filters", "empty"),
            ("/safety_filters", json!([filter]), json!([filter, filter]), "$.safety_filters[1]", "duplicate"),
            ("/safety_filters", json!([filter]), json!(vec![json!(1); 100_000]), "$.safety_filters", "too_many"),
            (
                "/safety_filters/0/threshold",
                json!(100.0),
                json!(100.1),
                "$.safety_filters[0].threshold",
                "out_of_range",
            ),
            ("/safety_filters/0/action", json!("flag"), json!("canary"), "$.safety_filters[0].action", "unknown_value"),
            (
                "/safety_filters/0/filter_type",
                json!("self_harm"),
                json!(null),
                "$.safety_filters[0].filter_type",
                "wrong_type",
            ),
            ("/max_tokens", json!(8192), json!(8193), "$.max_tokens", "out_of_range"),
            ("/max_tokens", json!(1.0), json!(1.5), "$.max_tokens", "not_an_integer"),
        ] {
            let mut document = valid();
            *document.pointer_mut(pointer).unwrap() = good;
            assert_eq!(faults(&document), [], "{pointer}");
            *document.pointer_mut(pointer).unwrap() = bad;
            assert_eq!(faults(&document), [(path.to_owned(), code)], "{pointer}");
        }
        let mut document = valid();
        document["compliance_mod"] = json!("strict");
        assert_eq!(faults(&document), [("$.compliance_mod".into(), "unknown_field")]);
        assert_eq!(faults(&json!([])), [("$".into(), "wrong_type")]);
    }

    #[test]
    fn capabilities_are_compared() {
        let configuration = Configuration::parse(valid().to_string().as_bytes(), ID).unwrap();
        assert_eq!(configuration.compliance_mode(), ComplianceMode::Standard);
        let can = |window, restricted: &[&str]| Capabilities {
            max_context_window: window,
            restricted_safety_filters: restricted.iter().map(|name| (*name).to_owned()).collect(),
        };
        assert_eq!(configuration.fits(None), Ok(()));
        assert_eq!(configuration.fits(Some(&can(2048, &["pii", "astrology"]))), Ok(()));
        let problem = configuration.fits(Some(&can(2047, &["political"]))).unwrap_err();
        let paths: Vec<_> = problem.errors.iter().map(|fault| fault.path.as_str()).collect();
        assert_eq!(paths, ["$.max_tokens", "$.safety_filters[1].action"]);
    }

    #[test]
    fn upstream_is_told_its_own_id() {
        let configuration = Configuration::parse(valid().to_string().as_bytes(), ID).unwrap();
        let id = ModelId::try_from("up-1".to_owned()).unwrap();
        let body: Value = serde_json::from_slice(&configuration.body(&id).0).unwrap();
        assert_eq!(body["model_id"], "up-1");
        assert_eq!(body["compliance_mode"], "standard");
        assert_eq!(configuration.document()["model_id"], ID);
    }
}
