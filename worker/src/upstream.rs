//! Requests to other servers: the core's [`HttpRequest`] to `fetch`, and bytes back.

use js_sys::{Function, Object, Promise, Reflect, Uint8Array};
use promptgate_core::http::{Head, HttpRequest};
use promptgate_core::sensitive::Bytes;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, ReadableStream, RequestInit, RequestRedirect};
use worker::Env;

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

#[wasm_bindgen]
extern "C" {
    /// What requests are sent through: the global scope, or a binding.
    type Network;
    #[wasm_bindgen(method, catch)]
    fn fetch(this: &Network, url: &str, init: &RequestInit) -> Result<Promise, JsValue>;
}

async fn send_by(network: Network, request: &HttpRequest, signal: &AbortSignal) -> Option<(Head, Option<Reader>)> {
    let response: web_sys::Response = fetch(&network, request, signal).await.ok()?.dyn_into().ok()?;
    let mut headers = Vec::new();
    for entry in js_sys::try_iter(response.headers().as_ref()).ok().flatten()?.flatten() {
        let pair: js_sys::Array = entry.into();
        headers.push((pair.get(0).as_string()?, pair.get(1).as_string()?));
    }
    let reader = response.body().as_ref().and_then(Reader::of);
    Some((Head { status: response.status(), headers }, reader))
}

async fn fetch(network: &Network, request: &HttpRequest, signal: &AbortSignal) -> Result<JsValue, JsValue> {
    let headers = web_sys::Headers::new()?;
    for (name, value) in &request.headers {
        headers.set(name, value.expose())?;
    }
    let init = RequestInit::new();
    init.set_method(request.method);
    init.set_redirect(RequestRedirect::Manual);
    init.set_headers(headers.as_ref());
    // A GET with a body, be it empty, is refused by the platform.
    if !request.body.0.is_empty() {
        init.set_body(&Uint8Array::from(request.body.0.as_slice()));
    }
    init.set_signal(Some(signal));
    JsFuture::from(network.fetch(&request.url, &init)?).await
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

#[wasm_bindgen]
extern "C" {
    /// A reader into buffers of ours (`getReader({mode: "byob"})`).
    #[derive(Clone)]
    type BufferReader;
    /// Workerd's own: done when `least` bytes have come, or the end has. A read of each HTTP chunk costs some 100 µs.
    #[wasm_bindgen(method, catch, js_name = readAtLeast)]
    fn read_at_least(this: &BufferReader, least: u32, into: &Uint8Array) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn cancel(this: &BufferReader) -> Result<Promise, JsValue>;
}

/// The bytes of one read at most: a few chunks of the network.
const ROOM: u32 = 16 << 10;
/// So many bytes of an answer that is small and whole are read at once.
const WHOLE: u32 = 4 << 10;

/// A body that is being read.
#[derive(Clone)]
pub(crate) struct Reader(BufferReader);

impl Reader {
    pub(crate) fn of(stream: &ReadableStream) -> Option<Reader> {
        let mode = Object::new();
        Reflect::set(&mode, &"mode".into(), &"byob".into()).ok()?;
        let get: Function = Reflect::get(stream, &"getReader".into()).ok()?.dyn_into().ok()?;
        Some(Reader(get.call1(stream, &mode).ok()?.unchecked_into()))
    }

    /// The next chunk, of `least` bytes but for the last one.
    pub(crate) async fn chunk(&self, least: u32) -> Chunk {
        let read = self.0.read_at_least(least.clamp(1, ROOM), &Uint8Array::new_with_length(ROOM));
        let Ok(read) = read else { return Chunk::Failed };
        let Ok(result) = JsFuture::from(read).await else { return Chunk::Failed };
        let result: Object = result.unchecked_into();
        let done = Reflect::get(&result, &"done".into()).is_ok_and(|done| done.is_truthy());
        match Reflect::get(&result, &"value".into()).map(JsCast::dyn_into::<Uint8Array>) {
            // The end may come with the bytes before it; then it comes again, alone.
            Ok(Ok(bytes)) if bytes.length() > 0 => Chunk::Bytes(bytes),
            Ok(_) if done => Chunk::End,
            Ok(_) | Err(_) => Chunk::Failed,
        }
    }

    /// The next piece, of `least` bytes but for the last one.
    pub(crate) async fn read(&self, least: u32) -> Piece {
        match self.chunk(least).await {
            Chunk::Bytes(bytes) => Piece::Chunk(Bytes(bytes.to_vec())),
            Chunk::End => Piece::End,
            Chunk::Failed => Piece::Failed,
        }
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
        let _ = self.0.cancel();
    }
}
