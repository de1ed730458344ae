//! What a call costs, in exact decimals.

use crate::genesys::Usage;

/// Millionths of a dollar per token where nothing is known about the model: 0.000002 USD (requirements, C5).
const MICRO_USD: u128 = 2;

/// The estimate for `usage` in US dollars, as a decimal number of six places: `"0.000084"`.
pub fn estimate_usd(usage: Usage) -> String {
    let tokens = u128::from(usage.prompt_tokens) + u128::from(usage.completion_tokens);
    let micro = tokens * MICRO_USD;
    format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact() {
        for (prompt_tokens, completion_tokens, expected) in [
            (0, 0, "0.000000"),
            (40, 2, "0.000084"),
            (250_000, 250_000, "1.000000"),
            (u64::MAX, u64::MAX, "73786976294838.206460"),
        ] {
            assert_eq!(estimate_usd(Usage { prompt_tokens, completion_tokens }), expected);
        }
    }
}
