//! Requests to other servers: the core's [`HttpRequest`] to `fetch`, and bytes back.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Reflect, Uint8Array};
use promptgate_core::http::{Head, HttpRequest};
use promptgate_core::sensitive::Bytes;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortSignal, ReadableStream};
use worker::Env;

use crate::bridge::{Wait, lines};

#[wasm_bindgen(module = "/src/bridge.js")]
extern "C" {
    /// What a request is sent through: the global scope, or a binding.
    type Network;
    #[wasm_bindgen(js_name = send)]
    fn begin(network: &Network, method: &str, url: &str, headers: &str, body: &[u8], signal: &AbortSignal, number: u32);

    /// The answer to one.
    type Answer;
    #[wasm_bindgen(method, getter)]
    fn head(this: &Answer) -> String;
    #[wasm_bindgen(method, getter)]
    fn body(this: &Answer) -> Option<ByteReader>;

    /// A reader into a buffer of its own.
    #[wasm_bindgen(js_name = Reader)]
    #[derive(Clone)]
    type ByteReader;
    #[wasm_bindgen(constructor, js_class = "Reader", catch)]
    fn new(body: &ReadableStream) -> Result<ByteReader, JsValue>;
    #[wasm_bindgen(method, js_class = "Reader")]
    fn read(this: &ByteReader, least: u32, number: u32);
    #[wasm_bindgen(method, js_class = "Reader")]
    fn gather(this: &ByteReader, rest_ms: u32, number: u32);
    #[wasm_bindgen(method, js_class = "Reader")]
    fn cancel(this: &ByteReader);
}

/// Sends `request`; redirects are not followed. `None` where no answer came.
pub(crate) async fn send(request: &HttpRequest, signal: &AbortSignal) -> Option<(Head, Option<Reader>)> {
    send_by(js_sys::global().unchecked_into(), request, signal).await
}

/// The same through a network that leads to public addresses only, whatever a name resolves to: the binding
/// `PUBLIC_NETWORK` of self-hosted workerd (`scripts/workerd.mjs`). The platform's own network is one, and needs none.
pub(crate) async fn send_public(
    env: &Env,
    request: &HttpRequest,
    signal: &AbortSignal,
) -> Option<(Head, Option<Reader>)> {
    match Reflect::get(env.as_ref(), &"PUBLIC_NETWORK".into()) {
        Ok(network) if network.is_object() => send_by(network.unchecked_into(), request, signal).await,
        _ => send(request, signal).await,
    }
}

async fn send_by(network: Network, request: &HttpRequest, signal: &AbortSignal) -> Option<(Head, Option<Reader>)> {
    let headers = lines(request.headers.iter().map(|(name, value)| (name.as_ref(), value.expose())));
    let (method, url, body) = (request.method, &request.url, &request.body.0);
    let answered = Wait::for_what(|number| begin(&network, method, url, &headers, body, signal, number));
    let answer: Answer = answered.await.ok()?.unchecked_into();
    let text = answer.head();
    let mut parts = text.split('\n');
    let status = parts.next()?.parse().ok()?;
    let mut headers = Vec::new();
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        headers.push((name.to_owned(), value.to_owned()));
    }
    let head = Head { status, headers };
    let left = if head.header("content-encoding").is_some() { None } else { head.header("content-length") };
    let left = left.and_then(|length| length.parse().ok());
    let reader = answer.body().map(|reader| Reader { reader, left: Rc::new(Cell::new(left)) });
    Some((head, reader))
}

/// What a body gives, in the memory of JavaScript.
pub(crate) enum Chunk {
    Bytes(Uint8Array),
    End,
    Failed,
}

/// Bytes of a body that is not whole yet, in the memory of JavaScript: the Wasm memory would keep what a crowd of them
/// took, and chunks of a byte each would weigh a hundred times what they hold.
#[derive(Default)]
pub(crate) struct Buffer {
    bytes: Option<Uint8Array>,
    length: u32,
}

