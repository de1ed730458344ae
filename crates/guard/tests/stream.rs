//! Cut as you like: a stream gives what the whole text gives.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros
)]

use promptgate_guard::own::{Own, Written};
use promptgate_guard::{Action, Entry, Guard, Kind, Policy, Role};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::hash::{BuildHasher, RandomState};

fn whole(guard: &Guard, text: &str) -> (String, Vec<Entry>) {
    let (redacted, report) = guard.redact(text, Role::Assistant);
    (redacted, report.findings)
}

fn streamed(guard: &Guard, pieces: &[&str]) -> (String, Vec<Entry>) {
    let mut stream = guard.stream(Role::Assistant);
    let (mut out, mut findings) = (String::new(), Vec::new());
    for piece in pieces {
        let piece = stream.push(piece);
        out.push_str(&piece.text);
        findings.extend(piece.findings);
    }
    let piece = stream.finish();
    out.push_str(&piece.text);
    findings.extend(piece.findings);
    assert_eq!(stream.held(), 0);
    (out, findings)
}

fn guard() -> Guard {
    let mut policy = Policy::all(Action::Redact);
    // The answer is not scored for injection, streamed or not.
    policy.set(Role::Assistant, Kind::Injection, Action::Ignore);
    policy.keep_last_four = true;
    Guard::new(&policy)
}

/// Values of every kind and what surrounds them.
const TEXTS: &[&str] = &[
    "Call me at (415) 555-0132 or 0487 23 46 71, or mail john.doe@mail.example.co.uk today.",
    "My card is 4111 1111 1111 1111, SSN 536-90-4399, IBAN GB82 WEST 1234 5698 7654 32.",
    "Server 86.231.85.193 and [2001:db8::1]:443 are up; DOB: July 4, 1985; passport: 912803456.",
    "password: hunter2, api_key = 'A1b2C3d4E5f6G7h8' and https://u:s3cret@host.example/x",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7n7\nq8w5Zk==\n-----END RSA PRIVATE KEY-----\nbye",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c done",
    "token ghp_0123456789abcdefghijABCDEFGHIJ012345 and sk-proj-aaaa1111bbbb2222cccc3333dddd4444eeee5555ffff",
    "x &#52;111 １１１１ 1\u{200B}111 1111 y \u{202E}2317-655-514 enohp\u{202C} z 👩\u{200D}💻 🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
    "bXkgbWFpbCBpcyBqb2huQGV4YW1wbGUuY29tIG9rYXk= and 343ea45721923ed956e2b38c31db76aa-us30",
    "order 4155550132, version 1.2.3.4, 1700000000, 550e8400-e29b-41d4-a716-446655440000",
    "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs 110201543:AAHdqTcvCH1vGWJxfSe1ofSAs0K5PALDsaw",
    "phones: 415-555-0132, 4155550133; 785 8949\n4155550134 fax [EMAIL] 4155550135",
    // An override whose contents are replaced, glued to what is then no longer a part of it.
    "\u{202E}912754ae343 dna =kXYr9GIt92YuUGbw1WY4VGQuh2bqBycpBCbpFWbgkXb\u{202C}password is john.doe@",
    "mail \u{202E}moc.elpmaxe@a\u{202C}4155550132, \u{202E}7 1111 1111 1111 1114\u{202C}@example.com",
    "ann%40example.com, ann [at] example (dot) com; **4111** `1111` **1111**1111 \\u0034111%201111 1111 1111 ****",
    "setProperty(\"db.password\", \"rT7#kLq29zXv\") 6d792063617264206973203435333220373135332033373930203132343520746861 x",
    "if (\"m{{h}o)p${e]nob(ody\" != passwd) and born July 4, 1985 or DE 89 3704 0044 0532 0130 00 x",
    // A quote that closes only as long as what follows has not been replaced.
    "api_key = 'A(415) 555-0132, or mail john.doe@mail.examplepassword: hunter2, api_key = 'A1b",
];

