//! Histograms of whole numbers, and the bounds of each.

use serde::{Deserialize, Serialize};

/// The unit of a histogram's values, and its upper bounds in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scale {
    /// How many make one of the unit that is shown: 1,000 milliseconds a second.
    pub(super) per_unit: u64,
    pub(super) bounds: &'static [u64],
}

/// From the edge's own work to the longest call (R1: 60 s), in milliseconds.
pub(super) const OURS: Scale =
    Scale { per_unit: 1_000, bounds: &[1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 15_000, 60_000] };
/// The bounds that OpenTelemetry's conventions for generative AI name (gen-ai-metrics, explicit bucket boundaries).
pub(super) const TOKENS: Scale = Scale {
    per_unit: 1,
    bounds: &[1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864],
};
/// Those of a call, in milliseconds.
pub(super) const CALLS: Scale = Scale {
    per_unit: 1_000,
    bounds: &[10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_120, 10_240, 20_480, 40_960, 81_920],
};
/// Those of the first token, in milliseconds.
pub(super) const FIRST_TOKENS: Scale = Scale {
    per_unit: 1_000,
    bounds: &[1, 5, 10, 20, 40, 60, 80, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000],
};
/// Those of the others, in microseconds.
pub(super) const OUTPUT_TOKENS: Scale = Scale {
    per_unit: 1_000_000,
    bounds: &[
        10_000, 25_000, 50_000, 75_000, 100_000, 150_000, 200_000, 300_000, 400_000, 500_000, 750_000, 1_000_000,
        2_500_000,
    ],
};
/// Values by bucket, and their sum.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Histogram {
    /// One for each bound, and one beyond; not cumulated.
    pub(super) buckets: Vec<u64>,
    /// In the units of the metric's scale. Older objects have it under the other name.
    #[serde(alias = "sum_ms")]
    pub(super) sum: u64,
}

impl Histogram {
    /// Adds a value.
    pub(super) fn record(&mut self, bounds: &[u64], value: u64) {
        self.buckets.resize(bounds.len() + 1, 0);
        let place = bounds.iter().position(|bound| value <= *bound).unwrap_or(bounds.len());
        if let Some(bucket) = self.buckets.get_mut(place) {
            *bucket = bucket.saturating_add(1);
        }
        self.sum = self.sum.saturating_add(value);
    }

    /// Adds the values of another one with the same bounds.
    pub(super) fn add(&mut self, other: Histogram) {
        self.buckets.resize(self.buckets.len().max(other.buckets.len()), 0);
        for (bucket, by) in self.buckets.iter_mut().zip(other.buckets) {
            *bucket = bucket.saturating_add(by);
        }
        self.sum = self.sum.saturating_add(other.sum);
    }
}

/// A number of parts, of which `per_unit` (a power of ten) make one, as a decimal number.
pub(super) fn decimal(parts: u64, per_unit: u64) -> String {
    let (whole, rest) = (parts / per_unit, parts % per_unit);
    match per_unit.ilog10() as usize {
        0 => whole.to_string(),
        digits => format!("{whole}.{rest:0digits$}"),
    }
}
