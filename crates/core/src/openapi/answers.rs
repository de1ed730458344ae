//! The schemas of what routes answer when they succeed. Members that are not named here may come beside the named ones.

use serde_json::{Map, Value, json};

use crate::fault::MAX_FAULTS;
use crate::route::Route;

/// The schema of a route's JSON of success, if it is not any object.
pub(super) const fn of(route: Route) -> Option<&'static str> {
    Some(match route {
        Route::Chat | Route::ExecuteTemplate => "Answer",
        Route::Guard => "GuardReport",
        Route::Lint => "LintReport",
        Route::ListTemplates | Route::ListVersions => "TemplatePage",
        Route::CreateTemplate | Route::ReadTemplate | Route::UpdateTemplate | Route::ReadVersion => "Template",
        Route::SyncTemplates => "Plan",
        Route::DiffVersions => "Difference",
        Route::ListLabels => "Labels",
        Route::SetLabel | Route::RollBackLabel => "Label",
        Route::RenderTemplate => "Rendering",
        Route::PublishNew | Route::ReadCached | Route::Publish => "Published",
        Route::SubmitModel | Route::ConfigureNamed => "Submitted",
        Route::ReadModel | Route::DeleteModel => "Model",
        Route::ListModels => "ModelPage",
        Route::ConfigureModel => "ConfigurationUpdate",
        Route::ReadConfiguration => "Configurations",
        Route::InvokeModel | Route::InvokeNamed => "Result",
        Route::ExportModel => "Snapshot",
        Route::AdoptTemplate | Route::AdoptCached => "Adopted",
        Route::Audit => "AuditRows",
        Route::AuditHeads => "AuditHeads",
        Route::Stats => "Stats",
        Route::ListWebhooks => "Webhooks",
        Route::ListDeadLetters => "DeadLetters",
        Route::Redeliver => "Redelivered",
        Route::ListKeys => "Keys",
        Route::CreateKey | Route::ReadKey | Route::UpdateKey | Route::RevokeKey | Route::RotateKey => "Key",
        Route::WhoAmI => "WhoAmI",
        Route::Health => "Health",
        _ => return None,
    })
}

