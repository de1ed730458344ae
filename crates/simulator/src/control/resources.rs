//! Control of what the resource endpoints keep: templates, prompts, models, usage, and the client's scopes.

use std::sync::Arc;

use hyper::Method;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::cached_templates::CachedTemplates;
use crate::fault::nearest;
use crate::record::Received;
use crate::resource::Turn;
use crate::tokens::SCOPES;
use crate::usage::{Row, Usage};
use crate::world::World;

/// Most documents of one request.
const MOST: usize = 10_000;

/// Answers a request about the kept resources; `None` if it is none.
pub(super) fn resources(world: &World, received: &Received) -> Option<Result<Value, String>> {
    let body = &received.body;
    let family = received.path.strip_prefix("/_simulator/")?;
    Some(match (&received.method, family) {
        (&Method::POST, "templates") => each(body, |map| put_template(world, map)).map(|()| list(world, family)),
        (&Method::POST, "prompts") => each(body, |map| put_prompt(world, map)).map(|()| list(world, family)),
        (&Method::POST, "models") => each(body, |map| put_model(world, map)).map(|()| list(world, family)),
        (&Method::POST, "usage") => each(body, |map| put_usage(world, &map)).map(|()| list(world, family)),
        (&Method::GET, "templates" | "prompts" | "models" | "usage") => Ok(list(world, family)),
        (&Method::DELETE, "templates" | "prompts" | "models" | "usage") => {
            world.update(|state| match family {
                "templates" => state.templates = CachedTemplates::default(),
                "prompts" => state.prompts.clear(),
                "models" => state.models.clear(),
                _ => state.usage = Usage::default(),
            });
            Ok(json!([]))
        }
        (&Method::POST, "provisioning") => {
            object(body).and_then(|map| world.update(|state| state.models.set_provisioning(&map)))
        }
        (&Method::POST, "scopes") => object(body).and_then(|map| set_scopes(world, &map)),
        _ => return None,
    })
}

fn list(world: &World, family: &str) -> Value {
    world.look(|state| match family {
        "templates" => state.templates.list(),
        "prompts" => state.prompts.list(),
        "models" => state.models.list(),
        _ => state.usage.list(),
    })
}

/// Puts one object, or each of an array.
fn each(body: &[u8], mut put: impl FnMut(Map<String, Value>) -> Result<(), String>) -> Result<(), String> {
    let value: Value = serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}"))?;
    let items = match value {
        Value::Array(items) if items.len() > MOST => return Err(format!("{} documents; at most {MOST}", items.len())),
        Value::Array(items) => items,
        item => vec![item],
    };
    for (n, item) in items.into_iter().enumerate() {
        let Value::Object(map) = item else {
            return Err(format!("documents[{n}]: must be an object"));
        };
        put(map).map_err(|why| format!("documents[{n}]: {why}"))?;
    }
    Ok(())
}

fn put_template(world: &World, map: Map<String, Value>) -> Result<(), String> {
    let id = id_of(&map)?.ok_or("id: is missing")?;
    world.update(|state| state.templates.other_write(&id, map.into()));
    Ok(())
}

fn put_prompt(world: &World, map: Map<String, Value>) -> Result<(), String> {
    let id = id_of(&map)?;
    let turn = turn(world);
    world.update(|state| state.prompts.other_write(id.as_deref(), map, &turn));
    Ok(())
}

fn put_model(world: &World, mut map: Map<String, Value>) -> Result<(), String> {
    let id = id_of(&map)?;
    map.remove("id");
    let turn = turn(world);
    world.update(|state| state.models.seed(id.as_deref(), map, &turn))
}

fn put_usage(world: &World, map: &Map<String, Value>) -> Result<(), String> {
    const KNOWN: &[&str] =
        &["date", "llmGatewayId", "modelId", "templateId", "inputTokens", "outputTokens", "latencyMs", "error"];
    if let Some(name) = map.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(unknown("field", name, KNOWN));
    }
    let text = |name: &str| map.get(name).and_then(Value::as_str);
    let number = |name: &str| match map.get(name) {
        None => Ok(0),
        Some(value) => value.as_u64().ok_or(format!("{name}: must be a whole number")),
    };
    let date = text("date").and_then(|date| OffsetDateTime::parse(date, &Rfc3339).ok());
    let row = Row {
        at: date.ok_or("date: must be an RFC 3339 date and time")?,
        gateway_id: text("llmGatewayId").map(str::to_owned),
        model_id: text("modelId").map(str::to_owned),
        template_id: text("templateId").map(str::to_owned),
        input_tokens: number("inputTokens")?,
        output_tokens: number("outputTokens")?,
        latency_ms: number("latencyMs")?,
        error: map.get("error") == Some(&json!(true)),
    };
    world.update(|state| state.usage.add(row));
    Ok(())
}

/// `{"scopes": […]}` are all that the client has; null gives it every one.
fn set_scopes(world: &World, map: &Map<String, Value>) -> Result<Value, String> {
    let wrong = || "body: {\"scopes\": array of scopes, or null for all}".to_owned();
    let scopes = match (map.get("scopes"), map.len()) {
        (Some(Value::Null), 1) => None,
        (Some(Value::Array(names)), 1) => Some(
            names
                .iter()
                .map(|name| {
                    let name = name.as_str().ok_or_else(wrong)?;
                    SCOPES.iter().copied().find(|known| *known == name).ok_or_else(|| unknown("scope", name, SCOPES))
                })
                .collect::<Result<Vec<_>, _>>()?,
        ),
        _ => return Err(wrong()),
    };
    Ok(world.update(|state| {
        state.tokens.set_client_scopes(scopes);
        json!({"scopes": state.tokens.client_scopes()})
    }))
}

fn object(body: &[u8]) -> Result<Map<String, Value>, String> {
    match serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}"))? {
        Value::Object(map) => Ok(map),
        _ => Err("body: must be an object".into()),
    }
}

fn id_of(map: &Map<String, Value>) -> Result<Option<String>, String> {
    match map.get("id") {
        None => Ok(None),
        Some(id) => id.as_str().map(|id| Some(id.to_owned())).ok_or("id: must be a string".into()),
    }
}

fn unknown(what: &str, name: &str, known: &[&'static str]) -> String {
    let shown: String = name.chars().take(40).collect();
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("unknown {what} `{shown}`; did you mean `{near}`?"),
        None => format!("unknown {what} `{shown}`; known: {}", known.join(", ")),
    }
}

fn turn(world: &World) -> Turn {
    Turn::new(world, Arc::default(), "control")
}
