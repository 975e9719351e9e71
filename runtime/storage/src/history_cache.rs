//! The cache of history: parts of segments that never change any more, within a bound on their
//! bytes, least recently used out first.
//!
//! One cache serves one data directory, and may be shared by any number of its readers. What it may
//! hold is [`log_directory`](crate)'s decision.

use highwater::types::SegmentNumber;
use lru::LruCache;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes that a cache holds when nobody says otherwise: 64 MiB.
pub const CACHE_BYTES_DEFAULT: u64 = 64 << 20;

/// Plain bytes of a part of a segment that is not packed.
pub const CHUNK_BYTES: usize = 64 << 10;

/// Which part of which segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PartKey {
    /// The segment.
    pub segment: SegmentNumber,
    /// Whether the part is a frame of its packed file; of its plain file, which may end elsewhere,
    /// parts are kept apart.
    pub is_packed: bool,
    /// Its place among the parts, from 0.
    pub index: u64,
}

/// Parts of the segments of one log.
#[derive(Debug)]
pub struct HistoryCache {
    capacity_bytes: u64,
    parts: Mutex<Parts>,
    hit_count: AtomicU64,
    miss_count: AtomicU64,
    held_bytes: AtomicU64,
}

/// What the cache counted until one moment; each number is right, but they may be some nanoseconds
/// apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheTotals {
    /// Parts that were asked for and there.
    pub hit_count: u64,
    /// Parts that were asked for and had to be read.
    pub miss_count: u64,
    /// Bytes of the parts that it holds now.
    pub held_bytes: u64,
}

#[derive(Debug)]
struct Parts {
    by_use: LruCache<PartKey, Arc<[u8]>>,
    held_bytes: u64,
}

impl HistoryCache {
    /// An empty cache that holds up to `capacity_bytes` bytes of segments; with 0 it holds nothing.
    /// What it needs to find them comes on top, about 200 bytes for a part of 64 KiB.
    pub fn new(capacity_bytes: u64) -> Self {
        Self {
            capacity_bytes,
            parts: Mutex::new(Parts { by_use: LruCache::unbounded(), held_bytes: 0 }),
            hit_count: AtomicU64::new(0),
            miss_count: AtomicU64::new(0),
            held_bytes: AtomicU64::new(0),
        }
    }

    /// Bytes that it holds at most.
    pub fn capacity_bytes(&self) -> u64 {
        self.capacity_bytes
    }

    /// What was counted so far; may be read by any thread, and keeps nobody waiting.
    pub fn totals(&self) -> CacheTotals {
        CacheTotals {
            hit_count: self.hit_count.load(Ordering::Relaxed),
            miss_count: self.miss_count.load(Ordering::Relaxed),
            held_bytes: self.held_bytes.load(Ordering::Relaxed),
        }
    }

    /// A part, which from now on is the most recently used one.
    pub fn get(&self, key: &PartKey) -> Option<Arc<[u8]>> {
        let found = self.parts().by_use.get(key).cloned();
        let count = if found.is_some() { &self.hit_count } else { &self.miss_count };
        count.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Keeps a part as the most recently used one, and lets go of the least recently used ones that
    /// there is no more room for. A part that is empty, or larger than the whole cache, is not
    /// kept.
    pub fn put(&self, key: PartKey, part: Arc<[u8]>) {
        let part_bytes = length_of(&part);
        if part_bytes == 0 || part_bytes > self.capacity_bytes {
            return;
        }
        let mut parts = self.parts();
        if let Some(before) = parts.by_use.put(key, part) {
            parts.held_bytes -= length_of(&before);
        }
        parts.held_bytes += part_bytes;
        while parts.held_bytes > self.capacity_bytes {
            let Some((_, least)) = parts.by_use.pop_lru() else { break };
            parts.held_bytes -= length_of(&least);
        }
        self.held_bytes.store(parts.held_bytes, Ordering::Relaxed);
    }

    /// Lets go of everything.
    pub fn clear(&self) {
        let mut parts = self.parts();
        parts.by_use.clear();
        parts.held_bytes = 0;
        self.held_bytes.store(0, Ordering::Relaxed);
    }

    /// A reader that panicked left nothing half done that a cache could not live with.
    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for HistoryCache {
    fn default() -> Self {
        Self::new(CACHE_BYTES_DEFAULT)
    }
}

/// The length of a part in 64 bits; lossless, because no supported system has wider addresses.
fn length_of(part: &[u8]) -> u64 {
    part.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(index: u64) -> PartKey {
        PartKey { segment: SegmentNumber(1), is_packed: false, index }
    }

    fn part(bytes: usize) -> Arc<[u8]> {
        vec![7; bytes].into()
    }

    #[test]
    fn the_least_recently_used_part_goes_first() {
        let cache = HistoryCache::new(30);
        for index in 0..3 {
            cache.put(key(index), part(10));
        }
        assert!(cache.get(&key(0)).is_some());
        cache.put(key(3), part(10));
        assert!(cache.get(&key(1)).is_none(), "it was used longest ago");
        for index in [0, 2, 3] {
            assert!(cache.get(&key(index)).is_some(), "{index}");
        }
        let totals = cache.totals();
        assert_eq!((totals.hit_count, totals.miss_count, totals.held_bytes), (4, 1, 30));
    }

    #[test]
    fn it_never_holds_more_than_it_may() {
        let cache = HistoryCache::new(100);
        let mut held = std::collections::VecDeque::new();
        for index in 0..200_u64 {
            let bytes = usize::try_from(index * 7 % 45 + 1).unwrap();
            cache.put(key(index), part(bytes));
            held.push_back(bytes);
            while held.iter().sum::<usize>() > 100 {
                held.pop_front();
            }
            assert_eq!(cache.totals().held_bytes, held.iter().sum::<usize>() as u64);
            assert!(cache.totals().held_bytes <= cache.capacity_bytes());
        }
        cache.put(key(1_000), part(101));
        assert!(cache.get(&key(1_000)).is_none(), "it is larger than the cache");
        assert!(cache.get(&key(199)).is_some(), "and nothing left for it");
    }

    #[test]
    fn a_part_that_comes_again_counts_once() {
        let cache = HistoryCache::new(100);
        cache.put(key(1), part(40));
        cache.put(key(1), part(10));
        assert_eq!(cache.totals().held_bytes, 10);
        assert_eq!(cache.get(&key(1)).unwrap().len(), 10);
        cache.clear();
        assert_eq!(cache.totals().held_bytes, 0);
        assert!(cache.get(&key(1)).is_none());
    }

    #[test]
    fn with_no_room_it_holds_nothing() {
        let cache = HistoryCache::new(0);
        // Not even what takes none: there could be any number of it.
        for bytes in 0..2 {
            cache.put(key(1), part(bytes));
            assert!(cache.get(&key(1)).is_none());
        }
        assert_eq!(cache.totals().held_bytes, 0);
    }
}
