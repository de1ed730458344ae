//! The proofs of the house (ARCHITECTURE.md): what the modules of the core may know of each other.

#![expect(clippy::disallowed_methods, reason = "the sources are files, and this is not the core")]
#![expect(clippy::unwrap_used, reason = "a source that cannot be read ends the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Where `genesys` may be named: its wire, what the operator sets, what it keeps, and the one arm that each wire has.
const NAMES_GENESYS: [&str; 6] =
    ["settings.rs", "settings/", "template/", "model/", "upstream/genesys/", "upstream/mod.rs"];

/// Where a provider's wire is told from another: its arm of each `match`, and what the operator sets.
const TELLS_WIRES: [&str; 3] = ["upstream/mod.rs", "upstream/credential_check.rs", "settings/upstreams.rs"];

/// Where a client's wire is told from another: its arm of each `match`, who admits requests, and what is kept of them.
const TELLS_FRONTS: [&str; 3] = ["front/", "intake.rs", "journal/"];

#[test]
fn no_cycle_among_the_top_modules() {
    let used = uses();
    assert!(used.len() > 10 && used["call"].contains_key("upstream"), "nothing was read: {used:?}");
    for start in used.keys() {
        let mut ways = vec![vec![start.as_str()]];
        let mut seen = BTreeSet::new();
        while let Some(way) = ways.pop() {
            let Some(last) = way.last().and_then(|last| used.get(*last)) else { continue };
            for (next, line) in last {
                assert!(next != start, "a cycle of modules: {} → {next}, closed by {line}", way.join(" → "));
                if seen.insert(next) {
                    ways.push([&way[..], &[next]].concat());
                }
            }
        }
    }
}

#[test]
fn one_wire_is_named_in_its_own_places() {
    let mut named = 0;
    // The scripts of the call run over one wire or another.
    for (file, text) in sources().into_iter().filter(|(file, _)| !file.starts_with("call/tests")) {
        let there = text.to_ascii_lowercase().contains("genesys");
        let may = NAMES_GENESYS.iter().any(|place| file.starts_with(place));
        assert!(may || !there, "{file} names genesys: a wire is known in its own folder");
        named += usize::from(there);
    }
    assert!(named > 5, "nothing was read");
}

#[test]
fn another_wire_has_its_own_files_and_an_arm_of_each_match() {
    let sources = sources();
    for (of, places) in [("Wire::", &TELLS_WIRES[..]), ("Front::", &TELLS_FRONTS)] {
        let mut named = 0;
        for (file, text) in sources.iter().filter(|(file, _)| !file.contains("tests")) {
            let code = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let tells = code.match_indices(of).any(|(at, _)| {
                // A variant, and not a function of the type.
                code[at + of.len()..].starts_with(|next: char| next.is_ascii_uppercase())
            });
            let may = places.iter().any(|place| file.starts_with(place));
            assert!(may || !tells, "{file} tells one {of} from another: let the wire declare what is asked of it");
            named += usize::from(tells);
        }
        assert!(named > 1, "nothing was read");
    }
}

/// Comments use the field's words: a value *is* somewhere, a function *returns*; neither stands anywhere.
#[test]
fn comments_have_no_words_of_their_own() {
    const AVOIDED: [&str; 4] = ["stand", "stands", "stood", "standing"];
    let mut wrong = Vec::new();
    for folder in ["src", "../base/src", "../lint/src", "../../worker/src"] {
        let sources = sources_of(folder);
        assert!(sources.len() > 5, "{folder}: nothing was read");
        for (file, text) in sources {
            for (number, line) in text.lines().enumerate() {
                // Within back quotes there is code.
                let comment = line.split_once("//").map_or("", |(_, comment)| comment);
                let prose: String = comment.split('`').step_by(2).collect::<Vec<_>>().join(" ");
                let mut words = prose.split(|c: char| !c.is_alphanumeric());
                if words.any(|word| AVOIDED.contains(&word.to_ascii_lowercase().as_str())) {
                    wrong.push(format!("{folder}/{file}:{}: {}", number + 1, line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "write where it is, or what it means:\n{}", wrong.join("\n"));
}

/// Which top modules each of them uses outside of its tests, with one line that does.
fn uses() -> BTreeMap<String, BTreeMap<String, String>> {
    let sources = sources();
    let top = |file: &str| file.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
    let tops: BTreeSet<String> = sources.iter().map(|(file, _)| top(file)).filter(|top| top != "lib").collect();
    // `pub use front::promptgate as reply;`: another name for a module.
    let lib = sources.iter().find(|(file, _)| file == "lib.rs").map(|(_, text)| text.as_str()).unwrap_or_default();
    let alias = |name: &str| {
        let meant = lib.lines().find_map(|line| line.strip_prefix("pub use ")?.strip_suffix(&format!(" as {name};")));
        meant.and_then(|path| path.split("::").next()).unwrap_or(name).to_owned()
    };
    let mut used: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (file, text) in sources.iter().filter(|(file, _)| file != "lib.rs" && !file.contains("tests")) {
        let code = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default();
        for (at, _) in code.match_indices("crate::") {
            let outside =
                code[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric() && before != '_');
            let rest = &code[at + "crate::".len()..];
            // One name, or several in braces.
            let names = rest.strip_prefix('{').and_then(|list| list.split('}').next()).unwrap_or(rest);
            let names = names.split(',').take(if rest.starts_with('{') { usize::MAX } else { 1 });
            for name in names.map(|name| name.trim().split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()) {
                let name = alias(name.unwrap_or_default());
                if outside && tops.contains(&name) && name != top(file) {
                    let line = format!("crate::{name} in {file}");
                    used.entry(top(file)).or_default().entry(name).or_insert(line);
                }
            }
        }
    }
    used
}

/// Every source of the core, by its path from `src`.
fn sources() -> Vec<(String, String)> {
    sources_of("src")
}

/// The same of a folder beside the core's sources.
fn sources_of(folder: &str) -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut folders = vec![src.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        let entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/");
                sources.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    sources
}
