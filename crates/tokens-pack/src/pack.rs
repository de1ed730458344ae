//! Packing; the format is described in `packed.rs` of `promptgate-tokens`.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::BinaryHeap;
use std::ops::Range;

use promptgate_tokens::Vocabulary;
use promptgate_tokens::format::{PADDING, checksum, rice_parameter};

use sha2::{Digest, Sha256};

use crate::bits::Bits;
use crate::reference::{self, Merges};
use crate::seams::seams;
use crate::unicode;

/// A left token and its pairs: what they merge into, and the right token.
type Group = (u32, Vec<(u32, u32)>);

/// Ids below it are merged by pairs of the first tier.
const BOUND: u32 = 8_192;
/// A block of each tier is closed once it has so many pairs.
const BLOCKS: [usize; 2] = [160, 800];

/// Every data file of `promptgate-tokens` with its name.
///
/// # Errors
/// A sentence, if the references differ or are not as the format needs them.
pub fn files() -> Result<Vec<(&'static str, Vec<u8>)>, String> {
    Ok(vec![
        ("cl100k.tokens", pack(Vocabulary::Cl100k, &reference::read(Vocabulary::Cl100k)?)),
        ("o200k.tokens", pack(Vocabulary::O200k, &reference::read(Vocabulary::O200k)?)),
        ("unicode16.classes", unicode::pack()?),
    ])
}

