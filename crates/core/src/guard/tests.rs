use super::*;

fn explain(body: serde_json::Value) -> serde_json::Value {
    serde_json::from_str(&Guards::default().explain(body.to_string().as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_text_is_explained_with_utf16_spans() {
    let answer = explain(json!({ "text": "é😀 my card is 4111 1111 1111 1111 thanks" }));
    assert_eq!(answer["action"], "block");
    assert_eq!(answer["findings"][0]["kind"], "card");
    assert_eq!(answer["findings"][0]["span"], json!([15, 34]));
    assert_eq!(answer["redacted"], "é😀 my card is [CARD] thanks");
    assert!(answer["findings"][0]["message"].as_str().unwrap().contains("card"));
}

#[test]
fn directions_and_roles_differ() {
    let card = "4111 1111 1111 1111";
    let action =
        |role, direction| explain(json!({ "text": card, "role": role, "direction": direction }))["action"].clone();
    assert_eq!(action("agent", "input"), "block");
    assert_eq!(action("agent", "output"), "redact");
    assert_eq!(explain(json!({ "text": "Where is my parcel?" }))["action"], "ignore");
}

#[test]
fn a_policy_is_tried() {
    let mail = |policy| explain(json!({ "text": "mail a@example.com", "policy": policy }));
    assert_eq!(mail(json!({}))["action"], "flag");
    let blocked = mail(json!({ "actions": { "user": { "email": "redact" } } }));
    assert_eq!((&blocked["action"], &blocked["redacted"]), (&json!("redact"), &json!("mail [EMAIL]")));
    assert_eq!(mail(json!({ "base": "none" }))["action"], "ignore");
    let own = json!({ "own": { "staff": { "pattern": "EMP-#{6}", "action": "redact" } } });
    let found = explain(json!({ "text": "ask EMP-123456", "policy": own }));
    assert_eq!((&found["findings"][0]["code"], &found["redacted"]), (&json!("staff"), &json!("ask [STAFF]")));
    let bad = json!({ "own": { "Staff": { "pattern": "EMP", "action": "flag" } } });
    for policy in
        [bad, json!(1), json!({ "actions": { "user": { "email": "burn" } } }), json!({ "thresholds": { "email": 7 } })]
    {
        let body = json!({ "text": "x", "policy": policy }).to_string();
        let problem = Guards::default().explain(body.as_bytes()).unwrap_err();
        assert!(problem.errors.iter().all(|fault| fault.path.starts_with("$.policy")), "{body}");
    }
}

// Row G.
#[test]
fn what_is_redacted_can_come_back_and_what_is_refused_cannot() {
    let policy = json!({ "actions": { "user": { "email": "redact" } } });
    let text = "Mail a@b.de, c@d.de or a@b.de; IBAN DE89 3704 0044 0532 0130 00, card 4111 1111 1111 1111, [EMAIL_2], call 415-555-0132";
    let body = json!({ "text": text, "policy": policy }).to_string();
    let (redacted, tags) = Guards::default().redact_reversibly(body.as_bytes()).unwrap();
    let expected = "Mail [EMAIL_1], [EMAIL_3] or [EMAIL_1]; IBAN [IBAN_1], card [CARD], [EMAIL_2], call 415-555-0132";
    assert_eq!(redacted, expected);
    assert_eq!(
        tags.restore("[EMAIL_3] [IBAN_1] [EMAIL_2] [CARD] [EMAIL_9]"),
        "c@d.de DE89 3704 0044 0532 0130 00 [EMAIL_2] [CARD] [EMAIL_9]"
    );
    assert!(Guards::default().redact_reversibly(b"{}").is_err());
}

#[test]
fn hostile_bodies() {
    for (body, paths) in [
        ("[]", vec!["$"]),
        ("{}", vec!["$.text"]),
        (r#"{"text":1}"#, vec!["$.text"]),
        (r#"{"text":"x","role":"bot","direction":3,"txt":1}"#, vec!["$.role", "$.direction", "$.txt"]),
    ] {
        let problem = Guards::default().explain(body.as_bytes()).unwrap_err();
        let found: Vec<_> = problem.errors.iter().map(|fault| fault.path.as_str()).collect();
        assert_eq!(found, paths, "{body}");
    }
}
