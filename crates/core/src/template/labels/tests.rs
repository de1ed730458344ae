use super::*;

fn name(text: &str) -> LabelName {
    LabelName::read(text).unwrap()
}

fn bearer(version: u64) -> Bearer {
    Bearer { version, document: "{}".to_owned() }
}

fn set(labels: Labels, label: &str, version: u64) -> Labels {
    labels.apply(LabelVerb::Set(name(label), bearer(version), Precondition::Missing), 1_000).unwrap().labels
}

fn roll_back(labels: Labels) -> Result<LabelsAnswer, Problem> {
    labels.apply(LabelVerb::RollBack(name("production"), Precondition::Missing), 2_000)
}

// Row E7.
#[test]
fn a_label_moves_and_goes_back() {
    let mut labels = Labels::default();
    for version in [1, 2, 2, 4] {
        labels = set(labels, "production", version);
    }
    labels = set(labels, "staging", 5);
    assert_eq!(
        labels.json(),
        r#"{"labels":[{"earlier":[2,1],"label":"production","since":"1970-01-01T00:00:01.000Z","version":4},{"earlier":[],"label":"staging","since":"1970-01-01T00:00:01.000Z","version":5}]}"#
    );
    assert_eq!(labels.versions(), BTreeSet::from([1, 2, 4, 5]));
    assert_eq!(labels.clone().apply(LabelVerb::Find(name("staging")), 0).unwrap().found, Some(5));
    for (from, to) in [(4, 2), (2, 1)] {
        let answer = roll_back(labels).unwrap();
        assert_eq!(answer.moved, Some(Move { name: name("production"), from: Some(from), to: Some(to) }));
        labels = answer.labels;
    }
    let problem = roll_back(labels.clone()).unwrap_err();
    assert_eq!((problem.code, problem.errors[0].code), (Code::InvalidRequest, "nothing_earlier"));
    assert_eq!(labels.versions(), BTreeSet::from([1, 5]));
    let gone = labels.apply(LabelVerb::Remove(name("staging"), Precondition::Missing), 0).unwrap();
    assert_eq!(moved(&gone, "r").head.status, 204);
    let problem = gone.labels.version(&name("staging")).unwrap_err();
    assert_eq!((problem.code, problem.errors[0].code), (Code::NotFound, "unknown_label"));
    assert!(problem.detail.contains("it has production"), "{}", problem.detail);
    assert!(gone.labels.version(&name("produktion")).unwrap_err().detail.contains("did you mean `production`?"));
    assert!(Labels::default().version(&name("a")).unwrap_err().detail.contains("has no labels"));
}

// Row E7.
#[test]
fn what_is_kept_is_bounded() {
    let mut labels = Labels::default();
    for version in 1..1_000 {
        labels = set(labels, "production", version);
    }
    for expected in (989..999).rev() {
        let answer = roll_back(labels).unwrap();
        assert_eq!(answer.labels.version(&name("production")).unwrap(), expected);
        labels = answer.labels;
    }
    assert!(roll_back(labels.clone()).is_err());
    for number in 1..MAX_LABELS {
        labels = set(labels, &format!("a{number}"), 1);
    }
    let one_more = labels.clone().apply(LabelVerb::Set(name("b"), bearer(1), Precondition::Missing), 0).unwrap_err();
    assert_eq!((one_more.code, one_more.errors[0].code), (Code::InvalidRequest, "too_many"));
    // One that is there can be moved.
    set(labels, "production", 2_000);
}

// Row E7.
#[test]
fn what_a_client_expects() {
    let labels = set(Labels::default(), "production", 3);
    let tag = |tag: &str| Precondition::read(Some(tag), None);
    for (label, expected, fits) in [
        ("production", tag("version=3"), true),
        ("production", tag("\"version=2\", \"version=3\""), true),
        ("production", tag("*"), true),
        ("production", tag("version=2"), false),
        ("production", tag("W/\"version=3\""), false),
        ("production", tag("\""), false),
        ("production", Precondition::Nothing, false),
        ("staging", Precondition::Nothing, true),
        ("staging", tag("*"), false),
        ("staging", tag("version=3"), false),
    ] {
        let answer = labels.clone().apply(LabelVerb::Set(name(label), bearer(4), expected.clone()), 0);
        match answer {
            Ok(answer) => {
                assert!(fits, "{label} {expected:?}");
                let reply = moved(&answer, "r");
                assert!(reply.head.headers.contains(&("etag", "\"version=4\"".to_owned())));
            }
            Err(problem) => {
                assert!(!fits && problem.code == Code::PreconditionFailed, "{label} {expected:?}");
                assert_eq!(problem.etag.is_some(), label == "production");
            }
        }
    }
    let stale = labels.apply(LabelVerb::Remove(name("production"), tag("version=2")), 0).unwrap_err();
    assert_eq!(stale.etag.as_deref(), Some("\"version=3\""));
}

// Row E7.
#[test]
fn hostile_names_and_bodies() {
    for good in ["a", "production", "eu-west.2_b", &"a".repeat(32)] {
        assert_eq!(LabelName::read(good).unwrap().as_str(), good);
    }
    let long = "a".repeat(33);
    for bad in [
        "",
        "A",
        "Production",
        "1",
        "-a",
        ".",
        "a b",
        "a/b",
        "a%20b",
        "ä",
        "a\u{0}",
        "latest",
        "a\n",
        &long,
        "рroduction",
    ] {
        let problem = LabelName::read(bad).unwrap_err();
        assert_eq!((problem.code, problem.errors[0].code), (Code::InvalidRequest, "bad_label"), "{bad}");
    }
    assert_eq!(labelled(br#"{"version":7}"#).unwrap(), 7);
    for body in [
        "",
        "[]",
        "{}",
        r#"{"version":0}"#,
        r#"{"version":-1}"#,
        r#"{"version":1.5}"#,
        r#"{"version":"1"}"#,
        r#"{"version":1000001}"#,
        r#"{"version":1,"label":"a"}"#,
        r#"{"version":1,"version":2}"#,
    ] {
        assert!(labelled(body.as_bytes()).is_err(), "{body}");
    }
}
