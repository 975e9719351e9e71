//! The ways to make a block durable, and a probe file on which one of them is measured.

use highwater_platform::{IoMode, Platform, ProbeAccess, SegmentFile};
use highwater_storage::{ProbeDirectory, ProbeFile};
use std::io;

/// Size of a probe file: long enough that a turn rarely starts it anew.
pub(super) const PROBE_BYTES: u64 = 32 << 20;

/// A way to make a block durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Past the cache into zeros, then a sync.
    Direct,
    /// Past the cache into zeros; the file was opened so that writes are durable.
    DirectDurable,
    /// Past the cache into zeros; the call says that this write is to be durable.
    DurableWrite,
    /// Through the cache into zeros, then a sync.
    Cached,
    /// To the end of a file that grows, then a sync.
    Growing,
    /// Past the cache into room that was reserved and never written, then a sync.
    Reserved,
}

impl Way {
    /// Every way, in the order of the report.
    pub(super) const ALL: [Self; 6] = [
        Self::Direct,
        Self::DirectDurable,
        Self::DurableWrite,
        Self::Cached,
        Self::Growing,
        Self::Reserved,
    ];

    /// The way in the words of the system `P`.
    pub(super) fn name<P: Platform>(self) -> String {
        let (direct, sync) = (P::DIRECT_NAME, P::SYNC_NAME);
        match self {
            Self::Direct => format!("{direct} + {sync}"),
            Self::DirectDurable => format!("{direct} | O_DSYNC"),
            Self::DurableWrite => format!("{direct}, RWF_DSYNC"),
            Self::Cached => format!("page cache + {sync}"),
            Self::Growing => format!("growing file + {sync}"),
            Self::Reserved => format!("{direct} + {sync}, never written"),
        }
    }

    /// Tells the way's probe file from the others'.
    const fn number(self) -> u64 {
        match self {
            Self::Direct => 0,
            Self::DirectDurable => 1,
            Self::DurableWrite => 2,
            Self::Cached => 3,
            Self::Growing => 4,
            Self::Reserved => 5,
        }
    }
}

/// A file on which one way is measured, opened in that way.
#[derive(Debug)]
pub(super) struct Probe<P: Platform> {
    way: Way,
    file: P::Segment,
    position: u64,
    /// The last to go.
    _removed: ProbeFile<P>,
}

impl<P: Platform> Probe<P> {
    /// Creates the file that `way` needs.
    ///
    /// Errors: first those of creating the file, then, within, that the system refuses the way.
    pub(super) fn create(
        platform: P,
        directory: &ProbeDirectory<P>,
        way: Way,
    ) -> io::Result<io::Result<Self>> {
        let created = match way {
            Way::Direct | Way::DirectDurable | Way::DurableWrite | Way::Cached => {
                directory.create_zeroed(way.number(), PROBE_BYTES)?
            }
            Way::Growing | Way::Reserved => directory.create_empty(way.number())?,
        };
        let opened = open(platform, way, &created);
        Ok(opened.and_then(|file| {
            let mut probe = Self { way, file, position: 0, _removed: created };
            probe.start_anew()?;
            Ok(probe)
        }))
    }

    /// Makes `bytes` durable behind what is there: what is measured.
    pub(super) fn commit(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.way {
            Way::Direct | Way::Cached | Way::Reserved => {
                self.file.write_at(self.position, bytes)?;
                self.file.sync()?;
            }
            Way::DirectDurable => self.file.write_at(self.position, bytes)?,
            Way::DurableWrite => self.file.write_durably_at(self.position, bytes)?,
            Way::Growing => {
                self.file.append(bytes)?;
                self.file.sync()?;
            }
        }
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// Makes room for `bytes` more: not measured.
    pub(super) fn make_room(&mut self, bytes: u64) -> io::Result<()> {
        if self.position + bytes <= PROBE_BYTES {
            return Ok(());
        }
        self.start_anew()
    }

    fn start_anew(&mut self) -> io::Result<()> {
        self.position = 0;
        match self.way {
            Way::Direct | Way::DirectDurable | Way::DurableWrite | Way::Cached => return Ok(()),
            Way::Growing => self.file.set_length(0)?,
            Way::Reserved => {
                self.file.set_length(0)?;
                self.file.reserve(PROBE_BYTES)?;
            }
        }
        self.file.sync()
    }
}

/// Opens a probe file in the way in which it is measured.
pub(super) fn open<P: Platform>(
    platform: P,
    way: Way,
    probe: &ProbeFile<P>,
) -> io::Result<P::Segment> {
    match way {
        Way::Direct | Way::DurableWrite | Way::Reserved => {
            platform.open_probe(probe.path(), ProbeAccess::Direct)
        }
        Way::DirectDurable => platform.open_probe(probe.path(), ProbeAccess::DirectDurable),
        Way::Cached => platform.open_probe(probe.path(), ProbeAccess::Cached),
        Way::Growing => platform.open_segment(probe.path(), IoMode::Append),
    }
}
