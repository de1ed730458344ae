//! What is under way in this isolate, so that a gateway that is stopped loses nothing: workerd waits for answers, and not
//! for what goes on after them (audit rows, counts and events that are brought to their objects).

use std::cell::Cell;
use std::time::Duration;

use wasm_bindgen::prelude::wasm_bindgen;

use crate::bridge::Delay;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static DRAINED: Cell<bool> = const { Cell::new(false) };
}

/// How often it is looked whether anything is left (ours).
const PAUSE: Duration = Duration::from_millis(20);

/// A request, work that goes on after its answer, or an object's exchange with an upstream: under way until this is dropped.
pub(crate) struct UnderWay(());

impl UnderWay {
    pub(crate) fn begin() -> UnderWay {
        COUNT.set(COUNT.get() + 1);
        UnderWay(())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        COUNT.set(COUNT.get() - 1);
    }
}

/// Whether [`drained`] has ended: the process is about to stop. An alarm is put off then, since nobody waits for its work.
pub(crate) fn is_drained() -> bool {
    DRAINED.get()
}

/// Ends when nothing is under way any more.
#[wasm_bindgen]
#[expect(unreachable_pub, reason = "wasm-bindgen exports public functions only")]
pub async fn drained() {
    while COUNT.get() > 0 {
        Delay::from(PAUSE).await;
    }
    DRAINED.set(true);
}
