//! What the chat gateway's document refuses is refused by [`Policy::matrix`].
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use promptgate_guard::{Guard, Policy, Role};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Strings of the languages of the document's three patterns, where a word starts.
fn refused() -> impl Strategy<Value = String> {
    let secret = "(?i)(password|secret|api[_-]key)[ \t\n]{0,3}:?[ \t\n]{0,3}[!-Z\\\\-~]{1,12}";
    let ssn = "(?i)(ssn|social[ \n]{1,2}security)[ ]{0,2}:?[ ]{0,2}[0-9]{3}-?[0-9]{2}-?[0-9]{4}";
    let card = "(?i)(cc|credit {1,2}card)[ ]{0,2}:?[ ]{0,2}[0-9]{4}([ -]?)[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}";
    prop_oneof![secret, ssn, card]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn the_documents_patterns_are_refused(match_ in refused(), head in "([a-zA-Z]{0,8} )?", tail in "( [a-z ]{0,9})?") {
        let guard = Guard::new(&Policy::matrix());
        let text = format!("{head}{match_}{tail}");
        prop_assert!(guard.check(&text, Role::User).is_blocked(), "{text:?}");
    }
}

#[test]
fn the_default_lets_talk_about_passwords_pass() {
    let guard = Guard::new(&Policy::default());
    for text in ["password reset please", "the secret of good tea", "my ssn is secret"] {
        assert!(!guard.check(text, Role::User).is_blocked(), "{text}");
    }
}
