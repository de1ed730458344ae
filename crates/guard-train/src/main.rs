//! Trains and evaluates the guard engine.
fn main() {}
