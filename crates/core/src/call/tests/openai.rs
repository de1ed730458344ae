//! OpenAI's wire on both sides.

mod answers;
mod every_text;
mod together;

use super::*;
use crate::chat::Kind;
use crate::front::openai::{Answer, decode};
use crate::upstream::openai::Address;
use serde_json::{Value, json};

const EVENTS: Event = Head(200, &[("content-type", "text/event-stream")]);
const WHOLE: Event = Head(200, &[("content-type", "application/json")]);

fn upstream(name: &str) -> Upstream {
    let url = format!("https://{name}.example/v1");
    let credential = Credential::Key("authorization".into(), Sensitive::new("Bearer canary-key"));
    Upstream {
        name: name.into(),
        wire: Wire::OpenAi(Address::new(&url)),
        credential,
        idempotent: false,
        provider: None,
    }
}

fn targets() -> Vec<Target> {
    vec![Target { upstream: upstream("one").into(), model: "gpt-one".into(), rate: None }]
}

fn asked(body: &Value) -> Job {
    asked_for(body, Kind::Chat).unwrap().0
}

fn asked_for(body: &Value, kind: Kind) -> Result<(Job, Answer), Problem> {
    let (decoded, answer) = decode(body.to_string().into_bytes(), kind)?;
    let rules = ChatRules::default();
    let trimmed = decoded.prepare(&Guards::default().input, &rules, None, &mut promptgate_vocabularies::counters())?;
    Ok((Job::Chat(Box::new(trimmed)), answer))
}

/// The same under `changes` to the policy for what clients send.
fn asked_under(body: &Value, changes: Value) -> (Job, Answer) {
    let changes: promptgate_guard::Changes = serde_json::from_value(changes).unwrap();
    let guard = promptgate_guard::Guard::new(&changes.over(crate::guard::input_policy()).unwrap());
    let (decoded, answer) = decode(body.to_string().into_bytes(), Kind::Chat).unwrap();
    let rules = ChatRules::default();
    let trimmed = decoded.prepare(&guard, &rules, None, &mut promptgate_vocabularies::counters()).unwrap();
    (Job::Chat(Box::new(trimmed)), answer)
}

fn body(stream: bool) -> Value {
    json!({ "model": "fast", "messages": [{ "role": "user", "content": "canary" }], "stream": stream })
}

fn run(body: &Value, targets: Vec<Target>) -> Run {
    let (job, answer) = asked_for(body, Kind::Chat).unwrap();
    Run::of(job, targets, Front::OpenAi(answer), false)
}

fn data(run: &Run) -> Vec<Value> {
    if !run.body.starts_with("data: ") {
        return Vec::new();
    }
    let parts = run.body.split("\n\n").filter(|part| !part.is_empty());
    let data = parts.map(|part| part.strip_prefix("data: ").expect("data only"));
    data.map(|data| serde_json::from_str(data).unwrap_or_else(|_| json!(data))).collect()
}

/// What a client puts together of a stream: by choice, content, reasoning, calls and why it ended.
fn assembled(run: &Run) -> Value {
    let mut choices: std::collections::BTreeMap<u64, Value> = Default::default();
    let add = |to: &mut Value, from: &Value| {
        if let Some(text) = from.as_str() {
            *to = format!("{}{text}", to.as_str().unwrap_or_default()).into();
        }
    };
    for chunk in data(run) {
        for choice in chunk["choices"].as_array().unwrap_or(&vec![]) {
            let known = choices.entry(choice["index"].as_u64().unwrap()).or_insert_with(|| json!({}));
            for name in ["content", "reasoning_content", "refusal", "role"] {
                let mut text = known[name].take();
                add(&mut text, &choice["delta"][name]);
                known[name] = text;
            }
            for call in choice["delta"]["tool_calls"].as_array().unwrap_or(&vec![]) {
                let place = format!("call{}", call["index"]);
                let mut merged = if known[&place].is_object() { known[&place].take() } else { json!({}) };
                for (name, value) in [("id", &call["id"]), ("name", &call["function"]["name"])] {
                    let mut text = merged[name].take();
                    add(&mut text, value);
                    merged[name] = text;
                }
                let mut text = merged["arguments"].take();
                add(&mut text, &call["function"]["arguments"]);
                merged["arguments"] = text;
                known[&place] = merged;
            }
            if let Some(reason) = choice["finish_reason"].as_str() {
                known["finish"] = reason.into();
            }
        }
    }
    json!(choices.into_values().collect::<Vec<_>>())
}