// Row G.
#[test]
fn every_cut_gives_the_same() {
    let guard = guard();
    for text in TEXTS {
        let expected = whole(&guard, text);
        assert!(text.contains("order") || expected.0 != *text, "{text}");
        for at in (0..=text.len()).filter(|&at| text.is_char_boundary(at)) {
            let (head, tail) = text.split_at(at);
            assert_eq!(streamed(&guard, &[head, tail]), expected, "{text:?} cut at {at}");
        }
        let pieces: Vec<&str> = text.split_inclusive(|_| true).collect();
        assert_eq!(streamed(&guard, &pieces), expected, "{text:?} by characters");
    }
}

fn own(name: &str, pattern: &str) -> Own {
    let action = if name == "project" { Action::Flag } else { Action::Redact };
    Own::new(name, Written { pattern: pattern.into(), action, tag: None, caught: vec![], passed: vec![] }).unwrap()
}

// Row G.
#[test]
fn operators_patterns_are_found_wherever_the_text_is_cut() {
    let patterns = vec![own("case", "#{4}-#{2,6}"), own("employee", "EMP-?{4,8}"), own("project", "Project Falcon")];
    let guard = Guard::new(&Policy { own: patterns, ..Policy::default() });
    let own = [
        "Ask EMP-12345 (emp-AB12CD34) about Project Falcon, case 2024-12 or 2024-1234567, EMP- and EMP-123456789.",
        "EMP-１２３４ E\u{200B}MP-1234 \u{202E}4321-PME\u{202C} EMP-1234\u{e9} Project  Falcon",
        "EMP-1234EMP-1234 4111 1111 1111 1111-EMP-1234 415-555-0132 0132-4155 EMP-41555501",
    ];
    for text in own.iter().chain(TEXTS) {
        let expected = whole(&guard, text);
        let cuts = (0..=text.len()).filter(|&at| text.is_char_boundary(at));
        for (head, tail) in cuts.map(|at| text.split_at(at)) {
            assert_eq!(streamed(&guard, &[head, tail]), expected, "{text:?} cut at {}", head.len());
        }
        let letters: Vec<String> = text.chars().map(String::from).collect();
        assert_eq!(streamed(&guard, &letters.iter().map(String::as_str).collect::<Vec<_>>()), expected, "{text:?}");
    }
    let (text, findings) = whole(&guard, own[0]);
    let expected =
        "Ask [EMPLOYEE] ([EMPLOYEE]) about Project Falcon, case [CASE] or 2024-1234567, EMP- and EMP-123456789.";
    assert_eq!(text, expected);
    let codes: Vec<&str> = findings.iter().map(|entry| &*entry.code).collect();
    assert_eq!(codes, ["employee", "employee", "project", "case"]);
    let most = held(&guard, &"Where is my parcel? It was sent on Monday. ".repeat(40), 3).into_iter().max().unwrap();
    assert!(most <= 16, "prose waits for no pattern: {most}");
}

#[test]
fn a_long_text_is_let_go_as_it_comes() {
    let guard = guard();
    let text = "The quick brown fox says call 415-555-0132 or write a.b@example.com now. ".repeat(400);
    let mut stream = guard.stream(Role::Assistant);
    let mut out = String::new();
    for piece in text.as_bytes().chunks(7) {
        out.push_str(&stream.push(std::str::from_utf8(piece).unwrap()).text);
        assert!(stream.held() <= 256, "{}", stream.held());
    }
    out.push_str(&stream.finish().text);
    assert_eq!(out, whole(&guard, &text).0);
}

#[test]
fn a_key_without_an_end_is_held_no_longer_than_a_key() {
    let guard = guard();
    let text = format!("-----BEGIN RSA PRIVATE KEY-----\n{}", "MIIEpAIBAAKCAQEA7n7x\n".repeat(2_000));
    let mut stream = guard.stream(Role::Assistant);
    let mut out = String::new();
    for at in 0..text.len() {
        out.push_str(&stream.push(&text[at..=at]).text);
        assert!(stream.held() <= 16 * 1024 + 512, "{}", stream.held());
    }
    out.push_str(&stream.finish().text);
    assert_eq!(out, whole(&guard, &text).0);
}

