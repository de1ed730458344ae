//! Reads a client's body up to the cap.

use std::time::Duration;

use futures_util::future::{Either, select};
use promptgate_core::intake::Body;
use promptgate_core::problem::Problem;

use crate::upstream::{Piece, Reader};

/// The whole body of `request`.
///
/// # Errors
/// Those of [`Body`]: too large, broken off, or not whole after `limit`.
pub(crate) async fn read(request: &web_sys::Request, limit: Duration) -> Result<Body, Problem> {
    let mut body = Body::default();
    let Some(stream) = request.body() else { return Ok(body) };
    let Some(reader) = Reader::of(&stream) else { return Err(Body::broken()) };
    let mut late = worker::Delay::from(limit);
    loop {
        let piece = Box::pin(reader.read());
        match select(piece, &mut late).await {
            Either::Left((Piece::Chunk(chunk), _)) => {
                if let Err(problem) = body.push(&chunk.0) {
                    reader.cancel();
                    return Err(problem);
                }
            }
            Either::Left((Piece::End, _)) => return Ok(body),
            Either::Left((Piece::Failed, _)) => return Err(Body::broken()),
            Either::Right(_) => {
                reader.cancel();
                return Err(Body::late());
            }
        }
    }
}
