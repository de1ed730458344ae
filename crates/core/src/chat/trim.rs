//! Trims a conversation to its token budget (requirements, B2).

use super::count::{Counted, Weight};
use super::message::Role;
use super::request::ChatRequest;
use crate::guard::Findings;
use crate::problem::{Code, Problem};

/// What trimming did: token figures are whole tokens, rounded up.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Trim {
    /// Indices, in the client's array of messages, of those that were left out.
    pub dropped: Vec<usize>,
    /// Tokens of instructions and conversation as they came.
    pub tokens_before: u64,
    /// Tokens of what is sent.
    pub tokens_after: u64,
    /// The most that may be sent: ratio × budget.
    pub limit: u64,
    /// `estimate`, `cl100k_base` or `o200k_base`.
    pub counted_by: &'static str,
}

/// A request that fits, and may be sent. Made only by [`Counted::trim`].
#[derive(Debug, Clone)]
pub struct Trimmed {
    counted: Counted,
    ratio_permille: u64,
    /// What trimming did; nothing where there is no budget.
    pub trim: Option<Trim>,
}

impl Counted {
    /// Drops the oldest turns until the conversation takes at most `ratio_permille` thousandths of its budget. Messages
    /// of the role `system` and the newest one of the role `user` are never dropped, and what tools say goes with the
    /// message that called them.
    ///
    /// # Errors
    /// [`Code::ContextTooLong`], with the numbers, where what may not be dropped does not fit.
    pub fn trim(mut self, ratio_permille: u64) -> Result<Trimmed, Problem> {
        let Some((budget, is_window)) = self.budget else {
            return Ok(Trimmed { counted: self, ratio_permille, trim: None });
        };
        let limit = Weight::tokens(budget).ratio(ratio_permille);
        let before = self.messages.iter().fold(self.fixed, |sum, weight| sum.plus(*weight));
        let messages = &mut self.checked.request.messages;
        let newest_user = messages.iter().rposition(|message| message.role == Role::User);
        let mut after = before;
        let mut dropped = Vec::new();
        let mut at = 0;
        while at < messages.len() {
            let tools = messages.iter().skip(at + 1).take_while(|message| message.role == Role::Tool).count();
            let end = at + 1 + tools;
            let stays = after <= limit
                || messages.get(at).is_none_or(|message| message.role == Role::System)
                || Some(at) == newest_user;
            let weights = self.messages.get(at..end).unwrap_or_default();
            for (message, weight) in messages.iter_mut().take(end).skip(at).zip(weights) {
                message.dropped = !stays;
                if !stays {
                    after = after.minus(*weight);
                    dropped.push(message.index);
                }
            }
            at = end;
        }
        if after > limit {
            let raise = match is_window {
                true => "",
                false => {
                    ", or raise `maxTokens`, or have the operator set the model's `window` in MODELS, or CONTEXT_WINDOW"
                }
            };
            let detail = format!(
                "Instructions, `system` messages and the newest `user` message take {} tokens; at most {} fit \
                 ({ratio_permille}/1000 of a budget of {budget}). Shorten them{raise}.",
                after.ceil(),
                limit.floor(),
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
        Ok(Trimmed { counted: self, ratio_permille, trim: Some(trim) })
    }
}

impl Trimmed {
    /// The same, trimmed harder, for the one further try after upstream reported that the prompt is too long (B7): ratio
    /// 0.6, or three quarters of a configured ratio that is no larger. Nothing is counted again.
    ///
    /// # Errors
    /// [`Code::ContextTooLong`] where nothing more can be left out.
    pub fn tighter(&self) -> Result<Trimmed, Problem> {
        let ratio_permille = if self.ratio_permille > 600 { 600 } else { self.ratio_permille * 3 / 4 };
        let tighter = self.counted.clone().trim(ratio_permille)?;
        let dropped = |trimmed: &Trimmed| trimmed.trim.as_ref().map_or(0, |trim| trim.dropped.len());
        match dropped(&tighter) > dropped(self) {
            true => Ok(tighter),
            false => Err(Problem::new(Code::ContextTooLong, nothing_to_leave_out("the prompt"))),
        }
    }

    /// What is sent.
    pub fn request(&self) -> &ChatRequest {
        &self.counted.checked.request
    }

    /// What the guard has found in it, and in what was left out.
    pub fn findings(&self) -> &Findings {
        &self.counted.checked.findings
    }

    /// What the answer gets back.
    pub fn tags(&self) -> &promptgate_guard::Tags {
        &self.counted.checked.tags
    }

    /// How many instructions and turns are sent: the audit row's figures (B6).
    pub fn counts(&self) -> (usize, usize) {
        (self.request().instructions().count(), self.request().turns().count())
    }
}

/// Why there is no second try.
pub fn nothing_to_leave_out(what: &str) -> String {
    format!("The upstream says that {what} is too long for the model, and nothing of it can be left out: shorten it.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{ChatRules, Counting};
    use crate::front::promptgate::decode;
    use crate::guard::Guards;
    use serde_json::json;

    /// Messages as (role, length in units); one system instruction of `system` units.
    fn counted(system: usize, messages: &[(&str, usize)], max_tokens: u64, window: Option<u64>) -> Counted {
        let context: Vec<_> =
            messages.iter().map(|(role, length)| json!({"role": role, "content": "x".repeat(*length)})).collect();
        let body = json!({
            "systemInstructions": ["x".repeat(system)], "context": context,
            "temperature": 0, "maxTokens": max_tokens, "modelId": "m",
        });
        let rules = ChatRules { counting: Counting::Estimate, ..ChatRules::default() };
        let checked = decode(body.to_string().as_bytes()).unwrap().check(&Guards::default().input).unwrap();
        checked.count(&rules, window, &mut promptgate_vocabularies::counters())
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
            let trimmed = counted(0, &messages, 100, None).trim(800).unwrap();
            let trim = trimmed.trim.as_ref().unwrap();
            assert_eq!(trim.dropped, dropped, "{messages:?}");
            assert_eq!(trimmed.request().turns().count(), messages.len() - dropped.len());
            assert!(trim.tokens_after <= trim.limit);
        }
    }

    #[test]
    fn what_may_not_be_dropped_is_refused_with_the_numbers() {
        for messages in [vec![("user", 321)], vec![("system", 200), ("user", 121)], vec![("agent", 9), ("user", 400)]] {
            let problem = counted(0, &messages, 100, None).trim(800).unwrap_err();
            assert_eq!(problem.code, Code::ContextTooLong, "{messages:?}");
            assert!(problem.detail.contains("at most 80"), "{}", problem.detail);
        }
        assert_eq!(counted(321, &[], 100, None).trim(800).unwrap_err().code, Code::ContextTooLong);
        assert!(counted(320, &[], 100, None).trim(800).is_ok());
    }

    #[test]
    fn a_context_window_replaces_the_answers_budget() {
        let trimmed = |window| counted(0, &[("user", 3200)], 1, Some(window)).trim(800);
        assert_eq!(trimmed(1000).unwrap().trim.unwrap().limit, 800);
        assert_eq!(trimmed(1000).unwrap().tighter().unwrap_err().code, Code::ContextTooLong);
        assert_eq!(trimmed(2000).unwrap().tighter().unwrap_err().code, Code::ContextTooLong, "nothing more goes");
        assert!(trimmed(u64::MAX).is_ok());
    }

    #[test]
    fn the_second_trim_is_harder() {
        let turns = [("user", 100), ("agent", 100), ("user", 100)];
        for (ratio, dropped) in [(800, 1), (400, 2)] {
            let trimmed = counted(0, &turns, 100, Some(if ratio == 800 { 100 } else { 125 })).trim(ratio).unwrap();
            let before = trimmed.trim.as_ref().unwrap().dropped.len();
            assert_eq!(trimmed.tighter().unwrap().trim.unwrap().dropped.len(), dropped, "{ratio}, {before} before");
        }
    }

    proptest::proptest! {
        // Row B2.
        #[test]
        fn the_rules_hold(
            lengths in proptest::collection::vec((0usize..3, 0usize..200), 0..25),
            max_tokens in 1u64..400,
        ) {
            let messages: Vec<_> = lengths.iter().map(|(role, length)| (["user", "agent", "system"][*role], *length)).collect();
            if let Ok(trimmed) = counted(10, &messages, max_tokens, None).trim(800) {
                let trim = trimmed.trim.as_ref().unwrap();
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
