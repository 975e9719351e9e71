//! How a call ends: a status, and a sentence for each that is not good news.

use arrayvec::ArrayString;
use core::ffi::{CStr, c_char};
use core::fmt::{self, Write};
use highwater::engine::SplitFault;
use highwater::recovery::RecoveryFault;
use highwater::stage::{Fault, State};

/// How a call ended. What is below 0 went wrong; `hw_error_text` says it in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum HwStatus {
    /// It did something.
    Ok = 0,
    /// There was nothing to do now.
    Idle = 1,
    /// This stage is done and need not be stepped again.
    Done = 2,
    /// There is none of what was asked for.
    Absent = 3,
    /// The input ring is full: step the sequencer, then push again.
    Full = -1,
    /// Another thread, or a callback, is inside the same stage.
    Busy = -2,
    /// A pointer or a callback that must be given is null.
    Null = -3,
    /// A struct or an array does not have the size or alignment that the library was built with.
    BadStruct = -4,
    /// The memory does not begin at a multiple of `HW_MEMORY_ALIGN`.
    BadAlignment = -5,
    /// The memory is smaller than `hw_memory_bytes` says.
    TooSmall = -6,
    /// A number of the configuration is out of its range.
    BadConfig = -7,
    /// A command has a code that stands for nothing, or a name that is none.
    BadCommand = -8,
    /// The engine has been asked to stop and takes no more commands.
    Stopped = -9,
    /// A callback for the files failed: the engine stopped with everything durable as it was.
    LogFault = -10,
    /// The log is damaged, or is not one that this engine may go on from.
    Refused = -11,
    /// The log was written by an engine with larger capacities.
    NeedsCapacities = -12,
    /// The engine stopped because of a fault that is not the log's.
    Faulted = -13,
    /// A client sequence is not above the session's last one.
    NotFresh = -14,
    /// A text is no price with so many decimals.
    BadPrice = -15,
}

/// Bytes of the sentence in an `hw_error`, its final zero included.
pub const HW_TEXT_BYTES: usize = 240;

/// What went wrong, with what is known of it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct HwError {
    /// The `hw_status` of the call.
    pub status: i32,
    /// What the callback returned that failed; 0 when none did.
    pub system_error: i32,
    /// A sentence in UTF-8 that ends with a zero byte.
    pub text: [c_char; HW_TEXT_BYTES],
}

impl HwStatus {
    /// The sentence of every status.
    const fn sentence(self) -> &'static CStr {
        match self {
            Self::Ok => c"it is done",
            Self::Idle => c"there was nothing to do",
            Self::Done => c"the stage is done",
            Self::Full => c"the input ring is full: step the sequencer, then push again",
            Self::Busy => c"another thread or a callback is in this stage: one at a time may be",
            Self::Null => c"a pointer or a callback that must be given is null",
            Self::BadStruct => c"a struct has another size or alignment than in the library",
            Self::BadAlignment => c"the memory must begin at a multiple of HW_MEMORY_ALIGN",
            Self::TooSmall => c"the memory is too small: ask hw_memory_bytes how much is needed",
            Self::BadConfig => c"a number of the configuration is out of range: see hw_config",
            Self::BadCommand => c"a code or a symbol of the command is none: see hw_command",
            Self::Stopped => c"the engine has been asked to stop and takes no more commands",
            Self::LogFault => c"the log failed and the engine stopped: reopen it to recover",
            Self::Refused => c"the log is damaged or not one that this engine may go on from",
            Self::NeedsCapacities => c"the log needs larger capacities: see the error's text",
            Self::Absent => c"there is none of what was asked for",
            Self::NotFresh => {
                c"the client sequence must be above the session's last: 0 takes the next one"
            }
            Self::BadPrice => {
                c"a price is digits with or without a point between them, such as 12.34, with no \
                  more behind the point than the instrument has decimals"
            }
            Self::Faulted => c"the engine stopped because of a fault: reopen it to recover",
        }
    }

    /// Every status, for `hw_error_text`.
    const ALL: [Self; 19] = [
        Self::Ok,
        Self::Idle,
        Self::Done,
        Self::Absent,
        Self::Full,
        Self::Busy,
        Self::Null,
        Self::BadStruct,
        Self::BadAlignment,
        Self::TooSmall,
        Self::BadConfig,
        Self::BadCommand,
        Self::Stopped,
        Self::LogFault,
        Self::Refused,
        Self::NeedsCapacities,
        Self::Faulted,
        Self::NotFresh,
        Self::BadPrice,
    ];

    /// The status with this number.
    fn with_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|status| *status as i32 == number)
    }
}

