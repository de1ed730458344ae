//! Reads rules and faults from JSON; what is wrong is said with its path and the nearest name.

use std::sync::Arc;

use hyper::header::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::queue::Rule;
use super::{Fault, KINDS, On, nearest};

/// Most rules of one request, and faults of one rule.
const MOST_RULES: usize = 10_000;
const MOST_FAULTS: usize = 16;

/// Reads the body of `POST /_simulator/faults`: a rule or an array of rules.
pub(crate) fn parse_rules(body: &[u8]) -> Result<Vec<(On, Rule)>, String> {
    let value: Value = serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}"))?;
    let rules = match value {
        Value::Array(rules) => rules,
        rule => vec![rule],
    };
    if rules.len() > MOST_RULES {
        return Err(format!("{} rules; at most {MOST_RULES}", rules.len()));
    }
    rules.iter().enumerate().map(|(at, rule)| parse_rule(rule, &format!("rules[{at}]"))).collect()
}

/// Reads one fault or an array of faults that act together.
pub(crate) fn parse_faults(value: &Value, on: On, at: &str) -> Result<Arc<[Fault]>, String> {
    match value {
        Value::Array(faults) if faults.len() > MOST_FAULTS => {
            Err(format!("{at}: {} faults; at most {MOST_FAULTS}", faults.len()))
        }
        Value::Array(faults) => {
            faults.iter().enumerate().map(|(n, fault)| parse_fault(fault, on, &format!("{at}[{n}]"))).collect()
        }
        fault => Ok(Arc::new([parse_fault(fault, on, at)?])),
    }
}

fn parse_rule(value: &Value, at: &str) -> Result<(On, Rule), String> {
    let map = object(value, at)?;
    known_fields(map, &["on", "times", "fault"], at)?;
    let name = map
        .get("on")
        .and_then(Value::as_str)
        .ok_or(format!("{at}.on: must be one of {}", list(On::ALL.iter().map(|on| on.name()))))?;
    let on = On::ALL
        .iter()
        .copied()
        .find(|on| on.name() == name)
        .ok_or_else(|| unknown(&format!("{at}.on"), "endpoint", name, On::ALL.iter().map(|on| on.name())))?;
    let times = match map.get("times") {
        None => Some(1),
        Some(Value::Null) => None,
        Some(times) => Some(
            times
                .as_u64()
                .filter(|times| *times > 0)
                .ok_or(format!("{at}.times: must be a positive integer, or null for ever"))?,
        ),
    };
    let fault = map.get("fault").ok_or(format!("{at}.fault: is missing"))?;
    let faults = parse_faults(fault, on, &format!("{at}.fault"))?;
    Ok((on, Rule { times, faults, source: value.clone() }))
}

fn parse_fault(value: &Value, on: On, at: &str) -> Result<Fault, String> {
    let map = object(value, at)?;
    let names = || KINDS.iter().filter(|kind| kind.on.has(on)).map(|kind| kind.name);
    let name = map.get("kind").and_then(Value::as_str).ok_or_else(|| {
        let typo = map.keys().find_map(|key| nearest(key, ["kind"]));
        let hint = typo.map_or(String::new(), |_| "; is a field mistyped?".into());
        format!("{at}.kind: is missing; one of {}{hint}", list(names()))
    })?;
    let kind = KINDS
        .iter()
        .find(|kind| kind.name == name)
        .ok_or_else(|| unknown(&format!("{at}.kind"), "fault kind", name, names()))?;
    if !kind.on.has(on) {
        return Err(format!("{at}.kind: `{name}` does not apply to this endpoint; these do: {}", list(names())));
    }
    let fields: Vec<&str> = ["kind"].into_iter().chain(kind.fields.iter().copied()).collect();
    known_fields(map, &fields, at)?;
    let fault = serde_json::from_value(value.clone()).map_err(|error| format!("{at}: fault `{name}`: {error}"))?;
    check(&fault, on).map_err(|what| format!("{at}.{what}"))?;
    Ok(fault)
}

