use super::*;
use crate::problem::Code;

const ID: &str = "0198c0de-1234-4abc-8def-0123456789ab";

#[test]
fn what_is_not_there_of_openais_api_names_what_is() {
    for path in ["/openai/v1/responses", "/openai/v1/audio/speech", "/openai/v1/chat/completion", "/openai/"] {
        let problem = Target::find("POST", path).unwrap_err();
        assert_eq!(problem.code, Code::NotFound);
        for known in ["/openai/v1/chat/completions", "/openai/v1/embeddings", "/openai/v1/models"] {
            assert!(problem.detail.contains(known), "{path}: {}", problem.detail);
        }
    }
    for path in
        ["/v1/chat/completions", "/chat/completions", "/v1/v1/chat/completions", "/v1/responses", "/v1/embeddings"]
    {
        let detail = Target::find("POST", path).unwrap_err().detail;
        assert!(detail.ends_with("have the base address /openai/v1."), "{path}: {detail}");
    }
    assert!(!Target::find("POST", "/v1/chats").unwrap_err().detail.contains("openai"));
}

#[test]
fn routes() {
    for (method, path, expected) in [
        ("POST", "/v1/chat".to_owned(), Ok(Route::Chat)),
        ("GET", "/healthz".into(), Ok(Route::Health)),
        ("POST", "/openai/v1/chat/completions".into(), Ok(Route::Completions)),
        ("GET", "/openai/v1/models".into(), Ok(Route::ListPublicModels)),
        ("GET", "/openai/v1/models/meta/llama-3%3A8b".into(), Ok(Route::ReadPublicModel)),
        ("HEAD", "/v1/openapi.json".into(), Ok(Route::OpenApi)),
        ("GET", "/v1/templates?pageNumber=2".into(), Ok(Route::ListTemplates)),
        ("POST", "/v1/templates/sync?dry_run=true".into(), Ok(Route::SyncTemplates)),
        ("PUT", format!("/v1/templates/{ID}"), Ok(Route::UpdateTemplate)),
        ("PUT", format!("/v1/templates/{}", ID.to_uppercase()), Ok(Route::UpdateTemplate)),
        ("GET", format!("/v1/templates/{ID}/versions/3"), Ok(Route::ReadVersion)),
        ("DELETE", format!("/v1/cache/templates/{ID}"), Ok(Route::Invalidate)),
        ("GET", format!("/v1/templates/{ID}/labels"), Ok(Route::ListLabels)),
        ("PUT", format!("/v1/templates/{ID}/labels/production"), Ok(Route::SetLabel)),
        ("POST", format!("/v1/templates/{ID}/labels/production/rollback"), Ok(Route::RollBackLabel)),
        ("PUT", format!("/v1/templates/{ID}/labels/"), Err((404, None))),
        ("GET", format!("/v1/templates/{ID}/labels/production"), Err((405, Some("PUT, DELETE")))),
        ("PUT", format!("/v1/models/{ID}/configuration"), Ok(Route::ConfigureModel)),
        ("GET", "/v1/models?pageSize=3".into(), Ok(Route::ListModels)),
        ("DELETE", format!("/v1/models/{ID}"), Ok(Route::DeleteModel)),
        ("POST", "/api/invoke-protected".into(), Ok(Route::InvokeNamed)),
        ("GET", "/v1/webhooks/ai-governance/dead-letters?after=3".into(), Ok(Route::ListDeadLetters)),
        ("POST", "/v1/webhooks/a.b/redeliver".into(), Ok(Route::Redeliver)),
        ("POST", "/v1/webhooks//redeliver".into(), Err((404, None))),
        ("DELETE", format!("/v1/models/{ID}/configuration"), Err((405, Some("PUT, GET, HEAD")))),
        ("GET", "/v1/chat".into(), Err((405, Some("POST")))),
        ("post", "/v1/chat".into(), Err((405, Some("POST")))),
        ("DELETE", "/healthz".into(), Err((405, Some("GET, HEAD")))),
        ("PATCH", format!("/v1/cache/templates/{ID}"), Err((405, Some("GET, HEAD, PUT, DELETE")))),
        ("GET", "/v1/templates/sync".into(), Err((405, Some("POST")))),
        ("GET", "/v1/templates/1".into(), Err((404, None))),
        ("GET", format!("/v1/templates/{ID}/versions/0"), Err((404, None))),
        ("GET", format!("/v1/templates/{ID}/versions/99999999999999999999"), Err((404, None))),
        ("GET", format!("/v1/templates/{ID}/"), Err((404, None))),
        ("GET", format!("/v1/templates/{}", ID.replace('-', "")), Err((404, None))),
        ("GET", format!("/v1/templates/{{{ID}}}"), Err((404, None))),
        ("POST", "/v1/chat/".into(), Err((404, None))),
        ("POST", "/v1/../v1/chat".into(), Err((404, None))),
        ("POST", String::new(), Err((404, None))),
        ("POST", "/\u{0}😀".into(), Err((404, None))),
        ("POST", "/".repeat(100_000), Err((404, None))),
    ] {
        let found = Target::find(method, &path).map(|target| target.route);
        let found = found.map_err(|problem| (problem.code.status(), problem.allow));
        let expected = expected.map_err(|(status, allow): (u16, Option<&str>)| (status, allow.map(str::to_owned)));
        assert_eq!(found, expected, "{method} {}", path.get(..80).unwrap_or(&path));
    }
    let target = Target::find("GET", &format!("/v1/templates/{}/versions/3", ID.to_uppercase())).unwrap();
    assert_eq!((target.id.as_str(), target.version), (ID, 3));
    for (path, hint) in [
        ("/v1/chats", "did you mean /v1/chat?"),
        ("/v1/chat/", "did you mean /v1/chat?"),
        ("/v1/templates/x", "did you mean /v1/templates? An id is a UUID."),
    ] {
        let detail = Target::find("POST", path).unwrap_err().detail;
        assert!(detail.ends_with(hint), "{path}: {detail}");
    }
}

