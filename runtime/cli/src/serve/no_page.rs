//! The page of a venue in a program that was built without it.

use super::desk::Desk;
use super::{Venue, Wish};
use highwater_console::CommandError;
use highwater_gateway::Gateway;
use highwater_host::Host;
use highwater_platform::Platform;
use std::path::Path;

/// A page, of which there is none.
#[derive(Debug)]
pub(super) struct Page {
    /// Where to look at it.
    pub(super) url: String,
}

/// Whoever asks for a page is told that there is none; the demonstration goes on without.
pub(super) fn prepare(venue: &mut Venue) -> Result<(), CommandError> {
    drop(venue.page.token.take());
    match (venue.page.address.take(), venue.page.wish) {
        (Some(_), Wish::Named) => Err(CommandError::WrongUsage(
            "this program was built without the feature 'monitor', so it has no page and no metrics; \
             build it with the feature, or leave the page out"
                .to_owned(),
        )),
        (Some(_), Wish::Default) | (None, _) => Ok(()),
    }
}

/// Serves nothing.
#[expect(clippy::unnecessary_wraps, reason = "with the feature it may fail")]
pub(super) fn serve_page<P: Platform>(
    _platform: P,
    _served: (&Host<P>, &Gateway),
    _venue: (&Venue, &Path),
    _desk: &Desk,
) -> Result<Option<Page>, CommandError> {
    Ok(None)
}
