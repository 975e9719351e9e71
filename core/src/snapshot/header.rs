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
use crate::segment::FIRST_POSITION;
use crate::types::{Capacities, LogId, LogPosition, SegmentNumber, Sequence, length_of};
use bytemuck::{Pod, Zeroable};

/// Version of the snapshot format that this engine writes, and the only one that it reads.
pub const SNAPSHOT_VERSION: u32 = 1;

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

/// The bytes of a header, in their order; padding follows up to the end of the block.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct HeaderLayout {
    magic: [u8; MAGIC_BYTES],
    /// See `seal.rs`.
    checksum: Le32,
    version: Le32,
    compression: u8,
    /// 1 when the log belongs to a flow, else 0, and so is what is said of it.
    has_flow: u8,
    zero: [u8; 2],
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

const _: () = assert!(size_of::<HeaderLayout>() == 224);

impl SnapshotHeader {
    /// The last sequence that is in the snapshot.
    pub const fn sequence(&self) -> Sequence {
        self.image.last_sequence
    }

    /// Writes the header over all of `block`, which is one block long.
    pub(super) fn encode(&self, block: &mut [u8]) {
        block.fill(PADDING);
        if let Some(front) = block.get_mut(..size_of::<HeaderLayout>()) {
            front.copy_from_slice(bytemuck::bytes_of(&self.layout()));
        }
        seal(block);
    }

    fn layout(&self) -> HeaderLayout {
        let Self { chain, image, .. } = self;
        let Capacities { orders, instruments, sessions } = image.capacities;
        let counts = &image.counts;
        let flow = image.flow.unwrap_or(NO_FLOW);
        HeaderLayout {
            magic: MAGIC,
            checksum: Le32::new(0),
            version: Le32::new(SNAPSHOT_VERSION),
            compression: self.compression.0,
            has_flow: u8::from(image.flow.is_some()),
            zero: [0; 2],
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
    let layout = block
        .get(..size_of::<HeaderLayout>())
        .map(bytemuck::try_pod_read_unaligned::<HeaderLayout>);
    let Some(Ok(layout)) = layout else { return Err(SnapshotFault::Header) };
    // Magic, checksum and the place of the version stay as they are for ever.
    if layout.magic != MAGIC || !is_whole(block) {
        return Err(SnapshotFault::Header);
    }
    let version = layout.version.get();
    if version > SNAPSHOT_VERSION {
        return Err(SnapshotFault::NewerVersion(version));
    }
    let header = header_of(&layout);
    // What is written of it again tells whether every field has a value that it can have.
    let is_right = version == SNAPSHOT_VERSION
        && bytemuck::bytes_of(&HeaderLayout { checksum: layout.checksum, ..header.layout() })
            == bytemuck::bytes_of(&layout)
        && is_possible(&header.chain)
        && header.image.is_possible();
    if is_right { Ok(header) } else { Err(SnapshotFault::Header) }
}

fn header_of(layout: &HeaderLayout) -> SnapshotHeader {
    let last_sequence = layout.last_sequence.get();
    let [orders, instruments, sessions] = layout.capacities.map(Le32::get);
    let capacities = Capacities { orders, instruments, sessions };
    let [sessions, session_end, instruments, orders, places, spans] = layout.counts.map(Le32::get);
    SnapshotHeader {
        chain: Chain {
            log_id: LogId(layout.log_id),
            segment: SegmentNumber(layout.segment.get()),
            segment_bytes: layout.segment_bytes.get(),
            position: LogPosition(layout.position.get()),
            next_number: layout.next_number.get(),
            next_sequence: Sequence(last_sequence.saturating_add(1)),
            previous: layout.previous.get(),
            incarnation: layout.incarnation.get(),
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
    }
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
