//! Single misses and false alarms, on standard error, if `PROMPTGATE_DETAIL` is set.

/// Whether they are wanted.
pub(crate) fn is_wanted() -> bool {
    std::env::var_os("PROMPTGATE_DETAIL").is_some()
}

/// Writes one.
#[allow(clippy::print_stderr, reason = "asked for by the one who runs it")]
pub(crate) fn line(line: &str) {
    eprintln!("{line}");
}
