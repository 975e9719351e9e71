//! Passwords: kept as salted hashes, and checked on a thread of their own, because a check is slow
//! on purpose.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc};
use highwater_protocols::soup::Password;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::{io, str};
use thiserror::Error;

/// Checks that may wait; who comes then is refused.
const WAITING_MAX: usize = 64;

/// A salted hash of a password (Argon2id), as a string of the form `$argon2id$v=19$...`.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

/// The text is no hash of a password.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "this is no hash of a password; it begins with '$argon2id$', and 'highwater password' makes one"
)]
pub struct HashFault;

impl PasswordHash {
    /// The hash of a new password, with a salt of its own.
    ///
    /// # Panics
    /// The system has no random numbers.
    pub fn of(password: Password) -> Self {
        let hashed = Argon2::default().hash_password(&folded(password));
        Self(hashed.expect("the system has random numbers").to_string())
    }

    /// A hash that was made before.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, HashFault> {
        let parsed = phc::PasswordHash::new(text).map_err(|_| HashFault)?;
        if parsed.hash.is_none() || parsed.algorithm.as_str() != "argon2id" {
            return Err(HashFault);
        }
        Ok(Self(text.to_owned()))
    }

    /// The hash as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is this password's; takes some ten milliseconds, whatever the answer.
    pub fn is_of(&self, password: Password) -> bool {
        phc::PasswordHash::new(&self.0)
            .is_ok_and(|hash| Argon2::default().verify_password(&folded(password), &hash).is_ok())
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// SoupBinTCP: letters count the same in both cases, and the padding counts not at all.
fn folded(password: Password) -> Vec<u8> {
    let bytes = password.0.as_bytes().to_ascii_lowercase();
    let length = bytes.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
    bytes[..length].to_vec()
}

/// Checks passwords on a thread of its own. `T` says whose check it is.
#[derive(Debug)]
pub(crate) struct PasswordChecks<T> {
    asked: Option<SyncSender<(T, PasswordHash, Password)>>,
    answers: Receiver<(T, bool)>,
    /// Set when nobody wants an answer any more.
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// So many checks wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl<T: Send + 'static> PasswordChecks<T> {
    /// Starts the thread, which calls `ready` behind each answer.
    pub(crate) fn start(ready: Arc<dyn Fn() + Send + Sync>) -> io::Result<Self> {
        let (asked, questions) = sync_channel::<(T, PasswordHash, Password)>(WAITING_MAX);
        let (answer, answers) = channel();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = Builder::new().name("hw-passwords".to_owned()).spawn(move || {
            for (whose, hash, password) in questions {
                if over.load(Ordering::Acquire)
                    || answer.send((whose, hash.is_of(password))).is_err()
                {
                    break;
                }
                ready();
            }
        })?;
        Ok(Self { asked: Some(asked), answers, is_over, thread: Some(thread) })
    }

    /// Asks for a check.
    pub(crate) fn ask(
        &self,
        whose: T,
        hash: PasswordHash,
        password: Password,
    ) -> Result<(), TooMany> {
        let asked = self.asked.as_ref().ok_or(TooMany)?;
        match asked.try_send((whose, hash, password)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(TooMany),
        }
    }

    /// The next answer that is there.
    pub(crate) fn answer(&self) -> Option<(T, bool)> {
        self.answers.try_recv().ok()
    }
}

impl<T> Drop for PasswordChecks<T> {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        self.asked = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_protocols::Alpha;

    fn password(text: &str) -> Password {
        Password(Alpha::new(text.as_bytes()).unwrap())
    }

    #[test]
    fn a_password_is_known_again_in_any_case_and_no_other_is() {
        let hash = PasswordHash::of(password("Secret7"));
        assert!(hash.is_of(password("Secret7")) && hash.is_of(password("sECRET7")));
        for other in ["Secret8", "Secret", "Secret77", ""] {
            assert!(!hash.is_of(password(other)), "{other}");
        }
        let again = PasswordHash::parse(hash.as_str()).unwrap();
        assert!(again.is_of(password("SECRET7")));
        assert_ne!(PasswordHash::of(password("Secret7")), hash, "each has a salt of its own");
        assert_eq!(format!("{hash:?}"), "PasswordHash(..)");
    }

    #[test]
    fn other_text_is_no_hash() {
        for text in ["", "secret", "$argon2id$", "$scrypt$ln=1,r=1,p=1$c2FsdHNhbHQ$aGFzaA"] {
            assert_eq!(PasswordHash::parse(text), Err(HashFault), "{text}");
        }
    }

    #[test]
    fn checks_are_answered_and_bounded() {
        let checks = PasswordChecks::start(Arc::new(|| ())).unwrap();
        let hash = PasswordHash::of(password("right"));
        checks.ask(1, hash.clone(), password("right")).unwrap();
        checks.ask(2, hash.clone(), password("wrong")).unwrap();
        let mut answers = Vec::new();
        while answers.len() < 2 {
            answers.extend(checks.answer());
            std::thread::yield_now();
        }
        assert_eq!(answers, [(1, true), (2, false)]);
        let refused = (0..WAITING_MAX + 2)
            .find_map(|number| checks.ask(number, hash.clone(), password("x")).err());
        assert_eq!(refused, Some(TooMany));
    }
}
