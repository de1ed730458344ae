use super::*;
use serde_json::json;

/// An export of `count` rows.
fn export(count: u64) -> Vec<String> {
    let mut head = Head::default();
    let mut lines = Vec::new();
    for number in 0..count {
        let (next, line) = head.append(&json!({ "event": "llm_prompt_audit", "tokens": number }).to_string());
        head = next;
        lines.push(line);
    }
    lines.push(head.line());
    lines
}

fn verify(lines: &[String]) -> Result<Verified, Break> {
    let mut verifier = Verifier::default();
    lines.iter().try_for_each(|line| verifier.line(line))?;
    verifier.end()
}

/// The line and number of the first bad row, and what is wrong with it.
fn first_bad(lines: &[String]) -> (u64, Option<u64>, &'static str) {
    let bad = verify(lines).unwrap_err();
    (bad.line, bad.sequence, bad.code)
}

/// A chain from `lines` whose hashes are made anew from line `from` on, as a forger would.
fn forged(lines: &[String], from: usize) -> Vec<String> {
    let mut head = Head::default();
    let mut forged = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let value: Value = serde_json::from_str(line).unwrap();
        if at < from || value.get("head").is_some() {
            forged.push(if at < from { line.clone() } else { head.line() });
            head = Head { sequence: at as u64 + 1, hash: value["hash"].as_str().unwrap_or_default().to_owned() };
            continue;
        }
        let (next, line) = head.append(&value["row"].to_string());
        head = next;
        forged.push(line);
    }
    forged
}

#[test]
fn an_unbroken_chain_is_told_of() {
    for count in [0, 1, 2, 100] {
        let verified = verify(&export(count)).unwrap();
        assert_eq!((verified.rows, verified.head.sequence, verified.after), (count, count, Head::default()));
    }
    // as another program may have saved it
    let text = format!("\u{feff}{}\r\n\r\n", export(3).join("\r\n"));
    assert!(verify(&text.split('\n').map(str::to_owned).collect::<Vec<_>>()).is_ok());
    let spaced: Vec<_> = export(2).iter().map(|line| line.replace("\":", "\" : ")).collect();
    assert_eq!(verify(&spaced).unwrap().rows, 2);
}

/// Rows that are withheld keep their place: what is dropped or moved among them is found, and they are counted.
#[test]
fn what_is_another_tenants_is_counted_and_keeps_its_place() {
    let mut head = Head::default();
    let mut lines = Vec::new();
    for tenant in ["a", "b", "a", "b", "b", "a"] {
        let (next, line) = head.append(&json!({ "tenant": tenant, "tokens": 3 }).to_string());
        head = next;
        lines.push(super::super::segment::seen_by(&line, "a"));
    }
    lines.push(head.line());
    assert!(!lines.concat().contains("\"b\""), "{lines:?}");
    let verified = verify(&lines).unwrap();
    assert_eq!((verified.rows, verified.withheld), (6, 3));
    for (at, bad) in [(1, (2, Some(2), "missing")), (3, (4, Some(4), "missing")), (0, (7, None, ""))] {
        let mut lines = lines.clone();
        lines.remove(at);
        match at {
            // An export may begin later.
            0 => assert_eq!(verify(&lines).unwrap().rows, 5),
            _ => assert_eq!(first_bad(&lines), bad),
        }
    }
    let mut edited = lines.clone();
    edited[2] = edited[2].replace("\"tokens\":3", "\"tokens\":4");
    assert_eq!(first_bad(&edited), (3, Some(3), "changed"));
    let mut replaced = lines.clone();
    replaced[3] = replaced[3].replacen("\"hash\":\"", "\"hash\":\"0", 1);
    assert_eq!(first_bad(&replaced), (5, Some(5), "replaced"));
}

#[test]
fn exports_follow_one_another() {
    let all = export(9);
    let (early, late) = (export(5), all.get(5..).unwrap().to_vec());
    let verified = verify(&[early.clone(), late.clone()].concat()).unwrap();
    assert_eq!((verified.rows, verified.head.sequence), (9, 9));
    for lines in [late.clone(), [early.get(5..).unwrap().to_vec(), late].concat()] {
        let verified = verify(&lines).unwrap();
        assert_eq!((verified.rows, verified.after.sequence), (4, 5));
    }
}

