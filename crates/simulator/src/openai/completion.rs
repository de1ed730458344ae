//! The answer to a chat completion: its choices, before they are a body or chunks.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Dialect;
use super::request::{ChatRequest, Format};
use crate::answer::{Answer, Voice};
use crate::fault::{ReasoningMember, Script, pieces};
use crate::id::uuid_of;
use crate::overlay::put;
use crate::sample::sample;

/// When every answer was made, in seconds: the same body has the same answer. (2025-10-09.)
const CREATED: u32 = 1_760_000_000;
const THOUGHT: &str = "The customer asks for help, so I look at the case first and then answer in a few sentences.";

/// One answer.
pub(crate) struct Completion {
    pub(crate) id: String,
    pub(crate) model: String,
    pub(crate) dialect: Dialect,
    pub(crate) choices: Vec<Choice>,
    pub(crate) prompt_tokens: u64,
    /// Alternatives of each token, where `logprobs` are wanted.
    pub(crate) logprobs: Option<usize>,
    /// Calls are the older `function_call`.
    pub(crate) legacy: bool,
}

/// One choice. Texts are in the pieces that a stream has.
#[derive(Debug, Default)]
pub(crate) struct Choice {
    pub(crate) content: Option<Vec<String>>,
    pub(crate) reasoning: Option<(ReasoningMember, Vec<String>)>,
    /// Tokens of reasoning that nobody sees.
    pub(crate) thought: u64,
    pub(crate) refusal: Option<Vec<String>>,
    pub(crate) calls: Vec<Call>,
    pub(crate) finish: String,
}

/// One call of a function.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
}

impl Completion {
    /// The answer to a request by a voice; always the same one.
    pub(crate) fn new(
        voice: Voice,
        body: &[u8],
        dialect: Dialect,
        request: &ChatRequest,
        script: Option<&Script>,
    ) -> Self {
        let digest = Sha256::digest(body);
        let named = |what: &str| uuid_of(&format!("{} {what} {digest:?}", voice.seed)).replace('-', "");
        let choices = (0..request.choices).map(|at| {
            let mut choice = match script {
                Some(script) => scripted(script, at),
                None => canned(voice, body, request, at),
            };
            for (n, call) in choice.calls.iter_mut().enumerate() {
                call.id = format!("call_{}", named(&format!("call {at} {n}")).split_at(24).0);
            }
            choice
        });
        Self {
            id: format!("chatcmpl-{}", named("completion")),
            model: request.model.clone(),
            dialect,
            choices: choices.collect(),
            prompt_tokens: request.prompt_tokens,
            logprobs: request.logprobs,
            legacy: request.legacy,
        }
    }

    /// Tokens of all choices.
    pub(crate) fn completion_tokens(&self) -> u64 {
        self.choices.iter().map(Choice::tokens).sum()
    }

    /// The `usage` of an answer of so many tokens.
    pub(crate) fn usage(&self, completion_tokens: u64) -> Value {
        let thought: u64 = self.choices.iter().map(Choice::thought).sum();
        json!({
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": self.prompt_tokens + completion_tokens,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": thought, "audio_tokens": 0,
                "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
        })
    }

    /// The whole answer.
    pub(crate) fn body(&self) -> Value {
        let choices = self.choices.iter().enumerate().map(|(index, choice)| {
            let mut message = json!({"role": "assistant", "content": joined(choice.content.as_ref()),
                "refusal": joined(choice.refusal.as_ref()), "annotations": []});
            if let Some((member, text)) = &choice.reasoning {
                put(&mut message, member.name(), &text.concat().into());
            }
            let calls: Vec<Value> = choice.calls.iter().map(|call| self.call(call, &call.arguments.concat())).collect();
            match calls.first() {
                Some(call) if self.legacy => {
                    put(&mut message, "function_call", call.get("function").unwrap_or(&Value::Null));
                }
                Some(_) => put(&mut message, "tool_calls", &calls.into()),
                None => {}
            }
            let mut whole = json!({"index": index, "message": message, "finish_reason": choice.finish,
                "logprobs": self.logprobs_of(choice.content.as_deref().unwrap_or_default())});
            if self.dialect == Dialect::Azure {
                put(&mut whole, "content_filter_results", &unfiltered());
            }
            whole
        });
        let choices: Vec<Value> = choices.collect();
        let mut body = json!({"id": self.id, "object": "chat.completion", "created": CREATED, "model": self.model,
            "choices": choices, "usage": self.usage(self.completion_tokens()), "service_tier": "default",
            "system_fingerprint": "fp_simulator"});
        if self.dialect == Dialect::Azure {
            put(&mut body, "prompt_filter_results", &prompt_filter());
        }
        body
    }

