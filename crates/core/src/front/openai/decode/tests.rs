//! What is decoded, and what goes on after all stages.

use super::texts::MAX_TEXT;
use super::*;
use crate::chat::{ChatRules, Counting, Trimmed};
use promptgate_guard::{Action, Guard, Policy};
use serde_json::{Value as Json, json};

fn read(body: &str) -> Result<Trimmed, Problem> {
    prepare(body, &crate::guard::Guards::default().input, None)
}

fn prepare(body: &str, guard: &Guard, window: Option<u64>) -> Result<Trimmed, Problem> {
    let rules = ChatRules { counting: Counting::Estimate, ratio_permille: 1000, context_window: None };
    let (decoded, _) = decode(body.as_bytes().to_vec(), Kind::Chat)?;
    decoded.prepare(guard, &rules, window, &mut promptgate_vocabularies::counters())
}

fn trimmed(messages: &Json, size: u64) -> Result<(Vec<usize>, Json), Problem> {
    let body = json!({ "model": "m", "messages": messages, "x": 1 }).to_string();
    let guard = Guard::new(&Policy::all(Action::Redact));
    let completion = prepare(&body, &guard, Some(size))?;
    let dropped = completion.trim.as_ref().unwrap().dropped.clone();
    Ok((dropped, serde_json::from_str(&sent(&completion)).unwrap()))
}

#[test]
fn an_exchange_with_tools_goes_as_one() {
    let text = |role: &str, tokens: usize| json!({ "role": role, "content": "x".repeat(tokens * 4) });
    let messages = json!([
        text("system", 5), text("user", 20), { "role": "assistant", "tool_calls": [{ "id": "a" }], "content": "jo@example.com" },
        text("tool", 30), text("tool", 30), text("assistant", 10), text("user", 5), text("assistant", 5),
    ]);
    let all = messages.as_array().unwrap().clone();
    // Roles are texts too: some tokens each.
    for (size, dropped) in [(1000, vec![]), (110, vec![1]), (100, vec![1, 2, 3, 4]), (30, vec![1, 2, 3, 4, 5])] {
        let (found, sent) = trimmed(&messages, size).unwrap();
        assert_eq!(found, dropped, "{size}");
        let kept: Vec<&Json> = (0..all.len()).filter(|at| !dropped.contains(at)).map(|at| &all[at]).collect();
        let sent = sent["messages"].as_array().unwrap();
        assert_eq!(sent.len(), kept.len());
        for (sent, kept) in sent.iter().zip(kept).filter(|(_, kept)| kept.get("tool_calls").is_none()) {
            assert_eq!(sent, kept);
        }
    }
    assert_eq!(trimmed(&messages, 10).unwrap_err().code, Code::ContextTooLong);
    // All but one, at either end.
    assert_eq!(trimmed(&json!([text("user", 50), text("user", 5)]), 20).unwrap().0, [0]);
    assert_eq!(trimmed(&json!([text("assistant", 50)]), 20).unwrap().1["messages"], json!([]));
    assert_eq!(trimmed(&json!([text("user", 5), text("assistant", 50)]), 20).unwrap().0, [1]);
}

/// What is sent of a body under a policy that redacts all.
fn redacted(body: &str) -> String {
    let guard = Guard::new(&Policy::all(Action::Redact));
    sent(&prepare(body, &guard, None).unwrap())
}

fn sent(trimmed: &Trimmed) -> String {
    trimmed.request().document_text(&trimmed.request().model).unwrap()
}

#[test]
fn what_is_not_edited_goes_out_as_it_came() {
    for body in [
        r#"{ "messages" : [ {"content":"Where is\u0020my parcel? \ud83d\ude00","role":"user","x":1.50} ],"model":"m" , "new_member":{"b":1,"a":[ ]} }"#,
        r#"{"model":"m","messages":[{"role":"user","content":"x"}],"stream":true,"stream_options":{"include_usage":true}}"#,
    ] {
        assert_eq!(sent(&read(body).unwrap()), body);
    }
    let body = "{\"model\":\"m\",\n \"messages\":[{\"role\":\"user\",\"content\":\"IBAN DE89 3704 0044 0532 0130 00, \\u00e9\"}]}";
    assert_eq!(sent(&read(body).unwrap()), body.replace("DE89 3704 0044 0532 0130 00, \\u00e9", "[IBAN], é"));
}