/// The SHA-256 of files, as `sha256sum` prints them.
pub fn sums(files: &[(&'static str, Vec<u8>)]) -> String {
    let hex = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    files.iter().map(|(name, bytes)| format!("{}  {name}\n", hex(bytes))).collect()
}

/// Packs a vocabulary.
pub fn pack(vocabulary: Vocabulary, merges: &Merges) -> Vec<u8> {
    let tokens = vocabulary.ordinary_tokens();
    let mut body = vec![vocabulary.number(), 0];
    body.extend((BOUND as u16).to_le_bytes());
    body.extend(tokens.to_le_bytes());
    body.extend(merges.bytes);
    seams(merges).iter().for_each(|row| body.extend(row.to_le_bytes()));
    body.extend(pack_tier(merges, 256..BOUND, tokens, BLOCKS[0]));
    body.extend(pack_tier(merges, BOUND..tokens, tokens, BLOCKS[1]));
    body.extend([0; PADDING]);
    let mut data = b"PGTOKEN3".to_vec();
    data.extend(checksum(&body).to_le_bytes());
    data.extend(body);
    data
}

/// Packs the pairs that merge into `ids`: with each threshold for "frequent", of which the smallest result is taken.
fn pack_tier(merges: &Merges, ids: Range<u32>, tokens: u32, size: usize) -> Vec<u8> {
    let packed = (1..8).map(|threshold| pack_tier_with(merges, ids.clone(), tokens, size, threshold));
    packed.min_by_key(Vec::len).unwrap_or_default()
}

fn pack_tier_with(merges: &Merges, ids: Range<u32>, tokens: u32, size: usize, threshold: u32) -> Vec<u8> {
    let pairs = || (256..).zip(&merges.pairs).filter(|(id, _)| ids.contains(id));
    let code = Code::of(pairs().map(|(_, &(_, right))| right), tokens, threshold);
    let mut groups: BTreeMap<u32, Vec<(u32, u32)>> = BTreeMap::new();
    for (id, &(left, right)) in pairs() {
        groups.entry(left).or_default().push((id, right));
    }
    let mut blocks: Vec<Vec<Group>> = Vec::new();
    let mut filled = size;
    for (left, pairs) in groups {
        if filled >= size {
            blocks.push(Vec::new());
            filled = 0;
        }
        filled += pairs.len();
        if let Some(block) = blocks.last_mut() {
            block.push((left, pairs));
        }
    }
    // every left token is in a block
    let firsts = blocks.iter().filter_map(|block| block.first()).map(|(left, _)| *left).skip(1);
    let firsts: Vec<u32> = [0].into_iter().chain(firsts).collect();
    let ends = firsts.iter().skip(1).copied().chain([ids.end]);
    let packed: Vec<Vec<u8>> = blocks
        .iter()
        .zip(firsts.iter().zip(ends))
        .map(|(block, (&first, end))| pack_block(block, first, end, &ids, tokens, &code))
        .collect();

    let gaps: Vec<u32> = firsts.iter().zip([0].iter().chain(&firsts)).map(|(first, last)| first - last).collect();
    let lengths: Vec<u32> = packed.iter().map(|block| block.len() as u32).collect();
    let mut directory = Bits::default();
    for column in [gaps, lengths] {
        let low = rice_fit(&column);
        directory.put(u64::from(low), 5);
        column.iter().for_each(|&number| directory.rice(number, low));
    }
    let mut bytes = (blocks.len() as u16).to_le_bytes().to_vec();
    bytes.extend(code.pack());
    bytes.extend(directory.into_bytes());
    bytes.extend(packed.concat());
    bytes
}

fn pack_block(block: &[Group], first: u32, end: u32, ids: &Range<u32>, tokens: u32, code: &Code) -> Vec<u8> {
    let mut bits = Bits::default();
    let lefts = || block.iter().map(|(left, _)| *left);
    let gaps = || {
        lefts()
            .chain([end])
            .zip([first].into_iter().chain(lefts().map(|left| left + 1)))
            .map(|(left, next)| left - next)
    };
    let low = (0..8).min_by_key(|&low| gaps().map(|gap| (gap >> low) + 1 + low).sum::<u32>()).unwrap_or(0);
    bits.put(u64::from(low), 3);
    let mut next = first;
    for (left, pairs) in block {
        bits.rice(left - next, low);
        next = left + 1;
        bits.gamma(pairs.len() as u32);
        let mut last = (*left).max(ids.start - 1);
        for (&(id, right), rest) in pairs.iter().zip((1..=pairs.len() as u32).rev()) {
            bits.rice(id - last - 1, rice_parameter(ids.end - last, rest));
            last = id;
            match code.words.get(&right) {
                Some(&(word, length)) => bits.put(word, length),
                None => {
                    if let Some(&(word, length)) = code.words.get(&tokens) {
                        bits.put(word, length);
                    }
                    bits.put(u64::from(right), 32 - id.leading_zeros());
                }
            }
        }
    }
    bits.rice(end - next, low);
    bits.into_bytes()
}

/// A canonical Huffman code of the right tokens that come often; `tokens` means all others.
struct Code {
    /// The word and its length.
    words: BTreeMap<u32, (u64, u32)>,
    /// The symbols of each length, rising.
    lengths: BTreeMap<u32, Vec<u32>>,
}

impl Code {
    fn of(rights: impl Iterator<Item = u32>, tokens: u32, threshold: u32) -> Self {
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        for right in rights {
            *counts.entry(right).or_default() += 1;
        }
        let rare: u32 = counts.values().filter(|&&count| count < threshold).sum();
        counts.retain(|_, count| *count >= threshold);
        counts.insert(tokens, rare.max(1));
        let mut lengths: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (symbol, length) in huffman(&counts) {
            lengths.entry(length).or_default().push(symbol);
        }
        let mut words = BTreeMap::new();
        let (mut word, mut last) = (0, 0);
        for (&length, symbols) in &mut lengths {
            symbols.sort_unstable();
            word <<= length - last;
            last = length;
            for &symbol in symbols.iter() {
                words.insert(symbol, (word, length));
                word += 1;
            }
        }
        Self { words, lengths }
    }

    fn pack(&self) -> Vec<u8> {
        let (shortest, longest) = match (self.lengths.keys().next(), self.lengths.keys().last()) {
            (Some(&shortest), Some(&longest)) => (shortest, longest),
            _ => (1, 1),
        };
        let mut bytes = vec![shortest as u8, longest as u8];
        let mut bits = Bits::default();
        for length in shortest..=longest {
            let symbols = self.lengths.get(&length).map_or(&[][..], Vec::as_slice);
            let gaps: Vec<u32> = symbols
                .iter()
                .scan(0, |next, &symbol| {
                    let gap = symbol - *next;
                    *next = symbol + 1;
                    Some(gap)
                })
                .collect();
            let low = rice_fit(&gaps);
            bytes.extend((symbols.len() as u16).to_le_bytes());
            bytes.push(low as u8);
            gaps.iter().for_each(|&gap| bits.rice(gap, low));
        }
        bytes.extend(bits.into_bytes());
        bytes
    }
}

/// The Rice parameter that these numbers are shortest with.
fn rice_fit(numbers: &[u32]) -> u32 {
    let cost = |low: u32| numbers.iter().map(|number| u64::from((number >> low) + 1 + low)).sum::<u64>();
    (0..18).min_by_key(|&low| cost(low)).unwrap_or(0)
}

/// The length of each symbol's word in a Huffman code.
fn huffman(counts: &BTreeMap<u32, u32>) -> Vec<(u32, u32)> {
    enum Node {
        Leaf(u32),
        Both(usize, usize),
    }
    let mut nodes: Vec<Node> = counts.keys().map(|&symbol| Node::Leaf(symbol)).collect();
    let mut queue: BinaryHeap<_> = counts.values().zip(0..).map(|(&count, node)| Reverse((count, node))).collect();
    while let (Some(Reverse((a, left))), Some(Reverse((b, right)))) = (queue.pop(), queue.pop()) {
        queue.push(Reverse((a + b, nodes.len())));
        nodes.push(Node::Both(left, right));
        if queue.len() == 1 {
            break;
        }
    }
    let mut lengths = Vec::new();
    let mut pending = vec![(nodes.len() - 1, 0)];
    while let Some((node, depth)) = pending.pop() {
        match nodes.get(node) {
            Some(&Node::Leaf(symbol)) => lengths.push((symbol, depth)),
            Some(&Node::Both(left, right)) => pending.extend([(left, depth + 1), (right, depth + 1)]),
            None => {}
        }
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_data_is_what_this_packs() {
        let files = files().unwrap();
        let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../tokens/data");
        for (name, bytes) in &files {
            assert!(std::fs::read(format!("{committed}/{name}")).unwrap() == *bytes, "{name}");
        }
        assert_eq!(std::fs::read_to_string(format!("{committed}/SHA256SUMS")).unwrap(), sums(&files));
    }
}
