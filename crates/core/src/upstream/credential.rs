//! The life of upstream's access token (requirements, U2): kept, refreshed 60 s before its end, one refresh
//! at a time.
//!
//! ```text
//! Empty ──lookup──▶ Fetching ──granted──▶ Held ──60 s before its end──▶ Fetching (the old one still serves)
//!                      │                   │
//!                      └──failed──▶ Failed └──rejected by upstream──▶ Empty
//! ```
//! The machine is shared by the requests of an isolate. Workerd lets no request wait for another's I/O, so
//! whoever does not fetch gets [`Lookup::Wait`] and asks again on a timer of its own.

use super::backoff::retry_after;
use super::oauth::{Grant, grant, is_invalid_scope};
use crate::http::{Head, correlation_id};
use crate::problem::{Code, Problem};
use crate::sensitive::Sensitive;

/// A token is refreshed this long before its end (U2).
const REFRESH_MS: u64 = 60_000;
/// How long one fetch of a token may take; after that another request may try (ours).
pub const FETCH_MS: u64 = 5_000;
/// How long a failure is remembered, so that a crowd makes one attempt and not one each (ours).
const FAILED_MS: u64 = 1_000;
/// How often those who wait look again (ours).
const LOOK_MS: u64 = 20;
/// No token is kept longer than this, whatever upstream reports (ours).
const MOST_S: u64 = 24 * 60 * 60;
/// Most bytes of a token answer that are read (ours).
pub const MAX_TOKEN_BODY: usize = 64 << 10;

/// A token that may be used, with the number of its grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The token.
    pub token: Sensitive,
    /// Counts the grants; names this one to [`TokenCache::reject`].
    pub grant: u64,
}

/// What [`TokenCache::lookup`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// Use this one.
    Use(AccessToken),
    /// Fetch one ([`token_request`](super::oauth::token_request)) and give the answer to [`TokenCache::answer`] or
    /// [`TokenCache::fail`].
    Fetch,
    /// Another request is fetching: look again in so many milliseconds.
    Wait(u64),
    /// There is none to be had.
    Fail(Problem),
}

/// The machine. All times are Unix milliseconds.
#[derive(Debug, Default)]
pub struct TokenCache {
    held: Option<Held>,
    fetching_until: Option<u64>,
    failed: Option<(u64, Problem)>,
    grants: u64,
}

#[derive(Debug)]
struct Held {
    token: AccessToken,
    granted_at: u64,
    refresh_at: u64,
    expires_at: u64,
}

impl TokenCache {
    /// What a request that needs a token at `now` should do.
    pub fn lookup(&mut self, now: u64) -> Lookup {
        // A clock that jumped back would keep a dead token alive.
        self.held.take_if(|held| now >= held.expires_at || now < held.granted_at);
        let fetching = self.fetching_until.is_some_and(|until| now < until && until <= now + FETCH_MS);
        if let Some(held) = &self.held
            && (now < held.refresh_at || fetching || self.failed_at(now).is_some())
        {
            return Lookup::Use(held.token.clone());
        }
        if fetching {
            return Lookup::Wait(LOOK_MS);
        }
        if let Some(problem) = self.failed_at(now) {
            return Lookup::Fail(problem.clone());
        }
        self.fetching_until = Some(now + FETCH_MS);
        Lookup::Fetch
    }

    /// The token endpoint's answer has come at `now`: the token, if it is one.
    ///
    /// # Errors
    /// [`Code::TokenRefused`] where the client or its scope is refused, else [`Code::TokenUnavailable`]; each gives the reason,
    /// without a word of the answer's body.
    pub fn answer(&mut self, now: u64, head: &Head, body: &[u8]) -> Result<AccessToken, Problem> {
        let (code, why) = match (head.status, grant(body)) {
            (200, Some(grant)) => return Ok(self.keep(now, grant)),
            (200, None) => {
                let why = "its answer has no usable `access_token` and `expires_in`: check its address";
                (Code::TokenUnavailable, why.to_owned())
            }
            (400 | 401 | 403, _) if is_invalid_scope(body) => {
                let why = "it refuses the scope that is asked for: change UPSTREAM_SCOPE (`scope` in UPSTREAMS), or \
                           give the gateway's OAuth client these scopes";
                (Code::TokenRefused, why.to_owned())
            }
            (status @ (400 | 401 | 403), _) => {
                let why = format!(
                    "it refuses the gateway's OAuth client with status {status}: check its id and secret, and that \
                     it is a client of this region"
                );
                (Code::TokenRefused, why)
            }
            (429, _) => (Code::TokenUnavailable, "it limits the rate of tokens".to_owned()),
            (status, _) => (Code::TokenUnavailable, format!("it answered with status {status}")),
        };
        let mut problem = Problem::new(code, format!("No token from the upstream's login: {why}."));
        if code == Code::TokenUnavailable {
            problem.retry_after = retry_after(head, now);
        }
        problem.upstream_correlation_id = correlation_id(head);
        Err(self.remember(now, problem))
    }

