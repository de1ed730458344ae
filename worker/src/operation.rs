//! Operations on what the gateway keeps: the rows, webhooks and counts that they end with.

use promptgate_core::governance::{Metrics, Operation};
use promptgate_core::route::Route;

use crate::context::RequestContext;
use crate::telemetry;

impl RequestContext {
    /// What `route` asks for.
    pub(crate) fn operation(&self, route: Route) -> Operation {
        Operation::of(route, &self.random.request_id()).by(Some(self.tenant()), &self.settings.compliance_framework)
    }

    /// Row, webhook and counts of an operation that ended with the problem `code`, if with one.
    pub(crate) fn close(&self, route: Route, done: Operation, code: Option<String>) {
        let now_ms = self.clock.unix_ms();
        let done = done.ended(now_ms, self.clock.elapsed_ms(), code);
        match done.line() {
            Some(line) if done.success() => telemetry::row(&line),
            Some(line) => telemetry::refusal(self.tenant(), &self.caller.key_id, &line),
            None => {}
        }
        if let Some(event) = self.settings.webhook.as_ref().and_then(|webhook| done.event(webhook, now_ms)) {
            telemetry::webhook(&self.life, &self.env, event);
        }
        let mut metrics = Metrics::default();
        done.measure(route.pattern(), &mut metrics);
        self.count(metrics);
    }
}
