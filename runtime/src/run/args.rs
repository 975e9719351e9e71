//! The arguments of `highwater run`.

use crate::idle::IdleStrategy;
use crate::log_directory::{IoChoice, LogOptions};
use crate::start::{CapacityWishes, StartOptions};
use crate::text::parse_bytes;
use highwater::limits::{
    BLOCK_BYTES, INSTRUMENTS_MAX, ORDERS_MAX, SEGMENT_BYTES_DEFAULT, SEGMENT_BYTES_MAX,
    SEGMENT_BYTES_MIN, SESSIONS_MAX,
};
use highwater::stage::SyncMode;
use std::fs;
use std::path::PathBuf;

/// Commands of the default stream that one run takes.
pub(super) const STREAM_LIMIT_DEFAULT: u64 = 2_000_000;

/// Run the engine: take an order flow, match it, log every command, release every answer when it is
/// durable.
///
/// Without --flow it takes 2,000,000 fresh commands of a seeded stream over 4 instruments. Run
/// again with the same data directory, it recovers and goes on where it stood, however it ended.
#[derive(Clone, Debug, clap::Args)]
pub struct RunArgs {
    /// The flow to run, CSV or gzip of it; - is standard input [default: the seeded stream]
    #[arg(long, value_name = "FILE")]
    pub flow: Option<String>,
    /// The data directory; created when missing, in a parent that exists
    #[arg(long, value_name = "DIR", default_value = "highwater-data")]
    pub data: PathBuf,
    /// Write the fills of the whole flow, what earlier runs did included
    #[arg(long, value_name = "OUT.csv")]
    pub fills: Option<String>,
    /// Write every released event of the whole flow, one JSON object a line
    #[arg(long, value_name = "OUT.jsonl")]
    pub events: Option<String>,
    /// Write the highest flow seq whose events have been released, a number a line, as it rises; -
    /// is standard output (everything else goes to standard error then)
    #[arg(long, value_name = "PATH")]
    pub acks: Option<String>,
    /// When answers are released. group: one sync for what gathered during the last one, nothing is
    /// released before it is durable. off: never synced, NOT DURABLE, for measurements
    #[arg(long, value_enum, default_value_t = SyncChoice::Group)]
    pub sync: SyncChoice,
    /// How the log is written. direct: past the page cache, into segments zeroed ahead. append:
    /// through it, to growing files. auto: direct where the file system takes it
    #[arg(long, value_enum, default_value_t = IoArg::Auto)]
    pub io: IoArg,
    /// Offer this many commands a second, by the clock; latencies count from the intended time
    /// [default: as fast as the engine takes them]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub rate: Option<u64>,
    /// Take at most this many fresh commands [default: all of a flow, 2000000 of the stream]
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// What threads do while there is nothing to do. spin: never give the core away. adaptive:
    /// spin, then yield, then sleep. sleep: sleep at once
    #[arg(long, value_enum, default_value_t = IdleStrategy::Adaptive)]
    pub idle: IdleStrategy,
    /// Size of new segment files in bytes, a multiple of 4096, 8K to 1T; K, M and G are understood
    #[arg(long, value_name = "N", default_value = "64M", value_parser = segment_bytes)]
    pub segment_bytes: u64,
    /// Open orders that the engine may hold, 1 to 268435456 [default: 1048576, or as the log has
    /// it]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(ORDERS_MAX)))]
    pub orders: Option<u32>,
    /// Instruments that the engine may hold, 1 to 16777216 [default: 16384, or as the log has it]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(INSTRUMENTS_MAX)))]
    pub instruments: Option<u32>,
    /// Sessions that the engine may hold, the operator's included, 2 to 65536 [default: 256, or as
    /// the log has it]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=i64::from(SESSIONS_MAX)))]
    pub sessions: Option<u32>,
    /// Print the summary as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `--sync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SyncChoice {
    /// One sync for everything that gathered during the last one.
    Group,
    /// Never: NOT DURABLE.
    Off,
}

/// `--io`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum IoArg {
    /// Direct where the file system takes it.
    Auto,
    /// Past the page cache.
    Direct,
    /// To growing files.
    Append,
}

/// Reads `--segment-bytes`.
fn segment_bytes(text: &str) -> Result<u64, String> {
    let bytes = parse_bytes(text)?;
    if !(SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX).contains(&bytes)
        || !bytes.is_multiple_of(BLOCK_BYTES as u64)
    {
        return Err(format!(
            "a multiple of {BLOCK_BYTES} from {SEGMENT_BYTES_MIN} to {SEGMENT_BYTES_MAX} is needed"
        ));
    }
    Ok(bytes)
}

const _: () = assert!(SEGMENT_BYTES_DEFAULT == 64 << 20, "the help says so");

impl RunArgs {
    /// The options of two outputs, or of the flow and an output, that name one file: the second
    /// would destroy the first.
    pub(super) fn clash(&self) -> Option<(&'static str, &'static str)> {
        let options = [
            ("--flow", &self.flow),
            ("--fills", &self.fills),
            ("--events", &self.events),
            ("--acks", &self.acks),
        ];
        let mut seen: Vec<(&'static str, PathBuf)> = Vec::new();
        for (option, path) in options {
            let Some(path) = path.as_deref().filter(|path| *path != "-") else {
                continue;
            };
            let path = fs::canonicalize(path).unwrap_or_else(|_missing| path.into());
            // A device or a pipe takes what several write.
            if path.exists() && !path.is_file() {
                continue;
            }
            if let Some((first, _)) = seen.iter().find(|(_, other)| *other == path) {
                return Some((first, option));
            }
            seen.push((option, path));
        }
        None
    }

    /// How the engine is started.
    pub(super) fn start_options(&self) -> StartOptions {
        StartOptions {
            data: self.data.clone(),
            log: LogOptions {
                segment_bytes: self.segment_bytes,
                io: match self.io {
                    IoArg::Auto => IoChoice::Auto,
                    IoArg::Direct => IoChoice::Direct,
                    IoArg::Append => IoChoice::Append,
                },
                ..LogOptions::default()
            },
            mode: match self.sync {
                SyncChoice::Group => SyncMode::Group,
                SyncChoice::Off => SyncMode::Off,
            },
            capacities: CapacityWishes {
                orders: self.orders,
                instruments: self.instruments,
                sessions: self.sessions,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segment_sizes_are_whole_blocks_in_range() {
        assert_eq!(segment_bytes("4M"), Ok(4 << 20));
        assert_eq!(segment_bytes("8K"), Ok(8192));
        assert_eq!(segment_bytes("1G"), Ok(1 << 30));
        assert_eq!(segment_bytes("12288"), Ok(12_288));
        for wrong in ["", "4", "4K", "5000", "2T", "x", "99999999999G"] {
            assert!(segment_bytes(wrong).is_err(), "{wrong}");
        }
    }
}
