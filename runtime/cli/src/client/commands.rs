//! Commands of a client as people write them, one a line, and as messages of OUCH.

use crate::soup_client::short;
use highwater::types::PriceDecimals;
use highwater_protocols::ouch::{
    AccountQuery, Appendage, CancelOrder, Capacity, CrossType, DisableOrderEntry, Display, Element,
    EnableOrderEntry, EnterOrder, Inbound, MassCancel, PostOnly, ReplaceOrder, Side, TimeInForce,
    tags,
};
use highwater_protocols::{Alpha, Seconds, WidePrice4, YesNo};

/// What the command `help` prints.
pub(super) const HELP: &str = "\
buy SYMBOL QUANTITY PRICE [OPTION]...    enter an order; PRICE is decimal, or MKT
sell SYMBOL QUANTITY PRICE [OPTION]...
    day (default), ioc, fok, gtt=SECONDS how long it lives
    id=N          its user reference number (default: the next)
    ref=WORDS     words of your own that come back, at most 14 characters without blanks
    post-only, show=QUANTITY, min=QUANTITY, attributed, firm=NAME, self-trade=newest|oldest|both,
    cross=open|close|halt
replace ID QUANTITY PRICE [id=N] [ref=WORDS] [attributed]
                                         QUANTITY with what has traded
cancel ID [QUANTITY]                     or make it smaller: QUANTITY with what has traded
mass-cancel [SYMBOL] [buy|sell] [id=N]   all your orders, of a symbol or side
disable [id=N] [firm=NAME], enable [id=N] [firm=NAME]
                                         switch order entry off and on
query                                    ask for the next number
help, quit                               # begins a comment
";

/// A line that was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// There is nothing on it.
    Empty,
    /// Print the help.
    Help,
    /// Leave.
    Quit,
    /// Send this.
    Send(Request),
}

/// A message, and its number where it has one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// The message.
    pub(super) message: Inbound,
    /// Its number.
    pub(super) number: Option<u32>,
}

/// Reads a line; `next` is the number that an order gets which is given none.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(super) fn parse(line: &str, next: u64) -> Result<Line, String> {
    let line = line.split('#').next().unwrap_or_default();
    let mut words: Vec<&str> = line.split_whitespace().collect();
    if words.is_empty() {
        return Ok(Line::Empty);
    }
    let command = words.remove(0).to_ascii_lowercase();
    let mut rest = Words { of: command.clone(), rest: words, next };
    let request = match command.as_str() {
        "buy" => rest.enter(Side::Buy)?,
        "sell" => rest.enter(Side::Sell)?,
        "replace" => rest.replace()?,
        "cancel" => rest.cancel()?,
        "mass-cancel" => rest.mass_cancel()?,
        "disable" => rest.disable()?,
        "enable" => rest.enable()?,
        "query" => Request { message: query(), number: None },
        "help" => return rest.end().map(|()| Line::Help),
        "quit" => return rest.end().map(|()| Line::Quit),
        _ => {
            return Err(format!("'{command}' is no command; 'help' lists them"));
        }
    };
    rest.end()?;
    Ok(Line::Send(request))
}

/// The message that asks for the next number.
pub(super) fn query() -> Inbound {
    AccountQuery { appendage: None }.into()
}

/// The words behind a command; those that were understood are taken away.
struct Words<'l> {
    /// Their command.
    of: String,
    rest: Vec<&'l str>,
    next: u64,
}

impl<'l> Words<'l> {
    /// Nothing is left.
    fn end(&self) -> Result<(), String> {
        let command = &self.of;
        self.rest.first().map_or(Ok(()), |word| {
            Err(format!("'{word}' does not belong to '{command}'; 'help' says what does"))
        })
    }

