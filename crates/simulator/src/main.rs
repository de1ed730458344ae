//! The upstream on this machine.
fn main() {}
