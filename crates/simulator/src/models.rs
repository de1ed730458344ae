//! `/api/v2/ai/models` (section 13, rows C2, C4 and D3): models are made, polled, configured and asked.

use hyper::header::LOCATION;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::document::read;
use crate::id::uuid_of;
use crate::model_document::{configuration, definition, fits};
use crate::provisioning::{Provisioning, SETTINGS};
use crate::record::Received;
use crate::refusal::{Refusal, Shape};
use crate::resource::{Act, Reply, Turn};
use crate::route::MODELS;
use crate::sample::sample;
use crate::usage::Call;

/// Every model, in the order of creation.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Models {
    entries: Vec<Entry>,
    made: usize,
    creations: u64,
    configurations: u64,
    invocations: u64,
    /// For models that are made from now on.
    provisioning: Provisioning,
}

/// Never holds the credentials.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    id: String,
    definition: Map<String, Value>,
    status: String,
    provisioning: Provisioning,
    polls: usize,
    configuration: Option<Value>,
    configuration_writes: u64,
    invocations: u64,
}

impl Entry {
    fn new(id: String, mut definition: Map<String, Value>, provisioning: Provisioning) -> Self {
        definition.remove("credentials");
        Self {
            id,
            definition,
            status: "PENDING".into(),
            provisioning,
            polls: 0,
            configuration: None,
            configuration_writes: 0,
            invocations: 0,
        }
    }

    /// Goes on by one poll.
    fn poll(&mut self) {
        let statuses = &self.provisioning.statuses;
        if let Some(status) = statuses.get(self.polls).or(statuses.last()) {
            self.status.clone_from(status);
        }
        self.polls += 1;
    }

    fn active(&self) -> Result<(), Refusal> {
        match self.status.as_str() {
            "ACTIVE" => Ok(()),
            status => Err(Refusal::new(409, "conflict", format!("The model is {status}, not ACTIVE."))),
        }
    }

    fn text(&self, member: &str) -> &str {
        self.definition.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    /// What a poll is told.
    fn view(&self) -> Value {
        let mut view = json!({"id": self.id, "name": self.definition.get("name"),
            "provider": self.definition.get("provider"), "modelId": self.definition.get("modelId"),
            "status": self.status});
        match self.status.as_str() {
            "ACTIVE" => insert(&mut view, "capabilities", self.provisioning.capabilities.clone()),
            "FAILED" => insert(&mut view, "errorReason", self.provisioning.error_reason.clone().into()),
            _ => {}
        }
        view
    }
}

impl Models {
    /// Models that clients made since the last reset.
    pub(crate) fn creations(&self) -> u64 {
        self.creations
    }

    /// Configurations of clients that were accepted.
    pub(crate) fn configurations(&self) -> u64 {
        self.configurations
    }

    /// Invocations that were executed.
    pub(crate) fn invocations(&self) -> u64 {
        self.invocations
    }

    /// Changes how models come to life that are made from now on.
    pub(crate) fn set_provisioning(&mut self, settings: &Map<String, Value>) -> Result<Value, String> {
        self.provisioning.set(settings)?;
        Ok(self.provisioning.shown())
    }

    /// Puts a model there, or changes one: definition, settings and `status`, unchecked. A new one is `ACTIVE`,
    /// and what it is told by polls begins anew with `statuses` or `polls`.
    pub(crate) fn seed(
        &mut self,
        id: Option<&str>,
        mut members: Map<String, Value>,
        turn: &Turn,
    ) -> Result<(), String> {
        let settings: Map<String, Value> = SETTINGS.iter().filter_map(|name| members.remove_entry(*name)).collect();
        let status = members.remove("status");
        let status = status.map(|status| status.as_str().map(str::to_owned).ok_or("status: must be a string"));
        let status = status.transpose()?;
        members.remove("credentials");
        let known = id.and_then(|id| self.entries.iter_mut().find(|entry| entry.id == id));
        if let Some(entry) = known {
            entry.provisioning.set(&settings)?;
            if settings.contains_key("statuses") || settings.contains_key("polls") {
                entry.polls = 0;
            }
            entry.definition.extend(members);
            entry.status = status.unwrap_or_else(|| entry.status.clone());
            return Ok(());
        }
        let mut how = Provisioning { statuses: vec![status.unwrap_or("ACTIVE".into())], ..self.provisioning.clone() };
        let status = how.statuses.concat();
        how.set(&settings)?;
        let id = id.map_or_else(|| self.new_id(turn), str::to_owned);
        self.entries.push(Entry { status, ..Entry::new(id, members, how) });
        Ok(())
    }

    /// Forgets every model and setting; ids are not given again.
    pub(crate) fn clear(&mut self) {
        *self = Self { made: self.made, ..Self::default() };
    }

