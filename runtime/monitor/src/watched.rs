//! What a monitor looks at.

use highwater_gateway::GatewayWatch;
use highwater_host::HostWatch;
use highwater_platform::Platform;
use serde::Serialize;

/// What a monitor looks at.
#[derive(Clone, Debug)]
pub struct Watched<P: Platform> {
    /// For clocks.
    pub platform: P,
    /// The engine.
    pub host: HostWatch<P>,
    /// The gateway, where there is one: trades and clients are seen there.
    pub gateway: Option<GatewayWatch>,
}

/// What does not change while a venue runs.
#[derive(Clone, Debug, Default, Serialize)]
pub struct About {
    /// The program's version.
    pub version: String,
    /// The data directory.
    pub data: String,
    /// The sync mode by its name.
    pub sync: String,
    /// When it started, in milliseconds since the Unix epoch.
    pub started_ms: u64,
}
