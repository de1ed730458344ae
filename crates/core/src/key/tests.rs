use super::memory::{Lookup, Memory};
use super::*;
use crate::budget::Limit;

const NOW: u64 = 1_767_225_600_000;

fn caller(rights: &[Right]) -> Caller {
    Caller { rights: rights.iter().copied().collect(), ..Caller::of_tenant(Tenant::named("a").unwrap(), "boss".into()) }
}

fn key() -> Key {
    let order = br#"{"name":"shop","rights":["manage","use"],"models":["m"],"limits":{"requestsPerMinute":60,"costPerDay":"1.5"}}"#;
    let NewKey { tenant, name, rights, models, limits, expires_ms } =
        NewKey::parse(order, &caller(&[Right::Manage]), NOW).unwrap();
    Key {
        id: "k-1".into(),
        tenant: tenant.as_str().into(),
        name,
        rights,
        models,
        limits,
        created_ms: NOW,
        created_by: "boss".into(),
        expires_ms,
        last_used_ms: None,
        revoked_ms: None,
        digests: vec![Secret { digest: "one".into(), until_ms: None }],
    }
}

// Row T2.
#[test]
fn a_key_is_ordered_and_shown_without_its_secret() {
    let key = key();
    assert_eq!(key.limits.0[&Limit::Day], 1_500_000_000);
    let document = key.document(NOW).to_string();
    assert!(!document.contains("one"), "{document}");
    let document = key.document(NOW);
    assert_eq!(document["rights"], json!(["use", "manage"]));
    assert_eq!(document["limits"], json!({"requestsPerMinute": 60, "costPerDay": "1.50"}));
    assert_eq!(
        (document["status"].as_str(), document["createdAt"].as_str()),
        (Some("active"), Some("2026-01-01T00:00:00.000Z"))
    );
}

// Row T2.
#[test]
fn a_rotation_has_an_overlap() {
    let mut key = key();
    key.rotate("two".into(), 60_000, NOW).unwrap();
    let good = |key: &Key, digest: &str, now| key.caller(digest, now).is_some();
    assert!(good(&key, "one", NOW + 59_999) && good(&key, "two", NOW + 59_999));
    assert!(!good(&key, "one", NOW + 60_000) && good(&key, "two", NOW + 60_000));
    assert_eq!(key.document(NOW)["oldSecretUntil"], "2026-01-01T00:01:00.000Z");
    assert_eq!(key.document(NOW + 60_000)["oldSecretUntil"], Value::Null);
    key.rotate("three".into(), 60_000, NOW + 1_000).unwrap();
    assert!(!good(&key, "one", NOW + 1_000), "two rotations end the first at once");
    assert!(good(&key, "two", NOW + 1_000) && good(&key, "three", NOW + 1_000));
    key.rotate("four".into(), 0, NOW + 2_000).unwrap();
    assert!(!good(&key, "three", NOW + 2_000));
}

// Row T2.
#[test]
fn an_end_is_an_end() {
    let mut key = key();
    key.expires_ms = Some(NOW + 10);
    assert_eq!(key.caller("one", NOW + 9).map(|(_, until)| until), Some(Some(NOW + 10)));
    assert!(key.caller("one", NOW + 10).is_none() && key.rotate("two".into(), 0, NOW + 10).is_err());
    assert_eq!(key.status(NOW + 10), "expired");
    key.revoke(NOW + 5);
    key.revoke(NOW + 6);
    assert_eq!((key.revoked_ms, key.status(NOW)), (Some(NOW + 5), "revoked"));
    assert!(key.caller("one", NOW).is_none() && key.change(Change::default()).is_err());
    assert!(Key { revoked_ms: None, ..key }.caller("one", NOW).is_none(), "its digests are gone");
}

