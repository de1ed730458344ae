//! Texts of an answer besides its content: whatever member they are in, the guard reads them.

use super::*;

fn chunk(delta: Value, more: Value) -> String {
    let mut choice = json!({ "index": 0, "delta": delta });
    choice.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    format!("data: {}\n\n", json!({ "id": "c1", "choices": [choice] }))
}

fn streamed(stream: &str) -> Run {
    let mut run = run(&body(true), targets()).play(&[Token, EVENTS]);
    run.bytes(stream);
    run.play(&[Chunk(STOP), Chunk(DONE)])
}

fn whole(message: Value, more: Value) -> (Run, Value) {
    let mut choice = json!({ "index": 0, "finish_reason": "stop", "message": message });
    choice.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut run = run(&body(false), targets()).play(&[Token, WHOLE]);
    run.bytes(
        &json!({ "id": "c1", "object": "chat.completion", "created": 5, "model": "m", "choices": [choice] })
            .to_string(),
    );
    run.step(&End);
    let answer = serde_json::from_str(&run.body).unwrap();
    (run, answer)
}

const CARD: &str = "my card is 4111 1111 1111 1111 now";

/// Every member in which an upstream is known to write text of the model, and one of nobody.
// Row O3.
#[test]
fn a_value_passes_in_no_member() {
    for message in [
        json!({ "content": [{ "type": "text", "text": CARD }] }),
        json!({ "content": [{ "type": "thinking", "thinking": [{ "type": "text", "text": CARD }] }, { "type": "text", "text": "a" }] }),
        json!({ "content": [{ "type": "image_url", "image_url": { "url": "https://a.example/1" } }, { "type": "text", "text": CARD }] }),
        json!({ "content": "a", "reasoning_details": [{ "type": "reasoning.text", "text": CARD }] }),
        json!({ "content": "a", "reasoning": CARD, "reasoning_details": [{ "type": "reasoning.text", "text": CARD }] }),
        json!({ "content": null, "audio": { "id": "a1", "data": "QUJD", "transcript": CARD } }),
        json!({ "content": "a", "annotations": [{ "type": "url_citation", "url_citation": { "title": CARD, "url": "https://a.example" } }] }),
        json!({ "content": null, "tool_calls": [{ "index": 0, "id": "t1", "type": "custom", "custom": { "name": "note", "input": CARD } }] }),
        json!({ "content": null, "tool_calls": [{ "index": 0, "id": "t1", "type": "function", "function": { "name": "f", "arguments": "{}" }, "nobody": [CARD] }] }),
        json!({ "content": null, "function_call": { "name": "f", "arguments": "{}", "nobody": [CARD] } }),
        json!({ "content": "a", "nobody": { "knows": [CARD] } }),
        json!({ "content": "a", "nobody": "\\u0034111 1111 1111 1111" }),
    ] {
        let (run, answer) = whole(message.clone(), json!({}));
        assert!(!run.body.contains("1111 1111") && run.body.contains("[CARD]"), "{message}: {answer}");
        let run = streamed(&chunk(message.clone(), json!({})));
        assert!(!run.body.contains("1111 1111") && run.body.contains("[CARD]"), "{message}: {}", run.body);
        assert_eq!(data(&run).last().unwrap(), "[DONE]");
    }
    for (more, name) in [
        (json!({ "choices": [], "citations": [CARD] }), "citations"),
        (json!({ "usage": { "prompt_tokens": 1 }, "x": CARD }), "x"),
    ] {
        let run = streamed(&(HELLO.to_owned() + &format!("data: {more}\n\n")));
        assert!(!run.body.contains("1111 1111") && run.body.contains("[CARD]"), "{name}: {}", run.body);
    }
}