    /// Every model as the control API shows it.
    pub(crate) fn list(&self) -> Value {
        self.entries
            .iter()
            .map(|entry| {
                json!({"id": entry.id, "status": entry.status, "polls": entry.polls,
                    "definition": entry.definition, "configuration": entry.configuration,
                    "configuration_writes": entry.configuration_writes, "invocations": entry.invocations})
            })
            .collect()
    }

    fn find(&mut self, id: &str) -> Result<&mut Entry, Refusal> {
        self.entries.iter_mut().find(|entry| entry.id == id).ok_or_else(|| Refusal::usual(404, Shape::Api))
    }

    fn new_id(&mut self, turn: &Turn) -> String {
        self.made += 1;
        turn.new_id("model", self.made)
    }
}

/// Begins to make a model.
pub(crate) fn create(received: &Received) -> Result<Act, Refusal> {
    let definition = definition(&received.body)?;
    Ok(Box::new(move |state, turn| {
        let id = state.models.new_id(turn);
        let entry = Entry::new(id, definition, state.models.provisioning.clone());
        let reply = Reply::new(202, json!({"id": entry.id, "status": entry.status}))
            .with(LOCATION, format!("{MODELS}/{}", entry.id));
        state.models.entries.push(entry);
        state.models.creations += 1;
        Ok(reply)
    }))
}

/// Tells how far a model is; each time is a poll.
pub(crate) fn get(names: &[&str]) -> Act {
    let id = first(names);
    Box::new(move |state, _| {
        let entry = state.models.find(&id)?;
        entry.poll();
        Ok(Reply::new(200, entry.view()))
    })
}

/// Replaces the configuration.
pub(crate) fn configure(names: &[&str], received: &Received) -> Result<Act, Refusal> {
    let id = first(names);
    let configuration = configuration(&received.body, &id)?;
    Ok(Box::new(move |state, _| {
        let entry = state.models.find(&id)?;
        entry.active()?;
        fits(&configuration, &entry.provisioning.capabilities)?;
        entry.configuration_writes += 1;
        let mut body = Value::Object(configuration);
        insert(&mut body, "version", entry.configuration_writes.into());
        entry.configuration = Some(body.clone());
        state.models.configurations += 1;
        Ok(Reply::new(200, body))
    }))
}

/// Asks the model.
pub(crate) fn invoke(names: &[&str], received: &Received) -> Result<Act, Refusal> {
    let id = first(names);
    let request = read(&received.body, |members| {
        members.only(&["input", "options"]);
        members.text("input", 1, usize::MAX);
        members.optional("options", |members| {
            members.object("options", |options| {
                options.only(&["stream"]);
                if options.get("stream").is_some_and(|stream| *stream != json!(false)) {
                    options.fault("stream", "must be false");
                }
            });
        });
    })?;
    Ok(Box::new(move |state, turn| {
        let entry = state.models.find(&id)?;
        entry.active()?;
        entry.invocations += 1;
        let input = request.get("input").and_then(Value::as_str).unwrap_or_default();
        let result = sample(entry.definition.get("responseSchema").unwrap_or(&json!({"type": "object"})));
        let tokens = |characters: usize| (characters as u64).div_ceil(4);
        let prompt = tokens(entry.text("promptTemplate").chars().count() + input.chars().count());
        let completion = tokens(result.to_string().chars().count());
        let call = Call { model_id: entry.text("modelId"), template_id: None };
        state.usage.executed(call, (prompt, completion), turn.planned_ms, false);
        state.models.invocations += 1;
        let body = json!({
            "result": result,
            "usage": {"prompt_tokens": prompt, "completion_tokens": completion},
            "request_id": uuid_of(&format!("invocation {}", turn.correlation)),
        });
        Ok(Reply::new(200, body))
    }))
}

/// Removes the model.
pub(crate) fn delete(names: &[&str]) -> Act {
    let id = first(names);
    Box::new(move |state, _| {
        state.models.find(&id)?;
        state.models.entries.retain(|entry| entry.id != id);
        Ok(Reply::new(204, Value::Null))
    })
}

/// Counts an invocation that a fault answered before it was executed.
pub(crate) fn failed(state: &mut crate::world::State, names: &[&str], planned_ms: u64) {
    if let Ok(entry) = state.models.find(&first(names)) {
        let call = Call { model_id: entry.text("modelId"), template_id: None };
        state.usage.failed(call, planned_ms);
    }
}

fn first(names: &[&str]) -> String {
    names.first().copied().unwrap_or_default().to_owned()
}

fn insert(body: &mut Value, name: &str, value: Value) {
    if let Some(map) = body.as_object_mut() {
        map.insert(name.into(), value);
    }
}
