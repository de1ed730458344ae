//! Drives an [`Exchange`]: its outputs to fetch and timers, what happens back as inputs; and sends what a machine of
//! models dispatches.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};
use promptgate_core::call::{Answer, EXCHANGE_LIMIT, Exchange, ExchangeInput, ExchangeOutput, MAX_EXCHANGE};
use promptgate_core::genesys::Ask;
use promptgate_core::http::HttpRequest;
use promptgate_core::model::{Dispatch, MAX_ANSWER_BODY, Received};
use promptgate_core::problem::Problem;
use promptgate_core::sensitive::{Bytes, Sensitive};
use promptgate_core::settings::Settings;
use web_sys::AbortController;
use worker::Delay;

use crate::isolate::{self, Clock, Life};
use crate::leave;
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
            ExchangeOutput::Done(result) => {
                leave::count(|metrics| exchange.measure(metrics));
                return result;
            }
        };
        isolate::resources(|health| exchange.handle(clock.elapsed(), input, health));
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

/// Sends what a machine of models says to send; `grant` is that of the token that was used last.
pub(crate) async fn dispatch(
    dispatch: Dispatch,
    request: impl FnOnce(&Sensitive) -> Option<HttpRequest>,
    grant: &Cell<Option<u64>>,
    settings: &Rc<Settings>,
    life: &Life,
) -> Received {
    let clock = Clock::start();
    let rejected = grant.get().filter(|_| dispatch.fresh_token);
    let token = match token::get(settings.clone(), life.clone(), clock, rejected).await {
        Ok(token) => token,
        Err(problem) => return Received::NoToken(problem),
    };
    grant.set(Some(token.grant));
    let (Some(request), Ok(controller)) = (request(&token.token), AbortController::new()) else {
        return Received::Unreachable;
    };
    let signal = controller.signal();
    let answered = Box::pin(async {
        let (head, reader) = upstream::send(&request, &signal).await?;
        let body = match reader {
            Some(reader) => reader.read_all(MAX_ANSWER_BODY).await?,
            None => Vec::new(),
        };
        Some(Received::Answer(head, Bytes(body)))
    });
    let limit = Duration::from_millis(dispatch.until_ms.saturating_sub(clock.unix_ms()));
    match select(answered, Delay::from(limit)).await {
        Either::Left((received, _)) => received.unwrap_or(Received::Unreachable),
        Either::Right(_) => {
            controller.abort();
            Received::Unreachable
        }
    }
}