    /// A chunk with these choices.
    pub(crate) fn chunk(&self, choices: Vec<Value>) -> Value {
        json!({"id": self.id, "object": "chat.completion.chunk", "created": CREATED, "model": self.model,
            "service_tier": "default", "system_fingerprint": "fp_simulator", "choices": choices})
    }

    /// A call with its arguments or the first of them.
    pub(crate) fn call(&self, call: &Call, arguments: &str) -> Value {
        json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}})
    }

    /// The `logprobs` of these tokens; null if none are wanted.
    pub(crate) fn logprobs_of(&self, tokens: &[String]) -> Value {
        let Some(most) = self.logprobs else { return Value::Null };
        let of = |token: &String| {
            let one =
                |token: &str, logprob: f64| json!({"token": token, "logprob": logprob, "bytes": token.as_bytes()});
            let mut entry = one(token, -0.01);
            let others = (0..most).map(|n| one(token, -0.01 - n as f64));
            put(&mut entry, "top_logprobs", &others.collect());
            entry
        };
        json!({"content": tokens.iter().map(of).collect::<Vec<_>>(), "refusal": null})
    }
}

impl Choice {
    fn thought(&self) -> u64 {
        self.thought + self.reasoning.as_ref().map_or(0, |(_, text)| text.len() as u64)
    }

    fn tokens(&self) -> u64 {
        let count = |pieces: Option<&Vec<String>>| pieces.map_or(0, |pieces| pieces.len() as u64);
        let calls: u64 = self.calls.iter().map(|call| 1 + call.arguments.len() as u64).sum();
        self.thought() + count(self.content.as_ref()) + count(self.refusal.as_ref()) + calls
    }
}

fn joined(pieces: Option<&Vec<String>>) -> Value {
    pieces.map_or(Value::Null, |pieces| pieces.concat().into())
}

/// Azure's filter results of a harmless text.
pub(crate) fn unfiltered() -> Value {
    let safe = json!({"filtered": false, "severity": "safe"});
    json!({"hate": safe, "self_harm": safe, "sexual": safe, "violence": safe})
}

/// Azure's filter results of the prompt.
pub(crate) fn prompt_filter() -> Value {
    json!([{"prompt_index": 0, "content_filter_results": unfiltered()}])
}

/// A choice as a test wants it.
fn scripted(script: &Script, at: usize) -> Choice {
    let calls: Vec<Call> =
        script.tool_calls.iter().map(|call| call_of(&call.name, &call.arguments, script.piece)).collect();
    let finish = if calls.is_empty() { "stop" } else { "tool_calls" };
    Choice {
        content: script.content_of(at).map(|text| pieces(text, script.piece)),
        reasoning: script.reasoning.as_ref().map(|text| (script.reasoning_as, pieces(text, script.piece))),
        thought: 0,
        refusal: script.refusal.as_ref().map(|text| pieces(text, script.piece)),
        calls,
        finish: script.finish_reason.clone().unwrap_or_else(|| finish.into()),
    }
}

fn call_of(name: &str, arguments: &str, piece: Option<usize>) -> Call {
    Call { id: String::new(), name: name.to_owned(), arguments: pieces(arguments, piece) }
}

