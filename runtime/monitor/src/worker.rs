//! Work that takes its time: done on a thread of its own, one piece after the other.

use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::Builder;

/// Pieces that wait, at most.
const WAITING_MAX: usize = 4;

/// Makes an answer in JSON of a question; `Err` is a sentence.
pub type Work<Q> = Box<dyn FnMut(Q) -> Result<String, String> + Send>;

/// A book of the past that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookQuestion {
    /// The sequence behind which the book is wanted.
    pub at: u64,
    /// The instrument.
    pub symbol: String,
    /// Levels of each side.
    pub depth: usize,
}

/// An answer, and whose it is.
pub(crate) type Answer = (u64, Result<String, String>);

/// The thread that works.
#[derive(Debug)]
pub(crate) struct Worker<Q> {
    questions: SyncSender<(u64, Q)>,
    answers: Receiver<Answer>,
}

impl<Q: Send + 'static> Worker<Q> {
    /// Starts the thread, which ends when this is dropped; `ready` is called behind each answer.
    pub(crate) fn start(
        name: &str,
        work: Work<Q>,
        ready: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        let (ask, questions) = sync_channel(WAITING_MAX);
        let (answer, answers) = channel();
        let run = move || answer_all(work, &questions, &answer, ready);
        Builder::new().name(name.to_owned()).spawn(run)?;
        Ok(Self { questions: ask, answers })
    }

    /// Asks; false when too much is asked for already.
    pub(crate) fn ask(&self, whose: u64, question: Q) -> bool {
        self.questions.try_send((whose, question)).is_ok()
    }

    /// An answer that has come.
    pub(crate) fn answer(&self) -> Option<Answer> {
        self.answers.try_recv().ok()
    }
}

fn answer_all<Q>(
    mut work: Work<Q>,
    questions: &Receiver<(u64, Q)>,
    answers: &Sender<Answer>,
    ready: impl Fn(),
) {
    while let Ok((whose, question)) = questions.recv() {
        if answers.send((whose, work(question))).is_err() {
            return;
        }
        ready();
    }
}
