//! Work counted where loops are, so that tests bound it by the document instead of by the clock. Nothing is counted
//! without the feature `work`, which only tests have.

#[cfg(any(test, feature = "work"))]
thread_local! {
    static WORK: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// So many more bytes, members or names looked at.
#[inline(always)]
pub fn count(_amount: usize) {
    #[cfg(any(test, feature = "work"))]
    WORK.with(|work| work.set(work.get() + _amount as u64));
}

/// What `look` looks at.
#[cfg(any(test, feature = "work"))]
pub fn of(look: impl FnOnce()) -> u64 {
    WORK.with(|work| work.set(0));
    look();
    WORK.with(std::cell::Cell::take)
}