    /// The next word that has to be there.
    fn word(&mut self, what: &str) -> Result<&'l str, String> {
        if self.rest.is_empty() {
            let command = &self.of;
            return Err(format!("'{command}' needs a {what}; 'help' says how it is written"));
        }
        Ok(self.rest.remove(0))
    }

    fn number(&mut self, what: &str) -> Result<u32, String> {
        number(what, self.word(what)?)
    }

    fn symbol(&mut self) -> Result<Alpha<8>, String> {
        short("symbol", self.word("symbol")?)
    }

    fn price(&mut self) -> Result<WidePrice4, String> {
        price(self.word("price")?)
    }

    /// Takes away the word `name`, in any case; tells whether it was there.
    fn flag(&mut self, name: &str) -> bool {
        let at = self.rest.iter().position(|word| word.eq_ignore_ascii_case(name));
        at.map(|at| self.rest.remove(at)).is_some()
    }

    /// Takes away `name=VALUE`.
    fn value(&mut self, name: &str) -> Option<&'l str> {
        let of = |word: &&'l str| -> Option<&'l str> {
            let (key, value) = word.split_once('=')?;
            key.eq_ignore_ascii_case(name).then_some(value)
        };
        let at = self.rest.iter().position(|word| of(word).is_some())?;
        of(&self.rest.remove(at))
    }

    /// The number that is told, or else the next.
    fn own_number(&mut self) -> Result<u32, String> {
        match self.value("id") {
            Some(text) => number("id", text),
            None => u32::try_from(self.next).map_err(|_| {
                "all user reference numbers of this user are used up: they end at 4294967295"
                    .to_owned()
            }),
        }
    }

    fn own_words(&mut self) -> Result<Alpha<14>, String> {
        self.value("ref").map_or(Ok(Alpha::BLANK), |text| short("ref", text))
    }

    fn display(&mut self) -> Display {
        if self.flag("attributed") { Display::Attributable } else { Display::Visible }
    }

    fn enter(&mut self, side: Side) -> Result<Request, String> {
        let symbol = self.symbol()?;
        let quantity = self.number("quantity")?;
        let price = self.price()?;
        let mut appendage = Appendage::new();
        let time_in_force = self.time_in_force(quantity, &mut appendage)?;
        self.conditions(&mut appendage)?;
        let message = EnterOrder {
            user_ref_num: self.own_number()?,
            side,
            quantity,
            symbol,
            price,
            time_in_force,
            display: self.display(),
            capacity: Capacity::Other,
            is_sweep: YesNo::No,
            cross_type: self.cross()?,
            cl_ord_id: self.own_words()?,
            appendage,
        };
        Ok(Request { message: message.into(), number: Some(message.user_ref_num) })
    }

    fn time_in_force(
        &mut self,
        quantity: u32,
        appendage: &mut Appendage<{ tags::ENTER_ORDER }>,
    ) -> Result<TimeInForce, String> {
        let (day, ioc, fok) = (self.flag("day"), self.flag("ioc"), self.flag("fok"));
        let gtt = self.value("gtt");
        match (day, ioc, fok, gtt) {
            (_, false, false, None) => Ok(TimeInForce::Day),
            (false, true, false, None) => Ok(TimeInForce::ImmediateOrCancel),
            (false, false, true, None) => {
                // OUCH has no fill-or-kill: the minimum is all of it.
                push(appendage, Element::MinQuantity(quantity))?;
                Ok(TimeInForce::ImmediateOrCancel)
            }
            (false, false, false, Some(seconds)) => {
                let seconds = Seconds(number("gtt", seconds)?);
                push(appendage, Element::ExpireTime(seconds))?;
                Ok(TimeInForce::GoodTillTime)
            }
            _ => Err("an order is one of day, ioc, fok and gtt=SECONDS".to_owned()),
        }
    }

    fn conditions(
        &mut self,
        appendage: &mut Appendage<{ tags::ENTER_ORDER }>,
    ) -> Result<(), String> {
        if self.flag("post-only") {
            push(appendage, Element::PostOnly(PostOnly::PostOnly))?;
        }
        if let Some(text) = self.value("show") {
            push(appendage, Element::MaxFloor(number("show", text)?))?;
        }
        if let Some(text) = self.value("min") {
            push(appendage, Element::MinQuantity(number("min", text)?))?;
        }
        if let Some(text) = self.value("firm") {
            push(appendage, Element::Firm(short("firm", text)?))?;
        }
        if let Some(text) = self.value("self-trade") {
            let letter = match text.to_ascii_lowercase().as_str() {
                "newest" => "N",
                "oldest" => "O",
                "both" => "B",
                _ => return Err("self-trade is newest, oldest or both".to_owned()),
            };
            push(appendage, Element::AiqStrategy(short("self-trade", letter)?))?;
        }
        Ok(())
    }

    fn cross(&mut self) -> Result<CrossType, String> {
        let Some(text) = self.value("cross") else { return Ok(CrossType::Continuous) };
        match text.to_ascii_lowercase().as_str() {
            "open" => Ok(CrossType::Opening),
            "close" => Ok(CrossType::Closing),
            "halt" => Ok(CrossType::Halt),
            _ => Err("cross is open, close or halt".to_owned()),
        }
    }

    fn replace(&mut self) -> Result<Request, String> {
        let message = ReplaceOrder {
            orig_user_ref_num: self.number("id")?,
            quantity: self.number("quantity")?,
            price: self.price()?,
            user_ref_num: self.own_number()?,
            time_in_force: TimeInForce::Day,
            display: self.display(),
            is_sweep: YesNo::No,
            cl_ord_id: self.own_words()?,
            appendage: Appendage::new(),
        };
        Ok(Request { message: message.into(), number: Some(message.user_ref_num) })
    }

    fn cancel(&mut self) -> Result<Request, String> {
        let user_ref_num = self.number("id")?;
        let quantity = if self.rest.is_empty() { 0 } else { self.number("quantity")? };
        let message = CancelOrder { user_ref_num, quantity, appendage: None };
        Ok(Request { message: message.into(), number: None })
    }

    fn mass_cancel(&mut self) -> Result<Request, String> {
        let user_ref_num = self.own_number()?;
        let mut appendage = Appendage::new();
        match (self.flag("buy"), self.flag("sell")) {
            (false, false) => {}
            (true, false) => push(&mut appendage, Element::Side(Side::Buy))?,
            (false, true) => push(&mut appendage, Element::Side(Side::Sell))?,
            (true, true) => return Err("a mass cancel has one side, or none for both".to_owned()),
        }
        let symbol = if self.rest.is_empty() { Alpha::BLANK } else { self.symbol()? };
        let message = MassCancel { user_ref_num, firm: Alpha::BLANK, symbol, appendage };
        Ok(Request { message: message.into(), number: Some(user_ref_num) })
    }

    fn disable(&mut self) -> Result<Request, String> {
        let (user_ref_num, firm) = (self.own_number()?, self.firm()?);
        let message = DisableOrderEntry { user_ref_num, firm, appendage: Appendage::new() };
        Ok(Request { message: message.into(), number: Some(user_ref_num) })
    }

    fn enable(&mut self) -> Result<Request, String> {
        let (user_ref_num, firm) = (self.own_number()?, self.firm()?);
        let message = EnableOrderEntry { user_ref_num, firm, appendage: Appendage::new() };
        Ok(Request { message: message.into(), number: Some(user_ref_num) })
    }

    fn firm(&mut self) -> Result<Alpha<4>, String> {
        self.value("firm").map_or(Ok(Alpha::BLANK), |text| short("firm", text))
    }
}

