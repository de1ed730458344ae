//! The socket below an HTTP connection: counts what API answers put on it, and can end in a reset.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::world::World;

/// What an endpoint may tell its socket.
#[derive(Debug, Default)]
pub(crate) struct Line {
    reset: AtomicBool,
    counted: AtomicBool,
}

impl Line {
    /// The socket shall end with a TCP reset instead of an orderly close.
    pub(crate) fn end_in_reset(&self) {
        self.reset.store(true, Ordering::Relaxed);
    }

    /// Whether the bytes written from now on belong to an API answer.
    pub(crate) fn count(&self, counted: bool) {
        self.counted.store(counted, Ordering::Relaxed);
    }
}

/// One accepted socket.
pub(crate) struct Wire {
    stream: TcpStream,
    line: Arc<Line>,
    world: Arc<World>,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, line: Arc<Line>, world: Arc<World>) -> Self {
        Self { stream, line, world }
    }

    fn written(&self, bytes: usize) {
        if self.line.counted.load(Ordering::Relaxed) {
            self.world.bytes_sent.fetch_add(bytes as u64, Ordering::Relaxed);
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.line.reset.load(Ordering::Relaxed) {
            // Closing with a zero linger time sends RST. If it fails, the close is orderly.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let bytes = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.written(bytes);
        Poll::Ready(Ok(bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let bytes = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs))?;
        self.written(bytes);
        Poll::Ready(Ok(bytes))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