// Rows H, row 38.
#[test]
fn the_first_bad_row_is_named() {
    let good = export(6);
    let changed = |at: usize, change: &dyn Fn(&mut Value)| {
        let mut lines = good.clone();
        let mut value: Value = serde_json::from_str(&lines[at]).unwrap();
        change(&mut value);
        lines[at] = value.to_string();
        lines
    };
    let without = |range: std::ops::Range<usize>| {
        let mut lines = good.clone();
        lines.drain(range);
        lines
    };
    let swapped = |a: usize, b: usize| {
        let mut lines = good.clone();
        lines.swap(a, b);
        lines
    };
    let inserted = |at: usize, line: String| {
        let mut lines = good.clone();
        lines.insert(at, line);
        lines
    };
    let table = [
        ("a value edited", changed(2, &|line| line["row"]["tokens"] = json!(7)), (3, Some(3), "changed")),
        ("a member added", changed(2, &|line| line["row"]["note"] = json!(1)), (3, Some(3), "changed")),
        ("a number edited", changed(2, &|line| line["sequence"] = json!(9)), (3, Some(9), "changed")),
        ("a hash edited", changed(5, &|line| line["hash"] = json!("0")), (6, Some(6), "changed")),
        ("the link edited", changed(0, &|line| line["previous"] = json!("0")), (1, Some(1), "changed")),
        ("a member more", changed(3, &|line| line["x"] = json!(1)), (4, Some(4), "unreadable")),
        ("a sequence that is a string", changed(3, &|line| line["sequence"] = json!("4")), (4, Some(4), "unreadable")),
        ("one dropped", without(2..3), (3, Some(3), "missing")),
        ("some dropped", without(1..4), (2, Some(2), "missing")),
        ("the last dropped", without(5..6), (6, Some(6), "truncated")),
        ("the end cut off", without(4..7), (4, Some(5), "truncated")),
        ("the head dropped", without(6..7), (6, Some(7), "truncated")),
        ("two swapped", swapped(2, 3), (3, Some(3), "missing")),
        ("one moved to the end", swapped(5, 6), (6, Some(6), "truncated")),
        ("one repeated", inserted(3, good[2].clone()), (4, Some(3), "misplaced")),
        ("no JSON", inserted(1, "canary".to_owned()), (2, Some(2), "unreadable")),
        ("a key twice", inserted(1, r#"{"head":1,"head":2}"#.to_owned()), (2, Some(2), "unreadable")),
        ("too deep", inserted(0, "[".repeat(100_000)), (1, None, "unreadable")),
        ("nothing", Vec::new(), (0, None, "truncated")),
        ("another file", vec!["{}".to_owned()], (1, None, "unreadable")),
    ];
    for (what, lines, expected) in table {
        assert_eq!(first_bad(&lines), expected, "{what}");
        assert!(!verify(&lines).unwrap_err().message.contains("canary"));
    }
}

#[test]
fn a_row_replaced_with_a_hash_that_fits_breaks_the_link() {
    let good = export(6);
    let mut lines = good.clone();
    let mut head = Head::default();
    for line in good.get(..2).unwrap() {
        head = super::super::segment::head(line).unwrap();
    }
    lines[2] = head.append(r#"{"event":"llm_prompt_audit","tokens":7}"#).1;
    assert_eq!(first_bad(&lines), (4, Some(4), "replaced"));
    // and the last one that of the head
    let mut lines = good.clone();
    lines[5] = super::super::segment::head(&good[4]).unwrap().append("{}").1;
    assert_eq!(first_bad(&lines), (7, Some(6), "replaced"));
    // and the first one that of the second
    let mut lines = good.clone();
    lines[0] = Head { sequence: 0, hash: "1".repeat(64) }.append("{}").1;
    assert_eq!(first_bad(&lines), (1, Some(1), "replaced"));
}

/// A chain that is made anew has nothing wrong in itself: only what was noted elsewhere shows it.
// Rows H, row 38.
#[test]
fn a_noted_hash_shows_a_chain_that_was_made_anew() {
    let good = export(6);
    let noted = super::super::segment::head(&good[3]).unwrap().hash;
    let mut edited = good.clone();
    edited[1] = edited[1].replace("\"tokens\":1", "\"tokens\":9");
    let forged = forged(&edited, 1);
    let with = |lines: &[String], noted: &str| {
        let mut verifier = Verifier::with_head(noted);
        lines.iter().try_for_each(|line| verifier.line(line))?;
        verifier.end()
    };
    assert_eq!(verify(&forged).unwrap().rows, 6);
    assert_eq!(with(&forged, &noted).unwrap_err().code, "other_chain");
    assert_eq!(with(&good, &format!(" {} ", noted.to_uppercase())).unwrap().rows, 6);
    // the head of the export before, from which this one goes on
    assert!(with(good.get(4..).unwrap(), &noted).is_ok());
    assert!(with(good.get(5..).unwrap(), &noted).is_err());
}

/// The line of a checkpoint of the row that a line has. Its signature is no matter of the verifier's.
fn checkpoint(line: &str) -> String {
    let head = super::super::segment::head(line).unwrap();
    let seed = "AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH";
    let key = super::super::SigningKey::parse(&format!("PRIVATE+KEY+log+00000000+{seed}")).unwrap();
    let note = key.note(&key.text(&head, 5), &[9; 64]);
    Checkpoint { head, time_ms: 5, note: Some(note) }.line().unwrap()
}

#[test]
fn checkpoints_are_compared_with_their_rows() {
    let good = export(6);
    let with = |lines: &[String], at: usize, of: usize| {
        let mut lines = lines.to_vec();
        lines.insert(at, checkpoint(&good[of]));
        lines
    };
    let verified = verify(&with(&with(&good, 6, 5), 3, 2)).unwrap();
    assert_eq!((verified.rows, verified.checkpoints), (6, 2));
    assert_eq!(verified.signed, Some(verified.head));
    // A chain made anew cannot have the checkpoints of the one before, and no head was noted elsewhere.
    let mut edited = good.clone();
    edited[1] = edited[1].replace("\"tokens\":1", "\"tokens\":9");
    let forged = forged(&edited, 1);
    assert_eq!(verify(&forged).unwrap().checkpoints, 0, "the report counts no checkpoint");
    assert_eq!(first_bad(&with(&forged, 3, 2)), (4, Some(3), "replaced"));
    for (at, of, bad) in [(2, 4, (3, Some(3), "truncated")), (5, 1, (6, Some(2), "misplaced"))] {
        assert_eq!(first_bad(&with(&good, at, of)), bad);
    }
    let mut cut = with(&good, 6, 5);
    cut.drain(4..6);
    assert_eq!(first_bad(&cut), (5, Some(5), "truncated"));
    assert_eq!(first_bad(&[r#"{"checkpoint":"canary"}"#.to_owned()]), (1, None, "unreadable"));
}

#[test]
fn rows_that_were_let_go_have_a_checkpoint_in_their_place() {
    let good = export(6);
    let mut kept = vec![checkpoint(&good[1]), checkpoint(&good[2])];
    kept.extend(good.get(3..).unwrap().to_vec());
    let verified = verify(&kept).unwrap();
    assert_eq!((verified.rows, verified.let_go.map(|head| head.sequence)), (3, Some(3)));
    assert_eq!(verified.after.sequence, 3);
    // It bridges no gap in the middle, or anything could be let go.
    let mut gap = good.get(..2).unwrap().to_vec();
    gap.extend(kept.get(1..).unwrap().to_vec());
    assert_eq!(first_bad(&gap), (3, Some(3), "truncated"));
    let mut late = vec![kept[1].clone()];
    late.extend(good.get(4..).unwrap().to_vec());
    assert_eq!(first_bad(&late), (2, Some(4), "missing"));
}

#[test]
fn a_file_can_be_read_in_parts() {
    let lines = export(10);
    let mut verifier = Verifier::default();
    for line in &lines {
        let state = serde_json::to_string(&verifier).unwrap();
        verifier = serde_json::from_str(&state).unwrap();
        verifier.line(line).unwrap();
    }
    assert_eq!(verifier.end(), verify(&lines));
}
