//! OpenAI's wire: answers, streams, refusals, Azure's forms, and the faults of every wire on it.

use promptgate_simulator::Config;
use serde_json::{Value, json};

use crate::client::{Answer, End, Sim};

const CHAT: &str = "/v1/chat/completions";
const KEY: (&str, &str) = ("Authorization", "Bearer dev-key");

/// A valid body with these members.
fn body(members: &Value) -> Value {
    let mut body = json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Where is my parcel?"}]});
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn tools() -> Value {
    let tool = |name: &str, of: &str| {
        let schema =
            json!({"type": "object", "properties": {of: {"type": "string", "default": "A-1"}}, "required": [of]});
        json!({"type": "function", "function": {"name": name, "parameters": schema}})
    };
    json!([tool("find_order", "order"), tool("find_parcel", "parcel")])
}

async fn ask(sim: &Sim, headers: &[(&str, &str)], path: &str, body: &Value) -> Result<Answer, End> {
    let mut all = vec![("Content-Type", "application/json")];
    all.extend_from_slice(headers);
    sim.call("POST", path, &all, body.to_string().as_bytes()).await.whole().await
}

async fn faulty(sim: &Sim, fault: &Value, members: &Value) -> Result<Answer, End> {
    ask(sim, &[KEY, ("X-Simulator-Fault", &ascii(fault))], CHAT, &body(members)).await
}

/// JSON that a header can carry.
fn ascii(value: &Value) -> String {
    let escaped = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", c as u32) };
    value.to_string().chars().map(escaped).collect()
}

/// The `data` of a stream whose events are written plainly.
fn events(answer: &Answer) -> Vec<String> {
    let text = String::from_utf8(answer.bytes()).unwrap();
    text.split("\n\n").filter_map(|event| event.strip_prefix("data: ")).map(str::to_owned).collect()
}

fn chunks(answer: &Answer) -> Vec<Value> {
    events(answer).iter().filter_map(|data| serde_json::from_str(data).ok()).collect()
}

/// The text of a choice of a stream.
fn text(chunks: &[Value], index: u64) -> String {
    let choices = chunks.iter().flat_map(|chunk| chunk["choices"].as_array().into_iter().flatten());
    choices.filter(|choice| choice["index"] == index).filter_map(|choice| choice["delta"]["content"].as_str()).collect()
}

#[tokio::test]
async fn a_stream_says_what_a_whole_answer_says() {
    let sim = Sim::start().await;
    for members in [json!({}), json!({"n": 3}), json!({"max_tokens": 5})] {
        // The canned text is a function of the body, so it has to be told.
        let fault = json!({"kind": "answer", "content": ["Zoë pays €42.50 at once.", "No.", "Perhaps"]});
        let whole = faulty(&sim, &fault, &members).await.unwrap();
        let mut streamed = members.clone();
        streamed["stream"] = true.into();
        let stream = faulty(&sim, &fault, &streamed).await.unwrap();
        assert_eq!((stream.status, stream.end), (200, End::Clean));
        assert!(stream.headers["content-type"].starts_with("text/event-stream"));
        assert_eq!(events(&stream).last().unwrap(), "[DONE]");
        for choice in whole.json()["choices"].as_array().unwrap() {
            let index = choice["index"].as_u64().unwrap();
            assert_eq!(choice["message"]["content"], text(&chunks(&stream), index));
        }
    }
    assert_eq!(sim.stats().await["executions"], 6);
}

#[tokio::test]
async fn calls_are_streamed_by_index_with_id_type_and_name_once() {
    let sim = Sim::start().await;
    let stream = ask(&sim, &[KEY], CHAT, &body(&json!({"stream": true, "tools": tools()}))).await.unwrap();
    let chunks = chunks(&stream);
    let calls: Vec<&Value> =
        chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"].get(0)).collect();
    for (index, name) in [(0, "find_order"), (1, "find_parcel")] {
        let own: Vec<&&Value> = calls.iter().filter(|call| call["index"] == index).collect();
        assert_eq!(own.iter().filter(|call| call.get("id").is_some()).count(), 1);
        assert_eq!(own[0]["function"]["name"], name);
        let arguments: String = own.iter().filter_map(|call| call["function"]["arguments"].as_str()).collect();
        assert!(own.len() > 2 && serde_json::from_str::<Value>(&arguments).is_ok(), "{arguments}");
    }
    let last = chunks.last().unwrap();
    assert_eq!(last["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn usage_comes_last_where_it_was_asked_for() {
    let sim = Sim::start().await;
    let asked = json!({"stream": true, "stream_options": {"include_usage": true}, "max_tokens": 4});
    let all = chunks(&ask(&sim, &[KEY], CHAT, &body(&asked)).await.unwrap());
    let last = all.last().unwrap();
    assert_eq!((&last["choices"], &last["usage"]["total_tokens"]), (&json!([]), &json!(5 + 4)));
    assert!(all[..all.len() - 1].iter().all(|chunk| chunk["usage"].is_null() && chunk.get("usage").is_some()));
    let not = chunks(&ask(&sim, &[KEY], CHAT, &body(&json!({"stream": true}))).await.unwrap());
    assert!(not.iter().all(|chunk| chunk.get("usage").is_none()));
}

#[tokio::test]
async fn reasoning_logprobs_and_refusals_are_said_on_demand() {
    let sim = Sim::start().await;
    let said = json!({"kind": "answer", "content": "Yes.", "reasoning": "Let me see", "reasoning_as": "reasoning"});
    let whole = faulty(&sim, &said, &json!({"logprobs": true, "top_logprobs": 2})).await.unwrap().json();
    assert_eq!(whole["choices"][0]["message"]["reasoning"], "Let me see");
    assert_eq!(whole["choices"][0]["logprobs"]["content"][0]["top_logprobs"].as_array().unwrap().len(), 2);
    assert_eq!(whole["usage"]["completion_tokens_details"]["reasoning_tokens"], 3);
    let stream = chunks(&faulty(&sim, &said, &json!({"stream": true, "logprobs": true})).await.unwrap());
    assert_eq!(stream[1]["choices"][0]["delta"]["reasoning"], "Let ");
    assert!(stream[4]["choices"][0]["logprobs"]["content"].is_array(), "{}", stream[4]);
    let refusal = json!({"kind": "answer", "refusal": "I can't.", "finish_reason": "content_filter"});
    let refused = faulty(&sim, &refusal, &json!({})).await.unwrap().json();
    assert_eq!(refused["choices"][0]["message"]["refusal"], "I can't.");
    assert_eq!(refused["choices"][0]["finish_reason"], "content_filter");
    let thought = ask(&sim, &[KEY], CHAT, &body(&json!({"reasoning_effort": "low"}))).await.unwrap().json();
    assert!(thought["usage"]["completion_tokens_details"]["reasoning_tokens"].as_u64().unwrap() > 5);
}

#[tokio::test]
async fn refusals_have_the_wires_shape_and_the_rate_headers() {
    let sim = Sim::start_with(Config { token_limit: 50, ..Config::default() }).await;
    let long = json!({"messages": [{"role": "user", "content": "x".repeat(300)}]});
    let cases = [
        (vec![], CHAT, body(&json!({})), 401, json!("invalid_api_key")),
        (vec![("Authorization", "Bearer x")], CHAT, body(&json!({})), 401, json!("invalid_api_key")),
        (vec![KEY], CHAT, body(&json!({"model": "none"})), 404, json!("model_not_found")),
        (vec![KEY], CHAT, body(&json!({"messages": []})), 400, json!("missing_required_parameter")),
        (vec![KEY], CHAT, body(&long), 400, json!("context_length_exceeded")),
        (vec![KEY], CHAT, json!([]), 400, Value::Null),
        (vec![KEY], "/v1/responses", body(&json!({})), 404, Value::Null),
        (vec![KEY], "/v1/models", body(&json!({})), 405, json!("method_not_allowed")),
    ];
    for (headers, path, body, status, code) in cases {
        let answer = ask(&sim, &headers, path, &body).await.unwrap();
        let error = answer.json()["error"].clone();
        assert_eq!((answer.status, &error["code"]), (status, &code), "{error}");
        assert!(error["message"].is_string() && error["type"].is_string());
        assert!(answer.headers.contains_key("x-request-id"));
        assert_eq!(answer.headers["x-ratelimit-reset-requests"], "1s");
    }
    let large = sim.call("POST", CHAT, &[KEY], &vec![b' '; (16 << 20) + 1]).await.whole().await;
    // It may answer before it has read everything, and the rest is then refused by the socket.
    if let Ok(large) = large {
        assert_eq!((large.status, &large.json()["error"]["code"]), (413, &json!("request_too_large")));
    }
    assert_eq!(sim.stats().await["executions"], 0);
}

#[tokio::test]
async fn every_status_can_be_had_with_headers_of_its_own() {
    let sim = Sim::start().await;
    for status in [400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503] {
        let fault = json!({"kind": "status", "status": status, "retry_after": 2,
            "headers": {"x-should-retry": "false", "retry-after-ms": "5"}});
        let answer = faulty(&sim, &fault, &json!({})).await.unwrap();
        assert_eq!((answer.status, answer.headers["retry-after"].as_str()), (status, "2"));
        assert_eq!(
            (answer.headers["x-should-retry"].as_str(), answer.headers["retry-after-ms"].as_str()),
            ("false", "5")
        );
        assert!(answer.json()["error"]["message"].is_string());
        let left = if status == 429 { "0" } else { "9999" };
        assert_eq!(answer.headers["x-ratelimit-remaining-requests"], left);
    }
    let quota = json!({"kind": "status", "status": 429, "code": "insufficient_quota"});
    let answer = faulty(&sim, &quota, &json!({})).await.unwrap();
    assert_eq!(answer.json()["error"]["type"], "insufficient_quota");
    assert_eq!(sim.stats().await["executions"], 0);
}

#[tokio::test]
async fn azure_is_played_at_both_of_its_addresses() {
    let sim = Sim::start().await;
    let key = ("api-key", "dev-key");
    let entra = format!("Bearer {}", sim.token);
    let deployed = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21";
    for (headers, path) in [
        (vec![key], "/openai/v1/chat/completions"),
        (vec![key], deployed),
        (vec![("Authorization", entra.as_str())], deployed),
    ] {
        let answer = ask(&sim, &headers, path, &body(&json!({"stream": true}))).await.unwrap();
        let chunks = chunks(&answer);
        assert_eq!((&chunks[0]["choices"], &chunks[0]["id"]), (&json!([]), &json!("")));
        assert!(chunks[0]["prompt_filter_results"].is_array());
        assert!(chunks[2]["choices"][0]["content_filter_results"].is_object());
        assert_eq!(answer.headers["x-ratelimit-reset-requests"], "1");
        assert!(answer.headers.contains_key("apim-request-id"));
    }
    let whole = ask(&sim, &[key], deployed, &body(&json!({}))).await.unwrap().json();
    assert_eq!(whole["model"], "gpt-4o");
    for (headers, path, status, code) in [
        (vec![key], "/openai/deployments/gpt-4o/chat/completions", 404, "404"),
        (vec![key], "/openai/deployments/none/chat/completions?api-version=1", 404, "DeploymentNotFound"),
        (vec![("api-key", "x")], deployed, 401, "401"),
    ] {
        let answer = ask(&sim, &headers, path, &body(&json!({}))).await.unwrap();
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (status, &json!(code)));
    }
    let limited = ("X-Simulator-Fault", r#"{"kind": "status", "status": 429}"#);
    let limited = ask(&sim, &[key, limited], deployed, &body(&json!({}))).await.unwrap();
    assert_eq!(limited.json()["error"]["code"], "429");
}

#[tokio::test]
async fn models_are_listed_and_embeddings_are_made() {
    let sim = Sim::start().await;
    let get = async |path: &str| sim.call("GET", path, &[KEY], b"").await.whole().await.unwrap();
    let list = get("/v1/models").await.json();
    assert!(list["data"].as_array().unwrap().iter().any(|model| model["id"] == "gpt-4o-mini"));
    assert_eq!(get("/v1/models/gpt-4o").await.json()["object"], "model");
    assert_eq!(get("/v1/models/none").await.status, 404);
    let embed = async |body: Value| ask(&sim, &[KEY], "/v1/embeddings", &body).await.unwrap();
    let model = "text-embedding-3-small";
    let two = embed(json!({"model": model, "input": ["a", "b"], "dimensions": 4})).await.json();
    assert_eq!(two["data"][1]["embedding"].as_array().unwrap().len(), 4);
    let text = embed(json!({"model": model, "input": "a", "encoding_format": "base64"})).await.json();
    assert_eq!(text["data"][0]["embedding"].as_str().unwrap().len(), 44);
    for wrong in
        [json!({"model": model}), json!({"model": model, "input": [{}]}), json!({"model": "none", "input": "a"})]
    {
        assert!(embed(wrong).await.status >= 400);
    }
    sim.queue(json!([{"on": "openai_models", "fault": {"kind": "malformed"}},
        {"on": "openai_embeddings", "fault": {"kind": "status", "status": 503}}]))
        .await;
    assert!(serde_json::from_slice::<Value>(&get("/v1/models").await.bytes()).is_err());
    assert_eq!(embed(json!({"model": model, "input": "a"})).await.status, 503);
    let stats = sim.stats().await;
    assert_eq!((&stats["openai_models"], &stats["openai_embeddings"]), (&json!(4), &json!(6)));
}

#[tokio::test]
async fn faults_of_every_wire_act_on_streams() {
    let sim = Sim::start().await;
    let said = json!({"kind": "answer", "content": "Zoë pays €42.50 now"});
    let stream = json!({"stream": true});
    let with = |fault: Value| json!([said, fault]);
    let plain = faulty(&sim, &said, &stream).await.unwrap();
    for fault in [json!({"kind": "one_byte_chunks"}), json!({"kind": "split_utf8"})] {
        let answer = faulty(&sim, &with(fault), &stream).await.unwrap();
        assert_eq!((answer.bytes(), answer.end), (plain.bytes(), End::Clean));
        assert!(answer.chunks.len() > plain.chunks.len());
    }
    let cut = faulty(&sim, &with(json!({"kind": "reset_mid_stream", "after_frames": 3})), &stream).await.unwrap();
    assert_eq!((cut.end, events(&cut).len()), (End::Reset, 3));
    let ended = faulty(&sim, &with(json!({"kind": "no_terminal"})), &stream).await.unwrap();
    assert_eq!((ended.end, events(&ended).len()), (End::Clean, events(&plain).len() - 2));
    let large = faulty(&sim, &with(json!({"kind": "oversized_line", "bytes": 300_000})), &stream).await.unwrap();
    assert!(chunks(&large).iter().any(|chunk| chunk.to_string().len() > 290_000));
    let flood = faulty(&sim, &with(json!({"kind": "flood", "megabytes": 1})), &stream).await.unwrap();
    assert_eq!(flood.bytes().len(), 1_000_000 + plain.bytes().len());
    let alive = faulty(&sim, &with(json!({"kind": "keep_alive", "count": 5})), &stream).await.unwrap();
    assert_eq!(String::from_utf8(alive.bytes()).unwrap().matches(": PROCESSING\n\n").count(), 5);
    let raw = json!({"kind": "raw", "text": "data: x", "content_type": "text/plain"});
    let raw = faulty(&sim, &raw, &stream).await.unwrap();
    assert_eq!((raw.bytes(), raw.headers["content-type"].as_str()), (b"data: x".to_vec(), "text/plain"));
}

#[tokio::test]
async fn a_generation_fails_in_three_forms() {
    let sim = Sim::start().await;
    let stream = json!({"stream": true});
    for (form, choices, done) in [("error", None, false), ("beside", Some(0), false), ("finish", Some(1), true)] {
        let fault = json!({"kind": "error_frame", "after_frames": 2, "status": 503, "form": form});
        let answer = faulty(&sim, &fault, &stream).await.unwrap();
        let events = events(&answer);
        assert_eq!((answer.end, events.len()), (End::Clean, 3 + usize::from(done)), "{form}");
        let error: Value = serde_json::from_str(&events[2]).unwrap();
        assert_eq!((&error["error"]["code"], error["choices"].as_array().map(Vec::len)), (&json!(503), choices));
    }
    let coded = json!({"kind": "error_frame", "after_frames": 0, "code": "overloaded"});
    assert_eq!(chunks(&faulty(&sim, &coded, &stream).await.unwrap())[0]["error"]["code"], "overloaded");
    let whole = faulty(&sim, &coded, &json!({})).await.unwrap();
    assert_eq!((whole.status, &whole.json()["error"]["code"]), (200, &json!("overloaded")));
}

#[tokio::test]
async fn faults_of_bodies_act_on_whole_answers() {
    let sim = Sim::start().await;
    let whole = json!({});
    let set = json!([{"kind": "set", "member": "model", "value": 7}, {"kind": "leave_out", "member": "usage"}]);
    let answer = faulty(&sim, &set, &whole).await.unwrap().json();
    assert_eq!((&answer["model"], answer.get("usage")), (&json!(7), None));
    let half = faulty(&sim, &json!({"kind": "malformed"}), &whole).await.unwrap();
    assert!(half.end == End::Clean && serde_json::from_slice::<Value>(&half.bytes()).is_err());
    let cut = faulty(&sim, &json!({"kind": "cut_body"}), &whole).await.unwrap();
    assert_eq!(cut.end, End::Reset);
    assert!(faulty(&sim, &json!({"kind": "empty"}), &whole).await.unwrap().bytes().is_empty());
    let page = faulty(&sim, &json!({"kind": "html"}), &whole).await.unwrap();
    assert!(page.headers["content-type"].starts_with("text/html"));
    let moved = faulty(&sim, &json!({"kind": "redirect"}), &whole).await.unwrap();
    assert_eq!(moved.status, 307);
    let lost = faulty(&sim, &json!({"kind": "reset_before_headers", "execute": true}), &whole).await;
    assert_eq!(lost.unwrap_err(), End::Reset);
    assert_eq!(sim.stats().await["executions"], 5);
}

#[tokio::test]
async fn requests_are_kept_byte_for_byte_and_without_keys() {
    let sim = Sim::start().await;
    let body = "{\"model\" : \"gpt-4o\",\n\"messages\":[{\"content\":\"\\u0041\",\"role\":\"user\"}], \"zz\":1}";
    for key in [KEY, ("api-key", "dev-key"), ("x-api-key", "dev-key")] {
        let headers = [("Content-Type", "application/json"), key];
        let answer = sim.call("POST", CHAT, &headers, body.as_bytes()).await.whole().await.unwrap();
        assert_eq!(answer.status, 200);
    }
    let requests = sim.control("GET", "requests", Value::Null).await;
    assert!(!requests.to_string().contains("dev-key"));
    let last = requests.as_array().unwrap().last().unwrap();
    assert_eq!((&last["endpoint"], &last["body_text"]), (&json!("openai_chat"), &json!(body)));
}