    /// The token endpoint has not answered: unreachable, or too slow.
    pub fn fail(&mut self, now: u64) -> Problem {
        let detail = "No token from the upstream's login: it cannot be reached, or is too slow.";
        self.remember(now, Problem::new(Code::TokenUnavailable, detail))
    }

    /// Upstream answered 401 to the token of `grant`: it is dropped, unless it has been replaced already.
    pub fn reject(&mut self, grant: u64) {
        self.held.take_if(|held| held.token.grant == grant);
    }

    fn failed_at(&self, now: u64) -> Option<&Problem> {
        self.failed.as_ref().filter(|(until, _)| now < *until && *until <= now + FAILED_MS).map(|(_, problem)| problem)
    }

    fn keep(&mut self, now: u64, grant: Grant) -> AccessToken {
        self.grants += 1;
        self.fetching_until = None;
        self.failed = None;
        let lives = grant.expires_in.min(MOST_S) * 1000;
        let token = AccessToken { token: grant.access_token, grant: self.grants };
        // A token that lives shorter than the margin serves its own request, and those of half its life.
        let refresh_at = now + lives.saturating_sub(REFRESH_MS).max(lives / 2);
        self.held = Some(Held { token: token.clone(), granted_at: now, refresh_at, expires_at: now + lives });
        token
    }

