//! `POST /api/v2/llm-gateway/conversations/execute` (section 11, row E6): a prompt template, rendered and answered.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyper::Response;
use serde_json::{Map, Value};

use crate::admission::{authorised, json_body, key_of};
use crate::answer::Answer;
use crate::document::{Faults, invalid, read};
use crate::fault::On;
use crate::generation::{Generation, generate};
use crate::prompt_document::{declared, render};
use crate::record::Received;
use crate::refusal::{Refusal, Shape};
use crate::reply::{Body, Cut};
use crate::route::CALL;
use crate::wire::Line;
use crate::world::World;

/// Answers one call.
pub(crate) async fn execute(world: &Arc<World>, line: &Arc<Line>, received: &Received) -> Result<Response<Body>, Cut> {
    generate(world, line, received, On::Execute, Shape::Api, checked(world, received)).await
}

/// Everything the contract asks of a call before it can be executed.
fn checked(world: &World, received: &Received) -> Result<Generation, Refusal> {
    authorised(world, received, CALL)?;
    json_body(received)?;
    let key = key_of(received)?;
    let mut max_tokens = 0;
    let request = read(&received.body, |members| {
        members.only(&["templateId", "templateVersion", "variables", "modelId", "maxTokens"]);
        members.text("templateId", 1, usize::MAX);
        members.optional("templateVersion", |members| {
            members.integer("templateVersion", 1, u64::MAX);
        });
        members.object("variables", |_| {});
        members.text("modelId", 1, usize::MAX);
        max_tokens = members.integer("maxTokens", 1, 4096);
    })?;
    let text = |name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let template_id = text("templateId");
    let template = world.look(|state| {
        // A replay is of the version that was executed, whatever is the newest by now.
        let executed = key.as_deref().and_then(|key| state.ledger.version_of(key));
        let wanted = request.get("templateVersion").and_then(Value::as_u64).or(executed);
        state.prompts.version(&template_id, wanted).cloned()
    });
    let template = template.ok_or_else(|| Refusal::usual(404, Shape::Api))?;
    let values = bound(&template, request.get("variables").and_then(Value::as_object))?;
    let part = |name: &str| render(template.get(name).and_then(Value::as_str).unwrap_or_default(), &values);
    let (system, user) = (part("system_instruction"), part("user_template"));
    let prompt_tokens = (system.chars().count() as u64 + user.chars().count() as u64).div_ceil(4);
    let limit = world.config.token_limit;
    if limit > 0 && prompt_tokens > limit {
        let why = format!("The prompt has {prompt_tokens} tokens; the limit is {limit}.");
        return Err(Refusal::new(400, "token.limit.exceeded", why));
    }
    let echo = format!("«{user}» «{system}» ");
    let answer = Answer::new(world.config.voice(), &received.body, &echo, prompt_tokens, max_tokens);
    let version = template.get("version").and_then(Value::as_u64).unwrap_or(0);
    let template = Some((template_id, version));
    Ok(Generation { key, answer: Box::new(answer), model_id: text("modelId"), template })
}

/// The values of the declared variables, all of them and no others.
fn bound(template: &Value, given: Option<&Map<String, Value>>) -> Result<BTreeMap<String, String>, Refusal> {
    let mut values = BTreeMap::new();
    let mut faults = Faults::new();
    let variables = declared(template);
    for variable in &variables {
        let at = format!("variables.{}", variable.name);
        match given.and_then(|given| given.get(variable.name)).map(Value::as_str) {
            None => faults.push((at, "is missing".into())),
            Some(None) => faults.push((at, "must be a string".into())),
            Some(Some(text)) => {
                let most = variable.max_length.unwrap_or(u64::MAX);
                if text.encode_utf16().count() as u64 > most {
                    faults.push((at, format!("must be at most {most} characters")));
                }
                values.insert(variable.name.to_owned(), text.to_owned());
            }
        }
    }
    for name in given.into_iter().flat_map(Map::keys) {
        if !variables.iter().any(|variable| variable.name == name) {
            faults.push((format!("variables.{name}"), "is not a variable of the template".into()));
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(invalid(faults)) }
}