#[test]
fn an_override_without_an_end_is_held_no_longer_than_an_override() {
    let guard = guard();
    let text = format!("\u{202E}{}", "erom dna erom ,4111 1111 1111 1111 ".repeat(300));
    let mut stream = guard.stream(Role::Assistant);
    let mut out = String::new();
    for piece in text.split_inclusive(' ') {
        out.push_str(&stream.push(piece).text);
        assert!(stream.held() <= 2048 + 512, "{}", stream.held());
    }
    out.push_str(&stream.finish().text);
    assert_eq!(out, whole(&guard, &text).0);
}

/// Pieces as a model sends them.
fn held(guard: &Guard, text: &str, piece: usize) -> Vec<usize> {
    let mut stream = guard.stream(Role::Assistant);
    let mut held = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(rest.ceil_char_boundary(piece.min(rest.len())));
        stream.push(head);
        held.push(stream.held());
        rest = tail;
    }
    held.sort_unstable();
    held
}

#[test]
fn prose_is_passed_on_word_by_word() {
    let guard = guard();
    let texts = [
        "The quick brown fox asked about the order that never came, and left before anybody could answer. ",
        "Ich hätte gerne gewusst, wo mein Paket geblieben ist; niemand konnte mir bisher eine Auskunft geben. ",
        "Où est ma commande? Personne ne répond, et je commence à perdre patience, vraiment. ",
        "我的包裹在哪里？昨天说好要送到，可是到现在还没有消息，请帮我查一下，谢谢。",
        "注文した商品がまだ届いていません。確認していただけますか。お願いします。",
    ];
    for text in texts {
        let held = held(&guard, &text.repeat(40), 4);
        let at = |share: usize| held[(held.len() - 1) * share / 100];
        assert!(at(50) <= if text.is_ascii() { 8 } else { 32 }, "{text}: p50 {}", at(50));
        assert!(at(99) <= 64, "{text}: p99 {}", at(99));
    }
}

#[test]
fn nothing_but_keys_is_held_for_long() {
    let guard = guard();
    for text in TEXTS.iter().filter(|text| !text.contains("BEGIN") && !text.contains("eyJ")) {
        let most = held(&guard, &text.repeat(20), 3).pop().unwrap();
        assert!(most <= 256, "{text}: {most}");
    }
    for text in [
        "aGVsbG8gd29ybGQsIHRoaXMgaXMgYSB0ZXN0".repeat(50),
        "/usr/local/share/a_b-c/".repeat(50),
        "password=".repeat(200),
        "1 2 3 4 ".repeat(100),
        "文字".repeat(400),
        "a.".repeat(400),
        "\"'`".repeat(300),
        "x = [1, 2, \"b\"]; ".repeat(40),
    ] {
        let most = held(&guard, &text, 3).pop().unwrap();
        assert!(most <= 256, "{text:.40}: {most}");
    }
}

/// Each value at 1,024 offsets, by itself, in a tool's arguments and in two streams by turns.
// Row G.
#[test]
fn nothing_of_a_value_leaves_wherever_it_stands() {
    let guard = guard();
    let values = [
        ("4111 1111 1111 1111", "[CARD 1111]"),
        ("john.doe@mail.example.co.uk", "[EMAIL]"),
        ("536-90-4399", "[SSN]"),
        ("GB82 WEST 1234 5698 7654 32", "[IBAN]"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "[TOKEN]"),
        ("(415) 555-0132", "[PHONE]"),
        ("bXkgbWFpbCBpcyBqb2huQGV4YW1wbGUuY29tIG9rYXk", "[EMAIL]"),
    ];
    let filler = "and so the story went on for a while without any number or sign, ".repeat(17);
    for (value, tag) in values {
        for offset in 0..1024 {
            let text = format!("{} {value} end", &filler[..offset]);
            let expected = format!("{} {tag} end", &filler[..offset]);
            let arguments = format!("{{\"q\": \"{} {value}\"}}", &filler[..offset]);
            let (mut one, mut two) = (guard.stream(Role::Assistant), guard.stream(Role::Assistant));
            let (mut first, mut second) = (String::new(), String::new());
            for (a, b) in text.as_bytes().chunks(7).zip(arguments.as_bytes().chunks(7)) {
                first.push_str(&one.push(std::str::from_utf8(a).unwrap()).text);
                second.push_str(&two.push(std::str::from_utf8(b).unwrap()).text);
            }
            let fed = text.as_bytes().chunks(7).zip(arguments.as_bytes().chunks(7)).count() * 7;
            first.push_str(&one.push(text.get(fed..).unwrap_or_default()).text);
            second.push_str(&two.push(arguments.get(fed..).unwrap_or_default()).text);
            first.push_str(&one.finish().text);
            second.push_str(&two.finish().text);
            assert_eq!(first, expected, "{offset}");
            assert_eq!(second, format!("{{\"q\": \"{} {tag}\"}}", &filler[..offset]), "{offset}");
        }
    }
}

