//! The notification of a limit that is near or reached: a line of the log, and the body of its webhook.

use serde_json::json;

use super::timestamp;
use crate::budget::{Event, Limit, Scope};

/// One line of JSON of an event of the key `name`, or of the tenant, at `now_ms` (Unix ms).
pub fn limit_event(event: &Event, scope: Scope, name: &str, tenant: &str, now_ms: u64) -> String {
    json!({
        "event": event.name(),
        "timestamp": timestamp(now_ms),
        "tenant": tenant,
        "key_id": (scope == Scope::Key).then_some(name),
        "limit": event.limit.name(),
        "window": (event.limit != Limit::Calls).then(|| timestamp(event.window)),
        "used": event.limit.amount(event.used),
        "most": event.limit.amount(event.most),
    })
    .to_string()
}
