//! Sends what waits for a destination: the families side by side, each in its order, one at a time.

use std::time::Duration;

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use promptgate_core::governance::Metric;
use promptgate_core::governance::webhook::{Attempt, Destination, Family, Verdict, next_alarm, verdict};
use promptgate_core::http::Head;
use promptgate_core::settings::Settings;
use std::pin::pin;
use web_sys::AbortController;

use super::WebhookObject;
use super::messages::{BATCH, Waiting};
use crate::bridge::Delay;
use crate::state::{self, Clock, ExecutionContext};
use crate::timers::Timers;
use crate::{telemetry, upstream};

/// How long one alarm sends before the next one goes on (ours): the platform ends an alarm after fifteen minutes.
const SHIFT: Duration = Duration::from_secs(60);
/// How long an alarm waits for more before it ends (ours): to begin the next one costs more than to send a message.
const LINGER: Duration = Duration::from_millis(500);
/// How long messages that were taken stay on the disk (ours): a crash in that time sends them again. To delete each alone
/// would cost as much as to send it.
const UNNOTED: Duration = Duration::from_millis(250);

/// What an alarm sends with.
struct Shift<'a> {
    clock: Clock,
    destination: &'a Destination,
    settings: &'a Settings,
    /// For the jitter.
    seed: u64,
}

impl WebhookObject {
    /// Sends what is due; says when the next alarm is to come.
    pub(super) async fn work(&self) -> worker::Result<Option<Duration>> {
        self.messages.create()?;
        let Some(name) = self.messages.destination()? else { return Ok(None) };
        let settings = state::settings(&self.env).map_err(|problem| problem.code.as_str())?;
        // It is no longer set: what waits is kept until it is again.
        let Some(destination) = settings.webhooks.find(&name) else { return Ok(None) };
        let seed = state::random().map_err(|problem| problem.code.as_str())?.seed;
        let shift = Shift { clock: Clock::start(), destination, settings: &settings, seed };
        if self.messages.is_disabled(destination)? {
            self.messages.bury(shift.clock.unix_ms())?;
        }
        self.gone.set(false);
        let mut sending = FuturesUnordered::new();
        let mut busy = Vec::new();
        loop {
            let (changed, change) = oneshot::channel();
            *self.working.borrow_mut() = Some(changed);
            let due = if shift.goes_on() { self.messages.due()? } else { Vec::new() };
            for (family, due_ms) in due {
                if due_ms <= shift.clock.unix_ms() && !busy.contains(&family) {
                    busy.push(family);
                    sending.push(self.send(family, &shift));
                }
            }
            if sending.is_empty() {
                match select(change, Delay::from(LINGER)).await {
                    Either::Left(_) if shift.goes_on() => continue,
                    _ => break,
                }
            }
            // Another family's message may come while a receiver takes its time.
            if let Either::Left((Some(sent), _)) = select(sending.next(), change).await {
                let family = sent?;
                busy.retain(|other| *other != family);
            }
        }
        telemetry::bring(&ExecutionContext::Object(self.state.clone()), &self.env);
        let due = self.messages.due()?.into_iter().map(|(_, due_ms)| due_ms);
        Ok(next_alarm(due, shift.clock.unix_ms()))
    }

    /// Sends the messages of a family until one is not taken, or none is due.
    async fn send(&self, family: Family, shift: &Shift<'_>) -> worker::Result<Family> {
        let mut line = Line::default();
        loop {
            let messages = self.messages.oldest(family)?;
            let more = messages.len() == BATCH;
            let (mut taken, mut noted) = (Vec::new(), shift.clock.elapsed());
            for message in messages {
                let (now, now_ms) = (shift.clock.elapsed(), shift.clock.unix_ms());
                if message.due_ms > now_ms as f64 || self.gone.get() || !shift.goes_on() {
                    self.messages.delete(&taken)?;
                    return Ok(family);
                }
                if now.saturating_sub(noted) >= UNNOTED {
                    self.messages.delete(&std::mem::take(&mut taken))?;
                    noted = now;
                }
                let head = line.send(self, family, &message, shift).await;
                if self.note(&message, head, shift, &mut taken)? != Verdict::Taken {
                    self.messages.delete(&taken)?;
                    return Ok(family);
                }
            }
            self.messages.delete(&taken)?;
            if !more {
                return Ok(family);
            }
        }
    }

    /// Keeps what became of a try; what was `taken` is deleted later, together.
    fn note(
        &self,
        message: &Waiting,
        head: Option<Head>,
        shift: &Shift<'_>,
        taken: &mut Vec<f64>,
    ) -> worker::Result<Verdict> {
        let Waiting { sequence, .. } = *message;
        let (now_ms, seed) = (shift.clock.unix_ms(), shift.seed.wrapping_add(sequence as u64));
        let attempt = Attempt { since_ms: message.since_ms as u64, before: message.attempts };
        let verdict = verdict(attempt, head.as_ref(), now_ms, shift.settings.webhook_retry_ms, seed);
        let status = head.map(|head| head.status);
        match verdict {
            Verdict::Taken => taken.push(sequence),
            Verdict::Again(due_ms) => self.messages.again(sequence, due_ms, status)?,
            Verdict::Dead(why) => self.messages.dead(sequence, why, status, now_ms)?,
            Verdict::Gone => {
                self.gone.set(true);
                // What was taken before is no dead letter.
                self.messages.delete(&std::mem::take(taken))?;
                self.messages.disable(shift.destination, sequence, now_ms)?;
            }
        }
        let (name, event) = (shift.destination.name.as_str(), message.event.as_str());
        if let Some(line) = verdict.log(name, &message.id, event, status) {
            worker::console_log!("{line}");
        }
        let labels = [("destination", name), ("event", event), ("result", verdict.as_str())];
        telemetry::count(|metrics| metrics.count(Metric::Webhooks, &labels, 1));
        Ok(verdict)
    }
}

impl Shift<'_> {
    fn goes_on(&self) -> bool {
        self.clock.elapsed() < SHIFT
    }
}

/// What the requests of a family share: to begin a timer and a signal for each would cost as much as the rest.
#[derive(Default)]
struct Line {
    controller: Option<AbortController>,
    timers: Timers,
}

impl Line {
    /// Sends a message, once: the head of the answer, if one came in time.
    async fn send(
        &mut self,
        object: &WebhookObject,
        family: Family,
        message: &Waiting,
        shift: &Shift<'_>,
    ) -> Option<Head> {
        if self.controller.is_none() {
            self.controller = AbortController::new().ok();
        }
        let signal = self.controller.as_ref()?.signal();
        let request = shift.destination.request(&message.id, message.body.clone(), shift.clock.unix_ms());
        let until = shift.clock.elapsed() + Duration::from_millis(u64::from(family.timeout_ms()));
        let mut answer = pin!(async {
            match shift.destination.private {
                true => upstream::send(&request, &signal).await,
                false => upstream::send_public(&object.env, &request, &signal).await,
            }
        });
        loop {
            let tick = pin!(self.timers.tick(shift.clock.elapsed(), until));
            match select(answer.as_mut(), tick).await {
                Either::Left((answer, _)) => {
                    if let Some((_, Some(body))) = &answer {
                        body.cancel();
                    }
                    return answer.map(|(head, _)| head);
                }
                Either::Right(_) if shift.clock.elapsed() >= until => {
                    self.controller.take().iter().for_each(AbortController::abort);
                    return None;
                }
                Either::Right(_) => {}
            }
        }
    }
}
