//! The orders of one connection: which are open, and which request about them is not answered.
//!
//! A number of an order ends with the place of the order here, so that an answer finds it at once,
//! however many orders there were before. Numbers whose place is taken are left out.

use highwater_protocols::ouch::{CancelReason, OrderState};

/// An order, or a place for one.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The order's number; that of the last order here when it is free.
    number: u32,
    state: State,
    /// Shares that it asks for in all, and that are open.
    total: u32,
    left: u32,
    /// When the request under way was due.
    due_ns: u64,
    /// Where it stands in the list of orders without a request.
    at: usize,
    /// The place of the order that it replaces, or is replaced by.
    partner: usize,
}

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    /// It was entered, and that is not answered.
    Entering,
    /// It is open, and there is no request about it.
    Open,
    /// A cancel is under way.
    Canceling,
    /// A replacement is under way.
    Replacing,
    /// It is the replacement.
    Following,
}

/// What a message means for the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing.
    None,
    /// It is the answer to the request that was due then.
    Answered {
        /// When it was due.
        due_ns: u64,
    },
    /// The order left before a request about it came: the venue does not answer that one.
    Overtaken,
    /// That was taken for granted, and now there is an answer.
    AnsweredLate,
}

/// Orders of a connection.
#[derive(Debug)]
pub(super) struct Orders {
    places: Vec<Place>,
    /// Places of the open orders without a request.
    idle: Vec<usize>,
    /// The last number that was used.
    last: u32,
    taken: usize,
    under_way: usize,
}

impl Orders {
    /// No orders; the first number is behind `last`, and there are 2^`bits` places.
    pub(super) fn new(last: u32, bits: u32) -> Self {
        let free = Place {
            number: 0,
            state: State::Free,
            total: 0,
            left: 0,
            due_ns: 0,
            at: 0,
            partner: 0,
        };
        let places = vec![free; 1 << bits];
        Self { places, idle: Vec::new(), last, taken: 0, under_way: 0 }
    }

    /// Requests that are not answered.
    pub(super) const fn under_way(&self) -> usize {
        self.under_way
    }

    /// Orders that are open or may be.
    pub(super) const fn open(&self) -> usize {
        self.taken
    }

    /// Open orders that have no request.
    pub(super) const fn idle(&self) -> usize {
        self.idle.len()
    }

    /// Whether so many orders are open that another one would search long for its place.
    pub(super) const fn is_full(&self) -> bool {
        self.taken >= self.places.len() / 4 * 3
    }

    /// The next number for what is no order; `None` when they are used up.
    pub(super) fn next_number(&mut self) -> Option<u32> {
        self.last = self.last.checked_add(1)?;
        Some(self.last)
    }

    /// An order is entered; its number, or `None` when numbers or places are used up.
    pub(super) fn enter(&mut self, total: u32, due_ns: u64) -> Option<u32> {
        let at = self.take(State::Entering, total, due_ns)?;
        Some(self.places[at].number)
    }

    /// Takes the next number whose place is free.
    fn take(&mut self, state: State, total: u32, due_ns: u64) -> Option<usize> {
        if self.taken == self.places.len() {
            return None;
        }
        let (number, at) = loop {
            let number = self.next_number()?;
            let at = self.place_of(number);
            if self.places[at].state == State::Free {
                break (number, at);
            }
        };
        self.places[at] = Place { number, state, total, left: total, due_ns, at: 0, partner: 0 };
        self.taken += 1;
        self.under_way += 1;
        Some(at)
    }

    fn place_of(&self, number: u32) -> usize {
        usize::try_from(number).unwrap_or(usize::MAX) & (self.places.len() - 1)
    }

    /// The order with this number; `None` when there is none here.
    fn find(&self, number: u32) -> Option<usize> {
        let at = self.place_of(number);
        let place = &self.places[at];
        (place.number == number && place.state != State::Free).then_some(at)
    }