const HELLO: &str = r#"data: {"id":"c1","created":5,"model":"gpt-one-2","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"}}]}

data: {"id":"c1","created":5,"model":"gpt-one-2","x":1,"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":null}]}

"#;
const STOP: &str = "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USED: &str =
    "data: {\"id\":\"c1\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"x\":1}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

const QUOTA: &str = "{\"error\":{\"message\":\"canary\",\"code\":\"insufficient_quota\"}}";

#[test]
fn a_quota_that_is_used_up_is_not_waited_for() {
    let soon =
        || Head(429, &[("retry-after", "1"), ("x-ratelimit-limit-tokens", "100"), ("x-ratelimit-reset-tokens", "6")]);
    let run = run(&body(true), targets()).play(&[Token, soon(), Chunk(QUOTA), End]);
    let answer: Value = serde_json::from_str(&run.body).unwrap();
    assert_eq!((run.status, answer["error"]["code"].as_str()), (Some(429), Some("insufficient_quota")));
    assert!(run.headers.contains(&("x-should-retry", "false".into())) && !run.body.contains("canary"));
    assert_eq!(run.sent.len(), 1);
    assert_eq!(
        run.call.limits(),
        [("x-ratelimit-limit-tokens", "100".to_owned()), ("x-ratelimit-reset-tokens", "6s".to_owned())]
    );
    // Any other limit is waited for, whatever its body is.
    for chunk in ["", "<html>", "{\"error\":{\"code\":\"rate_limit_exceeded\"}}"] {
        let run = self::run(&body(true), targets()).play(&[Token, soon(), Chunk(chunk), End, Wait, Token, EVENTS]);
        assert_eq!(run.sent.len(), 2, "{chunk}");
    }
    // A limit whose body does not end says nothing of the model's health.
    let run = self::run(&body(true), targets()).play(&[Token, soon(), Wait]);
    assert_eq!(run.health, Health::default());
}

#[test]
fn each_request_that_was_sent_is_told() {
    let second = Target { upstream: upstream("two").into(), model: "gpt-two".into(), rate: None };
    let both = vec![targets().remove(0), second];
    let soon = Head(429, &[("retry-after", "1")]);
    let answer = "data: {\"model\":\"gpt-two-7\",\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}],\
        \"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":4},\
        \"completion_tokens_details\":{\"reasoning_tokens\":3}}}\n\n";
    let run = run(&body(true), both)
        .play(&[Token, soon, End, Wait, Token, Head(500, &[]), Token, EVENTS])
        .play(&[Chunk(answer), Chunk(DONE)]);
    let outcome = run.outcome.as_ref().unwrap();
    let sent: Vec<_> =
        outcome.sent.iter().map(|sent| (sent.upstream.as_str(), sent.model.as_str(), sent.status, sent.code)).collect();
    assert_eq!(
        sent,
        [
            ("one", "gpt-one", Some(429), Some("upstream_rate_limited")),
            ("one", "gpt-one", Some(500), Some("upstream_error")),
            ("two", "gpt-two", Some(200), None),
        ]
    );
    assert!(outcome.sent.windows(2).all(|pair| pair[0].from <= pair[0].to && pair[0].to <= pair[1].from));
    let summary = &outcome.summary;
    assert_eq!(
        (summary.model.as_deref(), summary.cached_tokens, summary.reasoning_tokens),
        (Some("gpt-two-7"), Some(4), Some(3))
    );
    assert_eq!(summary.finish_reasons, ["stop"]);
}

