//! The client's side: its request, its answer, its leaving.

use futures_util::future::{FutureExt, LocalBoxFuture, pending};
use js_sys::{Promise, Uint8Array};
use promptgate_core::http::{Reply, ReplyHead};
use promptgate_core::problem::Problem;
use promptgate_core::sensitive::Bytes;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, ReadableStream, ResponseInit, WritableStream, WritableStreamDefaultWriter};
use worker::Response;

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

/// The path of a request with its query. (`Request::url` of the worker crate parses the whole URL.)
pub(crate) fn target(request: &web_sys::Request) -> String {
    let url = request.url();
    let after_host = url.split_once("://").map_or("", |(_, rest)| rest);
    let target = after_host.find('/').and_then(|at| after_host.get(at..)).unwrap_or("/");
    target.split('#').next().unwrap_or_default().to_owned()
}

/// Done when the client has left; never, if it stays.
pub(crate) fn left(request: &web_sys::Request) -> LocalBoxFuture<'static, ()> {
    let signal = request.signal();
    if signal.aborted() {
        return async {}.boxed_local();
    }
    let promise = Promise::new(&mut |resolve, _| {
        let _ = signal.add_event_listener_with_callback("abort", &resolve);
    });
    async move {
        if JsFuture::from(promise).await.is_err() {
            pending::<()>().await;
        }
    }
    .boxed_local()
}

/// An answer that is whole.
pub(crate) fn whole(reply: Reply) -> Response {
    let body = Uint8Array::from(reply.body.0.as_slice());
    response(&reply.head, |init| web_sys::Response::new_with_opt_js_u8_array_and_init(Some(&body), init))
}

/// The code of the problem that an answer tells of; none for one that is no refusal.
pub(crate) fn problem_code(answer: &Response) -> Option<String> {
    answer.headers().get(Problem::HEADER).ok().flatten()
}

/// An answer that is being written.
pub(crate) struct Stream(WritableStreamDefaultWriter);

impl Stream {
    /// Begins an answer; `None` where the platform refuses, which it does not.
    pub(crate) fn begin(head: &ReplyHead) -> Option<(Stream, Response)> {
        let pipe = IdentityTransformStream::new();
        let writer = pipe.writable().get_writer().ok()?;
        let readable = pipe.readable();
        let response =
            response(head, |init| web_sys::Response::new_with_opt_readable_stream_and_init(Some(&readable), init));
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

fn response(
    head: &ReplyHead,
    make: impl FnOnce(&ResponseInit) -> Result<web_sys::Response, wasm_bindgen::JsValue>,
) -> Response {
    let init = ResponseInit::new();
    init.set_status(head.status);
    if let Ok(headers) = Headers::new() {
        for (name, value) in &head.headers {
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