/// The schemas by name.
pub(super) fn schemas() -> Map<String, Value> {
    let text = json!({ "type": "string" });
    let count = json!({ "type": "integer", "minimum": 0 });
    let flag = json!({ "type": "boolean" });
    let any = json!({ "type": "object" });
    let of = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let list = |items: Value| json!({ "type": "array", "items": items });
    let object = |required: &[&str], properties: Value| json!({ "type": "object", "required": required, "properties": properties });
    let place = object(&["offset", "line", "column"], json!({ "offset": count, "line": count, "column": count }));
    let fix = object(
        &["title", "safe", "edits"],
        json!({
            "title": text, "safe": flag,
            "edits": list(object(&["start", "end", "text"], json!({ "start": of("Place"), "end": of("Place"), "text": text }))),
        }),
    );
    let finding = object(
        &["code", "name", "severity", "message", "path", "start", "end", "help"],
        json!({
            "code": text, "name": text, "severity": { "type": "string", "enum": ["error", "warning", "info"] },
            "message": text, "path": text, "start": of("Place"), "end": of("Place"), "help": text, "fix": fix,
        }),
    );
    let change = object(&["path"], json!({ "path": text, "before": {}, "after": {} }));
    let of_keys = json!({
        "Keys": object(&["keys"], json!({ "keys": list(of("Key")) })),
        "Key": object(&["id", "tenant", "name", "status", "rights", "models", "limits"], json!({
            "id": text, "tenant": text, "name": text, "status": { "type": "string", "enum": ["active", "expired", "revoked"] },
            "rights": list(text.clone()), "models": list(text.clone()), "limits": any,
            "secret": { "type": "string", "description": "In the answer that made it only." },
        })),
        "WhoAmI": object(&["tenant", "keyId", "rights", "models", "limits", "tenantLimits"], json!({
            "tenant": text, "keyId": text, "rights": list(text.clone()), "models": list(text.clone()), "limits": any,
            "tenantLimits": any,
        })),
    });
    let of_labels = json!({
        "Labels": object(&["labels"], json!({ "labels": list(of("Label")) })),
        "Label": object(&["label", "version", "since", "earlier"], json!({
            "label": text, "version": count, "since": text, "earlier": list(count.clone()),
        })),
    });
    let schemas = json!({
        "Place": place,
        "Adopted": object(&["id", "tenant"], json!({ "id": text, "tenant": text })),
        "LintReport": object(&["kind", "unit", "summary", "findings"], json!({
            "kind": text, "unit": { "type": "string", "enum": ["bytes", "utf16"] },
            "summary": object(&["errors", "warnings", "infos", "fixable", "omitted"], json!({
                "errors": count, "warnings": count, "infos": count, "fixable": count,
                "omitted": { "type": "integer", "minimum": 0, "description": "Findings that are not listed." },
            })),
            "findings": { "type": "array", "maxItems": MAX_FAULTS, "items": finding },
        })),
        "Template": object(&["id", "version", "name", "system_instruction", "user_template"], json!({
            "id": text, "version": { "type": "integer", "minimum": 1 }, "name": text, "description": text,
            "system_instruction": text, "user_template": text, "variables": list(json!({})),
            "max_tokens": count, "safety_guardrails": any, "date_modified": text,
        })),
        "TemplatePage": object(&["entities", "pageSize", "pageNumber", "total", "pageCount"], json!({
            "entities": list(any.clone()), "pageSize": count, "pageNumber": count, "total": count, "pageCount": count,
        })),
        "Plan": object(&["dry_run", "create", "update", "leave", "failed", "templates"], json!({
            "dry_run": flag, "create": count, "update": count, "leave": count, "failed": count,
            "templates": list(object(&["name", "action"], json!({
                "name": text, "action": { "type": "string", "enum": ["create", "update", "leave"] }, "id": text, "version": count,
                "changes": list(change.clone()),
                "result": object(&["success"], json!({ "success": flag, "version": count, "merged": flag, "code": text })),
            }))),
        })),
        "Difference": object(&["from", "to", "changes"], json!({ "from": count, "to": count, "changes": list(change) })),
        "Rendering": object(
            &["template_id", "version", "system_instruction", "user_prompt", "tokens", "max_tokens", "counted_by", "guard"],
            json!({
                "template_id": text, "version": count, "system_instruction": text, "user_prompt": text, "tokens": count,
                "max_tokens": count, "counted_by": text, "guard": of("Findings"),
            }),
        ),
        "Published": object(&["id", "name", "content"], json!({
            "id": text, "name": text, "description": text, "content": text, "variables": list(any.clone()),
            "cacheSettings": any, "metadata": any,
        })),
        "Model": object(&["id", "name", "provider", "modelId", "status", "createdAt", "events"], json!({
            "id": text, "name": text, "provider": text, "modelId": text, "status": text, "createdAt": text,
            "events": list(any.clone()), "error": any, "capabilities": any,
        })),
        "ModelPage": object(&["entities", "pageSize", "pageNumber", "total", "pageCount"], json!({
            "entities": list(object(&["id", "name", "provider", "modelId", "status", "createdAt"], json!({
                "id": text, "name": text, "provider": text, "modelId": text, "status": text, "createdAt": text,
                "error": any, "capabilities": any,
            }))),
            "pageSize": count, "pageNumber": count, "total": count, "pageCount": count,
        })),
        "Submitted": object(&["model", "auditLog", "warnings"], json!({
            "model": of("Model"), "auditLog": any, "warnings": list(of("Fault")),
        })),
        "ConfigurationUpdate": object(&["status", "revision", "configuration", "auditLog"], json!({
            "status": text, "revision": count, "configuration": of("ModelConfiguration"), "error": {}, "auditLog": any,
        })),
        "Configurations": object(&["applied", "update"], json!({
            "applied": { "anyOf": [of("ModelConfiguration"), { "type": "null" }] },
            "update": { "type": ["object", "null"] },
        })),
        "Result": object(&["result", "latency", "sanitizedInput"], json!({
            "result": {}, "latency": count,
            "cost": { "type": ["string", "null"], "description": "US dollars, exact." },
            "costBasis": { "type": ["string", "null"] }, "sanitizedInput": text,
            "usage": { "anyOf": [of("Usage"), { "type": "null" }] }, "request_id": { "type": ["string", "null"] },
        })),
        "Snapshot": object(&["version", "environment", "exportedAt", "apiVersion", "modelDefinition"], json!({
            "version": text, "environment": text, "exportedAt": text, "apiVersion": text, "modelDefinition": any,
        })),
        "AuditRows": object(&["rows", "next"], json!({
            "rows": list(object(&["hash", "previous", "row", "sequence"], json!({
                "hash": text, "previous": text, "row": {}, "sequence": count,
            }))),
            "next": { "type": ["string", "null"], "description": "The address of more rows." },
        })),
        "AuditHeads": object(&["heads", "next"], json!({
            "heads": list(object(&["sequence", "hash", "time", "checkpoint"], json!({
                "sequence": count, "hash": text, "time": text,
                "checkpoint": { "type": ["string", "null"], "description": "A signed note (C2SP)." },
            }))),
            "next": { "type": ["string", "null"] },
        })),
        "Stats": object(&["from", "to", "step", "by", "points"], json!({
            "from": text, "to": text, "step": { "type": "string", "enum": ["minute", "hour", "day"] }, "by": list(text.clone()),
            "points": list(object(&["time", "requests", "prompt_tokens", "completion_tokens", "cost_usd", "latency_ms_mean"], json!({
                "time": text, "tenant": text, "model": text, "route": text, "code": text, "upstream": text, "requests": count,
                "prompt_tokens": count, "completion_tokens": count, "cost_usd": text,
                "latency_ms_mean": { "type": ["integer", "null"] },
            }))),
        })),
        "Webhooks": object(&["destinations"], json!({
            "destinations": list(object(&["name", "host", "events", "signatures", "enabled", "waiting", "dead_letters"], json!({
                "name": text, "host": text, "events": list(text.clone()), "signatures": count, "enabled": flag,
                "disabled": { "type": ["string", "null"] }, "waiting": count, "oldest_waiting": { "type": ["string", "null"] },
                "attempts": count, "last_status": { "type": ["integer", "null"] }, "dead_letters": count,
            }))),
        })),
        "DeadLetters": object(&["dead_letters", "next"], json!({
            "dead_letters": list(object(&["id", "event", "created", "attempts", "given_up", "reason"], json!({
                "id": text, "event": text, "created": text, "attempts": count, "given_up": text,
                "reason": { "type": "string", "enum": ["expired", "retry_after_too_late", "disabled"] },
                "last_status": { "type": ["integer", "null"] },
            }))),
            "next": { "type": ["integer", "null"] },
        })),
        "Redelivered": object(&["redelivered"], json!({ "redelivered": count })),
        "Health": object(&["status"], json!({
            "status": { "type": "string", "enum": ["ok", "degraded"] },
            "upstreams": list(object(&["name", "credentials"], json!({
                "name": text,
                "credentials": { "type": "string", "enum": ["accepted", "refused", "unreachable", "unknown"] },
            }))),
        })),
        "Fault": object(&["path", "code", "message"], json!({
            "path": { "type": "string", "description": "JSONPath (RFC 9535)." }, "code": text, "message": text,
            "span": {
                "type": "array", "items": { "type": "integer", "minimum": 0 }, "minItems": 2, "maxItems": 2,
                "description": "Start and end in the string at `path`, in UTF-16 code units; of another value, in it as it is written.",
            },
            "line": { "type": "integer", "minimum": 1, "description": "In the body." },
            "column": { "type": "integer", "minimum": 1, "description": "In the body, in UTF-16 code units." },
        })),
    });
    let all = [of_keys, of_labels, schemas].into_iter().filter_map(|schemas| match schemas {
        Value::Object(schemas) => Some(schemas),
        _ => None,
    });
    all.flatten().collect()
}
