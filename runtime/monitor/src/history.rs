//! Books of the past: made on a thread of their own, one after the other.

use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::Builder;

/// Questions that wait, at most.
const WAITING_MAX: usize = 4;

/// Makes the book behind a sequence as JSON: the sequence, a symbol, levels of each side. `Err` is
/// a sentence.
pub type BookAt = Box<dyn FnMut(u64, &str, usize) -> Result<String, String> + Send>;

/// A question: whose it is, the sequence, the symbol, and how many levels.
type Question = (u64, u64, String, usize);

/// An answer, and whose it is.
pub(crate) type Answer = (u64, Result<String, String>);

/// The thread that makes them.
#[derive(Debug)]
pub(crate) struct History {
    questions: SyncSender<Question>,
    answers: Receiver<Answer>,
}

impl History {
    /// Starts the thread (`hw-history`), which ends when this is dropped; `ready` is called behind
    /// each answer.
    pub(crate) fn start(book_at: BookAt, ready: impl Fn() + Send + 'static) -> io::Result<Self> {
        let (ask, questions) = sync_channel(WAITING_MAX);
        let (answer, answers) = channel();
        let work = move || answer_all(book_at, &questions, &answer, ready);
        Builder::new().name("hw-history".to_owned()).spawn(work)?;
        Ok(Self { questions: ask, answers })
    }

    /// Asks for a book; false when too many are asked for already.
    pub(crate) fn ask(&self, whose: u64, at: u64, symbol: &str, depth: usize) -> bool {
        self.questions.try_send((whose, at, symbol.to_owned(), depth)).is_ok()
    }

    /// An answer that has come.
    pub(crate) fn answer(&self) -> Option<Answer> {
        self.answers.try_recv().ok()
    }
}

fn answer_all(
    mut book_at: BookAt,
    questions: &Receiver<Question>,
    answers: &Sender<Answer>,
    ready: impl Fn(),
) {
    while let Ok((whose, at, symbol, depth)) = questions.recv() {
        if answers.send((whose, book_at(at, &symbol, depth))).is_err() {
            return;
        }
        ready();
    }
}
