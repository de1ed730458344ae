//! The timers of one call.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::bridge::Delay;

/// What is no further away has a timer of its own (ours): a stream's next piece, not its deadlines.
pub(crate) const SOON: Duration = Duration::from_secs(1);

/// Two timers, of which each runs on where it is early enough for what comes next: to begin one and to stop it costs more
/// than all else here, and one that is early ticks early, which does no harm.
#[derive(Default)]
pub(crate) struct Timers {
    soon: Option<(Duration, Delay)>,
    late: Option<(Duration, Delay)>,
}

impl Timers {
    /// Done at `until`, or earlier; it is `now`.
    pub(crate) async fn tick(&mut self, now: Duration, until: Duration) {
        let early = |timer: &Option<(Duration, Delay)>| timer.as_ref().is_some_and(|(at, _)| *at <= until);
        if !early(&self.soon) && !early(&self.late) {
            let wait = until.saturating_sub(now);
            let timer = if wait <= SOON { &mut self.soon } else { &mut self.late };
            *timer = Some((until, Delay::from(wait)));
        }
        poll_fn(|context| self.poll(context)).await;
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        for timer in [&mut self.soon, &mut self.late] {
            if let Some((_, delay)) = timer
                && Pin::new(delay).poll(context).is_ready()
            {
                *timer = None;
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }
}
