//! Rendering: every `{{name}}` is replaced by its value, once; a value is never looked into (requirements, E4).

use serde::Serialize;

use super::document::{Template, Variable};
use std::collections::{BTreeMap, BTreeSet};

use crate::fault::{Fault, Faults, Path, nearest};
use crate::json::Json;
use crate::problem::{Code, Problem};
use crate::sensitive::Sensitive;

/// Most bytes of a rendered prompt, both texts together: what a request to a model may have at most (ours; a
/// client's whole body is no larger).
pub const MAX_RENDERED: usize = 1 << 20;

/// A template with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The instruction for the model.
    pub system_instruction: Sensitive,
    /// The message.
    pub user_prompt: Sensitive,
    /// The values, in the order of the template's variables.
    pub values: Vec<(String, Sensitive)>,
}

impl Template {
    /// Puts `values` in: the member `variables` of a request, at `path`.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] with every value that is missing, not known, no string or too long;
    /// [`Code::TemplateRefused`] where the template itself cannot be rendered; [`Code::ContextTooLong`] where the
    /// result is larger than [`MAX_RENDERED`].
    pub fn render(&self, path: &Path, values: &Json) -> Result<Rendered, Problem> {
        let values = self.bind(path, values)?;
        let by_name = values.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
        let mut room = MAX_RENDERED;
        let system_instruction = fill(&self.system_instruction, "system_instruction", &by_name, &mut room)?;
        let user_prompt = fill(&self.user_template, "user_template", &by_name, &mut room)?;
        Ok(Rendered { system_instruction, user_prompt, values })
    }

    fn bind(&self, path: &Path, values: &Json) -> Result<Vec<(String, Sensitive)>, Problem> {
        let Json::Object(members) = values else {
            let message = format!("`variables` must be an object of strings and is {}.", values.kind());
            return Err(Problem::with_errors(Code::InvalidRequest, vec![Fault::new(path, "wrong_type", message)]));
        };
        let mut faults = Faults::default();
        let names: Vec<&str> = self.variables.iter().map(|variable| variable.name.as_str()).collect();
        let known: BTreeSet<&str> = names.iter().copied().collect();
        for (name, _) in members.iter().filter(|(name, _)| !known.contains(name.as_str())) {
            faults.add(|| {
                let hint = nearest(name, &names).map(|meant| format!(": did you mean `{meant}`?")).unwrap_or_default();
                Fault::new(&path.name(name), "unknown_variable", format!("The template has no such variable{hint}."))
            });
        }
        let given: BTreeMap<&str, &Json> = members.iter().map(|(name, value)| (name.as_str(), value)).collect();
        let mut bound = Vec::new();
        for variable in &self.variables {
            let at = path.name(&variable.name);
            match given.get(variable.name.as_str()).copied() {
                None => {
                    faults.add(|| Fault::new(&at, "missing_variable", "The template needs this variable: give it."));
                }
                Some(Json::String(text)) => {
                    faults.extend(too_long(variable, &at, text));
                    bound.push((variable.name.clone(), Sensitive::new(text)));
                }
                Some(other) => {
                    let message = format!("A value must be a string and is {}.", other.kind());
                    faults.add(|| Fault::new(&at, "wrong_type", message));
                }
            }
        }
        if faults.is_empty() { Ok(bound) } else { Err(Problem::with_errors(Code::InvalidRequest, faults)) }
    }
}

fn too_long(variable: &Variable, at: &Path, text: &str) -> Option<Fault> {
    let most = variable.max_length?;
    let units = text.encode_utf16().count() as u64;
    (units > most).then(|| {
        let message = format!("The value has {units} UTF-16 code units, {most} at most: shorten it.");
        Fault::new(at, "too_long", message)
    })
}

/// Replaces each `{{name}}` of `text`, which is the template's member `member`, as upstream does (contract, section 11); takes
/// from `room` what the result needs. Whatever else begins with `{{` means another thing to each engine, so it is refused.
fn fill(text: &str, member: &str, values: &BTreeMap<&str, &str>, room: &mut usize) -> Result<Sensitive, Problem> {
    let mut rendered = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let filled = after.split_once("}}").and_then(|(name, behind)| Some((*values.get(name)?, behind)));
        let Some((value, behind)) = filled else {
            let message = "Only `{{name}}` of a declared variable can be rendered here, without spaces, paths, sections and \
                           comments. The linter reports where there is more.";
            let fault = Fault::new(&Path::root().name(member), "not_renderable", message);
            return Err(Problem::with_errors(Code::TemplateRefused, vec![fault]));
        };
        take(room, before.len() + value.len())?;
        rendered.push_str(before);
        rendered.push_str(value);
        rest = behind;
    }
    take(room, rest.len())?;
    rendered.push_str(rest);
    Ok(Sensitive::new(rendered))
}

fn take(room: &mut usize, bytes: usize) -> Result<(), Problem> {
    *room = room.checked_sub(bytes).ok_or_else(|| {
        let detail = format!("The rendered prompt is larger than {MAX_RENDERED} bytes: shorten the values.");
        Problem::new(Code::ContextTooLong, detail)
    })?;
    Ok(())
}

