//! Reads a client's body up to the cap. What has come so far is held outside of the Wasm memory, which never shrinks.

use promptgate_core::in_flight::Reading;
use promptgate_core::intake;
use promptgate_core::problem::{Code, Problem};

use crate::isolate;
use crate::limits::Limits;
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

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(reading) = self.0.take() {
            isolate::in_flight(|bytes| bytes.release(reading));
        }
    }
}

/// A read waits for so many bytes: few, so that what is held of a slow body is counted as it comes.
const LEAST: u32 = 1 << 10;

/// The whole body of a request with the key `key_id`, of `most` bytes.
///
/// # Errors
/// Those of [`promptgate_core::in_flight::InFlight::hold`] and [`intake::Body`]: too large, too much at once, broken off,
/// or not whole at the deadline.
pub(crate) async fn read(
    request: &web_sys::Request,
    key_id: &str,
    most: usize,
    limits: &Limits,
) -> Result<Body, Problem> {
    let mut held = Held(Some(Reading::new(key_id, most)));
    let mut buffer = Buffer::default();
    if let Some(stream) = request.body() {
        let Some(reader) = Reader::of(&stream) else { return Err(intake::Body::broken()) };
        let whole = limits.within(collect(&reader, &mut buffer, &mut held)).await;
        let whole = whole.unwrap_or_else(|problem| match problem.code {
            Code::TotalDeadline => Err(intake::Body::late()),
            _ => Err(intake::Body::broken()),
        });
        whole.inspect_err(|_| reader.cancel())?;
    }
    Ok(Body { body: intake::Body::new(buffer.bytes()), _held: held })
}

async fn collect(reader: &Reader, buffer: &mut Buffer, held: &mut Held) -> Result<(), Problem> {
    loop {
        match reader.chunk(LEAST).await {
            Chunk::Bytes(chunk) => {
                let bytes = chunk.length() as usize;
                if let Some(reading) = &mut held.0 {
                    isolate::in_flight(|all| all.hold(reading, bytes))?;
                }
                buffer.push(&chunk);
            }
            Chunk::End => return Ok(()),
            Chunk::Failed => return Err(intake::Body::broken()),
        }
    }
}
