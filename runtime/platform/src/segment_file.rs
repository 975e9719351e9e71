//! A segment file as the system gives it: one call a method, and what is the same on every system.

use std::fmt;
use std::io;

/// An open segment file. The required methods are one system call each.
pub trait SegmentFile: fmt::Debug + Send + 'static {
    /// Reads some bytes at `position`; 0 only at the end of the file.
    ///
    /// # Errors
    /// The system's.
    fn read_some_at(&self, position: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Writes some bytes at `position`; only on a file opened with
    /// [`IoMode::Direct`](crate::IoMode::Direct), aligned like its blocks.
    ///
    /// # Errors
    /// The system's.
    fn write_some_at(&self, position: u64, bytes: &[u8]) -> io::Result<usize>;

    /// Writes some bytes at the end of the file; only on a file opened with
    /// [`IoMode::Append`](crate::IoMode::Append).
    ///
    /// # Errors
    /// The system's.
    fn append_some(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Writes some bytes at `position` and makes them durable in the same call.
    ///
    /// # Errors
    /// The system's; [`Unsupported`](io::ErrorKind::Unsupported) where it has no such call.
    fn write_some_durably_at(&self, _position: u64, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Reserves room for the first `length_bytes` of the file, without writing them.
    ///
    /// # Errors
    /// The system's; [`Unsupported`](io::ErrorKind::Unsupported) where it has no such call.
    fn reserve(&self, _length_bytes: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Makes everything written to the file durable, its length too, down to the disk's own cache.
    ///
    /// # Errors
    /// The system's, an interruption included. It is not to be repeated: the system may have
    /// dropped what it could not write, and would report success.
    fn sync(&self) -> io::Result<()>;

    /// Makes the file end at `length_bytes`; durable with the next [`sync`](Self::sync).
    ///
    /// # Errors
    /// The system's.
    fn set_length(&self, length_bytes: u64) -> io::Result<()>;

    /// Length of the file in bytes.
    ///
    /// # Errors
    /// The system's.
    fn length_bytes(&self) -> io::Result<u64>;

    /// Asks the system to forget its copy of a synced file, so that the next reader sees what the
    /// disk holds. A system that won't is no fault.
    fn drop_cached(&self);

    /// The same for the `length_bytes` at `position`, so that reading much of a file once does not
    /// push out what others need. 0 stands for all that follows.
    fn drop_cached_part(&self, position: u64, length_bytes: u64);

    /// Reads at `position` until `into` is full or the file ends; returns how many bytes were read.
    ///
    /// # Errors
    /// The system's; a call that was interrupted before it read anything is repeated.
    fn read_at(&self, position: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < into.len() {
            match self.read_some_at(position + length_of(done), &mut into[done..]) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// Writes all of `bytes` at `position`.
    ///
    /// # Errors
    /// The system's; see [`append`](Self::append).
    fn write_at(&self, position: u64, bytes: &[u8]) -> io::Result<()> {
        write_all(bytes, |done, rest| self.write_some_at(position + done, rest))
    }

    /// Writes all of `bytes` at `position` and makes them durable.
    ///
    /// # Errors
    /// The system's; see [`write_some_durably_at`](Self::write_some_durably_at).
    fn write_durably_at(&self, position: u64, bytes: &[u8]) -> io::Result<()> {
        write_all(bytes, |done, rest| self.write_some_durably_at(position + done, rest))
    }

    /// Writes all of `bytes` at the end of the file.
    ///
    /// # Errors
    /// The system's. A call that was interrupted before it wrote anything is repeated; after a
    /// short write the rest follows, and then fails with the reason if there is one.
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        write_all(bytes, |_, rest| self.append_some(rest))
    }
}

/// Writes `bytes` with `write`, which gets the number of bytes that are done and the rest.
fn write_all(
    bytes: &[u8],
    mut write: impl FnMut(u64, &[u8]) -> io::Result<usize>,
) -> io::Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        match write(length_of(done), &bytes[done..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Converts a length to 64 bits; lossless, because no supported system has wider addresses.
fn length_of(length: usize) -> u64 {
    length as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};

    /// Takes three bytes a call, and answers the scripted calls with an error instead.
    #[derive(Debug, Default)]
    struct Stubborn {
        bytes: RefCell<Vec<u8>>,
        calls: Cell<usize>,
        interrupted: Vec<usize>,
        full_at: Option<usize>,
    }

    impl Stubborn {
        fn next_call(&self) -> io::Result<()> {
            let call = self.calls.replace(self.calls.get() + 1);
            if self.interrupted.contains(&call) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            if self.full_at == Some(call) {
                return Err(io::Error::from_raw_os_error(28));
            }
            Ok(())
        }
    }

    impl SegmentFile for Stubborn {
        fn read_some_at(&self, position: u64, into: &mut [u8]) -> io::Result<usize> {
            self.next_call()?;
            let bytes = self.bytes.borrow();
            let from = &bytes[usize::try_from(position).unwrap()..];
            let count = from.len().min(into.len()).min(3);
            into[..count].copy_from_slice(&from[..count]);
            Ok(count)
        }

        fn write_some_at(&self, position: u64, bytes: &[u8]) -> io::Result<usize> {
            assert_eq!(position, self.bytes.borrow().len() as u64, "the rest follows the rest");
            self.append_some(bytes)
        }

        fn append_some(&self, bytes: &[u8]) -> io::Result<usize> {
            self.next_call()?;
            let count = bytes.len().min(3);
            self.bytes.borrow_mut().extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn sync(&self) -> io::Result<()> {
            self.next_call()
        }

        fn set_length(&self, _: u64) -> io::Result<()> {
            self.next_call()
        }

        fn length_bytes(&self) -> io::Result<u64> {
            Ok(self.bytes.borrow().len() as u64)
        }

        fn drop_cached(&self) {}

        fn drop_cached_part(&self, _: u64, _: u64) {}
    }

    #[test]
    fn short_and_interrupted_calls_go_on_with_the_rest() {
        let file = Stubborn { interrupted: vec![0, 2, 3], ..Stubborn::default() };
        file.append(b"abcdefgh").unwrap();
        file.write_at(8, b"ijkl").unwrap();
        assert_eq!(*file.bytes.borrow(), b"abcdefghijkl");
        let file = Stubborn { bytes: file.bytes, interrupted: vec![1], ..Stubborn::default() };
        let mut read = [0; 20];
        assert_eq!(file.read_at(1, &mut read).unwrap(), 11);
        assert_eq!(&read[..11], b"bcdefghijkl");
    }

    #[test]
    fn a_write_that_fails_after_a_short_one_tells_the_real_reason() {
        let file = Stubborn { full_at: Some(1), ..Stubborn::default() };
        assert_eq!(file.append(b"abcdef").unwrap_err().raw_os_error(), Some(28));
        assert_eq!(*file.bytes.borrow(), b"abc");
    }

    #[test]
    fn an_interrupted_sync_is_an_error() {
        let file = Stubborn { interrupted: vec![0], ..Stubborn::default() };
        assert_eq!(file.sync().unwrap_err().kind(), io::ErrorKind::Interrupted);
        assert_eq!(file.calls.get(), 1);
    }
}
