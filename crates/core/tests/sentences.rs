//! The same mistake gets the same sentence on every route that takes a body (ARCHITECTURE.md).

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::rc::Rc;

use promptgate_core::client::{Caller, Right, Tenant};
use promptgate_core::front::promptgate;
use promptgate_core::governance::webhook;
use promptgate_core::guard::Guards;
use promptgate_core::key::{self, NewKey};
use promptgate_core::model::{Configuration, Question, Submission};
use promptgate_core::problem::Problem;
use promptgate_core::template::{ExecuteRequest, Library, RenderRequest, TemplateValidator, labelled, ownership};
use promptgate_core::upstream::genesys::Family;
use promptgate_core::{lint, openapi, usage};

const ID: &str = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";

/// By the name of a body's schema: what its route reports about this text; none where it takes it.
fn decode(name: &str, body: &str) -> Option<Problem> {
    let bytes = body.as_bytes();
    let caller =
        Caller { rights: [Right::Admin].into(), ..Caller::of_tenant(Tenant::named("acme").unwrap(), "k".into()) };
    let template = |family| TemplateValidator::default().check(family, body).map(drop);
    let decoded = match name {
        "ChatRequest" => promptgate::decode(bytes).map(drop),
        "GuardRequest" => Guards::default().explain(bytes).map(drop),
        "LintRequest" => lint::answer(&Rc::default(), bytes).map(drop),
        "PromptTemplate" => template(Family::Prompt),
        "CachedTemplate" => template(Family::Cached),
        "Library" => Library::parse(bytes, &TemplateValidator::default()).map(drop),
        "Adoption" => ownership::adopter(bytes, &caller).map(drop),
        "Labelling" => labelled(bytes).map(drop),
        "RenderRequest" => RenderRequest::parse(bytes).map(drop),
        "ExecuteRequest" => ExecuteRequest::parse(bytes).map(drop),
        "ModelDefinition" => Submission::parse(bytes).map(drop),
        "ModelConfiguration" => Configuration::parse(bytes, ID).map(drop),
        "Invocation" => Question::parse(bytes, ID, &Guards::default()).map(drop),
        "NamedInvocation" => Question::parse_protected(bytes, &Guards::default()).map(drop),
        "KeyOrder" => NewKey::parse(bytes, &caller, 0).map(drop),
        "KeyChange" => key::Change::parse(bytes, &caller, 0).map(drop),
        "KeyRotation" => key::rotation(bytes).map(drop),
        "UsageQuery" => usage::question(bytes).map(drop),
        "Redelivery" => webhook::redelivery(bytes).map(drop),
        name => panic!("{name}: a body that this test does not know"),
    };
    decoded.err()
}

#[test]
fn the_same_mistake_has_the_same_sentence_on_every_route() {
    let deep = format!("{{\"a\":{}}}", "[".repeat(200));
    for (body, path) in [
        ("", "$"),
        ("{", "$"),
        ("{\"a\":1,}", "$"),
        ("[]", "$"),
        ("null", "$"),
        ("\"text\"", "$"),
        ("1", "$"),
        ("{\"a\":1,\"a\":2}", "$.a"),
        ("{\"qqqq\":1}", "$.qqqq"),
        (&deep, "$"),
    ] {
        let mut said: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for (name, _) in openapi::BODIES {
            let problem = decode(name, body).unwrap_or_else(|| panic!("{name} takes {body}"));
            // Members that are missing are another mistake, and each body's own.
            let fault = problem.errors.iter().find(|fault| fault.path.starts_with(path));
            // The members that are allowed are each body's own, too.
            let sentence = fault.map(|fault| (fault.code, fault.message.split(" Allowed: ").next().map(str::to_owned)));
            said.entry((problem.code.as_str(), sentence)).or_default().push(name);
        }
        assert_eq!(said.len(), 1, "{}: {said:#?}", body.get(..40).unwrap_or(body));
        assert!(said.keys().all(|(_, sentence)| sentence.is_some()), "{body}: no fault at {path}");
    }
}