#[test]
fn usage_is_asked_for_at_the_end_of_a_stream() {
    let body = |options: &str| {
        format!(r#"{{"model":"m","messages":[{{"role":"user","content":"x"}}],"stream":true{options}}}"#)
    };
    for (options, expected) in [
        ("", r#","stream_options":{"include_usage":true}"#),
        (r#","stream_options":null"#, r#","stream_options":{"include_usage":true}"#),
        (r#","stream_options":{}"#, r#","stream_options":{"include_usage":true}"#),
        (r#","stream_options":{"a":1}"#, r#","stream_options":{"a":1,"include_usage":true}"#),
        (r#","stream_options":{"include_usage":false}"#, r#","stream_options":{"include_usage":true}"#),
    ] {
        let completion = read(&body(options)).unwrap();
        assert_eq!(sent(&completion), body(expected), "{options}");
        let (_, answer) = decode(body(options).into_bytes(), Kind::Chat).unwrap();
        assert_eq!(answer, Answer { streamed: true, usage: false });
    }
    let whole = body("").replace("true", "false");
    assert_eq!(sent(&read(&whole).unwrap()), whole);
}

#[test]
fn every_text_has_its_path() {
    let card = "card 4111 1111 1111 1111";
    let message = |message: Json| json!({ "model": "m", "messages": [message] });
    let call = |arguments: &str| {
        json!({ "role": "assistant", "content": null, "tool_calls": [
            { "id": "a", "type": "function", "function": { "name": "f", "arguments": arguments } }] })
    };
    for (body, path) in [
        (message(json!({ "role": "user", "content": card })), "$.messages[0].content"),
        (message(json!({ "role": "developer", "content": card })), "$.messages[0].content"),
        (message(json!({ "role": "assistant", "refusal": card })), "$.messages[0].refusal"),
        (message(json!({ "role": "user", "name": card, "content": "x" })), "$.messages[0].name"),
        (
            message(json!({ "role": "user", "content": [{ "type": "text", "text": card }] })),
            "$.messages[0].content[0].text",
        ),
        (message(json!({ "role": "tool", "tool_call_id": "a", "content": card })), "$.messages[0].content"),
        (
            message(json!({ "role": "tool", "tool_call_id": "a", "content": "{\"card\": 4111111111111111}" })),
            "$.messages[0].content",
        ),
        (message(call("{\"n\": \"\\u0034111 1111 1111 1111\"}")), "$.messages[0].tool_calls[0].function.arguments"),
        (message(call("{\"password\": \"hunter2!x\"}")), "$.messages[0].tool_calls[0].function.arguments"),
        (message(call("not JSON, card 4111 1111 1111 1111")), "$.messages[0].tool_calls[0].function.arguments"),
        (message(json!({ "role": "user", "content": "x", "4111111111111111": 1 })), "$.messages[0]['[CARD]']"),
        (
            json!({ "model": "m", "messages": [{ "role": "user", "content": "x" }], "prediction": { "content": card } }),
            "$.prediction.content",
        ),
        (
            json!({ "model": "m", "messages": [{ "role": "user", "content": "x" }], "card": 4111111111111111_u64 }),
            "$.card",
        ),
        (
            json!({ "model": "m", "messages": [{ "role": "user", "content": "x" }], "tools": [
            { "type": "function", "function": { "name": "f", "description": card } }] }),
            "$.tools[0].function.description",
        ),
    ] {
        let problem = read(&body.to_string()).unwrap_err();
        assert_eq!(problem.code, Code::SafetyRefused, "{body}");
        assert_eq!(problem.errors[0].path, path, "{body}");
        assert!(!format!("{problem:?}").contains("4111"), "{problem:?}");
    }
}

#[test]
fn what_is_redacted_in_json_is_json_still() {
    let arguments = r#"{"note": "mail jo\u0040example.com", "card": 4111111111111111, "n": 5, "list": ["DE89 3704 0044 0532 0130 00"]}"#;
    let body = json!({ "model": "m", "messages": [
        { "role": "assistant", "tool_calls": [{ "id": "a", "type": "function", "function": { "name": "f", "arguments": arguments } }] },
        { "role": "tool", "tool_call_id": "a", "content": "[{\"mail\": \"jo@example.com\"}]" },
    ] });
    let sent: Json = serde_json::from_str(&redacted(&body.to_string())).unwrap();
    let arguments = sent["messages"][0]["tool_calls"][0]["function"]["arguments"].as_str().unwrap();
    assert_eq!(
        serde_json::from_str::<Json>(arguments).unwrap(),
        json!({ "note": "mail [EMAIL]", "card": "[CARD]", "n": 5, "list": ["[IBAN]"] })
    );
    assert_eq!(sent["messages"][1]["content"], "[{\"mail\": \"[EMAIL]\"}]");
}

#[test]
fn media_are_passed_over() {
    // Base64 in which a scanner would find a card.
    let base64 = "4111111111111111".repeat(4);
    let content = json!([
        { "type": "image_url", "image_url": { "url": format!("data:image/png;base64,{base64}") } },
        { "type": "input_audio", "input_audio": { "data": base64, "format": "wav" } },
        { "type": "file", "file": { "file_data": format!("data:application/pdf;base64,{base64}"), "filename": "a.pdf" } },
    ]);
    let body = json!({ "model": "m", "messages": [{ "role": "user", "content": content }] }).to_string();
    assert_eq!(sent(&read(&body).unwrap()), body);
    // What is no medium is text, wherever.
    for part in [
        json!({ "type": "image_url", "image_url": { "url": "https://x.example/?card=4111 1111 1111 1111" } }),
        json!({ "type": "image_url", "image_url": { "url": "data:text/plain,card 4111 1111 1111 1111" } }),
        json!({ "type": "text", "text": "data:image/png;base64, card 4111 1111 1111 1111" }),
        json!({ "type": "file", "file": { "file_data": "my card is 4111 1111 1111 1111" } }),
    ] {
        let body = json!({ "model": "m", "messages": [{ "role": "user", "content": [part] }] });
        assert_eq!(read(&body.to_string()).unwrap_err().code, Code::SafetyRefused, "{body}");
    }
}

#[test]
fn text_has_a_cap_and_media_have_that_of_the_body() {
    let body = |part: Json| json!({ "model": "m", "messages": [{ "role": "user", "content": [part] }] }).to_string();
    let image = format!("data:image/png;base64,{}", "A".repeat(8 << 20));
    assert!(read(&body(json!({ "type": "image_url", "image_url": { "url": image } }))).is_ok());
    let fits = body(json!({ "type": "text", "text": " ".repeat(MAX_TEXT - 1000) }));
    assert!(read(&fits).is_ok());
    for text in [json!(" ".repeat(MAX_TEXT)), json!(vec!["a".repeat(1000); 1100]), json!({ "b".repeat(MAX_TEXT): 1 })] {
        let problem = read(&body(json!({ "type": "text", "text": text }))).unwrap_err();
        assert_eq!(problem.code, Code::BodyTooLarge);
    }
}

#[test]
fn hostile_bodies() {
    let nested = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    for (body, code, path) in [
        ("", "empty_body", "$"),
        ("[]", "wrong_type", "$"),
        ("{", "invalid_json", "$"),
        (nested.as_str(), "too_deep", "$"),
        (r#"{"model":"m","model":"n","messages":[{"role":"user"}]}"#, "duplicate_key", "$.model"),
        (r#"{"messages":[{"role":"user"}]}"#, "missing_field", "$.model"),
        (r#"{"model":"","messages":[{"role":"user"}]}"#, "out_of_range", "$.model"),
        (r#"{"model":"a\nb","messages":[{"role":"user"}]}"#, "out_of_range", "$.model"),
        (r#"{"model":1,"messages":[{"role":"user"}]}"#, "wrong_type", "$.model"),
        (r#"{"model":"m"}"#, "missing_field", "$.messages"),
        (r#"{"model":"m","messages":[]}"#, "out_of_range", "$.messages"),
        (r#"{"model":"m","messages":{}}"#, "wrong_type", "$.messages"),
        (r#"{"model":"m","messages":[1]}"#, "wrong_type", "$.messages[0]"),
        (r#"{"model":"m","messages":[{}]}"#, "missing_field", "$.messages[0].role"),
        (r#"{"model":"m","messages":[{"role":"usr"}]}"#, "unknown_value", "$.messages[0].role"),
        (r#"{"model":"m","messages":[{"role":"user"}],"stream":"yes"}"#, "wrong_type", "$.stream"),
    ] {
        let problem = read(body).unwrap_err();
        let first = &problem.errors[0];
        assert_eq!((first.code, first.path.as_str()), (code, path), "{body}");
    }
    assert!(decode(b"{\"model\":\"\xff\"}".to_vec(), Kind::Chat).is_err());
}

proptest::proptest! {
    /// Whatever a document holds, what is sent is JSON and has the same members.
    #[test]
    fn edits_keep_the_document(
        texts in proptest::collection::vec("(a|é|\\\\u0041|\\\\n| |jo@example\\.com|4111 1111 1111 1111|😀){0,6}", 1..6),
        spaces in "[ \n]{0,3}",
    ) {
        let parts: Vec<String> = texts
            .iter()
            .map(|text| format!("{{{spaces}\"role\":\"user\",\"content\":{spaces}\"{text}\",\"x\":[]}}"))
            .collect();
        let body = format!("{{\"model\":\"m\",{spaces}\"messages\":[{}],\"y\":{{}}{spaces}}}", parts.join(","));
        let sent: Json = serde_json::from_str(&redacted(&body)).unwrap();
        let came: Json = serde_json::from_str(&body).unwrap();
        assert_eq!(sent["messages"].as_array().unwrap().len(), texts.len());
        for (sent, came) in sent["messages"].as_array().unwrap().iter().zip(came["messages"].as_array().unwrap()) {
            let text = came["content"].as_str().unwrap();
            let guard = Guard::new(&Policy::all(Action::Redact));
            assert_eq!(sent["content"].as_str().unwrap(), guard.redact(text, promptgate_guard::Role::User).0);
            assert_eq!(&sent["x"], &came["x"]);
        }
    }
}
