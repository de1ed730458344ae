//! Bringing upstream's prompt templates up to date with a library (requirements, E7): the plan first, so that it can
//! be read; then one step after the other.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::merge::{Change, diff};
use super::precondition::Precondition;
use super::store::Verb;
use super::validator::TemplateValidator;
use crate::fault::{Fault, Faults, Path};
use crate::guard::STEP;
use crate::json::{self, Json};
use crate::problem::{Code, Problem};
use crate::schema::{Field, Shape, decode};
use crate::upstream::genesys::Page;

/// Most templates of a library (ours): their plan is made and applied within one request.
const MAX_TEMPLATES: usize = 100;

/// The body of `POST /v1/templates/sync`; each document's shape is compared by the linter.
pub static LIBRARY: Shape =
    Shape::Object(&[Field::required("templates", Shape::list(&Shape::Open(&[]), 0, MAX_TEMPLATES))]);

/// A library: documents as they are in a repository.
#[derive(Debug, Clone, PartialEq)]
pub struct Library(Vec<Entry>);

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    name: String,
    /// The version that the repository believes in.
    target_version: Option<u64>,
    /// As upstream takes it.
    document: Json,
}

/// What is to be done to one template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlannedAction {
    /// Upstream has none of this name.
    Create,
    /// Upstream's differs.
    Update,
    /// Upstream's is the same, or of the version that is wanted.
    Leave,
}

/// What is to be done to one template, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// What is to be done.
    pub action: PlannedAction,
    /// Upstream's id of it, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Upstream's version of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// What an update changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// How it went; nothing while it is only planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Outcome>,
    /// What is sent.
    #[serde(skip)]
    pub document: Json,
}

/// How a step of a plan went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// Whether upstream has it now.
    pub success: bool,
    /// Upstream's version of it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Someone else's change was merged with it.
    #[serde(skip_serializing_if = "is_false")]
    pub merged: bool,
    /// Why not: the code of a problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// A library whose documents are being checked, one in a step.
#[derive(Debug)]
pub struct LibraryValidator {
    templates: std::iter::Enumerate<std::vec::IntoIter<Json>>,
    entries: Vec<Entry>,
    faults: Faults,
    code: Code,
}

impl LibraryValidator {
    /// Reads `{templates: […]}`.
    ///
    /// # Errors
    /// [`Code::InvalidJson`] and [`Code::InvalidRequest`], with every fault of the list.
    pub fn read(body: &[u8]) -> Result<LibraryValidator, Problem> {
        let templates = decode(body, &LIBRARY)?.list("templates").unwrap_or_default();
        let templates = templates.into_iter().enumerate();
        Ok(LibraryValidator { templates, entries: Vec::new(), faults: Faults::default(), code: Code::TemplateRefused })
    }

    /// Checks the next documents, of some [`STEP`] bytes together; returns whether there may be more.
    pub fn step(&mut self, validator: &TemplateValidator) -> bool {
        let mut checked = 0;
        while checked < STEP {
            let Some((index, template)) = self.templates.next() else { return false };
            let text = template.to_text();
            checked += text.len();
            self.check(index, &template, &text, validator);
        }
        true
    }

    fn check(&mut self, index: usize, template: &Json, text: &str, validator: &TemplateValidator) {
        let at = Path::root().name("templates").index(index);
        match validator.prompt(text) {
            Ok(document) => {
                let name = name(&document).unwrap_or_default();
                if self.entries.iter().any(|entry| entry.name == name) {
                    let message = "Another template of this library has the same name.";
                    self.faults.add(|| Fault::new(&at.name("name"), "name_taken", message));
                }
                let target_version = number(template, "target_version");
                self.entries.push(Entry { name, target_version, document });
            }
            Err(problem) => {
                if problem.code != Code::TemplateRefused {
                    self.code = Code::InvalidRequest;
                }
                // Line and column are those of the document by itself, which nobody has sent.
                let errors = problem.errors.into_iter().map(|fault| Fault { place: None, ..fault });
                self.faults.below(&at, errors.collect());
            }
        }
    }

