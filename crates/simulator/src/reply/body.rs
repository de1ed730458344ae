//! The body that the HTTP stack reads, the writer's end of it, and how its end is counted.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::body::{Bytes, Frame, SizeHint};
use tokio::sync::mpsc;

use crate::wire::Line;
use crate::world::World;

/// Pieces between writer and socket; small, so that a slow reader is felt at once.
const PIECES_AHEAD: usize = 8;

/// The connection ends here, without the rest of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Closed in good order (FIN).
    Close,
    /// Reset (RST).
    Reset,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Close => "connection closed on demand",
            Self::Reset => "connection reset on demand",
        })
    }
}

impl std::error::Error for Cut {}

/// An answer's body.
pub(crate) enum Body {
    /// All of it at once.
    Whole(Option<Bytes>),
    /// Piece by piece.
    Pieces(Pieces),
}

impl Body {
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::Whole((!bytes.is_empty()).then_some(bytes))
    }

    /// A body and the outlet that feeds it. `open` is ended when the body is.
    pub(crate) fn pieces(line: &Arc<Line>, open: Option<Open>) -> (Outlet, Self) {
        let (sender, receiver) = mpsc::channel(PIECES_AHEAD);
        let pieces = Pieces { receiver, line: Arc::clone(line), open };
        (Outlet(sender), Self::Pieces(pieces))
    }
}

/// The reader's end of a streamed body.
pub(crate) struct Pieces {
    receiver: mpsc::Receiver<Piece>,
    line: Arc<Line>,
    open: Option<Open>,
}

enum Piece {
    Data(Bytes),
    /// The last data: from here on the answer counts as completed.
    Last(Bytes),
    /// What came before goes to the socket before what comes after.
    Flush,
    Cut(Cut),
}

impl Pieces {
    fn end(&mut self, ended: Ended) {
        if let Some(open) = self.open.take() {
            open.end(ended);
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let pieces = match &mut *self {
            Self::Whole(bytes) => return Poll::Ready(bytes.take().map(|b| Ok(Frame::data(b)))),
            Self::Pieces(pieces) => pieces,
        };
        match ready!(pieces.receiver.poll_recv(cx)) {
            Some(Piece::Data(bytes)) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Some(Piece::Last(bytes)) => {
                pieces.end(Ended::Completed);
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Some(Piece::Flush) => {
                // The HTTP stack flushes whenever a body has nothing ready.
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Piece::Cut(cut)) => {
                if cut == Cut::Reset {
                    pieces.line.end_in_reset();
                }
                pieces.end(Ended::Cut);
                Poll::Ready(Some(Err(cut)))
            }
            None => {
                pieces.end(Ended::Completed);
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Pieces(_) => SizeHint::default(),
        }
    }
}

/// The reader has gone; there is nobody to write for.
#[derive(Debug)]
pub(crate) struct Gone;

/// The writer's end of a streamed body.
pub(crate) struct Outlet(mpsc::Sender<Piece>);

impl Outlet {
    pub(crate) async fn data(&self, bytes: impl Into<Bytes>) -> Result<(), Gone> {
        self.send(Piece::Data(bytes.into())).await
    }

    pub(crate) async fn last(&self, bytes: impl Into<Bytes>) -> Result<(), Gone> {
        self.send(Piece::Last(bytes.into())).await
    }

    pub(crate) async fn flush(&self) -> Result<(), Gone> {
        self.send(Piece::Flush).await
    }

    /// Flushes, then ends the connection.
    pub(crate) async fn cut(&self, cut: Cut) -> Result<(), Gone> {
        self.flush().await?;
        self.send(Piece::Cut(cut)).await
    }

    /// Returns when the reader has gone.
    pub(crate) async fn closed(&self) {
        self.0.closed().await;
    }

    async fn send(&self, piece: Piece) -> Result<(), Gone> {
        self.0.send(piece).await.map_err(|_| Gone)
    }
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Handed over to its end.
    Completed,
    /// The client went away first.
    Aborted,
    /// A fault ended it.
    Cut,
}

/// Counts one chat answer as open while it lives; its key runs as long.
pub(crate) struct Open {
    world: Arc<World>,
    epoch: u64,
    key: Option<String>,
    ended: Ended,
}

impl Open {
    /// `key` is released at the end; for a replay that changes nothing, since it isn't running.
    pub(crate) fn new(world: &Arc<World>, key: Option<String>) -> Self {
        let epoch = world.epoch();
        world.update_in(epoch, |state| state.counts.open += 1);
        Self { world: Arc::clone(world), epoch, key, ended: Ended::Aborted }
    }

    pub(crate) fn end(mut self, ended: Ended) {
        self.ended = ended;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.world.update_in(self.epoch, |state| {
            let counts = &mut state.counts;
            counts.open = counts.open.saturating_sub(1);
            match self.ended {
                Ended::Completed => counts.completed += 1,
                Ended::Aborted => counts.aborted += 1,
                Ended::Cut => counts.cut += 1,
            }
            if let Some(key) = &self.key {
                state.ledger.release(key);
            }
        });
    }
}
