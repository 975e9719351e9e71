//! The header of a snapshot: its first block.

use super::SnapshotFault;
use crate::block::Chain;
use crate::book::{ImageCounts, ImageHead};
use crate::command::FlowIdentity;
use crate::limits::{
    BLOCK_BYTES, FLOW_NAME_BYTES_MAX, SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN, SEQUENCE_MAX,
};
use crate::little_endian::{Le32, Le64};
use crate::seal::{MAGIC_BYTES, PADDING, is_whole, seal};
use crate::segment::{FIRST_POSITION, LogVersion};
use crate::types::{Capacities, LogId, LogPosition, SegmentNumber, Sequence, length_of};
use bytemuck::{Pod, Zeroable};

/// Version of the snapshot format that this engine writes; it reads version 1 too.
pub const SNAPSHOT_VERSION: u32 = 2;

/// The version of the snapshots of logs of version 2.
const VERSION_ONE: u32 = 1;

/// What every snapshot begins with.
const MAGIC: [u8; MAGIC_BYTES] = *b"HWSN";

/// How a body is compressed: a number that the host gives its meaning, but for 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Compression(pub u8);

impl Compression {
    /// Not at all.
    pub const PLAIN: Self = Self(0);
}

/// What the header of a snapshot says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotHeader {
    /// Where the log stands behind the last command that is in the snapshot: recovery goes on from
    /// here.
    pub chain: Chain,
    /// When it was made, in nanoseconds since the Unix epoch; information only.
    pub created_at_ns: u64,
    /// How the body is compressed.
    pub compression: Compression,
    /// What the host wanted to find again.
    pub host: [u64; 2],
    /// What the book hashes to.
    pub state_hash: u64,
    /// What of the book there is once, and how much of the rest.
    pub image: ImageHead,
}

/// The bytes of a header of version 1, in their order, and the front of every later one; padding
/// follows up to the end of the block.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct LayoutOne {
    magic: [u8; MAGIC_BYTES],
    /// See `seal.rs`.
    checksum: Le32,
    version: Le32,
    compression: u8,
    /// 1 when the log belongs to a flow, else 0, and so is what is said of it.
    has_flow: u8,
    /// The version of the segment in which the log continues; in version 1, where that is 2, 0.
    log_version: u8,
    zero: u8,
    log_id: [u8; 16],
    created_at_ns: Le64,
    block_bytes: Le64,
    last_sequence: Le64,
    segment: Le64,
    segment_bytes: Le64,
    position: Le64,
    next_number: Le64,
    incarnation: Le64,
    previous: Le32,
    zeros: [u8; 4],
    running_hash: Le64,
    state_hash: Le64,
    clock_ns: Le64,
    /// Orders, instruments, sessions.
    capacities: [Le32; 3],
    /// Sessions, the number after the highest, instruments, orders, places, spans.
    counts: [Le32; 6],
    flow_head_bytes: Le32,
    flow_head_hash: Le64,
    flow_name: [u8; FLOW_NAME_BYTES_MAX],
    host: [Le64; 2],
}

/// The bytes of a header of version 2, in their order.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct LayoutTwo {
    front: LayoutOne,
    /// Of the block before the next one.
    term: Le64,
    index: Le64,
}

const _: () = assert!(size_of::<LayoutOne>() == 224 && size_of::<LayoutTwo>() == 240);

impl SnapshotHeader {
    /// The last sequence that is in the snapshot.
    pub const fn sequence(&self) -> Sequence {
        self.image.last_sequence
    }

    /// Writes the header over all of `block`, which is one block long.
    pub(super) fn encode(&self, block: &mut [u8]) {
        block.fill(PADDING);
        if let Some(front) = block.get_mut(..size_of::<LayoutTwo>()) {
            front.copy_from_slice(bytemuck::bytes_of(&self.layout(Le32::new(0))));
        }
        seal(block);
    }

    fn layout(&self, checksum: Le32) -> LayoutTwo {
        let [log_version, ..] = self.chain.version.number().to_le_bytes();
        LayoutTwo {
            front: LayoutOne {
                version: Le32::new(SNAPSHOT_VERSION),
                log_version,
                ..self.layout_one(checksum)
            },
            term: Le64::new(self.chain.term),
            index: Le64::new(self.chain.index),
        }
    }

    fn layout_one(&self, checksum: Le32) -> LayoutOne {
        let Self { chain, image, .. } = self;
        let Capacities { orders, instruments, sessions } = image.capacities;
        let counts = &image.counts;
        let flow = image.flow.unwrap_or(NO_FLOW);
        LayoutOne {
            magic: MAGIC,
            checksum,
            version: Le32::new(VERSION_ONE),
            compression: self.compression.0,
            has_flow: u8::from(image.flow.is_some()),
            log_version: 0,
            zero: 0,
            log_id: chain.log_id.0,
            created_at_ns: Le64::new(self.created_at_ns),
            block_bytes: Le64::new(length_of(BLOCK_BYTES)),
            last_sequence: Le64::new(image.last_sequence.0),
            segment: Le64::new(chain.segment.0),
            segment_bytes: Le64::new(chain.segment_bytes),
            position: Le64::new(chain.position.0),
            next_number: Le64::new(chain.next_number),
            incarnation: Le64::new(chain.incarnation),
            previous: Le32::new(chain.previous),
            zeros: [0; 4],
            running_hash: Le64::new(image.running_hash),
            state_hash: Le64::new(self.state_hash),
            clock_ns: Le64::new(image.clock_ns),
            capacities: [orders, instruments, sessions].map(Le32::new),
            counts: [
                counts.sessions,
                counts.session_end,
                counts.instruments,
                counts.orders,
                counts.places,
                counts.spans,
            ]
            .map(Le32::new),
            flow_head_bytes: Le32::new(flow.head_bytes),
            flow_head_hash: Le64::new(flow.head_hash),
            flow_name: flow.name,
            host: self.host.map(Le64::new),
        }
    }
}

