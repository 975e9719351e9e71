//! What is said to the program that starts and watches this one, where there is one.

/// What a service manager is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceState {
    /// The service does what it is for.
    Ready,
    /// It is alive; said again and again where the manager watches.
    Alive,
    /// It ends.
    Stopping,
}
