//! What the requests of an isolate share, and where time and randomness come from.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use js_sys::Function;
use promptgate_core::budget::Share;
use promptgate_core::call::{Health, TokenCache};
use promptgate_core::chat::Counters;
use promptgate_core::in_flight::InFlight;
use promptgate_core::key::memory::Memory;
use promptgate_core::lint::Linter;
use promptgate_core::problem::{Code, Problem};
use promptgate_core::settings::Settings;
use promptgate_core::template::TemplateValidator;
use promptgate_core::template::ownership::Owners;
use promptgate_core::upstream::pace::Pace;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use worker::{Env, State};

use crate::under_way::UnderWay;

thread_local! {
    static SETTINGS: RefCell<Option<Result<Rc<Settings>, Problem>>> = const { RefCell::new(None) };
    static IN_FLIGHT: RefCell<InFlight> = RefCell::new(InFlight::default());
    static HEALTH: RefCell<BTreeMap<String, Health>> = const { RefCell::new(BTreeMap::new()) };
    static RESOURCES: RefCell<Health> = RefCell::new(Health::default());
    static PACE: RefCell<Pace> = RefCell::new(Pace::default());
    static COUNTERS: RefCell<Counters> = RefCell::new(promptgate_vocabularies::counters());
    static KEYS: RefCell<Memory> = RefCell::default();
    static SHARES: RefCell<Shares> = RefCell::default();
    static OWNERS: RefCell<Owners> = RefCell::default();
    static VALIDATOR: TemplateValidator = TemplateValidator::default();
    static LINTER: Rc<Linter> = Rc::new(Linter::default().with_counters(promptgate_vocabularies::counters()));
    static TOKENS: RefCell<BTreeMap<String, TokenCache>> = const { RefCell::new(BTreeMap::new()) };
}

/// The operator's settings, read once: bindings do not change within an isolate.
pub(crate) fn settings(env: &Env) -> Result<Rc<Settings>, Problem> {
    SETTINGS.with_borrow_mut(|settings| {
        let variable = |name: &str| env.var(name).ok().map(|value| value.to_string());
        let read = || {
            // Said once, where the operator looks; clients get it with every request.
            let said = |problem: &Problem| worker::console_error!("{}", problem.document("start"));
            Settings::read_all(variable, texts(env)).inspect_err(said).map(Rc::new)
        };
        settings.get_or_insert_with(read).clone()
    })
}

/// The keys that this isolate remembers. `use_it` must not wait for anything.
pub(crate) fn keys<T>(use_it: impl FnOnce(&mut Memory) -> T) -> T {
    KEYS.with_borrow_mut(use_it)
}

/// This isolate's shares of limits.
#[derive(Default)]
struct Shares {
    /// The isolate's name in all books.
    name: String,
    shares: BTreeMap<String, Share>,
}

/// Most shares that are kept, however idle (ours).
const MAX_SHARES: usize = 5_000;

/// This isolate's share of the limits of `account`. `use_it` must not wait for anything.
pub(crate) fn share<T>(account: &str, use_it: impl FnOnce(&mut Share) -> T) -> T {
    SHARES.with_borrow_mut(|Shares { name, shares }| {
        if name.is_empty() {
            // No request gets this far without randomness.
            *name = random().map(|random| random.request_id()).unwrap_or_default();
        }
        if shares.len() >= MAX_SHARES && !shares.contains_key(account) {
            let now_ms = now_ms();
            shares.retain(|_, share| !share.is_idle(now_ms));
        }
        use_it(shares.entry(account.to_owned()).or_insert_with(|| Share::new(name)))
    })
}

/// Whose templates are, as far as this isolate knows. `use_it` must not wait for anything.
pub(crate) fn owners<T>(use_it: impl FnOnce(&mut Owners) -> T) -> T {
    OWNERS.with_borrow_mut(use_it)
}

/// The names of the variables and secrets that are set.
fn texts(env: &Env) -> Vec<String> {
    let entries = js_sys::Object::entries(env.unchecked_ref());
    let text = |entry: JsValue| {
        let entry: js_sys::Array = entry.into();
        entry.get(1).is_string().then(|| entry.get(0).as_string()).flatten()
    };
    entries.iter().filter_map(text).collect()
}

/// The turns of requests about templates and models. `use_it` must not wait for anything.
pub(crate) fn pace<T>(use_it: impl FnOnce(&mut Pace) -> T) -> T {
    PACE.with_borrow_mut(use_it)
}

/// The bytes of bodies that are being read. `use_it` must not wait for anything.
pub(crate) fn in_flight<T>(use_it: impl FnOnce(&mut InFlight) -> T) -> T {
    IN_FLIGHT.with_borrow_mut(use_it)
}

/// What is known of the health of the models of `upstream`. `use_it` must not wait for anything.
pub(crate) fn health<T>(upstream: &str, use_it: impl FnOnce(&mut Health) -> T) -> T {
    HEALTH.with_borrow_mut(|all| use_it(all.entry(upstream.to_owned()).or_default()))
}

/// The worst breaker of each upstream, for the metrics.
pub(crate) fn breakers(mut each: impl FnMut(&str, u64)) {
    HEALTH.with_borrow(|all| all.iter().for_each(|(upstream, health)| each(upstream, health.breaker())));
}

