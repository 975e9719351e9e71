//! How much of the next segment should be prepared by now: as much as the current one is written.

/// The part of a segment that is written before the next one is prepared: so a small run prepares
/// none.
const BEGIN_AT_PART: u64 = 8;
/// The part of what is written from then on until the next one must be ready: half of it is left
/// for a disk that turns slow.
const READY_AT_PART: u64 = 2;

/// How the preparation of the next segment keeps pace with one that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Preparation {
    /// Where in the current segment it begins, in bytes.
    begin: u64,
    /// Where in the current segment it is over.
    ready: u64,
    /// Size of the next segment.
    total: u64,
}

impl Preparation {
    /// The pace of a segment of `segment_bytes` that is written from `position` on.
    pub(super) fn from(position: u64, segment_bytes: u64) -> Self {
        let begin = position.max(segment_bytes / BEGIN_AT_PART).min(segment_bytes);
        let ready = begin + (segment_bytes - begin) / READY_AT_PART;
        Self { begin, ready, total: segment_bytes }
    }

    /// How many bytes of the next segment are due when the current one is written up to `tail`;
    /// `None` before it is to be begun. All of them once `tail` is where it must be ready.
    pub(super) fn due_bytes(self, tail: u64) -> Option<u64> {
        let Self { begin, ready, total } = self;
        let written = tail.checked_sub(begin)?;
        if tail >= ready {
            return Some(total);
        }
        let due = u128::from(total) * u128::from(written) / u128::from(ready - begin);
        u64::try_from(due).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_due_at_first_and_all_of_it_before_the_end() {
        let preparation = Preparation::from(10, 1_600);
        assert_eq!(preparation.due_bytes(199), None);
        assert_eq!(preparation.due_bytes(200), Some(0));
        assert_eq!(preparation.due_bytes(550), Some(800));
        assert_eq!(preparation.due_bytes(899), Some(1_597));
        assert_eq!(preparation.due_bytes(900), Some(1_600));
        assert_eq!(preparation.due_bytes(1_600), Some(1_600));
    }

    #[test]
    fn a_segment_that_is_nearly_full_hurries() {
        let preparation = Preparation::from(1_400, 1_600);
        assert_eq!(preparation.due_bytes(1_399), None);
        assert_eq!(preparation.due_bytes(1_450), Some(800));
        assert_eq!(preparation.due_bytes(1_500), Some(1_600));
    }

    #[test]
    fn every_size_and_beginning_is_ready_before_it_is_full() {
        for total in [1, 2, 8, 4_096, 1 << 40] {
            for position in [0, 1, total / 8, total / 2, total - 1, total] {
                let preparation = Preparation::from(position, total);
                assert_eq!(preparation.due_bytes(total), Some(total), "{position} of {total}");
                assert!(preparation.due_bytes(position).is_none_or(|due| due <= total));
            }
        }
    }
}