/// By configuration only: the wire itself does not promise it.
#[test]
fn an_upstream_that_honours_our_key_is_asked_again_for_a_lost_answer() {
    for (idempotent, requests) in [(false, 1), (true, 2)] {
        let upstream = Upstream { idempotent, ..upstream("one") };
        let target = Target { upstream: upstream.into(), ..targets().remove(0) };
        let run = run(&body(true), vec![target]).play(&[Token, Failed, Wait, Token]);
        assert_eq!(run.sent.len(), requests, "{idempotent}");
        let key = |request: &HttpRequest| request.headers.iter().find(|(name, _)| name == "idempotency-key").cloned();
        assert!(run.sent.iter().all(|request| key(request) == key(&run.sent[0])), "always with the same key");
    }
}

/// Status of the answer, the code of its error, and how many requests went to each upstream.
// Rows O2, R4.
#[test]
fn what_cannot_be_repeated_goes_to_the_next_upstream() {
    let two = || {
        let second = Target { upstream: upstream("two").into(), model: "gpt-two".into(), rate: None };
        vec![targets().remove(0), second]
    };
    let answer = || vec![EVENTS, Chunk(HELLO), Chunk(STOP), Chunk(DONE)];
    let error = "data: {\"error\":{\"message\":\"canary\",\"code\":503}}\n\n";
    for (name, first) in [
        ("unreachable", vec![Token, Failed]),
        ("late", vec![Token, Wait]),
        ("500", vec![Token, Head(500, &[])]),
        ("502", vec![Token, Head(502, &[])]),
        ("rate", vec![Token, Head(429, &[("retry-after", "600")]), End]),
        ("rate, cut", vec![Token, Head(429, &[("retry-after", "600")]), Failed]),
        ("quota", vec![Token, Head(429, &[("retry-after", "1")]), Chunk(QUOTA), End]),
        ("401", vec![Token, Head(401, &[])]),
        ("HTML", vec![Token, Head(200, &[("content-type", "text/html")])]),
        ("an error in a 200", vec![Token, EVENTS, Chunk(error)]),
        ("nothing", vec![Token, EVENTS, End]),
        ("no token", vec![NoToken]),
    ] {
        let mut run = run(&body(true), two()).play(&first);
        assert_eq!(run.call.target().unwrap().upstream.name, "two", "{name}");
        run.step(&Token);
        for event in answer() {
            run.step(&event);
        }
        let outcome = run.outcome.as_ref().unwrap();
        assert_eq!(outcome.status, Status::Success, "{name}: {}", run.body);
        let asked: Vec<_> = outcome.asked.iter().map(|asked| (asked.upstream.as_str(), asked.code.is_some())).collect();
        assert_eq!(asked, [("one", true), ("two", false)], "{name}");
        assert!(run.sent.last().unwrap().url.starts_with("https://two."), "{name}");
        assert!(String::from_utf8_lossy(&run.sent.last().unwrap().body.0).contains("gpt-two"), "{name}");
        assert!(!run.body.contains("canary"), "{name}");
    }
    // After the first content there is no way back.
    let mut run = run(&body(true), two()).play(&[Token, EVENTS, Chunk(HELLO), Chunk(error)]);
    assert_eq!(data(&run).last().unwrap()["error"]["code"], "upstream_unavailable");
    assert_eq!(run.sent.len(), 1);
    run.step(&Wait);
    // What is wrong with the request is wrong everywhere.
    for (status, code) in [(404, "model_not_found"), (413, "body_too_large"), (422, "upstream_unprocessable")] {
        let run = self::run(&body(true), two()).play(&[Token, Head(status, &[])]);
        let answer: Value = serde_json::from_str(&run.body).unwrap();
        assert_eq!((run.status, answer["error"]["code"].as_str()), (Some(status), Some(code)));
        assert!(run.headers.contains(&("x-should-retry", "false".into())));
        assert_eq!(run.sent.len(), 1);
    }
}

