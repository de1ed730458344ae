//! How long work for a request may go on: until its deadline, and while its client is there.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, FutureExt, LocalBoxFuture, pending, select};
use promptgate_core::problem::{Code, Problem};
use web_sys::AbortSignal;

use crate::bridge::{Delay, Wait};
use crate::state;

/// The limits of one request; the objects that work for it have its deadline too.
#[derive(Clone)]
pub(crate) struct Limits {
    /// Unix ms (reliability, R1).
    pub(crate) deadline_ms: u64,
    /// Aborted when the client leaves; none where nobody needs to know.
    signal: Option<AbortSignal>,
}

impl Limits {
    /// Those of a request whose client may leave.
    pub(crate) fn of(request: &web_sys::Request, deadline_ms: u64) -> Limits {
        Limits { deadline_ms, signal: Some(request.signal()) }
    }

    /// A deadline alone.
    pub(crate) fn until(deadline_ms: u64) -> Limits {
        Limits { deadline_ms, signal: None }
    }

    /// The same deadline for work that ends though its client leaves: a change that was sent.
    pub(crate) fn unattended(&self) -> Limits {
        Limits::until(self.deadline_ms)
    }

    /// The same, and no longer than this from now on.
    pub(crate) fn at_most(&self, most: Duration) -> Limits {
        let soon = state::now_ms().saturating_add(most.as_millis() as u64);
        Limits { deadline_ms: self.deadline_ms.min(soon), signal: self.signal.clone() }
    }

    /// The same, and `more` longer.
    pub(crate) fn longer(&self, more: Duration) -> Limits {
        let deadline_ms = self.deadline_ms.saturating_add(more.as_millis() as u64);
        Limits { deadline_ms, signal: self.signal.clone() }
    }

    /// The time that is left.
    pub(crate) fn remaining(&self) -> Duration {
        Duration::from_millis(self.deadline_ms.saturating_sub(state::now_ms()))
    }

    /// Whether nothing more should be begun.
    ///
    /// # Errors
    /// [`Code::TotalDeadline`] and [`Code::ClientLeft`].
    pub(crate) fn check(&self) -> Result<(), Problem> {
        match &self.signal {
            Some(signal) if signal.aborted() => Err(client_left()),
            _ if self.remaining().is_zero() => Err(late()),
            _ => Ok(()),
        }
    }

    /// Done when the client has left; never, if it stays.
    pub(crate) fn left(&self) -> LocalBoxFuture<'static, ()> {
        let Some(signal) = &self.signal else { return pending().boxed_local() };
        if signal.aborted() {
            return async {}.boxed_local();
        }
        Wait::aborted(signal).map(|_| ()).boxed_local()
    }

    /// Does `step` again and again while it says that there is more to do, within the limits: others run in between.
    ///
    /// # Errors
    /// [`Code::TotalDeadline`] and [`Code::ClientLeft`].
    pub(crate) async fn steps(&self, mut step: impl FnMut() -> bool) -> Result<(), Problem> {
        while step() {
            // The next turn of the event loop, after all that is due in this one.
            Delay::from(Duration::ZERO).await;
            self.check()?;
        }
        Ok(())
    }

    /// Does `work` within the limits; beyond them it is dropped.
    ///
    /// # Errors
    /// [`Code::TotalDeadline`] and [`Code::ClientLeft`].
    pub(crate) async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, Problem> {
        match select(pin!(work), select(Delay::from(self.remaining()), self.left())).await {
            Either::Left((done, _)) => Ok(done),
            Either::Right((Either::Left(_), _)) => Err(late()),
            Either::Right((Either::Right(_), _)) => Err(client_left()),
        }
    }
}

fn late() -> Problem {
    Problem::new(Code::TotalDeadline, "The request was not done in time.")
}

fn client_left() -> Problem {
    Problem::new(Code::ClientLeft, "The client has left: nothing more is done for it.")
}
