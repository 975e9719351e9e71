//! `highwater password`: the hash of a password, for the file of a venue.

use crate::soup_client::password_of;
use highwater_console::{CommandError, Console};
use highwater_gateway::PasswordHash;
use std::io::{self, BufRead, Read};

/// Bytes of a line that are read, at most: a password is much shorter.
const LINE_BYTES_MAX: u64 = 4_096;

/// Print the salted hash of a password, for the file of a venue.
///
/// The password is the first line of standard input: 1 to 10 characters of ASCII, in which case
/// does not count. A terminal shows it while it is typed; 'highwater password < FILE' does not. The
/// same password gives another hash each time, and each of them is good.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct PasswordArgs {}

/// Reads a password and prints its hash.
///
/// # Errors
/// There is none, it cannot be one, or the output cannot be written.
pub fn password(_: PasswordArgs, console: Console) -> Result<(), CommandError> {
    let mut line = Vec::new();
    let mut input = io::stdin().lock().take(LINE_BYTES_MAX);
    input.read_until(b'\n', &mut line).map_err(|error| {
        CommandError::failed(format!("the password cannot be read: {error}; write it again"))
    })?;
    let text = String::from_utf8_lossy(&line);
    let password =
        password_of(text.trim_end_matches(['\r', '\n'])).map_err(CommandError::Failed)?;
    console.print_line(PasswordHash::of(password).as_str())
}