/// What `POST /v1/templates/{id}/render` answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Answer<'a> {
    pub(super) template_id: &'a str,
    pub(super) version: u64,
    pub(super) system_instruction: &'a str,
    pub(super) user_prompt: &'a str,
    pub(super) tokens: u64,
    pub(super) max_tokens: u64,
    pub(super) counted_by: &'static str,
    pub(super) guard: &'a crate::guard::Findings,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json;

    fn template(text: &str, variables: &[&str]) -> Template {
        let document = serde_json::json!({
            "version": 1, "name": "test", "system_instruction": "Be brief.", "user_template": text, "variables": variables,
        });
        Template::read(&document.to_string()).unwrap()
    }

    fn render(template: &Template, values: serde_json::Value) -> Result<String, Problem> {
        let values = json::parse(values.to_string().as_bytes()).unwrap();
        template.render(&Path::root().name("variables"), &values).map(|done| done.user_prompt.expose().to_owned())
    }

    // Row E4.
    #[test]
    fn values_are_never_expanded_again() {
        let template = template("<{{a}}|{{b}}|{a}}|{{a}}}>", &["a", "b"]);
        for a in ["{{b}}", "{{a}}", "${b}", "{b}", "{{{{b}}}}", "}}{{", "{{! ", "\\{{b}}", "$&", "é😀\u{0}"] {
            let rendered = render(&template, serde_json::json!({ "a": a, "b": "B" })).unwrap();
            assert_eq!(rendered, format!("<{a}|B|{{a}}}}|{a}}}>"));
        }
    }

    // Row E4. Upstream leaves these as they are, or renders them otherwise.
    #[test]
    fn what_upstream_renders_otherwise_is_refused() {
        for text in [
            "{{ a }}",
            "{{{a}}}",
            "{{&a}}",
            "{{! note }}",
            "{{#if a}}x{{/if}}",
            "{{>a}}",
            "{{a.b}}",
            "{{b}}",
            "{{",
            "\\{{ a}}",
        ] {
            let problem = render(&template(text, &["a"]), serde_json::json!({ "a": "x" })).unwrap_err();
            assert_eq!((problem.code, problem.errors[0].code), (Code::TemplateRefused, "not_renderable"), "{text}");
        }
    }

    #[test]
    fn hostile_values() {
        let template = template("{{first_name}} {{order}}", &["first_name", "order"]);
        for (values, expected) in [
            (
                serde_json::json!({}),
                vec![("$.variables.first_name", "missing_variable"), ("$.variables.order", "missing_variable")],
            ),
            (
                serde_json::json!({ "firstname": "x", "order": 1 }),
                vec![
                    ("$.variables.firstname", "unknown_variable"),
                    ("$.variables.first_name", "missing_variable"),
                    ("$.variables.order", "wrong_type"),
                ],
            ),
            (serde_json::json!([]), vec![("$.variables", "wrong_type")]),
            (serde_json::json!(null), vec![("$.variables", "wrong_type")]),
        ] {
            let problem = render(&template, values).unwrap_err();
            let found: Vec<_> = problem.errors.iter().map(|fault| (fault.path.as_str(), fault.code)).collect();
            assert_eq!(found, expected);
        }
        let problem = render(&template, serde_json::json!({ "firstname": "canary" })).unwrap_err();
        assert!(problem.errors[0].message.contains("first_name") && !format!("{problem:?}").contains("canary"));
    }

    #[test]
    fn the_result_is_bounded() {
        let template = template(&"{{a}}".repeat(1000), &["a"]);
        assert!(render(&template, serde_json::json!({ "a": "x".repeat(1000) })).is_ok());
        let problem = render(&template, serde_json::json!({ "a": "x".repeat(2000) })).unwrap_err();
        assert_eq!(problem.code, Code::ContextTooLong);
    }

    #[test]
    fn a_variables_length_holds() {
        let document = serde_json::json!({
            "version": 1, "name": "test", "system_instruction": "s", "user_template": "{{a}}",
            "variables": [{ "name": "a", "max_length": 3 }],
        });
        let template = Template::read(&document.to_string()).unwrap();
        assert!(render(&template, serde_json::json!({ "a": "😀b" })).is_ok());
        let problem = render(&template, serde_json::json!({ "a": "😀😀" })).unwrap_err();
        assert_eq!(problem.errors[0].code, "too_long");
    }

    // Row E4.
    #[test]
    fn what_cannot_be_rendered_is_said() {
        for text in ["{{#if a}}x{{/if}}", "{{> a}}", "{{a", "{{a.b}}", "{{b}}", "{{helper a}}"] {
            let problem = render(&template(text, &["a"]), serde_json::json!({ "a": "x" })).unwrap_err();
            assert_eq!(
                (problem.code, problem.errors[0].path.as_str()),
                (Code::TemplateRefused, "$.user_template"),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_not_a_placeholder_stays(before in "[^{}\\\\$]{0,20}", value in "\\PC{0,40}", after in "[^{}\\\\$]{0,20}") {
            let template = template(&format!("{before}{{{{a}}}}{after}"), &["a"]);
            let rendered = render(&template, serde_json::json!({ "a": value })).unwrap();
            prop_assert_eq!(rendered, format!("{before}{value}{after}"));
        }
    }
}