#[test]
fn a_prompt_that_is_too_long_has_its_code() {
    let refusal = Chunk("{\"error\":{\"message\":\"canary\",\"code\":\"context_length_exceeded\"}}");
    let run = run(&body(true), targets()).play(&[Token, Head(400, &[]), refusal, End]);
    let answer: Value = serde_json::from_str(&run.body).unwrap();
    assert_eq!((run.status, &answer["error"]["code"]), (Some(400), &json!("context_length_exceeded")));
    assert!(!run.body.contains("canary"));
    let filter = Chunk("{\"error\":{\"message\":\"canary\",\"code\":\"content_filter\"}}");
    let run = self::run(&body(true), targets()).play(&[Token, Head(400, &[]), filter, End]);
    let answer: Value = serde_json::from_str(&run.body).unwrap();
    assert_eq!((run.status, &answer["error"]["code"]), (Some(400), &json!("content_filter")));
}

#[test]
fn the_native_front_over_this_wire() {
    let job = Job::Chat(Box::new(prepared()));
    let run = Run::of(job, targets(), Front::Promptgate(Format::EventStream), true).play(&[
        Token,
        EVENTS,
        Chunk(HELLO),
        Chunk(STOP),
        Chunk(USED),
        Chunk(DONE),
    ]);
    assert!(run.body.contains("Hello") && run.body.contains("event: usage"), "{}", run.body);
    let sent: Value = serde_json::from_slice(&run.sent[0].body.0).unwrap();
    assert_eq!(sent["messages"][0], json!({ "role": "system", "content": "Be brief." }));
    assert_eq!((&sent["stream"], &sent["max_tokens"]), (&json!(true), &json!(80)));
    run.check();
}

