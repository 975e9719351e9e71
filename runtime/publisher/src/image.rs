//! A publisher's state as bytes, for checkpoints: what the log up to there implies, so that it need
//! not be published again.
//!
//! Numbers are big-endian, like those of the protocols.

use crate::answers::{Answers, Stream};
use crate::client_fields::ClientFields;
use crate::day::DayClock;
use crate::feed::Feed;
use crate::instruments::{Instrument, Instruments, Trading};
use crate::open_orders::{KeptTerms, Key, OpenOrder, Terms};
use crate::publisher::Publisher;
use highwater::command::ClientBytes;
use highwater::types::{
    InstrumentId, Lots, OrderId, Phase, PriceDecimals, Sequence, SessionId, Side, Symbol, Ticks,
};
use highwater_protocols::{Alpha, Field, ouch};
use thiserror::Error;

/// The bytes are not the state of a publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the bytes are not a publisher's state")]
pub struct ImageFault;

/// Bytes that are written.
#[derive(Debug, Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn put(&mut self, field: impl Field) {
        let at = self.0.len();
        self.0.resize(at + length_of(&field), 0);
        field.write(&mut self.0[at..]).expect("there is room for the field");
    }

    fn put_count(&mut self, count: usize) {
        self.put(u64::try_from(count).expect("a count has 64 bits"));
    }
}

const fn length_of<F: Field>(_: &F) -> usize {
    F::BYTES
}

/// Bytes that are read.
#[derive(Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take<F: Field>(&mut self) -> Result<F, ImageFault> {
        F::read(self.take_bytes(F::BYTES)?).ok_or(ImageFault)
    }

    fn take_bytes(&mut self, count: usize) -> Result<&'a [u8], ImageFault> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(ImageFault)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn take_flag(&mut self) -> Result<bool, ImageFault> {
        match self.take::<u8>()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(ImageFault),
        }
    }

    /// A list with its count before it. Its memory grows with what is there.
    fn take_all<T>(
        &mut self,
        mut take: impl FnMut(&mut Self) -> Result<T, ImageFault>,
    ) -> Result<Vec<T>, ImageFault> {
        (0..self.take::<u64>()?).map(|_| take(self)).collect()
    }
}

impl Publisher {
    /// The state between two commands, once everything that was made is taken.
    pub fn image(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.put(self.sequence.0);
        writer.put(self.day);
        writer.put(u8::from(self.clock.is_some()));
        if let Some(DayClock { midnight_ns, now_ns }) = self.clock {
            writer.put(midnight_ns);
            writer.put(now_ns);
        }
        writer.put(self.references);
        writer.put(self.matches);
        writer.put(self.feed.count());
        writer.put_count(self.instruments.0.len());
        for instrument in &self.instruments.0 {
            put_instrument(&mut writer, instrument);
        }
        let orders = self.orders.sorted();
        writer.put_count(orders.len());
        for (key, order) in &orders {
            put_order(&mut writer, *key, order);
        }
        writer.put_count(self.disabled.len());
        for (session, firm) in &self.disabled {
            writer.put(session.0);
            writer.put(*firm);
        }
        writer.put_count(self.stopped.len());
        for session in &self.stopped {
            writer.put(session.0);
        }
        writer.put(u8::from(self.answers.is_some()));
        if let Some(answers) = &self.answers {
            writer.put_count(answers.streams.len());
            for (session, stream) in &answers.streams {
                writer.put(session.0);
                writer.put(stream.count());
            }
        }
        writer.0
    }

