//! What a call costs, in exact decimals.

use std::collections::BTreeMap;

use crate::chat::event::Usage;
use crate::fault::{Faults, Path};
use crate::json;
use crate::schema::{Document, Field, Shape, document};
use crate::upstream::{Provider, Rate};

/// What a price is counted in: 10⁻¹² US dollars, so that a price of nine decimals per 1,000 tokens is a whole
/// number per token.
const PER_USD: u128 = 1_000_000_000_000;
/// The price per token where nothing is known about the model: 0.000002 USD (requirements, C5).
const FLAT: Rate = Rate::of_tokens(2_000_000, 2_000_000);
/// In a document: every model of a provider that is not named.
const ANY: &str = "*";
/// An amount and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    amount: u128,
    /// US dollars, an exact decimal of at least six places: `"0.000084"`.
    pub usd: String,
    /// `model_rate`, `provider_rate`, `flat_rate`; `unknown` where no rate is set, and the amount is 0.
    pub basis: &'static str,
}

impl Cost {
    /// Of what was never sent.
    pub fn nothing() -> Cost {
        Cost::of(0, "nothing_sent")
    }

    /// The amount in billionths of a dollar, rounded up, for metrics.
    pub fn billionths(&self) -> u64 {
        u64::try_from(self.amount.div_ceil(1_000)).unwrap_or(u64::MAX)
    }

    fn of(amount: u128, basis: &'static str) -> Cost {
        Cost { amount, usd: decimal(amount), basis }
    }
}

/// An amount in billionths of a dollar as US dollars.
pub(super) fn usd(billionths: u64) -> String {
    decimal(u128::from(billionths) * 1_000)
}

/// The operator's rates, by provider and model: US dollars **per 1,000 tokens**.
///
/// Document 002 multiplies its figures (0.00015 and 0.0006 for openai) by single tokens; they are the list prices
/// of `gpt-4o-mini` per 1,000 tokens, and taken per token they would be a thousand times too much. So the unit
/// here is in the members' names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rates(BTreeMap<&'static str, BTreeMap<String, Rate>>);

impl Default for Rates {
    /// Those of requirement C5: openai 0.00015 and 0.0006, azure 0.00012 and 0.0005, for all their models.
    fn default() -> Self {
        let any = |prompt, completion| BTreeMap::from([(ANY.to_owned(), Rate::of_tokens(prompt, completion))]);
        Rates(BTreeMap::from([
            (Provider::OpenAi.name(), any(150_000, 600_000)),
            (Provider::Azure.name(), any(120_000, 500_000)),
        ]))
    }
}

impl Rates {
    /// Reads `{"openai": {"gpt-4o": {"promptPer1k": "0.0025", "completionPer1k": 0.01}, "*": {…}}}`, in place of
    /// the defaults: US dollars per 1,000 tokens, as a string or a number, at most nine decimals; `*` is every
    /// other model of the provider.
    ///
    /// # Errors
    /// Every fault, with its path. No fault quotes a value.
    pub fn parse(text: &str) -> Result<Rates, Faults> {
        let mut document = document(json::parse(text.as_bytes())?, &SHAPE)?;
        let mut faults = Faults::default();
        let mut rates = BTreeMap::new();
        for provider in Provider::ALL.iter().map(|provider| provider.name()) {
            let Some(models) = document.object(provider) else { continue };
            let rates: &mut BTreeMap<_, _> = rates.entry(provider).or_default();
            for (model, rate) in models.into_members() {
                let path = Path::root().name(provider).name(&model);
                let mut rate = Document::from(rate);
                let (prompt, completion) = (rate.take("promptPer1k"), rate.take("completionPer1k"));
                rates.insert(model, Rate::read(&path, prompt, completion, &mut faults));
            }
        }
        if faults.is_empty() { Ok(Rates(rates)) } else { Err(faults) }
    }

    /// What `usage` costs with a provider's model.
    pub fn cost(&self, provider: &str, model: &str, usage: Usage) -> Cost {
        let models = self.0.get(provider);
        let named = models.and_then(|models| models.get(model)).map(|rate| (rate, "model_rate"));
        let any = || models.and_then(|models| models.get(ANY)).map(|rate| (rate, "provider_rate"));
        match named.or_else(any) {
            Some((rate, basis)) => Cost::of(rate.cost(usage), basis),
            None => Cost::of(0, "unknown"),
        }
    }

    /// Whether the operator has set a rate for this model, of whichever provider.
    pub fn names(&self, model: &str) -> bool {
        model != ANY && self.0.values().any(|models| models.contains_key(model))
    }

    /// What `usage` costs in a chat, which names a model and no provider: the model's rate if exactly one provider
    /// has one for it, else the flat one. Where the model's route says what it costs, that counts: `own`.
    pub fn chat_cost(&self, model: &str, own: Option<Rate>, usage: Usage) -> Cost {
        if let Some(rate) = own {
            return Cost::of(rate.cost(usage), "model_rate");
        }
        let mut named = self.0.values().filter_map(|models| models.get(model).filter(|_| model != ANY));
        match (named.next(), named.next()) {
            (Some(rate), None) => Cost::of(rate.cost(usage), "model_rate"),
            _ => Cost::of(FLAT.cost(usage), "flat_rate"),
        }
    }
}

