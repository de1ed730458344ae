//! Spans of calls for an OpenTelemetry collector: OTLP over HTTP with JSON (specification 1.x), under the names of the
//! conventions for generative AI. A trace is continued where the client sent one (W3C Trace Context, level 1).

use serde_json::{Value, json};

use crate::http::{Header, HttpRequest};
use crate::sensitive::{Bytes, Sensitive};
use crate::upstream::backoff::Random;

/// Most spans of one export (ours).
pub const MAX_SPANS: usize = 500;
/// Where spans go.
#[derive(Debug, Clone, PartialEq)]
pub struct Exporter {
    /// Absolute, up to `/v1/traces`.
    pub url: String,
    /// What lets the gateway in there.
    pub headers: Vec<Header>,
    /// `service.name`.
    pub service: String,
    /// Which part of the traces that begin here is kept, from 0 to 1. A client decides for its own.
    pub ratio: f64,
}

/// The place of one request in a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    /// 16 bytes, not all zero.
    pub id: u128,
    /// The span of the request, 8 bytes, not zero.
    pub span: u64,
    /// The client's span, where it sent one.
    pub parent: Option<u64>,
}

/// One span.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Where it is.
    pub trace: Trace,
    /// `chat gpt-4o`.
    pub name: String,
    /// The client's request, or one that was sent upstream for it.
    pub kind: Kind,
    /// Unix milliseconds.
    pub start_ms: u64,
    /// Unix milliseconds.
    pub end_ms: u64,
    /// By OpenTelemetry's names.
    pub attributes: Vec<(&'static str, Value)>,
    /// The code of the problem that ended it.
    pub error: Option<String>,
}

/// Whose view of a request a span is, by the number of OTLP's schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The gateway's, of its client's request.
    Server = 2,
    /// The gateway's, of a request that it has sent.
    Client = 3,
}

impl Exporter {
    /// The trace of a request, whose `traceparent` is what the client sent; `random` is fresh. None if it is not
    /// sampled.
    pub fn begin(&self, traceparent: Option<&str>, random: [u8; 24]) -> Option<Trace> {
        let (id, span) = split(random);
        match traceparent.and_then(parse) {
            Some((id, parent, sampled)) => sampled.then_some(Trace { id, span, parent: Some(parent) }),
            None => {
                // As `TraceIdRatioBased` decides: by the last 63 bits, so that others decide the same.
                let part = (id as u64 >> 1) as f64 / (1_u64 << 63) as f64;
                (self.ratio >= 1.0 || part < self.ratio).then_some(Trace { id, span, parent: None })
            }
        }
    }

    /// The line of the log for `spans` that the collector did not take; `status` is its answer's, if one came.
    pub fn failure(&self, spans: usize, status: Option<u16>) -> String {
        json!({ "event": "spans_lost", "spans": spans, "status": status }).to_string()
    }

    /// The request that exports `spans`, at most [`MAX_SPANS`] of them.
    pub fn request(&self, spans: &[Span]) -> HttpRequest {
        let spans: Vec<Value> = spans.iter().take(MAX_SPANS).map(Span::document).collect();
        let attribute = |name: &str, value: &str| json!({ "key": name, "value": { "stringValue": value } });
        let body = json!({ "resourceSpans": [{
            "resource": { "attributes": [attribute("service.name", &self.service)] },
            "scopeSpans": [{
                "scope": { "name": "promptgate", "version": env!("CARGO_PKG_VERSION") },
                "spans": spans,
            }],
        }] });
        let mut headers = vec![("content-type".into(), Sensitive::new("application/json"))];
        headers.extend(self.headers.iter().cloned());
        HttpRequest { method: "POST", url: self.url.clone(), headers, body: Bytes(body.to_string().into_bytes()) }
    }
}

