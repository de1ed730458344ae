//! Promptgate at the edge.
