use super::*;

fn kind(file: Option<&str>, text: &str) -> Kind {
    Document::read(&Source { text, file, kind: None }).kind
}

#[test]
fn kinds_are_told_from_name_and_members() {
    for (file, text, expected) in [
        (None, "Hello {{name}}", Kind::Text),
        (None, "{{name}}, hello", Kind::Text),
        (None, "{name}, hello", Kind::Text),
        (None, "[INST] x", Kind::Text),
        (None, "", Kind::Text),
        (None, "\u{feff} {\"context\": [], \"modelId\": \"m\"}", Kind::ChatRequest),
        (Some("a/b.txt"), "{\"context\": [], \"modelId\": \"m\"}", Kind::Text),
        (Some("a.b/README"), "{\"context\": [], \"modelId\": \"m\"}", Kind::ChatRequest),
        (Some("x.JSON"), "hello", Kind::Json),
        (Some("x.json"), "{}", Kind::Json),
        (
            Some("x.json"),
            "{\"system_instruction\":\"x\",\"user_template\":\"\",\"content\":\"\"}",
            Kind::PromptTemplate,
        ),
        (Some("x.json"), "{\"content\":\"\",\"cacheSettings\":{}}", Kind::CachedTemplate),
        (Some("x.json"), "{\"responseSchema\":{},\"maxTokens\":1,\"credentials\":{}}", Kind::ModelDefinition),
        (Some("x.json"), "{\"model_id\":\"\",\"safety_filters\":[]}", Kind::ModelConfiguration),
        (Some("x.json"), "{\"context\":[],\"systemInstructions\":[\"a\"],\"x", Kind::ChatRequest),
        // One member may be anybody's.
        (Some("x.json"), "{\"model\":\"m\",\"messages\":[],\"temperature\":1,\"metadata\":{}}", Kind::Json),
        (Some("x.json"), "{\"system_instruction\":{},\"contents\":[],\"safety_settings\":[]}", Kind::Json),
        (Some("x.json"), "{\"content\":\"a\",\"metadata\":{},\"variables\":[]}", Kind::Json),
        (Some("x.json"), "{\"provider\":\"a\",\"configuration\":{}}", Kind::Json),
        (Some("x.json"), "{\"model_id\":\"a\",\"max_tokens\":1}", Kind::Json),
        (Some("x.json"), "{\"context\":[],\"$lint\":{\"kind\":\"cached_template\"}}", Kind::CachedTemplate),
    ] {
        assert_eq!(kind(file, text), expected, "{file:?} {text}");
    }
}

#[test]
fn prompts_in_the_documents_order() {
    let text = r#"{"modelId":"m","context":[{"content":"a","role":"system"},{"role":"agent","content":"b"},{"content":"c"},7],
            "systemInstructions":["d", 1]}"#;
    let document = Document::read(&Source { text, file: None, kind: None });
    let rows: Vec<_> = document
        .prompts
        .iter()
        .filter(|prompt| prompt.part != Part::Other)
        .map(|prompt| (prompt.part, prompt.path.to_string(), prompt.as_str().to_owned()))
        .collect();
    let row = |part, path: &str, text: &str| (part, path.to_owned(), text.to_owned());
    assert_eq!(
        rows,
        [
            row(Part::System, "$.context[0].content", "a"),
            row(Part::Agent, "$.context[1].content", "b"),
            row(Part::User, "$.context[2].content", "c"),
            row(Part::System, "$.systemInstructions[0]", "d"),
        ]
    );
}