/// An amount of 10⁻¹² US dollars, with six places, or as many as it takes.
fn decimal(amount: u128) -> String {
    let text = format!("{}.{:012}", amount / PER_USD, amount % PER_USD);
    let least = text.len() - 6;
    let exact = text.trim_end_matches('0').len();
    text.get(..exact.max(least)).unwrap_or_default().to_owned()
}

/// What models cost, as it is configured.
static SHAPE: Shape = {
    const MODELS: Shape = Shape::Map(&Shape::Object(&[
        Field::required("promptPer1k", Shape::Any),
        Field::required("completionPer1k", Shape::Any),
    ]));
    Shape::Object(&[
        Field::optional("openai", MODELS),
        Field::optional("azure", MODELS),
        Field::optional("anthropic", MODELS),
        Field::optional("bedrock", MODELS),
    ])
};

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(prompt_tokens: u64, completion_tokens: u64) -> Usage {
        Usage { prompt_tokens, completion_tokens }
    }

    #[test]
    fn the_flat_rate_is_exact() {
        for (used, expected) in [
            (usage(0, 0), "0.000000"),
            (usage(40, 2), "0.000084"),
            (usage(250_000, 250_000), "1.000000"),
            (usage(u64::MAX, u64::MAX), "73786976294838.206460"),
        ] {
            assert_eq!(Rates::default().chat_cost("m", None, used).usd, expected);
        }
    }

    // Row C5.
    #[test]
    fn rates_are_exact() {
        let rates = Rates::parse(
            r#"{"openai": {"gpt-4o": {"promptPer1k": 0.0025, "completionPer1k": "0.01"},
                           "tiny": {"promptPer1k": 1e-9, "completionPer1k": "0.000000001"},
                           "dear": {"promptPer1k": 1000000, "completionPer1k": 1e6}},
                "azure": {"gpt-4o": {"promptPer1k": 1, "completionPer1k": 1}, "*": {"promptPer1k": 0, "completionPer1k": 2}},
                "bedrock": {}}"#,
        )
        .unwrap();
        for (provider, model, used, usd, basis) in [
            ("openai", "gpt-4o", usage(45, 28), "0.0003925", "model_rate"),
            ("openai", "tiny", usage(1, 0), "0.000000000001", "model_rate"),
            ("openai", "dear", usage(u64::MAX, u64::MAX), "36893488147419103230000.000000", "model_rate"),
            ("openai", "o9", usage(45, 28), "0.000000", "unknown"),
            ("azure", "o9", usage(45, 28), "0.056000", "provider_rate"),
            ("bedrock", "x", usage(1, 1), "0.000000", "unknown"),
            ("anthropic", "x", usage(1, 1), "0.000000", "unknown"),
        ] {
            let cost = rates.cost(provider, model, used);
            assert_eq!((cost.usd.as_str(), cost.basis), (usd, basis), "{provider} {model}");
        }
        let defaults = Rates::default();
        assert_eq!(defaults.cost("openai", "gpt-4o-mini", usage(45, 28)).usd, "0.00002355");
        assert_eq!(defaults.cost("azure", "x", usage(1000, 1000)).usd, "0.000620");
        assert_eq!(rates.cost("openai", "tiny", usage(1, 0)).billionths(), 1, "no cost is told as none");
        assert_eq!(rates.cost("openai", "dear", usage(u64::MAX, 0)).billionths(), u64::MAX);
        for (model, basis) in [("tiny", "model_rate"), ("gpt-4o", "flat_rate"), ("*", "flat_rate"), ("", "flat_rate")] {
            assert_eq!(rates.chat_cost(model, None, usage(1, 1)).basis, basis, "{model}");
        }
    }

    #[test]
    fn hostile_rates() {
        let one = |price: &str| format!(r#"{{"openai":{{"m":{{"promptPer1k":{price},"completionPer1k":0}}}}}}"#);
        for price in [
            "-1",
            "1e-10",
            "\"\"",
            "\"1.\"",
            "\".5\"",
            "\"1,5\"",
            "\"0x1\"",
            "\"1e999\"",
            "\"١\"",
            "1000001",
            "1e300",
            "\"canary\"",
        ] {
            let faults = Rates::parse(&one(price)).unwrap_err();
            assert_eq!((faults[0].path.as_str(), faults[0].code), ("$.openai.m.promptPer1k", "bad_price"), "{price}");
            assert!(!format!("{faults:?}").contains("canary"));
        }
        for (text, path, code) in [
            ("", "$", "empty_body"),
            ("[]", "$", "wrong_type"),
            (r#"{"opnai":{}}"#, "$.opnai", "unknown_field"),
            (r#"{"openai":1}"#, "$.openai", "wrong_type"),
            (r#"{"openai":{"m":{"promptPer1k":1}}}"#, "$.openai.m.completionPer1k", "missing_field"),
            (r#"{"openai":{"m":{"promptPer1k":null,"completionPer1k":1}}}"#, "$.openai.m.promptPer1k", "wrong_type"),
        ] {
            let faults = Rates::parse(text).unwrap_err();
            assert_eq!((faults[0].path.as_str(), faults[0].code), (path, code), "{text}");
        }
    }
}