const NO_FLOW: FlowIdentity =
    FlowIdentity { name: [0; FLOW_NAME_BYTES_MAX], head_bytes: 0, head_hash: 0 };

/// Reads the first block of a snapshot; `block` is shorter where the file ends inside it.
///
/// # Errors
/// [`SnapshotFault::Torn`], [`SnapshotFault::Header`] and [`SnapshotFault::NewerVersion`].
pub fn read_snapshot_header(block: &[u8]) -> Result<SnapshotHeader, SnapshotFault> {
    let Some(block) = block.get(..BLOCK_BYTES) else { return Err(SnapshotFault::Torn) };
    let one: LayoutOne = front_of(block)?;
    // Magic, checksum and the place of the version stay as they are for ever.
    if one.magic != MAGIC || !is_whole(block) {
        return Err(SnapshotFault::Header);
    }
    // What is written of it again tells whether every field has a value that it can have.
    let (header, is_same) = match one.version.get() {
        VERSION_ONE => {
            let header = header_of(&LayoutTwo { front: one, ..LayoutTwo::zeroed() })?;
            (header, is_same(&header.layout_one(one.checksum), &one))
        }
        SNAPSHOT_VERSION => {
            let two: LayoutTwo = front_of(block)?;
            let header = header_of(&two)?;
            (header, is_same(&header.layout(one.checksum), &two))
        }
        0 => return Err(SnapshotFault::Header),
        version => return Err(SnapshotFault::NewerVersion(version)),
    };
    if is_same && is_possible(&header.chain) && header.image.is_possible() {
        Ok(header)
    } else {
        Err(SnapshotFault::Header)
    }
}

/// A layout at the front of a block.
fn front_of<T: Pod>(block: &[u8]) -> Result<T, SnapshotFault> {
    let front = block.get(..size_of::<T>()).ok_or(SnapshotFault::Header)?;
    bytemuck::try_pod_read_unaligned(front).map_err(|_| SnapshotFault::Header)
}

fn is_same<T: Pod>(one: &T, other: &T) -> bool {
    bytemuck::bytes_of(one) == bytemuck::bytes_of(other)
}

fn header_of(two: &LayoutTwo) -> Result<SnapshotHeader, SnapshotFault> {
    let LayoutTwo { front: layout, term, index } = two;
    let version = match layout.log_version {
        0 => Some(LogVersion::Two),
        number => LogVersion::of(u32::from(number)),
    };
    let last_sequence = layout.last_sequence.get();
    let [orders, instruments, sessions] = layout.capacities.map(Le32::get);
    let capacities = Capacities { orders, instruments, sessions };
    let [sessions, session_end, instruments, orders, places, spans] = layout.counts.map(Le32::get);
    Ok(SnapshotHeader {
        chain: Chain {
            log_id: LogId(layout.log_id),
            segment: SegmentNumber(layout.segment.get()),
            version: version.ok_or(SnapshotFault::Header)?,
            segment_bytes: layout.segment_bytes.get(),
            position: LogPosition(layout.position.get()),
            next_number: layout.next_number.get(),
            next_sequence: Sequence(last_sequence.saturating_add(1)),
            previous: layout.previous.get(),
            incarnation: layout.incarnation.get(),
            term: term.get(),
            index: index.get(),
        },
        created_at_ns: layout.created_at_ns.get(),
        compression: Compression(layout.compression),
        host: layout.host.map(Le64::get),
        state_hash: layout.state_hash.get(),
        image: ImageHead {
            capacities,
            clock_ns: layout.clock_ns.get(),
            last_sequence: Sequence(last_sequence),
            running_hash: layout.running_hash.get(),
            flow: (layout.has_flow == 1).then_some(FlowIdentity {
                name: layout.flow_name,
                head_bytes: layout.flow_head_bytes.get(),
                head_hash: layout.flow_head_hash.get(),
            }),
            counts: ImageCounts { sessions, session_end, instruments, orders, places, spans },
        },
    })
}

/// Whether a log can stand like this.
fn is_possible(chain: &Chain) -> bool {
    let Chain { segment, segment_bytes, position, next_number, incarnation, .. } = *chain;
    let block_bytes = length_of(BLOCK_BYTES);
    (SegmentNumber::FIRST.0..=SEQUENCE_MAX).contains(&segment.0)
        && (SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX).contains(&segment_bytes)
        && segment_bytes.is_multiple_of(block_bytes)
        && (FIRST_POSITION.0..=segment_bytes).contains(&position.0)
        && position.0.is_multiple_of(block_bytes)
        && (1..=SEQUENCE_MAX).contains(&next_number)
        && incarnation <= SEQUENCE_MAX
}
