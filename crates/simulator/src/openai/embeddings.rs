//! `POST …/embeddings`: a direction for each text, the same for the same text.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Response;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Target;
use super::error::invalid;
use super::models::{answer, exists};
use super::request::object;
use crate::admission::json_body;
use crate::fault::On;
use crate::record::Received;
use crate::refusal::Refusal;
use crate::reply::{Body, Cut};
use crate::wire::Line;
use crate::world::World;

const DIMENSIONS: u64 = 8;
const MOST_DIMENSIONS: u64 = 3_072;
const MOST_INPUTS: usize = 2_048;

/// Answers one call.
pub(crate) async fn embeddings(
    world: &Arc<World>,
    line: &Arc<Line>,
    received: &Received,
    target: Target<'_>,
) -> Result<Response<Body>, Cut> {
    let body = json_body(received)
        .map_err(|_| Refusal::usual(415, target.shape()))
        .and_then(|()| embedded(world, received, target));
    answer(world, line, received, target, On::OpenaiEmbeddings, body).await
}

fn embedded(world: &World, received: &Received, target: Target<'_>) -> Result<Value, Refusal> {
    let map = object(&received.body)?;
    let model = target.deployment.or_else(|| map.get("model").and_then(Value::as_str)).unwrap_or_default();
    if model.is_empty() {
        return Err(invalid("model", "missing_required_parameter", "you must provide a model parameter"));
    }
    exists(world, model, target.dialect)?;
    let wrong = || invalid("input", "invalid_value", "Invalid 'input': expected a string or an array of strings.");
    let inputs: Vec<&Value> = match map.get("input") {
        Some(text @ Value::String(_)) => vec![text],
        // Token ids are one input.
        Some(tokens @ Value::Array(items)) if items.first().is_some_and(Value::is_u64) => vec![tokens],
        Some(Value::Array(items)) if (1..=MOST_INPUTS).contains(&items.len()) => items.iter().collect(),
        _ => return Err(wrong()),
    };
    if !inputs.iter().all(|input| input.is_string() || input.is_array()) {
        return Err(wrong());
    }
    let dimensions = map.get("dimensions").and_then(Value::as_u64).unwrap_or(DIMENSIONS).clamp(1, MOST_DIMENSIONS);
    let base64 = map.get("encoding_format").and_then(Value::as_str) == Some("base64");
    let data: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(index, input)| {
            let vector = direction(&input.to_string(), dimensions);
            let embedding = if base64 { encoded(&vector).into() } else { json!(vector) };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect();
    let tokens: usize = inputs.iter().map(|input| input.to_string().chars().count().div_ceil(4)).sum();
    let usage = json!({"prompt_tokens": tokens, "total_tokens": tokens});
    Ok(json!({"object": "list", "data": data, "model": model, "usage": usage}))
}

/// A vector of length 1.
fn direction(text: &str, dimensions: u64) -> Vec<f32> {
    let raw: Vec<f32> = (0..dimensions)
        .map(|n| {
            let digest = Sha256::new().chain_update(text).chain_update(n.to_le_bytes()).finalize();
            digest.first().map_or(0.0, |byte| f32::from(*byte) - 127.5)
        })
        .collect();
    let length = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
    raw.into_iter().map(|x| x / length).collect()
}

/// Little-endian floats as Base64, which is what the SDKs ask for.
fn encoded(vector: &[f32]) -> String {
    STANDARD.encode(vector.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_of_length_one_and_differ() {
        let (a, b) = (direction("a", 8), direction("b", 8));
        assert!((a.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-5);
        assert_ne!(a, b);
        assert_eq!(STANDARD.decode(encoded(&a)).unwrap().len(), 32);
    }
}
