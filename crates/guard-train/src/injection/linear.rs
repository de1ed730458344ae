//! One linear classifier: values, steps of training, and the window that looks worst.

use super::corpus::Message;
use super::learn::Indexed;
use super::recipe::Recipe;
use promptgate_guard::injection::classifier::PRIOR;
use promptgate_guard::injection::words::Break;

/// One classifier: its weights by feature index.
#[derive(Debug)]
pub(super) struct Linear {
    pub(super) weights: Vec<f32>,
    squares: Vec<f32>,
    pub(super) bias: f32,
    bias_squares: f32,
    l2: f32,
}

impl Linear {
    pub(super) fn new(bits: u32, l2: f32) -> Self {
        let size = 1 << bits;
        Self { weights: vec![0.0; size], squares: vec![1e-6; size], bias: 0.0, bias_squares: 1e-6, l2 }
    }

    fn weight(&self, feature: u32) -> f32 {
        self.weights.get(feature as usize).copied().unwrap_or(0.0)
    }

    /// The value of a set of features, without bias.
    pub(super) fn value(&self, features: &[u32]) -> f32 {
        let sum: f32 = features.iter().map(|feature| self.weight(*feature)).sum();
        sum / (features.len() as f32 + PRIOR).sqrt()
    }

    /// One step of AdaGrad towards `goal`, for an example of that weight.
    pub(super) fn step(&mut self, features: &[u32], value: f32, goal: f32, share: f32, rate: f32) {
        let slope = (logistic(value + self.bias) - goal) * share;
        if slope.abs() < 1e-4 {
            return;
        }
        self.bias_squares += slope * slope;
        self.bias -= rate * slope / self.bias_squares.sqrt();
        let slope = slope / (features.len() as f32 + PRIOR).sqrt();
        for &feature in features {
            let at = feature as usize;
            if let (Some(weight), Some(square)) = (self.weights.get_mut(at), self.squares.get_mut(at)) {
                let slope = slope + self.l2 * *weight;
                *square += slope * slope;
                *weight -= rate * slope / square.sqrt();
            }
        }
    }
    /// The window of a range of words with the highest value; `None` where there is no feature.
    pub(super) fn highest<'a>(
        &self,
        message: &Message,
        indexed: &'a Indexed,
        recipe: &Recipe,
        (start, words): (usize, usize),
        whole_only: bool,
    ) -> Option<Window<'a>> {
        let mut sums = Vec::with_capacity(words - start + 1);
        sums.push(0.0);
        let (mut sum, mut from) = (0.0, indexed.offset(start));
        for &end in indexed.ends.get(start..words)? {
            for &feature in indexed.features.get(from..end)? {
                sum += self.weight(feature);
            }
            sums.push(sum);
            from = end;
        }
        let mut best = (f32::MIN, 0, 0);
        let mut consider = |first: usize, last: usize| {
            let count = indexed.offset(last) - indexed.offset(first);
            let sum = sums.get(last - start).unwrap_or(&0.0) - sums.get(first - start).unwrap_or(&0.0);
            let value = sum / (count as f32 + PRIOR).sqrt();
            if value > best.0 && count > 0 {
                best = (value, first, last);
            }
        };
        if recipe.whole || whole_only {
            consider(start, words);
        }
        if !whole_only {
            for &window in recipe.windows {
                if words - start <= window {
                    consider(start, words);
                }
                for last in start + window..=words {
                    consider(last - window, last);
                }
            }
            if recipe.lines {
                let mut first = start;
                for word in start + 1..=words {
                    let ended = message.breaks.get(word).is_none_or(|b| *b > Break::Pause);
                    if ended {
                        if word - first >= 3 {
                            consider(first, word);
                        }
                        first = word;
                    }
                }
            }
        }
        let (value, first, last) = best;
        let features = indexed.features.get(indexed.offset(first)..indexed.offset(last))?;
        (!features.is_empty()).then_some(Window { value, features })
    }
}

/// A window: its raw value without bias, and its features.
pub(super) struct Window<'a> {
    pub(super) value: f32,
    pub(super) features: &'a [u32],
}

/// 1 / (1 + e^-x) by additions and multiplications only, to seven digits.
fn logistic(x: f32) -> f32 {
    let x = f64::from(x.clamp(-30.0, 30.0));
    let power = -x * std::f64::consts::LOG2_E;
    let whole = power.floor();
    let rest = (power - whole) * std::f64::consts::LN_2;
    let mut term = 1.0;
    let mut sum = 1.0;
    for step in 1..12 {
        term *= rest / f64::from(step);
        sum += term;
    }
    let scale = f64::from_bits(((whole as i64 + 1023) as u64) << 52);
    (1.0 / (1.0 + sum * scale)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logistic_is_the_logistic() {
        for x in [-20.0_f32, -3.3, -0.1, 0.0, 0.7, 5.0, 25.0] {
            let expected = 1.0 / (1.0 + (-f64::from(x)).exp());
            assert!((f64::from(logistic(x)) - expected).abs() < 1e-6, "{x}");
        }
    }
}
