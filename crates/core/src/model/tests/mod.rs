//! The machines against scripts with a clock of their own, and the examples.

mod definition;
mod invocation;
mod kept;
mod provisioning;
mod update;

use serde_json::{Value, json};

use super::*;
use crate::call::Health;
use crate::genesys::{Capabilities, Endpoints};
use crate::http::Head;
use crate::problem::Problem;
use crate::sensitive::{Bytes, Sensitive};

/// Stands wherever a secret does; must come out nowhere.
const CANARY: &str = "canary-key-0123456789";
const ID: &str = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";
/// Some moment, Unix ms.
const START: u64 = 1_800_000_000_000;

fn definition() -> Value {
    json!({
        "name": "support-classifier-v2", "provider": "openai", "modelId": "gpt-4o-mini",
        "credentials": {"apiKey": CANARY, "endpoint": "https://canary.example/v1"},
        "configuration": {"temperature": 0.1, "maxTokens": 1500},
        "promptTemplate": "Classify: {input}",
        "responseSchema": {"type": "object", "properties": {"category": "string"}, "required": ["category"]},
    })
}

fn submission(document: &Value) -> Result<Submission, Problem> {
    Submission::parse(document.to_string().as_bytes())
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Received {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Received::Answer(Head { status, headers }, Bytes(body.as_bytes().to_vec()))
}

fn endpoints() -> Endpoints {
    Endpoints { api: "https://api.example".into(), login: "https://login.example".into() }
}

fn token() -> Sensitive {
    Sensitive::new("token")
}

fn example(name: &str) -> Vec<u8> {
    #[expect(clippy::disallowed_methods, reason = "tests may read the examples")]
    std::fs::read(format!("{}/../../examples/models/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn the_examples_are_what_they_say() {
    for (name, warnings) in [("ticket-classifier", 0), ("call-summary", 1), ("parcel-intent", 0)] {
        let read = Submission::parse(&example(name)).expect(name);
        assert_eq!(read.warnings.len(), warnings, "{name}");
    }
    let can = Capabilities { max_context_window: 4096, restricted_safety_filters: vec!["political".into()] };
    let strict = Configuration::parse(&example("configurations/strict"), ID).unwrap();
    assert_eq!(strict.fits(Some(&can)), Ok(()));
    let impossible = Configuration::parse(&example("configurations/impossible"), ID).unwrap();
    assert_eq!(impossible.fits(Some(&can)).unwrap_err().errors.len(), 2);
}
