use promptgate_tokens::{Encoder, Vocabulary};
use promptgate_tokens_pack::corpora;
use std::time::Instant;
fn main() {
    let f = std::env::args().nth(1).unwrap();
    let reps: usize = std::env::args().nth(2).unwrap().parse().unwrap();
    let (cs, _) = corpora::all(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let mut e = Encoder::new(Vocabulary::Cl100k).unwrap();
    let c = cs.iter().find(|c| c.name == f).unwrap();
    let mut n = 0;
    let mut best = f64::MAX;
    for _ in 0..reps { let t = Instant::now(); for x in &c.texts { n += e.count(x); } best = best.min(t.elapsed().as_secs_f64()); }
    println!("{n} {:.1} MB/s", c.bytes() as f64 / 1e6 / best);
}
