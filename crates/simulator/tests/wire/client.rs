//! A simulator in this process, and an HTTP client that shows chunks and how a connection ended.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use promptgate_simulator::{Config, Simulator};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub const CHAT: &str = "/api/v2/ai/llm-gateway/chat";
/// A test that waits longer is broken; nothing is synchronised by it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running simulator and a token for it.
pub struct Sim {
    pub address: SocketAddr,
    pub token: String,
}

/// How an answer ended.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum End {
    /// By its framing.
    Clean,
    /// By FIN.
    Closed,
    /// By RST.
    Reset,
}

/// One answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub chunks: Vec<Vec<u8>>,
    pub end: End,
}

impl Answer {
    pub fn bytes(&self) -> Vec<u8> {
        self.chunks.concat()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes()).unwrap()
    }

    /// The contents of the frames, joined.
    pub fn text(&self) -> String {
        self.frames().0.iter().filter_map(|frame| frame["content"].as_str()).collect()
    }

    /// Status and `code` of an error.
    pub fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The lines that are JSON, and how many are not.
    pub fn frames(&self) -> (Vec<Value>, usize) {
        let bytes = self.bytes();
        let lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').filter(|l| !l.trim_ascii().is_empty()).collect();
        let good: Vec<Value> = lines.iter().filter_map(|l| serde_json::from_slice(l).ok()).collect();
        let bad = lines.len() - good.len();
        (good, bad)
    }
}

impl Sim {
    pub async fn start() -> Self {
        Self::start_with(Config::default()).await
    }

    pub async fn start_with(config: Config) -> Self {
        let simulator = Simulator::bind("127.0.0.1", 0, config).await.unwrap();
        let mut sim = Self { address: simulator.address(), token: String::new() };
        tokio::spawn(simulator.run());
        sim.token = sim.issue("").await;
        sim
    }

    /// A token with the scopes (none: all).
    pub async fn issue(&self, scope: &str) -> String {
        let answer = self.token_call(scope).await.whole().await.unwrap();
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub async fn token_call(&self, scope: &str) -> Call {
        let scope = if scope.is_empty() { String::new() } else { format!("&scope={scope}") };
        let headers = [
            ("Authorization", "Basic ZGV2LWNsaWVudDpkZXYtc2VjcmV0"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        let body = format!("grant_type=client_credentials{scope}");
        self.call("POST", "/oauth/token", &headers, body.as_bytes()).await
    }

    /// Sends a chat call; `headers` come on top.
    pub async fn chat(&self, headers: &[(&str, &str)], body: &Value) -> Call {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        all.extend_from_slice(headers);
        self.call("POST", CHAT, &all, body.to_string().as_bytes()).await
    }

    /// Sends a chat call with a fault in its header.
    pub async fn faulty(&self, fault: Value) -> Call {
        self.chat(&[("X-Simulator-Fault", &fault.to_string())], &body(8)).await
    }

    /// Sends a JSON call with the token; `headers` come on top.
    pub async fn api(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        all.extend_from_slice(headers);
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.call(method, path, &all, text.as_bytes()).await.whole().await.unwrap()
    }

    /// Reads with the token.
    pub async fn get(&self, path: &str) -> Answer {
        self.api("GET", path, &[], &Value::Null).await
    }

    pub async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Call {
        let mut call = Call { stream: TcpStream::connect(self.address).await.unwrap(), buffer: Vec::new() };
        call.send(method, path, headers, body).await;
        call
    }

    /// A control call that must succeed.
    pub async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.try_control(method, path, &body.to_string()).await;
        assert_eq!(answer.status, 200, "{:?}", answer.json());
        answer.json()
    }

    pub async fn try_control(&self, method: &str, path: &str, body: &str) -> Answer {
        let path = format!("/_simulator/{path}");
        self.call(method, &path, &[], body.as_bytes()).await.whole().await.unwrap()
    }

    /// Waits for counters; the stats then.
    pub async fn wait(&self, query: &str) -> Value {
        self.control("GET", &format!("wait?{query}"), Value::Null).await
    }

    pub async fn stats(&self) -> Value {
        self.control("GET", "stats", Value::Null).await
    }

    pub async fn open_gate(&self) {
        self.control("POST", "gate", json!({})).await;
    }

    pub async fn queue(&self, rules: Value) {
        self.control("POST", "faults", rules).await;
    }
}

/// A valid chat body.
pub fn body(max_tokens: u64) -> Value {
    json!({
        "systemInstructions": ["Be kind."],
        "context": [{"role": "user", "content": "Where is my parcel?"}],
        "temperature": 0.3, "maxTokens": max_tokens, "modelId": "m"
    })
}

/// One connection. Dropping it is how a client goes away.
pub struct Call {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Call {
    pub async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: sim\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        // The server may answer before it has read everything; that is for the reader to see.
        let _ = self.stream.write_all(&[head.as_bytes(), body].concat()).await;
    }

    /// Status and headers, or how the connection ended before them.
    pub async fn head(&mut self) -> Result<(u16, BTreeMap<String, String>), End> {
        let text = self.until(b"\r\n\r\n").await?;
        let text = String::from_utf8(text).unwrap();
        let mut lines = text.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Ok((status, headers))
    }

    /// The next chunk of a chunked body.
    pub async fn chunk(&mut self) -> Result<Vec<u8>, End> {
        let size = self.until(b"\r\n").await?;
        let size = std::str::from_utf8(&size).unwrap().trim_end();
        let size = usize::from_str_radix(size, 16).unwrap();
        let mut chunk = self.exactly(size + 2).await?;
        chunk.truncate(size);
        if size == 0 { Err(End::Clean) } else { Ok(chunk) }
    }

    /// The rest of the answer; an error if there was none.
    pub async fn whole(mut self) -> Result<Answer, End> {
        self.answer().await
    }

    /// As `whole`, keeping the connection.
    pub async fn answer(&mut self) -> Result<Answer, End> {
        let (status, headers) = self.head().await?;
        let mut chunks = Vec::new();
        let end = match headers.get("content-length") {
            Some(length) => match self.exactly(length.parse().unwrap()).await {
                Ok(bytes) => {
                    chunks.push(bytes);
                    End::Clean
                }
                Err(end) => end,
            },
            // It has no body (RFC 9110, 15.3.5).
            None if status == 204 => End::Clean,
            None => loop {
                match self.chunk().await {
                    Ok(chunk) => chunks.push(chunk),
                    Err(end) => break end,
                }
            },
        };
        Ok(Answer { status, headers, chunks, end })
    }

    async fn until(&mut self, mark: &[u8]) -> Result<Vec<u8>, End> {
        loop {
            if let Some(at) = self.buffer.windows(mark.len()).position(|w| w == mark) {
                return Ok(self.buffer.drain(..at + mark.len()).collect());
            }
            self.more().await?;
        }
    }

    async fn exactly(&mut self, length: usize) -> Result<Vec<u8>, End> {
        while self.buffer.len() < length {
            self.more().await?;
        }
        Ok(self.buffer.drain(..length).collect())
    }

    async fn more(&mut self) -> Result<(), End> {
        let read = timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await.expect("patience");
        match read {
            Ok(0) => Err(End::Closed),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Err(End::Reset),
            Err(error) => panic!("{error}"),
        }
    }
}
