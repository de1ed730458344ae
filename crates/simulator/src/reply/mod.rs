//! What becomes of an answer on its way to the socket.
//!
//! `frames` is an answer before it is sent, `disguise` turns it into chunks, `delivery` sends them with the pace and
//! the holds that a fault asks for, `torrent` makes the endless ones, and `body` is what the HTTP stack reads.

mod body;
mod delivery;
mod disguise;
mod frames;
mod torrent;

pub(crate) use body::{Body, Cut, Ended, Open};
pub(crate) use delivery::deliver;
pub(crate) use frames::{FrameEnvelope, Frames, Framing};
