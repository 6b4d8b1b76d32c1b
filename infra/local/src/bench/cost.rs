//! What a request costs on AWS, from what the meter counted.
//!
//! These are estimates for people, of millionths of a dollar: floats, unlike the money that the portal handles.

use serde_json::Value;

/// What is assumed and not measured.
pub(super) const ASSUMPTIONS: &str = "\
Prices: us-east-1 list, November 2026, on demand. DynamoDB 0.625 a million write units and 0.125 a million read units,
KMS 15.00 a million signatures, HTTP API 1.00 a million requests, Lambda 0.20 a million and 0.0000133334 a GB-s (arm64).
Lambda's milliseconds are an assumption: the processor time of a warm request, measured here with the doubles of AWS and
the client in it (so it is too high), times 1769 MB / the function's memory in template.yaml, as Lambda gives a processor
for 1769 MB; and 4 ms for each round of calls to DynamoDB. The stream's jobs, two of them, are taken to get a hundred
changes at a time.";

const WRITE_UNIT: f64 = 0.625;
const READ_UNIT: f64 = 0.125;
const SIGNATURE: f64 = 15.0;
const GATEWAY: f64 = 1.0;
const LAMBDA_REQUEST: f64 = 0.2;
/// A GB-second, in USD for a million.
const GB_SECOND: f64 = 13.3334;
/// The memory for which Lambda gives one processor, in MB.
const PROCESSOR_MB: f64 = 1769.0;
/// How long a call to DynamoDB takes within a region, in milliseconds.
const CALL_MS: f64 = 4.0;

/// The columns of [`Cost::line`].
pub(super) const HEADING: &str = "                                        calls   KMS    read   write  |  DynamoDB     KMS  gateway  Lambda (ms)       USD";

/// How long Lambda bills for.
pub(super) struct LambdaTime {
    /// The processor time of a whole processor.
    pub(super) cpu_ms: f64,
    /// Calls to DynamoDB in sequence.
    pub(super) rounds: f64,
    /// The function's memory.
    pub(super) memory_mb: f64,
}

impl LambdaTime {
    fn billed_ms(&self) -> f64 {
        (self.cpu_ms * (PROCESSOR_MB / self.memory_mb).max(1.0) + self.rounds * CALL_MS).ceil()
    }
}

/// What one device costs: calls and units, and its share of the request.
pub(super) struct Cost {
    calls: f64,
    signatures: f64,
    reads: f64,
    writes: f64,
    gateway: f64,
    invocations: f64,
    lambda: LambdaTime,
}

impl Cost {
    /// From a snapshot of the meter over `devices` devices, which came in `invocations` requests each; `gateway` says
    /// whether they came over the HTTP API.
    pub(super) fn of(meter: &Value, devices: usize, invocations: f64, gateway: bool, lambda: LambdaTime) -> Self {
        let sum = |service: &str, field: &str| -> f64 {
            let operations = meter.get(service).and_then(Value::as_object).into_iter().flatten();
            operations.filter_map(|(_, count)| count.get(field)?.as_f64()).fold(0.0, |sum, one| sum + one)
                / devices as f64
        };
        Self {
            calls: sum("dynamodb", "calls"),
            signatures: sum("kms", "calls"),
            reads: sum("dynamodb", "read_units"),
            writes: sum("dynamodb", "write_units"),
            gateway: if gateway { invocations * GATEWAY } else { 0.0 },
            invocations,
            lambda,
        }
    }

    fn dynamodb_usd(&self) -> f64 {
        self.reads * READ_UNIT + self.writes * WRITE_UNIT
    }

    fn lambda_usd(&self) -> f64 {
        let gb_seconds = self.lambda.billed_ms() / 1000.0 * self.lambda.memory_mb / 1024.0;
        self.invocations * (LAMBDA_REQUEST + gb_seconds * GB_SECOND)
    }

    /// Gateway and Lambda, in USD for a million devices.
    pub(super) fn front_usd(&self) -> f64 {
        self.gateway + self.lambda_usd()
    }

    /// All, in USD for a million devices.
    pub(super) fn usd(&self) -> f64 {
        self.front_usd() + self.dynamodb_usd() + self.signatures * SIGNATURE
    }

    /// One line for people.
    pub(super) fn line(&self, name: &str) -> String {
        let Self { calls, signatures, reads, writes, gateway, .. } = self;
        let (dynamodb, kms) = (self.dynamodb_usd(), signatures * SIGNATURE);
        let lambda = format!("{:.3} ({:.0})", self.lambda_usd(), self.lambda.billed_ms());
        format!(
            "{name:<36} {calls:>8.3} {signatures:>5.2} {reads:>7.3} {writes:>7.3}  |  {dynamodb:>8.3} {kms:>7.3} \
             {gateway:>8.3}  {lambda:>11} {:>9.3}",
            self.usd()
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// By hand: 3 write units and 1 read unit, one request of 512 MB that Lambda bills 20 ms.
    #[test]
    fn a_registration_by_hand() {
        let put = json!({"calls": 20, "read_units": 0, "write_units": 30});
        let get = json!({"calls": 10, "read_units": 10, "write_units": 0});
        let meter = json!({"dynamodb": {"PutItem": put, "BatchGetItem": get}, "kms": {}});
        let cpu_ms = 8.0 * 512.0 / 1769.0;
        let cost = Cost::of(&meter, 10, 1.0, true, LambdaTime { cpu_ms, rounds: 3.0, memory_mb: 512.0 });
        assert_eq!(cost.lambda.billed_ms(), 20.0);
        let lambda = 0.2 + 0.02 * 0.5 * 13.3334;
        assert!((cost.usd() - (3.0 * 0.625 + 0.125 + 1.0 + lambda)).abs() < 1e-9, "{}", cost.usd());
    }
}
