//! Response schemas against `boon`, which knows all of draft 2020-12: schemas and values that are made from a grammar.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use promptgate_base::fault::Path;
use promptgate_core::model::{ResponseSchema, Submission};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// Rows that are recorded for crates/core, which is tested by them where boon is not compiled.
const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/tests/response_schemas.jsonl");

/// The schema as a definition holds it; `None` where it is refused.
fn read(schema: &Value) -> Option<ResponseSchema> {
    let definition = json!({"name": "oracle", "provider": "openai", "modelId": "m", "promptTemplate": "{input}",
        "configuration": {"temperature": 0, "maxTokens": 1}, "credentials": {"apiKey": "put-the-provider-key-here", "endpoint": "https://api.openai.com/v1"},
        "responseSchema": schema});
    match Submission::parse(definition.to_string().as_bytes()) {
        Ok(submission) => Some(submission.definition.response_schema),
        // Of the definition, nothing else may be wrong: every schema would be passed over.
        Err(problem) => {
            let paths: Vec<_> = problem.errors.iter().map(|fault| fault.path.as_str()).collect();
            assert!(paths.iter().all(|path| path.starts_with("$.responseSchema")), "{problem:?}");
            None
        }
    }
}

/// Any schema of the keywords that are checked, `$ref` to two definitions included.
fn schemas() -> impl Strategy<Value = Value> {
    let small = prop_oneof![
        Just(json!(0)),
        Just(json!(1)),
        Just(json!(1.0)),
        Just(json!(1.5)),
        Just(json!("a")),
        Just(json!("éé")),
        Just(json!(null)),
        Just(json!(true)),
        Just(json!([])),
        Just(json!([1])),
        Just(json!({"a": 1}))
    ];
    let names = prop::sample::select(vec!["null", "boolean", "integer", "number", "string", "array", "object"]);
    let number = prop::sample::select(vec![json!(-1), json!(0), json!(0.5), json!(1), json!(2)]);
    let count = 0..3_u64;
    let leaf = prop_oneof![
        any::<bool>().prop_map(|value| json!(value)),
        names.clone().prop_map(|name| json!({ "type": name })),
        (names.clone(), Just("null")).prop_map(|(one, two)| if one == two {
            json!({"type": one})
        } else {
            json!({"type": [one, two]})
        }),
        prop::collection::vec(small.clone(), 1..3).prop_map(|values| json!({ "enum": values })),
        small.clone().prop_map(|value| json!({ "const": value })),
        (prop::sample::select(vec!["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]), number)
            .prop_map(|(keyword, limit)| json!({ keyword: limit })),
        (
            prop::sample::select(vec![
                "minLength",
                "maxLength",
                "minItems",
                "maxItems",
                "minProperties",
                "maxProperties"
            ]),
            count
        )
            .prop_map(|(keyword, count)| json!({ keyword: count })),
        Just(json!({"uniqueItems": true})),
        Just(json!({"required": ["a"]})),
        prop::sample::select(vec!["#/$defs/p", "#/$defs/q"]).prop_map(|place| json!({ "$ref": place })),
    ];
    leaf.prop_recursive(3, 24, 3, |inner| {
        prop_oneof![
            (prop::sample::select(vec!["allOf", "anyOf", "oneOf"]), prop::collection::vec(inner.clone(), 1..3))
                .prop_map(|(keyword, list)| json!({ keyword: list })),
            (prop::sample::select(vec!["not", "items", "additionalProperties"]), inner.clone())
                .prop_map(|(keyword, schema)| json!({ keyword: schema })),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| json!({"properties": {"a": a, "b/~c": b}})),
            (inner.clone(), inner.clone()).prop_map(
                |(a, rest)| json!({"properties": {"a": a}, "additionalProperties": rest, "type": ["object", "array"]})
            ),
        ]
    })
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|value| json!(value)),
        prop::sample::select(vec![
            json!(-1),
            json!(0),
            json!(0.5),
            json!(1),
            json!(1.0),
            json!(1.5),
            json!(2),
            json!(u64::MAX)
        ]),
        prop::sample::select(vec!["", "a", "éé", "😀😀😀"]).prop_map(|text| json!(text))
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| json!(items)),
            prop::collection::btree_map(prop::sample::select(vec!["a", "b/~c", "x"]), inner, 0..3)
                .prop_map(|members| json!(members))
        ]
    })
}

/// What boon says of `value`.
fn theirs(document: &Value, value: &Value) -> bool {
    let mut oracle = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.set_default_draft(boon::Draft::V2020_12);
    compiler.add_resource("mem:schema", document.clone()).unwrap();
    let index = compiler.compile("mem:schema", &mut oracle).unwrap();
    oracle.validate(value, index).is_ok()
}

fn cases() -> impl Strategy<Value = (Value, Value)> {
    (schemas(), schemas(), schemas(), values()).prop_map(|(schema, p, q, value)| {
        let document = json!({"type": "object", "properties": {"x": schema}, "$defs": {"p": p, "q": q}});
        (document, json!({"x": value}))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    /// What fits here fits there, over schemas that both take.
    #[test]
    fn agrees_with_boon((document, value) in cases()) {
        let Some(ours) = read(&document) else {
            // A circle, which the library does not judge either, or a contradiction.
            return Ok(());
        };
        let found = ours.faults(&Path::root(), &value);
        prop_assert_eq!(found.is_empty(), theirs(&document, &value), "{} {} {:?}", document, value, found);
    }
}

/// What is recorded is what boon says; `RECORD=1` writes it.
#[test]
fn recorded_rows() {
    const ROWS: usize = 600;
    if std::env::var_os("RECORD").is_some() {
        let mut runner = TestRunner::deterministic();
        let mut rows = Vec::new();
        while rows.len() < ROWS {
            let (document, value) = cases().new_tree(&mut runner).unwrap().current();
            if let Some(ours) = read(&document) {
                let fits = theirs(&document, &value);
                assert_eq!(ours.faults(&Path::root(), &value).is_empty(), fits, "{document} {value}");
                rows.push(format!("{}\n", json!({"schema": document, "value": value, "fits": fits})));
            }
        }
        std::fs::write(RECORDED, rows.concat()).unwrap();
    }
    let rows = std::fs::read_to_string(RECORDED).unwrap();
    assert_eq!(rows.lines().count(), ROWS);
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        assert_eq!(theirs(&row["schema"], &row["value"]), row["fits"], "{row}");
    }
}