// Row T2.
#[test]
fn a_tenants_keys_are_bounded_and_those_that_ended_give_way() {
    let mut keys: Vec<_> = (0..MAX_KEYS).map(|number| Key { id: format!("k-{number}"), ..key() }).collect();
    assert_eq!(replaced(keys.get(1..).unwrap(), NOW), Ok(Vec::new()), "there is room");
    let full = replaced(&keys, NOW).unwrap_err();
    assert_eq!((full.code, full.detail.contains("1000 keys at most")), (Code::Conflict, true), "{}", full.detail);
    keys[3].expires_ms = Some(NOW + 1);
    assert!(replaced(&keys, NOW).is_err(), "it has not ended yet");
    keys[7].revoke(NOW - 20);
    keys[5].expires_ms = Some(NOW - 30);
    keys[5].revoke(NOW - 10);
    assert_eq!(replaced(&keys, NOW), Ok(vec!["k-5"]), "ended when it expired, whenever it was revoked");
    // More than there may be, as they were kept before there was a bound.
    keys.push(Key { id: "one more".into(), ..key() });
    assert_eq!(replaced(&keys, NOW), Ok(vec!["k-5", "k-7"]));
    keys.push(Key { id: "and one".into(), ..key() });
    assert!(replaced(&keys, NOW).is_err(), "all that have ended would be too few");
    assert_eq!(replaced(&keys, NOW + 1), Ok(vec!["k-5", "k-7", "k-3"]));
}

