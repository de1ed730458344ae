//! The description of each route, as a table.

use crate::route::Route;

/// A status, what it means, and the type of its content, if it has any.
pub(super) type Answer = (u16, &'static str, Option<&'static str>);

/// What a route does, what it takes and what it gives.
pub(super) struct Entry {
    pub(super) route: Route,
    pub(super) summary: &'static str,
    /// Parameters of the query: name, and whether it must be there.
    pub(super) query: &'static [(&'static str, bool)],
    /// The schema of the body, if it takes one.
    pub(super) body: Option<&'static str>,
    answers: Answers,
}

enum Answers {
    One(Answer),
    More(&'static [Answer]),
}

const JSON: Option<&str> = Some("application/json");
const STREAM: Option<&str> = Some("text/event-stream");
const PAGES: &[(&str, bool)] = &[("pageNumber", false), ("pageSize", false)];

const fn entry(route: Route, summary: &'static str) -> Entry {
    Entry { route, summary, query: &[], body: None, answers: Answers::More(&[]) }
}

impl Entry {
    /// The answers of success.
    pub(super) fn successes(&self) -> &[Answer] {
        match &self.answers {
            Answers::One(answer) => std::slice::from_ref(answer),
            Answers::More(answers) => answers,
        }
    }

    const fn query(mut self, parameters: &'static [(&'static str, bool)]) -> Entry {
        self.query = parameters;
        self
    }

    const fn body(mut self, schema: &'static str) -> Entry {
        self.body = Some(schema);
        self
    }

    /// 200 with JSON.
    const fn answer(mut self, meaning: &'static str) -> Entry {
        self.answers = Answers::One((200, meaning, JSON));
        self
    }

    const fn answers(mut self, answers: &'static [Answer]) -> Entry {
        self.answers = Answers::More(answers);
        self
    }
}

