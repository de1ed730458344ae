//! What a request leaves behind: its audit row as one line of the log, its webhook as one POST, its metrics in
//! the object that keeps them.

use std::cell::RefCell;

use promptgate_core::governance::{Metric, Metrics, WebhookEvent};
use web_sys::AbortSignal;
use worker::Env;

use crate::{object, upstream};

thread_local! {
    /// What was counted and is not kept yet, and whether someone is about to bring it.
    static COUNTED: RefCell<(Metrics, bool)> = RefCell::new((Metrics::default(), false));
}

/// Writes an audit row.
pub(crate) fn row(line: &str) {
    worker::console_log!("{line}");
}

/// Counts; the next request that leaves something behind brings it.
pub(crate) fn count(count: impl FnOnce(&mut Metrics)) {
    COUNTED.with_borrow_mut(|(counted, _)| count(counted));
}

/// Sends the webhook, if there is one, and brings the metrics. Called when the client has its answer.
pub(crate) async fn behind(env: &Env, mut metrics: Metrics, event: Option<WebhookEvent>) {
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
