//! Drives an [`Exchange`]: its outputs to fetch and timers, what happens back as inputs; and sends what a machine of
//! models dispatches.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, FutureExt, LocalBoxFuture, pending, select};
use promptgate_core::call::{Answer, Exchange, ExchangeInput, ExchangeOutput, MAX_EXCHANGE};
use promptgate_core::http::HttpRequest;
use promptgate_core::model::{Dispatch, MAX_ANSWER_BODY, Received};
use promptgate_core::problem::{Code, Problem};
use promptgate_core::sensitive::{Bytes, Sensitive};
use promptgate_core::settings::Settings;
use promptgate_core::upstream::UpstreamRequest;
use promptgate_core::upstream::pace;
use web_sys::{AbortController, AbortSignal};
use worker::Delay;

use crate::limits::Limits;
use crate::state::{self, Clock, ExecutionContext};
use crate::telemetry;
use crate::{token, upstream};

/// Asks upstream; repeats, waits and gives up as the core says.
///
/// # Errors
/// Those of the core's [`Exchange`].
pub(crate) async fn run(
    ask: UpstreamRequest,
    settings: &Rc<Settings>,
    life: &ExecutionContext,
    limits: &Limits,
) -> Result<Answer, Problem> {
    let clock = Clock::start();
    let seed = state::random()?.seed;
    let mut exchange = Exchange::new(ask, settings.endpoints.api.clone(), clock.started_ms, limits.deadline_ms, seed);
    let (started_ms, limit_ms) = (clock.started_ms, exchange.limit().as_millis() as u64);
    let mut left = limits.left();
    let mut waiting = nothing();
    let mut controller: Option<AbortController> = None;
    loop {
        match exchange.poll() {
            ExchangeOutput::Authorize { rejected } => {
                let token = token::get(settings.clone(), life.clone(), clock, rejected);
                let turn = turn(settings.clone(), started_ms + limit_ms);
                waiting = async move {
                    ExchangeInput::Token(match turn.await {
                        Ok(()) => token.await,
                        Err(problem) => Err(problem),
                    })
                }
                .boxed_local();
            }
            ExchangeOutput::Send(request) => match AbortController::new() {
                Ok(control) => {
                    waiting = send(request, control.signal()).boxed_local();
                    controller = Some(control);
                }
                Err(_) => waiting = async { ExchangeInput::Failed }.boxed_local(),
            },
            ExchangeOutput::Wait(until) => {
                let timer = Delay::from(until.saturating_sub(clock.elapsed()));
                let input = match select(&mut waiting, select(timer, &mut left)).await {
                    Either::Left((input, _)) => {
                        waiting = nothing();
                        controller = None;
                        input
                    }
                    Either::Right((Either::Left(_), _)) => ExchangeInput::Tick,
                    Either::Right((Either::Right(_), _)) => {
                        left = pending().boxed_local();
                        ExchangeInput::Left
                    }
                };
                state::resources(|health| exchange.handle(clock.elapsed(), input, health));
            }
            ExchangeOutput::Done(result) => {
                // Dropping a controller aborts nothing.
                controller.iter().for_each(AbortController::abort);
                telemetry::count(|metrics| metrics.attempts(exchange.attempts()));
                return result;
            }
        }
    }
}

/// Waits for a turn to ask upstream, where there are only so many in a minute.
///
/// # Errors
/// [`pace::too_many`] where there is none before `until_ms` (Unix ms).
async fn turn(settings: Rc<Settings>, until_ms: u64) -> Result<(), Problem> {
    let Some(most) = settings.upstream_per_minute else { return Ok(()) };
    loop {
        let now = Clock::start().unix_ms();
        match state::pace(|pace| pace.take(now, most)) {
            Ok(()) => return Ok(()),
            Err(after) if now + after.as_millis() as u64 >= until_ms => return Err(pace::too_many(after)),
            Err(after) => Delay::from(after).await,
        }
    }
}

fn nothing() -> LocalBoxFuture<'static, ExchangeInput> {
    pending().boxed_local()
}

async fn send(request: HttpRequest, signal: AbortSignal) -> ExchangeInput {
    let answered = async {
        let (head, reader) = upstream::send(&request, &signal).await?;
        let body = match reader {
            Some(reader) => reader.read_all(MAX_EXCHANGE).await?,
            None => Vec::new(),
        };
        Some(Answer { head, body: Bytes(body) })
    };
    answered.await.map_or(ExchangeInput::Failed, ExchangeInput::Answer)
}

/// Sends what a machine of models says to send; `grant` is that of the token that was used last. Nothing, where the
/// client has left meanwhile: then the request is aborted.
pub(crate) async fn dispatch(
    dispatch: Dispatch,
    request: impl FnOnce(&Sensitive) -> Option<HttpRequest>,
    grant: &Cell<Option<u64>>,
    settings: &Rc<Settings>,
    life: &ExecutionContext,
    limits: &Limits,
) -> Option<Received> {
    let clock = Clock::start();
    let Ok(controller) = AbortController::new() else { return Some(Received::Unreachable) };
    let signal = controller.signal();
    let sent = Cell::new(false);
    let work = Box::pin(async {
        if let Err(problem) = turn(settings.clone(), dispatch.until_ms).await {
            return Received::NoToken(problem);
        }
        let rejected = grant.get().filter(|_| dispatch.fresh_token);
        let token = match token::get(settings.clone(), life.clone(), clock, rejected).await {
            Ok(token) => token,
            Err(problem) => return Received::NoToken(problem),
        };
        grant.set(Some(token.grant));
        let Some(request) = request(&token.token) else { return Received::Unreachable };
        sent.set(true);
        let answered = async {
            let (head, reader) = upstream::send(&request, &signal).await?;
            let body = match reader {
                Some(reader) => reader.read_all(MAX_ANSWER_BODY).await?,
                None => Vec::new(),
            };
            Some(Received::Answer(head, Bytes(body)))
        };
        answered.await.unwrap_or(Received::Unreachable)
    });
    let limit = Duration::from_millis(dispatch.until_ms.saturating_sub(clock.unix_ms()));
    match select(work, select(Delay::from(limit), limits.left())).await {
        Either::Left((received, _)) => Some(received),
        Either::Right((which, _)) => {
            controller.abort();
            match which {
                Either::Right(_) => None,
                Either::Left(_) if sent.get() => Some(Received::Unreachable),
                Either::Left(_) => {
                    let detail = "The upstream's token did not come in time.";
                    Some(Received::NoToken(Problem::new(Code::TokenUnavailable, detail)))
                }
            }
        }
    }
}