/// Every route that is described.
pub(super) const ENTRIES: &[Entry] = &[
    entry(Route::Chat, "Asks a model, guarded.").body("ChatRequest").answers(&[(
        200,
        "The answer. Its last event is `done`, or `error` where it broke off.",
        STREAM,
    )]),
    entry(Route::Guard, "What the guard says of a text, and what it would make of it.")
        .body("GuardRequest")
        .answer("The report."),
    entry(
        Route::Health,
        "Whether the gateway is configured; with `?deep=1` whether each upstream takes its credentials, \
            too: 503 where one does not.",
    )
    .query(&[("deep", false)])
    .answer("It is."),
    entry(Route::OpenApi, "This document.").answer("OpenAPI 3.1."),
    entry(
        Route::Completions,
        "A chat completion by OpenAI's wire: the official SDKs work with the base address `/openai/v1`.",
    )
    .body("Completion")
    .answer("The completion, or its chunks where `stream` is true."),
    entry(Route::Embeddings, "Vectors of texts, by OpenAI's wire; the texts are guarded.")
        .body("Embeddings")
        .answer("The vectors, as upstream gives them."),
    entry(Route::ListPublicModels, "The models that may be asked, by OpenAI's wire.").answer("The list."),
    entry(Route::ReadPublicModel, "One of the models that may be asked, by OpenAI's wire.").answer("The model."),
    entry(
        Route::Lint,
        "What the linter says of a text: the same report, byte for byte, as on the page, on npm and in CI.",
    )
    .body("LintRequest")
    .answer("The report."),
    entry(Route::ListTemplates, "One page of the prompt templates.")
        .query(&[("pageNumber", false), ("pageSize", false), ("name", false)])
        .answer("The page."),
    entry(Route::CreateTemplate, "Makes a prompt template, if the linter finds no error in it.")
        .body("PromptTemplate")
        .answers(&[(201, "It is there.", JSON)]),
    entry(Route::SyncTemplates, "Compares a library with upstream, and updates upstream unless it is a dry run.")
        .query(&[("dry_run", false)])
        .body("Library")
        .answers(&[
            (200, "The plan, and how each step went.", JSON),
            (207, "The same, where a step has failed: its `result` says why.", JSON),
        ]),
    entry(Route::ReadTemplate, "A prompt template, from the edge. `Cache-Control: no-cache` asks upstream.")
        .answers(&[(200, "The template.", JSON), (304, "The client has it already (If-None-Match).", None)]),
    entry(
        Route::UpdateTemplate,
        "Replaces a prompt template; If-Match must name the version that the client has read.",
    )
    .body("PromptTemplate")
    .answer("Its new version."),
    entry(Route::ListVersions, "One page of a prompt template's versions, oldest first.")
        .query(PAGES)
        .answer("The page."),
    entry(Route::ReadVersion, "One version of a prompt template.").answer("The version."),
    entry(Route::DiffVersions, "What has changed between two versions.")
        .query(&[("from", true), ("to", true)])
        .answer("The changes, each with its path."),
    entry(
        Route::ListLabels,
        "The labels of a prompt template, such as `production`: the version that bears each, and those \
            before it.",
    )
    .answer("The labels."),
    entry(Route::SetLabel, "Gives a version of a prompt template a label, or moves the label to it.")
        .body("Labelling")
        .answer("Where it points now."),
    entry(Route::RemoveLabel, "Takes a label away. The version that bore it stays.").answers(&[(
        204,
        "It is gone.",
        None,
    )]),
    entry(Route::RollBackLabel, "Moves a label back to the version that bore it before. It takes no body.")
        .answer("Where it points now."),
    entry(Route::AdoptTemplate, "Gives a prompt template that belongs to no tenant an owner.")
        .body("Adoption")
        .answer("Whose it is."),
    entry(
        Route::RenderTemplate,
        "A prompt template with values, as it would be sent. Values are never expanded again.",
    )
    .body("RenderRequest")
    .answer("The texts and their tokens."),
    entry(Route::ExecuteTemplate, "Sends a prompt template with values to a model; the answer is that of /v1/chat.")
        .body("ExecuteRequest")
        .answers(&[(200, "The answer, in the format that the client accepts.", STREAM)]),
    entry(Route::PublishNew, "Publishes a template to upstream's edge cache under a new id.")
        .body("CachedTemplate")
        .answers(&[(201, "It is there.", JSON)]),
    entry(Route::ReadCached, "A cached template, from the edge. `Cache-Control: no-cache` asks upstream.")
        .answers(&[(200, "The template.", JSON), (304, "The client has it already (If-None-Match).", None)]),
    entry(Route::Publish, "Replaces a cached template, or makes it; If-Match must name what the client has read.")
        .body("CachedTemplate")
        .answers(&[(200, "It is replaced.", JSON), (201, "It is there.", JSON)]),
    entry(Route::Invalidate, "Drops the edge's copies of a cached template; the next read asks upstream.")
        .answers(&[(204, "They are gone.", None)]),
    entry(Route::AdoptCached, "Gives a cached template that belongs to no tenant an owner.")
        .body("Adoption")
        .answer("Whose it is."),
    entry(Route::Usage, "Asks upstream's analytics for usage.").body("UsageQuery").answer("One page of groups."),
    entry(
        Route::SubmitModel,
        "Defines a model and begins to provision it; the same definition is never created twice.",
    )
    .body("ModelDefinition")
    .answers(&[(201, "It is active already.", JSON), (202, "It is being made: Location is where to look.", JSON)]),
    entry(Route::ConfigureNamed, "As POST /v1/models.")
        .body("ModelDefinition")
        .answers(&[(201, "It is active already.", JSON), (202, "It is being made: Location is where to look.", JSON)]),
    entry(Route::ListModels, "One page of the models, oldest first.").query(PAGES).answer("The page."),
    entry(Route::DeleteModel, "Deletes a model, upstream and here; it can be submitted again.")
        .answers(&[(204, "It is gone.", None), (202, "It is being deleted: upstream has not answered yet.", JSON)]),
    entry(Route::ReadModel, "How far a model is.").answer("The model."),
    entry(Route::WatchModel, "The changes of a model's status as they come, numbered; `Last-Event-ID` resumes.")
        .answers(&[
            (200, "Events until the last change, or for a while.", STREAM),
            (204, "Nothing is left to tell.", None),
        ]),
    entry(Route::ConfigureModel, "Configures a model; what upstream cannot take now is kept and tried again.")
        .body("ModelConfiguration")
        .answers(&[(200, "It is applied.", JSON), (202, "It is kept: Location is where to look.", JSON)]),
    entry(Route::ReadConfiguration, "The configuration of a model, and the state of its newest update.")
        .answer("The configuration and its newest update, each null where there is none."),
    entry(Route::InvokeModel, "Asks a model: the input sanitised, the result checked against its schema.")
        .body("Invocation")
        .answer("The result, its latency and its cost."),
    entry(Route::InvokeNamed, "As POST /v1/models/{id}/invoke, with the id in the body.")
        .body("NamedInvocation")
        .answer("The result, its latency and its cost."),
    entry(Route::ExportModel, "A model's definition for another environment, without its credentials.")
        .query(&[("environments", false)])
        .answer("The snapshot."),
    entry(
        Route::Audit,
        "The audit log after a row, as a chain of hashes, which `promptgate audit verify` reads; with any \
            other parameter, or as JSON or CSV, the rows that fit, of which `Link` says where more are; as \
            text/event-stream it is followed.",
    )
    .query(&[
        ("after", false),
        ("before", false),
        ("order", false),
        ("limit", false),
        ("from", false),
        ("to", false),
        ("tenant", false),
        ("key", false),
        ("status", false),
        ("code", false),
        ("model", false),
        ("template", false),
        ("rule", false),
        ("request_id", false),
    ])
    .answers(&[(200, "JSON Lines; those of the whole chain end with its head.", Some("application/jsonl"))]),
    entry(
        Route::AuditHeads,
        "The heads of the audit log that were taken down, with their times and signed checkpoints.",
    )
    .query(&[("after", false), ("limit", false)])
    .answer("The heads; `next` is where more are."),
    entry(Route::ListWebhooks, "The destinations of webhooks, and how each fares.").answer("All of them."),
    entry(Route::ListDeadLetters, "Webhooks that a destination did not take within a day, the oldest first.")
        .query(&[("after", false), ("limit", false)])
        .answer("A page; `next` is the `after` of the one that follows."),
    entry(
        Route::Redeliver,
        "Sends dead letters again, and takes the destination into service again if it had answered 410.",
    )
    .body("Redelivery")
    .answer("How many are sent again."),
    entry(Route::ListKeys, "The keys of the caller's tenant; with `admin` those of all, or of one.")
        .query(&[("tenant", false)])
        .answer("The keys."),
    entry(Route::CreateKey, "Makes a key. Its secret is in this answer and never again.")
        .body("KeyOrder")
        .answers(&[(201, "The key, with its secret.", JSON)]),
    entry(Route::ReadKey, "One key.").answer("The key."),
    entry(Route::UpdateKey, "Changes what a key may do; in force everywhere within a minute.")
        .body("KeyChange")
        .answer("The key."),
    entry(Route::RevokeKey, "Ends a key for good; it opens nothing anywhere within a minute.")
        .answer("The key as it was."),
    entry(Route::RotateKey, "Gives a key a new secret; the old one is good for the overlap.")
        .body("KeyRotation")
        .answer("The key, with its new secret."),
    entry(Route::WhoAmI, "What the key that asks is, and what it may do.").answer("It."),
    entry(Route::Metrics, "Metrics in Prometheus text.").answers(&[(200, "The metrics.", Some("text/plain"))]),
    entry(
        Route::Stats,
        "Requests, tokens, cost and time by minute (two days), hour or day (400 days), told apart by \
            tenant, model, route, code or upstream.",
    )
    .query(&[("from", false), ("to", false), ("step", false), ("by", false)])
    .answer("The points; an empty bucket has none."),
];
