//! Gets upstream's token for one request: a timer and a fetch around the core's [`TokenCache`].

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_channel::oneshot;
use promptgate_core::call::{AccessToken, FETCH_MS, Lookup, MAX_TOKEN_BODY};
use promptgate_core::http::HttpRequest;
use promptgate_core::problem::{Code, Problem};
use promptgate_core::sensitive::Sensitive;
use promptgate_core::settings::Settings;
use promptgate_core::upstream::oauth::token_request;
use promptgate_core::upstream::{Credential, Upstream};
use web_sys::AbortSignal;

use crate::state::{self, Clock, ExecutionContext};
use crate::upstream;

/// The token of the upstream that keeps templates and models, once there is one; the one of the grant `rejected` is not
/// used again.
pub(crate) async fn get(
    settings: Rc<Settings>,
    life: ExecutionContext,
    clock: Clock,
    rejected: Option<u64>,
) -> Result<AccessToken, Problem> {
    match settings.keeper() {
        Some(upstream) => of(upstream.clone(), life, clock, rejected).await,
        None => {
            let detail = "No upstream that keeps templates and models is configured: set UPSTREAM_CLIENT_ID and \
                          UPSTREAM_CLIENT_SECRET.";
            Err(Problem::new(Code::NotConfigured, detail))
        }
    }
}

/// The same of any upstream. One that is not let in by a token has an empty one.
pub(crate) async fn of(
    upstream: Arc<Upstream>,
    life: ExecutionContext,
    clock: Clock,
    rejected: Option<u64>,
) -> Result<AccessToken, Problem> {
    let Credential::Client { login, client } = upstream.credential.clone() else {
        return Ok(AccessToken { token: Sensitive::default(), grant: 0 });
    };
    let name = upstream.name.as_str();
    if let Some(grant) = rejected {
        state::tokens(name, |tokens| tokens.reject(grant));
    }
    loop {
        match state::tokens(name, |tokens| tokens.lookup(clock.unix_ms())) {
            Lookup::Use(token) => return Ok(token),
            Lookup::Fail(problem) => return Err(problem),
            Lookup::Wait(ms) => crate::bridge::Delay::from(Duration::from_millis(ms)).await,
            Lookup::Fetch => {
                let (sender, result) = oneshot::channel();
                let (name, request) = (upstream.name.clone(), token_request(&login, &client));
                // Others wait for this token: it is fetched also if this request's client leaves.
                life.wait_until(async move {
                    // Nobody listens where the client has left.
                    let _ = sender.send(fetch(&name, request, clock).await);
                });
                let lost = |_| Err(state::tokens(&upstream.name, |tokens| tokens.fail(clock.unix_ms())));
                return result.await.unwrap_or_else(lost);
            }
        }
    }
}

async fn fetch(upstream: &str, request: HttpRequest, clock: Clock) -> Result<AccessToken, Problem> {
    let limit = AbortSignal::timeout_with_u32(FETCH_MS as u32);
    let answer = match upstream::send(&request, &limit).await {
        Some((head, Some(body))) => body.read_all(MAX_TOKEN_BODY).await.map(|body| (head, body)),
        Some((head, None)) => Some((head, Vec::new())),
        None => None,
    };
    state::tokens(upstream, |tokens| match answer {
        Some((head, body)) => tokens.answer(clock.unix_ms(), &head, &body),
        None => Err(tokens.fail(clock.unix_ms())),
    })
}
