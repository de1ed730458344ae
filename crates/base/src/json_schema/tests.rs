//! Hostile schemas, the keywords one by one, and generated cases against a library that knows the whole draft.

use super::*;
use crate::json;
use proptest::prelude::*;
use serde_json::json;

fn read(schema: &Value) -> Result<JsonSchema, Vec<(String, &'static str)>> {
    let document = json::parse(schema.to_string().as_bytes()).unwrap();
    JsonSchema::read(document).map_err(|faults| faults.into_iter().map(|fault| (fault.path, fault.code)).collect())
}

/// A schema of one member, `x`.
fn of(schema: &Value) -> Value {
    json!({"type": "object", "properties": {"x": schema}})
}

fn faults(schema: &Value, value: &Value) -> Vec<(String, &'static str)> {
    let faults = read(&of(schema)).unwrap().faults(&Path::root(), &json!({"x": value}));
    assert!(!format!("{faults:?}").contains("canary"), "{faults:?}");
    faults.into_iter().map(|fault| (fault.path, fault.code)).collect()
}

#[test]
fn shorthands_are_written_out() {
    let schema = json!({"type": "object", "properties": {"category": "string", "confidence": "number",
        "place": {"type": "object", "properties": {"city": "string"}}}});
    assert_eq!(
        *read(&schema).unwrap().document(),
        json!({"type": "object", "properties": {"category": {"type": "string"}, "confidence": {"type": "number"},
            "place": {"type": "object", "properties": {"city": {"type": "string"}}}}})
    );
    assert_eq!(read(&of(&json!("strin"))).unwrap_err(), [("$.properties.x".into(), "unknown_value")]);
}

#[test]
fn hostile_schemas() {
    let nested = |levels: usize, keyword: &str| (0..levels).fold(json!(true), |inner, _| json!({ keyword: inner }));
    let many: Value =
        (0..MAX_SCHEMAS).map(|n| (format!("p{n}"), json!("string"))).collect::<serde_json::Map<_, _>>().into();
    let chain: Value = (0..40)
        .map(|n| (format!("d{n}"), json!({"$ref": format!("#/$defs/d{}", n + 1)})))
        .chain([("d40".to_owned(), json!(true))])
        .collect::<serde_json::Map<_, _>>()
        .into();
    for (schema, path, code) in [
        (json!("object"), "$", "wrong_type"),
        (json!({"properties": {}}), "$.type", "unknown_value"),
        (json!({"type": ["object"], "properties": {}}), "$.type", "unknown_value"),
        (json!({"type": "object"}), "$.properties", "missing_field"),
        (json!({"type": "object", "properties": many}), "$.properties.p999", "too_many"),
        (of(&json!({"type": "text"})), "$.properties.x.type", "unknown_value"),
        (of(&json!({"type": []})), "$.properties.x.type", "empty"),
        (of(&json!({"type": ["null", "null"]})), "$.properties.x.type[1]", "duplicate"),
        (of(&json!({"pattern": "(a+)+$"})), "$.properties.x.pattern", "unsupported_keyword"),
        (of(&json!({"nullable": true})), "$.properties.x.nullable", "unsupported_keyword"),
        (of(&json!({"tpye": "string"})), "$.properties.x.tpye", "unsupported_keyword"),
        (of(&json!({"if": {}})), "$.properties.x.if", "unsupported_keyword"),
        (of(&json!({"$id": "x"})), "$.properties.x['$id']", "unsupported_keyword"),
        (of(&json!({"items": [{}]})), "$.properties.x.items", "unsupported_keyword"),
        (of(&json!({"enum": []})), "$.properties.x.enum", "wrong_type"),
        (of(&json!({"anyOf": {}})), "$.properties.x.anyOf", "wrong_type"),
        (of(&json!({"required": ["a", "a"]})), "$.properties.x.required[1]", "duplicate"),
        (of(&json!({"minLength": -1})), "$.properties.x.minLength", "out_of_range"),
        (of(&json!({"maxItems": 1e300})), "$.properties.x.maxItems", "out_of_range"),
        (of(&json!({"minLength": 2, "maxLength": 1})), "$.properties.x", "contradiction"),
        (of(&json!({"minimum": "1"})), "$.properties.x.minimum", "wrong_type"),
        (of(&json!({"const": [u64::MAX]})), "$.properties.x.const[0]", "out_of_range"),
        (of(&json!({"minimum": i64::MIN})), "$.properties.x.minimum", "out_of_range"),
        (of(&json!({"uniqueItems": 1})), "$.properties.x.uniqueItems", "wrong_type"),
        (of(&json!({"$ref": "https://canary.example/s"})), "$.properties.x['$ref']", "remote_reference"),
        (of(&json!({"$ref": "other.json#/a"})), "$.properties.x['$ref']", "remote_reference"),
        (of(&json!({"$ref": "#/$defs/nope"})), "$.properties.x['$ref']", "unknown_reference"),
        (of(&json!({"$ref": "#/properties"})), "$.properties.x['$ref']", "unknown_reference"),
        (of(&json!({"$ref": "#/properties/x"})), "$", "endless_reference"),
        (of(&json!({"anyOf": [{"not": {"$ref": "#/properties/x"}}]})), "$", "endless_reference"),
        (of(&nested(20, "not")), "$", "endless_reference"),
        (json!({"type": "object", "properties": {}, "$defs": chain}), "$", "endless_reference"),
        (
            json!({"type": "object", "properties": {}, "$schema": "http://json-schema.org/draft-04/schema#"}),
            "$['$schema']",
            "unknown_value",
        ),
    ] {
        assert_eq!(read(&schema).unwrap_err(), [(path.to_owned(), code)], "{schema}");
    }
    // As deep as JSON may be.
    assert!(read(&of(&nested(61, "items"))).is_ok());
    // A megabyte of unknown keywords.
    let wide: Value = (0..50_000).map(|n| (format!("k{n}"), json!(1))).collect::<serde_json::Map<_, _>>().into();
    assert_eq!(read(&of(&wide)).unwrap_err().len(), crate::fault::MAX_FAULTS);
}

