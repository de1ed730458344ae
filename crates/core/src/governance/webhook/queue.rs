//! Messages of an isolate that no object keeps yet.

use std::collections::BTreeMap;

use super::{Destinations, Event, Message};

/// Most messages that the object of a destination keeps to be sent (ours): half a gigabyte or so. What comes beyond is
/// lost, and said.
pub const MAX_WAITING: usize = 500_000;
/// Most that wait in an isolate for each destination (ours): some megabytes.
const MOST: usize = 5_000;
/// Most that are sent to an object at once (ours).
const BATCH: usize = 500;

/// What waits, by the name of its destination.
#[derive(Debug, Default)]
pub struct Queue {
    waiting: BTreeMap<String, Vec<Message>>,
    lost: u64,
}

impl Queue {
    /// Adds an event at `now_ms` (Unix ms) for everyone who wants it.
    pub fn push(&mut self, event: &Event, destinations: &Destinations, now_ms: u64) {
        for destination in destinations.of(event.family) {
            let waiting = self.waiting.entry(destination.name.clone()).or_default();
            if waiting.len() < MOST {
                waiting.push(event.message(now_ms));
            } else {
                self.lost += 1;
            }
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The oldest messages of each destination, for its object.
    pub fn take(&mut self) -> Vec<(String, Vec<Message>)> {
        let batch = |(name, waiting): (&String, &mut Vec<Message>)| {
            (name.clone(), waiting.drain(..waiting.len().min(BATCH)).collect())
        };
        let taken = self.waiting.iter_mut().map(batch).collect();
        self.waiting.retain(|_, waiting| !waiting.is_empty());
        taken
    }

    /// They could not be sent: they come first, the next time.
    pub fn put_back(&mut self, name: String, mut messages: Vec<Message>) {
        let waiting = self.waiting.entry(name).or_default();
        messages.append(waiting);
        self.lost += messages.len().saturating_sub(MOST) as u64;
        messages.truncate(MOST);
        *waiting = messages;
    }

    /// An object had no room for so many.
    pub fn refused(&mut self, count: u64) {
        self.lost += count;
    }

    /// A line for the log where messages could not be kept: said once for all of them.
    pub fn lost(&mut self) -> Option<String> {
        let lost = std::mem::take(&mut self.lost);
        (lost > 0).then(|| serde_json::json!({ "event": "webhook_lost", "messages": lost }).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::webhook::{Destination, Family};
    use crate::sensitive::Sensitive;

    fn destinations() -> Destinations {
        let of = |name: &str, families: &[Family]| Destination {
            name: name.into(),
            url: Sensitive::new("https://hooks.example"),
            families: families.to_vec(),
            keys: Vec::new(),
            private: false,
        };
        Destinations(vec![of("all", &Family::ALL), of("templates", &[Family::Template])])
    }

    fn event(family: Family, number: usize) -> Event {
        Event { family, name: "x", subject: number.to_string(), body: "{}".into() }
    }

    // Row H.
    #[test]
    fn each_goes_to_those_who_want_it_in_order() {
        let mut queue = Queue::default();
        queue.push(&event(Family::Template, 1), &destinations(), 5);
        queue.push(&event(Family::Limit, 2), &destinations(), 6);
        let taken = queue.take();
        let ids = |taken: &[(String, Vec<Message>)]| -> Vec<String> {
            taken.iter().flat_map(|(to, all)| all.iter().map(move |message| format!("{to}:{}", message.id))).collect()
        };
        assert_eq!(ids(&taken), ["all:msg_1", "all:msg_2", "templates:msg_1"]);
        assert!(queue.is_empty());
        queue.push(&event(Family::Limit, 3), &destinations(), 7);
        taken.into_iter().for_each(|(name, messages)| queue.put_back(name, messages));
        assert_eq!(ids(&queue.take()), ["all:msg_1", "all:msg_2", "all:msg_3", "templates:msg_1"]);
    }

    #[test]
    fn what_cannot_wait_is_counted() {
        let mut queue = Queue::default();
        (0..MOST + 2).for_each(|number| queue.push(&event(Family::Limit, number), &destinations(), 0));
        assert_eq!(queue.lost().as_deref(), Some(r#"{"event":"webhook_lost","messages":2}"#));
        let taken = queue.take();
        assert_eq!(taken[0].1.len(), BATCH);
        queue.push(&event(Family::Limit, 0), &destinations(), 0);
        taken.into_iter().for_each(|(name, messages)| queue.put_back(name, messages));
        assert_eq!(queue.lost().as_deref(), Some(r#"{"event":"webhook_lost","messages":1}"#));
    }
}
