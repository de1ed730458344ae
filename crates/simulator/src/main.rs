//! `promptgate-simulator`: an upstream LLM gateway on this machine, with faults on demand.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use promptgate_simulator::{Config, MODELS, Simulator};
use tokio::signal::unix::{SignalKind, signal};

const AFTER_HELP: &str = "\
Its first line on standard output is `listening on http://HOST:PORT`.
It speaks contract/upstream.v1.md, and OpenAI's wire under /v1 (Azure's under /openai); faults and counters are under /_simulator/:
GET /_simulator/faults lists every kind of fault.";

/// An upstream LLM gateway on this machine, with faults on demand
#[derive(Parser)]
#[command(version, after_help = AFTER_HELP)]
struct Options {
    /// Port to listen on; 0 picks a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Seed of the answers: same seed and same body, same answer
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Sentences of an answer; 0 is a few, as seed and body will have it
    #[arg(long, default_value_t = 0)]
    sentences: u64,
    /// Tokens per second of an answer; 0 is as fast as possible
    #[arg(long, default_value_t = 0)]
    rate: u32,
    /// The OAuth client's id
    #[arg(long, default_value = "dev-client")]
    client_id: String,
    /// The OAuth client's secret
    #[arg(long, default_value = "dev-secret")]
    client_secret: String,
    /// Life of a token in seconds
    #[arg(long, default_value_t = 86_400)]
    expires_in: u64,
    /// Refuse prompts of more tokens with token.limit.exceeded; 0 is no limit
    #[arg(long, default_value_t = 0)]
    token_limit: u64,
    /// The key of OpenAI's wire
    #[arg(long, default_value = "dev-key")]
    api_key: String,
    /// The models there are on OpenAI's wire
    #[arg(long, value_delimiter = ',', default_value = MODELS)]
    models: Vec<String>,
    /// Keep templates, prompts and models in this file over a restart
    #[arg(long)]
    state: Option<std::path::PathBuf>,
    /// End when standard input ends, so that it never outlives what started it
    #[arg(long)]
    exit_with_stdin: bool,
    /// Log nothing (the default)
    #[arg(long, short, conflicts_with = "verbose")]
    quiet: bool,
    /// Log one line per request to standard error; never bodies or tokens
    #[arg(long, short)]
    verbose: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = tokio::runtime::Runtime::new().and_then(|runtime| {
        let outcome = runtime.block_on(run(options));
        // A thread may still wait for standard input.
        runtime.shutdown_background();
        outcome
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is closed too, the exit code has to say it.
            let _ = writeln!(io::stderr(), "promptgate-simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> io::Result<()> {
    let config = Config {
        seed: options.seed,
        sentences: options.sentences,
        rate: options.rate,
        client_id: options.client_id,
        client_secret: options.client_secret,
        expires_in: options.expires_in,
        token_limit: options.token_limit,
        api_key: options.api_key,
        models: options.models,
        state: options.state,
        verbose: options.verbose && !options.quiet,
    };
    let simulator = Simulator::bind(&options.host, options.port, config).await?;
    let save = simulator.saver();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut stdout = io::stdout();
    writeln!(stdout, "listening on http://{}", simulator.address())?;
    stdout.flush()?;
    tokio::select! {
        _ = simulator.run() => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = end_of_stdin(), if options.exit_with_stdin => {}
    }
    save()
}

async fn end_of_stdin() {
    // An error ends the wait as the end does: nobody is there any more.
    let _ = tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await;
}
