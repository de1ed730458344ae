//! The knowledge of Promptgate, without I/O.
