//! What systemd is told: datagrams to the socket of `NOTIFY_SOCKET`, as `sd_notify(3)` has it.

use highwater_platform::ServiceState;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Tells it, where there is such a socket.
pub(crate) fn tell(state: ServiceState) -> io::Result<()> {
    std::env::var_os("NOTIFY_SOCKET").map_or(Ok(()), |socket| tell_at(&socket, state))
}

fn tell_at(socket: &OsStr, state: ServiceState) -> io::Result<()> {
    let text = match state {
        ServiceState::Ready => "READY=1",
        ServiceState::Alive => "WATCHDOG=1",
        ServiceState::Stopping => "STOPPING=1",
    };
    let address = address_of(socket)?;
    let sender = UnixDatagram::unbound()?;
    // A manager that is too busy to listen must not stop the service.
    sender.set_nonblocking(true)?;
    sender.send_to_addr(text.as_bytes(), &address).map(|_bytes| ())
}

/// A path, or behind `@` a name without a file.
fn address_of(socket: &OsStr) -> io::Result<SocketAddr> {
    match socket.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(socket),
    }
}

/// How long it waits for a sign of life of this process.
pub(crate) fn watchdog_timeout() -> Option<Duration> {
    let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    watched(number("WATCHDOG_USEC"), number("WATCHDOG_PID"), std::process::id())
}

/// The variables may be those of a parent, which alone is watched then.
fn watched(microseconds: Option<u64>, of: Option<u64>, own: u32) -> Option<Duration> {
    let is_own = of.is_none_or(|of| of == u64::from(own));
    microseconds.filter(|time| is_own && *time > 0).map(Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(name: &OsStr, socket: &UnixDatagram) -> Vec<String> {
        let all = [ServiceState::Ready, ServiceState::Alive, ServiceState::Stopping];
        let hear = |state| {
            tell_at(name, state).unwrap();
            let mut text = [0; 64];
            let count = socket.recv(&mut text).unwrap();
            String::from_utf8_lossy(&text[..count]).into_owned()
        };
        all.map(hear).to_vec()
    }

    #[test]
    fn it_is_told_at_a_path_and_at_a_name_without_a_file() {
        let wanted = ["READY=1", "WATCHDOG=1", "STOPPING=1"];
        let path = std::env::temp_dir().join(format!("highwater-told-{}", std::process::id()));
        let socket = UnixDatagram::bind(&path).unwrap();
        assert_eq!(heard(path.as_os_str(), &socket), wanted);
        std::fs::remove_file(&path).unwrap();
        assert!(tell_at(path.as_os_str(), ServiceState::Ready).is_err(), "nobody is there");
        let name = format!("@highwater-told-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name.as_bytes()[1..]).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        assert_eq!(heard(OsStr::new(&name), &socket), wanted);
    }

    #[test]
    fn who_is_watched_is_this_process_or_nobody() {
        assert_eq!(watched(Some(2_000), None, 7), Some(Duration::from_millis(2)));
        assert_eq!(watched(Some(2_000), Some(7), 7), Some(Duration::from_millis(2)));
        assert_eq!(watched(Some(2_000), Some(8), 7), None);
        assert_eq!(watched(Some(0), None, 7), None);
        assert_eq!(watched(None, Some(7), 7), None);
    }
}