/// Values that have the right type but can't be sent.
fn check(fault: &Fault, on: On) -> Result<(), String> {
    let status_in = |field: &str, status: u16, from: u16, to: u16| {
        let hint = || format!("{field}: {status} is not a status from {from} to {to}");
        (from..=to).contains(&status).then_some(()).ok_or_else(hint)
    };
    let header = |field: &str, text: &str| {
        HeaderValue::from_str(text).map(|_| ()).map_err(|_| format!("{field}: not a header value"))
    };
    match fault {
        Fault::Status(status) => {
            status_in("status", status.status, 200, 599)?;
            if status.retry_after.is_some() {
                let text = status.retry_after_text();
                header("retry_after", &text.ok_or("retry_after: must be a string or a number")?)?;
            }
            for (name, value) in &status.headers {
                HeaderName::from_bytes(name.as_bytes())
                    .map_err(|_| format!("headers: `{name}` is not a header name"))?;
                header("headers", value)?;
            }
            Ok(())
        }
        Fault::Redirect { status, location } => {
            status_in("status", *status, 300, 399)?;
            location.as_deref().map_or(Ok(()), |location| header("location", location))
        }
        Fault::ErrorFrame(frame) => status_in("status", frame.status, 400, 599),
        Fault::Raw { content_type: Some(text), .. } => header("content_type", text),
        Fault::Answer(script) => script.check(on),
        Fault::Gate { after_frames, before: Some(_) } if *after_frames > 0 => {
            Err("before: excludes `after_frames`".into())
        }
        Fault::Gate { before: None, .. } if !on.streams() => Err("before: must be \"headers\" on this endpoint".into()),
        _ => Ok(()),
    }
}

fn object<'a>(value: &'a Value, at: &str) -> Result<&'a Map<String, Value>, String> {
    value.as_object().ok_or_else(|| format!("{at}: must be an object"))
}

fn known_fields(map: &Map<String, Value>, known: &[&str], at: &str) -> Result<(), String> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(unknown(at, "field", key, known.iter().copied())),
        None => Ok(()),
    }
}