    /// The library, once all of it was checked.
    ///
    /// # Errors
    /// Those of [`Library::parse`].
    pub fn end(self) -> Result<Library, Problem> {
        match self.faults.is_empty() {
            true => Ok(Library(self.entries)),
            false => Err(Problem::with_errors(self.code, self.faults)),
        }
    }
}

impl Library {
    /// Reads `{templates: […]}`; every document is checked before anything is done.
    ///
    /// # Errors
    /// Those of [`TemplateValidator::prompt`], for all documents at once, with the paths of the whole body.
    pub fn parse(body: &[u8], validator: &TemplateValidator) -> Result<Library, Problem> {
        let mut library = LibraryValidator::read(body)?;
        while library.step(validator) {}
        library.end()
    }

    /// Compares with everything that upstream has: creates what is missing, updates what differs, leaves the rest,
    /// in the library's order. A `target_version` that upstream has already leaves it, whatever it says.
    pub fn plan(self, upstream: &[Page]) -> Vec<Plan> {
        let there: Vec<Json> = upstream
            .iter()
            .flat_map(|page| &page.entities)
            .filter_map(|entity| json::parse(entity.to_string().as_bytes()).ok())
            .collect();
        let plan = |entry: Entry| {
            let Entry { name: wanted, target_version, document } = entry;
            let plan = Plan {
                name: wanted,
                action: PlannedAction::Create,
                id: None,
                version: None,
                changes: Vec::new(),
                result: None,
                document,
            };
            let Some(theirs) = there.iter().find(|theirs| name(theirs).as_deref() == Some(&plan.name)) else {
                return plan;
            };
            let version = number(theirs, "version");
            let changes = match target_version.is_some() && target_version == version {
                true => Vec::new(),
                false => diff(&super::store::own(theirs), &plan.document),
            };
            let action = if changes.is_empty() { PlannedAction::Leave } else { PlannedAction::Update };
            let id = theirs.member("id").and_then(Json::text).map(str::to_owned);
            Plan { action, id, version, changes, ..plan }
        };
        self.0.into_iter().map(plan).collect()
    }
}

impl Plan {
    /// The write of an update: where, and what the template's object is asked for.
    pub fn write(&self) -> Option<(String, Verb)> {
        let (id, version) = (self.id.clone()?, self.version?);
        let precondition = Precondition::OneOf(vec![format!("\"version={version}\"")]);
        Some((id, Verb::Write { precondition, document: self.document.to_text() }))
    }

