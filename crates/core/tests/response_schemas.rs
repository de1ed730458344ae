//! Values against response schemas: rows that `boon` has judged (recorded by `crates/oracles`).

#![expect(clippy::disallowed_methods, reason = "the rows are a file, and this is not the core")]

use promptgate_core::fault::Path;
use promptgate_core::model::Submission;
use serde_json::{Value, json};

#[test]
fn rows() {
    let rows = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/response_schemas.jsonl")).unwrap();
    let (mut fit, mut others) = (0, 0);
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let definition = json!({"name": "oracle", "provider": "openai", "modelId": "m", "promptTemplate": "{input}",
            "configuration": {"temperature": 0, "maxTokens": 1}, "credentials": {"apiKey": "put-the-provider-key-here", "endpoint": "https://api.openai.com/v1"},
            "responseSchema": row["schema"]});
        let schema = Submission::parse(definition.to_string().as_bytes()).unwrap().definition.response_schema;
        let found = schema.faults(&Path::root(), &row["value"]);
        assert_eq!(found.is_empty(), row["fits"], "{row}: {found:?}");
        if row["fits"] == true { fit += 1 } else { others += 1 }
    }
    assert!(fit > 100 && others > 100, "{fit} that fit, {others} that do not");
}
