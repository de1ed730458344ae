//! What a request leaves behind: its audit row as one line of the log, its webhook as one POST.

use promptgate_core::governance::{Audit, Webhook};
use web_sys::AbortSignal;

use crate::upstream;

/// Writes the row.
pub(crate) fn row(row: &Audit) {
    worker::console_log!("{}", row.line());
}

/// Sends the webhook, once, within its limit; a failure is a line of the log.
pub(crate) async fn webhook(webhook: &Webhook, row: &Audit, now_ms: u64) {
    let Some(request) = webhook.completed(row, now_ms) else { return };
    let limit = AbortSignal::timeout_with_u32(Webhook::TIMEOUT_MS as u32);
    let answer = upstream::send(&request, &limit).await;
    if let Some((_, Some(body))) = &answer {
        body.cancel();
    }
    if let Some(failure) = Webhook::failure(row, answer.map(|(head, _)| head)) {
        worker::console_log!("{failure}");
    }
}
