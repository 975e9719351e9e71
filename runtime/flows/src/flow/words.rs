//! The commands of a flow as words, and which columns each has a use for.

use super::columns::Column;
use highwater::command::Control;

/// What a line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    New,
    Ioc,
    Cancel,
    Reduce,
    Replace,
    Modify,
    MassCancel,
    Define,
    Band,
    Control(Control),
    Clock,
    EndOfDay,
    LimitSession,
}

/// A word, and the columns that it reads beside `seq`, `timestamp_ns`, `command` and `session`.
pub(super) struct Command {
    pub(super) text: &'static str,
    pub(super) word: Word,
    pub(super) columns: &'static [Column],
}

/// Columns that every command may have.
pub(super) const COMMON: [Column; 4] =
    [Column::Seq, Column::TimestampNs, Column::Command, Column::Session];

/// Columns that lines of orders have always had, used or not.
const ORDERS: [Column; 7] = [
    Column::OrderId,
    Column::Side,
    Column::PriceTicks,
    Column::Price,
    Column::Qty,
    Column::NewOrderId,
    Column::Symbol,
];

/// The columns of lines of orders, and more.
macro_rules! orders {
    ($($more:ident),*) => {
        &[
            ORDERS[0], ORDERS[1], ORDERS[2], ORDERS[3], ORDERS[4], ORDERS[5], ORDERS[6],
            $(Column::$more),*
        ]
    };
}

const NEW: &[Column] =
    orders![Account, Type, Tif, Trigger, Display, MinQty, Prevention, PostOnly, ExpiryNs];

const fn command(text: &'static str, word: Word, columns: &'static [Column]) -> Command {
    Command { text, word, columns }
}

const fn control(text: &'static str, control: Control) -> Command {
    command(text, Word::Control(control), &[Column::Symbol])
}

/// Every command.
static COMMANDS: [Command; 18] = [
    command("NEW", Word::New, NEW),
    command("IOC", Word::Ioc, NEW),
    command("CANCEL", Word::Cancel, orders![Account]),
    command("REDUCE", Word::Reduce, orders![Account]),
    command("REPLACE", Word::Replace, orders![Account, Trigger, Sizing]),
    command("MODIFY", Word::Modify, orders![Account, Trigger, Sizing]),
    command(
        "MASS_CANCEL",
        Word::MassCancel,
        &[Column::Symbol, Column::Side, Column::Account, Column::OfSession],
    ),
    command(
        "DEFINE",
        Word::Define,
        &[
            Column::Symbol,
            Column::Tick,
            Column::Lot,
            Column::BandLow,
            Column::BandHigh,
            Column::MaxQty,
            Column::MaxNotional,
            Column::Decimals,
        ],
    ),
    command("BAND", Word::Band, &[Column::Symbol, Column::BandLow, Column::BandHigh]),
    control("HALT", Control::Halt),
    control("RESUME", Control::Resume),
    control("MATCHING_OFF", Control::MatchingOff),
    control("MATCHING_ON", Control::MatchingOn),
    control("AUCTION", Control::StartAuction),
    control("UNCROSS", Control::Uncross),
    command("CLOCK", Word::Clock, &[]),
    command("END_OF_DAY", Word::EndOfDay, &[]),
    command("LIMIT_SESSION", Word::LimitSession, &[Column::OfSession, Column::Qty]),
];

/// Commands that the plain lines have; they come first.
const PLAIN_COMMANDS: usize = 5;

/// What is expected in the column `command`.
pub(super) fn expected() -> String {
    let others: Vec<&str> = COMMANDS[PLAIN_COMMANDS..].iter().map(|known| known.text).collect();
    format!("NEW, IOC, CANCEL, REDUCE or REPLACE, or one of {}", others.join(", "))
}

/// The command with this text.
pub(super) fn command_of(text: &[u8]) -> Option<&'static Command> {
    COMMANDS.iter().find(|known| known.text.as_bytes() == text)
}

/// The command that says a control.
pub(super) fn text_of_control(control: Control) -> &'static str {
    let says = |known: &&Command| known.word == Word::Control(control);
    COMMANDS.iter().find(says).map_or("", |known| known.text)
}
