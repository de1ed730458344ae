//! Gets upstream's token for one request: a timer and a fetch around the core's [`TokenCache`].

use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use promptgate_core::call::{AccessToken, FETCH_MS, Lookup, MAX_TOKEN_BODY};
use promptgate_core::genesys;
use promptgate_core::problem::Problem;
use promptgate_core::settings::Settings;
use web_sys::AbortSignal;

use crate::isolate::{self, Clock, Life};
use crate::upstream;

/// The token, once there is one; the one of the grant `rejected` is not used again.
pub(crate) async fn get(
    settings: Rc<Settings>,
    life: Life,
    clock: Clock,
    rejected: Option<u64>,
) -> Result<AccessToken, Problem> {
    if let Some(grant) = rejected {
        isolate::tokens(|tokens| tokens.reject(grant));
    }
    loop {
        match isolate::tokens(|tokens| tokens.lookup(clock.unix_ms())) {
            Lookup::Use(token) => return Ok(token),
            Lookup::Fail(problem) => return Err(problem),
            Lookup::Wait(ms) => worker::Delay::from(Duration::from_millis(ms)).await,
            Lookup::Fetch => {
                let (told, result) = oneshot::channel();
                // Others wait for this token: it is fetched also if this request's client leaves.
                life.wait_until(async move {
                    // Nobody listens where the client has left.
                    let _ = told.send(fetch(&settings, clock).await);
                });
                return result.await.unwrap_or_else(|_| Err(isolate::tokens(|tokens| tokens.fail(clock.unix_ms()))));
            }
        }
    }
}

async fn fetch(settings: &Settings, clock: Clock) -> Result<AccessToken, Problem> {
    let request = genesys::token_request(&settings.endpoints, &settings.credentials);
    let limit = AbortSignal::timeout_with_u32(FETCH_MS as u32);
    let answer = match upstream::send(&request, &limit).await {
        Some((head, Some(body))) => body.read_all(MAX_TOKEN_BODY).await.map(|body| (head, body)),
        Some((head, None)) => Some((head, Vec::new())),
        None => None,
    };
    isolate::tokens(|tokens| match answer {
        Some((head, body)) => tokens.answer(clock.unix_ms(), &head, &body),
        None => Err(tokens.fail(clock.unix_ms())),
    })
}
