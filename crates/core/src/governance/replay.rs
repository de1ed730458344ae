//! The audit row of a request that read the answer of another one's call.

use super::event::{AuditEvent, AuditOutcome, Occasion};
use crate::front::About;
use crate::journal::State;

/// The action of such rows: nothing is sent, counted or costed for them.
const ACTION: &str = "call.replay";

/// The row of a request for `action`, `latency_ms` after it began. It read the answer of the call of `about`, which is in
/// `state`, unless it `left` before the end.
pub fn replay(
    occasion: &Occasion<'_>,
    action: &'static str,
    about: &About,
    (state, left): (State, bool),
    latency_ms: u64,
) -> AuditEvent {
    let mut event = AuditEvent::new(occasion, ACTION)
        .detail("replayed_action", action)
        .detail("replayed_request_id", about.request_id.as_str());
    event.outcome = match state {
        _ if left => AuditOutcome::Cancelled,
        State::Complete => AuditOutcome::Success,
        State::Indeterminate => AuditOutcome::Unknown,
        State::Failed => AuditOutcome::Failed,
        State::Reserved | State::Dispatched | State::Streaming => AuditOutcome::Deferred,
    };
    event.model = Some(about.model.clone());
    event.latency_ms = Some(latency_ms);
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    // Row H.
    #[test]
    fn a_replay_is_a_row_of_its_own_kind() {
        let about = About { request_id: "r-0".into(), model: "m".into(), started_ms: 0 };
        for (state, left, outcome) in [
            (State::Complete, false, AuditOutcome::Success),
            (State::Complete, true, AuditOutcome::Cancelled),
            (State::Failed, false, AuditOutcome::Failed),
            (State::Indeterminate, false, AuditOutcome::Unknown),
            (State::Streaming, false, AuditOutcome::Deferred),
        ] {
            let row = replay(&Occasion::for_test(), "chat.complete", &about, (state, left), 5);
            assert_eq!((row.action, row.outcome, row.attempts, row.tokens), ("call.replay", outcome, 0, None));
            assert_eq!((row.request_id.as_str(), row.cost_usd), ("r-1", None));
            assert_eq!(row.details["replayed_request_id"], "r-0");
        }
    }
}
