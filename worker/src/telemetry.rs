//! What requests leave for the operator: audit rows, at once as lines of the log and in batches in the chain; counts, in
//! batches in the object that keeps the metrics; spans, in batches to the collector; webhooks, in batches to the objects
//! of their destinations.

use std::cell::RefCell;
use std::time::Duration;

use futures_util::future::{join_all, join3};
use promptgate_core::governance::chain::Outbox;
use promptgate_core::governance::trace::{MAX_SPANS, Span};
use promptgate_core::governance::webhook::Queue;
use promptgate_core::governance::{Intent, Intents, Metrics, Notice, Refusals, Schedule, WebhookEvent};
use web_sys::AbortSignal;
use worker::Env;

use crate::bridge::Delay;
use crate::state::{self, Clock, ExecutionContext};
use crate::{object, upstream};

/// How long one request brings what others leave (ours): the platform ends its work some 30 s after its answer.
const SHIFT: Duration = Duration::from_secs(20);

/// How long an export may take (ours).
const EXPORT_MS: u32 = 5_000;

/// How long an event waits for others before all are handed over (ours): to hand over each alone costs as much as to send
/// it. What a crash may cost.
const WEBHOOK_WINDOW: Duration = Duration::from_millis(25);

thread_local! {
    static WAITING: RefCell<Waiting> = RefCell::default();
}

/// What the requests of this isolate have left and no object keeps yet.
struct Waiting {
    rows: Option<Outbox>,
    counted: Metrics,
    spans: Vec<Span>,
    refusals: Refusals,
    intents: Intents,
    schedule: Schedule,
    webhooks: Queue,
    /// When webhooks are brought: sooner than rows, of which the log has a copy.
    webhook_schedule: Schedule,
}

impl Default for Waiting {
    fn default() -> Waiting {
        let (rows, counted, spans, refusals, intents, schedule, webhooks) = Default::default();
        let webhook_schedule = Schedule::within(WEBHOOK_WINDOW);
        Waiting { rows, counted, spans, refusals, intents, schedule, webhooks, webhook_schedule }
    }
}

impl Waiting {
    fn push(&mut self, line: &str) {
        if self.rows.is_none() {
            // Without randomness the keys of the rows would not be unique; no request gets this far then.
            let Ok(random) = state::random() else { return };
            self.rows = Some(Outbox::new(&random.request_id()));
        }
        if let Some(rows) = &mut self.rows {
            rows.push(line);
        }
    }

    fn rows(&self) -> usize {
        self.rows.as_ref().map_or(0, Outbox::waiting)
    }

    fn bring(&mut self) -> Option<Duration> {
        self.schedule.bring(state::now_ms(), self.rows())
    }
}

/// An audit row, written to the log now; [`bring`] takes it to the chain.
pub(crate) fn row(line: &str) {
    worker::console_log!("{line}");
    WAITING.with_borrow_mut(|waiting| {
        for omitted in waiting.refusals.omitted(state::now_ms()) {
            worker::console_log!("{omitted}");
            waiting.push(&omitted);
        }
        waiting.push(line);
    });
}

/// The row of a refusal of the key `key_id`: written to the log, and taken to the chain unless the key has made too many
/// of them lately.
pub(crate) fn refusal(tenant: &str, key_id: &str, line: &str) {
    let now_ms = state::now_ms();
    if WAITING.with_borrow_mut(|waiting| waiting.refusals.admit(tenant, key_id, now_ms)) {
        row(line);
    } else {
        worker::console_log!("{line}");
    }
}

/// A call that is sent; [`bring`] tells the object of it, unless it [`ended`] before.
pub(crate) fn sent(intent: Intent) {
    WAITING.with_borrow_mut(|waiting| waiting.intents.sent(intent));
}

/// The call of this id has left its row.
pub(crate) fn ended(id: &str) {
    WAITING.with_borrow_mut(|waiting| waiting.intents.ended(id));
}

/// Counts; [`bring`] takes it to the object.
pub(crate) fn count(count: impl FnOnce(&mut Metrics)) {
    WAITING.with_borrow_mut(|waiting| count(&mut waiting.counted));
}

/// A span; [`bring`] takes it to the collector. It may be lost: what must not be is in the audit log.
pub(crate) fn span(span: Span) {
    WAITING.with_borrow_mut(|waiting| {
        if waiting.spans.len() < MAX_SPANS {
            waiting.spans.push(span);
        }
    });
}

/// Hands an event to the objects of those who want it, soon, with those that come meanwhile.
pub(crate) fn webhook(life: &ExecutionContext, env: &Env, event: &WebhookEvent) {
    let Ok(settings) = state::settings(env) else { return };
    let now_ms = state::now_ms();
    let wait = WAITING.with_borrow_mut(|waiting| {
        waiting.webhooks.push(event, &settings.webhooks, now_ms);
        if waiting.webhooks.is_empty() { None } else { waiting.webhook_schedule.bring(now_ms, 0) }
    });
    let Some(mut wait) = wait else { return };
    let env = env.clone();
    let clock = Clock::start();
    life.wait_until(async move {
        loop {
            if !wait.is_zero() {
                Delay::from(wait).await;
            }
            let all = flush_webhooks(&env).await;
            let again = WAITING.with_borrow_mut(|waiting| {
                waiting.webhook_schedule.brought(all);
                if waiting.webhooks.is_empty() || clock.elapsed() > SHIFT {
                    return None;
                }
                waiting.webhook_schedule.bring(state::now_ms(), 0)
            });
            match again {
                Some(later) => wait = later,
                None => return,
            }
        }
    });
}

