//! `bench --gateway`: orders over OUCH into a venue of its own, beside the engine alone and the
//! host's own call.

use super::callers::measure_call;
use super::failed;
use super::machine::Machine;
use super::plot::{Plot, Upwards, percentiles};
use super::program::{Venue, ask_without_data, hash_of, remove_directory, run_on};
use super::report::Section;
use super::words::{Ratio, number, shown, time};
use highwater_console::{CommandError, note};
use highwater_engine::figures::grouped;
use highwater_platform::Platform;
use highwater_platform::latency::Quantiles;
use highwater_platform::signals::StopFlag;
use serde::Serialize;
use serde_json::Value;
use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;

/// How many connections there are, and how many requests of each may be unanswered.
const SHAPES: [Shape; 4] =
    [Shape::new(1, 1), Shape::new(1, 64), Shape::new(64, 64), Shape::new(1_000, 16)];

/// Bytes of a password for the time of the measurement.
const PASSWORD_CHARACTERS: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    connections: u16,
    window: u16,
}

impl Shape {
    const fn new(connections: u16, window: u16) -> Self {
        Self { connections, window }
    }
}

/// The section of the report.
#[derive(Debug, Serialize)]
pub(super) struct Gateway {
    machine: Machine,
    /// How long each measurement took.
    seconds: u64,
    /// What a call of the host's took, with one command in flight.
    call: Option<Quantiles>,
    rows: Vec<Row>,
}

/// A load, and the engine alone right before it.
#[derive(Debug, Serialize)]
struct Row {
    /// Durable commands a second of the engine without a gateway, offered without pause.
    engine_per_second: u64,
    /// The load's report.
    load: Value,
}

/// Measures each shape for `seconds` seconds behind as long a run of the engine alone; `None` when
/// somebody wished to stop.
pub(super) fn bench_gateway<P: Platform>(
    platform: P,
    machine: &Machine,
    place: &Path,
    seconds: u64,
    stop: &StopFlag,
) -> Result<Option<Gateway>, CommandError> {
    let password = password_of(platform)?;
    let hash = hash_of(&password)?;
    note(&format!("measuring the host's own call, one command in flight, for {seconds} s"));
    let call = measure_call(platform, &place.join("host"), seconds)?;
    let mut rows = Vec::new();
    for shape in SHAPES {
        if stop.is_raised() {
            return Ok(None);
        }
        let Shape { connections, window } = shape;
        note(&format!(
            "measuring the engine alone, and {} connections with {window} orders in flight each, \
             {seconds} s each",
            grouped(connections.into())
        ));
        let engine_per_second = engine_alone(&place.join("alone"), seconds)?;
        let venue = place.join("venue");
        let config = place.join("venue.toml");
        let written = fs::write(&config, venue_file(&venue, connections, &hash));
        written.map_err(|error| failed("write", &config, &error))?;
        let load = load_of(&config, shape, &password, seconds)?;
        remove_directory(&venue)?;
        rows.push(Row { engine_per_second, load });
    }
    Ok((!stop.is_raised()).then(|| Gateway { machine: machine.clone(), seconds, call, rows }))
}

fn engine_alone(data: &Path, seconds: u64) -> Result<u64, CommandError> {
    let (limit, lasts) = (u64::MAX.to_string(), seconds.to_string());
    let run = run_on(data, &["--limit", &limit, "--seconds", &lasts])?;
    remove_directory(data)?;
    Ok(number(&run, "commands_per_second"))
}

/// A password that nobody else on this machine knows while the venue is there.
fn password_of<P: Platform>(platform: P) -> Result<String, CommandError> {
    let random = platform
        .random()
        .map_err(|error| CommandError::failed(format!("no random bytes: {error}")))?;
    let digits = format!("{:032x}", u128::from_le_bytes(random));
    Ok(digits.chars().take(PASSWORD_CHARACTERS).collect())
}