fn push<const TAGS: u32>(appendage: &mut Appendage<TAGS>, element: Element) -> Result<(), String> {
    appendage.push(element).map_err(|_| "fok has a minimum already: leave min out".to_owned())
}

fn number(what: &str, text: &str) -> Result<u32, String> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_digits);
    number.ok_or_else(|| format!("'{text}' is no {what}: a whole number from 0 to 4294967295"))
}

/// A price, exact.
///
/// # Errors
/// It is no decimal number with at most four decimals, or not below the price that stands for a
/// market order.
pub(crate) fn price(text: &str) -> Result<WidePrice4, String> {
    if text.eq_ignore_ascii_case("MKT") {
        return Ok(WidePrice4::MARKET);
    }
    let wrong = || {
        format!(
            "'{text}' is no price: a decimal number with at most four decimals, below 214748.3647, \
             or MKT"
        )
    };
    let ticks = PriceDecimals(4).ticks(text).map_err(|_| wrong())?;
    Some(WidePrice4(ticks.0.into())).filter(|price| *price < WidePrice4::MARKET).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(line: &str) -> Inbound {
        match parse(line, 7) {
            Ok(Line::Send(request)) => request.message,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn entered(line: &str) -> EnterOrder {
        let Inbound::EnterOrder(enter) = sent(line) else { panic!("{line}") };
        enter
    }

    #[test]
    fn prices_are_exact_or_refused() {
        for (text, units) in [("100", 1_000_000), ("0.0001", 1), ("99.25000", 992_500)] {
            assert_eq!(price(text), Ok(WidePrice4(units)), "{text}");
        }
        assert_eq!(price("mkt"), Ok(WidePrice4::MARKET));
        assert_eq!(price("214748.3646"), Ok(WidePrice4(0x7FFF_FFFE)));
        for text in ["214748.3647", "1.00001", "1e3", "-1", "", ".5", "5.", "NaN", "999999999999"] {
            assert!(price(text).is_err(), "{text} would be another order");
        }
    }

    #[test]
    fn an_order_says_what_was_written() {
        let order = entered("BUY GOLD 100 99.5 IOC id=12 ref=mine show=10 # a comment");
        assert_eq!((order.user_ref_num, order.side, order.quantity), (12, Side::Buy, 100));
        assert_eq!(order.time_in_force, TimeInForce::ImmediateOrCancel);
        assert_eq!(order.cl_ord_id, Alpha::new(b"mine").unwrap());
        assert_eq!(order.appendage.get(5), Some(Element::MaxFloor(10)));
        let order = entered("sell gold 5 MKT fok");
        assert_eq!((order.user_ref_num, order.symbol), (7, Alpha::new(b"gold").unwrap()));
        assert_eq!(order.appendage.get(3), Some(Element::MinQuantity(5)));
        assert_eq!(entered("buy A 1 1 gtt=60").time_in_force, TimeInForce::GoodTillTime);
        assert_eq!(entered("buy A 1 1 cross=open day").cross_type, CrossType::Opening);
        assert_eq!(entered("buy A 1 1 attributed").display, Display::Attributable);
    }

    #[test]
    fn the_other_commands_say_what_was_written() {
        let Inbound::ReplaceOrder(replace) = sent("replace 3 200 1.5") else { panic!() };
        assert_eq!((replace.orig_user_ref_num, replace.user_ref_num), (3, 7));
        let Inbound::CancelOrder(cancel) = sent("cancel 3") else { panic!() };
        assert_eq!((cancel.user_ref_num, cancel.quantity), (3, 0));
        let Inbound::CancelOrder(cancel) = sent("cancel 3 50") else { panic!() };
        assert_eq!((cancel.user_ref_num, cancel.quantity), (3, 50));
        let Inbound::MassCancel(mass) = sent("mass-cancel GOLD sell id=9") else { panic!() };
        assert_eq!((mass.user_ref_num, mass.symbol), (9, Alpha::new(b"GOLD").unwrap()));
        assert_eq!(mass.appendage.get(27), Some(Element::Side(Side::Sell)));
        assert!(matches!(sent("disable"), Inbound::DisableOrderEntry(_)));
        assert!(matches!(sent("enable firm=F1"), Inbound::EnableOrderEntry(_)));
        assert!(matches!(sent("query"), Inbound::AccountQuery(_)));
    }

    #[test]
    fn what_is_not_understood_is_a_sentence() {
        for line in [
            "by GOLD 1 1",
            "buy",
            "buy GOLD",
            "buy GOLD x 1",
            "buy GOLD 1",
            "buy GOLD 1 1 1",
            "buy GOLD 1 1 ioc fok",
            "buy GOLD 1 1 ioc ioc",
            "buy TOOLONGSYMBOL 1 1",
            "buy Ä 1 1",
            "buy GOLD -1 1",
            "buy GOLD +1 1",
            "buy GOLD 4294967296 1",
            "buy GOLD 1 1 fok min=1",
            "buy GOLD 1 1 ref=fifteenletters_",
            "buy GOLD 1 1 self-trade=no",
            "cancel",
            "cancel x",
            "replace 1 2",
            "mass-cancel buy sell",
            "query now",
            "quit now",
            "buy GOLD 1 1 id=",
        ] {
            let sentence = parse(line, 7).expect_err(line);
            assert!(sentence.len() > 20, "{sentence}");
        }
        assert!(parse("buy A 1 1", 1 << 32).is_err(), "there is no further number");
        assert_eq!(parse("  # nothing", 1), Ok(Line::Empty));
        assert_eq!((parse("Help", 1), parse("QUIT", 1)), (Ok(Line::Help), Ok(Line::Quit)));
    }
}
