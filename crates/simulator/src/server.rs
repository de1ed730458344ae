//! Accepts connections, reads requests, and sends each to its endpoint.

use std::convert::Infallible;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderValue;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::config::Config;
use crate::early::REDIRECT_TARGET;
use crate::fault::On;
use crate::id::uuid_of;
use crate::record::{Received, Record};
use crate::refusal::{CORRELATION, Refusal, Shape, json_answer};
use crate::reply::{Body, Cut};
use crate::route::{Route, route};
use crate::wire::{Line, Wire};
use crate::world::{RECORDS_KEPT, World};
use crate::{chat, control, execute, kept, oauth, openai, resource, webhook};

/// Most bytes of a request body, and of one with images (OpenAI's wire).
const BODY_CAP: usize = 4 << 20;
const OPENAI_BODY_CAP: usize = 16 << 20;

/// A simulator that listens.
pub struct Simulator {
    listener: TcpListener,
    address: SocketAddr,
    world: Arc<World>,
}

impl Simulator {
    /// Listens on `host` and `port`; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address can't be had, or the file of `config.state` is not one.
    pub async fn bind(host: &str, port: u16, config: Config) -> io::Result<Self> {
        let listener = TcpListener::bind((host, port)).await?;
        let address = listener.local_addr()?;
        let world = World::new(config);
        if let Some(file) = &world.config.state {
            kept::load(&world, file)?;
        }
        Ok(Self { listener, address, world })
    }

    /// What writes the file of `config.state` a last time, at the end.
    pub fn saver(&self) -> impl FnOnce() -> io::Result<()> + use<> {
        let world = Arc::clone(&self.world);
        move || world.config.state.as_ref().map_or(Ok(()), |file| kept::save(&world, file))
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until it is dropped.
    pub async fn run(self) -> Infallible {
        if let Some(file) = self.world.config.state.clone() {
            let world = Arc::clone(&self.world);
            tokio::spawn(async move { kept::follow(&world, &file).await });
        }
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    tokio::spawn(connection(Arc::clone(&self.world), stream));
                }
                // Out of file descriptors, most likely: others may close theirs.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }
}

async fn connection(world: Arc<World>, stream: TcpStream) {
    // Without it small frames wait for acknowledgements; a failure costs only time.
    let _ = stream.set_nodelay(true);
    let line = Arc::new(Line::default());
    let wire = Wire::new(stream, Arc::clone(&line), Arc::clone(&world));
    let service = service_fn(move |request| {
        let (world, line) = (Arc::clone(&world), Arc::clone(&line));
        async move { serve(world, line, request).await }
    });
    // Errors here are cuts on demand and clients that left; both are counted elsewhere.
    let _ = http1::Builder::new().max_buf_size(64 << 10).serve_connection(TokioIo::new(wire), service).await;
}

async fn serve(world: Arc<World>, line: Arc<Line>, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
    let begun = Instant::now();
    let (parts, incoming) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let openai = openai::target(&path);
    let cap = if openai.is_some() { OPENAI_BODY_CAP } else { BODY_CAP };
    let body = match Limited::new(incoming, cap).collect().await {
        Ok(body) => Some(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => None,
        Err(_) => return Err(Cut::Close),
    };
    let too_large = body.is_none();
    let received = Received {
        method: parts.method,
        path: path.clone(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        body: body.unwrap_or_else(Bytes::new),
        correlation: String::new(),
    };
    let endpoint = endpoint_of(&received.method, &received.path);
    line.count(endpoint != "control");
    let received = arrive(&world, received, endpoint);
    let served = if too_large {
        let shape = openai.map_or(Shape::Api, |target| target.shape());
        Ok(Refusal::usual(413, shape).answer(shape, &received.correlation))
    } else if let Some(target) = openai {
        openai::serve(&world, &line, &received, target).await
    } else {
        match endpoint {
            "token" => oauth::token(&world, &line, &received).await,
            "chat" => chat::chat(&world, &line, &received).await,
            "webhook" => webhook::webhook(&world, &line, &received).await,
            "redirect_target" => Ok(json_answer(200, &serde_json::json!({"redirected": true}))),
            "control" => Ok(control::control(&world, &received).await),
            _ => resource(&world, &line, &received).await,
        }
    };
    leave(&world, &received, endpoint, served, begun)
}

/// Answers a request of the table in `route.rs`, or one that is nobody's.
async fn resource(world: &Arc<World>, line: &Arc<Line>, received: &Received) -> Result<Response<Body>, Cut> {
    let refusal = match route(&received.method, &received.path) {
        Route::To(endpoint, _) if endpoint.on == On::Execute => return execute::execute(world, line, received).await,
        Route::To(endpoint, names) => return resource::serve(world, line, received, endpoint, &names).await,
        Route::Methods(allowed) => Refusal::method("method.not.allowed", &allowed),
        Route::Unknown => Refusal::usual(404, Shape::Api),
    };
    Ok(refusal.answer(Shape::Api, &received.correlation))
}

/// The endpoint that a request belongs to.
fn endpoint_of(method: &Method, path: &str) -> &'static str {
    match path {
        oauth::PATH => "token",
        chat::PATH => "chat",
        REDIRECT_TARGET => "redirect_target",
        webhook::PATH => "webhook",
        _ if path.strip_prefix(webhook::PATH).is_some_and(|rest| rest.starts_with('/')) => "webhook",
        _ if path.starts_with("/_simulator/") => "control",
        _ => match (openai::target(path), route(method, path)) {
            (Some(target), _) => target.on(method).map_or("unknown", On::name),
            (None, Route::To(endpoint, _)) => endpoint.on.name(),
            (None, Route::Methods(_) | Route::Unknown) => "unknown",
        },
    }
}

/// Counts and records a request, and names its answer.
fn arrive(world: &World, mut received: Received, endpoint: &'static str) -> Received {
    if endpoint == "control" {
        return received;
    }
    world.update(|state| {
        let counter = state.counts.requests.entry(endpoint).or_default();
        *counter += 1;
        received.correlation = uuid_of(&format!("{} {endpoint} {counter}", world.config.seed));
        if endpoint != "webhook" {
            let record = Record::of(&received, endpoint, *counter);
            if state.requests.len() >= RECORDS_KEPT {
                state.requests.pop_front();
            }
            state.requests.push_back(record);
        }
    });
    received
}

/// Counts, logs and labels an answer.
fn leave(
    world: &World,
    received: &Received,
    endpoint: &'static str,
    mut served: Result<Response<Body>, Cut>,
    begun: Instant,
) -> Result<Response<Body>, Cut> {
    if let (Ok(answer), true) = (&mut served, endpoint != "control") {
        if let Ok(value) = HeaderValue::from_str(&received.correlation) {
            answer.headers_mut().insert(CORRELATION, value);
        }
        let status = answer.status().as_u16();
        world.update(|state| {
            *state.counts.answers.entry(endpoint).or_default().entry(status).or_default() += 1;
        });
    }
    if world.config.verbose && endpoint != "control" {
        let status = match &served {
            Ok(answer) => answer.status().as_u16().to_string(),
            Err(cut) => cut.to_string(),
        };
        let (method, ms) = (&received.method, begun.elapsed().as_millis());
        // A log that nobody reads any more is no reason to stop.
        let _ = writeln!(io::stderr(), "{method} {} {status} {ms} ms", received.path);
    }
    served
}