/// In each of these the platform's URL has another path than the request.
#[test]
fn a_host_header_cannot_choose_the_path() {
    for (url, host, expected) in [
        ("http://localhost:8787/v1/chat?x=1#y", Some("localhost:8787"), Some("/v1/chat?x=1")),
        ("https://gateway.example/", Some("gateway.example"), Some("/")),
        ("https://gateway.example", Some("gateway.example"), Some("/")),
        ("https://gateway.example?x", None, Some("?x")),
        ("http://[::1]:80/healthz", Some("[::1]:80"), Some("/healthz")),
        ("http://h/v1/metrics?/healthz", Some("h/v1/metrics?"), None),
        ("http://h?/v1/chat", Some("h?"), None),
        ("http://h#/v1/chat", Some("h#"), None),
        ("http://h\\v1/chat", Some("h\\v1"), None),
        ("http://a@h/v1/chat", Some("a@h"), None),
        ("http://h /v1/chat", Some("h "), None),
        ("", Some(""), Some("/")),
    ] {
        let found = target(url, host);
        assert_eq!(found.as_ref().ok().copied(), expected, "{url} {host:?}");
    }
}

#[test]
fn every_route_stands_once() {
    for (at, row) in ROUTES.iter().enumerate() {
        assert_eq!(row.route.row(), *row);
        assert!(ROUTES.iter().skip(at + 1).all(|other| other.route != row.route), "{row:?}");
    }
}

#[test]
fn queries() {
    let ask = |query: &str| Target::find("GET", &format!("/v1/templates?{query}")).unwrap();
    let names = ["pageNumber", "pageSize", "dry_run", "name"];
    let query = ask("pageNumber=3&name=a%20b+c%2f%F0%9F%98%80&dry_run").query(&names).unwrap();
    assert_eq!(query.integer("pageNumber", 10).unwrap(), Some(3));
    assert_eq!(query.integer("pageSize", 10).unwrap(), None);
    assert_eq!(query.get("name"), Some("a b c/😀"));
    assert!(query.flag("dry_run").unwrap());
    for (text, path) in
        [("pagenumber=1", "$.query.pagenumber"), ("name=1&name=2", "$.query.name"), ("%ff=1", "$.query['\u{fffd}']")]
    {
        assert_eq!(ask(text).query(&names).unwrap_err().errors[0].path, path, "{text}");
    }
    for text in ["pageNumber=0", "pageNumber=11", "pageNumber=-1", "pageNumber=x", "pageNumber=", "pageNumber=1e1"] {
        assert_eq!(ask(text).query(&names).unwrap().integer("pageNumber", 10).unwrap_err().code, Code::InvalidRequest);
    }
    assert!(ask("dry_run=yes").query(&names).unwrap().flag("dry_run").is_err());
}