    /// The `chosen`th open order without a request is canceled; its number.
    pub(super) fn cancel(&mut self, chosen: usize, due_ns: u64) -> u32 {
        let at = self.idle[chosen];
        self.forget_idle(at);
        self.under_way += 1;
        let place = &mut self.places[at];
        (place.state, place.due_ns) = (State::Canceling, due_ns);
        place.number
    }

    /// The `chosen`th open order without a request is replaced: its number, that of the
    /// replacement, and the shares of both in all. `None` when numbers or places are used up.
    pub(super) fn replace(&mut self, chosen: usize, due_ns: u64) -> Option<(u32, u32, u32)> {
        let from = self.idle[chosen];
        let total = self.places[from].total;
        let to = self.take(State::Following, total, due_ns)?;
        self.forget_idle(from);
        (self.places[from].state, self.places[from].partner) = (State::Replacing, to);
        self.places[to].partner = from;
        Some((self.places[from].number, self.places[to].number, total))
    }

    /// An order was accepted; it is open unless it is dead.
    pub(super) fn accepted(&mut self, number: u32, is: OrderState) -> Outcome {
        match self.find(number) {
            Some(at) if self.places[at].state == State::Entering => self.opened(at, is),
            Some(_) | None => Outcome::None,
        }
    }

    fn opened(&mut self, at: usize, is: OrderState) -> Outcome {
        let due_ns = self.places[at].due_ns;
        self.under_way -= 1;
        if is == OrderState::Dead {
            self.free(at);
        } else {
            self.make_idle(at);
        }
        Outcome::Answered { due_ns }
    }

    /// An order was replaced, and `left` shares of its replacement are open.
    pub(super) fn replaced(&mut self, number: u32, left: u32, is: OrderState) -> Outcome {
        match self.find(number) {
            Some(at) if self.places[at].state == State::Following => {
                self.free(self.places[at].partner);
                self.places[at].left = left;
                self.opened(at, is)
            }
            Some(_) | None => Outcome::None,
        }
    }

    /// A request with a number was rejected.
    pub(super) fn rejected(&mut self, number: u32) -> Outcome {
        let Some(at) = self.find(number) else {
            // Another order may have the place by now; then nobody knows any more.
            let is_of_before = self.places[self.place_of(number)].number == number;
            return if is_of_before { Outcome::AnsweredLate } else { Outcome::None };
        };
        let Place { state, due_ns, partner, .. } = self.places[at];
        match state {
            State::Entering | State::Following => {
                if state == State::Following {
                    self.make_idle(partner);
                }
                self.under_way -= 1;
                self.free(at);
                Outcome::Answered { due_ns }
            }
            State::Free | State::Open | State::Canceling | State::Replacing => Outcome::None,
        }
    }

    /// Shares of an order have traded.
    pub(super) fn executed(&mut self, number: u32, shares: u32) -> Outcome {
        match self.find(number) {
            Some(at) if self.shrink(at, shares) => self.left(at),
            Some(_) | None => Outcome::None,
        }
    }

    /// Shares of an order were taken off.
    pub(super) fn canceled(
        &mut self,
        number: u32,
        shares: u32,
        why: Option<CancelReason>,
    ) -> Outcome {
        let Some(at) = self.find(number) else { return Outcome::None };
        if !self.shrink(at, shares) {
            return Outcome::None;
        }
        let Place { state, due_ns, .. } = self.places[at];
        if why == Some(CancelReason::User) && state == State::Canceling {
            self.under_way -= 1;
            self.free(at);
            return Outcome::Answered { due_ns };
        }
        self.left(at)
    }

    /// Takes shares off; tells whether none is left.
    fn shrink(&mut self, at: usize, shares: u32) -> bool {
        let place = &mut self.places[at];
        place.left = place.left.saturating_sub(shares);
        place.left == 0
    }