    /// The key under which upstream creates it once, for the request `request_id`.
    pub fn key(&self, request_id: &str) -> String {
        let digest = Sha256::new().chain_update(request_id).chain_update(b"\0").chain_update(&self.name).finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// How it went, from upstream's document.
    pub fn done(&mut self, document: &str, merged: bool) {
        let document = json::parse(document.as_bytes()).unwrap_or(Json::Null);
        if let Some(id) = document.member("id").and_then(Json::text) {
            self.id = Some(id.to_owned());
        }
        let version = number(&document, "version");
        self.result = Some(Outcome { success: true, version, merged, code: None });
    }

    /// It failed.
    pub fn failed(&mut self, code: &str) {
        self.result = Some(Outcome { success: false, version: None, merged: false, code: Some(code.to_owned()) });
    }

    /// Its request had no time left for it; what is there already needs none.
    pub fn late(&mut self) {
        if self.action != PlannedAction::Leave {
            self.failed(Code::TotalDeadline.as_str());
        }
    }

    /// The status of the answer: 207 (RFC 4918, 11.1) where a step has failed, so that nobody need count.
    pub fn status(plans: &[Plan]) -> u16 {
        let failed = plans.iter().any(|plan| plan.result.as_ref().is_some_and(|result| !result.success));
        if failed { 207 } else { 200 }
    }

    /// Plans as clients get them.
    pub fn json(plans: &[Plan], dry_run: bool) -> String {
        let count = |action| plans.iter().filter(|plan| plan.action == action).count();
        serde_json::json!({
            "dry_run": dry_run,
            "create": count(PlannedAction::Create),
            "update": count(PlannedAction::Update),
            "leave": count(PlannedAction::Leave),
            "failed": plans.iter().filter(|plan| plan.result.as_ref().is_some_and(|result| !result.success)).count(),
            "templates": plans,
        })
        .to_string()
    }
}

fn name(document: &Json) -> Option<String> {
    document.member("name").and_then(Json::text).map(str::to_owned)
}

fn number(document: &Json, name: &str) -> Option<u64> {
    match document.member(name) {
        Some(Json::Number(number)) => number.as_u64(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(name: &str, text: &str) -> serde_json::Value {
        serde_json::json!({ "name": name, "system_instruction": "Be brief.", "user_template": text })
    }

    fn library(templates: &[serde_json::Value]) -> Result<Library, Problem> {
        Library::parse(
            serde_json::json!({ "templates": templates }).to_string().as_bytes(),
            &TemplateValidator::default(),
        )
    }

    fn upstream(templates: &[serde_json::Value]) -> Vec<Page> {
        let validator = TemplateValidator::default();
        let entities = templates.iter().enumerate().map(|(at, template)| {
            let document = validator.prompt(&template.to_string()).unwrap();
            let mut document = serde_json::to_value(document).unwrap();
            document["id"] = format!("id-{at}").into();
            document["version"] = (at + 1).into();
            document
        });
        vec![Page { entities: entities.collect(), page_size: 25, page_number: 1, total: 0, page_count: 1 }]
    }

    #[test]
    fn a_plan_creates_updates_and_leaves() {
        let there = upstream(&[template("same", "Hello"), template("other", "Hello"), template("pinned", "Hello")]);
        let mut pinned = template("pinned", "Goodbye");
        pinned["target_version"] = 3.into();
        let plans = library(&[template("new one", "Hi"), template("other", "Hi"), template("same", "Hello"), pinned])
            .unwrap()
            .plan(&there);
        let planned: Vec<_> = plans.iter().map(|plan| (plan.name.as_str(), plan.action, plan.id.as_deref())).collect();
        assert_eq!(
            planned,
            [
                ("new one", PlannedAction::Create, None),
                ("other", PlannedAction::Update, Some("id-1")),
                ("same", PlannedAction::Leave, Some("id-0")),
                ("pinned", PlannedAction::Leave, Some("id-2")),
            ]
        );
        assert_eq!(plans[1].changes[0].path, "$.user_template");
        let mut failed = plans.clone();
        failed[0].failed("conflict");
        assert_eq!((Plan::status(&plans), Plan::status(&failed)), (200, 207));
        let json: serde_json::Value = serde_json::from_str(&Plan::json(&plans, true)).unwrap();
        assert_eq!(
            (json["create"].as_u64(), json["update"].as_u64(), json["leave"].as_u64()),
            (Some(1), Some(1), Some(2))
        );
    }

    #[test]
    fn every_fault_of_a_library_has_its_path() {
        let problem = library(&[
            template("good one", "Hello"),
            template("good one", "Hello"),
            serde_json::json!({ "name": "x" }),
        ])
        .unwrap_err();
        let paths: Vec<_> = problem.errors.iter().map(|fault| fault.path.as_str()).collect();
        assert!(paths.contains(&"$.templates[1].name"), "{paths:?}");
        assert!(paths.iter().any(|path| path.starts_with("$.templates[2]")), "{paths:?}");
        for body in ["", "{}", "[]", r#"{"templates":{}}"#, r#"{"templates":[],"more":1}"#] {
            assert!(Library::parse(body.as_bytes(), &TemplateValidator::default()).is_err(), "{body}");
        }
    }
}
