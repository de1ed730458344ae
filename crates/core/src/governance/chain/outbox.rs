//! The rows of an isolate that are not in the chain yet.

use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use super::Head;
use super::segment::{Delivery, PAGE_ROWS, Receipt, Row};

/// Most rows that wait (ours): some megabytes. What comes beyond is in the log only, and is counted.
const MOST: usize = 5_000;

/// Rows that wait to be appended by the object that keeps the end of the chain.
#[derive(Debug, Clone)]
pub struct Outbox {
    /// What makes the keys of this isolate's rows unique.
    isolate: String,
    number: u64,
    rows: VecDeque<Row>,
    /// The object that kept the end when it was last asked, from 1, and what its part follows.
    object: u64,
    after: Head,
    /// The delivery that is on its way, as text: written once, however often it must be sent.
    delivery: Option<Rc<str>>,
    lost: u64,
}

impl Outbox {
    /// An empty one; `isolate` is a name that no other isolate has.
    pub fn new(isolate: &str) -> Outbox {
        let (rows, after) = (VecDeque::new(), Head::default());
        Outbox { isolate: isolate.to_owned(), number: 0, rows, object: 1, after, delivery: None, lost: 0 }
    }

    /// Adds a row, one line of JSON.
    pub fn push(&mut self, text: &str) {
        if self.rows.len() >= MOST {
            self.lost += 1;
            return;
        }
        self.number += 1;
        self.rows.push_back(Row { key: format!("{}-{}", self.isolate, self.number), text: text.to_owned() });
    }

    /// Row that wait.
    pub fn waiting(&self) -> usize {
        self.rows.len()
    }

    /// The object to be asked and what it is brought: the oldest rows, a [`Delivery`] as JSON. The same again until its
    /// receipt has come. Nothing, where nothing waits.
    pub fn delivery(&mut self) -> Option<(u64, Rc<str>)> {
        if self.rows.is_empty() {
            return None;
        }
        let delivery = self.delivery.get_or_insert_with(|| {
            let rows = self.rows.iter().take(PAGE_ROWS).cloned().collect();
            let delivery = Delivery { after: self.after.clone(), rows };
            // Strings and numbers only: this cannot fail.
            serde_json::to_string(&delivery).unwrap_or_default().into()
        });
        Some((self.object, delivery.clone()))
    }

    /// The answer to the last delivery.
    pub fn receipt(&mut self, receipt: Receipt) {
        let kept: BTreeSet<String> = receipt.kept.into_iter().collect();
        self.delivery = None;
        self.rows.retain(|row| !kept.contains(&row.key));
        if let Some(after) = receipt.full {
            self.object += 1;
            self.after = after;
        }
    }

    /// A line for the log where rows could not wait any longer: said once for all of them.
    pub fn lost(&mut self) -> Option<String> {
        let lost = std::mem::take(&mut self.lost);
        (lost > 0).then(|| serde_json::json!({ "event": "audit_lost", "rows": lost }).to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::governance::chain::{Segment, Verifier};

    /// Objects that lose answers, and isolates that deliver rows to them in any order: the chain has every row once.
    // Row H.
    #[test]
    #[expect(clippy::disallowed_macros, reason = "a randomised test prints its seed")]
    fn lost_answers_lose_and_double_nothing() {
        let seed = option_env!("AUDIT_SEED").and_then(|seed| seed.parse().ok()).unwrap_or(20_261_121u64);
        println!("AUDIT_SEED={seed}");
        let mut random = seed;
        let mut draw = |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        let mut objects: BTreeMap<u64, Vec<(u64, String, String)>> = BTreeMap::new();
        let mut isolates: Vec<Outbox> = (0..3).map(|number| Outbox::new(&format!("i{number}"))).collect();
        let mut pushed = 0;
        for turn in 0..2_000 {
            let at = draw(3) as usize;
            let isolate = &mut isolates[at];
            if turn < 1_000 {
                for _ in 0..draw(4) {
                    isolate.push(&format!(r#"{{"n":{pushed}}}"#));
                    pushed += 1;
                }
            }
            let Some((object, delivery)) = isolate.delivery() else { continue };
            let kept = objects.entry(object).or_default();
            let text = |line: Option<&(u64, String, String)>| line.map(|(_, _, text)| text.clone());
            let segment =
                Segment::restore(text(kept.first()).as_deref(), text(kept.last()).as_deref(), None, 100).unwrap();
            let delivery = serde_json::from_str(&delivery).unwrap();
            let taken = segment.take(delivery, |key| kept.iter().any(|(_, known, _)| known == key));
            kept.extend(taken.lines);
            // the answer may not come
            if draw(3) > 0 {
                isolate.receipt(taken.receipt);
            }
        }
        assert!(isolates.iter_mut().all(|isolate| isolate.delivery().is_none()));
        let mut verifier = Verifier::default();
        let lines: Vec<_> = objects.values().flatten().collect();
        lines.iter().for_each(|(_, _, line)| verifier.line(line).unwrap());
        assert_eq!((lines.len(), objects.len() > 3), (pushed, true));
    }

    #[test]
    fn what_cannot_wait_is_counted() {
        let mut outbox = Outbox::new("i");
        (0..MOST + 2).for_each(|_| outbox.push("{}"));
        assert_eq!(outbox.lost().as_deref(), Some(r#"{"event":"audit_lost","rows":2}"#));
        assert_eq!(outbox.lost(), None);
        let (object, delivery) = outbox.delivery().unwrap();
        let delivery: Delivery = serde_json::from_str(&delivery).unwrap();
        assert_eq!((object, delivery.rows.len(), outbox.waiting()), (1, PAGE_ROWS, MOST));
    }

    /// While the object is away, thousands of rows wait: they are not written anew for each try.
    #[test]
    fn a_delivery_is_written_once() {
        let mut outbox = Outbox::new("i");
        outbox.push("{}");
        let (_, first) = outbox.delivery().unwrap();
        outbox.push("{}");
        let (_, again) = outbox.delivery().unwrap();
        assert!(Rc::ptr_eq(&first, &again));
        let kept = serde_json::from_str::<Delivery>(&first).unwrap().rows.into_iter().map(|row| row.key).collect();
        outbox.receipt(Receipt { kept, full: None });
        let (_, next) = outbox.delivery().unwrap();
        assert_eq!(serde_json::from_str::<Delivery>(&next).unwrap().rows.len(), 1, "what came meanwhile");
    }
}
