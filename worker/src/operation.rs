//! Operations on what the gateway keeps: who may, and what they leave behind.

use promptgate_core::governance::{Metrics, Operation};
use promptgate_core::problem::Problem;
use promptgate_core::route::Route;
use promptgate_core::settings::Settings;

use crate::{Visit, leave};

impl Visit {
    /// Who asks for an operation. One that is refused leaves its row here.
    pub(crate) fn operator(&self, settings: &Settings, route: Route) -> Result<String, Problem> {
        let headers = self.headers();
        let tenant = match self.request.body() {
            Some(_) => headers.tenant(&settings.clients, route),
            None => headers.authenticate(&settings.clients, route),
        };
        tenant.map(|tenant| tenant.as_str().to_owned()).inspect_err(|problem| {
            let code = Some(problem.code.as_str().to_owned());
            self.leave(settings, route, self.operation(settings, route, None), code);
        })
    }

    /// What `route` asks for, in the name of a tenant.
    pub(crate) fn operation(&self, settings: &Settings, route: Route, tenant: Option<&str>) -> Operation {
        Operation::of(route, &self.random.request_id()).by(tenant, &settings.compliance_framework)
    }

    /// Row, webhook and metrics of an operation, after its answer.
    pub(crate) fn leave(&self, settings: &Settings, route: Route, done: Operation, code: Option<String>) {
        let now_ms = self.clock.unix_ms();
        let done = done.ended(now_ms, self.clock.elapsed_ms(), code);
        if let Some(line) = done.line() {
            leave::row(&line);
        }
        let mut metrics = Metrics::default();
        done.measure(route.pattern(), &mut metrics);
        let event = settings.webhook.as_ref().and_then(|webhook| done.event(webhook, now_ms));
        self.behind(metrics, event);
    }
}