/// A venue in mode group with so many users, which listens where the system chooses.
fn venue_file(data: &Path, users: u16, hash: &str) -> String {
    // A string in TOML is escaped as one in JSON is.
    let data = Value::from(data.to_string_lossy().into_owned());
    let mut text = format!(
        "[engine]\ndata = {data}\nsessions = {}\n\n[listen]\nouch = \"127.0.0.1:0\"\n\n\
         [[instruments]]\nsymbol = \"ONE\"\n\n[[instruments]]\nsymbol = \"TWO\"\n",
        users + 1
    );
    for user in 1..=users {
        // Writing to a string cannot fail.
        let _written = write!(
            text,
            "\n[[users]]\nuser = \"{}\"\npassword = \"{hash}\"\nsession = {user}\n",
            name_of(user)
        );
    }
    text
}

fn name_of(user: u16) -> String {
    format!("B{user}")
}

/// The report of a load on a venue of this file, which is there so long.
fn load_of(
    config: &Path,
    shape: Shape,
    password: &str,
    seconds: u64,
) -> Result<Value, CommandError> {
    let venue = Venue::start(config)?;
    let ouch = venue.listens["ouch"].as_str().unwrap_or_default();
    let users: Vec<String> = (1..=shape.connections).map(name_of).collect();
    let said = ask_without_data(&[
        "load",
        "--json",
        "--ouch",
        ouch,
        "--user",
        &users.join(","),
        "--password",
        password,
        "--symbols",
        "ONE,TWO",
        "--rate",
        "max",
        "--window",
        &shape.window.to_string(),
        "--duration",
        &format!("{seconds}s"),
        "--keep-orders",
    ])?;
    serde_json::from_slice(&said).map_err(CommandError::failed)
}

impl Row {
    fn name(&self) -> String {
        let [connections, window] = ["connections", "window"].map(|name| number(&self.load, name));
        format!("{} × {window}", grouped(connections))
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, call: Option<Quantiles>) -> fmt::Result {
        let per_second = number(&self.load, "answers_per_second");
        let (engine, load) = (self.engine_per_second, &self.load);
        write!(f, "| {} | {} | {}", self.name(), grouped(per_second), grouped(engine))?;
        write!(f, " | {} |", Ratio(per_second, engine))?;
        for quantile in ["p50_ns", "p99_ns", "p99_9_ns", "max_ns"] {
            write!(f, " {} |", time(&load["latency"], quantile))?;
        }
        let is_call = number(load, "connections") == 1 && number(load, "window") == 1;
        let Some(call) = call.filter(|_| is_call) else { return writeln!(f, " |") };
        writeln!(f, " {} |", Ratio(number(&load["latency"], "p50_ns"), call.p50_ns))
    }
}

impl Section for Gateway {
    const HEADING: &'static str = "## Gateway";

    fn plots(&self) -> Vec<Plot> {
        vec![Plot {
            title: "Answer latency over OUCH by percentile",
            x: "one order in so many takes longer",
            y: Upwards::Time,
            curves: self
                .rows
                .iter()
                .map(|row| percentiles(&row.name(), &row.load["latency"]))
                .collect(),
        }]
    }
}

impl fmt::Display for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n\n{}\n", Self::HEADING, self.machine)?;
        writeln!(
            f,
            "Orders over OUCH into a venue on this machine, mode group, {} s each: `highwater load` beside \
             `highwater serve`, each connection with so many requests in flight (connections × window), a closed \
             loop. The engine alone takes the seeded stream without pause, right before each load. The host's own \
             call, with one command in flight: p50 {}, p99 {}.\n",
            self.seconds,
            shown(self.call.map(|call| call.p50_ns)),
            shown(self.call.map(|call| call.p99_ns))
        )?;
        writeln!(
            f,
            "| load | durable orders/s | engine alone, commands/s | of it | answer p50 | p99 | p99.9 | max \
             | p50 to the host's call |\n|---|{}",
            "---:|".repeat(8)
        )?;
        self.rows.iter().try_for_each(|row| row.write(f, self.call))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_quotes_stays_one_string() {
        let text = venue_file(Path::new("a\"b\\c"), 2, "$hash");
        assert!(text.contains(r#"data = "a\"b\\c""#), "{text}");
        assert_eq!(text.matches("[[users]]").count(), 2);
        assert!(text.contains("sessions = 3\n") && text.contains("user = \"B2\""), "{text}");
    }
}