/// A canned choice: calls, JSON, or a few sentences.
fn canned(voice: Voice, body: &[u8], request: &ChatRequest, at: usize) -> Choice {
    let thought = if request.reasons { pieces(THOUGHT, None).len() as u64 } else { 0 };
    if !request.calls.is_empty() {
        let calls = request.calls.iter();
        let calls = calls.map(|call| call_of(&call.name, &sample(&call.parameters).to_string(), Some(8))).collect();
        let finish = if request.legacy { "function_call" } else { "tool_calls" };
        return Choice { calls, thought, finish: finish.into(), ..Choice::default() };
    }
    let tokens = match &request.format {
        Format::Schema(schema) => pieces(&sample(schema).to_string(), Some(6)),
        Format::Object => pieces("{\"answer\": \"The parcel is due tomorrow.\"}", Some(6)),
        // The first choice is the answer of any other wire to the same body.
        Format::Text => {
            let voice = Voice { seed: voice.seed + at as u64, ..voice };
            Answer::new(voice, body, "", 0, u64::MAX).tokens(None)
        }
    };
    let (mut tokens, stopped) = stopped(tokens, &request.stop);
    let most = usize::try_from(request.max_tokens.saturating_sub(thought)).unwrap_or(usize::MAX);
    let cut = tokens.len() > most;
    tokens.truncate(most);
    let finish = if cut && !stopped { "length" } else { "stop" };
    Choice { content: Some(tokens), thought, finish: finish.into(), ..Choice::default() }
}

/// The tokens before the first stop text, and whether there was one.
fn stopped(tokens: Vec<String>, stop: &[String]) -> (Vec<String>, bool) {
    let text = tokens.concat();
    let first = stop.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| text.find(stop.as_str())).min();
    let Some(end) = first else { return (tokens, false) };
    let mut kept = Vec::new();
    let mut length = 0;
    for token in tokens {
        let left = end.saturating_sub(length);
        length += token.len();
        match token.get(..left.min(token.len())) {
            Some("") | None => break,
            Some(head) => kept.push(head.to_owned()),
        }
    }
    (kept, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completion(members: Value) -> Completion {
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "Where is my parcel?"}]});
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        let body = body.to_string();
        let request = ChatRequest::parse(body.as_bytes(), None).unwrap();
        Completion::new(Voice { seed: 1, sentences: 0 }, body.as_bytes(), Dialect::OpenAi, &request, None)
    }

    #[test]
    fn choices_differ_and_usage_is_true() {
        let body = completion(json!({"n": 3})).body();
        let texts: Vec<&str> = (0..3).map(|n| body["choices"][n]["message"]["content"].as_str().unwrap()).collect();
        assert!(texts[0] != texts[1] && texts[1] != texts[2], "{texts:?}");
        let tokens: usize = texts.iter().map(|text| pieces(text, None).len()).sum();
        assert_eq!(body["usage"]["completion_tokens"], tokens);
    }

    #[test]
    fn limits_and_stops_end_a_text() {
        let cut = completion(json!({"max_tokens": 3})).body();
        assert_eq!(
            (&cut["choices"][0]["finish_reason"], &cut["usage"]["completion_tokens"]),
            (&json!("length"), &json!(3))
        );
        let whole = completion(json!({})).body()["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
        for stop in [" ", "the", "e"] {
            // Another body has another text; look for the stop in its own.
            let body = completion(json!({"stop": [stop, "~"]})).body();
            let text = body["choices"][0]["message"]["content"].as_str().unwrap();
            assert!(!text.contains(stop), "{text}");
            assert_eq!(body["choices"][0]["finish_reason"], "stop");
        }
        assert!(whole.contains(' '));
    }

    #[test]
    fn a_schema_has_an_answer_that_fits_it() {
        let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
        let format = json!({"type": "json_schema", "json_schema": {"name": "x", "schema": schema}});
        let body = completion(json!({"response_format": format})).body();
        let text = body["choices"][0]["message"]["content"].as_str().unwrap();
        assert!(serde_json::from_str::<Value>(text).unwrap()["city"].is_string());
        let tool = json!([{"type": "function", "function": {"name": "f", "parameters": schema}}]);
        let called = completion(json!({"tools": tool})).body();
        let call = &called["choices"][0]["message"]["tool_calls"][0]["function"];
        assert!(serde_json::from_str::<Value>(call["arguments"].as_str().unwrap()).unwrap()["city"].is_string());
        assert_eq!(called["choices"][0]["finish_reason"], "tool_calls");
    }
}
