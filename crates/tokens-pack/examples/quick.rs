use promptgate_tokens::{Encoder, Vocabulary};
use promptgate_tokens_pack::{corpora, reference};
use std::time::Instant;
fn main() {
    let filter = std::env::args().nth(1);
    let (cs, real) = corpora::all(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    println!("real {real}");
    for v in Vocabulary::ALL {
        let t = Instant::now();
        let mut e = Encoder::new(v).unwrap();
        let n = e.count("Hello, how can I help you with your order today?");
        println!("{v:?} first {:?} n {n}", t.elapsed());
        let r = match v { Vocabulary::Cl100k => tiktoken::get_encoding("cl100k_base"), _ => tiktoken::get_encoding("o200k_base") }.unwrap();
        for c in &cs {
            if let Some(f) = &filter { if !c.name.contains(f.as_str()) { continue; } }
            let mut best = [f64::MAX; 3]; let mut n = [0; 3];
            for k in 0..3 {
                for rep in 0..(if k == 0 {7} else if k==1 {3} else if c.is_pathological {1} else {2}) {
                    if k > 0 && filter.is_some() && rep > 0 { continue; }
                    let t = Instant::now();
                    n[k] = 0;
                    for x in &c.texts { n[k] += match k { 0 => e.count(x), 1 => reference::bpe(v).count(x), _ => if x.len() > 200_000 && c.is_pathological {0} else {r.count(x)} }; }
                    best[k] = best[k].min(t.elapsed().as_secs_f64());
                }
            }
            let b = c.bytes() as f64 / 1e6;
            println!("{:>16} {:8.1} {:8.1} {:8.1}  {:?} {}", c.name, b / best[0], b / best[1], b / best[2], n, b*1e6 / n[0] as f64);
        }
    }
    println!("heap");
}