/// The sentence of a status, in static memory; also for a number that is no status.
#[unsafe(no_mangle)]
pub extern "C" fn hw_error_text(status: i32) -> *const c_char {
    HwStatus::with_number(status).map_or(c"no such status", HwStatus::sentence).as_ptr()
}

/// Why an engine could not be opened, or why it stopped.
#[derive(Clone, Copy)]
pub(crate) enum Wrong {
    /// Nothing more is known.
    Status(HwStatus),
    /// The log was refused.
    Recovery(RecoveryFault),
    /// The engine stopped by itself.
    Fault(Fault),
}

impl Wrong {
    /// The status of a call that ends like this.
    pub(crate) const fn status(self) -> HwStatus {
        match self {
            Self::Status(status) => status,
            Self::Recovery(RecoveryFault::NeedsCapacities(_)) => HwStatus::NeedsCapacities,
            Self::Recovery(RecoveryFault::Log(_)) | Self::Fault(Fault::Log(_)) => {
                HwStatus::LogFault
            }
            Self::Recovery(
                RecoveryFault::NewerVersion { .. }
                | RecoveryFault::OlderVersion { .. }
                | RecoveryFault::Corrupt { .. }
                | RecoveryFault::MissingSegment(_)
                | RecoveryFault::ForeignSegment(_)
                | RecoveryFault::SnapshotAhead { .. }
                | RecoveryFault::SnapshotOfOtherLog
                | RecoveryFault::HashMismatch { .. }
                | RecoveryFault::TradeDiffers { .. }
                | RecoveryFault::Repeated { .. }
                | RecoveryFault::EndedByVisitor { .. },
            ) => HwStatus::Refused,
            Self::Fault(Fault::StagePanicked | Fault::ReplayDiffers) => HwStatus::Faulted,
        }
    }

    /// Why the engine stopped by itself; `HW_STATUS_OK` when it did not.
    pub(crate) const fn of_state(state: State) -> Self {
        match state {
            State::Running | State::Stopping => Self::Status(HwStatus::Ok),
            State::Faulted(fault) => Self::Fault(fault),
        }
    }

    /// What the host's callback returned.
    const fn system_error(self) -> i32 {
        if let Self::Recovery(RecoveryFault::Log(fault)) | Self::Fault(Fault::Log(fault)) = self {
            fault.code
        } else {
            0
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => f.write_str(status.sentence().to_str().unwrap_or_default()),
            Self::Recovery(fault) => fault.fmt(f),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl From<Wrong> for HwError {
    fn from(wrong: Wrong) -> Self {
        let mut sentence = ArrayString::<{ HW_TEXT_BYTES - 1 }>::new();
        // A sentence that is too long ends where its last whole part does.
        let _is_whole = write!(sentence, "{wrong}");
        let mut text = [0; HW_TEXT_BYTES];
        for (to, from) in text.iter_mut().zip(sentence.bytes()) {
            *to = c_char::from_le_bytes([from]);
        }
        Self { status: wrong.status() as i32, system_error: wrong.system_error(), text }
    }
}

impl From<HwStatus> for Wrong {
    fn from(status: HwStatus) -> Self {
        Self::Status(status)
    }
}

impl From<RecoveryFault> for Wrong {
    fn from(fault: RecoveryFault) -> Self {
        Self::Recovery(fault)
    }
}

impl From<SplitFault> for Wrong {
    fn from(fault: SplitFault) -> Self {
        match fault {
            SplitFault::AlreadySplit => Self::Status(HwStatus::Faulted),
            SplitFault::Log(fault) => Self::Fault(Fault::Log(fault)),
        }
    }
}
