//! A simulated disk: what its files hold as a process sees them, and what of it a power cut leaves.
//!
//! What was written and not synced is kept in pieces of one sector, in the order of writing. A
//! power cut lets any of them reach the disk, in any order, or all bytes up to some point.

use crate::random::Random;
use std::collections::BTreeMap;

/// What a disk writes whole or not at all, in bytes.
pub const SECTOR_BYTES: usize = 512;

/// Which of the unsynced pieces reach the disk.
#[derive(Clone, Copy, Debug)]
pub enum Survival {
    /// All of them.
    All,
    /// None of them.
    None,
    /// Piece `i` when bit `i` is set; none from the 64th on.
    Mask(u64),
    /// Each with a chance of one half, decided by this seed.
    Seeded(u64),
    /// This many bytes, in the order of writing; the sector that they end in is torn.
    Bytes(usize),
}

impl Survival {
    /// Any of the ways, all of them often enough.
    pub fn any(random: &mut Random) -> Self {
        match random.below(8) {
            0 => Self::All,
            1 => Self::None,
            2 | 3 => Self::Bytes(random.index(1 << 13)),
            _ => Self::Seeded(random.number()),
        }
    }
}

/// One file.
#[expect(clippy::struct_excessive_bools, reason = "two facts that do not touch each other")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct SimFile {
    /// What a process reads.
    seen: Vec<u8>,
    /// What is on the disk.
    kept: Vec<u8>,
    /// Whether its name is on the disk.
    is_named: bool,
    /// Whether it was written since a process last saw what is on the disk.
    is_touched: bool,
}

/// A part of a sector that was written and not synced.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// How many pieces were written before it.
    number: u64,
    file: u64,
    position: usize,
    length: usize,
}

/// Files by number.
#[derive(Clone, Debug, Default)]
pub struct SimDisk {
    files: BTreeMap<u64, SimFile>,
    unsynced: Vec<Piece>,
    /// Pieces written in all.
    written_count: u64,
    /// Whether a sector is on the disk whole or not at all.
    has_whole_sectors: bool,
}

impl SimDisk {
    /// A disk that never tears a sector.
    pub fn with_whole_sectors() -> Self {
        Self { has_whole_sectors: true, ..Self::default() }
    }

    /// Numbers of the first and the last file.
    pub fn range(&self) -> Option<(u64, u64)> {
        Some((*self.files.first_key_value()?.0, *self.files.last_key_value()?.0))
    }

    /// Number of the first file behind `number`; `None` when there is none.
    pub fn next_behind(&self, number: u64) -> Option<u64> {
        Some(*self.files.range(number.checked_add(1)?..).next()?.0)
    }

    /// What a process reads of a file; `None` when there is none.
    pub fn seen(&self, file: u64) -> Option<&[u8]> {
        self.files.get(&file).map(|file| file.seen.as_slice())
    }

    /// How many pieces were written in all, by now.
    pub const fn written_count(&self) -> u64 {
        self.written_count
    }

    /// How many pieces wait for a sync.
    pub const fn unsynced_count(&self) -> usize {
        self.unsynced.len()
    }

    /// How many bytes wait for a sync.
    pub fn unsynced_bytes(&self) -> usize {
        self.unsynced.iter().map(|piece| piece.length).sum()
    }