    /// An order has left the book, and with it the request about it.
    fn left(&mut self, at: usize) -> Outcome {
        let Place { state, partner, .. } = self.places[at];
        let outcome = match state {
            State::Free | State::Open => Outcome::None,
            State::Replacing => {
                self.free(partner);
                Outcome::Overtaken
            }
            State::Entering | State::Following | State::Canceling => Outcome::Overtaken,
        };
        if outcome == Outcome::Overtaken {
            self.under_way -= 1;
        }
        if state == State::Open {
            self.forget_idle(at);
        }
        self.free(at);
        outcome
    }

    fn free(&mut self, at: usize) {
        self.places[at].state = State::Free;
        self.taken -= 1;
    }

    fn make_idle(&mut self, at: usize) {
        (self.places[at].state, self.places[at].at) = (State::Open, self.idle.len());
        self.idle.push(at);
    }

    fn forget_idle(&mut self, at: usize) {
        let index = self.places[at].at;
        self.idle.swap_remove(index);
        if let Some(moved) = self.idle.get(index) {
            self.places[*moved].at = index;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWERED: Outcome = Outcome::Answered { due_ns: 9 };

    #[test]
    fn each_request_is_answered_once() {
        let mut orders = Orders::new(40, 3);
        assert_eq!(orders.enter(100, 9), Some(41));
        assert_eq!(
            (orders.accepted(41, OrderState::Live), orders.accepted(41, OrderState::Live)),
            (ANSWERED, Outcome::None)
        );
        assert_eq!(orders.executed(41, 30), Outcome::None);
        assert_eq!(orders.replace(0, 9), Some((41, 42, 100)));
        assert_eq!((orders.idle(), orders.under_way(), orders.open()), (0, 1, 2));
        assert_eq!(orders.replaced(42, 70, OrderState::Live), ANSWERED);
        assert_eq!(orders.cancel(0, 9), 42);
        assert_eq!(orders.canceled(42, 70, Some(CancelReason::User)), ANSWERED);
        assert_eq!((orders.idle(), orders.under_way(), orders.open()), (0, 0, 0));
        assert_eq!(orders.enter(1, 9), Some(43));
        assert_eq!((orders.rejected(43), orders.open()), (ANSWERED, 0));
    }

    #[test]
    fn a_request_about_an_order_that_has_left_is_overtaken() {
        let mut orders = Orders::new(0, 3);
        for number in 1..=3 {
            assert_eq!(orders.enter(10, 9), Some(number));
            orders.accepted(number, OrderState::Live);
        }
        assert_eq!(orders.cancel(0, 9), 1);
        assert_eq!(orders.executed(1, 10), Outcome::Overtaken);
        assert_eq!(orders.replace(0, 9), Some((3, 4, 10)));
        assert_eq!(orders.canceled(3, 10, None), Outcome::Overtaken);
        assert_eq!(orders.rejected(4), Outcome::AnsweredLate);
        assert_eq!(orders.executed(2, 10), Outcome::None);
        assert_eq!((orders.idle(), orders.under_way(), orders.open()), (0, 0, 0));
    }

    #[test]
    fn a_rejected_replacement_leaves_its_order() {
        let mut orders = Orders::new(0, 2);
        orders.enter(10, 9);
        orders.accepted(1, OrderState::Live);
        assert_eq!(orders.replace(0, 9), Some((1, 2, 10)));
        assert_eq!((orders.rejected(2), orders.idle()), (ANSWERED, 1));
        assert_eq!(orders.cancel(0, 9), 1);
    }

    #[test]
    fn numbers_leave_out_places_that_are_taken() {
        let mut orders = Orders::new(0, 2);
        for number in 1..=4 {
            assert_eq!(orders.enter(1, 9), Some(number));
        }
        assert_eq!((orders.enter(1, 9), orders.is_full()), (None, true));
        orders.rejected(2);
        assert_eq!(orders.enter(1, 9), Some(6), "5 has the place of 1");
        let mut orders = Orders::new(u32::MAX - 1, 2);
        assert_eq!((orders.enter(1, 9), orders.enter(1, 9)), (Some(u32::MAX), None));
    }
}
