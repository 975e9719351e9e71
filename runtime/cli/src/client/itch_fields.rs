//! Messages of ITCH, with all their fields.

use super::shown::{Fields, fields_of_each};
use highwater_protocols::Message;
use highwater_protocols::itch::{
    AddOrder, AddOrderAttributed, AnyMessage, BrokenTrade, CrossTrade, DirectListing,
    IpoQuotingPeriod, LuldAuctionCollar, MarketParticipantPosition, MwcbDeclineLevel, MwcbStatus,
    NetOrderImbalance, OperationalHalt, OrderCancel, OrderDelete, OrderExecuted,
    OrderExecutedWithPrice, OrderReplace, RegSho, RetailInterest, StockDirectory,
    StockTradingAction, SystemEvent, Trade,
};

fields_of_each! { AnyMessage:
    SystemEvent { header, event_code }
    StockDirectory {
        header, stock, market_category, financial_status, round_lot_size, round_lots_only,
        issue_classification, issue_sub_type, authenticity, short_sale_threshold, ipo_flag,
        luld_tier, etp_flag, etp_leverage_factor, inverse_indicator
    }
    StockTradingAction { header, stock, trading_state, reserved, reason }
    RegSho { header, stock, action }
    MarketParticipantPosition { header, mpid, stock, is_primary, mode, state }
    MwcbDeclineLevel { header, level_1, level_2, level_3 }
    MwcbStatus { header, breached_level }
    IpoQuotingPeriod { header, stock, release_time, qualifier, price }
    LuldAuctionCollar { header, stock, reference_price, upper_price, lower_price, extension }
    OperationalHalt { header, stock, market_code, action }
    AddOrder { header, order_reference, side, shares, stock, price }
    AddOrderAttributed { header, order_reference, side, shares, stock, price, attribution }
    OrderExecuted { header, order_reference, executed_shares, match_number }
    OrderExecutedWithPrice {
        header, order_reference, executed_shares, match_number, printable, execution_price
    }
    OrderCancel { header, order_reference, canceled_shares }
    OrderDelete { header, order_reference }
    OrderReplace { header, original_order_reference, new_order_reference, shares, price }
    Trade { header, order_reference, side, shares, stock, price, match_number }
    CrossTrade { header, shares, stock, cross_price, match_number, cross_type }
    BrokenTrade { header, match_number }
    NetOrderImbalance {
        header, paired_shares, imbalance_shares, imbalance_direction, stock, far_price, near_price,
        current_reference_price, cross_type, price_variation
    }
    RetailInterest { header, stock, interest }
    DirectListing {
        header, stock, open_eligibility, minimum_price, maximum_price, near_execution_price,
        near_execution_time, lower_collar, upper_collar
    }
}
