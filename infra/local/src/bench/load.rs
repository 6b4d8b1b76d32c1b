//! Requests one after the other, for what each costs, and many at a time, for how fast they are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use functions::{ENDPOINTS, JOBS};
use reqwest::StatusCode;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Measured;
use super::cost::{Cost, LambdaTime};
use super::rows::Row;
use super::vendor::Vendor;
use crate::Runner;

/// How many requests are under way at a time.
pub(super) const AT_ONCE: usize = 16;
/// How many requests come before the first that counts.
const WARM_UP: usize = 5;
/// The memory of the stream's jobs, in MB, and of functions that name none of their own.
const DEFAULT_MB: f64 = 256.0;
/// Clock ticks a second in /proc ("proc(5)": sysconf(_SC_CLK_TCK), 100 on every Linux that runs this).
const TICKS: f64 = 100.0;

/// How fast a route is.
pub(super) struct Speed {
    pub(super) per_second: f64,
    /// Milliseconds.
    pub(super) p50: f64,
    /// Milliseconds.
    pub(super) p99: f64,
}

/// What is asked, and how often.
pub(super) struct Load<'a> {
    pub(super) runner: &'a Runner,
    pub(super) vendor: &'a Vendor,
    pub(super) requests: usize,
}

impl Load<'_> {
    /// A row; `None` when its route is not there.
    pub(super) async fn measure(&self, row: &'static Row) -> Result<Option<Measured>, String> {
        let count = (self.requests / row.devices.min(40)).max(10);
        for n in 0..WARM_UP {
            if self.ask(row, n).await? == StatusCode::NOT_FOUND {
                return Ok(None);
            }
        }
        self.worked_off().await;
        self.runner.aws().meter().reset();
        self.runner.hold_stream(true);
        let cpu = processor_ms();
        for n in WARM_UP..WARM_UP + count {
            self.ask(row, n).await?;
        }
        let cpu_ms = (processor_ms() - cpu) / count as f64;
        let serves = |function: &str| ENDPOINTS.iter().any(|endpoint| endpoint.function == function);
        let meter = self.runner.aws().meter().snapshot(serves);
        let devices = count * row.devices;
        let lambda = LambdaTime { cpu_ms, rounds: row.rounds, memory_mb: row.function.map_or(DEFAULT_MB, memory) };
        let cost = Cost::of(&meter, devices, 1.0 / row.devices as f64, row.function.is_some(), lambda);
        let cpu = processor_ms();
        self.runner.hold_stream(false);
        self.worked_off().await;
        let jobs = row.changes.then(|| self.jobs(devices, processor_ms() - cpu));
        let speed = self.speed(row, WARM_UP + count, count).await?;
        self.worked_off().await;
        Ok(Some(Measured { row, cost, speed, jobs }))
    }

    /// Until the stream is worked off, however far its jobs have fallen behind.
    async fn worked_off(&self) {
        let mut before = self.jobs_meter();
        loop {
            self.runner.settle().await;
            let now = self.jobs_meter();
            if now == before {
                return;
            }
            before = now;
        }
    }

    fn jobs_meter(&self) -> Value {
        self.runner.aws().meter().snapshot(|function| JOBS.iter().any(|job| job.function == function))
    }

    /// What the stream's jobs did for these devices, for each, in so much processor time. On a busy table they get a
    /// hundred changes at a time; there are two of them, and two changes a device.
    fn jobs(&self, devices: usize, cpu_ms: f64) -> Cost {
        let meter = self.jobs_meter();
        let calls: f64 = operations(&meter).filter_map(|count| count.get("calls")?.as_f64()).sum();
        let invocations = 2.0 * 2.0 / 100.0;
        let all = invocations * devices as f64;
        // The calls of an invocation come one after the other.
        let lambda = LambdaTime { cpu_ms: cpu_ms / all, rounds: calls / all, memory_mb: DEFAULT_MB };
        Cost::of(&meter, devices, invocations, false, lambda)
    }

    async fn ask(&self, row: &Row, n: usize) -> Result<StatusCode, String> {
        ask(row, self.vendor, n).await
    }

    async fn speed(&self, row: &'static Row, first: usize, count: usize) -> Result<Speed, String> {
        let next = Arc::new(AtomicUsize::new(first));
        let mut workers = JoinSet::new();
        let started = Instant::now();
        // A batch is many devices at a time by itself.
        for _ in 0..(AT_ONCE / row.devices.min(8)) {
            let (next, vendor) = (next.clone(), self.vendor.clone());
            workers.spawn(async move {
                let mut times = Vec::new();
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= first + count {
                        return Ok::<_, String>(times);
                    }
                    let began = Instant::now();
                    ask(row, &vendor, n).await?;
                    times.push(began.elapsed().as_secs_f64() * 1000.0);
                }
            });
        }
        let mut times = Vec::new();
        while let Some(joined) = workers.join_next().await {
            times.extend(joined.map_err(|error| error.to_string())??);
        }
        let per_second = times.len() as f64 / started.elapsed().as_secs_f64();
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times.get(((times.len() - 1) as f64 * share) as usize).copied().unwrap_or_default();
        Ok(Speed { per_second, p50: at(0.50), p99: at(0.99) })
    }
}

/// The status of the answer, which is a good one or a 404.
async fn ask(row: &Row, vendor: &Vendor, n: usize) -> Result<StatusCode, String> {
    let response = (row.request)(vendor, n).send().await.map_err(|error| error.to_string())?;
    let status = response.status();
    let body = response.bytes().await.map_err(|error| error.to_string())?;
    if status.is_success() || status == StatusCode::NOT_FOUND {
        return Ok(status);
    }
    Err(format!("{}: {status} {}", row.name, String::from_utf8_lossy(&body)))
}

fn operations(meter: &Value) -> impl Iterator<Item = &Value> {
    let operations = meter.get("dynamodb").and_then(Value::as_object).into_iter().flatten();
    operations.map(|(_, count)| count)
}

/// The processor time of this process so far, in milliseconds; 0 where there is no /proc.
fn processor_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The program's name, in parentheses, may have spaces in it; the times are fields 14 and 15 ("proc(5)").
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks * 1000.0 / TICKS
}

/// The memory that template.yaml gives a function, in MB.
fn memory(function: &str) -> f64 {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml");
    let template = std::fs::read_to_string(path).unwrap_or_default();
    let name = format!("FunctionName: !Sub ${{AWS::StackName}}-{function}\n");
    let Some((_, after)) = template.split_once(&name) else { return DEFAULT_MB };
    // A resource ends at the next empty line.
    let own = after.split("\n\n").next().unwrap_or_default();
    let memory = own.lines().find_map(|line| line.trim().strip_prefix("MemorySize: ")?.parse().ok());
    memory.unwrap_or(DEFAULT_MB)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_functions_memory_is_the_templates() {
        assert_eq!(memory("devices-register"), 512.0);
        assert_eq!(memory("no-such-function"), DEFAULT_MB);
    }

    #[test]
    fn processor_time_goes_on() {
        let before = processor_ms();
        assert!(before >= 0.0 && processor_ms() >= before);
    }
}
