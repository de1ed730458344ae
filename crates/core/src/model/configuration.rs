//! A model's configuration (requirements, D1) and whether the model can have it (D2).

use promptgate_lint::shapes::MODEL_CONFIGURATION;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, json};

use crate::canonical::{canonical, hash};
use crate::fault::{Fault, Faults, Path};
use crate::problem::{Code, Problem};
use crate::schema::{Document, decode};
use crate::sensitive::Bytes;
use crate::upstream::genesys::{Capabilities, ModelId};

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
        let unread = || Problem::new(Code::Internal, "The configuration fits its shape and could not be read.");
        let configuration = configuration(decode(body, &MODEL_CONFIGURATION)?).ok_or_else(unread)?;
        if configuration.model_id != id {
            let message = "Expected the id of the model that the address names, found another.";
            let fault = Fault::new(&Path::root().name("model_id"), "wrong_id", message);
            return Err(Problem::with_errors(Code::InvalidRequest, fault));
        }
        Ok(configuration)
    }

    /// Compares with what the model can (D2); nothing is compared where that is not known.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] with every conflict.
    pub fn fits(&self, capabilities: Option<&Capabilities>) -> Result<(), Problem> {
        let Some(can) = capabilities else { return Ok(()) };
        let mut faults = Faults::default();
        let root = Path::root();
        if self.max_tokens > can.max_context_window {
            let message = format!(
                "{} tokens are more than the model's context window of {}: lower `max_tokens`.",
                self.max_tokens, can.max_context_window
            );
            faults.add(|| Fault::new(&root.name("max_tokens"), "beyond_capability", message));
        }
        for (index, filter) in self.safety_filters.iter().enumerate() {
            let name = FILTERS.iter().find(|(_, known)| *known == filter.filter_type).map_or("", |(name, _)| name);
            let restricted = can.restricted_safety_filters.iter().any(|known| known == name);
            if restricted && filter.action == FilterAction::Block {
                let path = root.name("safety_filters").index(index).name("action");
                let message = format!("With this model the filter `{name}` may not `block`: use `redact` or `flag`.");
                faults.add(|| Fault::new(&path, "beyond_capability", message));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(Problem::with_errors(Code::InvalidRequest, faults)) }
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

    /// The body of its webhook (D4), as the document has it.
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

fn named<T: Copy>(table: &[(&'static str, T)], name: Option<String>) -> Option<T> {
    let name = name?;
    table.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

fn filter(mut filter: Document) -> Option<SafetyFilter> {
    Some(SafetyFilter {
        filter_type: named(&FILTERS, filter.text("filter_type"))?,
        action: named(&ACTIONS, filter.text("action"))?,
        threshold: filter.number("threshold")?,
    })
}

/// The configuration in a document that fits its shape.
fn configuration(mut document: Document) -> Option<Configuration> {
    let mut matrix = document.object("temperature_matrix")?;
    Some(Configuration {
        model_id: document.text("model_id")?.to_ascii_lowercase(),
        temperature_matrix: TemperatureMatrix {
            default: matrix.number("default")?,
            creative: matrix.number("creative")?,
            precise: matrix.number("precise")?,
        },
        safety_filters: document.objects("safety_filters").into_iter().map(filter).collect::<Option<_>>()?,
        max_tokens: document.integer("max_tokens")?,
        compliance_mode: named(&MODES, document.text("compliance_mode")).unwrap_or_default(),
    })
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
            ("/safety_filters", json!([filter]), json!([]), "$.safety_filters", "too_few"),
            ("/safety_filters", json!([filter]), json!([filter, filter]), "$.safety_filters[1]", "duplicate"),
            ("/safety_filters", json!([filter]), json!([]), "$.safety_filters", "too_few"),
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
