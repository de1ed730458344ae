//! The rules that wait, per endpoint, in order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use super::{Fault, On};

/// Faults for the next so many requests of an endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Requests left; `None` for ever.
    pub(crate) times: Option<u64>,
    pub(crate) faults: Arc<[Fault]>,
    /// The rule as it was written, for listing.
    pub(crate) source: Value,
}

/// Rules in the order they came. The first rule of an endpoint is used up before the next.
#[derive(Debug, Default)]
pub(crate) struct Queue(BTreeMap<On, VecDeque<Rule>>);

impl Queue {
    pub(crate) fn add(&mut self, on: On, rule: Rule) {
        self.0.entry(on).or_default().push_back(rule);
    }

    /// The faults of the next request of an endpoint; none if no rule waits.
    pub(crate) fn take(&mut self, on: On) -> Arc<[Fault]> {
        let Some(rules) = self.0.get_mut(&on) else {
            return Arc::default();
        };
        let Some(rule) = rules.front_mut() else {
            return Arc::default();
        };
        let faults = Arc::clone(&rule.faults);
        if let Some(times) = &mut rule.times {
            *times -= 1;
            if *times == 0 {
                rules.pop_front();
            }
        }
        faults
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Rules that wait.
    pub(crate) fn len(&self) -> u64 {
        self.0.values().map(|rules| rules.len() as u64).sum()
    }

    /// The rules that wait, as written, with the times that are left.
    pub(crate) fn list(&self) -> Value {
        self.0
            .values()
            .flatten()
            .map(|rule| {
                let mut source = rule.source.clone();
                if let Some(map) = source.as_object_mut() {
                    map.insert("times".into(), rule.times.map_or(Value::Null, Value::from));
                }
                source
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_used_up_in_order_and_apart() {
        let mut queue = Queue::default();
        let rule = |times, ms| Rule { times, faults: Arc::new([Fault::Delay { ms }]), source: Value::Null };
        queue.add(On::Chat, rule(Some(2), 1));
        queue.add(On::Chat, rule(None, 2));
        let mut next = |on| match queue.take(on).first() {
            Some(Fault::Delay { ms }) => *ms,
            _ => 0,
        };
        let taken = [On::Chat, On::Token, On::Chat, On::Chat, On::Chat].map(&mut next);
        assert_eq!(taken, [1, 0, 1, 2, 2]);
    }
}
