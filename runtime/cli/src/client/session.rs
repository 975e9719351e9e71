//! A client at work: lines become requests, and messages become lines.

use super::commands::{HELP, Line, Request, parse, query};
use super::input::read_lines;
use super::link::{Stream, Told};
use super::{ClientArgs, Links, itch_fields, ouch_fields};
use crate::soup_client::nanos;
use highwater_console::{CommandError, Console, note};
use highwater_platform::Platform;
use highwater_platform::signals::StopFlag;
use highwater_protocols::itch::AnyMessage;
use highwater_protocols::ouch::Outbound;
use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender};
use std::time::Duration;

/// How often a signal and the end of a wait are looked for.
const TICK: Duration = Duration::from_millis(20);

/// Bytes of text that are gathered before they are printed.
const PIECE_BYTES: usize = 64 << 10;

/// How far a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// It waits until then for the next number, for which it has asked.
    Beginning(u64),
    /// It takes commands.
    Trading,
    /// It reads the feed alone, until it is told to stop.
    Reading,
    /// The input has ended, and the last answer is to come until then.
    Finishing(u64),
    /// It stays until then.
    Staying(u64),
    /// It leaves.
    Leaving,
}

/// A client at work.
pub(super) struct Session<'a, P: Platform> {
    platform: P,
    args: &'a ClientArgs,
    console: Console,
    /// Where the first link is asked for something, and it and the input tell.
    requests: Sender<Request>,
    tell: SyncSender<Told>,
    /// Requests that were made and are not sent.
    waiting: Arc<AtomicUsize>,
    /// The next user reference number.
    next: u64,
    /// The number of the first message that may answer a query of this run.
    fresh: u64,
    /// Queries that are not answered.
    queries: u64,
    phase: Phase,
    line_count: u64,
    wrong_count: u64,
    /// To be printed.
    text: String,
}

impl<'a, P: Platform> Session<'a, P> {
    /// A client whose first link takes its requests.
    pub(super) fn new(platform: P, args: &'a ClientArgs, console: Console, links: &Links) -> Self {
        Self {
            platform,
            args,
            console,
            requests: links.requests[0].clone(),
            tell: links.tell.clone(),
            waiting: Arc::clone(&links.waiting),
            next: 1,
            fresh: links.fresh,
            queries: 0,
            phase: Phase::Reading,
            line_count: 0,
            wrong_count: 0,
            text: String::new(),
        }
    }