/// The same over the border of two chunks, for what is written in pieces.
#[test]
fn nor_cut_in_two() {
    let halves = ["my card is 4111 1111 ", "1111 1111 now"];
    let detail = |text: &str| json!([{ "type": "reasoning.text", "text": text, "index": 0 }]);
    let token = |text: &str| json!({ "logprobs": { "content": [{ "token": text, "logprob": -0.1, "bytes": text.as_bytes(), "top_logprobs": [] }] } });
    for [first, second] in [
        halves.map(|half| chunk(json!({ "content": half }), token(half))),
        halves.map(|half| chunk(json!({ "reasoning": half, "reasoning_details": detail(half) }), json!({}))),
        halves.map(|half| {
            chunk(
                json!({ "refusal": half }),
                json!({ "logprobs": { "content": null, "refusal": token(half)["logprobs"]["content"] } }),
            )
        }),
        halves.map(|half| chunk(json!({ "audio": { "id": "a1", "transcript": half } }), json!({}))),
        halves.map(|half| chunk(json!({ "content": [{ "type": "text", "text": half }] }), json!({}))),
        halves.map(|half| chunk(json!({ "tool_calls": [{ "index": 0, "custom": { "input": half } }] }), json!({}))),
        halves.map(|half| {
            chunk(
                json!({ "content": [{ "type": "thinking", "thinking": [{ "type": "text", "text": half }] }] }),
                json!({}),
            )
        }),
    ] {
        let run = streamed(&format!("{first}{second}"));
        assert!(!run.body.contains("4111") && !run.body.contains("1111 now"), "{}", run.body);
        assert!(run.body.contains("[CARD]"), "{}", run.body);
    }
}

/// What an item says beside the text that it spells again is read as any other member is.
#[test]
fn an_echo_says_nothing_else() {
    let detail = |more: Value| {
        let mut detail = json!({ "type": "reasoning.text", "text": "Let me see." });
        detail.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (json!({ "content": "a", "reasoning": "Let me see.", "reasoning_details": [detail] }), json!({}))
    };
    let token = |token: Value| (json!({ "content": "a b" }), json!({ "logprobs": { "content": [token] } }));
    for (message, more) in [
        detail(json!({ "nobody": [CARD] })),
        detail(json!({ "summary": CARD })),
        detail(json!({ "text": CARD })),
        token(json!({ "token": CARD, "logprob": -0.1, "bytes": [97] })),
        token(json!({ "token": CARD, "logprob": -0.1, "bytes": CARD.as_bytes() })),
        token(
            json!({ "token": "a", "logprob": -0.1, "bytes": [97], "top_logprobs": [{ "token": CARD, "bytes": [97] }] }),
        ),
        token(json!({ "token": CARD, "logprob": -0.1, "bytes": null })),
        token(json!([CARD])),
    ] {
        let (run, _) = whole(message.clone(), more.clone());
        assert!(!run.body.contains("1111 1111"), "{message} {more}: {}", run.body);
        let run = streamed(&chunk(message.clone(), more.clone()));
        assert!(!run.body.contains("1111 1111"), "{message} {more}: {}", run.body);
        assert_eq!(data(&run).last().unwrap(), "[DONE]");
    }
    // Halves of a character, and other ways to go on.
    let tokens = json!([
        { "token": "\\xf0\\x9f", "logprob": -0.1, "bytes": [240, 159], "top_logprobs": [{ "token": " because", "logprob": -3.0, "bytes": [1] }] },
        { "token": "\\x98\\x80", "logprob": -0.1, "bytes": [152, 128], "top_logprobs": [] },
        { "token": " Number", "logprob": -0.1, "bytes": " Number".as_bytes(), "top_logprobs": [] },
    ]);
    let (_, answer) =
        whole(json!({ "role": "assistant", "content": "😀 Number" }), json!({ "logprobs": { "content": tokens } }));
    assert_eq!(answer["choices"][0]["logprobs"]["content"], tokens);
}