#[test]
fn a_block_ends_the_stream() {
    let guard = Guard::new(&Policy::all(Action::Block));
    let mut stream = guard.stream(Role::Assistant);
    let first = stream.push(
        "The card is 4111 1111 1111 1111, and more text follows after it so that all is clear. Really, a lot of it.",
    );
    assert!(first.blocked);
    assert_eq!(first.text, "The card is ");
    assert_eq!(first.findings.len(), 1);
    assert_eq!(first.findings[0].span, 12..31);
    assert_eq!(stream.push("4111 1111 1111 1111").text, "");
    assert_eq!(stream.finish().text, "");
}

fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(TEXTS).prop_flat_map(|text| {
            let borders: Vec<usize> = (0..=text.len()).filter(|&at| text.is_char_boundary(at)).collect();
            (prop::sample::select(borders.clone()), prop::sample::select(borders)).prop_map(|(a, b)| text[a.min(b)..a.max(b)].to_owned())
        }),
        2 => "[0-9]{1,5}[ .:@+()/-]{0,2}",
        1 => "[a-z]{0,6}[ =:\"'\n]{0,2}",
        1 => Just("password is ".to_owned()),
        1 => Just("call ".to_owned()),
        1 => Just("\u{200D}".to_owned()),
        2 => prop::sample::select(&["%40", "%3", "\\u0034", "\\x3", "**", "*", "`", "[at]", " (dot) ", "&#5", "%", "\\"][..]).prop_map(str::to_owned),
        2 => prop::sample::select(&["\u{202E}", "\u{202C}", "\n"][..]).prop_map(str::to_owned),
        1 => prop::sample::select(TEXTS).prop_map(|text| format!("\u{202E}{}\u{202C}", text.chars().take(60).collect::<String>().chars().rev().collect::<String>())),
        1 => "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

/// How many cases: `PROPTEST_CASES`, or 600.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(600)
}

/// Another seed each run, printed where the test fails; `PROPTEST_RNG_SEED` repeats one.
fn seed() -> RngSeed {
    let given = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| RandomState::new().hash_one(0));
    eprintln!("PROPTEST_RNG_SEED={seed}");
    RngSeed::Fixed(seed)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: seed(), ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn any_cuts_of_any_text_give_the_same(text in soup(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let guard = guard();
        let mut borders: Vec<usize> = cuts.iter().map(|cut| text.floor_char_boundary(cut.index(text.len() + 1))).collect();
        borders.extend([0, text.len()]);
        borders.sort_unstable();
        let pieces: Vec<&str> = borders.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
        prop_assert_eq!(streamed(&guard, &pieces), whole(&guard, &text));
    }

    #[test]
    fn sanitising_twice_changes_nothing(text in soup()) {
        let guard = Guard::new(&Policy::sanitiser());
        let (once, _) = guard.redact(&text, Role::User);
        let (twice, _) = guard.redact(&once, Role::User);
        prop_assert_eq!(&twice, &once);
    }

    #[test]
    fn spans_are_the_callers(text in soup()) {
        let guard = Guard::new(&Policy::all(Action::Redact));
        for finding in guard.check(&text, Role::User).findings {
            prop_assert!(text.get(finding.span.clone()).is_some_and(|part| !part.is_empty()), "{:?}", finding);
        }
    }
}