    /// Works until it is to leave.
    pub(super) fn run(
        mut self,
        told: &Receiver<Told>,
        stop: &StopFlag,
    ) -> Result<(), CommandError> {
        if self.args.ouch.is_some() {
            self.ask();
            self.phase = Phase::Beginning(self.in_time(self.args.patience.0));
        }
        while self.phase != Phase::Leaving && !stop.is_raised() {
            match told.recv_timeout(TICK) {
                Ok(first) => self.take_all(first, told)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.look_at_time()?;
        }
        if self.wrong_count > 0 && !io::stdin().is_terminal() {
            let (wrong, lines) = (self.wrong_count, self.line_count);
            return Err(CommandError::WrongUsage(format!(
                "{wrong} of {lines} lines were not understood, as said above; the others were done"
            )));
        }
        Ok(())
    }

    /// A time from now.
    fn in_time(&self, span: Duration) -> u64 {
        self.platform.monotonic_ns().saturating_add(nanos(span))
    }

    /// Takes all that has been told by now, and prints it.
    fn take_all(&mut self, first: Told, told: &Receiver<Told>) -> Result<(), CommandError> {
        let mut next = Some(first);
        while let Some(one) = next {
            let taken = self.take(one);
            if taken.is_err() || self.phase == Phase::Leaving || self.text.len() >= PIECE_BYTES {
                self.print()?;
            }
            taken?;
            if self.phase == Phase::Leaving {
                return Ok(());
            }
            next = told.try_recv().ok();
        }
        self.print()
    }

    fn print(&mut self) -> Result<(), CommandError> {
        if self.text.is_empty() {
            return Ok(());
        }
        let printed = self.console.print(&self.text);
        self.text.clear();
        printed
    }

    fn take(&mut self, told: Told) -> Result<(), CommandError> {
        match told {
            Told::Message(stream, number, bytes) => self.message(stream, number, &bytes),
            Told::Note(text) => {
                note(&text);
                Ok(())
            }
            Told::NextSession(stream, text) => {
                if stream == Stream::Ouch {
                    // All of it is of this run.
                    self.fresh = 0;
                }
                note(&text);
                Ok(())
            }
            Told::Failed(sentence) => Err(CommandError::Failed(sentence)),
            Told::Line(line) => {
                self.line(&line);
                Ok(())
            }
            Told::InputEnded(fault) => {
                if let Some(error) = fault {
                    note(&format!("standard input cannot be read: {error}; it ends here"));
                }
                self.finish();
                Ok(())
            }
        }
    }

    /// The input is over: one more answer shows that all others have come.
    fn finish(&mut self) {
        if self.phase == Phase::Trading {
            self.ask();
            self.phase = Phase::Finishing(self.in_time(self.args.patience.0));
        }
    }

    /// A message is printed, whatever it is.
    fn message(&mut self, stream: Stream, number: u64, bytes: &[u8]) -> Result<(), CommandError> {
        let fields = match stream {
            Stream::Ouch => Outbound::parse(bytes).map(|message| {
                let answered = self.answered(&message, number);
                answered.map(|()| ouch_fields::fields_of(&message))
            }),
            Stream::Itch => AnyMessage::parse(bytes).map(|it| Ok(itch_fields::fields_of(&it))),
        };
        let name = stream.name();
        // Writing to a string cannot fail.
        let _written = match fields {
            Ok(fields) if self.args.json => writeln!(self.text, "{}", fields?.json(name, number)),
            Ok(fields) => writeln!(self.text, "{}", fields?.line(name, number)),
            Err(error) => {
                note(&format!("{name}: message {number} was passed over: {error}"));
                Ok(())
            }
        };
        Ok(())
    }

    /// Goes on where a query was answered.
    fn answered(&mut self, message: &Outbound, number: u64) -> Result<(), CommandError> {
        let Outbound::AccountQueryResponse(answer) = message else { return Ok(()) };
        // Answers of earlier runs are told again with --from; their numbers have been used.
        if self.queries == 0 || number < self.fresh {
            return Ok(());
        }
        self.queries -= 1;
        self.next = self.next.max(answer.next_user_ref_num.into());
        match self.phase {
            Phase::Beginning(_) => {
                self.phase = Phase::Trading;
                if io::stdin().is_terminal() {
                    note(&format!("your next number is {}; 'help' lists the commands", self.next));
                }
                read_lines(self.tell.clone(), Arc::clone(&self.waiting)).map_err(|error| {
                    CommandError::failed(format!("there is no thread for the input: {error}"))
                })?;
            }
            Phase::Finishing(_) if self.queries == 0 => {
                self.phase = Phase::Staying(self.in_time(self.args.wait.0));
            }
            Phase::Finishing(_)
            | Phase::Trading
            | Phase::Reading
            | Phase::Staying(_)
            | Phase::Leaving => {}
        }
        Ok(())
    }

    /// Does what a line says, or says what is wrong with it.
    fn line(&mut self, line: &str) {
        if self.phase != Phase::Trading {
            return;
        }
        self.line_count += 1;
        match parse(line, self.next) {
            Ok(Line::Empty) => {}
            Ok(Line::Help) => note(HELP.trim_end()),
            Ok(Line::Quit) => self.finish(),
            Ok(Line::Send(request)) => self.request(&request),
            Err(sentence) => {
                self.wrong_count += 1;
                note(&format!("line {}: {sentence}", self.line_count));
            }
        }
    }

    fn request(&mut self, request: &Request) {
        if let Some(number) = request.number {
            if u64::from(number) < self.next {
                let next = self.next;
                note(&format!(
                    "line {}: number {number} is below the next, {next}: where it was used, the \
                     venue passes this over in silence",
                    self.line_count
                ));
            }
            self.next = self.next.max(u64::from(number) + 1);
        }
        if request.message == query() {
            self.queries += 1;
        }
        self.send(request);
    }

    /// Asks for the next number.
    fn ask(&mut self) {
        self.queries += 1;
        self.send(&Request { message: query(), number: None });
    }

    fn send(&self, request: &Request) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        // A link that has given up has said so.
        let _given_up = self.requests.send(*request);
    }

    fn look_at_time(&mut self) -> Result<(), CommandError> {
        let now_ns = self.platform.monotonic_ns();
        match self.phase {
            Phase::Beginning(until_ns) if now_ns >= until_ns => Err(CommandError::failed(
                "the venue did not say the next user reference number; a user that only reads \
                 enters no orders: leave --ouch out, or raise --patience",
            )),
            Phase::Finishing(until_ns) if now_ns >= until_ns => Err(CommandError::failed(
                "the venue did not answer the last requests in time; log in again and read on: \
                 --from with the number behind the last message",
            )),
            Phase::Staying(until_ns) if now_ns >= until_ns => {
                self.phase = Phase::Leaving;
                Ok(())
            }
            Phase::Beginning(_)
            | Phase::Finishing(_)
            | Phase::Staying(_)
            | Phase::Trading
            | Phase::Reading
            | Phase::Leaving => Ok(()),
        }
    }
}
