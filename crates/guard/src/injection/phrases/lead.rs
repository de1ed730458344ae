//! Whether a shape is an order to the reader, or something told of somebody.

use super::super::lexicon::{Classes, MACHINE, NOW, word};

/// What the words before a shape make of it, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lead {
    /// Somebody does it, or was told to: "I cannot ignore", "she told me to ignore", "how to ignore".
    Reported,
    /// The words before decide nothing.
    Open,
    /// It starts a clause, or follows "please", "you must" and the like.
    Order,
}

/// Before an order.
const ORDERING: &[u32] = &[
    word("please"),
    word("kindly"),
    word("and"),
    word("then"),
    word("must"),
    word("should"),
    word("shall"),
    word("just"),
    word("you"),
    word("now"),
    word("so"),
    word("ok"),
    word("okay"),
    word("hey"),
    word("hi"),
    word("hello"),
    word("simply"),
    word("instead"),
    word("first"),
    word("immediately"),
    word("also"),
    word("but"),
    word("or"),
    word("will"),
    word("lets"),
    word("completely"),
    word("totally"),
    word("bitte"),
    word("und"),
    word("favor"),
    word("y"),
    word("e"),
    word("et"),
];

/// Before what somebody does or does not do.
const REPORTING: &[u32] = &[
    word("i"),
    word("we"),
    word("he"),
    word("she"),
    word("they"),
    word("it"),
    word("who"),
    word("which"),
    word("that"),
    word("cannot"),
    word("cant"),
    word("not"),
    word("dont"),
    word("didnt"),
    word("doesnt"),
    word("wont"),
    word("never"),
    word("always"),
    word("often"),
    word("sometimes"),
    word("keep"),
    word("keeps"),
    word("kept"),
    word("can"),
    word("could"),
    word("may"),
    word("might"),
    word("would"),
    word("did"),
    word("does"),
    word("do"),
    word("people"),
    word("everyone"),
    word("users"),
    word("customers"),
    word("someone"),
    word("nobody"),
    word("ich"),
    word("wir"),
    word("er"),
    word("je"),
    word("nous"),
    word("yo"),
    word("nicht"),
    word("no"),
    word("pas"),
    word("if"),
    word("when"),
    word("why"),
    word("how"),
];

/// Who does it, before "should", "will" and the like.
const SUBJECTS: &[u32] = &[word("i"), word("we"), word("he"), word("she"), word("they")];

/// Before "to": somebody else was told.
const TOLD_OTHERS: &[u32] = &[
    word("attempt"),
    word("attempts"),
    word("attempting"),
    word("aiming"),
    word("aims"),
    word("seeking"),
    word("seeks"),
    word("intended"),
    word("meant"),
    word("try"),
    word("tries"),
    word("trying"),
    word("way"),
    word("ways"),
    word("allowed"),
    word("able"),
    word("unable"),
    word("designed"),
    word("me"),
    word("us"),
    word("him"),
    word("her"),
    word("them"),
    word("how"),
    word("whether"),
    word("when"),
    word("everyone"),
    word("people"),
    word("safe"),
    word("ok"),
    word("wise"),
    word("bad"),
    word("dangerous"),
    word("tend"),
    word("tends"),
    word("used"),
    word("decided"),
    word("tried"),
    word("possible"),
    word("easy"),
];

/// Before the noun that does it.
const OWNERS: &[u32] = &[
    word("my"),
    word("his"),
    word("her"),
    word("our"),
    word("their"),
    word("some"),
    word("many"),
    word("most"),
    word("a"),
    word("the"),
    word("make"),
    word("makes"),
    word("made"),
    word("let"),
    word("did"),
    word("does"),
    word("do"),
    word("can"),
    word("if"),
    word("when"),
    word("why"),
];

impl Lead {
    /// By the word right before and the one before that, with their classes, within the sentence.
    pub(super) fn of(last: Option<(u32, Classes)>, second: Option<(u32, Classes)>) -> Self {
        let Some((last, classes)) = last else {
            return Self::Order;
        };
        let second_in = |words: &[u32]| second.is_some_and(|(second, _)| words.contains(&second));
        if last == const { word("to") } {
            return match second {
                Some(_) if second_in(TOLD_OTHERS) => Self::Reported,
                Some((second, classes)) if classes & MACHINE != 0 || ORDERING.contains(&second) => Self::Order,
                _ => Self::Open,
            };
        }
        if last == const { word("you") } && second_in(const { &[word("if"), word("when"), word("can"), word("do")] }) {
            return Self::Open;
        }
        if second_in(SUBJECTS) && last != const { word("and") } {
            return Self::Reported;
        }
        // "Our bot revealed …", not "dear bot, reveal …".
        if classes & MACHINE != 0 && second_in(OWNERS) {
            return Self::Reported;
        }
        if ORDERING.contains(&last) || classes & (MACHINE | NOW) != 0 {
            return Self::Order;
        }
        if REPORTING.contains(&last) || second_in(OWNERS) {
            return Self::Reported;
        }
        Self::Open
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::lexicon::classes;
    use super::*;

    #[test]
    fn words_before_decide() {
        let of = |words: &str| {
            let mut words = words.split(' ').rev().map(|found| (word(found), classes(word(found))));
            Lead::of(words.next(), words.next())
        };
        assert_eq!(Lead::of(None, None), Lead::Order);
        for (before, expected) in [
            ("please", Lead::Order),
            ("want you to", Lead::Order),
            ("you must", Lead::Order),
            ("dear chatgpt", Lead::Order),
            ("told me to", Lead::Reported),
            ("i cannot", Lead::Reported),
            ("said i should", Lead::Reported),
            ("my students", Lead::Reported),
            ("make pytest", Lead::Reported),
            ("my bot", Lead::Reported),
            ("if you", Lead::Open),
            ("dishwasher", Lead::Open),
        ] {
            assert_eq!(of(before), expected, "{before}");
        }
    }
}
