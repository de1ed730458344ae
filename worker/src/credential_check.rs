//! `GET /healthz?deep=1`: whether each upstream takes the gateway's credentials, asked at most every half minute.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use promptgate_core::http::{Reply, ReplyHead};
use promptgate_core::sensitive::Bytes;
use promptgate_core::settings::Settings;
use promptgate_core::upstream::Upstream;
use promptgate_core::upstream::credential_check::{CHECK_KEPT_MS, CHECK_LIMIT_MS, UpstreamHealth, document};
use web_sys::AbortSignal;

use crate::bridge::Delay;
use crate::state::{Clock, ExecutionContext};
use crate::{client, token, upstream};
use web_sys::Response;

thread_local! {
    /// The last answer, and until when it is given again (Unix ms).
    static LAST: RefCell<Option<(u64, UpstreamHealths)>> = const { RefCell::new(None) };
}

/// By the upstream's name.
type UpstreamHealths = Vec<(String, UpstreamHealth)>;

/// The answer. Whoever comes while it is asked for gets the last one; before there is one, nothing is known.
pub(crate) async fn answer(settings: &Rc<Settings>, life: &ExecutionContext) -> Response {
    let clock = Clock::start();
    let now = clock.unix_ms();
    let unknown =
        || settings.upstreams.iter().map(|upstream| (upstream.name.clone(), UpstreamHealth::Unknown)).collect();
    let known = LAST.with_borrow_mut(|last| match last {
        Some((until, checks)) if now < *until && *until <= now + CHECK_KEPT_MS => Some(checks.clone()),
        // This one asks, and others need not.
        Some((until, _)) => {
            *until = now + CHECK_LIMIT_MS;
            None
        }
        None => {
            *last = Some((now + CHECK_LIMIT_MS, unknown()));
            None
        }
    });
    let checks = match known {
        Some(checks) => checks,
        None => {
            let asked = settings.upstreams.iter().map(|upstream| of(upstream.clone(), life.clone(), clock));
            let checks: UpstreamHealths = join_all(asked).await;
            LAST.with_borrow_mut(|last| *last = Some((clock.unix_ms() + CHECK_KEPT_MS, checks.clone())));
            checks
        }
    };
    let (status, text) = document(&checks);
    let headers = vec![("content-type", "application/json".to_owned()), ("cache-control", "no-store".to_owned())];
    client::whole(Reply { head: ReplyHead { status, headers }, body: Bytes(text.into_bytes()) })
}

async fn of(upstream: Arc<Upstream>, life: ExecutionContext, clock: Clock) -> (String, UpstreamHealth) {
    let name = upstream.name.clone();
    let asked = Box::pin(async {
        if upstream.has_token() {
            return UpstreamHealth::of_token(&token::of(upstream, life, clock, None).await.map(drop));
        }
        let Some(request) = upstream.check_request() else { return UpstreamHealth::Unknown };
        let limit = AbortSignal::timeout_with_u32(CHECK_LIMIT_MS as u32);
        UpstreamHealth::of_answer(upstream::send(&request, &limit).await.map(|(head, _)| head).as_ref())
    });
    let health = match select(asked, Delay::from(Duration::from_millis(CHECK_LIMIT_MS))).await {
        Either::Left((health, _)) => health,
        Either::Right(_) => UpstreamHealth::Unreachable,
    };
    (name, health)
}
