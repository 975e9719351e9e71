//! What a venue writes to standard error in a program that was built without the feature `monitor`:
//! the engine's notices alone.
#![expect(
    clippy::unused_self,
    clippy::needless_pass_by_ref_mut,
    reason = "with the feature they are used"
)]

use super::schedule::Step;
use crate::admin::request::Request;
use highwater_console::note;
use highwater_engine::notices::Notice;
use highwater_gateway::GatewayNotices;
use std::path::Path;

/// There is nothing to choose.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct MessageArgs {}

/// Writes the engine's notices.
pub(super) struct Messages;

impl Messages {
    pub(super) const fn begin(_: MessageArgs) -> Self {
        Self
    }

    pub(super) const fn serves(&self, _: &Path) {}

    pub(super) const fn stops(&self) {}

    pub(super) const fn step(&self, _: &Step) {}

    pub(super) const fn asked(&self, _: &Request) {}

    pub(super) fn notice(&self, notice: &Notice) {
        note(&notice.to_string());
    }

    pub(super) const fn clients(&mut self, _: &GatewayNotices, _: u64) {}
}