#[test]
fn keywords() {
    for (schema, good, bad, path, code) in [
        (json!("integer"), json!(1.0), json!(1.5), "$.x", "wrong_type"),
        (json!({"type": ["string", "null"]}), json!(null), json!(1), "$.x", "wrong_type"),
        (json!({"enum": [1, "a", {"b": [null]}]}), json!({"b": [null]}), json!("canary"), "$.x", "unknown_value"),
        (json!({"const": 1}), json!(1.0), json!(true), "$.x", "unknown_value"),
        (json!({"minimum": 0}), json!(0), json!(-1e-9), "$.x", "out_of_range"),
        (json!({"exclusiveMaximum": 1}), json!(0.999), json!(1), "$.x", "out_of_range"),
        (
            json!({"maximum": 9007199254740991_u64}),
            json!(9007199254740991_u64),
            json!(9007199254740992_u64),
            "$.x",
            "out_of_range",
        ),
        (json!({"minimum": -1e308}), json!(u64::MAX), json!(-1.7e308), "$.x", "out_of_range"),
        (json!({"maxLength": 2}), json!("😀é"), json!("canary"), "$.x", "wrong_length"),
        (json!({"minItems": 1}), json!([0]), json!([]), "$.x", "wrong_length"),
        (json!({"uniqueItems": true}), json!([1, "1"]), json!([1, 2, 1.0]), "$.x", "duplicate"),
        (json!({"items": {"type": "string"}}), json!([""]), json!(["", 1]), "$.x[1]", "wrong_type"),
        (json!({"required": ["é"]}), json!({"é": 1}), json!({}), "$.x['é']", "missing_field"),
        (json!({"additionalProperties": false}), json!({}), json!({"canary": "canary"}), "$.x['*']", "not_allowed"),
        (json!({"maxProperties": 1}), json!({"a": 1}), json!({"a": 1, "b": 2}), "$.x", "wrong_length"),
        (json!({"anyOf": [{"type": "string"}, {"minimum": 3}]}), json!(3), json!(2), "$.x", "no_alternative"),
        (json!({"oneOf": [{"minimum": 1}, {"minimum": 3}]}), json!(2), json!(4), "$.x", "ambiguous"),
        (json!({"allOf": [{"minimum": 1}, {"maximum": 3}]}), json!(2), json!(4), "$.x", "out_of_range"),
        (json!({"not": {"type": "null"}}), json!(1), json!(null), "$.x", "not_allowed"),
    ] {
        assert_eq!(faults(&schema, &good), [], "{schema}");
        assert_eq!(faults(&schema, &bad), [(path.to_owned(), code)], "{schema}");
    }
}

#[test]
fn references_may_recurse_through_members() {
    let tree = json!({"type": "object", "properties": {"x": {"$ref": "#/$defs/a~1b%20c"}}, "$defs": {
        "a/b c": {"type": "object", "properties": {"next": {"$ref": "#/$defs/a~1b%20c"}}, "additionalProperties": false}}});
    let schema = read(&tree).unwrap();
    let deep = |end: Value| (0..62).fold(end, |inner, _| json!({ "next": inner }));
    assert!(schema.faults(&Path::root(), &json!({"x": deep(json!({}))})).is_empty());
    let found = schema.faults(&Path::root(), &json!({"x": deep(json!(1))}));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, "wrong_type");
}

#[test]
fn doubling_alternatives_end() {
    let bomb = json!({"type": "object", "properties": {"x": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"anyOf": [
        {"properties": {"x": {"$ref": "#/$defs/a"}}, "required": ["y"]},
        {"properties": {"x": {"$ref": "#/$defs/a"}}, "required": ["y"]}]}}});
    let value = (0..60).fold(json!({}), |inner, _| json!({ "x": inner }));
    let found = read(&bomb).unwrap().faults(&Path::root(), &value);
    assert_eq!((found.len(), found[0].code), (1, "too_costly"));
    let same: Vec<_> = (0..2000).map(|n| json!(n)).collect();
    assert_eq!(faults(&json!({"uniqueItems": true}), &json!(same)), [("$".into(), "too_costly")]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn never_panics(text: String) {
        if let Ok(document) = json::parse(text.as_bytes()) {
            let _ = JsonSchema::read(document);
        }
    }
}