/// What is no value stays, to the last token.
#[test]
fn all_else_passes() {
    let words = ["The ", "par", "cel ", "is ", "on ", "its ", "way", "."];
    let token = |text: &str| json!({ "token": text, "logprob": -0.1, "bytes": text.as_bytes(), "top_logprobs": [] });
    let stream: String = words
        .iter()
        .map(|word| chunk(json!({ "content": word }), json!({ "logprobs": { "content": [token(word)] } })))
        .collect();
    let run = streamed(&stream);
    let seen: Vec<Value> = data(&run)
        .iter()
        .flat_map(|chunk| chunk["choices"][0]["logprobs"]["content"].as_array().cloned().unwrap_or_default())
        .collect();
    assert_eq!(seen, words.map(token), "{}", run.body);
    assert_eq!(assembled(&run)[0]["content"], words.concat());

    let stream: String = words
        .iter()
        .map(|word| {
            chunk(
                json!({ "reasoning": word, "reasoning_details": [{ "type": "reasoning.text", "text": word }] }),
                json!({}),
            )
        })
        .collect();
    let run = streamed(&stream);
    let seen: String = data(&run)
        .iter()
        .flat_map(|chunk| chunk["choices"][0]["delta"]["reasoning_details"].as_array().cloned().unwrap_or_default())
        .map(|detail| detail["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(seen, words.concat(), "{}", run.body);

    let said = "The parcel is on its way. ";
    let message = json!({ "role": "assistant", "content": null, "audio": { "id": "a1", "data": "QUJD".repeat(200), "transcript": said, "expires_at": 5 },
        "images": [{ "type": "image_url", "image_url": { "url": format!("data:image/png;base64,{}", "QUJD".repeat(9000)) } }],
        "extra_content": { "google": { "thought_signature": "AbC+/".repeat(80) } }, "annotations": [{ "n": 1.50, "title": "Zoë's \"own\" page" }] });
    let (_, answer) = whole(message.clone(), json!({}));
    assert_eq!(answer["choices"][0]["message"], message);

    // A long text, whose whole answer is read in steps.
    let text = "The parcel is on its way. ".repeat(2000);
    let tokens: Vec<Value> = text.split_inclusive(' ').map(token).collect();
    let (_, answer) =
        whole(json!({ "role": "assistant", "content": text }), json!({ "logprobs": { "content": tokens } }));
    assert_eq!(answer["choices"][0]["logprobs"]["content"].as_array().unwrap().len(), tokens.len());
    assert_eq!(answer["choices"][0]["logprobs"]["content"], json!(tokens));
    let (_, answer) = whole(
        json!({ "role": "assistant", "content": null, "refusal": text }),
        json!({ "logprobs": { "content": null, "refusal": tokens } }),
    );
    assert_eq!(answer["choices"][0]["logprobs"]["refusal"], json!(tokens));
}

/// A list of texts is the string that clients of this wire want.
#[test]
fn content_in_parts_is_a_string() {
    let parts = json!([{ "type": "thinking", "thinking": [{ "type": "text", "text": "Hm." }] }, { "type": "text", "text": "Hello" }]);
    let (_, answer) = whole(json!({ "role": "assistant", "content": parts }), json!({}));
    let message = &answer["choices"][0]["message"];
    assert_eq!((&message["content"], &message["reasoning_content"]), (&json!("Hello"), &json!("Hm.")));
    let other = json!([{ "type": "reference", "reference_ids": [1] }, { "type": "text", "text": "Hello" }]);
    let (_, answer) = whole(json!({ "role": "assistant", "content": other }), json!({}));
    assert_eq!(answer["choices"][0]["message"]["content"], other);
}

/// The input of a custom tool is text of any form, and comes in pieces as arguments do.
#[test]
fn a_custom_tool_has_its_input() {
    let call = json!({ "id": "t1", "type": "custom", "custom": { "name": "note", "input": "Ask Zoë: {\"x" } });
    let (_, answer) = whole(json!({ "role": "assistant", "content": null, "tool_calls": [call] }), json!({}));
    assert_eq!(answer["choices"][0]["message"]["tool_calls"], json!([call]));

    let delta = |delta: Value| chunk(json!({ "tool_calls": [delta] }), json!({}));
    let begun = delta(
        json!({ "index": 0, "id": "t1", "type": "custom", "custom": { "name": "note", "input": "" }, "x": "\u{e9} 1" }),
    );
    let pieces = ["Ask ", "Zoë: ", "{\"x"].map(|piece| delta(json!({ "index": 0, "custom": { "input": piece } })));
    let run = streamed(&(begun + &pieces.concat()));
    let deltas: Vec<Value> = data(&run)
        .iter()
        .flat_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"].as_array().cloned().unwrap_or_default())
        .collect();
    assert_eq!(
        deltas[0],
        json!({ "id": "t1", "type": "custom", "custom": { "name": "note", "input": "" }, "x": "é 1", "index": 0 })
    );
    let input: String = deltas.iter().map(|delta| delta["custom"]["input"].as_str().unwrap()).collect();
    assert_eq!(input, "Ask Zoë: {\"x");
    assert!(deltas.iter().all(|delta| delta.get("function").is_none()), "{}", run.body);
    // One that begins without saying what is called.
    let late = delta(json!({ "index": 0, "id": "t1", "type": "custom" })) + &pieces.concat();
    assert!(!streamed(&late).body.contains("function\""), "{}", streamed(&late).body);
}

/// What is not the whole answer is no success.
#[test]
fn an_answer_without_a_choice_is_none() {
    for stream in
        [DONE.to_owned(), format!("data: {{}}\n\n{DONE}"), format!("data: {{\"id\":\"c\",\"choices\":[]}}\n\n{DONE}")]
    {
        let mut run = run(&body(true), targets()).play(&[Token, EVENTS]);
        run.bytes(&stream);
        run.step(&End);
        let outcome = run.outcome.as_ref().unwrap();
        assert_eq!((outcome.status, run.body.contains("[DONE]")), (Status::Truncated, false), "{stream}: {}", run.body);
    }
    // A report of the server's own form is not for clients.
    let mut run = run(&body(true), targets()).play(&[Token, EVENTS]);
    run.bytes(&format!("{HELLO}event: error\ndata: {{\"message\":\"canary\"}}\n\n"));
    run.step(&End);
    assert_eq!(run.outcome.as_ref().unwrap().malformed_frames, 1);
    assert!(!run.body.contains("canary") && run.body.contains("\"error\""), "{}", run.body);
}

#[test]
fn an_answer_in_one_long_frame_is_whole() {
    let text = "The parcel is on its way. ".repeat(60_000);
    let mut run = run(&body(true), targets()).play(&[Token, EVENTS]);
    run.bytes(&chunk(json!({ "content": text }), json!({})));
    for _ in 0..text.len() >> 14 {
        run.call.handle(run.now, Input::Flushed, &mut run.health);
        run.drain();
    }
    let run = run.play(&[Chunk(STOP), Chunk(DONE)]);
    let read = assembled(&run)[0]["content"].as_str().unwrap().len();
    assert_eq!((read, data(&run).last().unwrap()), (text.len(), &json!("[DONE]")));
}

/// Usage without a readable number is treated as missing: tokens are counted from the texts, and not as zero.
#[test]
fn usage_without_a_number_is_none() {
    let used = |usage: Value| {
        let document = json!({ "id": "c1", "choices": [], "usage": usage });
        let mut run = run(&body(true), targets()).play(&[Token, EVENTS]);
        run.bytes(&format!("{HELLO}{STOP}data: {document}\n\n{DONE}"));
        let outcome = run.outcome.as_ref().unwrap();
        assert_eq!(outcome.status, Status::Success, "{usage}");
        outcome.usage.map(|usage| (usage.prompt_tokens, usage.completion_tokens))
    };
    for (usage, expected) in [
        (json!({ "prompt_tokens": 3, "completion_tokens": 4 }), Some((3, 4))),
        (json!({ "prompt_tokens": 3.0, "completion_tokens": 4.0 }), Some((3, 4))),
        (json!({ "prompt_tokens": 8 }), Some((8, 0))),
        (json!({ "prompt_tokens": "three", "completion_tokens": -5 }), None),
        (json!({ "prompt_tokens": null, "completion_tokens": null }), None),
        (json!({}), None),
        (json!([]), None),
    ] {
        assert_eq!(used(usage.clone()), expected, "{usage}");
    }
}
