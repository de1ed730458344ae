//! Drives an [`Exchange`]: its outputs to fetch and timers, what happens back as inputs.

use std::rc::Rc;

use futures_util::future::{Either, select};
use promptgate_core::call::{Answer, EXCHANGE_LIMIT, Exchange, ExchangeInput, ExchangeOutput, MAX_EXCHANGE};
use promptgate_core::genesys::Ask;
use promptgate_core::http::HttpRequest;
use promptgate_core::problem::Problem;
use promptgate_core::sensitive::Bytes;
use promptgate_core::settings::Settings;
use web_sys::AbortController;
use worker::Delay;

use crate::isolate::{self, Clock, Life};
use crate::{token, upstream};

/// Asks upstream; repeats, waits and gives up as the core says.
pub(crate) async fn run(ask: Ask, settings: &Rc<Settings>, life: &Life) -> Result<Answer, Problem> {
    let clock = Clock::start();
    let seed = isolate::random().seed;
    let mut exchange = Exchange::new(ask, settings.endpoints.clone(), clock.started_ms, seed);
    loop {
        let input = match exchange.poll() {
            ExchangeOutput::Authorize { rejected } => {
                ExchangeInput::Token(token::get(settings.clone(), life.clone(), clock, rejected).await)
            }
            ExchangeOutput::Send(request) => send(&request, clock).await,
            ExchangeOutput::Wait(until) => {
                Delay::from(until.saturating_sub(clock.elapsed())).await;
                ExchangeInput::Tick
            }
            ExchangeOutput::Done(result) => return result,
        };
        isolate::health(|health| exchange.handle(clock.elapsed(), input, health));
    }
}

async fn send(request: &HttpRequest, clock: Clock) -> ExchangeInput {
    let Ok(controller) = AbortController::new() else { return ExchangeInput::Failed };
    let signal = controller.signal();
    let answered = Box::pin(async {
        let (head, reader) = upstream::send(request, &signal).await?;
        let body = match reader {
            Some(reader) => reader.read_all(MAX_EXCHANGE).await?,
            None => Vec::new(),
        };
        Some(Answer { head, body: Bytes(body) })
    });
    match select(answered, Delay::from(EXCHANGE_LIMIT.saturating_sub(clock.elapsed()))).await {
        Either::Left((Some(answer), _)) => ExchangeInput::Answer(answer),
        Either::Left((None, _)) => ExchangeInput::Failed,
        Either::Right(_) => {
            controller.abort();
            ExchangeInput::Tick
        }
    }
}
