//! What the gateway renders beside what is executed here, on generated templates: byte for byte the same, or refused.

use std::collections::BTreeMap;

use promptgate_core::fault::Path;
use promptgate_core::json::{self, Json};
use promptgate_core::template::{Template, TemplateValidator};
use serde_json::{Value, json};

use crate::prompt_document::{parse, render};

/// Pieces of templates: what is rendered, what looks like it, what other engines take, and text.
const PIECES: [&str; 44] = [
    "{{a}}",
    "{{b}}",
    "{{_x1}}",
    "{{a}}{{b}}",
    "{{ a }}",
    "{{a }}",
    "{{\ta}}",
    "{{\na}}",
    "{{a\u{a0}}}",
    "{{{a}}}",
    "{{{ a }}}",
    "{{&a}}",
    "{{& a}}",
    "{{! x }}",
    "{{!-- {{a}} --}}",
    "{{#a}}x{{/a}}",
    "{{^a}}x{{/a}}",
    "{{#if a}}x{{/if}}",
    "{{>a}}",
    "{{a.b}}",
    "{{this}}",
    "{{.}}",
    "{{a b}}",
    "{{~a~}}",
    "{{=<% %>=}}",
    "\\{{a}}",
    "{{{{a}}}}",
    "{{a}}}",
    "{{a}",
    "{a}",
    "${a}",
    "{%a%}",
    "{{",
    "}}",
    "{",
    "}",
    "{{}}",
    "{{none}}",
    "{{a}} said",
    "Say it. ",
    "é😀",
    "\r\n",
    "\u{feff}",
    " ",
];
const NAMES: [&str; 3] = ["a", "b", "_x1"];
const VALUES: [&str; 9] = ["", "x", "{{b}}", "{{a}}", "{{", "}}", "{", "é😀\u{0}", "a }}{{ b"];

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }
    fn text(&mut self) -> String {
        // most of them of what is rendered, so that many are taken
        let wild = self.below(3) == 0;
        let least = 1 + self.below(5);
        (0..least)
            .map(|_| match wild {
                true => PIECES[self.below(PIECES.len())],
                false => ["{{a}}", "{{b}}", " and ", "{{_x1}}", "Say ", "{", "é", "}", "{{a}}{{a}}"][self.below(9)],
            })
            .collect()
    }
}

/// What the gateway makes of a template and its values: both texts; none where it refuses them.
fn gateway(document: &Value, values: &BTreeMap<String, String>) -> Option<(String, String)> {
    let mut document = document.clone();
    document["version"] = json!(1);
    let template = Template::from_upstream(&document.to_string()).unwrap();
    let values: Json = json::parse(json!(values).to_string().as_bytes()).unwrap();
    let rendered = template.render(&Path::root().name("variables"), &values).ok()?;
    Some((rendered.system_instruction.expose().to_owned(), rendered.user_prompt.expose().to_owned()))
}

// Row E4.
#[test]
fn what_is_rendered_by_the_gateway_is_what_is_executed() {
    let (validator, mut numbers) = (TemplateValidator::default(), Numbers(1));
    let (mut taken, mut rendered) = (0, 0);
    for _ in 0..20_000 {
        let (system, user) = (numbers.text(), numbers.text());
        let declared: Vec<&str> = match numbers.below(4) {
            0 => NAMES.to_vec(),
            _ => NAMES.into_iter().filter(|name| [&system, &user].iter().any(|text| text.contains(name))).collect(),
        };
        let values: BTreeMap<String, String> =
            declared.iter().map(|name| ((*name).to_owned(), VALUES[numbers.below(VALUES.len())].to_owned())).collect();
        let document =
            json!({"name": "abc", "system_instruction": system, "user_template": user, "variables": declared});
        let executed = (render(&system, &values), render(&user, &values));
        // Whoever has put it there: what cannot be rendered is said, and nothing else is shown than what is executed.
        let found = gateway(&document, &values);
        if let Some(found) = &found {
            assert_eq!(*found, executed, "{document} {values:?}");
            rendered += 1;
        }
        // What the gateway takes can be rendered, and upstream takes it too.
        if let Ok(sent) = validator.prompt(&document.to_string()) {
            assert!(found.is_some(), "{document} is taken and cannot be rendered");
            assert!(parse(sent.to_text().as_bytes()).is_ok(), "{document}");
            taken += 1;
        }
    }
    assert!(taken > 500 && rendered > 5_000, "{taken} {rendered}");
}
