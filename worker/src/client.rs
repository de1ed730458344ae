//! The client's side: its request and its answer.

use futures_util::future::{FutureExt, LocalBoxFuture};
use js_sys::Uint8Array;
use promptgate_core::http::{ALWAYS, Reply, ReplyHead};
use promptgate_core::sensitive::Bytes;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, ReadableStream, ResponseInit, WritableStream, WritableStreamDefaultWriter};
use worker::Response;

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

/// A header of a request.
pub(crate) fn header(request: &web_sys::Request, name: &str) -> Option<String> {
    request.headers().get(name).ok().flatten()
}

/// The answer of an object as one of the Worker's own, which may be given more headers; its body goes through as it comes.
pub(crate) fn passed_on(answer: Response) -> Response {
    let answer = web_sys::Response::from(answer);
    let init = ResponseInit::new();
    init.set_status(answer.status());
    init.set_headers(answer.headers().as_ref());
    match web_sys::Response::new_with_opt_readable_stream_and_init(answer.body().as_ref(), &init) {
        Ok(response) => response.into(),
        Err(_) => web_sys::Response::error().into(),
    }
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
    let body = Uint8Array::from(reply.body.0.as_slice());
    response(reply.head.status, headers(&reply.head), |init| {
        web_sys::Response::new_with_opt_js_u8_array_and_init(Some(&body), init)
    })
}

/// The answer of a model's object.
pub(crate) fn model_reply(reply: ModelReply) -> Response {
    let headers = reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    response(reply.status, headers, |init| web_sys::Response::new_with_opt_str_and_init(Some(&reply.body), init))
}

/// An answer that is being written.
pub(crate) struct Stream(WritableStreamDefaultWriter);

impl Stream {
    /// Begins an answer; `None` where the platform refuses, which it does not.
    pub(crate) fn begin(head: &ReplyHead) -> Option<(Stream, Response)> {
        let pipe = IdentityTransformStream::new();
        let writer = pipe.writable().get_writer().ok()?;
        let readable = pipe.readable();
        let response = response(head.status, headers(head), |init| {
            web_sys::Response::new_with_opt_readable_stream_and_init(Some(&readable), init)
        });
        Some((Stream(writer), response))
    }

    /// Writes; the result comes when the client has taken the bytes: whether it did.
    pub(crate) fn write(&self, bytes: &Bytes) -> LocalBoxFuture<'static, bool> {
        let written = self.0.write_with_chunk(&Uint8Array::from(bytes.0.as_slice()));
        async move { JsFuture::from(written).await.is_ok() }.boxed_local()
    }

    /// Ends the answer; done when the client has taken all of it.
    pub(crate) async fn close(&self) {
        let _ = JsFuture::from(self.0.close()).await;
    }

    /// Breaks the answer off.
    pub(crate) fn abort(&self) {
        let _ = self.0.abort();
    }
}

fn headers(head: &ReplyHead) -> impl Iterator<Item = (&str, &str)> {
    head.headers.iter().map(|(name, value)| (*name, value.as_str()))
}

fn response<'a>(
    status: u16,
    own: impl Iterator<Item = (&'a str, &'a str)>,
    make: impl FnOnce(&ResponseInit) -> Result<web_sys::Response, wasm_bindgen::JsValue>,
) -> Response {
    let init = ResponseInit::new();
    init.set_status(status);
    if let Ok(headers) = Headers::new() {
        for (name, value) in own.chain(ALWAYS) {
            // Names are ours; values are checked where they come from.
            let _ = headers.set(name, value);
        }
        init.set_headers(headers.as_ref());
    }
    match make(&init) {
        Ok(response) => response.into(),
        Err(_) => web_sys::Response::error().into(),
    }
}
