//! Sends an answer: at its pace, held and cut where a fault says so.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use tokio::time::Instant;

use super::body::{Cut, Gone, Outlet};
use super::disguise::{Pieces, disguise, fail};
use super::torrent;
use crate::early::pass_gate;
use crate::fault::{Fault, How};
use crate::ledger::Failure;
use crate::world::{Held, World};

/// Sends `lines` in the background until they end, the reader leaves, or a reset comes.
pub(crate) fn deliver(
    world: &Arc<World>,
    outlet: Outlet,
    mut lines: Vec<Bytes>,
    failed: Option<&Failure>,
    faults: Arc<[Fault]>,
) {
    if let Some(failed) = failed {
        fail(&mut lines, failed);
    }
    let chunks = disguise(lines, &faults);
    let world = Arc::clone(world);
    let epoch = world.epoch();
    tokio::spawn(async move {
        // `Gone` ends the task; how the answer ended is counted by its body.
        let _ = tokio::select! {
            sent = send(&world, &outlet, &chunks, &faults) => sent,
            () = world.until_reset(epoch) => outlet.cut(Cut::Close).await,
        };
    });
}

async fn send(world: &Arc<World>, outlet: &Outlet, chunks: &[Pieces], faults: &[Fault]) -> Result<(), Gone> {
    for fault in faults {
        if let Fault::DelayFirstByte { ms } = fault {
            sleep_until(outlet, Instant::now() + Duration::from_millis(*ms)).await?;
        }
    }
    let pace = Duration::from_secs(1).checked_div(world.config.rate).unwrap_or_default();
    let mut due = Instant::now();
    let acts_at_end = faults.iter().any(|fault| at(fault).is_some_and(|n| n >= chunks.len()));
    for (n, pieces) in chunks.iter().enumerate() {
        act(world, outlet, faults, |at| at == n).await?;
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
    act(world, outlet, faults, |at| at >= chunks.len()).await
}

/// After how many frames a fault acts, if it does so mid-stream.
fn at(fault: &Fault) -> Option<usize> {
    match fault {
        Fault::Gate { after_frames, before: None }
        | Fault::Stall { after_frames }
        | Fault::ResetMidStream { after_frames, .. }
        | Fault::OversizedLine { after_frames, .. }
        | Fault::Flood { after_frames, .. } => Some(*after_frames),
        Fault::Endless { .. } => Some(1),
        _ => None,
    }
}

/// Carries out the faults whose place `now` accepts, in their order.
async fn act(world: &Arc<World>, outlet: &Outlet, faults: &[Fault], now: impl Fn(usize) -> bool) -> Result<(), Gone> {
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
            Fault::ResetMidStream { how, .. } => {
                outlet.cut(if *how == How::Close { Cut::Close } else { Cut::Reset }).await?;
                // Nothing may follow; the body ends at the cut.
                outlet.closed().await;
                return Err(Gone);
            }
            Fault::OversizedLine { bytes, .. } => torrent::oversized_line(outlet, *bytes).await?,
            Fault::Flood { megabytes, .. } => torrent::flood(outlet, *megabytes).await?,
            Fault::Endless { interval_ms } => torrent::endless(outlet, *interval_ms).await?,
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
