//! What calls have used: one row per call, and the sums that analytics asks for.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::fault::Fault;
use crate::world::World;

/// Rows past this number push out the oldest.
const ROWS_KEPT: usize = 100_000;
/// The gateway of the simulator's own calls.
const GATEWAY: &str = "simulator";

/// The names by which rows can be grouped.
pub(crate) const GROUPS: &[&str] = &["llmGatewayId", "modelId", "templateId"];
/// The figures there are.
pub(crate) const METRICS: &[&str] =
    &["totalTokens", "inputTokens", "outputTokens", "latencyMs", "errorCount", "requestCount"];

/// Which call a row is about.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) model_id: &'a str,
    pub(crate) template_id: Option<&'a str>,
}

/// One call, or many that a test has put together.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) at: OffsetDateTime,
    pub(crate) gateway_id: Option<String>,
    pub(crate) model_id: Option<String>,
    pub(crate) template_id: Option<String>,
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    pub(crate) latency_ms: u64,
    pub(crate) error: bool,
}

impl Row {
    /// The row as the control API shows it.
    pub(crate) fn shown(&self) -> Value {
        json!({
            "date": self.at.format(&Rfc3339).unwrap_or_default(),
            "llmGatewayId": self.gateway_id,
            "modelId": self.model_id,
            "templateId": self.template_id,
            "inputTokens": self.input_tokens,
            "outputTokens": self.output_tokens,
            "latencyMs": self.latency_ms,
            "error": self.error,
        })
    }

    fn group(&self, name: &str) -> Option<&str> {
        match name {
            "llmGatewayId" => self.gateway_id.as_deref(),
            "modelId" => self.model_id.as_deref(),
            _ => self.template_id.as_deref(),
        }
    }
}

/// Every row since the last reset.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    rows: VecDeque<Row>,
}

impl Usage {
    /// A call that used tokens; `error` if its answer ended in one.
    pub(crate) fn executed(&mut self, call: Call<'_>, tokens: (u64, u64), latency_ms: u64, error: bool) {
        let (input_tokens, output_tokens) = tokens;
        self.add(Row {
            at: OffsetDateTime::now_utc(),
            gateway_id: Some(GATEWAY.into()),
            model_id: Some(call.model_id.into()),
            template_id: call.template_id.map(str::to_owned),
            input_tokens,
            output_tokens,
            latency_ms,
            error,
        });
    }

    /// A call that a fault answered before it was executed.
    pub(crate) fn failed(&mut self, call: Call<'_>, latency_ms: u64) {
        self.executed(call, (0, 0), latency_ms, true);
    }

    pub(crate) fn add(&mut self, row: Row) {
        if self.rows.len() >= ROWS_KEPT {
            self.rows.pop_front();
        }
        self.rows.push_back(row);
    }

    pub(crate) fn list(&self) -> Value {
        self.rows.iter().map(Row::shown).collect()
    }

    /// One entity per group of the rows from `from` to before `to`, in the order of the groups.
    pub(crate) fn query(
        &self,
        from: OffsetDateTime,
        to: OffsetDateTime,
        groups: &[String],
        metrics: &[String],
    ) -> Vec<Value> {
        let mut sums: BTreeMap<Vec<Option<&str>>, Sum> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| from <= row.at && row.at < to) {
            let group = groups.iter().map(|name| row.group(name)).collect();
            sums.entry(group).or_default().add(row);
        }
        sums.iter()
            .map(|(values, sum)| {
                let group: Map<String, Value> =
                    groups.iter().zip(values).map(|(name, value)| (name.clone(), json!(value))).collect();
                let figures: Map<String, Value> = metrics.iter().map(|name| (name.clone(), sum.metric(name))).collect();
                json!({"group": group, "metrics": figures})
            })
            .collect()
    }
}

/// How long a call takes by its faults and the simulator's rate; measured times would differ between runs.
pub(crate) fn planned_ms(world: &World, faults: &[Fault], tokens: u64) -> u64 {
    let delays = faults.iter().fold(0_u64, |sum, fault| match fault {
        Fault::Delay { ms } | Fault::DelayFirstByte { ms } => sum.saturating_add(*ms),
        _ => sum,
    });
    let pace = Duration::from_secs(tokens).checked_div(world.config.rate).unwrap_or_default();
    delays.saturating_add(u64::try_from(pace.as_millis()).unwrap_or(u64::MAX))
}

#[derive(Default)]
struct Sum {
    rows: u64,
    errors: u64,
    input: u64,
    output: u64,
    latency: u64,
}

impl Sum {
    fn add(&mut self, row: &Row) {
        self.rows += 1;
        self.errors += u64::from(row.error);
        self.input = self.input.saturating_add(row.input_tokens);
        self.output = self.output.saturating_add(row.output_tokens);
        self.latency = self.latency.saturating_add(row.latency_ms);
    }

    #[expect(clippy::cast_precision_loss, reason = "a mean")]
    fn metric(&self, name: &str) -> Value {
        match name {
            "totalTokens" => self.input.saturating_add(self.output).into(),
            "inputTokens" => self.input.into(),
            "outputTokens" => self.output.into(),
            "latencyMs" => (self.latency as f64 / self.rows.max(1) as f64).into(),
            "errorCount" => self.errors.into(),
            _ => self.rows.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_summed_by_group_in_order() {
        let mut usage = Usage::default();
        for (day, model, input, latency_ms, error) in [
            (1, Some("b"), 5, 10, false),
            (2, Some("a"), 7, 20, true),
            (3, Some("a"), 1, 5, false),
            (4, None, 9, 9, false),
        ] {
            usage.add(Row {
                at: OffsetDateTime::UNIX_EPOCH + Duration::from_secs(day * 86_400),
                gateway_id: None,
                model_id: model.map(str::to_owned),
                template_id: None,
                input_tokens: input,
                output_tokens: 1,
                latency_ms,
                error,
            });
        }
        let day = |n: u64| OffsetDateTime::UNIX_EPOCH + Duration::from_secs(n * 86_400);
        let metrics = METRICS.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let found = usage.query(day(1), day(4), &["modelId".into()], &metrics);
        let a = json!({"totalTokens": 10, "inputTokens": 8, "outputTokens": 2, "latencyMs": 12.5, "errorCount": 1,
            "requestCount": 2});
        assert_eq!(found.len(), 2, "the end is not included");
        assert_eq!((&found[0]["group"]["modelId"], &found[0]["metrics"]), (&json!("a"), &a));
        assert_eq!(found[1]["group"]["modelId"], "b");
        assert_eq!(usage.query(day(4), day(5), &["modelId".into()], &metrics)[0]["group"]["modelId"], Value::Null);
    }
}
