//! Queues that carry reports of 64 bytes from the book's thread to one other: the ring of the core,
//! and what others would take in its place.

use highwater::event::{Event, EventOrEnd, EventSink};
use highwater::limits::EVENT_RING_CAPACITY;
use highwater::ring::{Carried, Consumer, Producer, Ring};
use std::hint::spin_loop;
use std::sync::mpsc::{self, SyncSender, TrySendError, sync_channel};

/// An event in 64 bytes, as it lies in a slot of the core's ring.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Report {
    sequence: u64,
    rest: <EventOrEnd as Carried>::Rest,
}

const _: () = assert!(size_of::<Report>() == 64, "all queues carry 64 bytes");

impl Report {
    /// The report of an event.
    ///
    /// # Panics
    /// Never: every event is short.
    #[inline]
    pub fn new(event: &Event) -> Self {
        let (sequence, rest) = EventOrEnd::Event(*event).apart().expect("every event is short");
        Self { sequence, rest }
    }

    /// The event that it reports.
    ///
    /// # Panics
    /// Never: it was made of one.
    #[inline]
    pub fn event(self) -> Event {
        let EventOrEnd::Event(event) = EventOrEnd::together(self.sequence, self.rest) else {
            unreachable!("it was made of an event")
        };
        event
    }
}

/// A queue for [`EVENT_RING_CAPACITY`] reports.
pub trait Queue: Default {
    /// The side of the book: it waits while the queue is full.
    type Sender<'q>: EventSink
    where
        Self: 'q;
    /// The side of the reader.
    type Receiver<'q>: Receives
    where
        Self: 'q;

    /// The two sides of a new queue.
    fn split(&mut self) -> (Self::Sender<'_>, Self::Receiver<'_>);
}

/// The side that reports are taken from.
pub trait Receives: Send {
    /// Takes at most `max` reports, those that wait, and returns how many they were.
    fn receive(&mut self, max: usize, read: impl FnMut(&Event)) -> usize;
}

/// The event ring of an engine, as it is.
#[derive(Debug, Default)]
pub struct Marks(Box<Ring<EventOrEnd, EVENT_RING_CAPACITY>>);

/// Waits for room and then has the event built in its slot, as the sequencer's sink does.
#[derive(Debug)]
pub struct MarksSender<'q>(Producer<'q, EventOrEnd>);

impl Queue for Marks {
    type Sender<'q> = MarksSender<'q>;
    type Receiver<'q> = Consumer<'q, EventOrEnd>;

    fn split(&mut self) -> (MarksSender<'_>, Consumer<'_, EventOrEnd>) {
        let (producer, consumer) = self.0.split().expect("it is new");
        (MarksSender(producer), consumer)
    }
}

impl EventSink for MarksSender<'_> {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "an event goes from where it is made into its slot")]
    fn event(&mut self, event: &Event) {
        while !self.0.has_room(1) {
            spin_loop();
        }
        self.0.push_copy(&EventOrEnd::Event(*event));
    }
}

impl Receives for Consumer<'_, EventOrEnd> {
    #[inline]
    fn receive(&mut self, max: usize, mut read: impl FnMut(&Event)) -> usize {
        self.for_each(max, |told| {
            if let EventOrEnd::Event(event) = told {
                read(event);
            }
        })
    }
}

/// The bounded channel of the standard library, asked again and again: its threads never sleep.
#[derive(Debug)]
pub struct Channel(SyncSender<Report>, mpsc::Receiver<Report>);

/// Its side of the book.
#[derive(Debug)]
pub struct ChannelSender<'q>(&'q SyncSender<Report>);

/// Its side of the reader.
#[derive(Debug)]
pub struct ChannelReceiver<'q>(&'q mut mpsc::Receiver<Report>);

impl Default for Channel {
    fn default() -> Self {
        let (sender, receiver) = sync_channel(EVENT_RING_CAPACITY);
        Self(sender, receiver)
    }
}

impl Queue for Channel {
    type Sender<'q> = ChannelSender<'q>;
    type Receiver<'q> = ChannelReceiver<'q>;

    fn split(&mut self) -> (ChannelSender<'_>, ChannelReceiver<'_>) {
        (ChannelSender(&self.0), ChannelReceiver(&mut self.1))
    }
}

impl EventSink for ChannelSender<'_> {
    #[inline]
    fn event(&mut self, event: &Event) {
        let mut report = Report::new(event);
        while let Err(refused) = self.0.try_send(report) {
            let TrySendError::Full(back) = refused else { panic!("the reader is there") };
            report = back;
            spin_loop();
        }
    }
}

impl Receives for ChannelReceiver<'_> {
    #[inline]
    fn receive(&mut self, max: usize, mut read: impl FnMut(&Event)) -> usize {
        self.0.try_iter().take(max).map(|report| read(&report.event())).count()
    }
}
