//! How many bytes of a whole answer one read waits for. Each read costs the platform some 100 µs, and nobody sees a whole
//! answer before its end: so what comes within a quarter of a second is read at once.

use std::time::Duration;

/// What is read together, in milliseconds (ours): long beside the cost of a read, short beside the idle deadline, so that
/// an upstream that slows down fifty times is still heard of in time.
const TOGETHER_MS: u64 = 250;
/// Most bytes that are waited for (measured: more gains nothing).
const MOST: u64 = 4_096;
/// So many, before upstream's pace is known (ours).
const FIRST: u64 = 256;

/// What comes of a stream within so long goes to its client together (ours): two frames of most models, less than a person
/// sees, and a write for each would cost more than all else.
pub const TOGETHER: Duration = Duration::from_millis(30);

/// The pace at which an answer comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    began: Option<Duration>,
    /// Since `began`.
    bytes: u64,
    reads: u32,
    now: Duration,
}

impl Pace {
    /// How many bytes the next read waits for. The first one waits for any: its time is that of the first content.
    pub fn least(&self) -> u32 {
        let took_ms = self.now.saturating_sub(self.began.unwrap_or(self.now)).as_millis() as u64;
        let least = match (self.reads, self.bytes.saturating_mul(TOGETHER_MS).checked_div(took_ms)) {
            (0, _) => 1,
            (1, _) => FIRST,
            (_, None) => MOST,
            (_, Some(expected)) => expected.clamp(1, MOST),
        };
        least as u32
    }

    /// `bytes` have come at `now`.
    pub fn read(&mut self, now: Duration, bytes: usize) {
        if self.began.is_none() {
            // The first bytes took as long as the model thought.
            self.began = Some(now);
        } else {
            self.bytes = self.bytes.saturating_add(bytes as u64);
        }
        self.reads = self.reads.saturating_add(1);
        self.now = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads an answer of `frames` frames of 60 bytes, one each `every_ms`; gives the number of reads and the longest time
    /// between two.
    fn reads(frames: u64, every_ms: u64) -> (u32, u64) {
        let (mut pace, mut reads, mut longest, mut last) = (Pace::default(), 0, 0, 0);
        let mut held = 0;
        for frame in 0..frames {
            let now = 1_000 + frame * every_ms;
            held += 60;
            if held >= u64::from(pace.least()) || frame + 1 == frames {
                pace.read(Duration::from_millis(now), held as usize);
                longest = longest.max(if reads == 0 { 0 } else { now - last });
                (held, last, reads) = (0, now, reads + 1);
            }
        }
        (reads, longest)
    }

    #[test]
    fn many_frames_are_few_reads_and_none_waits_long() {
        for (every_ms, most_reads, longest_ms) in
            [(0, 10, 0), (1, 12, 300), (20, 60, 400), (200, 520, 1_100), (1_000, 520, 5_000)]
        {
            let (reads, longest) = reads(512, every_ms);
            assert!(reads <= most_reads, "{every_ms} ms: {reads} reads");
            assert!(longest <= longest_ms, "{every_ms} ms: {longest} ms between two reads");
        }
        assert_eq!(Pace::default().least(), 1, "the first content is read when it comes");
    }
}