    /// The publisher that had this state.
    ///
    /// # Errors
    /// The bytes are not the state of one.
    pub fn of_image(bytes: &[u8]) -> Result<Self, ImageFault> {
        let mut reader = Reader(bytes);
        let mut publisher = Self::new(None);
        publisher.sequence = Sequence(reader.take()?);
        publisher.day = reader.take()?;
        if reader.take_flag()? {
            let clock = DayClock { midnight_ns: reader.take()?, now_ns: reader.take()? };
            publisher.clock = Some(clock).filter(|it| it.is_possible());
            publisher.clock.ok_or(ImageFault)?;
        }
        publisher.references = reader.take()?;
        publisher.matches = reader.take()?;
        publisher.feed = Feed::behind(reader.take()?);
        let mut locates = 1_u16..;
        let instrument =
            |reader: &mut Reader<'_>| take_instrument(reader, locates.next().ok_or(ImageFault)?);
        publisher.instruments = Instruments(reader.take_all(instrument)?);
        for (key, order) in reader.take_all(take_order)? {
            if order.total < order.remaining {
                return Err(ImageFault);
            }
            let is_shown = publisher.instruments.can_show(key.0, &order);
            if !is_shown || !publisher.orders.try_insert(key, order) {
                return Err(ImageFault);
            }
        }
        let disabled = |reader: &mut Reader<'_>| Ok((SessionId(reader.take()?), reader.take()?));
        publisher.disabled = reader.take_all(disabled)?.into_iter().collect();
        let stopped = |reader: &mut Reader<'_>| Ok(SessionId(reader.take()?));
        publisher.stopped = reader.take_all(stopped)?.into_iter().collect();
        if reader.take_flag()? {
            let stream = |reader: &mut Reader<'_>| {
                Ok((SessionId(reader.take()?), Stream::behind(reader.take()?)))
            };
            let streams = reader.take_all(stream)?;
            if !streams.is_sorted_by(|(session, _), (next, _)| session < next) {
                return Err(ImageFault);
            }
            publisher.answers = Some(Answers::of_streams(streams.into_iter().collect()));
        }
        if reader.0.is_empty() { Ok(publisher) } else { Err(ImageFault) }
    }
}

fn put_instrument(writer: &mut Writer, instrument: &Instrument) {
    writer.0.extend(instrument.symbol.padded());
    writer.put(instrument.decimals.0);
    writer.put(instrument.lot);
    writer.put(match instrument.trading.phase {
        Phase::Continuous => 0_u8,
        Phase::Auction => 1,
        Phase::Collecting => 2,
    });
    writer.put(u8::from(instrument.trading.is_halted));
    writer.put(instrument.cross_count);
}

fn take_instrument(reader: &mut Reader<'_>, locate: u16) -> Result<Instrument, ImageFault> {
    let padded = reader.take_bytes(size_of::<Symbol>())?.try_into().map_err(|_| ImageFault)?;
    let symbol = Symbol::from_padded(padded).ok_or(ImageFault)?;
    Ok(Instrument {
        symbol,
        name: Alpha::new(symbol.as_bytes()).ok_or(ImageFault)?,
        locate,
        decimals: Some(PriceDecimals(reader.take()?))
            .filter(|it| it.is_possible())
            .ok_or(ImageFault)?,
        lot: reader.take()?,
        trading: Trading {
            phase: match reader.take::<u8>()? {
                0 => Phase::Continuous,
                1 => Phase::Auction,
                2 => Phase::Collecting,
                _ => return Err(ImageFault),
            },
            is_halted: reader.take_flag()?,
        },
        cross_count: reader.take()?,
    })
}

fn put_order(writer: &mut Writer, (instrument, id): Key, order: &OpenOrder) {
    writer.put(instrument.0);
    writer.put(id.0);
    writer.put(order.reference);
    writer.put(u8::from(order.side == Side::Sell));
    writer.put(order.limit.0);
    writer.put(order.remaining.0);
    writer.put(order.total.0);
    writer.put(order.shown);
    let Terms { time_in_force, is_post_only, expire_seconds, minimum, display, client } =
        *order.terms;
    writer.put(time_in_force);
    writer.put(u8::from(is_post_only));
    writer.put(expire_seconds);
    writer.put(minimum);
    writer.put(display);
    writer.0.extend(client.to_bytes().as_bytes());
}

fn take_order(reader: &mut Reader<'_>) -> Result<(Key, OpenOrder), ImageFault> {
    let key = (InstrumentId(reader.take()?), OrderId(reader.take()?));
    let order = OpenOrder {
        reference: reader.take()?,
        side: if reader.take_flag()? { Side::Sell } else { Side::Buy },
        limit: Ticks(reader.take()?),
        remaining: Lots(reader.take()?),
        total: Lots(reader.take()?),
        shown: reader.take()?,
        terms: KeptTerms::new(Terms {
            time_in_force: reader.take::<ouch::TimeInForce>()?,
            is_post_only: reader.take_flag()?,
            expire_seconds: reader.take()?,
            minimum: reader.take()?,
            display: reader.take()?,
            client: ClientBytes::new(reader.take_bytes(ClientFields::BYTES)?)
                .and_then(|bytes| ClientFields::of_bytes(&bytes))
                .ok_or(ImageFault)?,
        }),
    };
    Ok((key, order))
}
