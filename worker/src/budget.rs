//! What a request may use: reserved before its call, settled after it.

use std::time::Duration;

use promptgate_core::budget::{self, Amounts, Limits, Report, Reserved, Scope, Share, Take};
use promptgate_core::problem::Problem;
use worker::Env;

use crate::bridge::Delay;
use crate::context::RequestContext;
use crate::object;
use crate::object::budget::Question;
use crate::state::{self, ExecutionContext};

/// How often one that waits for another's question looks again: no request may wait for another's I/O.
const PAUSE: Duration = Duration::from_millis(2);
/// How long what was used may stay untold while the limit is far (ours): half of a lease.
const REPORT: Duration = Duration::from_secs(5);

/// Whose limits a request is held against.
#[derive(Debug, Clone)]
struct Account {
    scope: Scope,
    name: String,
    tenant: String,
    limits: Limits,
}

/// What was reserved for a call. Where it is dropped, nothing was used.
pub(crate) struct Reservation {
    held: Vec<(Account, Reserved)>,
}

impl RequestContext {
    fn accounts(&self) -> Vec<Account> {
        let tenant = self.tenant().to_owned();
        let of_key = Account {
            scope: Scope::Key,
            name: self.caller.key_id.clone(),
            tenant: tenant.clone(),
            limits: self.caller.limits.clone(),
        };
        let limits = self.settings.tenant_limits(&tenant);
        let of_tenant = Account { scope: Scope::Tenant, name: tenant.clone(), tenant, limits };
        [of_key, of_tenant].into_iter().filter(|account| !account.limits.is_empty()).collect()
    }

    /// Reserves what this request needs of its key's limits and its tenant's.
    ///
    /// # Errors
    /// `limit_reached`, and those of [`object::budget::ask`]: where the books cannot be had nothing is spent.
    pub(crate) async fn reserve(&self, need: Amounts) -> Result<Reservation, Problem> {
        let mut reservation = Reservation { held: Vec::new() };
        for account in self.accounts() {
            let reserved = self.take(&account, need).await;
            match reserved {
                Ok(reserved) => reservation.held.push((account, reserved)),
                Err(problem) => {
                    reservation.settle(Amounts::default(), &self.life, &self.env);
                    return Err(problem);
                }
            }
        }
        Ok(reservation)
    }

    async fn take(&self, account: &Account, need: Amounts) -> Result<Reserved, Problem> {
        loop {
            let now_ms = state::now_ms();
            let take = |share: &mut Share| share.take(need, &account.limits, now_ms, self.limits.deadline_ms);
            match account.share(take) {
                Take::Reserved(reserved) => return Ok(reserved),
                Take::Refused(refusal) => return Err(refusal.problem(account.scope)),
                Take::Wait => {
                    self.limits.within(Delay::from(PAUSE)).await?;
                }
                Take::Ask(exchange) => account.exchange(&self.env, exchange, now_ms).await?,
            }
        }
    }

    /// What is left, for the headers of an answer.
    pub(crate) fn rate_headers(&self) -> Vec<(&'static str, String)> {
        let accounts = self.accounts();
        let now_ms = state::now_ms();
        let shares: Vec<Share> = accounts.iter().map(|account| account.share(|share| share.clone())).collect();
        let limited: Vec<(&Limits, &Share)> = accounts.iter().map(|account| &account.limits).zip(&shares).collect();
        budget::headers(&limited, now_ms)
    }
}

impl Account {
    fn share<T>(&self, use_it: impl FnOnce(&mut Share) -> T) -> T {
        state::share(&format!("{}:{}", self.scope.as_str(), self.name), use_it)
    }

    async fn exchange(&self, env: &Env, exchange: budget::Exchange, asked_ms: u64) -> Result<(), Problem> {
        let number = exchange.number;
        let Account { scope, name, tenant, .. } = self.clone();
        match object::budget::ask(env, &Question { scope, name, tenant, exchange }).await {
            Ok(answer) => self
                .share(|share| share.answer(number, &answer, asked_ms))
                .map_err(|refusal| refusal.problem(self.scope)),
            Err(problem) => {
                self.share(|share| share.lost(number));
                Err(problem)
            }
        }
    }

    /// Tells the books what was used, now or soon.
    fn report(self, report: Report, life: &ExecutionContext, env: &Env) {
        let wait = match report {
            Report::Now => Duration::ZERO,
            Report::Later => REPORT,
            Report::Scheduled => return,
        };
        let env = env.clone();
        life.wait_until(async move {
            if !wait.is_zero() {
                Delay::from(wait).await;
            }
            while self.share(|share| share.is_asking(state::now_ms())) {
                Delay::from(PAUSE).await;
            }
            let now_ms = state::now_ms();
            if let Some(exchange) = self.share(|share| share.report(&self.limits, now_ms)) {
                // Usage that is not reported now is reported with the next question.
                let _ = self.exchange(&env, exchange, now_ms).await;
            }
        });
    }
}

impl Reservation {
    /// The call has ended that used `amounts`.
    pub(crate) fn settle(mut self, amounts: Amounts, life: &ExecutionContext, env: &Env) {
        for (account, reserved) in std::mem::take(&mut self.held) {
            let report = account.share(|share| share.settle(&reserved, amounts));
            account.report(report, life, env);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        for (account, reserved) in std::mem::take(&mut self.held) {
            account.share(|share| share.settle(&reserved, Amounts::default()));
        }
    }
}
