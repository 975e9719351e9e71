//! Why an engine does not start: a sentence each that says what to do.

use crate::config::Config;
use highwater::engine::SplitFault;
use highwater::log_file::LogFault;
use highwater::recovery::RecoveryFault;
use highwater::types::SegmentNumber;
use highwater_platform::Platform;
use highwater_storage::{OpenError, explain_fault, packed_damage, segment_files};
use std::fmt;
use std::io;
use std::path::Path;

/// What to do about a log that is corrupt.
const KEEP: &str =
    "nothing was changed: keep the directory, and restore it from a backup or a replica";

/// Why an engine did not start: a sentence each that says what to do.
#[derive(Debug)]
pub enum StartError {
    /// The data directory could not be opened.
    Open(OpenError),
    /// The log is not to be trusted.
    Refused(String),
    /// A log file failed.
    Log(String),
    /// The system gave no memory.
    Memory {
        /// How much was asked for.
        bytes: usize,
        /// What it said.
        error: io::Error,
    },
    /// The book did not take its memory.
    Book(String),
    /// The system gave no random bytes.
    Random(io::Error),
}

impl StartError {
    /// The error of a recovery that failed.
    pub fn recovery<P: Platform>(platform: P, data: &Path, fault: RecoveryFault) -> Self {
        if let RecoveryFault::Log(fault) = fault {
            // Where the system gave no reason, a packed file may be the reason.
            let damage = (fault.code == 0).then(|| packed_damage(platform, data)).flatten();
            return damage.map_or_else(
                || Self::log(platform, data, fault),
                |damage| Self::Refused(format!("corrupt: {damage}; {KEEP}")),
            );
        }
        let advice = match fault {
            RecoveryFault::NewerVersion { .. } => "use the program that wrote it, or a newer one",
            RecoveryFault::OlderVersion { .. } => "use the program that wrote it",
            RecoveryFault::HashMismatch { .. } | RecoveryFault::TradeDiffers { .. } => {
                "this is a defect of the program or of the machine: keep the directory and report it"
            }
            RecoveryFault::Log(_)
            | RecoveryFault::Corrupt { .. }
            | RecoveryFault::MissingSegment(_)
            | RecoveryFault::ForeignSegment(_)
            | RecoveryFault::SnapshotAhead { .. }
            | RecoveryFault::SnapshotOfOtherLog
            | RecoveryFault::Repeated { .. }
            | RecoveryFault::NeedsCapacities(_)
            | RecoveryFault::EndedByVisitor { .. } => KEEP,
        };
        Self::Refused(format!("{}; {advice}", sentence_of(data, fault)))
    }

    /// The error of a log whose segments before `first` are gone, and that has no snapshot to begin
    /// at.
    pub fn retired(data: &Path, first: SegmentNumber) -> Self {
        let missing = sentence_of(data, RecoveryFault::MissingSegment(SegmentNumber::FIRST));
        Self::Refused(format!(
            "{missing}: the log begins at segment {first}, and there is no snapshot that can be \
             used; {KEEP}"
        ))
    }

    fn log<P: Platform>(platform: P, data: &Path, fault: LogFault) -> Self {
        Self::Log(explain_fault(platform, data, fault))
    }

    pub(crate) fn split<P: Platform>(platform: P, config: &Config, fault: SplitFault) -> Self {
        match fault {
            SplitFault::Log(fault) => Self::log(platform, &config.data, fault),
            SplitFault::AlreadySplit => {
                Self::Book("this process runs an engine already".to_owned())
            }
        }
    }
}

/// What is wrong with the log, with the file that shows it.
fn sentence_of(data: &Path, fault: RecoveryFault) -> String {
    let file =
        |segment: SegmentNumber| data.join(format!("{segment:016}.log")).display().to_string();
    match fault {
        RecoveryFault::Corrupt { segment, position, damage } => {
            format!("corrupt: {}: offset {position}: {damage}", file(segment))
        }
        RecoveryFault::MissingSegment(segment) => {
            let missing = format!("corrupt: {} is missing", file(segment));
            // What stands behind the gap may be no part of the log.
            let later = segment_files(data, segment).unwrap_or_default().into_iter().next();
            match later.as_deref().map(Path::display) {
                Some(later) => format!(
                    "{missing}, and {later} is there: move that away if it is not the log's"
                ),
                None => missing,
            }
        }
        RecoveryFault::ForeignSegment(segment) => {
            format!(
                "corrupt: {}: offset 0: it belongs to another log, or has another number",
                file(segment)
            )
        }
        RecoveryFault::NewerVersion { segment, version } => {
            format!(
                "{} is of log version {version}, which this program does not know",
                file(segment)
            )
        }
        RecoveryFault::OlderVersion { segment, version } => {
            format!(
                "{} is of log version {version}, which this program no longer reads",
                file(segment)
            )
        }
        RecoveryFault::Log(_)
        | RecoveryFault::SnapshotAhead { .. }
        | RecoveryFault::SnapshotOfOtherLog
        | RecoveryFault::HashMismatch { .. }
        | RecoveryFault::TradeDiffers { .. }
        | RecoveryFault::Repeated { .. }
        | RecoveryFault::NeedsCapacities(_)
        | RecoveryFault::EndedByVisitor { .. } => {
            format!("corrupt: the log in '{}': {fault}", data.display())
        }
    }
}

impl From<OpenError> for StartError {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::Refused(sentence) | Self::Log(sentence) | Self::Book(sentence) => {
                f.write_str(sentence)
            }
            Self::Memory { bytes, error } => write!(
                f,
                "the system gave no {} MiB of memory ({error}): choose smaller --orders and --instruments",
                bytes >> 20
            ),
            Self::Random(error) => write!(f, "the system gave no random bytes: {error}"),
        }
    }
}

impl std::error::Error for StartError {}
