//! Who is told what was appended to the files of the streams.

use crate::answers::Stream;
use crate::feed::Feed;
use highwater::types::SessionId;

/// Is told what was appended, and where: a reader of the files knows how far they go. `()` wants to
/// know nothing.
pub trait Appended {
    /// The file of the feed has what waits in `feed`; it ends at this byte then.
    fn feed(&mut self, feed: &Feed, end: u64);

    /// The file of a session has what waits in `stream`; it ends at this byte then.
    fn answers(&mut self, session: SessionId, stream: &Stream, end: u64);
}

impl Appended for () {
    fn feed(&mut self, _feed: &Feed, _end: u64) {}

    fn answers(&mut self, _session: SessionId, _stream: &Stream, _end: u64) {}
}
