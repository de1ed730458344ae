//! The bytes of request bodies that an isolate holds: no client can make the gateway hold more, and none can use up what
//! the others need.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::intake::too_large;
use crate::problem::{Code, Problem};

/// Most bytes of all bodies together (ours): an isolate has 128 MB for everything.
pub const MAX_IN_FLIGHT: usize = 48 << 20;
/// Most bytes of the bodies of one key (ours): half, so that one key leaves room for the others.
pub const MAX_OF_KEY: usize = MAX_IN_FLIGHT / 2;
/// When a client that was refused may try again (ours).
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The count of an isolate.
#[derive(Debug, Default)]
pub struct InFlight {
    total: usize,
    keys: BTreeMap<String, usize>,
}

/// The count of one body, from its first byte until [`InFlight::release`].
#[derive(Debug)]
pub struct Reading {
    key_id: String,
    bytes: usize,
    most: usize,
}

impl Reading {
    /// The body of a request with the key `key_id`, of which nothing has come yet; it may have `most` bytes.
    pub fn new(key_id: &str, most: usize) -> Reading {
        Reading { key_id: key_id.to_owned(), bytes: 0, most }
    }
}

impl InFlight {
    /// Counts the next `bytes` of a body.
    ///
    /// # Errors
    /// [`Code::BodyTooLarge`] beyond the most of one body, [`Code::Overloaded`] beyond [`MAX_OF_KEY`] and
    /// [`MAX_IN_FLIGHT`]. Then these bytes are not counted, and must not be kept.
    pub fn hold(&mut self, reading: &mut Reading, bytes: usize) -> Result<(), Problem> {
        if reading.bytes.saturating_add(bytes) > reading.most {
            return Err(too_large(reading.most));
        }
        let of_key = self.keys.get(&reading.key_id).copied().unwrap_or_default().saturating_add(bytes);
        let total = self.total.saturating_add(bytes);
        let detail = match (of_key > MAX_OF_KEY, total > MAX_IN_FLIGHT) {
            (true, _) => "The bodies that this key is sending at once are too large together: send fewer at once.",
            (false, true) => "The bodies that are being sent at once are too large together: try again in a moment.",
            (false, false) => {
                self.keys.insert(reading.key_id.clone(), of_key);
                self.total = total;
                reading.bytes += bytes;
                return Ok(());
            }
        };
        let mut problem = Problem::new(Code::Overloaded, detail);
        problem.retry_after = Some(RETRY_AFTER);
        Err(problem)
    }

    /// The bytes of a body are no longer held.
    pub fn release(&mut self, reading: Reading) {
        self.total = self.total.saturating_sub(reading.bytes);
        if let Some(of_key) = self.keys.get_mut(&reading.key_id) {
            *of_key = of_key.saturating_sub(reading.bytes);
            if *of_key == 0 {
                self.keys.remove(&reading.key_id);
            }
        }
    }

    /// Bytes that are held now.
    pub fn total(&self) -> usize {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::MAX_BODY;

    #[test]
    fn bodies_are_capped_while_they_come() {
        let mut held = InFlight::default();
        let mut reading = Reading::new("a", MAX_BODY);
        held.hold(&mut reading, MAX_BODY).unwrap();
        assert_eq!(held.hold(&mut reading, 1).unwrap_err().code, Code::BodyTooLarge);
        assert_eq!(held.hold(&mut reading, usize::MAX).unwrap_err().code, Code::BodyTooLarge);
        held.release(reading);
        assert_eq!(held.total(), 0);
    }

    /// 200 bodies that stop half-way are held to half of the room, and what has gone is free again.
    #[test]
    fn one_key_leaves_room_for_the_others() {
        let mut held = InFlight::default();
        let half_sent = |held: &mut InFlight, key: &str| {
            let mut reading = Reading::new(key, MAX_BODY);
            held.hold(&mut reading, MAX_BODY - 1)
                .map(|()| reading)
                .map_err(|problem| (problem.code, problem.retry_after))
        };
        let (hostile, refused): (Vec<_>, Vec<_>) =
            (0..200).map(|_| half_sent(&mut held, "hostile")).partition(Result::is_ok);
        assert!(held.total() <= MAX_OF_KEY);
        assert_eq!((hostile.len(), refused.len()), (24, 176));
        assert!(refused.into_iter().all(|end| end.unwrap_err() == (Code::Overloaded, Some(RETRY_AFTER))));
        let honest: Vec<_> = (0..16).map(|_| half_sent(&mut held, "honest").unwrap()).collect();
        let others: Vec<_> = (0..100).filter_map(|at| half_sent(&mut held, &at.to_string()).ok()).collect();
        assert!(held.total() <= MAX_IN_FLIGHT && others.len() < 16);
        hostile.into_iter().flatten().chain(honest).chain(others).for_each(|reading| held.release(reading));
        assert_eq!((held.total(), held.keys.len()), (0, 0));
    }
}
