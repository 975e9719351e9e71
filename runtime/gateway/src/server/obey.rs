//! What the operator has done to users.
//!
//! What changes the market is a command in the log.

use super::Server;
use crate::entry::Submission;
use crate::operator::{UserFault, UserOrder};
use crate::port::{Port, Sizes};
use crate::round::Round;
use highwater::command::{Action, MassCancel};
use highwater::types::OrderId;
use highwater_platform::Platform;
use highwater_protocols::Alpha;
use highwater_publisher::notes::GatewayNote;

/// Commands that a wish needs, at most.
const COMMANDS_MAX: usize = 2;

impl<P: Platform> Server<P> {
    /// Does what the operator has asked for; what there is no room for now is done in a later turn.
    pub(super) fn obey(&mut self, now_ns: u64) {
        while let Some(asked) = self.handle.wishes.next() {
            let result = match asked.order {
                UserOrder::Disconnect => Some(self.disconnect(asked.user, now_ns)),
                UserOrder::StopEntry | UserOrder::AllowEntry | UserOrder::Kill => {
                    self.switch(asked.user, asked.order, now_ns)
                }
            };
            match result {
                Some(result) => asked.answer(result),
                None => return self.handle.wishes.put_back(asked),
            }
        }
    }

    /// Closes the connections of a user.
    fn disconnect(&mut self, name: Alpha<6>, now_ns: u64) -> Result<(), UserFault> {
        let user = self.settings.user(name).ok_or(UserFault::Unknown)?;
        let of_user = self.logged_in.iter().filter(|((other, _), _)| *other == user);
        let connections: Vec<usize> = of_user.map(|(_, connection)| *connection).collect();
        for connection in &connections {
            self.close(*connection, Some("the operator closed this connection"), now_ns);
        }
        if connections.is_empty() { Err(UserFault::NotLoggedIn) } else { Ok(()) }
    }

    /// Switches a trader's entry; `None` while the engine has no room for that.
    fn switch(
        &mut self,
        name: Alpha<6>,
        order: UserOrder,
        now_ns: u64,
    ) -> Option<Result<(), UserFault>> {
        let Some(user) = self.settings.user(name) else { return Some(Err(UserFault::Unknown)) };
        let Some(index) = self.settings.traders().position(|(at, _)| at == user) else {
            return Some(Err(UserFault::NoTrader));
        };
        let timestamp_ns = self.platform.wall_clock_ns();
        let Self { trunk, venue, ports, .. } = self;
        let Ok(mut desk) = trunk.desk() else { return Some(Err(UserFault::Ended)) };
        if desk.room() < COMMANDS_MAX {
            return None;
        }
        let mut round = Round { desk: &mut desk, venue, ports, timestamp_ns, now_ns };
        let note = match order {
            UserOrder::AllowEntry => GatewayNote::EntryAllowed,
            UserOrder::StopEntry | UserOrder::Kill | UserOrder::Disconnect => {
                GatewayNote::EntryStopped
            }
        };
        let mut submit = |action: fn(&Port, GatewayNote) -> Action| {
            let port = &round.ports[index];
            let client_sequence = port.next_unnumbered().ok_or(UserFault::NoNumber)?;
            let submission =
                Submission { client_sequence, action: action(port, note), sizes: Sizes::None };
            round.submit(index, &submission);
            Ok(())
        };
        let switched = submit(|_, note| Action::Note(note.about(OrderId(0))));
        Some(match order {
            UserOrder::Kill => switched.and_then(|()| submit(|port, _| cancel_session(port))),
            UserOrder::StopEntry | UserOrder::AllowEntry | UserOrder::Disconnect => switched,
        })
    }
}

/// The cancel of everything that a trader's session has open.
const fn cancel_session(port: &Port) -> Action {
    let session = Some(port.trader.session);
    Action::MassCancel(MassCancel { instrument: None, account: None, side: None, session })
}
