//! The client's side: its request and its answer.

use futures_util::future::{FutureExt, LocalBoxFuture};
use promptgate_core::http::{ALWAYS, Reply, ReplyHead};
use promptgate_core::sensitive::Bytes;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{ReadableStream, Request, Response, ResponseInit, WritableStream, WritableStreamDefaultWriter};

use crate::bridge::{Wait, lines};
use crate::object::model::ModelReply;

#[wasm_bindgen]
extern "C" {
    /// Workerd's pipe: bytes written on one side are read on the other, nothing is kept between. A write is
    /// done when its bytes have been taken, which is what holds a fast upstream back.
    type IdentityTransformStream;
    #[wasm_bindgen(constructor)]
    fn new() -> IdentityTransformStream;
    #[wasm_bindgen(method, getter)]
    fn readable(this: &IdentityTransformStream) -> ReadableStream;
    #[wasm_bindgen(method, getter)]
    fn writable(this: &IdentityTransformStream) -> WritableStream;
}

#[wasm_bindgen(module = "/src/bridge.js")]
extern "C" {
    #[wasm_bindgen(js_name = asked)]
    fn head(request: &Request) -> String;
    #[wasm_bindgen(js_name = bytes, catch)]
    fn with_bytes(status: u16, headers: &str, body: &[u8]) -> Result<Response, JsValue>;
    fn write(writer: &WritableStreamDefaultWriter, bytes: &[u8], number: u32);
    #[wasm_bindgen(js_name = answer, catch)]
    fn with_stream(status: u16, headers: &str, body: &ReadableStream) -> Result<Response, JsValue>;
}

/// The head of a request.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) url: String,
    /// Their names are in small letters.
    headers: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn of(request: &Request) -> Asked {
        let text = head(request);
        let mut lines = text.split('\n').map(str::to_owned);
        let (method, url) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        let mut headers = Vec::new();
        while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
            headers.push((name, value));
        }
        Asked { method, url, headers }
    }

    /// A header, by its name in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The answer of an object as one of the Worker's own, which may be given more headers; its body goes through as it comes.
pub(crate) fn passed_on(answer: worker::Response) -> Response {
    let answer = Response::from(answer);
    let init = ResponseInit::new();
    init.set_status(answer.status());
    init.set_headers(answer.headers().as_ref());
    Response::new_with_opt_readable_stream_and_init(answer.body().as_ref(), &init).unwrap_or_else(|_| Response::error())
}

/// Adds headers to an answer that has not gone out yet.
pub(crate) fn add(response: &Response, headers: Vec<(&'static str, String)>) {
    for (name, value) in headers {
        let _ = response.headers().append(name, &value);
    }
}

/// Sets headers of an answer that is on its way.
pub(crate) fn set(response: &Response, headers: Vec<(&'static str, String)>) {
    for (name, value) in headers {
        let _ = response.headers().set(name, &value);
    }
}

/// An answer that is whole.
pub(crate) fn whole(reply: Reply) -> Response {
    with_bytes(reply.head.status, &headers(&reply.head), &reply.body.0).unwrap_or_else(|_| Response::error())
}

/// The answer of a model's object.
pub(crate) fn model_reply(reply: ModelReply) -> Response {
    let own = reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    with_bytes(reply.status, &lines(own.chain(ALWAYS)), reply.body.as_bytes()).unwrap_or_else(|_| Response::error())
}

/// An answer that is being written.
pub(crate) struct Stream(WritableStreamDefaultWriter);

impl Stream {
    /// Begins an answer; `None` where the platform refuses, which it does not.
    pub(crate) fn begin(head: &ReplyHead) -> Option<(Stream, Response)> {
        let pipe = IdentityTransformStream::new();
        let writer = pipe.writable().get_writer().ok()?;
        let readable = pipe.readable();
        let response = with_stream(head.status, &headers(head), &readable).ok()?;
        Some((Stream(writer), response))
    }

    /// Writes; the result comes when the client has taken the bytes: whether it did.
    pub(crate) fn write(&self, bytes: &Bytes) -> LocalBoxFuture<'static, bool> {
        let written = Wait::for_what(|number| write(&self.0, &bytes.0, number));
        async move { written.await.is_ok() }.boxed_local()
    }

    /// Ends the answer; done when the client has taken all of it.
    pub(crate) async fn close(&self) {
        let _ = Wait::settled(&self.0.close()).await;
    }

    /// Breaks the answer off.
    pub(crate) fn abort(&self) {
        let _ = self.0.abort();
    }
}

fn headers(head: &ReplyHead) -> String {
    // Names are ours; values are checked where they come from.
    lines(head.headers.iter().map(|(name, value)| (*name, value.as_str())).chain(ALWAYS))
}
