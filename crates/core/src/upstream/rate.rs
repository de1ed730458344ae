//! What a model costs at its upstream: the price of a token.

use crate::budget::nano;
use crate::chat::event::Usage;
use crate::fault::{Fault, Faults, Path};
use crate::json::Json;

/// The dearest price that is taken for meant, in US dollars per 1,000 tokens (no source; ours).
const MOST_USD: u128 = 1_000_000;

/// The price of a token, of the prompt and of the answer, in 10⁻¹² US dollars: a price of nine decimals per 1,000 tokens
/// is a whole number per token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    prompt: u128,
    completion: u128,
}

impl Rate {
    /// Of prices in 10⁻¹² US dollars per token.
    pub(crate) const fn of_tokens(prompt: u128, completion: u128) -> Rate {
        Rate { prompt, completion }
    }

    /// Of the members `promptPer1k` and `completionPer1k` of the object at `path`: US dollars per 1,000 tokens, as a
    /// string or a number, at most nine decimals. Faults quote no value.
    pub(crate) fn read(path: &Path, prompt: Option<Json>, completion: Option<Json>, faults: &mut Faults) -> Rate {
        let mut price = |name, value| {
            let read = price(&path.name(name), value);
            read.map_err(|fault| faults.add(|| fault)).unwrap_or_default()
        };
        Rate { prompt: price("promptPer1k", prompt), completion: price("completionPer1k", completion) }
    }

    /// What `usage` costs, in 10⁻¹² US dollars. 2⁶⁴ tokens at [`MOST_USD`] are below 10³⁵: twice that fits.
    pub(crate) fn cost(self, usage: Usage) -> u128 {
        u128::from(usage.prompt_tokens) * self.prompt + u128::from(usage.completion_tokens) * self.completion
    }
}

/// Dollars per 1,000 tokens as 10⁻¹² dollars per token.
fn price(path: &Path, value: Option<Json>) -> Result<u128, Fault> {
    let text = match value {
        Some(Json::String(text)) => text,
        Some(Json::Number(number)) => number.to_string(),
        other => {
            let found = other.as_ref().map_or("nothing", Json::kind);
            let message = format!("Expected a price in US dollars per 1,000 tokens, found {found}.");
            return Err(Fault::new(path, "wrong_type", message));
        }
    };
    nano(&text).filter(|nano| *nano <= MOST_USD * 1_000_000_000).ok_or_else(|| {
        let message =
            format!("Expected a decimal number from 0 to {MOST_USD} with at most nine decimals, such as \"0.00015\".");
        Fault::new(path, "bad_price", message)
    })
}
