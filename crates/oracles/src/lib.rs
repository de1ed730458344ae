//! Nothing: the comparisons are in `tests`.
