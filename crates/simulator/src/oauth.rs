//! `POST /oauth/token` (row U1): client credentials, HTTP Basic.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{CACHE_CONTROL, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Method, Response};
use serde_json::json;

use crate::admission::faults_of;
use crate::early::{early, skew_date};
use crate::fault::{Fault, On};
use crate::record::Received;
use crate::refusal::{Refusal, Shape, json_answer, typed_answer};
use crate::reply::{Body, Cut};
use crate::wire::Line;
use crate::world::World;

/// Where the endpoint is.
pub(crate) const PATH: &str = "/oauth/token";

/// Answers one token request. A fault is taken only by a request that is otherwise fine.
pub(crate) async fn token(world: &Arc<World>, line: &Arc<Line>, received: &Received) -> Result<Response<Body>, Cut> {
    let correlation = received.correlation.as_str();
    let granted = checked(world, received).and_then(|scopes| Ok((scopes, faults_of(world, received, On::Token)?)));
    let (scopes, faults) = match granted {
        Ok(granted) => granted,
        Err(refusal) => {
            let mut answer = refusal.answer(Shape::OAuth, correlation);
            if refusal.status == 401 {
                let basic = HeaderValue::from_static("Basic realm=\"oauth\"");
                answer.headers_mut().insert(WWW_AUTHENTICATE, basic);
            }
            return Ok(answer);
        }
    };
    let mut answer = match early(world, line, &faults, Shape::OAuth, correlation).await? {
        Some(answer) => answer,
        None => issue(world, scopes, &faults),
    };
    skew_date(&mut answer, &faults);
    Ok(answer)
}

fn issue(world: &World, scopes: Vec<&'static str>, faults: &[Fault]) -> Response<Body> {
    let life = world.config.expires_in;
    let scope = scopes.join(" ");
    let token = world.update(|state| state.tokens.issue(Duration::from_secs(life), scopes));
    let mut body = json!({
        "access_token": token,
        "token_type": "bearer",
        "expires_in": life,
        "scope": scope,
    });
    for fault in faults {
        match fault {
            Fault::Malformed {} => {
                return typed_answer(200, "application/json", "{\"access_token\": \"abc");
            }
            Fault::Empty {} => return typed_answer(200, "application/json", ""),
            Fault::NoAccessToken {} => {
                body = json!({"token_type": "bearer", "expires_in": life});
            }
            Fault::ExpiresIn { value } => {
                if let Some(told) = body.get_mut("expires_in") {
                    value.clone_into(told);
                }
            }
            _ => {}
        }
    }
    let mut answer = json_answer(200, &body);
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// The scopes to grant, or why there are none.
fn checked(world: &World, received: &Received) -> Result<Vec<&'static str>, Refusal> {
    let invalid = |why: &str| Refusal::new(400, "invalid_request", why);
    if received.method != Method::POST {
        return Err(Refusal::method("invalid_request", "POST"));
    }
    let (id, secret) = basic(received).ok_or_else(|| Refusal::usual(401, Shape::OAuth))?;
    if id != world.config.client_id || secret != world.config.client_secret {
        return Err(Refusal::usual(401, Shape::OAuth));
    }
    if received.content_type().as_deref() != Some("application/x-www-form-urlencoded") {
        return Err(invalid("The body must be application/x-www-form-urlencoded."));
    }
    let form: Vec<(String, String)> = form_urlencoded::parse(&received.body).into_owned().collect();
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, v)| v.as_str());
    match field("grant_type") {
        Some("client_credentials") => {}
        Some(_) => {
            let why = "Only client_credentials is supported.";
            return Err(Refusal::new(400, "unsupported_grant_type", why));
        }
        None => return Err(invalid("grant_type is missing.")),
    }
    let scopes = world.look(|state| state.tokens.client_scopes().to_vec());
    let Some(wanted) = field("scope") else {
        return Ok(scopes);
    };
    wanted
        .split_ascii_whitespace()
        .map(|scope| {
            let why = "The scope is unknown or not this client's.";
            let known = scopes.iter().copied().find(|known| *known == scope);
            known.ok_or_else(|| Refusal::new(400, "invalid_scope", why))
        })
        .collect()
}

/// Client id and secret of HTTP Basic.
fn basic(received: &Received) -> Option<(String, String)> {
    let (scheme, encoded) = received.header("authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}
