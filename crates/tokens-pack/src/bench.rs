//! Native benchmark beside the peers, in one run.

use std::alloc::{GlobalAlloc, Layout, System};
use std::time::Instant;
use std::fmt::Write;

use promptgate_tokens::{Encoder, Vocabulary};

use crate::corpora::{self, Corpus};
