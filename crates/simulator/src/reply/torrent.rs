//! Bodies too large to build: made while they are sent, as fast as the reader takes them.

use std::time::Duration;

use super::body::{Gone, Outlet};

const FILL: &[u8] = &[b'a'; 16 << 10];
/// One frame of 1000 bytes with its line end.
const FLOOD_FRAME_BYTES: usize = 1_000;

/// One frame whose line, without its line end, is `bytes` long (at least a frame's hull).
pub(crate) async fn oversized_line(outlet: &Outlet, bytes: u64) -> Result<(), Gone> {
    const HEAD: &[u8] = b"{\"content\":\"";
    const TAIL: &[u8] = b"\"}\n";
    let mut left = bytes.saturating_sub((HEAD.len() + TAIL.len() - 1) as u64);
    outlet.data(HEAD).await?;
    while left > 0 {
        let now = usize::try_from(left).unwrap_or(usize::MAX).min(FILL.len());
        outlet.data(FILL.get(..now).unwrap_or(FILL)).await?;
        left -= now as u64;
    }
    outlet.data(TAIL).await
}

/// `megabytes` · 10⁶ bytes of frames.
pub(crate) async fn flood(outlet: &Outlet, megabytes: u64) -> Result<(), Gone> {
    const HULL: usize = "{\"content\":\"\"}\n".len();
    let frame = format!("{{\"content\":\"{}\"}}\n", "b".repeat(FLOOD_FRAME_BYTES - HULL));
    // Ten frames a piece; a thousand frames a megabyte.
    let piece = hyper::body::Bytes::from(frame.repeat(10));
    for _ in 0..megabytes.saturating_mul(100) {
        outlet.data(piece.clone()).await?;
    }
    Ok(())
}

/// Frames without end, one per `interval_ms`.
pub(crate) async fn endless(outlet: &Outlet, interval_ms: u64) -> Result<(), Gone> {
    loop {
        outlet.data("{\"content\":\"and so on \"}\n").await?;
        if interval_ms > 0 {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(interval_ms)) => {}
                () = outlet.closed() => return Err(Gone),
            }
        }
    }
}
