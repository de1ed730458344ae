//! The audit log as JSON Lines.

use std::time::Duration;

use futures_util::future::{Either, select};
use promptgate_core::governance::chain::Export;
use promptgate_core::problem::Problem;
use promptgate_core::route::Target;
use promptgate_core::sensitive::Bytes;
use promptgate_core::settings::Settings;
use worker::{Delay, Response};

use crate::client::{self, Stream};
use crate::{Visit, object};

/// How long a client may take for one page (ours).
const PATIENCE: Duration = Duration::from_secs(60);

impl Visit {
    /// Streams the rows, page by page; a stream that breaks off has no head at its end.
    pub(crate) async fn audit(&self, settings: &Settings, target: &Target) -> Result<Response, Problem> {
        let tenant = self.operator(settings, target.route)?;
        let begun = self.export(target).await;
        // Who has read the log is worth a row too.
        let code = begun.as_ref().err().map(|problem| problem.code.as_str().to_owned());
        self.leave(settings, target.route, self.operation(settings, target.route, Some(&tenant)), code);
        begun
    }

    async fn export(&self, target: &Target) -> Result<Response, Problem> {
        let mut export = Export::begin(target)?;
        let page = object::audit::page(&self.env, &export).await.ok_or_else(Problem::storage_unavailable)?;
        let (mut text, mut last) = export.page(page);
        let head = Export::head(&self.random.request_id());
        let (stream, response) = Stream::begin(&head).ok_or_else(Problem::storage_unavailable)?;
        let env = self.env.clone();
        let mut left = client::left(&self.request);
        self.life.wait_until(async move {
            loop {
                if !text.is_empty() {
                    let written = select(stream.write(&Bytes(text.into_bytes())), Delay::from(PATIENCE));
                    match select(written, &mut left).await {
                        Either::Left((Either::Left((true, _)), _)) => {}
                        _ => return stream.abort(),
                    }
                }
                if last {
                    return stream.close().await;
                }
                let Some(page) = object::audit::page(&env, &export).await else { return stream.abort() };
                (text, last) = export.page(page);
            }
        });
        Ok(response)
    }
}
