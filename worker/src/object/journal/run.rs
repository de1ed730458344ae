//! A call under way in its object, and the clients that read its answer.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use promptgate_core::journal::Journal;
use promptgate_core::problem::{Code, Problem};

/// Most clients that read one answer at once (ours).
const MAX_READERS: usize = 256;

/// A call, and those who wait for more of it.
pub(crate) struct Run {
    pub(crate) journal: RefCell<Journal>,
    waiting: RefCell<Vec<oneshot::Sender<()>>>,
    readers: Cell<usize>,
}

impl Run {
    pub(super) fn new(journal: Journal) -> Rc<Run> {
        Rc::new(Run { journal: RefCell::new(journal), waiting: RefCell::default(), readers: Cell::new(0) })
    }

    /// Done when there is more to read.
    pub(crate) fn change(&self) -> oneshot::Receiver<()> {
        let (changed, change) = oneshot::channel();
        self.waiting.borrow_mut().push(changed);
        change
    }

    /// Wakes everybody who waits for [`change`](Self::change).
    pub(super) fn changed(&self) {
        self.waiting.borrow_mut().clear();
    }

    /// One more reader.
    ///
    /// # Errors
    /// [`Code::Overloaded`] where there are too many.
    pub(crate) fn enter(&self) -> Result<(), Problem> {
        if self.readers.get() >= MAX_READERS {
            let mut problem = Problem::new(Code::Overloaded, "Too many read this answer at once: try again.");
            problem.retry_after = Some(Duration::from_secs(1));
            return Err(problem);
        }
        self.readers.set(self.readers.get() + 1);
        Ok(())
    }

    /// One less.
    pub(crate) fn leave(&self) {
        self.readers.set(self.readers.get().saturating_sub(1));
    }
}
