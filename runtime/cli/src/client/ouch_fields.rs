//! Messages of OUCH from a venue, with all their fields.

use super::shown::{Fields, fields_of_each};
use highwater_protocols::Message;
use highwater_protocols::ouch::{
    AccountQueryResponse, AiqCanceled, BrokenTrade, CancelPending, CancelReject, Canceled,
    DisableOrderEntryResponse, EnableOrderEntryResponse, MassCancelResponse, OrderAccepted,
    OrderExecuted, OrderModified, OrderReplaced, OrderRestated, Outbound, PriorityUpdate, Rejected,
    SystemEvent, TradeCorrection,
};

fields_of_each! { Outbound:
    SystemEvent { timestamp, event_code }
    OrderAccepted {
        timestamp, user_ref_num, side, quantity, symbol, price, time_in_force, display,
        order_reference, capacity, is_sweep, cross_type, state, cl_ord_id, appendage
    }
    OrderReplaced {
        timestamp, orig_user_ref_num, user_ref_num, side, quantity, symbol, price, time_in_force,
        display, order_reference, capacity, is_sweep, cross_type, state, cl_ord_id, appendage
    }
    Canceled { timestamp, user_ref_num, quantity, reason, appendage }
    AiqCanceled {
        timestamp, user_ref_num, decrement_shares, reason, prevented_shares, execution_price,
        liquidity_flag, details
    }
    OrderExecuted {
        timestamp, user_ref_num, quantity, price, liquidity_flag, match_number, appendage
    }
    BrokenTrade { timestamp, user_ref_num, match_number, reason, cl_ord_id, appendage }
    TradeCorrection {
        timestamp, user_ref_num, quantity, price, liquidity_flag, match_number, reason, cl_ord_id,
        appendage
    }
    Rejected { timestamp, user_ref_num, reason, cl_ord_id, appendage }
    CancelPending { timestamp, user_ref_num, appendage }
    CancelReject { timestamp, user_ref_num, appendage }
    PriorityUpdate { timestamp, user_ref_num, price, display, order_reference, appendage }
    OrderModified { timestamp, user_ref_num, side, quantity, appendage }
    OrderRestated { timestamp, user_ref_num, reason, appendage }
    MassCancelResponse { timestamp, user_ref_num, firm, symbol, appendage }
    DisableOrderEntryResponse { timestamp, user_ref_num, firm, appendage }
    EnableOrderEntryResponse { timestamp, user_ref_num, firm, appendage }
    AccountQueryResponse { timestamp, next_user_ref_num, appendage }
}
