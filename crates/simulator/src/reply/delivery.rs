//! Sends an answer: at its pace, held and cut where a fault says so.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::body::{Cut, Gone, Outlet};
use super::disguise::{Pieces, disguise, fail};
use super::frames::{FrameEnvelope, Frames, Framing};
use super::torrent;
use crate::early::pass_gate;
use crate::fault::{Fault, How};
use crate::ledger::Failure;
use crate::world::{Held, World};

/// Sends an answer in the background until it ends, the reader leaves, or a reset comes.
pub(crate) fn deliver(
    world: &Arc<World>,
    outlet: Outlet,
    mut frames: Frames,
    failed: Option<&Failure>,
    faults: Arc<[Fault]>,
) {
    if let Some(failed) = failed {
        fail(&mut frames, failed);
    }
    let wire = Wire { hull: frames.hull.clone(), framing: frames.framing, cut: frames.cut };
    let chunks = disguise(frames, &faults);
    let world = Arc::clone(world);
    let epoch = world.epoch();
    tokio::spawn(async move {
        // `Gone` ends the task; how the answer ended is counted by its body.
        let _ = tokio::select! {
            sent = send(&world, &outlet, &wire, &chunks, &faults) => sent,
            () = world.until_reset(epoch) => outlet.cut(Cut::Close).await,
        };
    });
}

/// What is needed of an answer beside its chunks.
struct Wire {
    hull: FrameEnvelope,
    framing: Framing,
    cut: Option<How>,
}

async fn send(
    world: &Arc<World>,
    outlet: &Outlet,
    wire: &Wire,
    chunks: &[Pieces],
    faults: &[Fault],
) -> Result<(), Gone> {
    for fault in faults {
        if let Fault::DelayFirstByte { ms } = fault {
            sleep_until(outlet, Instant::now() + Duration::from_millis(*ms)).await?;
        }
    }
    let pace = Duration::from_secs(1).checked_div(world.config.rate).unwrap_or_default();
    let mut due = Instant::now();
    let acts_at_end = wire.cut.is_some() || faults.iter().any(|fault| at(fault).is_some_and(|n| n >= chunks.len()));
    for (n, pieces) in chunks.iter().enumerate() {
        act(world, outlet, wire, faults, |at| at == n).await?;
        if !pace.is_zero() {
            due += pace;
            sleep_until(outlet, due).await?;
        }
        let last_line = n + 1 == chunks.len() && !acts_at_end;
        for (m, piece) in pieces.iter().enumerate() {
            if m > 0 {
                outlet.flush().await?;
            }
            if last_line && m + 1 == pieces.len() {
                outlet.last(piece.clone()).await?;
            } else {
                outlet.data(piece.clone()).await?;
            }
        }
    }
    act(world, outlet, wire, faults, |at| at >= chunks.len()).await?;
    match wire.cut {
        Some(how) => end(outlet, how).await,
        None => Ok(()),
    }
}

/// Ends the connection; nothing may follow.
async fn end(outlet: &Outlet, how: How) -> Result<(), Gone> {
    outlet.cut(if how == How::Close { Cut::Close } else { Cut::Reset }).await?;
    // The body ends at the cut.
    outlet.closed().await;
    Err(Gone)
}

/// After how many frames a fault acts, if it does so mid-stream.
fn at(fault: &Fault) -> Option<usize> {
    match fault {
        Fault::Gate { after_frames, before: None }
        | Fault::Stall { after_frames }
        | Fault::ResetMidStream { after_frames, .. }
        | Fault::OversizedLine { after_frames, .. }
        | Fault::KeepAlive { after_frames, .. }
        | Fault::Flood { after_frames, .. } => Some(*after_frames),
        Fault::Endless { .. } => Some(1),
        _ => None,
    }
}

/// Carries out the faults whose place `now` accepts, in their order.
async fn act(
    world: &Arc<World>,
    outlet: &Outlet,
    wire: &Wire,
    faults: &[Fault],
    now: impl Fn(usize) -> bool,
) -> Result<(), Gone> {
    for fault in faults.iter().filter(|fault| at(fault).is_some_and(&now)) {
        match fault {
            Fault::Gate { .. } => {
                let _held = Held::new(world);
                tokio::select! {
                    () = pass_gate(world) => {}
                    () = outlet.closed() => return Err(Gone),
                }
            }
            Fault::Stall { .. } => {
                let _held = Held::new(world);
                outlet.closed().await;
                return Err(Gone);
            }
            Fault::ResetMidStream { how, .. } => return end(outlet, *how).await,
            Fault::OversizedLine { bytes, .. } => torrent::oversized_line(outlet, &wire.hull, *bytes).await?,
            Fault::Flood { megabytes, .. } => torrent::flood(outlet, &wire.hull, *megabytes).await?,
            Fault::Endless { interval_ms } => torrent::endless(outlet, &wire.hull, *interval_ms).await?,
            Fault::KeepAlive { count, interval_ms, .. } if wire.framing == Framing::Events => {
                torrent::keep_alive(outlet, *count, *interval_ms).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

async fn sleep_until(outlet: &Outlet, due: Instant) -> Result<(), Gone> {
    tokio::select! {
        () = tokio::time::sleep_until(due) => Ok(()),
        () = outlet.closed() => Err(Gone),
    }
}
