//! The machines against scripts with a clock of their own, and the examples.

mod definition;
mod invocation;
mod managed;
mod provisioning;
mod update;

use serde_json::{Value, json};

use super::*;
use crate::call::Health;
use crate::http::Head;
use crate::problem::Problem;
use crate::sensitive::{Bytes, Sensitive};
use crate::settings::Polling;
use crate::upstream::genesys::{Capabilities, Endpoints};

/// Used in place of every secret; must come out nowhere.
const CANARY: &str = "canary-key-0123456789";
const ID: &str = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";
/// Some moment, Unix ms.
const START: u64 = 1_800_000_000_000;

pub(super) fn definition() -> Value {
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

/// Upstream's own 404.
fn not_found() -> Received {
    answer(404, &[], r#"{"message":"no","code":"not.found","status":404}"#)
}

fn endpoints() -> Endpoints {
    Endpoints { api: "https://api.example".into(), login: "https://login.example".into() }
}

fn token() -> Sensitive {
    Sensitive::new("token")
}

#[test]
fn the_examples_are_what_they_say() {
    for (document, warnings) in [
        (&include_bytes!("../../../../../examples/models/ticket-classifier.json")[..], 0),
        (include_bytes!("../../../../../examples/models/call-summary.json"), 1),
        (include_bytes!("../../../../../examples/models/parcel-intent.json"), 0),
    ] {
        let read = Submission::parse(document).unwrap();
        assert_eq!(read.warnings.len(), warnings, "{read:?}");
    }
    let can = Capabilities { max_context_window: 4096, restricted_safety_filters: vec!["political".into()] };
    let strict = include_bytes!("../../../../../examples/models/configurations/strict.json");
    let strict = Configuration::parse(strict, ID).unwrap();
    assert_eq!(strict.fits(Some(&can)), Ok(()));
    let impossible = include_bytes!("../../../../../examples/models/configurations/impossible.json");
    let impossible = Configuration::parse(impossible, ID).unwrap();
    assert_eq!(impossible.fits(Some(&can)).unwrap_err().errors.len(), 2);
}