// Row T2.
#[test]
fn no_key_gives_more_than_it_has() {
    let manager = caller(&[Right::Manage]);
    let limited = Caller { models: ["m".to_owned()].into(), expires_ms: Some(NOW + 3_600_000), ..manager.clone() };
    let admin = caller(&[Right::Admin]);
    let try_it =
        |body: &str, by: &Caller| NewKey::parse(body.as_bytes(), by, NOW).map(drop).map_err(|problem| problem.code);
    for (body, by, expected) in [
        (r#"{"name":"x"}"#, &manager, Ok(())),
        (r#"{"name":"x","rights":["audit"]}"#, &manager, Err(Code::Forbidden)),
        (r#"{"name":"x","rights":["admin"]}"#, &manager, Err(Code::Forbidden)),
        (r#"{"name":"x","tenant":"b"}"#, &manager, Err(Code::Forbidden)),
        (r#"{"name":"x","tenant":"b","rights":["admin","audit"]}"#, &admin, Ok(())),
        (r#"{"name":"x"}"#, &limited, Err(Code::Forbidden)),
        (r#"{"name":"x","models":["m"]}"#, &limited, Err(Code::Forbidden)),
        (r#"{"name":"x","models":["m"],"expiresAt":"2026-01-01T00:30:00Z"}"#, &limited, Ok(())),
        (r#"{"name":"x","models":["m"],"expiresAt":"2026-01-01T02:00:00Z"}"#, &limited, Err(Code::Forbidden)),
        (r#"{"name":"x","models":["n"],"expiresAt":"2026-01-01T00:30:00Z"}"#, &limited, Err(Code::Forbidden)),
        (r#"{"name":"x","expiresAt":"2025-01-01T00:30:00Z"}"#, &manager, Err(Code::InvalidRequest)),
        (r#"{"name":"x","expiresAt":"2026-02-30T00:30:00Z"}"#, &manager, Err(Code::InvalidRequest)),
        (r#"{"name":"x","expiresAt":"9999-12-31T23:59:59-01:00"}"#, &manager, Err(Code::InvalidRequest)),
        (r#"{"name":""}"#, &manager, Err(Code::InvalidRequest)),
        (r#"{"name":"x","rights":["root"]}"#, &manager, Err(Code::InvalidRequest)),
        (r#"{"name":"x","tenant":"a b"}"#, &admin, Err(Code::InvalidRequest)),
        (r#"{"name":"x","limits":{"costPerDay":-1}}"#, &manager, Err(Code::InvalidRequest)),
        (r#"{"name":"x","secret":"pgk_mine"}"#, &manager, Err(Code::InvalidRequest)),
        ("{}", &manager, Err(Code::InvalidRequest)),
        ("", &manager, Err(Code::InvalidJson)),
    ] {
        assert_eq!(try_it(body, by), expected, "{body}");
    }
    // Nor does it take over one that has more, by its next secret.
    let mut auditors = key();
    auditors.rights = [Right::Audit].into();
    assert_eq!(master(&manager, &auditors).map_err(|problem| problem.code), Err(Code::Forbidden));
    assert!(master(&admin, &auditors).is_ok() && master(&manager, &key()).is_ok());
    let other = Key { tenant: "b".into(), ..key() };
    assert_eq!(reach(&manager, &other).map_err(|problem| problem.code), Err(Code::NotFound));
    assert!(reach(&admin, &other).is_ok());
    // Itself it may always renew.
    assert!(
        master(&Caller { key_id: "k-1".into(), ..manager }, &Key { rights: [Right::Audit].into(), ..key() }).is_ok()
    );
}

#[test]
fn a_change_keeps_what_it_does_not_name() {
    let mut changed = key();
    let change = Change::parse(br#"{"limits":{"callsAtOnce":2}}"#, &caller(&[Right::Manage]), NOW).unwrap();
    let stored: Change = serde_json::from_str(&serde_json::to_string(&change).unwrap()).unwrap();
    Command::Update("k-1".into(), Box::new(stored)).apply(&mut changed, NOW).unwrap();
    assert_eq!((changed.name.as_str(), changed.models.len()), ("shop", 1));
    assert_eq!(changed.limits.document(), json!({"callsAtOnce": 2}));
    assert!(changed.used(NOW + 1) && !changed.used(NOW + 59_999) && changed.used(NOW + 60_000), "to the minute");
}

// Row T2.
#[test]
fn an_isolate_asks_once_a_minute_and_believes_no_longer() {
    let mut memory = Memory::default();
    assert_eq!(memory.look("one", NOW), Lookup::Ask);
    assert_eq!(memory.look("one", NOW + 1), Lookup::Wait, "one asks for all");
    memory.learn("one", Some(&key()), NOW);
    for later in [1, 30_000, 59_999] {
        assert!(matches!(memory.look("one", NOW + later), Lookup::Known(_)), "{later}");
    }
    assert_eq!(memory.look("one", NOW + 60_000), Lookup::Ask);
    let mut revoked = key();
    revoked.revoke(NOW + 1);
    memory.learn("one", Some(&revoked), NOW + 60_000);
    assert!(matches!(memory.look("one", NOW + 60_001), Lookup::Refused(_)));
    // A secret that ends sooner than a minute is believed until then.
    let mut old = key();
    old.rotate("two".into(), 5_000, NOW).unwrap();
    memory.learn("one", Some(&old), NOW + 1);
    assert!(matches!(memory.look("one", NOW + 4_999), Lookup::Known(_)));
    assert_eq!(memory.look("one", NOW + 5_000), Lookup::Ask);
    memory.lost("one");
    assert_eq!(memory.look("one", NOW + 5_001), Lookup::Ask, "an answer that was lost");
}

// Row T2.
#[test]
fn an_attacker_who_invents_keys_costs_little() {
    let mut memory = Memory::default();
    memory.learn("one", Some(&key()), NOW);
    let mut asked = 0;
    // 100,000 invented keys in ten seconds.
    for number in 0..100_000_u64 {
        let now = NOW + number / 10;
        let digest = format!("invented-{number}");
        match memory.look(&digest, now) {
            Lookup::Ask => {
                asked += 1;
                memory.learn(&digest, None, now);
                assert!(
                    matches!(memory.look(&digest, now + 1), Lookup::Refused(problem) if problem.code == Code::Unauthenticated)
                );
            }
            Lookup::Refused(problem) => assert_eq!(problem.code, Code::Overloaded),
            other => panic!("{other:?}"),
        }
    }
    assert!((100..=310).contains(&asked), "{asked}");
    assert!(matches!(memory.look("one", NOW + 10_000), Lookup::Known(_)));
    // A key that was known is asked for again, whatever the flood.
    assert_eq!(memory.look("one", NOW + 60_000), Lookup::Ask);
}
