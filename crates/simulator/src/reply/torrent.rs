//! Bodies too large to build: made while they are sent, as fast as the reader takes them.

use std::time::Duration;

use hyper::body::Bytes;

use super::body::{Gone, Outlet};
use super::frames::FrameEnvelope;

const FILL: usize = 16 << 10;
/// One frame of 1000 bytes with its line ends.
const FLOOD_FRAME_BYTES: usize = 1_000;

/// One frame that is `bytes` long (at least a frame's hull) without its line ends.
pub(crate) async fn oversized_line(outlet: &Outlet, hull: &FrameEnvelope, bytes: u64) -> Result<(), Gone> {
    let fill = Bytes::from(vec![hull.fill; FILL]);
    let mut left = bytes.saturating_sub(hull.len() as u64);
    outlet.data(hull.head.clone()).await?;
    while left > 0 {
        let now = usize::try_from(left).unwrap_or(usize::MAX).min(FILL);
        outlet.data(fill.slice(..now)).await?;
        left -= now as u64;
    }
    outlet.data([&hull.tail, hull.end].concat()).await
}

/// `megabytes` · 10⁶ bytes of frames.
pub(crate) async fn flood(outlet: &Outlet, hull: &FrameEnvelope, megabytes: u64) -> Result<(), Gone> {
    let text = vec![hull.fill; FLOOD_FRAME_BYTES.saturating_sub(hull.len() + hull.end.len())];
    let frame = hull.around(&String::from_utf8_lossy(&text));
    // Ten frames a piece; a thousand frames a megabyte.
    let piece = Bytes::from(frame.repeat(10));
    for _ in 0..megabytes.saturating_mul(100) {
        outlet.data(piece.clone()).await?;
    }
    Ok(())
}

/// Frames without end, one per `interval_ms`.
pub(crate) async fn endless(outlet: &Outlet, hull: &FrameEnvelope, interval_ms: u64) -> Result<(), Gone> {
    let frame = if hull.fill == b' ' { Bytes::from_static(b"                ") } else { hull.around("and so on ") };
    loop {
        outlet.data(frame.clone()).await?;
        pause(outlet, interval_ms).await?;
    }
}

/// `count` comments of server-sent events, one per `interval_ms`.
pub(crate) async fn keep_alive(outlet: &Outlet, count: u64, interval_ms: u64) -> Result<(), Gone> {
    for _ in 0..count {
        outlet.data(": PROCESSING\n\n").await?;
        outlet.flush().await?;
        pause(outlet, interval_ms).await?;
    }
    Ok(())
}

async fn pause(outlet: &Outlet, interval_ms: u64) -> Result<(), Gone> {
    if interval_ms == 0 {
        return Ok(());
    }
    tokio::select! {
        () = tokio::time::sleep(Duration::from_millis(interval_ms)) => Ok(()),
        () = outlet.closed() => Err(Gone),
    }
}
