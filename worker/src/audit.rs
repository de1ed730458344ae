//! The audit log as JSON Lines.

use promptgate_core::governance::Operation;
use promptgate_core::governance::chain::{Export, Page};
use promptgate_core::problem::Problem;
use promptgate_core::sensitive::Bytes;
use worker::Response;

use crate::client::Stream;
use crate::context::RequestContext;
use crate::{object, telemetry};

impl RequestContext {
    /// Streams the rows, page by page, until the deadline; a stream that breaks off has no head at its end, and the next
    /// export goes on after its last row.
    pub(crate) async fn audit(&self) -> Result<Response, Problem> {
        let begun = self.export().await;
        // Who has read the log is worth a row too.
        self.close(Operation::of(self.target.route), begun.as_ref().err());
        begun
    }

    async fn export(&self) -> Result<Response, Problem> {
        let mut export = Export::begin(&self.target, self.caller.sees())?;
        // What this isolate has left so far is in it.
        let _ = self.limits.within(telemetry::flush(&self.env)).await;
        let first: Page = object::audit::page(&self.env, &export, &self.limits).await?;
        let (mut text, mut last) = export.page(first);
        let head = Export::head(&self.random.request_id());
        let (stream, response) = Stream::begin(&head).ok_or_else(Problem::storage_unavailable)?;
        let (env, limits) = (self.env.clone(), self.limits.clone());
        self.life.wait_until(async move {
            loop {
                if !text.is_empty() && limits.within(stream.write(&Bytes(text.into_bytes()))).await != Ok(true) {
                    return stream.abort();
                }
                if last {
                    if limits.within(stream.close()).await.is_err() {
                        stream.abort();
                    }
                    return;
                }
                let Ok(page) = object::audit::page(&env, &export, &limits).await else { return stream.abort() };
                (text, last) = export.page(page);
            }
        });
        Ok(response)
    }
}