// Row O5.
#[test]
fn this_front_over_the_native_wire() {
    let body = json!({
        "model": "m", "stream": true, "max_tokens": 100, "temperature": 0.5,
        "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": [{ "type": "text", "text": "Hi" }] }],
    });
    let run = Run::of(asked(&body), genesys(), Front::OpenAi(Answer { streamed: true, usage: false }), false).play(&[
        Token,
        OK,
        Chunk(CONTENT),
        Chunk(TERMINAL),
    ]);
    let sent: Value = serde_json::from_slice(&run.sent[0].body.0).unwrap();
    assert_eq!(
        sent,
        json!({
            "systemInstructions": ["Be brief."], "context": [{ "role": "user", "content": "Hi" }], "temperature": 0.5,
            "maxTokens": 100, "modelId": "m",
        })
    );
    assert_eq!(assembled(&run)[0]["content"], "Hi");
    assert_eq!(assembled(&run)[0]["finish"], "stop");
    let plain = json!({ "model": "m", "messages": [{ "role": "user", "content": "Hi" }], "stream": false, "n": 1,
        "top_p": 1.0, "frequency_penalty": 0, "presence_penalty": 0.0, "logprobs": false, "stop": null, "store": false,
        "response_format": { "type": "text" }, "user": "u-1", "service_tier": "auto" });
    let run = Run::of(asked(&plain), genesys(), Front::OpenAi(Answer::default()), false).play(&[Token]);
    let sent: Value = serde_json::from_slice(&run.sent[0].body.0).unwrap();
    assert_eq!(
        (&sent["temperature"], &sent["maxTokens"]),
        (&json!(1), &json!(4096)),
        "members that this wire requires have defaults"
    );
    for (change, path) in [
        (json!({ "n": 2 }), "$.n"),
        (json!({ "top_p": 0.5 }), "$.top_p"),
        (json!({ "stop": "x" }), "$.stop"),
        (json!({ "seed": 1 }), "$.seed"),
        (json!({ "logprobs": true }), "$.logprobs"),
        (json!({ "response_format": { "type": "json_object" } }), "$.response_format"),
        (json!({ "tools": [] }), "$.tools"),
        (json!({ "max_tokens": 5000 }), "$.max_tokens"),
        (
            json!({ "messages": [{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": "https://x" } }] }] }),
            "$.messages[0].content",
        ),
        (
            json!({ "messages": [{ "role": "tool", "tool_call_id": "a", "content": "x" }] }),
            "$.messages[0].tool_call_id",
        ),
    ] {
        let mut body = body.clone();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let job = asked(&body);
        let wire = &genesys()[0].upstream.wire;
        assert_eq!(wire.cannot_express(job.conversation().unwrap()).as_deref(), Some(path));
    }
}

proptest::proptest! {
    /// Any cut of any stream gives the same answer.
    #[test]
    fn cuts_change_nothing(
        pieces in proptest::collection::vec(0usize..9, 0..20),
        places: Vec<proptest::sample::Index>,
    ) {
        let kinds = [HELLO, STOP, USED, DONE, ": ping\n\n", "data: junk\n\n", "data: {\"error\":{\"code\":429}}\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"né😀 4111 1111 1111 1111\"}}]}\r\n\r\n",
            "data: {\"choices\":[{\"index\":1,\"delta\":{\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}}]}\n\n"];
        let text: String = pieces.iter().map(|kind| kinds[*kind]).collect();
        let stream = text.as_bytes();
        let mut places: Vec<usize> = places.iter().map(|place| place.index(stream.len() + 1)).collect();
        places.sort_unstable();
        let answer = |places: &[usize]| {
            let mut run = run(&body(true), targets()).play(&[Token, EVENTS]);
            let mut from = 0;
            for place in places.iter().copied().chain([stream.len()]) {
                run.call.handle(run.now, Input::Chunk(Bytes(stream[from..place].to_vec())), &mut run.health);
                run.drain();
                run.call.handle(run.now, Input::Flushed, &mut run.health);
                run.drain();
                from = place;
            }
            run.step(&End);
            let outcome = run.outcome.clone();
            (run.status, assembled(&run), outcome)
        };
        let whole = answer(&[]);
        assert_eq!(answer(&places), whole);
        assert_eq!(answer(&(0..=stream.len()).collect::<Vec<_>>()), whole);
    }
}

/// What was replaced reversibly comes back in the answer, across chunks and in the arguments of a call; what the model
/// makes up does not, and nothing that is written down has the value.
#[test]
fn values_are_put_back_into_the_answer() {
    let content = "Mail jo@acme.de and ann@acme.de; jo@acme.de first. [EMAIL_3] is a sample.";
    let body = json!({ "model": "fast", "stream": true, "messages": [{ "role": "user", "content": content }] });
    let (job, answer) = asked_under(&body, json!({ "actions": { "user": { "email": "restore" } } }));
    let delta = |delta: Value| format!("data: {}\n\n", json!({ "choices": [{ "index": 0, "delta": delta }] }));
    let call = |arguments: &str| {
        delta(json!({ "tool_calls": [{ "index": 0, "id": "c", "type": "function",
            "function": { "name": "send", "arguments": arguments } }] }))
    };
    let chunks: Vec<String> = [
        delta(json!({ "content": "I mail [EMA" })),
        delta(json!({ "content": "IL_1], [EMAIL_2" })),
        call("{\"to\": \"[EMAIL"),
        delta(json!({ "content": "] and [EMAIL_3] or [EMAIL_9]." })),
        call("_2]\", \"[EMAIL_1]\": \"x\"}"),
    ]
    .into();
    let mut events: Vec<Event> = vec![Token, EVENTS];
    events.extend(chunks.iter().map(|chunk| Chunk(chunk.clone().leak())));
    events.extend([Chunk(STOP), Chunk(DONE)]);
    let run = Run::of(job, targets(), Front::OpenAi(answer), false).play(&events);
    let sent: Value = serde_json::from_slice(&run.sent[0].body.0).unwrap();
    let expected = "Mail [EMAIL_1] and [EMAIL_2]; [EMAIL_1] first. [EMAIL_3] is a sample.";
    assert_eq!(sent["messages"][0]["content"], expected);
    let choice = &assembled(&run)[0];
    assert_eq!(choice["content"], "I mail jo@acme.de, ann@acme.de and [EMAIL_3] or [EMAIL_9].");
    let arguments: Value = serde_json::from_str(choice["call0"]["arguments"].as_str().unwrap()).unwrap();
    assert_eq!(arguments, json!({ "to": "ann@acme.de", "jo@acme.de": "x" }));
    assert!(!format!("{:?}", run.call).contains("acme"), "no debug output has a value");
}
