//! Answers by OpenAI's wire, as streams and whole: what a client makes of each shape that upstreams send.

use super::*;

// Row O2.
#[test]
fn a_stream_goes_through() {
    let run = run(&body(true), targets()).play(&[Token, EVENTS, Chunk(HELLO), Chunk(STOP), Chunk(USED), Chunk(DONE)]);
    let sent = &run.sent[0];
    assert_eq!(sent.url, "https://one.example/v1/chat/completions");
    let sent: Value = serde_json::from_slice(&sent.body.0).unwrap();
    assert_eq!((&sent["model"], &sent["stream_options"]), (&json!("gpt-one"), &json!({ "include_usage": true })));
    let chunks = data(&run);
    assert_eq!(chunks.last().unwrap(), "[DONE]");
    let (last, first) = (&chunks[chunks.len() - 2], &chunks[0]);
    assert_eq!((&first["id"], &first["created"], &first["model"]), (&json!("c1"), &json!(5), &json!("gpt-one-2")));
    assert_eq!(last["choices"][0]["finish_reason"], "stop");
    assert_eq!(last["promptgate"]["status"], "success");
    assert!(chunks.iter().all(|chunk| chunk.get("usage").is_none()), "not asked for");
    assert_eq!(assembled(&run)[0]["content"], "Hello");
    assert_eq!(assembled(&run)[0]["role"], "assistant");
    let outcome = run.outcome.as_ref().unwrap();
    assert_eq!(outcome.usage.unwrap().completion_tokens, 4);
    assert_eq!(outcome.status, Status::Success);
}