impl Trace {
    /// The place of the request `number` that was sent upstream within this one, from 1.
    pub fn attempt(&self, number: u32) -> Trace {
        let mut random = Random(self.span);
        let span = (0..number).map(|_| random.next()).last().unwrap_or_default();
        Trace { id: self.id, span: span.max(1), parent: Some(self.span) }
    }

    /// The header for whoever is asked within the request.
    pub fn traceparent(&self) -> String {
        format!("00-{:032x}-{:016x}-01", self.id, self.span)
    }
}

impl Span {
    fn document(&self) -> Value {
        const ERROR: u8 = 2;
        // A number of 64 bits is text in the JSON of protocol buffers.
        let nanos = |ms: u64| (u128::from(ms) * 1_000_000).to_string();
        let attributes = self.attributes.iter().map(|(name, value)| (*name, value));
        let error = self.error.as_deref().map(Value::from);
        let attributes = attributes.chain(error.as_ref().map(|code| ("error.type", code)));
        let attributes: Vec<Value> =
            attributes.map(|(name, value)| json!({ "key": name, "value": any_value(value) })).collect();
        let mut span = json!({
            "traceId": format!("{:032x}", self.trace.id),
            "spanId": format!("{:016x}", self.trace.span),
            "name": self.name,
            "kind": self.kind as u8,
            "startTimeUnixNano": nanos(self.start_ms),
            "endTimeUnixNano": nanos(self.end_ms.max(self.start_ms)),
            "attributes": attributes,
            "status": if self.error.is_some() { json!({ "code": ERROR }) } else { json!({}) },
        });
        if let (Some(parent), Some(members)) = (self.trace.parent, span.as_object_mut()) {
            members.insert("parentSpanId".into(), format!("{parent:016x}").into());
        }
        span
    }
}

/// An attribute's value, as the JSON of protocol buffers has it.
fn any_value(value: &Value) -> Value {
    match value {
        Value::Bool(value) => json!({ "boolValue": value }),
        Value::Number(value) if value.is_u64() || value.is_i64() => json!({ "intValue": value.to_string() }),
        Value::Number(value) => json!({ "doubleValue": value }),
        Value::String(value) => json!({ "stringValue": value }),
        Value::Array(values) => {
            json!({ "arrayValue": { "values": values.iter().map(any_value).collect::<Vec<_>>() } })
        }
        value => json!({ "stringValue": value.to_string() }),
    }
}

/// Ids of a trace and a span, neither of them zero.
fn split(random: [u8; 24]) -> (u128, u64) {
    let (id, span) = random.split_at(16);
    let number = |bytes: &[u8]| bytes.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    (number(id).max(1), (number(span) as u64).max(1))
}

