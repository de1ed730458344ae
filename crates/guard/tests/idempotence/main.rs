//! Texts glued from values and halves of values, whatever the policy and the role: a stream gives what
//! the whole gives, and redacting again changes next to nothing.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros
)]

mod pieces;

use pieces::{BETWEEN, FOUND, VALUES};
use promptgate_guard::{Action, Guard, Kind, Policy, Role};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};

/// Values and parts of values, glued in every way.
fn glued() -> impl Strategy<Value = String> {
    let part = prop::sample::select(VALUES).prop_flat_map(|value| {
        let borders: Vec<usize> = (0..=value.len()).filter(|&at| value.is_char_boundary(at)).collect();
        (prop::sample::select(borders.clone()), prop::sample::select(borders))
            .prop_map(|(a, b)| value[a.min(b)..a.max(b)].to_owned())
    });
    let overridden = prop::sample::select(VALUES)
        .prop_map(|value| format!("\u{202E}{}\u{202C}", value.chars().rev().collect::<String>()));
    let inside = prop::collection::vec(prop_oneof![prop::sample::select(VALUES), prop::sample::select(BETWEEN)], 1..4);
    let nested = (inside, 1..3).prop_map(|(inside, depth)| (0..depth).fold(inside.concat(), |text, _| encoded(&text)));
    let piece = prop_oneof![
        6 => prop::sample::select(VALUES).prop_map(str::to_owned),
        2 => part,
        1 => nested,
        6 => prop::sample::select(BETWEEN).prop_map(str::to_owned),
        1 => overridden,
        1 => "[a-zA-Z0-9 ./+=:-]{1,3}",
    ];
    prop::collection::vec(piece, 2..12).prop_map(|pieces| pieces.concat())
}

/// In Base64, without padding.
fn encoded(text: &str) -> String {
    const CODES: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |group: &[u8]| {
        let bits = (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(*group.get(at).unwrap_or(&0)));
        (0..=group.len()).map(move |at| char::from(CODES[(bits >> (18 - 6 * at) & 63) as usize])).collect::<String>()
    };
    text.as_bytes().chunks(3).map(group).collect()
}

/// Any action for any kind, low thresholds or not.
fn policy() -> impl Strategy<Value = Policy> {
    let actions = prop::collection::vec(
        prop::sample::select(&[Action::Ignore, Action::Flag, Action::Redact, Action::Block][..]),
        Kind::ALL.len(),
    );
    let mixed = (actions, any::<bool>(), any::<bool>()).prop_map(|(actions, low, last_four)| {
        let mut policy = Policy::empty();
        for role in Role::ALL {
            for (kind, action) in Kind::ALL.into_iter().zip(&actions) {
                policy.set(role, kind, *action);
            }
        }
        if low {
            policy.thresholds = Policy::matrix().thresholds;
        }
        policy.keep_last_four = last_four;
        policy
    });
    let all = Policy::all(Action::Redact);
    prop_oneof![
        Just(Policy::default()),
        Just(Policy::matrix()),
        Just(Policy::sanitiser()),
        Just(Policy { thresholds: Policy::matrix().thresholds, ..all.clone() }),
        Just(all),
        mixed,
    ]
}

/// How many cases: `PROPTEST_CASES`, or 2,000.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000)
}

/// The same texts each run; `PROPTEST_RNG_SEED` draws others.
fn seed() -> RngSeed {
    let given = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|seed| seed.parse().ok());
    RngSeed::Fixed(given.unwrap_or(1))
}

/// Not scored for injection, which a stream never is.
fn values_only(mut policy: Policy) -> Policy {
    for role in Role::ALL {
        policy.set(role, Kind::Injection, Action::Ignore);
    }
    policy.sanitise = false;
    policy
}

