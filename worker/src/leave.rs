//! What a request leaves behind: its audit row as one line of the log and in the chain, its webhook as one POST, its
//! metrics in the object that keeps them.

use std::cell::RefCell;

use promptgate_core::governance::chain::Outbox;
use promptgate_core::governance::{Metric, Metrics, WebhookEvent};
use web_sys::AbortSignal;
use worker::Env;

use crate::{isolate, object, upstream};

thread_local! {
    /// What was counted and is not kept yet, and whether someone is about to bring it.
    static COUNTED: RefCell<(Metrics, bool)> = RefCell::new((Metrics::default(), false));
    /// The audit rows that are not kept yet, and whether someone is about to bring them.
    static ROWS: RefCell<(Outbox, bool)> = RefCell::new((Outbox::new(&isolate::random().request_id()), false));
}

/// Writes an audit row to the log; [`behind`] brings it to the chain.
pub(crate) fn row(line: &str) {
    worker::console_log!("{line}");
    ROWS.with_borrow_mut(|(rows, _)| rows.push(line));
}

/// Counts; the next request that leaves something behind brings it.
pub(crate) fn count(count: impl FnOnce(&mut Metrics)) {
    COUNTED.with_borrow_mut(|(counted, _)| count(counted));
}

/// Brings the audit rows, sends the webhook, if there is one, and brings the metrics. Called when the client has its
/// answer, or does not wait for it.
pub(crate) async fn behind(env: &Env, mut metrics: Metrics, event: Option<WebhookEvent>) {
    audit(env).await;
    if let Some(event) = event {
        let result = if webhook(&event).await { "taken" } else { "failed" };
        metrics.count(Metric::Webhooks, &[("event", event.name), ("result", result)], 1);
    }
    measure(env, metrics).await;
}

/// Sends the webhook, once, within its limit; a failure is a line of the log.
async fn webhook(event: &WebhookEvent) -> bool {
    let limit = AbortSignal::timeout_with_u32(event.timeout_ms);
    let answer = upstream::send(&event.request, &limit).await;
    if let Some((_, Some(body))) = &answer {
        body.cancel();
    }
    let head = answer.map(|(head, _)| head);
    let taken = WebhookEvent::taken(head.as_ref());
    if !taken {
        worker::console_log!("{}", event.failure(head.as_ref()));
    }
    taken
}

/// Adds to what is counted, and brings it to the object that keeps it. One request of the isolate brings what
/// many have counted meanwhile, so a crowd makes a few calls and not one each.
async fn measure(env: &Env, metrics: Metrics) {
    let bring = COUNTED.with_borrow_mut(|(counted, bringing)| {
        counted.merge(metrics);
        !std::mem::replace(bringing, true)
    });
    if !bring {
        return;
    }
    loop {
        let counted = COUNTED.with_borrow_mut(|(counted, bringing)| {
            *bringing = !counted.is_empty();
            std::mem::take(counted)
        });
        if counted.is_empty() {
            return;
        }
        if !object::metrics::add(env, &counted).await {
            // Kept for the next request, which may have more luck.
            return COUNTED.with_borrow_mut(|(later, bringing)| {
                later.merge(counted);
                *bringing = false;
            });
        }
    }
}

/// Brings the audit rows to the object that keeps the end of the chain. As with the metrics, one request brings the
/// rows of many. What cannot be brought now waits for the next request that leaves something behind.
async fn audit(env: &Env) {
    if ROWS.with_borrow_mut(|(_, bringing)| std::mem::replace(bringing, true)) {
        return;
    }
    while let Some((object, delivery)) = ROWS.with_borrow_mut(|(rows, _)| rows.delivery()) {
        let Some(receipt) = object::audit::bring(env, object, &delivery).await else { break };
        ROWS.with_borrow_mut(|(rows, _)| rows.receipt(receipt));
    }
    ROWS.with_borrow_mut(|(rows, bringing)| {
        if let Some(line) = rows.lost() {
            worker::console_log!("{line}");
        }
        *bringing = false;
    });
}