#[test]
fn usage_comes_last_where_it_is_asked_for() {
    let mut asked = body(true);
    asked["stream_options"] = json!({ "include_usage": true });
    let run = run(&asked, targets()).play(&[Token, EVENTS, Chunk(HELLO), Chunk(STOP), Chunk(USED), Chunk(DONE)]);
    let chunks = data(&run);
    let last = &chunks[chunks.len() - 2];
    assert_eq!(last["choices"], json!([]));
    assert_eq!(last["usage"], json!({ "prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "x": 1 }));
    assert_eq!(last["promptgate"]["status"], "success");
    assert!(chunks[..chunks.len() - 2].iter().all(|chunk| chunk["usage"].is_null() && chunk.get("usage").is_some()));
}

/// Each shape that upstreams send, and what a client makes of it.
#[test]
fn stream_shapes() {
    let tool = |index: &str, id: &str, name: &str, arguments: &str| {
        let id = if id.is_empty() { String::new() } else { format!(r#""id":"{id}","type":"function","#) };
        let name = if name.is_empty() { String::new() } else { format!(r#""name":"{name}","#) };
        format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{{{index}{id}\"function\":{{{name}\"arguments\":\"{arguments}\"}}}}]}}}}]}}\n\n"
        )
    };
    let finish = |reason: &str| {
        format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"{reason}\"}}]}}\n\n")
    };
    let calls = json!([{ "id": "a", "name": "f", "arguments": "{}" }, { "id": "b", "name": "g", "arguments": "[1]" }]);
    let two = |events: [String; 4]| events.concat() + &finish("tool_calls") + DONE;
    for (name, stream) in [
        (
            "in order",
            two([
                tool("\"index\":0,", "a", "f", ""),
                tool("\"index\":0,", "", "", "{}"),
                tool("\"index\":1,", "b", "g", "[1"),
                tool("\"index\":1,", "", "", "]"),
            ]),
        ),
        (
            "indexes from 1",
            two([
                tool("\"index\":1,", "a", "f", ""),
                tool("\"index\":1,", "", "", "{}"),
                tool("\"index\":2,", "b", "g", "[1"),
                tool("\"index\":2,", "", "", "]"),
            ]),
        ),
        (
            "without index",
            two([tool("", "a", "f", ""), tool("", "", "", "{}"), tool("", "b", "g", "[1"), tool("", "", "", "]")]),
        ),
        (
            "both index 0",
            two([
                tool("\"index\":0,", "a", "f", ""),
                tool("\"index\":0,", "", "", "{}"),
                tool("\"index\":0,", "b", "g", "[1"),
                tool("\"index\":0,", "", "", "]"),
            ]),
        ),
        (
            "repeated heads",
            two([
                tool("\"index\":0,", "a", "f", "{"),
                tool("\"index\":0,", "a", "f", "}"),
                tool("\"index\":1,", "b", "g", "[1"),
                tool("\"index\":1,", "b", "g", "]"),
            ]),
        ),
    ] {
        let mut run = run(&body(true), targets()).play(&[Token, EVENTS]);
        run.bytes(&stream);
        let choice = &assembled(&run)[0];
        assert_eq!(json!([choice["call0"], choice["call1"]]), calls, "{name}: {}", run.body);
        assert_eq!((&choice["finish"], choice.get("call2")), (&json!("tool_calls"), None), "{name}");
    }
    let text = |delta: &str| format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{delta}}}]}}\n\n");
    let hello = [text(r#"{"content":"Hel"}"#), text(r#"{"content":"lo"}"#)].concat();
    for (name, stream, done) in [
        ("no [DONE]", hello.clone() + &finish("stop"), true),
        ("after [DONE]", hello.clone() + &finish("stop") + DONE + &hello, true),
        ("CR", (hello.clone() + &finish("stop") + DONE).replace('\n', "\r"), true),
        (
            "CRLF, comments",
            format!("\u{feff}: ping\r\n\r\n{}", hello.clone() + &finish("stop") + DONE).replace('\n', "\r\n"),
            true,
        ),
        (
            "filter results first",
            format!(
                "data: {{\"id\":\"\",\"choices\":[],\"prompt_filter_results\":[]}}\n\n{hello}{}{DONE}",
                finish("stop")
            ),
            true,
        ),
        (
            "delta null",
            hello.clone() + "data: {\"choices\":[{\"index\":0,\"delta\":null,\"finish_reason\":\"stop\"}]}\n\n" + DONE,
            true,
        ),
        ("choices null", hello.clone() + "data: {\"choices\":null}\n\n" + &finish("stop") + DONE, true),
        (
            "finish with content",
            text(r#"{"content":"Hel"}"#)
                + "data: {\"choices\":[{\"delta\":{\"content\":\"lo\"},\"finish_reason\":\"stop\"}]}\n\n",
            true,
        ),
        ("cut", hello.clone(), false),
    ] {
        let mut run = run(&body(true), targets()).play(&[Token, EVENTS]);
        run.bytes(&stream);
        run.step(&End);
        let outcome = run.outcome.as_ref().unwrap();
        assert_eq!(assembled(&run)[0]["content"], "Hello", "{name}: {}", run.body);
        assert_eq!(outcome.status, if done { Status::Success } else { Status::Truncated }, "{name}");
        assert_eq!(run.body.ends_with("data: [DONE]\n\n"), done, "{name}: {}", run.body);
        if !done {
            assert_eq!(data(&run).last().unwrap()["error"]["code"], "upstream_truncated");
        }
    }
}

// Row O3.
#[test]
fn reasoning_counts_as_content_and_is_guarded() {
    let stream = "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"The card is 4111 1111 1111 1111.\"}}]}\n\n";
    let mut run = run(&body(true), targets()).play(&[Token, EVENTS]);
    run.bytes(stream);
    assert_eq!(run.waits, Some(Duration::from_secs(15)), "the idle deadline");
    run.bytes(&format!("{STOP}{DONE}"));
    assert_eq!(assembled(&run)[0]["reasoning_content"], "The card is [CARD].");
    assert_eq!(run.outcome.as_ref().unwrap().findings.redacted, 1);
}

// Row O3.
#[test]
fn every_choice_and_call_is_a_text_of_its_own() {
    let choice =
        |index: u32, delta: &str| format!("data: {{\"choices\":[{{\"index\":{index},\"delta\":{delta}}}]}}\n\n");
    let mut run = run(&body(true), targets()).play(&[Token, EVENTS]);
    run.bytes(&choice(0, r#"{"content":"4111 1111 "}"#));
    run.bytes(&choice(1, r#"{"content":"Nothing here. "}"#));
    run.bytes(&choice(
        1,
        r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"a\": \"4111 11"}}]}"#,
    ));
    run.bytes(&choice(0, r#"{"content":"1111 1111"}"#));
    run.bytes(&choice(1, r#"{"tool_calls":[{"index":0,"function":{"arguments":"11 1111 1111\"}"}}]}"#));
    run.bytes(&format!("{STOP}{}{DONE}", STOP.replace("\"index\":0", "\"index\":1")));
    let choices = assembled(&run);
    assert_eq!(choices[0]["content"], "[CARD]", "{}", run.body);
    assert_eq!(choices[1]["content"], "Nothing here. ");
    assert_eq!(choices[1]["call0"]["arguments"], "{\"a\": \"[CARD]\"}");
    assert_eq!(run.outcome.as_ref().unwrap().findings.redacted, 2);
}

/// Chunks are upstream's own, to the digit: order, numbers, nulls and escapes of what is not edited.
#[test]
fn chunks_stay_as_upstream_wrote_them() {
    let chunk = |delta: &str, finish: &str| {
        format!(
            "{{\"id\":\"c1\",\"system_fingerprint\":null,\"object\":\"chat.completion.chunk\",\
             \"x\":{{ \"b\" : 1.50, \"a\":[1E+3,12345678901234567890123] }},\
             \"choices\":[{{\"stop_reason\":null,\"index\":0,\"z\":\"\\u00e9\",\"delta\":{delta},\"finish_reason\":{finish}}}],\
             \"model\":\"m\",\"created\":7}}"
        )
    };
    let role =
        |text: &str| chunk(&format!("{{\"role\":\"assistant\",\"content\":\"{text}\",\"refusal\":null}}"), "null");
    let mut run = run(&body(true), targets()).play(&[Token, EVENTS]);
    run.bytes(&format!("data: {}\n\n", role("The IBAN is DE89 3704 0044 0532 0130 00 and ")));
    run.bytes(&format!(
        "data: {}\n\ndata: {}\n\n{DONE}",
        chunk("{\"content\":\"no more.\"}", "null"),
        chunk("{}", "\"stop\"")
    ));
    let chunks: Vec<&str> = run.body.split("\n\n").filter_map(|part| part.strip_prefix("data: ")).collect();
    assert_eq!(chunks[0], role("The IBAN is [IBAN] "), "only the text is another");
    let last = chunks[chunks.len() - 2];
    let (own, report) = last.split_once(",\"promptgate\":").unwrap();
    assert_eq!(format!("{own}}}"), chunk("{}", "\"stop\""));
    assert!(report.contains("\"redacted\":1"), "{report}");
    assert_eq!(assembled(&run)[0]["content"], "The IBAN is [IBAN] and no more.");
}

#[test]
fn a_document_that_is_too_deep_is_none() {
    let deep = format!("data: {{\"x\":{}{},\"choices\":[]}}\n\n", "[".repeat(200), "]".repeat(200));
    let mut run = run(&body(true), targets()).play(&[Token, EVENTS]);
    run.bytes(&format!("{deep}{HELLO}{STOP}{DONE}"));
    assert_eq!(run.outcome.as_ref().unwrap().malformed_frames, 1);
    assert!(!run.body.contains("[[["), "{}", run.body);
}

/// Members of a document without text are passed on once, in the next chunk.
#[test]
fn members_of_silent_documents_are_passed_on_once() {
    let filter = "data: {\"id\":\"\",\"model\":\"\",\"created\":0,\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0}]}\n\n";
    let usage = "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2},\"x_groq\":{\"id\":\"r\"}}\n\n";
    for asked in [true, false] {
        let mut body = body(true);
        body["stream_options"] = json!({ "include_usage": asked });
        let mut run = run(&body, targets()).play(&[Token, EVENTS]);
        run.bytes(&format!("{filter}{HELLO}{STOP}{usage}{DONE}"));
        for name in ["prompt_filter_results", "x_groq"] {
            assert_eq!(run.body.matches(name).count(), 1, "{name} {}", run.body);
        }
        assert_eq!(data(&run).iter().filter(|chunk| chunk["usage"].is_object()).count(), usize::from(asked));
    }
}

#[test]
fn a_whole_answer_keeps_what_nobody_here_knows() {
    let answer = json!({
        "id": "c1", "object": "chat.completion", "created": 5, "model": "gpt-one-2", "service_tier": "default",
        "choices": [
            { "index": 0, "finish_reason": "stop", "logprobs": null,
              "message": { "role": "assistant", "content": "IBAN DE89 3704 0044 0532 0130 00", "annotations": [1] } },
            { "index": 1, "finish_reason": "tool_calls", "message": { "role": "assistant", "content": null,
              "tool_calls": [{ "id": "a", "type": "function", "function": { "name": "f", "arguments": "{}" } }] } },
        ],
        "usage": { "prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "details": { "cached": 1 } },
    });
    let mut run = run(&body(false), targets()).play(&[Token, WHOLE]);
    assert_eq!(run.waits, Some(Duration::from_secs(60)), "its first content is its last");
    run.bytes(&answer.to_string());
    run.step(&End);
    let mut found: Value = serde_json::from_str(&run.body).unwrap();
    assert_eq!(found["promptgate"]["guard"]["output"]["redacted"], 1);
    found.as_object_mut().unwrap().remove("promptgate");
    let mut expected = answer;
    expected["choices"][0]["message"]["content"] = "IBAN [IBAN]".into();
    expected["choices"][0].as_object_mut().unwrap().remove("logprobs");
    assert_eq!(found, expected);
}

#[test]
fn embeddings_go_through_with_their_texts_guarded() {
    let body = json!({ "model": "fast", "input": ["Where is my parcel?", "IBAN DE89 3704 0044 0532 0130 00"], "x": 1 });
    let (job, _) = asked_for(&body, Kind::Embeddings).unwrap();
    let mut run = Run::of(job, targets(), Front::OpenAi(Answer::default()), false).play(&[Token, WHOLE]);
    assert_eq!(run.sent[0].url, "https://one.example/v1/embeddings");
    let sent: Value = serde_json::from_slice(&run.sent[0].body.0).unwrap();
    assert_eq!((&sent["input"][1], &sent["x"]), (&json!("IBAN [IBAN]"), &json!(1)));
    let answer = json!({ "object": "list", "data": [{ "embedding": [0.25, -1e-7] }], "usage": { "prompt_tokens": 8 } });
    run.bytes(&answer.to_string());
    run.step(&End);
    assert_eq!(serde_json::from_str::<Value>(&run.body).unwrap(), answer);
    assert_eq!(run.outcome.as_ref().unwrap().usage.unwrap().prompt_tokens, 8);
    let refused = json!({ "model": "fast", "input": "my card is 4111 1111 1111 1111" });
    let problem = asked_for(&refused, Kind::Embeddings).unwrap_err();
    assert_eq!(problem.errors[0].path, "$.input");
}
