use super::*;
use crate::governance::chain::Head;

fn target(query: &str) -> Target {
    Target::find("GET", &format!("/v1/audit{query}")).unwrap()
}

#[test]
fn what_is_a_search_and_what_is_the_chain() {
    for (query, accept, search) in [
        ("", None, false),
        ("", Some("*/*"), false),
        ("?after=7", Some("application/jsonl"), false),
        ("?after=7", Some("text/csv"), true),
        ("", Some("application/json"), true),
        ("?limit=5", None, true),
        ("?after=7&status=refused", None, true),
        ("?tenent=a", None, true),
    ] {
        assert_eq!(Search::is_asked(&target(query), accept), search, "{query} {accept:?}");
    }
    assert!(is_followed(Some("text/event-stream")) && !is_followed(Some("text/csv")) && !is_followed(None));
}

#[test]
fn every_fault_is_named() {
    for (query, paths) in [
        ("?tenent=a", &["$.query.tenent"][..]),
        ("?tenant=&status=blocked&order=up", &["$.query.tenant", "$.query.status", "$.query.order"]),
        ("?from=yesterday&to=2026-02-30", &["$.query.from", "$.query.to"]),
        ("?from=2026-11-26&to=2026-11-26", &["$.query.to"]),
        ("?limit=0", &["$.query.limit"]),
        ("?limit=10001", &["$.query.limit"]),
        ("?before=x", &["$.query.before"]),
        ("?rule=P001&rule=P002", &["$.query.rule"]),
    ] {
        let problem = Search::of(&target(query), None, None).unwrap_err();
        let found: Vec<_> = problem.errors.iter().map(|fault| fault.path.as_str()).collect();
        assert_eq!(found, paths, "{query}");
    }
    for status in STATUSES {
        assert!(Search::of(&target(&format!("?status={status}")), None, None).is_ok(), "{status}");
    }
    let long = format!("?code={}", "x".repeat(MAX_VALUE + 1));
    assert!(Search::of(&target(&long), None, None).is_err());
}

// Row H.
#[test]
fn times_are_those_of_rows_and_a_tenant_sees_its_own() {
    let query = "?from=2026-11-26&to=2026-11-26T10:00:00.5%2B01:00&order=newest&key=ab&tenant=other";
    let search = Search::of(&target(query), None, Some("acme")).unwrap();
    let question = search.question;
    assert_eq!(question.from.as_deref(), Some("2026-11-26T00:00:00.000Z"));
    assert_eq!(question.to.as_deref(), Some("2026-11-26T09:00:00.500Z"));
    let filters = [(Field::Tenant, "other"), (Field::Key, "ab"), (Field::Tenant, "acme")];
    assert_eq!(question.filters, filters.map(|(field, value)| (field, value.to_owned())), "both must hold");
    assert!(question.newest);
}

/// Rows in objects of five, each third of them wanted: what an object would answer, three rows looked at a time.
fn answer(lines: &[String], question: &Question) -> Found {
    let numbered: Vec<(u64, &String)> = lines.iter().map(|line| (head(line).unwrap().sequence, line)).collect();
    let inside = |number: &u64| *number > question.after && *number < question.before;
    let mut within: Vec<_> = numbered.into_iter().filter(|(number, _)| inside(number)).collect();
    if question.newest {
        within.reverse();
    }
    let end = within.len() <= 3;
    within.truncate(3);
    let reached = within.last().map_or(0, |(number, _)| *number);
    let wanted: Vec<_> = within.into_iter().filter(|(number, _)| number % 3 == 0).collect();
    let full = wanted.len() as u64 >= question.limit;
    let wanted: Vec<_> = wanted.into_iter().take(question.limit as usize).collect();
    let reached = if full { wanted.last().unwrap().0 } else { reached };
    Found { lines: wanted.into_iter().map(|(_, line)| line.clone()).collect(), reached, end: end && !full }
}

#[test]
fn pages_follow_one_another_in_both_orders() {
    let mut head_now = Head::default();
    let mut objects: Vec<Vec<String>> = vec![Vec::new()];
    for number in 0..38 {
        let (next, line) = head_now.append(&format!(r#"{{"n":{number}}}"#));
        head_now = next;
        if objects.last().unwrap().len() == 5 {
            objects.push(Vec::new());
        }
        objects.last_mut().unwrap().push(line);
    }
    let extent = |lines: &Vec<String>| Extent {
        first: head(lines.first().unwrap()).unwrap().sequence,
        last: head(lines.last().unwrap()).unwrap().sequence,
        full: true,
    };
    let extents: Vec<Extent> = objects.iter().map(extent).collect();
    let wanted: Vec<u64> = (1..=38).filter(|number| number % 3 == 0).collect();
    for order in ["oldest", "newest"] {
        for limit in [1, 2, 5, 100] {
            let mut at = target(&format!("?limit={limit}&order={order}"));
            let mut seen = Vec::new();
            loop {
                let mut search = Search::of(&at, Some("application/json"), None).unwrap();
                'objects: for number in search.objects(&extents) {
                    loop {
                        let Some(question) = search.question() else { break 'objects };
                        if !search.found(answer(&objects[number as usize - 1], &question)) {
                            break;
                        }
                    }
                }
                let reply = search.answer(&at, "r");
                let body: Value = serde_json::from_slice(&reply.body.0).unwrap();
                seen.extend(body["rows"].as_array().unwrap().iter().map(|row| row["sequence"].as_u64().unwrap()));
                let Some(next) = body["next"].as_str() else { break };
                assert!(reply.head.headers.iter().any(|(name, value)| *name == "link" && value.contains(next)));
                at = Target::find("GET", next).unwrap();
            }
            if order == "newest" {
                seen.reverse();
            }
            assert_eq!(seen, wanted, "{order} by {limit}");
        }
    }
}

#[test]
fn a_search_that_looks_at_too_much_says_where_it_is() {
    let mut search = Search::of(&target("?code=x"), None, None).unwrap();
    let mut asked = 0;
    while let Some(question) = search.question() {
        asked += 1;
        search.found(Found { lines: Vec::new(), reached: question.after + 10, end: false });
    }
    assert_eq!(asked, MAX_ASKED);
    let reply = search.answer(&target("?code=x"), "r");
    let link = reply.head.headers.iter().find(|(name, _)| *name == "link").unwrap();
    assert_eq!(link.1, "</v1/audit?code=x&after=5000>; rel=\"next\"");
}

#[test]
fn events_have_the_number_of_their_row() {
    for (query, seen, after) in [("", None, 9), ("?after=2", None, 2), ("?after=2", Some("4"), 4), ("", Some("x"), 9)] {
        let followed = Search::of(&target(query), None, None).unwrap().follow(&target(query), seen, 9).question();
        assert_eq!(followed.unwrap().after, after, "{query} {seen:?}");
    }
    let mut search = Search::of(&target(""), None, None).unwrap().follow(&target(""), Some("4"), 9);
    let (_, line) = Head { sequence: 4, hash: "0".repeat(64) }.append(r#"{"a":"b\nc"}"#);
    search.found(Found { lines: vec![line.clone()], reached: 5, end: true });
    assert_eq!(search.events(), format!("id: 5\ndata: {line}\n\n"));
    assert_eq!(search.events(), "");
    assert_eq!(search.question().unwrap().after, 5);
}
