//! What a host makes durable of its outputs before anything of the log is removed.

/// Who makes the outputs of a run durable before anything is retired that they follow from.
pub trait SettleOutputs: Send + 'static {
    /// Makes durable what was written, and registers how far that goes. Does nothing when `go_on`
    /// says no before there is anything to sync.
    ///
    /// # Errors
    /// A sentence; how far the outputs were registered before stays as it was.
    fn settle(&mut self, go_on: &dyn Fn() -> bool) -> Result<(), String>;
}

/// A host that writes no outputs.
impl SettleOutputs for () {
    fn settle(&mut self, _: &dyn Fn() -> bool) -> Result<(), String> {
        Ok(())
    }
}
