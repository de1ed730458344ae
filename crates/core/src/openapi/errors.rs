//! Which errors each operation can have.

use crate::problem::Code;
use crate::route::{Route, Row};

/// Of everything that needs a client's key.
const KEY: [Code; 7] = [
    Code::InvalidRequest,
    Code::Unauthenticated,
    Code::Forbidden,
    Code::NotConfigured,
    Code::Overloaded,
    Code::TotalDeadline,
    Code::Internal,
];
/// Of everything that takes a body.
const BODY: [Code; 5] =
    [Code::InvalidJson, Code::BodyTimeout, Code::BodyIncomplete, Code::BodyTooLarge, Code::UnsupportedMediaType];
/// Of everything that asks upstream or what the gateway keeps of it.
const UPSTREAM: [Code; 15] = [
    Code::NotFound,
    Code::UpstreamForbidden,
    Code::UpstreamRateLimited,
    Code::InsufficientQuota,
    Code::UpstreamUnauthorized,
    Code::UpstreamRejected,
    Code::UpstreamError,
    Code::UpstreamMalformed,
    Code::UpstreamUnavailable,
    Code::TokenUnavailable,
    Code::TokenRefused,
    Code::IdleDeadline,
    Code::StorageUnavailable,
    Code::AnswerTooLong,
    Code::ClientLeft,
];
/// Of an answer of a model.
const ANSWER: [Code; 11] = [
    Code::LimitReached,
    Code::NotAcceptable,
    Code::InvalidIdempotencyKey,
    Code::SafetyRefused,
    Code::ContextTooLong,
    Code::UpstreamUnprocessable,
    Code::ModelNotFound,
    Code::UnsupportedByUpstream,
    Code::UpstreamTruncated,
    Code::AnswerRefused,
    Code::FirstContentDeadline,
];
/// Of a call whose answer is kept.
const KEYED: [Code; 5] =
    [Code::IdempotencyKeyReused, Code::CallRunning, Code::OutcomeUnknown, Code::AnswerGone, Code::PreconditionFailed];
/// Of a change of something that others change, too.
const CHANGE: [Code; 4] = [Code::Conflict, Code::PreconditionFailed, Code::PreconditionRequired, Code::TemplateRefused];

/// The errors of an operation, in the table's order; the method and the address fit.
pub(super) fn of(row: &Row, takes_body: bool) -> Vec<Code> {
    match row.route {
        Route::OpenApi => return vec![Code::NotConfigured, Code::Internal],
        Route::Health => return vec![Code::InvalidRequest, Code::NotConfigured, Code::Internal],
        _ => {}
    }
    let mut own: Vec<Code> = KEY.to_vec();
    if takes_body {
        own.extend(BODY);
    }
    if !matches!(row.route, Route::Guard | Route::Lint) {
        own.extend(UPSTREAM);
    }
    match row.route {
        route if route.is_keyed() => {
            own.extend(ANSWER);
            own.extend(KEYED);
        }
        Route::RenderTemplate => own.extend([Code::SafetyRefused, Code::ContextTooLong, Code::TemplateRefused]),
        Route::CreateTemplate | Route::UpdateTemplate | Route::SyncTemplates | Route::PublishNew | Route::Publish => {
            own.extend(CHANGE);
        }
        Route::SetLabel | Route::RemoveLabel | Route::RollBackLabel => own.push(Code::PreconditionFailed),
        Route::AdoptTemplate | Route::AdoptCached | Route::CreateKey | Route::UpdateKey | Route::RotateKey => {
            own.push(Code::Conflict);
        }
        Route::SubmitModel | Route::ConfigureNamed => {
            own.extend([Code::Conflict, Code::SafetyRefused, Code::TemplateRefused])
        }
        Route::ConfigureModel => own.extend([Code::Conflict, Code::ModelNotActive, Code::ModelLost]),
        Route::DeleteModel => own.push(Code::ModelNotActive),
        Route::InvokeModel | Route::InvokeNamed => {
            own.extend(ANSWER);
            own.extend([Code::ModelNotActive, Code::ModelLost, Code::ResultInvalid]);
        }
        _ => {}
    }
    if row.route == Route::ExecuteTemplate {
        own.push(Code::TemplateRefused);
    }
    Code::ALL.iter().copied().filter(|code| own.contains(code)).collect()
}
