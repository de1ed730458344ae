//! The audit log: as it is, searched, followed; and its heads.

use std::time::Duration;

use futures_util::future::{Either, FutureExt, select};
use promptgate_core::governance::Operation;
use promptgate_core::governance::chain::{self, Export, Extent, HeadList, Page, Search};
use promptgate_core::problem::Problem;
use promptgate_core::route::Route;
use promptgate_core::sensitive::Bytes;

use crate::bridge::Delay;
use crate::client::{self, Stream};
use crate::context::RequestContext;
use crate::{json, object, telemetry};
use web_sys::Response;

/// How often a log that is followed is looked at (ours).
const LOOK: Duration = Duration::from_millis(500);
/// How often something is sent where nothing happens, so that nobody between takes the stream for dead (ours).
const SIGN_OF_LIFE: u32 = 30;

impl RequestContext {
    /// Answers what is asked of the log. Who has read it is worth a row too.
    pub(crate) async fn audit(&self) -> Result<Response, Problem> {
        let accept = self.headers.accept.as_deref();
        // What this isolate has left so far is in it.
        let _ = self.limits.within(telemetry::flush(&self.env)).await;
        let begun = match () {
            () if self.target.route == Route::AuditHeads => self.heads().boxed_local().await,
            () if chain::is_followed(accept) => self.follow_log().boxed_local().await,
            () if Search::is_asked(&self.target, accept) => self.search().boxed_local().await,
            () => self.export().boxed_local().await,
        };
        self.close(Operation::of(self.target.route), begun.as_ref().err());
        begun
    }

    /// Streams the chain, page by page, until the deadline; a stream that breaks off has no head at its end, and the next
    /// export goes on after its last row.
    async fn export(&self) -> Result<Response, Problem> {
        let mut export = Export::begin(&self.target, self.caller.sees())?;
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

    /// Answers with the rows that fit.
    async fn search(&self) -> Result<Response, Problem> {
        let mut search = Search::of(&self.target, self.headers.accept.as_deref(), self.caller.sees())?;
        let extents = object::audit::extents(&self.env, Vec::new(), &self.limits).await?;
        look(&mut search, &extents, self).await?;
        Ok(client::whole(search.answer(&self.target, &self.random.request_id())))
    }

    /// Streams rows as they come, until the deadline; the client goes on after the last one that it has.
    async fn follow_log(&self) -> Result<Response, Problem> {
        let search = Search::of(&self.target, self.headers.accept.as_deref(), self.caller.sees())?;
        let mut extents = object::audit::extents(&self.env, Vec::new(), &self.limits).await?;
        let end = extents.iter().map(|extent| extent.last).max().unwrap_or_default();
        let mut search = search.follow(&self.target, self.headers.last_event_id.as_deref(), end);
        let head = Search::events_head(&self.random.request_id());
        let (stream, response) = Stream::begin(&head).ok_or_else(Problem::storage_unavailable)?;
        let (env, limits) = (self.env.clone(), self.limits.clone());
        self.life.wait_until(async move {
            let mut quiet = SIGN_OF_LIFE;
            loop {
                for object in search.objects(&extents) {
                    while let Some(question) = search.question() {
                        let Ok(found) = object::audit::search(&env, object, &question, &limits).await else {
                            return close(&stream).await;
                        };
                        if !search.found(found) {
                            break;
                        }
                    }
                }
                let mut text = search.events();
                quiet = if text.is_empty() { quiet + 1 } else { 0 };
                if quiet >= SIGN_OF_LIFE {
                    (text, quiet) = (": nothing new\n\n".to_owned(), 0);
                }
                if !text.is_empty() && limits.within(stream.write(&Bytes(text.into_bytes()))).await != Ok(true) {
                    return close(&stream).await;
                }
                if limits.within(Delay::from(LOOK)).await.is_err() {
                    return close(&stream).await;
                }
                let Ok(newest) = object::audit::extents(&env, extents, &limits).await else {
                    return close(&stream).await;
                };
                extents = newest;
            }
        });
        Ok(response)
    }

    /// The heads that were taken down, with their times, and where the log is now.
    async fn heads(&self) -> Result<Response, Problem> {
        let mut list = HeadList::of(&self.target)?;
        let extents = object::audit::extents(&self.env, Vec::new(), &self.limits).await?;
        for object in list.objects(&extents) {
            if !list.take(object::audit::heads(&self.env, object, list.after(), &self.limits).await?) {
                break;
            }
        }
        Ok(json(list.answer(&self.target)))
    }
}

/// Asks the objects until there is enough.
async fn look(search: &mut Search, extents: &[Extent], context: &RequestContext) -> Result<(), Problem> {
    for object in search.objects(extents) {
        loop {
            let Some(question) = search.question() else { return Ok(()) };
            let found = object::audit::search(&context.env, object, &question, &context.limits).await?;
            if !search.found(found) {
                break;
            }
        }
    }
    Ok(())
}

/// Ends a stream in good order, if its client takes the end soon.
async fn close(stream: &Stream) {
    if let Either::Right(_) = select(Box::pin(stream.close()), Delay::from(LOOK)).await {
        stream.abort();
    }
}
