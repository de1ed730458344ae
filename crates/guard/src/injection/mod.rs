//! Instructions to the model that its operator did not write.

use crate::finding::Finding;
use crate::view::Views;

/// Adds what is found in any of the views with a score of at least `threshold` to `out`,
/// in no particular order; overlaps are settled by the caller. Spans are the caller's
/// ([`crate::view::View::span`]). For untrusted text only.
pub fn findings(views: &Views<'_>, threshold: f32, out: &mut Vec<Finding>) {
    let _ = (views, threshold, out);
}