/// Whatever kinds are replaced and the others flagged, whole and cut at every byte.
#[test]
fn what_once_differed_is_the_same_at_every_cut() {
    let all = values_only(Policy::all(Action::Redact));
    let mut policies = vec![Policy { thresholds: Policy::matrix().thresholds, keep_last_four: true, ..all.clone() }];
    for kind in Kind::ALL {
        for (this, others) in [(Action::Flag, Action::Redact), (Action::Redact, Action::Flag)] {
            let mut policy = values_only(Policy::all(others));
            policy.set(Role::Assistant, kind, this);
            policy.set(Role::Assistant, Kind::Injection, Action::Ignore);
            policies.push(policy);
        }
    }
    policies.push(all);
    for policy in policies {
        let guard = Guard::new(&policy);
        for text in FOUND {
            let (once, report) = guard.redact(text, Role::Assistant);
            assert_eq!(guard.check(text, Role::Assistant), report, "{text}");
            for at in (0..text.len()).filter(|&at| text.is_char_boundary(at)) {
                let mut stream = guard.stream(Role::Assistant);
                let pieces = [stream.push(&text[..at]), stream.push(&text[at..]), stream.finish()];
                let streamed: String = pieces.into_iter().map(|piece| piece.text).collect();
                assert_eq!((&streamed, stream.report()), (&once, &report), "{text:?} cut at {at}");
            }
        }
    }
}

/// A value of the usual forms, each in an open quote that the next one closes: what is held back does
/// not grow with the text.
#[test]
fn a_chain_of_values_is_let_go_as_it_comes() {
    let guard = Guard::new(&values_only(Policy::all(Action::Redact)));
    let text = "api_key='A1b2C3d4E5f6G7h8".repeat(1_000);
    let mut stream = guard.stream(Role::Assistant);
    let mut streamed = String::new();
    for at in 0..text.len() {
        streamed.push_str(&stream.push(&text[at..=at]).text);
        assert!(stream.held() <= 1024, "{}", stream.held());
    }
    streamed.push_str(&stream.finish().text);
    assert_eq!(streamed, guard.redact(&text, Role::Assistant).0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: seed(), ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn a_stream_gives_what_the_whole_gives(
        text in glued(),
        policy in policy(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        // A stream ends where something is refused.
        let mut policy = values_only(policy);
        for action in policy.actions.values_mut().flat_map(|kinds| kinds.values_mut()) {
            *action = (*action).min(Action::Redact);
        }
        let guard = Guard::new(&policy);
        let mut borders: Vec<usize> = cuts.iter().map(|cut| text.floor_char_boundary(cut.index(text.len() + 1))).collect();
        borders.extend([0, text.len()]);
        borders.sort_unstable();
        let mut stream = guard.stream(Role::Assistant);
        let mut streamed: String = borders.windows(2).map(|pair| stream.push(&text[pair[0]..pair[1]]).text).collect();
        streamed.push_str(&stream.finish().text);
        let (whole, report) = guard.redact(&text, Role::Assistant);
        prop_assert_eq!(&streamed, &whole);
        prop_assert_eq!(stream.report(), &report);
    }
}

/// A tag is opaque: what is next to it is not judged again while a text is redacted, so a second
/// redaction may find a little more, in texts as odd as these.
#[test]
fn redacting_twice_seldom_changes_anything() {
    let config = ProptestConfig { failure_persistence: None, rng_seed: seed(), ..ProptestConfig::default() };
    let mut runner = TestRunner::new(config);
    let texts = (glued(), policy(), prop::sample::select(&Role::ALL[..]));
    let drawn = (0..cases()).filter_map(|_| texts.new_tree(&mut runner).ok()).map(|tree| tree.current());
    let changed = drawn.filter(|(text, policy, role)| {
        let guard = Guard::new(policy);
        let (once, _) = guard.redact(text, *role);
        guard.redact(&once, *role).0 != once
    });
    let changed = changed.count();
    assert!(changed * 400 <= cases() as usize, "{changed} of {} changed twice", cases());
}
