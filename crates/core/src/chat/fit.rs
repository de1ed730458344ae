//! Trims a conversation to its token budget (requirements, B2).

use super::count::{Weighed, Weight};
use super::message::{Message, Role};
use super::request::Request;
use crate::problem::{Code, Problem};

/// How much of the budget system text and conversation may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FitRules {
    /// Thousandths of the budget: 800 by default, 1–1000.
    pub ratio_permille: u64,
    /// The model's window in tokens; without one the budget is the request's `maxTokens`.
    pub context_window: Option<u64>,
}

impl Default for FitRules {
    fn default() -> Self {
        FitRules { ratio_permille: 800, context_window: None }
    }
}

impl FitRules {
    /// The rules for the one further try after upstream said that the prompt is too long (B7): ratio 0.6,
    /// or three quarters of a configured ratio that is no larger.
    pub fn tighter(self) -> FitRules {
        let ratio_permille = if self.ratio_permille > 600 { 600 } else { self.ratio_permille * 3 / 4 };
        FitRules { ratio_permille, ..self }
    }
}

/// What trimming did: token figures are whole tokens, rounded up.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Trim {
    /// Indices, in the client's `context`, of the messages that were left out.
    pub dropped: Vec<usize>,
    /// Tokens of system text and conversation as they came.
    pub tokens_before: u64,
    /// Tokens of what is sent.
    pub tokens_after: u64,
    /// The most that may be sent: ratio × budget.
    pub limit: u64,
    /// `estimate`, `cl100k_base` or `o200k_base`.
    pub counted_by: &'static str,
}

/// A request whose conversation fits. Made only by [`Weighed::fit`].
#[derive(Debug, Clone)]
pub struct Fitted<'a> {
    weighed: &'a Weighed,
    /// What trimming did.
    pub trim: Trim,
}

impl Weighed {
    /// Drops the oldest messages until system text and conversation take at most ratio × budget. Messages
    /// of the role `system` and the newest one of the role `user` are never dropped.
    ///
    /// # Errors
    /// [`Code::ContextTooLong`], with the numbers, where what may not be dropped does not fit.
    pub fn fit(&self, rules: &FitRules) -> Result<Fitted<'_>, Problem> {
        let request = self.checked.request();
        let limit = Weight::tokens(rules.context_window.unwrap_or(request.max_tokens)).ratio(rules.ratio_permille);
        let before = self.messages.iter().fold(self.system, |sum, weight| sum.plus(*weight));
        let newest_user = request.context.iter().rposition(|message| message.role == Role::User);

        let mut after = before;
        let mut dropped = Vec::new();
        for (index, (message, weight)) in request.context.iter().zip(&self.messages).enumerate() {
            if after <= limit {
                break;
            }
            if message.role != Role::System && Some(index) != newest_user {
                after = after.minus(*weight);
                dropped.push(index);
            }
        }
        if after > limit {
            let detail = format!(
                "System text, `system` messages and the newest `user` message take {} tokens; at most {} fit \
                 ({}/1000 of a budget of {}). Shorten them. Where no window of the model is configured the budget is `maxTokens`: raise it, or \
                 have the operator set the model's `window` in MODELS, or CONTEXT_WINDOW.",
                after.ceil(),
                limit.floor(),
                rules.ratio_permille,
                rules.context_window.unwrap_or(request.max_tokens),
            );
            return Err(Problem::new(Code::ContextTooLong, detail));
        }
        let trim = Trim {
            dropped,
            tokens_before: before.ceil(),
            tokens_after: after.ceil(),
            limit: limit.floor(),
            counted_by: self.counted_by,
        };
        Ok(Fitted { weighed: self, trim })
    }
}

