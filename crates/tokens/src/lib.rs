//! Exact BPE token counts.
