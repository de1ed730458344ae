//! A chat request as the client sends it (requirements, B1).

use promptgate_lint::shapes::CHAT_REQUEST;

use crate::chat::{ChatRequest, Decoded, Form, Kind, Message, Role, Text};
use crate::problem::Problem;
use crate::schema::decode as read;
use crate::sensitive::Sensitive;

/// Reads a request from the JSON text `body`.
///
/// # Errors
/// [`Code::InvalidJson`](crate::problem::Code::InvalidJson) and
/// [`Code::InvalidRequest`](crate::problem::Code::InvalidRequest), with every fault.
pub fn decode(body: &[u8]) -> Result<Decoded, Problem> {
    let mut body = read(body, &CHAT_REQUEST)?;
    let max_tokens = body.integer("maxTokens");
    let instructions = body.texts("systemInstructions").into_iter().flatten();
    let instructions = instructions.enumerate().map(|(index, text)| (index, true, Role::System, text));
    let turns = body.objects("context").into_iter().enumerate().map(|(index, mut message)| {
        let role = match message.text("role").as_deref() {
            Some("agent") => Role::Assistant,
            Some("system") => Role::System,
            _ => Role::User,
        };
        (index, false, role, message.text("content").unwrap_or_default())
    });
    let (mut texts, mut messages) = (Vec::new(), Vec::new());
    for (index, instruction, role, text) in instructions.collect::<Vec<_>>().into_iter().chain(turns) {
        let at = texts.len();
        texts.push(Text { content: Sensitive::new(text), role, form: Form::Text, spoken: true, node: None });
        messages.push(Message { role, index, instruction, dropped: false, texts: at..at + 1, span: 0..0 });
    }
    let request = ChatRequest {
        kind: Kind::Chat,
        model: body.text("modelId").unwrap_or_default(),
        texts,
        messages,
        temperature: Some(body.number("temperature").unwrap_or_else(|| 0.into())),
        max_tokens,
        budget: max_tokens,
        streamed: true,
        document: None,
        particular: None,
    };
    Ok(Decoded::new(request, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::MAX_FAULTS;
    use crate::problem::Code;
    use serde_json::{Value, json};

    fn valid() -> Value {
        json!({
            "systemInstructions": ["Be brief."],
            "context": [{"role": "user", "content": "Hello"}],
            "temperature": 0.7, "maxTokens": 256, "modelId": "m",
        })
    }

    fn faults(document: &Value) -> Vec<(String, &'static str)> {
        match decode(document.to_string().as_bytes()) {
            Ok(_) => Vec::new(),
            Err(problem) => problem.errors.into_iter().map(|fault| (fault.path, fault.code)).collect(),
        }
    }

    // Row B1.
    #[test]
    fn limits_hold_at_their_edges() {
        let message = |content: String| json!({"role": "user", "content": content});
        for (field, good, bad, code) in [
            ("systemInstructions", json!([]), json!("x"), "wrong_type"),
            ("systemInstructions", json!(vec!["x".repeat(500); 5]), json!(vec!["x"; 6]), "too_many"),
            ("context", json!([]), json!({}), "wrong_type"),
            ("context", json!(vec![message("x".repeat(4000)); 25]), json!(vec![message("x".into()); 26]), "too_many"),
            ("temperature", json!(0), json!(-0.0001), "out_of_range"),
            ("temperature", json!(2), json!(2.0001), "out_of_range"),
            ("temperature", json!(2.0), json!("1"), "wrong_type"),
            ("maxTokens", json!(1), json!(0), "out_of_range"),
            ("maxTokens", json!(4096), json!(4097), "out_of_range"),
            ("maxTokens", json!(4096.0), json!(10.5), "not_an_integer"),
            ("maxTokens", json!(10), json!(1e300), "out_of_range"),
            ("maxTokens", json!(10), json!(null), "wrong_type"),
            ("modelId", json!("x".repeat(256)), json!(""), "empty"),
            ("modelId", json!(" m"), json!("  "), "empty"),
            ("modelId", json!("gpt-4.1"), json!("a\r\nb"), "control_character"),
            ("modelId", json!("é"), json!("x".repeat(257)), "too_long"),
            ("modelId", json!("claude-3-5-sonnet-20241022"), json!("AKIAQX3KZ7PLM2WVB6TN"), "not_a_name"),
        ] {
            let mut document = valid();
            document[field] = good;
            assert_eq!(faults(&document), [], "{field}");
            document[field] = bad;
            assert_eq!(faults(&document), [(format!("$.{field}"), code)], "{field}");
        }
    }

    #[test]
    fn lengths_count_utf16_units() {
        let mut document = valid();
        document["context"][0]["content"] = json!("😀".repeat(2000));
        assert_eq!(faults(&document), []);
        document["context"][0]["content"] = json!("😀".repeat(2001));
        assert_eq!(faults(&document), [("$.context[0].content".into(), "too_long")]);
        document["context"][0]["content"] = json!("é".repeat(4000));
        assert_eq!(faults(&document), []);
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let document = json!({
            "systemInstructions": [1, "x".repeat(501)],
            "context": [{"role": "assistant", "content": null}, "hi", {"content": "x", "name": "y"}],
            "temprature": 1, "maxTokens": 2.5,
        });
        assert_eq!(
            faults(&document),
            [
                ("$.context[0].content".into(), "wrong_type"),
                ("$.context[0].role".into(), "unknown_value"),
                ("$.context[1]".into(), "wrong_type"),
                ("$.context[2].name".into(), "unknown_field"),
                ("$.context[2].role".into(), "missing_field"),
                ("$.maxTokens".into(), "not_an_integer"),
                ("$.systemInstructions[0]".into(), "wrong_type"),
                ("$.systemInstructions[1]".into(), "too_long"),
                ("$.temprature".into(), "unknown_field"),
                ("$.temperature".into(), "missing_field"),
                ("$.modelId".into(), "missing_field"),
            ]
        );
    }

    #[test]
    fn unknown_fields_name_the_nearest() {
        let mut document = valid();
        document["max_tokens"] = json!(1);
        let problem = decode(document.to_string().as_bytes()).unwrap_err();
        assert!(problem.detail.contains("did you mean `maxTokens`?"), "{}", problem.detail);
    }

    // Rows Errors, row 39.
    #[test]
    fn hostile_bodies() {
        for (body, code) in [
            ("[]", Code::InvalidRequest),
            ("null", Code::InvalidRequest),
            ("\"canary\"", Code::InvalidRequest),
            ("{\"modelId\":\"canary\",\"modelId\":\"b\"}", Code::InvalidJson),
            ("{\"canary", Code::InvalidJson),
        ] {
            let problem = decode(body.as_bytes()).unwrap_err();
            assert_eq!(problem.code, code, "{body}");
            assert!(!problem.document("r").to_string().contains("canary"), "{body}");
        }
        let many: serde_json::Map<_, _> = (0..10_000).map(|n| (format!("f{n}"), json!(1))).collect();
        assert_eq!(faults(&Value::Object(many)).len(), MAX_FAULTS);
    }
}
