//! What is asked of JavaScript in one crossing, and who waits for it: a wait has a number, and no closure of its own.
//!
//! A `JsFuture` makes two closures, which stay as long as its promise is not settled: that of a client that could leave
//! and does not is never settled.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::AbortSignal;

#[wasm_bindgen(module = "/src/bridge.js")]
extern "C" {
    fn listen(tell: &Closure<dyn Fn(u32, bool, JsValue)>);
    fn settled(promise: &Promise, number: u32);
    fn aborted(signal: &AbortSignal, number: u32);
    fn timer(ms: i32, number: u32) -> i32;
    fn stop(timer: i32);
}

thread_local! {
    static LISTENS: Cell<bool> = const { Cell::new(false) };
    static WAITS: RefCell<Waits> = const { RefCell::new(Waits { last: 0, all: BTreeMap::new() }) };
}

/// All that is waited for.
struct Waits {
    last: u32,
    all: BTreeMap<u32, State>,
}

enum State {
    Waits(Option<Waker>),
    Ended(Result<JsValue, JsValue>),
}

impl Waits {
    /// A number that nobody has.
    fn begin(&mut self) -> u32 {
        loop {
            self.last = self.last.wrapping_add(1);
            if !self.all.contains_key(&self.last) {
                self.all.insert(self.last, State::Waits(None));
                return self.last;
            }
        }
    }

    /// What was waited for is there; nobody is told who waits no more.
    fn end(&mut self, number: u32, result: Result<JsValue, JsValue>) -> Option<Waker> {
        match std::mem::replace(self.all.get_mut(&number)?, State::Ended(result)) {
            State::Waits(waker) => waker,
            State::Ended(_) => None,
        }
    }

    fn poll(&mut self, number: u32, waker: &Waker) -> Poll<Result<JsValue, JsValue>> {
        match self.all.get_mut(&number) {
            Some(State::Waits(known)) => {
                if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
                    *known = Some(waker.clone());
                }
                Poll::Pending
            }
            // It is not polled again.
            Some(State::Ended(_)) | None => match self.all.remove(&number) {
                Some(State::Ended(result)) => Poll::Ready(result),
                Some(State::Waits(_)) | None => Poll::Pending,
            },
        }
    }
}

/// Something that JavaScript does. Dropped, it is forgotten here; there it goes on.
pub(crate) struct Wait(u32);

impl Wait {
    /// Waits for what `start` begins under a number.
    pub(crate) fn for_what(start: impl FnOnce(u32)) -> Wait {
        if !LISTENS.replace(true) {
            let tell: Closure<dyn Fn(u32, bool, JsValue)> = Closure::new(|number, well, value| {
                let result = if well { Ok(value) } else { Err(value) };
                if let Some(waker) = WAITS.with_borrow_mut(|waits| waits.end(number, result)) {
                    waker.wake();
                }
            });
            listen(&tell);
            // One for the life of the instance.
            tell.forget();
        }
        let number = WAITS.with_borrow_mut(Waits::begin);
        start(number);
        Wait(number)
    }

    /// Waits for a promise.
    pub(crate) fn settled(promise: &Promise) -> Wait {
        Wait::for_what(|number| settled(promise, number))
    }

    /// Waits for a signal, which is not aborted yet.
    pub(crate) fn aborted(signal: &AbortSignal) -> Wait {
        Wait::for_what(|number| aborted(signal, number))
    }
}

impl Future for Wait {
    type Output = Result<JsValue, JsValue>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        WAITS.with_borrow_mut(|waits| waits.poll(self.0, context.waker()))
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        WAITS.with_borrow_mut(|waits| waits.all.remove(&self.0));
    }
}

/// Some time. It begins when it is first waited for.
pub(crate) struct Delay {
    time: Duration,
    running: Option<(i32, Wait)>,
}

impl From<Duration> for Delay {
    fn from(time: Duration) -> Delay {
        Delay { time, running: None }
    }
}

impl Future for Delay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let ms = i32::try_from(self.time.as_millis()).unwrap_or(i32::MAX);
        let (_, wait) = self.running.get_or_insert_with(|| {
            let mut id = 0;
            let wait = Wait::for_what(|number| id = timer(ms, number));
            (id, wait)
        });
        let ended = Pin::new(wait).poll(context).map(|_| ());
        if ended.is_ready() {
            self.running = None;
        }
        ended
    }
}

impl Drop for Delay {
    fn drop(&mut self) {
        if let Some((timer, _)) = &self.running {
            stop(*timer);
        }
    }
}

/// Headers as `bridge.js` takes them. A line end can be in none that the platform takes.
pub(crate) fn lines<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut lines = String::new();
    for (name, value) in headers.into_iter().filter(|(_, value)| !value.contains('\n')) {
        for part in [name, value] {
            if !lines.is_empty() {
                lines.push('\n');
            }
            lines.push_str(part);
        }
    }
    lines
}