fn unknown<'a>(at: &str, what: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let shown: String = name.chars().take(40).collect();
    match nearest(name, known.clone()) {
        Some(near) => format!("{at}: unknown {what} `{shown}`; did you mean `{near}`?"),
        None => format!("{at}: unknown {what} `{shown}`; known: {}", list(known)),
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(rules: Value) -> String {
        parse_rules(rules.to_string().as_bytes()).err().unwrap_or_else(|| panic!("accepted: {rules}"))
    }

    #[test]
    fn every_kind_is_read_with_every_field() {
        for kind in KINDS {
            let mut fault = json!({"kind": kind.name});
            for field in kind.fields {
                fault[*field] = match *field {
                    "execute" | "all" => json!(true),
                    "before" => continue,
                    "how" => json!("close"),
                    "body" => json!("html"),
                    "code" | "message" | "member" | "name" => json!("x"),
                    "set" => json!({"description": "theirs"}),
                    "form" => json!("beside"),
                    "headers" => json!({"x-should-retry": "false"}),
                    "content" | "text" | "content_type" => json!("x"),
                    "finish_reason" => continue,
                    "reasoning" | "refusal" | "tool_calls" | "reasoning_as" => continue,
                    "shape" => json!("no_done"),
                    "location" => json!("http://127.0.0.1:1/"),
                    "status" if kind.name == "redirect" => json!(302),
                    "status" => json!(503),
                    "value" => json!("soon"),
                    _ => json!(3),
                };
            }
            let takes = |on: On| kind.on.has(on) && (kind.name != "gate" || on.streams());
            for on in On::ALL.iter().filter(|on| takes(**on)) {
                parse_faults(&fault, *on, "fault").unwrap_or_else(|why| panic!("{fault}: {why}"));
            }
        }
        let gate = json!({"kind": "gate", "before": "headers"});
        parse_faults(&gate, On::Token, "fault").unwrap();
        let call = json!({"name": "f", "arguments": "{}"});
        let script = json!({"kind": "answer", "content": ["a", "b"], "reasoning": "r", "reasoning_as": "reasoning",
            "refusal": "no", "tool_calls": [call], "finish_reason": "stop", "piece": 1});
        parse_faults(&script, On::OpenaiChat, "fault").unwrap();
        assert!(parse_faults(&script, On::Chat, "fault").is_err());
    }

    #[test]
    fn mistakes_are_named_with_path_and_nearest_name() {
        for (rules, script) in [
            (json!(1), "rules[0]: must be an object"),
            (json!([{"on": "chat"}]), "rules[0].fault: is missing"),
            (json!([{"fault": {"kind": "hang"}}]), "rules[0].on: must be one of chat"),
            (json!([{"on": "chatt", "fault": {"kind": "hang"}}]), "did you mean `chat`?"),
            (json!([{"on": "chat", "fault": {"kind": "hangs"}}]), "did you mean `hang`?"),
            (json!([{"on": "chat", "fault": {"kind": "stall", "after_frame": 1}}]), "did you mean `after_frames`?"),
            (json!([{"on": "chat", "time": 1, "fault": {"kind": "hang"}}]), "did you mean `times`?"),
            (json!([{"on": "chat", "times": 0, "fault": {"kind": "hang"}}]), "rules[0].times"),
            (json!([{"on": "chat", "times": -1, "fault": {"kind": "hang"}}]), "rules[0].times"),
            (json!([{"on": "token", "fault": {"kind": "stall"}}]), "does not apply"),
            (json!([{"on": "chat", "fault": {"kind": "empty"}}]), "does not apply"),
            (json!([{"on": "token", "fault": {"kind": "gate"}}]), "fault.before"),
            (json!([{"on": "model_get", "fault": {"kind": "concurrent_write"}}]), "does not apply"),
            (json!([{"on": "execute", "fault": {"kind": "num_pages"}}]), "does not apply"),
            (json!([{"on": "chat", "fault": {"kind": "stream_shape", "shape": "cr"}}]), "does not apply"),
            (json!([{"on": "openai_chat", "fault": {"kind": "stream_shape", "shape": "x"}}]), "unknown variant"),
            (json!([{"on": "openai_chat", "fault": {"kind": "answer", "piece": 0}}]), "fault.piece"),
            (
                json!([{"on": "openai_chat", "fault": {"kind": "raw", "text": "", "content_type": "\n"}}]),
                "content_type",
            ),
            (json!([{"on": "chat", "fault": {"kind": "status", "status": 503, "headers": {"a b": ""}}}]), "headers"),
            (json!([{"on": "prompt_list", "fault": {"kind": "stall"}}]), "does not apply"),
            (json!([{"on": "prompt_put", "fault": {"kind": "concurrent_write", "set": []}}]), "invalid type"),
            (json!([{"on": "chat", "fault": {"kind": "delay"}}]), "missing field `ms`"),
            (json!([{"on": "chat", "fault": {"kind": "delay", "ms": "1"}}]), "invalid type"),
            (json!([{"on": "chat", "fault": {"kind": "status", "status": 99}}]), "fault.status: 99"),
            (json!([{"on": "chat", "fault": {"kind": "status", "status": 503, "retry_after": "a\nb"}}]), "retry_after"),
            (json!([{"on": "chat", "fault": {"kind": "status", "status": 503, "retry_after": []}}]), "retry_after"),
            (json!([{"on": "chat", "fault": {"kind": "redirect", "location": "\u{0}"}}]), "location"),
            (json!([{"on": "chat", "fault": [{"kind": "crlf"}, {"kid": "bom"}]}]), "rules[0].fault[1].kind"),
        ] {
            let why = refused(rules.clone());
            assert!(why.contains(script), "{rules}: {why}");
        }
        assert!(parse_rules(b"\xff").is_err());
        assert!(parse_rules("[".repeat(100_000).as_bytes()).is_err());
    }
}
