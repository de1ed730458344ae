//! Faults before the answer's headers: the same for every endpoint.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hyper::Response;
use hyper::header::{DATE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};

use crate::fault::{Before, Fault, StatusBody, StatusFault};
use crate::refusal::{Refusal, Shape, json_answer, rate_headers, typed_answer};
use crate::reply::{Body, Cut};
use crate::wire::Line;
use crate::world::{Held, World};

/// Where redirects lead; what arrives there is recorded.
pub(crate) const REDIRECT_TARGET: &str = "/_simulator/redirect-target";

const PAGE: &str = "<!DOCTYPE html><html><head><title>Please wait</title></head>\
    <body><h1>Checking your browser…</h1></body></html>\n";
const HUGE_BYTES: usize = 8 << 20;

/// Waits, ends the connection or answers, as the faults say; `None` to go on.
///
/// Dropping the future is how a client that leaves is noticed.
pub(crate) async fn early(
    world: &Arc<World>,
    line: &Arc<Line>,
    faults: &[Fault],
    shape: Shape,
    correlation: &str,
) -> Result<Option<Response<Body>>, Cut> {
    let epoch = world.epoch();
    tokio::select! {
        outcome = act(world, line, faults, shape, correlation) => outcome,
        () = world.until_reset(epoch) => Err(Cut::Close),
    }
}

/// Shifts the `Date` header of an answer if a fault says so.
pub(crate) fn skew_date(response: &mut Response<Body>, faults: &[Fault]) {
    if faults.iter().any(|fault| matches!(fault, Fault::DateSkew { .. })) {
        response.headers_mut().insert(DATE, http_date(skewed_now(faults)));
    }
}

/// Waits until the gate lets one answer through.
pub(crate) async fn pass_gate(world: &World) {
    let gate = world.look(|state| Arc::clone(&state.gate.0));
    // An error means that the gate was opened for good.
    if let Ok(permit) = gate.acquire_owned().await {
        permit.forget();
    }
}

async fn act(
    world: &Arc<World>,
    line: &Arc<Line>,
    faults: &[Fault],
    shape: Shape,
    correlation: &str,
) -> Result<Option<Response<Body>>, Cut> {
    for fault in faults {
        let answer = match fault {
            Fault::Delay { ms } => {
                tokio::time::sleep(Duration::from_millis(*ms)).await;
                continue;
            }
            Fault::Gate { before: Some(Before::Headers), .. } => {
                let _held = Held::new(world);
                pass_gate(world).await;
                continue;
            }
            Fault::Hang { .. } => {
                let _held = Held::new(world);
                std::future::pending().await
            }
            Fault::Drop { .. } => return Err(Cut::Close),
            Fault::ResetBeforeHeaders { .. } => {
                line.end_in_reset();
                return Err(Cut::Reset);
            }
            Fault::Html {} => typed_answer(200, "text/html; charset=utf-8", PAGE),
            Fault::Redirect { status, location } => {
                let mut answer = typed_answer(*status, "text/plain", "");
                let location = location.as_deref().unwrap_or(REDIRECT_TARGET);
                if let Ok(value) = HeaderValue::from_str(location) {
                    answer.headers_mut().insert(LOCATION, value);
                }
                answer
            }
            Fault::Status(status) => status_answer(line, status, skewed_now(faults), shape, correlation),
            _ => continue,
        };
        return Ok(Some(answer));
    }
    Ok(None)
}

fn status_answer(
    line: &Arc<Line>,
    fault: &StatusFault,
    now: SystemTime,
    shape: Shape,
    correlation: &str,
) -> Response<Body> {
    let mut refusal = Refusal::usual(fault.status, shape);
    if let Some(code) = &fault.code {
        refusal.code.clone_from(code);
    }
    if let Some(message) = &fault.message {
        refusal.message.clone_from(message);
    }
    let body = refusal.body(shape, correlation);
    let mut answer = match fault.body {
        StatusBody::Json => json_answer(fault.status, &body),
        StatusBody::Html => typed_answer(fault.status, "text/html; charset=utf-8", PAGE),
        StatusBody::Empty => typed_answer(fault.status, "application/json", ""),
        StatusBody::Huge => {
            let mut answer = json_answer(fault.status, &body);
            *answer.body_mut() = huge(line, &body.to_string());
            answer
        }
    };
    if fault.status == 429 && matches!(shape, Shape::Api | Shape::OAuth) {
        rate_headers(&mut answer);
    }
    for (name, value) in &fault.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            answer.headers_mut().insert(name, value);
        }
    }
    if let Some(text) = fault.retry_after_text() {
        set(&mut answer, RETRY_AFTER, &text);
    }
    if let Some(seconds) = fault.retry_after_date_in_s {
        answer.headers_mut().insert(RETRY_AFTER, http_date(shift(now, seconds)));
    }
    answer
}

/// The same error body, behind 8 MiB of the white space that JSON allows.
fn huge(line: &Arc<Line>, body: &str) -> Body {
    const BLANK: &[u8] = &[b' '; 64 << 10];
    let (outlet, stream) = Body::pieces(line, None);
    let body = body.to_owned();
    tokio::spawn(async move {
        for _ in 0..HUGE_BYTES / BLANK.len() {
            if outlet.data(BLANK).await.is_err() {
                return;
            }
        }
        // If the reader has gone, that's that.
        let _ = outlet.data(body).await;
    });
    stream
}

fn set(answer: &mut Response<Body>, name: HeaderName, text: &str) {
    // Rules with values that are no header values were refused when they were read.
    if let Ok(value) = HeaderValue::from_str(text) {
        answer.headers_mut().insert(name, value);
    }
}

/// The time that the faults pretend.
fn skewed_now(faults: &[Fault]) -> SystemTime {
    faults.iter().fold(SystemTime::now(), |now, fault| match fault {
        Fault::DateSkew { seconds } => shift(now, *seconds),
        _ => now,
    })
}

/// `time` moved by `seconds`, kept within the years that an HTTP date can say.
fn shift(time: SystemTime, seconds: i64) -> SystemTime {
    const LAST: Duration = Duration::from_secs(253_402_300_799); // 9999-12-31T23:59:59Z
    let by = Duration::from_secs(seconds.unsigned_abs());
    let latest = SystemTime::UNIX_EPOCH + LAST;
    if seconds < 0 {
        time.checked_sub(by).unwrap_or(SystemTime::UNIX_EPOCH).max(SystemTime::UNIX_EPOCH)
    } else {
        time.checked_add(by).unwrap_or(latest).min(latest)
    }
}

fn http_date(time: SystemTime) -> HeaderValue {
    HeaderValue::from_str(&httpdate::fmt_http_date(time))
        .unwrap_or_else(|_| HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_stay_sayable() {
        for seconds in [i64::MIN, -1, 0, 600, 21_600, i64::MAX] {
            http_date(shift(SystemTime::now(), seconds));
        }
        assert_eq!(http_date(shift(SystemTime::UNIX_EPOCH, i64::MAX)), "Fri, 31 Dec 9999 23:59:59 GMT");
    }
}
