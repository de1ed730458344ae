//! Work counted where loops are, so that tests bound it by the text instead of by the clock. Nothing is
//! counted outside this crate's own tests and its fuzz targets.

#[cfg(any(test, fuzzing))]
thread_local! {
    static WORK: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// So many more bytes, nodes or findings looked at.
#[inline(always)]
pub(crate) fn count(_amount: usize) {
    #[cfg(any(test, fuzzing))]
    WORK.with(|work| work.set(work.get() + _amount as u64));
}

/// What `look` looks at.
#[cfg(any(test, fuzzing))]
pub fn measure(look: impl FnOnce()) -> u64 {
    WORK.with(|work| work.set(0));
    look();
    WORK.with(std::cell::Cell::take)
}
