//! The border to JavaScript, in Node.js and in a browser: what goes in, what comes out, what is thrown.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is a test's message")]

use js_sys::{Array, JSON, Reflect, Uint8Array};
use promptgate_wasm::{chat, linter, template, tokens};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

fn member(value: &JsValue, path: &str) -> JsValue {
    path.split('.').fold(value.clone(), |value, name| Reflect::get(&value, &name.into()).unwrap())
}
fn text(value: &JsValue, path: &str) -> String {
    member(value, path).as_string().unwrap()
}
fn number(value: &JsValue, path: &str) -> f64 {
    member(value, path).as_f64().unwrap()
}
fn object(json: &str) -> JsValue {
    JSON::parse(json).unwrap()
}

#[wasm_bindgen_test]
fn places_count_utf16() {
    let report = linter::lint(&"😀é\n 😀<|im_start|>".into(), &JsValue::UNDEFINED).unwrap();
    let finding = member(&report, "findings.0");
    assert_eq!(text(&finding, "code"), "S004");
    let place = |side: &str| ["offset", "line", "column"].map(|name| number(&finding, &format!("{side}.{name}")));
    assert_eq!((place("start"), place("end")), ([7.0, 2.0, 4.0], [19.0, 2.0, 16.0]));
}

#[wasm_bindgen_test]
fn an_ignore_is_an_edit() {
    let ignore = |text: &str, code: &str, reason: &str| {
        linter::ignore(&text.into(), &code.into(), &reason.into(), &JsValue::UNDEFINED)
    };
    let edit = ignore("{\"a\": \"😀<|im_start|>\", \"$lint\": {}}", "S004", "it is \"quoted\"").unwrap();
    assert_eq!(text(&edit, "text"), "\"ignore\": {\"S004\": \"it is \\\"quoted\\\"\"}");
    assert_eq!((number(&edit, "start.offset"), number(&edit, "end.offset")), (34.0, 34.0));
    for (text_, code, reason, expected) in [
        ("a", "S999", "x", "unknown_rule"),
        ("a", "S004", " ", "no_reason"),
        ("{\"systemInstructions\": [], \"context\": [], \"modelId\": \"m\"}", "S004", "x", "no_place"),
    ] {
        let thrown = ignore(text_, code, reason).unwrap_err();
        assert_eq!((text(&thrown, "name"), text(&thrown, "code")), ("PromptgateError".into(), expected.into()));
    }
}

#[wasm_bindgen_test]
fn configurations_are_objects_or_text_and_take_turns() {
    let severity = |config: &JsValue| {
        let options = object("{}");
        Reflect::set(&options, &"config".into(), config).unwrap();
        linter::lint(&"<|im_start|>".into(), &options).map(|report| text(&report, "findings.0.severity"))
    };
    let info = r#"{"rules": {"S004": "info"}}"#;
    for (config, expected) in [
        (JsValue::UNDEFINED, "error"),
        (object(info), "info"),
        (object(r#"{"rules": {"S004": "warning"}}"#), "warning"),
        (info.into(), "info"),
        (JsValue::UNDEFINED, "error"),
    ] {
        assert_eq!(severity(&config).unwrap(), expected);
    }
    let thrown = severity(&object(r#"{"rules": {"S004": "of"}}"#)).unwrap_err();
    assert_eq!((text(&thrown, "name"), text(&thrown, "code")), ("PromptgateError".into(), "invalid_config".into()));
    assert_eq!(text(&thrown, "errors.0.path"), "$.rules.S004");
}

#[wasm_bindgen_test]
fn bodies_are_text_or_bytes() {
    let body = "[\"😀\"]";
    let bytes = Uint8Array::from(format!("x{body}x").as_bytes());
    for body in [JsValue::from(body), bytes.subarray(1, bytes.length() - 1).into()] {
        let faults = Array::from(&chat::validate_chat(&body).unwrap());
        assert_eq!((faults.length(), text(&faults.get(0), "code")), (1, "wrong_type".to_owned()));
    }
    for wrong in
        [JsValue::NULL, JsValue::UNDEFINED, 17.into(), object("{}"), Uint8Array::new_with_length(1).buffer().into()]
    {
        assert_eq!(text(&chat::validate_chat(&wrong).unwrap_err(), "code"), "invalid_argument");
    }
}

#[wasm_bindgen_test]
fn counts_are_estimates_until_a_vocabulary_is_loaded() {
    let count = |name: &str| tokens::count_tokens(&"Where is my order?".into(), &name.into());
    let missing = || JSON::stringify(&tokens::missing_vocabularies().unwrap()).unwrap();
    // What other tests have asked for: all of them share the instance.
    missing();
    assert_eq!(text(&count("support-small").unwrap(), "counted_by"), "estimate");
    assert_eq!(missing(), "[]");
    assert_eq!(text(&count("gpt-4").unwrap(), "counted_by"), "estimate");
    assert_eq!(text(&count("cl100k_base").unwrap_err(), "code"), "vocabulary_not_loaded");
    assert_eq!([missing(), missing()].map(String::from), [r#"["cl100k_base"]"#, "[]"]);
    let packed = include_bytes!("../../tokens/data/cl100k.tokens");
    assert_eq!(tokens::load_packed(&Uint8Array::from(packed.as_slice())).unwrap(), "cl100k_base");
    for name in ["gpt-4", "cl100k_base"] {
        let count = count(name).unwrap();
        assert_eq!((number(&count, "tokens"), text(&count, "counted_by")), (5.0, "cl100k_base".to_owned()));
    }
    // another configuration makes another linter, which has them too
    linter::lint(&"x".into(), &object(r#"{"config": {}}"#)).unwrap();
    assert!(count("cl100k_base").is_ok());
}

#[wasm_bindgen_test]
fn values_are_never_looked_into() {
    let draft = r#"{"system_instruction": "a", "user_template": "{{x}}!", "variables": ["x"]}"#;
    let rendered = template::render(&draft.into(), &object(r#"{"x": "{{x}} \ud83d\ude00"}"#)).unwrap();
    assert_eq!(text(&rendered, "user_prompt"), "{{x}} 😀!");
    assert!(member(&rendered, "template_id").is_undefined() && member(&rendered, "version").is_undefined());
}