    /// Writes bytes, unsynced; the file grows when it has to.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn write(&mut self, file: u64, position: usize, bytes: &[u8]) {
        let SimFile { seen, is_touched, .. } = self.files.get_mut(&file).expect("the file exists");
        *is_touched = true;
        let end = position + bytes.len();
        if seen.len() < end {
            seen.resize(end, 0);
        }
        seen[position..end].copy_from_slice(bytes);
        let mut from = position;
        while from < end {
            let to = (from / SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES).min(end);
            let number = self.written_count;
            self.unsynced.push(Piece { number, file, position: from, length: to - from });
            self.written_count += 1;
            from = to;
        }
    }

    /// Makes a file, or changes one, so that it holds these bytes, durably.
    pub fn place(&mut self, file: u64, bytes: &[u8]) {
        self.unsynced.retain(|piece| piece.file != file);
        let (seen, kept) = (bytes.to_vec(), bytes.to_vec());
        self.files.insert(file, SimFile { seen, kept, is_named: true, is_touched: false });
    }

    /// Flips one bit of a file, durably.
    ///
    /// # Panics
    /// When there is no such bit.
    pub fn flip(&mut self, file: u64, bit: usize) {
        let found = self.files.get_mut(&file).expect("the file exists");
        found.seen[bit / 8] ^= 1 << (bit % 8);
        found.kept[bit / 8] ^= 1 << (bit % 8);
    }

    /// Takes a file's name off the disk, as if its directory had not been synced; a process still
    /// sees it.
    pub fn unname(&mut self, file: u64) {
        if let Some(found) = self.files.get_mut(&file) {
            found.is_named = false;
        }
    }

    /// Removes a file, durably.
    pub fn remove(&mut self, file: u64) {
        self.unsynced.retain(|piece| piece.file != file);
        self.files.remove(&file);
    }

    /// Shortens a file, durably.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn truncate(&mut self, file: u64, length: usize) {
        let found = self.files.get_mut(&file).expect("the file exists");
        found.seen.truncate(length);
        found.kept.truncate(length);
        for piece in self.unsynced.iter_mut().filter(|piece| piece.file == file) {
            piece.length = length.saturating_sub(piece.position).min(piece.length);
        }
    }

    /// Lets some of the unsynced pieces reach the disk and forgets the others, as a failed sync
    /// does: a process still reads what it wrote, and nothing waits for a sync any more.
    pub fn settle(&mut self, survival: Survival) {
        let mut random = match survival {
            Survival::Seeded(seed) => Random::new(seed),
            Survival::All | Survival::None | Survival::Mask(_) | Survival::Bytes(_) => {
                Random::new(0)
            }
        };
        let mut written = 0;
        for (index, piece) in std::mem::take(&mut self.unsynced).into_iter().enumerate() {
            let length = match survival {
                Survival::All => piece.length,
                Survival::None => 0,
                Survival::Mask(mask) => {
                    if index < 64 && mask >> index & 1 == 1 {
                        piece.length
                    } else {
                        0
                    }
                }
                Survival::Seeded(_) => {
                    if random.chance(50) {
                        piece.length
                    } else {
                        0
                    }
                }
                Survival::Bytes(bytes) => bytes.saturating_sub(written).min(piece.length),
            };
            written += piece.length;
            let is_torn = length < piece.length;
            self.keep(piece, if is_torn && self.has_whole_sectors { 0 } else { length });
        }
    }

    /// Makes everything that was written durable.
    pub fn sync(&mut self) {
        self.settle(Survival::All);
    }

    /// Makes durable what was written to one file when so many pieces had been written in all.
    pub fn sync_file(&mut self, file: u64, written_count: u64) {
        for piece in std::mem::take(&mut self.unsynced) {
            if piece.file == file && piece.number < written_count {
                self.keep(piece, piece.length);
            } else {
                self.unsynced.push(piece);
            }
        }
    }

    /// Makes what was written to the files from `first` on durable, and a process see what is on
    /// the disk of them.
    pub fn sync_and_drop_cache(&mut self, first: u64) {
        let pieces = std::mem::take(&mut self.unsynced);
        let (synced, left): (Vec<_>, Vec<_>) =
            pieces.into_iter().partition(|piece| piece.file >= first);
        self.unsynced = left;
        for piece in synced {
            let length = piece.length;
            self.keep(piece, length);
        }
        for (_, file) in self.files.range_mut(first..) {
            file.seen.clone_from(&file.kept);
        }
    }

    /// Makes a process see what is on the disk.
    pub fn drop_cache(&mut self) {
        for file in self.files.values_mut().filter(|file| file.is_touched) {
            file.seen.clone_from(&file.kept);
            file.is_touched = false;
        }
    }

    /// Cuts the power: some of the unsynced pieces are on the disk, the others were never written.
    pub fn power_cut(&mut self, survival: Survival) {
        self.settle(survival);
        self.files.retain(|_, file| file.is_named);
        self.drop_cache();
    }

    fn keep(&mut self, piece: Piece, length: usize) {
        let Some(SimFile { seen, kept, .. }) = self.files.get_mut(&piece.file) else {
            return;
        };
        let end = piece.position + length;
        if length == 0 {
            return;
        }
        if kept.len() < end {
            kept.resize(end, 0);
        }
        kept[piece.position..end].copy_from_slice(&seen[piece.position..end]);
    }
}