/// Brings the webhooks that wait; says whether all of them are kept.
async fn flush_webhooks(env: &Env) -> bool {
    let taken = WAITING.with_borrow_mut(|waiting| waiting.webhooks.take());
    let bring = |(name, messages): (String, Vec<_>)| async move {
        let refused = object::webhook::bring(env, &name, &messages).await;
        WAITING.with_borrow_mut(|waiting| match refused {
            Some(refused) => waiting.webhooks.refused(refused),
            None => waiting.webhooks.put_back(name, messages),
        });
        refused.is_some()
    };
    let all = join_all(taken.into_iter().map(bring)).await;
    if let Some(line) = WAITING.with_borrow_mut(|waiting| waiting.webhooks.lost()) {
        worker::console_log!("{line}");
    }
    all.into_iter().all(|kept| kept)
}

/// Sees to it that what waits is brought to the objects soon, after the answer. One request of the isolate brings what
/// many have left meanwhile.
pub(crate) fn bring(life: &ExecutionContext, env: &Env) {
    let Some(mut wait) = WAITING.with_borrow_mut(Waiting::bring) else { return };
    let env = env.clone();
    let clock = Clock::start();
    life.wait_until(async move {
        loop {
            if !wait.is_zero() {
                Delay::from(wait).await;
            }
            let all = flush(&env).await;
            WAITING.with_borrow_mut(|waiting| waiting.schedule.brought(all));
            if clock.elapsed() > SHIFT {
                // Whoever comes meanwhile takes over.
                Delay::from(Duration::from_secs(1)).await;
            }
            let again = WAITING.with_borrow_mut(|waiting| {
                let nothing = waiting.rows() == 0
                    && waiting.intents.is_empty()
                    && waiting.counted.is_empty()
                    && waiting.spans.is_empty();
                if nothing { None } else { waiting.bring() }
            });
            match again {
                Some(later) => wait = later,
                None => return,
            }
        }
    });
}

/// Brings everything that waits now; says whether all of it is kept.
pub(crate) async fn flush(env: &Env) -> bool {
    // The rows of the calls that have ended until now wait already.
    let notice = WAITING.with_borrow_mut(|waiting| waiting.intents.take());
    let (rows, counts, ()) = join3(flush_rows(env), flush_counts(env), flush_spans(env)).await;
    let told = flush_intents(env, notice, rows).await;
    rows && counts && told
}

/// Tells of the calls that are under way, and, where their `rows` are kept, of those that have ended.
async fn flush_intents(env: &Env, mut notice: Notice, rows: bool) -> bool {
    let ended = if rows { Vec::new() } else { std::mem::take(&mut notice.ended) };
    let told = notice.is_empty() || object::intents::tell(env, &notice).await;
    WAITING.with_borrow_mut(|waiting| {
        if !told {
            waiting.intents.keep(notice);
        }
        waiting.intents.keep(Notice { sent: Vec::new(), ended });
    });
    told
}

/// Exports the spans, once: a collector that is away must not make the isolate's memory its own.
async fn flush_spans(env: &Env) {
    let spans = WAITING.with_borrow_mut(|waiting| std::mem::take(&mut waiting.spans));
    let Ok(settings) = state::settings(env) else { return };
    let Some(exporter) = settings.traces.as_ref().filter(|_| !spans.is_empty()) else { return };
    let limit = AbortSignal::timeout_with_u32(EXPORT_MS);
    let answer = upstream::send(&exporter.request(&spans), &limit).await;
    if let Some((_, Some(body))) = &answer {
        body.cancel();
    }
    let status = answer.map(|(head, _)| head.status);
    if !status.is_some_and(|status| (200..=299).contains(&status)) {
        worker::console_log!("{}", exporter.failure(spans.len(), status));
    }
}

/// Brings the rows that wait now; says whether all of them are kept.
pub(crate) async fn flush_rows(env: &Env) -> bool {
    let mut rows = WAITING.with_borrow_mut(|waiting| waiting.rows());
    loop {
        let next = WAITING.with_borrow_mut(|waiting| waiting.rows.as_mut()?.delivery());
        let Some((object, delivery)) = next.filter(|_| rows > 0) else { break };
        let Some(receipt) = object::audit::bring(env, object, &delivery).await else { break };
        rows = rows.saturating_sub(receipt.kept.len());
        WAITING.with_borrow_mut(|waiting| waiting.rows.as_mut().map(|outbox| outbox.receipt(receipt)));
    }
    if let Some(line) = WAITING.with_borrow_mut(|waiting| waiting.rows.as_mut()?.lost()) {
        worker::console_log!("{line}");
    }
    rows == 0
}

async fn flush_counts(env: &Env) -> bool {
    let counted = WAITING.with_borrow_mut(|waiting| std::mem::take(&mut waiting.counted));
    if counted.is_empty() || object::metrics::add(env, &counted).await {
        return true;
    }
    WAITING.with_borrow_mut(|waiting| waiting.counted.merge(counted));
    false
}