impl Fitted<'_> {
    /// The request as it came.
    pub fn request(&self) -> &Request {
        self.weighed.checked.request()
    }

    /// The messages that are sent, oldest first.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        let kept = |(index, message)| (!self.trim.dropped.contains(&index)).then_some(message);
        self.request().context.iter().enumerate().filter_map(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Guards;
    use promptgate_tokens::{Counters, Counting};
    use serde_json::json;

    /// Messages as (role, length in units); one system instruction of `system` units.
    fn weighed(system: usize, messages: &[(&str, usize)], max_tokens: u64) -> Weighed {
        let context: Vec<_> =
            messages.iter().map(|(role, length)| json!({"role": role, "content": "x".repeat(*length)})).collect();
        let body = json!({
            "systemInstructions": ["x".repeat(system)], "context": context,
            "temperature": 0, "maxTokens": max_tokens, "modelId": "m",
        });
        Request::parse(body.to_string().as_bytes())
            .unwrap()
            .check(&Guards::default().input)
            .unwrap()
            .weigh(Counting::Estimate, &mut Counters::default())
    }

    #[test]
    fn oldest_go_first_and_only_as_many_as_needed() {
        // budget 100 tokens, limit 80 tokens = 320 units
        for (messages, dropped) in [
            (vec![("user", 100), ("agent", 100), ("user", 100)], vec![]),
            (vec![("user", 100), ("agent", 100), ("user", 120)], vec![]),
            (vec![("user", 100), ("agent", 100), ("user", 121)], vec![0]),
            (vec![("user", 1), ("agent", 200), ("user", 200)], vec![0, 1]),
            (vec![("system", 100), ("user", 100), ("agent", 100), ("user", 121)], vec![1, 2]),
            (vec![("user", 320), ("agent", 1), ("agent", 1)], vec![1, 2]),
            (vec![("user", 100), ("user", 300), ("agent", 100)], vec![0, 2]),
            (vec![("agent", 1000)], vec![0]),
            (vec![], vec![]),
        ] {
            let weighed = weighed(0, &messages, 100);
            let fitted = weighed.fit(&FitRules::default()).unwrap();
            assert_eq!(fitted.trim.dropped, dropped, "{messages:?}");
            assert_eq!(fitted.messages().count(), messages.len() - dropped.len());
            assert!(fitted.trim.tokens_after <= fitted.trim.limit);
        }
    }

    #[test]
    fn what_may_not_be_dropped_is_refused_with_the_numbers() {
        for messages in [vec![("user", 321)], vec![("system", 200), ("user", 121)], vec![("agent", 9), ("user", 400)]] {
            let problem = weighed(0, &messages, 100).fit(&FitRules::default()).unwrap_err();
            assert_eq!(problem.code, Code::ContextTooLong, "{messages:?}");
            assert!(problem.detail.contains("at most 80"), "{}", problem.detail);
        }
        assert_eq!(weighed(321, &[], 100).fit(&FitRules::default()).unwrap_err().code, Code::ContextTooLong);
        assert!(weighed(320, &[], 100).fit(&FitRules::default()).is_ok());
    }

    #[test]
    fn a_context_window_replaces_the_answers_budget() {
        let rules = FitRules { context_window: Some(1000), ..FitRules::default() };
        let weighed = weighed(0, &[("user", 3200)], 1);
        assert_eq!(weighed.fit(&rules).unwrap().trim.limit, 800);
        assert!(weighed.fit(&rules.tighter()).is_err());
        assert_eq!(FitRules { ratio_permille: 400, ..rules }.tighter().ratio_permille, 300);
        let vast = FitRules { context_window: Some(u64::MAX), ..rules };
        assert!(weighed.fit(&vast).is_ok());
    }

    proptest::proptest! {
        // Row B2.
        #[test]
        fn the_rules_hold(
            lengths in proptest::collection::vec((0usize..3, 0usize..200), 0..25),
            max_tokens in 1u64..400,
        ) {
            let messages: Vec<_> = lengths.iter().map(|(role, length)| (["user", "agent", "system"][*role], *length)).collect();
            let weighed = weighed(10, &messages, max_tokens);
            if let Ok(fitted) = weighed.fit(&FitRules::default()) {
                let trim = &fitted.trim;
                let kept: usize = 10 + messages.iter().enumerate()
                    .filter(|(index, _)| !trim.dropped.contains(index))
                    .map(|(_, message)| message.1).sum::<usize>();
                assert!(kept as u64 * 10 <= max_tokens * 32, "{kept} {max_tokens}");
                assert!(trim.dropped.is_sorted());
                let newest = messages.iter().rposition(|message| message.0 == "user");
                assert!(trim.dropped.iter().all(|index| messages[*index].0 != "system" && Some(*index) != newest));
                // None was dropped in vain: the last one dropped did not fit beside what stays.
                if let Some(last) = trim.dropped.last() {
                    assert!((kept + messages[*last].1) as u64 * 10 > max_tokens * 32, "{kept} {max_tokens}");
                }
            }
        }
    }
}