/// The same of everything else there: templates, definitions of models, usage.
pub(crate) fn resources<T>(use_it: impl FnOnce(&mut Health) -> T) -> T {
    RESOURCES.with_borrow_mut(use_it)
}

/// The encoders that count tokens. `use_it` must not wait for anything.
pub(crate) fn counters<T>(use_it: impl FnOnce(&mut Counters) -> T) -> T {
    COUNTERS.with_borrow_mut(use_it)
}

/// Where templates are checked.
pub(crate) fn validator() -> TemplateValidator {
    VALIDATOR.with(TemplateValidator::clone)
}

/// The linter with its defaults.
pub(crate) fn linter() -> Rc<Linter> {
    LINTER.with(Rc::clone)
}

/// The token of `upstream`. `use_it` must not wait for anything.
pub(crate) fn tokens<T>(upstream: &str, use_it: impl FnOnce(&mut TokenCache) -> T) -> T {
    TOKENS.with_borrow_mut(|all| use_it(all.entry(upstream.to_owned()).or_default()))
}

/// What outlives the answer: work that is handed to it goes on.
#[derive(Clone)]
pub(crate) enum ExecutionContext {
    /// A request, which goes on as long as one of its work does: a promise for each costs more.
    Request(Rc<Done>),
    /// A Durable Object.
    Object(Rc<State>),
}

/// Called when the last of a request's work has ended.
pub(crate) struct Done(Function);

impl Drop for Done {
    fn drop(&mut self) {
        // It only settles a promise.
        let _ = self.0.call0(&JsValue::UNDEFINED);
    }
}

impl ExecutionContext {
    /// That of a request, for which the platform waits until `done` is called.
    pub(crate) fn request(done: Function) -> ExecutionContext {
        ExecutionContext::Request(Rc::new(Done(done)))
    }

    pub(crate) fn wait_until(&self, work: impl Future<Output = ()> + 'static) {
        let under_way = UnderWay::begin();
        match self {
            ExecutionContext::Request(done) => {
                let done = done.clone();
                spawn_local(async move {
                    work.await;
                    drop((under_way, done));
                });
            }
            ExecutionContext::Object(state) => state.wait_until(async move {
                work.await;
                drop(under_way);
            }),
        }
    }
}

/// Unix ms. A number crosses at a fraction of what a `Date` costs.
pub(crate) fn now_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// The clock of one request.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    /// Unix ms.
    pub(crate) started_ms: u64,
}

impl Clock {
    pub(crate) fn start() -> Clock {
        Clock { started_ms: now_ms() }
    }
    pub(crate) fn unix_ms(self) -> u64 {
        now_ms()
    }
    pub(crate) fn elapsed_ms(self) -> u64 {
        self.unix_ms().saturating_sub(self.started_ms)
    }
    pub(crate) fn elapsed(self) -> Duration {
        Duration::from_millis(self.elapsed_ms())
    }
}

/// The random bytes of one request.
pub(crate) struct Random {
    request: [u8; 16],
    /// For the key that is sent upstream.
    pub(crate) key: [u8; 16],
    /// For the jitter.
    pub(crate) seed: u64,
    /// For the ids of a trace and a span.
    pub(crate) trace: [u8; 24],
}

impl Random {
    /// For what is made by this request: a UUID of version 4.
    pub(crate) fn new_id(&self) -> String {
        uuid::Builder::from_random_bytes(self.key).into_uuid().to_string()
    }
    /// A UUID of version 4.
    pub(crate) fn request_id(&self) -> String {
        uuid::Builder::from_random_bytes(self.request).into_uuid().to_string()
    }
}

/// Random bytes from the platform.
///
/// # Errors
/// [`Code::Internal`] where its source fails: two requests with one id, or two calls with one key, are worse than none.
pub(crate) fn random() -> Result<Random, Problem> {
    draw(|bytes| getrandom::fill(bytes).is_ok())
}

fn draw(mut fill: impl FnMut(&mut [u8]) -> bool) -> Result<Random, Problem> {
    // All at once: each asking costs a crossing into JavaScript.
    let mut bytes = [0; 64];
    let failed =
        || Problem::new(Code::Internal, "The platform gives no random bytes, so nothing can be named: try again.");
    if !fill(&mut bytes) {
        return Err(failed());
    }
    let (request, rest) = bytes.split_first_chunk().ok_or_else(failed)?;
    let (key, rest) = rest.split_first_chunk().ok_or_else(failed)?;
    let (trace, rest) = rest.split_first_chunk().ok_or_else(failed)?;
    let (seed, _) = rest.split_first_chunk().ok_or_else(failed)?;
    Ok(Random { request: *request, key: *key, trace: *trace, seed: u64::from_ne_bytes(*seed) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_fails_is_an_error_and_never_zeros() {
        assert_eq!(draw(|_| false).err().map(|problem| problem.code), Some(Code::Internal));
        let random = draw(|bytes| {
            bytes.fill(7);
            true
        });
        assert_eq!(random.unwrap().request_id(), "07070707-0707-4707-8707-070707070707");
    }
}