impl Buffer {
    /// The first size: most bodies fit.
    const LEAST: u32 = 4 << 10;

    pub(crate) fn push(&mut self, chunk: &Uint8Array) {
        let length = self.length + chunk.length();
        let fits = self.bytes.as_ref().filter(|bytes| bytes.length() >= length);
        let bytes = match (fits, &self.bytes) {
            (Some(bytes), _) => bytes.clone(),
            (None, before) => {
                let larger = Uint8Array::new_with_length(length.next_power_of_two().max(Self::LEAST));
                if let Some(before) = before {
                    larger.set(&before.subarray(0, self.length), 0);
                }
                larger
            }
        };
        bytes.set(chunk, self.length);
        self.length = length;
        self.bytes = Some(bytes);
    }

    /// How many there are.
    pub(crate) fn length(&self) -> usize {
        self.length as usize
    }

    /// All of them.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.bytes.as_ref().map(|bytes| bytes.subarray(0, self.length).to_vec()).unwrap_or_default()
    }
}

/// What a body gives.
pub(crate) enum Piece {
    Chunk(Bytes),
    End,
    Failed,
}

impl From<Chunk> for Piece {
    fn from(chunk: Chunk) -> Piece {
        match chunk {
            Chunk::Bytes(bytes) => Piece::Chunk(Bytes(bytes.to_vec())),
            Chunk::End => Piece::End,
            Chunk::Failed => Piece::Failed,
        }
    }
}

/// Most bytes of one read, as in `bridge.js`.
const ROOM: u32 = 16 << 10;
/// So many bytes of an answer that is small and whole are read at once.
const WHOLE: u32 = 4 << 10;

/// A body that is being read.
#[derive(Clone)]
pub(crate) struct Reader {
    reader: ByteReader,
    /// How many bytes are still to come, where that is known: a read to hear that it has ended costs as much as any other.
    left: Rc<Cell<Option<u32>>>,
}

impl Reader {
    pub(crate) fn of(stream: &ReadableStream) -> Option<Reader> {
        ByteReader::new(stream).ok().map(|reader| Reader { reader, left: Rc::default() })
    }

    /// The next chunk, of `least` bytes but for the last one. It is there until the next is read.
    pub(crate) async fn chunk(&self, least: u32) -> Chunk {
        self.next(|number| self.reader.read(least.clamp(1, ROOM), number)).await
    }

    async fn next(&self, begin: impl FnOnce(u32)) -> Chunk {
        if self.left.get() == Some(0) {
            return Chunk::End;
        }
        match Wait::for_what(begin).await {
            Ok(end) if end.is_null() => Chunk::End,
            Ok(bytes) => {
                let bytes: Uint8Array = bytes.unchecked_into();
                self.left.set(self.left.get().map(|left| left.saturating_sub(bytes.length())));
                Chunk::Bytes(bytes)
            }
            Err(_) => Chunk::Failed,
        }
    }

    /// The next piece, of `least` bytes but for the last one.
    pub(crate) async fn read(&self, least: u32) -> Piece {
        self.chunk(least).await.into()
    }

    /// What comes within this time, together; what comes first after it, where that is nothing.
    pub(crate) async fn gather(&self, rest: Duration) -> Piece {
        self.next(|number| self.reader.gather(rest.as_millis() as u32, number)).await.into()
    }

    /// The whole body, or `None` where it breaks off or is longer than `most` bytes.
    pub(crate) async fn read_all(&self, most: usize) -> Option<Vec<u8>> {
        let mut body = Buffer::default();
        loop {
            match self.chunk(WHOLE).await {
                Chunk::Bytes(chunk) if body.length() + chunk.length() as usize <= most => body.push(&chunk),
                Chunk::End => return Some(body.bytes()),
                Chunk::Bytes(_) | Chunk::Failed => {
                    self.cancel();
                    return None;
                }
            }
        }
    }

    /// The rest is not wanted.
    pub(crate) fn cancel(&self) {
        self.reader.cancel();
    }
}
