//! Reads a client's body up to the cap. What has come so far is held outside of the Wasm memory, which never shrinks.

use std::pin::pin;

use futures_util::future::{Either, select};
use js_sys::Uint8Array;
use promptgate_core::in_flight::Reading;
use promptgate_core::intake;
use promptgate_core::problem::{Code, Problem};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::bridge::Wait;
use crate::limits::Limits;
use crate::state::{self, Clock};
use crate::timers::{SOON, Timers};
use crate::upstream::{Buffer, Chunk, Reader};

/// A body, whole, which is counted as held until it is dropped.
pub(crate) struct Body {
    body: intake::Body,
    _held: Held,
}

impl Body {
    pub(crate) fn bytes(&self) -> &[u8] {
        self.body.bytes()
    }

    /// The whole body, given away.
    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        std::mem::take(&mut self.body).into_bytes()
    }

    /// The whole body as text.
    ///
    /// # Errors
    /// Those of [`intake::Body::text`].
    pub(crate) fn text(mut self) -> Result<String, Problem> {
        std::mem::take(&mut self.body).text()
    }
}

struct Held(Option<Reading>);

impl Held {
    fn hold(&mut self, bytes: usize) -> Result<(), Problem> {
        match &mut self.0 {
            Some(reading) => state::in_flight(|all| all.hold(reading, bytes)),
            None => Ok(()),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(reading) = self.0.take() {
            state::in_flight(|bytes| bytes.release(reading));
        }
    }
}

/// A read waits for so many bytes where nobody says how many there are: few, so that what is held of a slow body is
/// counted as it comes.
const LEAST: u32 = 1 << 10;
/// Longest body that is read at once (ours): most are no longer, and its platform's buffers are not counted.
const SMALL: usize = 16 << 10;

#[wasm_bindgen(module = "/src/bridge.js")]
extern "C" {
    fn whole(request: &web_sys::Request, number: u32);
}

/// The whole body of a request with the key `key_id`, of `most` bytes; `declared` is its length, where its client says it.
///
/// # Errors
/// Those of [`promptgate_core::in_flight::InFlight::hold`] and [`intake::Body`]: too large, too much at once, broken off,
/// or not whole at the deadline.
pub(crate) async fn read(
    request: &web_sys::Request,
    key_id: &str,
    most: usize,
    declared: Option<usize>,
    limits: &Limits,
    clock: Clock,
    timers: &mut Timers,
) -> Result<Body, Problem> {
    let mut held = Held(Some(Reading::new(key_id, most)));
    if let Some(declared) = declared.filter(|declared| *declared <= SMALL) {
        held.hold(declared)?;
        let body = at_once(request, declared, limits, clock, timers).await?;
        return Ok(Body { body: intake::Body::new(body), _held: held });
    }
    let mut buffer = Buffer::default();
    if let Some(stream) = request.body() {
        let Some(reader) = Reader::of(&stream) else { return Err(intake::Body::broken()) };
        let whole = limits.within(collect(&reader, declared, &mut buffer, &mut held)).await;
        let whole = whole.unwrap_or_else(|problem| match problem.code {
            Code::TotalDeadline => Err(intake::Body::late()),
            _ => Err(intake::Body::broken()),
        });
        whole.inspect_err(|_| reader.cancel())?;
    }
    Ok(Body { body: intake::Body::new(buffer.bytes()), _held: held })
}

/// A body that is small and says so, in one crossing. A client that leaves breaks it off.
async fn at_once(
    request: &web_sys::Request,
    declared: usize,
    limits: &Limits,
    clock: Clock,
    timers: &mut Timers,
) -> Result<Vec<u8>, Problem> {
    let mut read = Wait::for_what(|number| whole(request, number));
    let bytes: Uint8Array = loop {
        let now = clock.elapsed();
        // One that is early enough for the call that comes next.
        let until = now.saturating_add(limits.remaining().min(SOON));
        match select(&mut read, pin!(timers.tick(now, until))).await {
            Either::Left((Ok(bytes), _)) => break bytes.unchecked_into(),
            Either::Left((Err(_), _)) => return Err(intake::Body::broken()),
            Either::Right(_) if limits.remaining().is_zero() => return Err(intake::Body::late()),
            Either::Right(_) => {}
        }
    };
    if bytes.length() as usize != declared { Err(intake::Body::broken()) } else { Ok(bytes.to_vec()) }
}

async fn collect(
    reader: &Reader,
    declared: Option<usize>,
    buffer: &mut Buffer,
    held: &mut Held,
) -> Result<(), Problem> {
    // Room for all of it is taken at once: what has none is refused before a byte of it is read.
    if let Some(declared) = declared {
        held.hold(declared)?;
    }
    // No more can come than was declared, and a read to hear that it has ended costs as much as any other.
    while declared.is_none_or(|declared| buffer.length() < declared) {
        let least = declared.map_or(LEAST, |declared| declared.saturating_sub(buffer.length()) as u32);
        match reader.chunk(least).await {
            Chunk::Bytes(chunk) => {
                if declared.is_none() {
                    held.hold(chunk.length() as usize)?;
                }
                buffer.push(&chunk);
            }
            Chunk::End if declared.is_none() => return Ok(()),
            Chunk::End | Chunk::Failed => return Err(intake::Body::broken()),
        }
    }
    Ok(())
}