    fn remember(&mut self, now: u64, problem: Problem) -> Problem {
        self.fetching_until = None;
        self.failed = Some((now + FAILED_MS, problem.clone()));
        problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;

    fn granted(cache: &mut TokenCache, now: u64, seconds: u64) -> AccessToken {
        let body = format!(r#"{{"access_token":"t{now}","expires_in":{seconds}}}"#);
        cache.answer(now, &Head { status: 200, headers: vec![] }, body.as_bytes()).unwrap()
    }

    // Rows U2, row 21.
    #[test]
    fn one_fetches_and_the_others_wait() {
        let mut cache = TokenCache::default();
        assert_eq!(cache.lookup(0), Lookup::Fetch);
        assert_eq!(cache.lookup(1), Lookup::Wait(LOOK_MS));
        let token = granted(&mut cache, 2, 3600);
        assert_eq!(cache.lookup(3), Lookup::Use(token.clone()));
        assert_eq!(cache.lookup(2 + HOUR - REFRESH_MS - 1), Lookup::Use(token));
    }

    // Row U2.
    #[test]
    fn refreshed_sixty_seconds_before_its_end_while_it_still_serves() {
        let mut cache = TokenCache::default();
        cache.lookup(0);
        let old = granted(&mut cache, 0, 3600);
        let now = HOUR - REFRESH_MS;
        assert_eq!(cache.lookup(now), Lookup::Fetch);
        assert_eq!(cache.lookup(now), Lookup::Use(old.clone()), "single flight");
        cache.fail(now + 10);
        assert_eq!(cache.lookup(now + 20), Lookup::Use(old), "a failed refresh costs nothing yet");
        assert_eq!(cache.lookup(now + 10 + FAILED_MS), Lookup::Fetch);
        let new = granted(&mut cache, now + 2000, 3600);
        assert_eq!(cache.lookup(HOUR), Lookup::Use(new));
    }

    #[test]
    fn a_failure_is_told_to_all_who_wait_and_then_forgotten() {
        let mut cache = TokenCache::default();
        cache.lookup(0);
        let problem = cache.fail(100);
        assert_eq!(problem.code, Code::TokenUnavailable);
        assert_eq!(cache.lookup(101), Lookup::Fail(problem));
        assert_eq!(cache.lookup(100 + FAILED_MS), Lookup::Fetch);
    }

    #[test]
    fn a_lost_fetch_is_taken_over() {
        let mut cache = TokenCache::default();
        assert_eq!(cache.lookup(0), Lookup::Fetch);
        assert_eq!(cache.lookup(FETCH_MS - 1), Lookup::Wait(LOOK_MS));
        assert_eq!(cache.lookup(FETCH_MS), Lookup::Fetch);
    }

    #[test]
    fn a_rejected_token_is_dropped_once() {
        let mut cache = TokenCache::default();
        cache.lookup(0);
        let first = granted(&mut cache, 0, 3600);
        cache.reject(first.grant);
        assert_eq!(cache.lookup(1), Lookup::Fetch);
        let second = granted(&mut cache, 2, 3600);
        cache.reject(first.grant);
        assert_eq!(cache.lookup(3), Lookup::Use(second));
    }

    #[test]
    fn odd_lives() {
        for (seconds, later) in [(0, 0), (1, 600), (59, 30_000), (u64::MAX, MOST_S * 1000)] {
            let mut cache = TokenCache::default();
            cache.lookup(0);
            granted(&mut cache, 0, seconds);
            assert_eq!(cache.lookup(later), Lookup::Fetch, "{seconds}");
        }
    }

    // Row 22.
    #[test]
    fn a_clock_that_jumps_does_no_harm() {
        for jump in [-600_000_i64, 600_000] {
            let start = 10 * HOUR;
            let mut cache = TokenCache::default();
            cache.lookup(start);
            let token = granted(&mut cache, start, 3600);
            let now = start.saturating_add_signed(jump);
            let expected = if jump < 0 { Lookup::Fetch } else { Lookup::Use(token) };
            assert_eq!(cache.lookup(now), expected, "{jump}");
            let mut fetching = TokenCache::default();
            fetching.lookup(start);
            assert_eq!(fetching.lookup(now), Lookup::Fetch, "a lease from another time");
            let mut failed = TokenCache::default();
            failed.fail(start);
            assert_eq!(failed.lookup(now), Lookup::Fetch, "a failure from another time");
        }
    }

    // Rows U2, U5, row 21.
    #[test]
    fn bad_answers_are_named_and_nothing_of_them_is_told() {
        for (status, body) in [
            (200, ""),
            (200, "<html>canary"),
            (200, r#"{"canary":1}"#),
            (401, r#"{"error":"canary"}"#),
            (500, "canary"),
            (302, ""),
            (0, ""),
            (200, r#"{"access_token":"canary","expires_in":-1}"#),
        ] {
            let mut cache = TokenCache::default();
            cache.lookup(0);
            let problem = cache.answer(1, &Head { status, headers: vec![] }, body.as_bytes()).unwrap_err();
            let expected = if status == 401 { Code::TokenRefused } else { Code::TokenUnavailable };
            assert_eq!((problem.code, problem.code.retryable()), (expected, status != 401), "{status}");
            assert!(!format!("{problem:?}").contains("canary"));
        }
    }

    // Row U5.
    #[test]
    fn a_bad_secret_a_scope_and_a_pace_are_told_apart() {
        for (status, body, code, said) in [
            (400, r#"{"error":"invalid_scope"}"#, Code::TokenRefused, "UPSTREAM_SCOPE"),
            (400, r#"{"error":"invalid_client"}"#, Code::TokenRefused, "id and secret"),
            (401, "", Code::TokenRefused, "id and secret"),
            (403, r#"{"error":"unauthorized_client"}"#, Code::TokenRefused, "id and secret"),
            (429, "", Code::TokenUnavailable, "limits the rate"),
            (503, "", Code::TokenUnavailable, "status 503"),
        ] {
            let head = Head { status, headers: vec![("retry-after".to_owned(), "7".to_owned())] };
            let problem = TokenCache::default().answer(1, &head, body.as_bytes()).unwrap_err();
            assert_eq!(problem.code, code, "{status}");
            assert!(problem.detail.contains(said), "{}", problem.detail);
            assert_eq!(problem.retry_after.is_some(), code == Code::TokenUnavailable, "{status}");
        }
    }
}