/// The trace, the client's span, and whether it is sampled, of a `traceparent`.
fn parse(header: &str) -> Option<(u128, u64, bool)> {
    let mut parts = header.trim().split('-');
    let (version, id, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    if !hex(version, 2) || version == "ff" || version == "00" && parts.next().is_some() {
        return None;
    }
    if !hex(id, 32) || !hex(span, 16) || !hex(flags, 2) {
        return None;
    }
    let (id, span) = (u128::from_str_radix(id, 16).ok()?, u64::from_str_radix(span, 16).ok()?);
    let flags = u8::from_str_radix(flags, 16).ok()?;
    (id != 0 && span != 0).then_some((id, span, flags & 1 == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn exporter(ratio: f64) -> Exporter {
        let headers = vec![("x-api-key".into(), Sensitive::new("canary"))];
        Exporter { url: "https://collector/v1/traces".into(), headers, service: "promptgate".into(), ratio }
    }

    #[test]
    fn a_clients_trace_is_continued_as_it_decided() {
        let trace = exporter(0.0).begin(Some(PARENT), [7; 24]).unwrap();
        assert_eq!(trace.id, 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c);
        assert_eq!((trace.parent, trace.span), (Some(0xb7ad_6b71_6920_3331), 0x0707_0707_0707_0707));
        assert_eq!(trace.traceparent(), "00-0af7651916cd43dd8448eb211c80319c-0707070707070707-01");
        assert_eq!(exporter(1.0).begin(Some(&PARENT.replace("-01", "-00")), [7; 24]), None);
        assert!(exporter(0.0).begin(Some(&format!("{}-future", PARENT.replace("00-0a", "cc-0a"))), [7; 24]).is_some());
    }

    #[test]
    fn what_is_no_traceparent_begins_a_trace() {
        for header in [
            "",
            "00",
            "00-0-0-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-é1",
        ] {
            let trace = exporter(1.0).begin(Some(header), [7; 24]).unwrap();
            assert_eq!((trace.parent, trace.id), (None, u128::from_be_bytes([7; 16])), "{header}");
        }
        assert_eq!(exporter(1.0).begin(None, [0; 24]).map(|trace| (trace.id, trace.span)), Some((1, 1)));
    }

    #[test]
    fn the_ratio_is_kept() {
        let mut kept = 0;
        for n in 0..=255_u8 {
            let mut random = [1; 24];
            random[8] = n;
            kept += u32::from(exporter(0.25).begin(None, random).is_some());
        }
        assert_eq!(kept, 64);
        assert_eq!(exporter(0.0).begin(None, [0; 24]), None);
        assert!(exporter(1.0).begin(None, [255; 24]).is_some());
    }

    #[test]
    fn an_export_is_what_the_schema_asks_for() {
        let trace = exporter(1.0).begin(Some(PARENT), [7; 24]).unwrap();
        let span = Span {
            trace,
            name: "chat m".into(),
            kind: Kind::Server,
            start_ms: 1_700_000_000_000,
            end_ms: 1_700_000_000_250,
            attributes: vec![
                ("gen_ai.operation.name", "chat".into()),
                ("gen_ai.usage.input_tokens", 7.into()),
                ("gen_ai.response.finish_reasons", json!(["stop"])),
            ],
            error: Some("upstream_timeout".into()),
        };
        let request = exporter(1.0).request(&[span]);
        assert!(!format!("{request:?}").contains("canary"));
        let body: Value = serde_json::from_slice(&request.body.0).unwrap();
        let sent = &body["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!(
            *sent,
            json!({
                "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "0707070707070707",
                "parentSpanId": "b7ad6b7169203331", "name": "chat m", "kind": 2,
                "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000000250000000",
                "attributes": [
                    { "key": "gen_ai.operation.name", "value": { "stringValue": "chat" } },
                    { "key": "gen_ai.usage.input_tokens", "value": { "intValue": "7" } },
                    { "key": "gen_ai.response.finish_reasons",
                        "value": { "arrayValue": { "values": [{ "stringValue": "stop" }] } } },
                    { "key": "error.type", "value": { "stringValue": "upstream_timeout" } },
                ],
                "status": { "code": 2 },
            })
        );
        let many = vec![sent_span(trace); MAX_SPANS + 1];
        let body: Value = serde_json::from_slice(&exporter(1.0).request(&many).body.0).unwrap();
        assert_eq!(body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().len(), MAX_SPANS);
    }

    #[test]
    fn what_is_sent_has_a_place_of_its_own_in_the_trace() {
        let trace = exporter(1.0).begin(Some(PARENT), [7; 24]).unwrap();
        let places: Vec<Trace> = (1..=3).map(|number| trace.attempt(number)).collect();
        for (at, place) in places.iter().enumerate() {
            assert_eq!((place.id, place.parent), (trace.id, Some(trace.span)));
            assert!(place.span != trace.span && places.iter().skip(at + 1).all(|other| other.span != place.span));
            assert_eq!(*place, trace.attempt(at as u32 + 1), "it is the same for whoever asks");
        }
    }

    fn sent_span(trace: Trace) -> Span {
        Span {
            trace,
            name: "chat".into(),
            kind: Kind::Client,
            start_ms: 2,
            end_ms: 1,
            attributes: Vec::new(),
            error: None,
        }
    }
}
