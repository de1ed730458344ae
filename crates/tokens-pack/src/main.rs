//! Commands: `pack`, `verify`.
use std::fs;
use promptgate_tokens::Vocabulary;
use promptgate_tokens_pack::{pack, reference, unicode, verify::Verifier};

fn main() -> Result<(), String> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args[0] == "verify" {
        let mut v = Verifier::new()?;
        v.generated(args[1].parse().unwrap(), args[2].parse().unwrap())?;
        println!("{} texts {} bytes {} tokens", v.report.texts, v.report.bytes, v.report.tokens);
        if args.len() > 3 { v.code_points()?; println!("{} texts {} bytes {} tokens", v.report.texts, v.report.bytes, v.report.tokens); }
        return Ok(());
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tokens/data");
    let write = |name: &str, bytes: &[u8]| fs::write(format!("{folder}/{name}"), bytes).map_err(|e| e.to_string());
    write("unicode16.classes", &unicode::pack()?)?;
    for (v, name) in [(Vocabulary::Cl100k, "cl100k.tokens"), (Vocabulary::O200k, "o200k.tokens")] {
        write(name, &pack::pack(v, &reference::read(v)?))?;
    }
    Ok(())
}
