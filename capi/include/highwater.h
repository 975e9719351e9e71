/* Highwater: a limit-order-book matching engine that answers only from stable storage.
 *
 * docs/capi.md tells how to use it. This file is made of capi/src by cbindgen; a test compares. */

#ifndef HIGHWATER_H
#define HIGHWATER_H

#include <stddef.h>
#include <stdint.h>

/**
 * Longest symbol, in bytes.
 */
#define HW_SYMBOL_BYTES 16

/**
 * Most bytes that a client sends along, see `client_bytes`.
 */
#define HW_CLIENT_BYTES 32

/**
 * In `chosen`: orders of `instrument` only.
 */
#define HW_CHOOSE_INSTRUMENT 1

/**
 * In `chosen`: orders of `account` only.
 */
#define HW_CHOOSE_ACCOUNT 2

/**
 * In `chosen`: orders that came from `chosen_session` only.
 */
#define HW_CHOOSE_SESSION 4

/**
 * A `sync_delay_ns`. Mode `group`: a group gathers only where syncs stall under an open load, 250
 * microseconds at most, whatever `sync_count` is. Mode `interval`: the same as 0.
 */
#define HW_SYNC_DELAY_AUTO UINT64_MAX

/**
 * What `segment_bytes` answers for a segment that does not exist.
 */
#define HW_NO_SEGMENT UINT64_MAX

/**
 * What the address of an engine's memory is a multiple of, and the offset of each of its parts: a
 * page, so that the buffer is fit for direct I/O.
 */
#define HW_MEMORY_ALIGN 4096

/**
 * Bytes that every price as text has room in, its final zero included.
 */
#define HW_PRICE_BYTES 16

/**
 * Bytes of the sentence in an `hw_error`, its final zero included.
 */
#define HW_TEXT_BYTES 240

/**
 * How a call ended. What is below 0 went wrong; `hw_error_text` says it in a sentence.
 */
enum hw_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It did something.
     */
    HW_STATUS_OK = 0,
    /**
     * There was nothing to do now.
     */
    HW_STATUS_IDLE = 1,
    /**
     * This stage is done and need not be stepped again.
     */
    HW_STATUS_DONE = 2,
    /**
     * There is none of what was asked for.
     */
    HW_STATUS_ABSENT = 3,
    /**
     * The input ring is full: step the sequencer, then push again.
     */
    HW_STATUS_FULL = -1,
    /**
     * Another thread, or a callback, is inside the same stage.
     */
    HW_STATUS_BUSY = -2,
    /**
     * A pointer or a callback that must be given is null.
     */
    HW_STATUS_NULL = -3,
    /**
     * A struct or an array does not have the size or alignment that the library was built with.
     */
    HW_STATUS_BAD_STRUCT = -4,
    /**
     * The memory does not begin at a multiple of `HW_MEMORY_ALIGN`.
     */
    HW_STATUS_BAD_ALIGNMENT = -5,
    /**
     * The memory is smaller than `hw_memory_bytes` says.
     */
    HW_STATUS_TOO_SMALL = -6,
    /**
     * A number of the configuration is out of its range.
     */
    HW_STATUS_BAD_CONFIG = -7,
    /**
     * A command has a code that stands for nothing, or a name that is none.
     */
    HW_STATUS_BAD_COMMAND = -8,
    /**
     * The engine has been asked to stop and takes no more commands.
     */
    HW_STATUS_STOPPED = -9,
    /**
     * A callback for the files failed: the engine stopped with everything durable as it was.
     */
    HW_STATUS_LOG_FAULT = -10,
    /**
     * The log is damaged, or is not one that this engine may go on from.
     */
    HW_STATUS_REFUSED = -11,
    /**
     * The log was written by an engine with larger capacities.
     */
    HW_STATUS_NEEDS_CAPACITIES = -12,
    /**
     * The engine stopped because of a fault that is not the log's.
     */
    HW_STATUS_FAULTED = -13,
    /**
     * A client sequence is not above the session's last one.
     */
    HW_STATUS_NOT_FRESH = -14,
    /**
     * A text is no price with so many decimals.
     */
    HW_STATUS_BAD_PRICE = -15,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hw_status hw_status;
#else
typedef int32_t hw_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a command asks for, and which fields of `hw_command` it reads beside `client_sequence` and
 * `session`.
 */
enum hw_command_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Match an order: `instrument`, `order`, `account`, `side`, `order_type`, `time_in_force`,
     * `price`, `quantity`; `trigger`, `self_trade`, `post_only`, `time_ns`, `display`, `minimum`,
     * `client_bytes`.
     */
    HW_COMMAND_KIND_NEW = 1,
    /**
     * Take an open order out: `instrument`, `order`, `account`.
     */
    HW_COMMAND_KIND_CANCEL = 2,
    /**
     * Take `quantity` off an open order: `instrument`, `order`, `account`.
     */
    HW_COMMAND_KIND_REDUCE = 3,
    /**
     * Change an open order: `instrument`, `order`, `new_order`, `account`, `rule`, `price`,
     * `sizing`, `quantity`, `trigger`, `client_bytes`.
     */
    HW_COMMAND_KIND_REPLACE = 4,
    /**
     * Cancel what is chosen: `chosen`, `side`, and what `chosen` names.
     */
    HW_COMMAND_KIND_MASS_CANCEL = 5,
    /**
     * Operator: change the prices that `instrument` takes to `band_low` up to `band_high`.
     */
    HW_COMMAND_KIND_SET_BAND = 6,
    /**
     * Operator: change how `instrument` trades: `control`.
     */
    HW_COMMAND_KIND_CONTROL = 7,
    /**
     * Operator: the time is `time_ns`.
     */
    HW_COMMAND_KIND_CLOCK = 8,
    /**
     * Operator: the day ends.
     */
    HW_COMMAND_KIND_END_OF_DAY = 9,
    /**
     * Operator: `chosen_session` may have `open_orders_max` orders open.
     */
    HW_COMMAND_KIND_LIMIT_SESSION = 10,
    /**
     * Operator: the engine may hold `orders`, `instruments` and `sessions`.
     */
    HW_COMMAND_KIND_CONFIGURE = 11,
    /**
     * Be in the log, and change nothing: `note_code`, `order`, `client_bytes`.
     */
    HW_COMMAND_KIND_NOTE = 12,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hw_command_kind hw_command_kind;
#else
typedef uint8_t hw_command_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Side of an order.
 */
enum hw_side
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Neither: in an event without a side, and in a mass cancel of both.
     */
    HW_SIDE_NONE = 0,
    /**
     * Buys at its price or lower.
     */
    HW_SIDE_BUY = 1,
    /**
     * Sells at its price or higher.
     */
    HW_SIDE_SELL = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hw_side hw_side;
#else
typedef uint8_t hw_side;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What limits the price of an order.
 */
enum hw_order_type
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Trades at its price or better.
     */
    HW_ORDER_TYPE_LIMIT = 0,
    /**
     * Trades at any price.
     */
    HW_ORDER_TYPE_MARKET = 1,
    /**
     * Waits for its trigger, then is a market order.
     */
    HW_ORDER_TYPE_STOP = 2,
    /**
     * Waits for its trigger, then is a limit order.
     */
    HW_ORDER_TYPE_STOP_LIMIT = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hw_order_type hw_order_type;
#else
typedef uint8_t hw_order_type;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How long an order stays.
 */
enum hw_time_in_force
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * What does not trade at once rests.
     */
    HW_TIME_IN_FORCE_GOOD_TILL_CANCEL = 0,
    /**
     * What does not trade at once is canceled.
     */
    HW_TIME_IN_FORCE_IMMEDIATE_OR_CANCEL = 1,
    /**
     * Trades at once and in full, or not at all.
     */
    HW_TIME_IN_FORCE_FILL_OR_KILL = 2,
    /**
     * Rests until the end of the day.
     */
    HW_TIME_IN_FORCE_DAY = 3,
    /**
     * Rests until `time_ns`.
     */
    HW_TIME_IN_FORCE_GOOD_TILL_DATE = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hw_time_in_force hw_time_in_force;
#else
typedef uint8_t hw_time_in_force;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What happens when an incoming order meets one of its own account.
 */
enum hw_self_trade
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * They trade.
     */
    HW_SELF_TRADE_ALLOW = 0,
    /**
     * The rest of the incoming order is canceled.
     */
    HW_SELF_TRADE_CANCEL_NEWEST = 1,
    /**
     * The resting order is canceled.
     */
    HW_SELF_TRADE_CANCEL_OLDEST = 2,
    /**
     * Both are canceled.
     */
    HW_SELF_TRADE_CANCEL_BOTH = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hw_self_trade hw_self_trade;
#else
typedef uint8_t hw_self_trade;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a Replace does to an order's place in its queue.
 */
enum hw_replace_rule
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The same price and no larger a quantity keep it.
     */
    HW_REPLACE_RULE_MODIFY = 0,
    /**
     * It is always lost.
     */
    HW_REPLACE_RULE_CANCEL_REPLACE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hw_replace_rule hw_replace_rule;
#else
typedef uint8_t hw_replace_rule;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What the quantity of a Replace is.
 */
enum hw_replace_sizing
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The new open quantity.
     */
    HW_REPLACE_SIZING_OPEN = 0,
    /**
     * What is added to the quantity that is open when the command is executed.
     */
    HW_REPLACE_SIZING_MORE = 1,
    /**
     * What is taken off it; all of it or more cancels the order.
     */
    HW_REPLACE_SIZING_LESS = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hw_replace_sizing hw_replace_sizing;
#else
typedef uint8_t hw_replace_sizing;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A change of how an instrument trades.
 */
enum hw_control
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing new until it is resumed.
     */
    HW_CONTROL_HALT = 1,
    /**
     * Ends a halt.
     */
    HW_CONTROL_RESUME = 2,
    /**
     * From collecting to continuous trading.
     */
    HW_CONTROL_MATCHING_ON = 3,
    /**
     * From continuous trading to collecting.
     */
    HW_CONTROL_MATCHING_OFF = 4,
    /**
     * From continuous trading or collecting to an auction.
     */
    HW_CONTROL_START_AUCTION = 5,
    /**
     * Ends an auction.
     */
    HW_CONTROL_UNCROSS = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hw_control hw_control;
#else
typedef uint8_t hw_control;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How an instrument trades.
 */
enum hw_phase
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Orders trade as they come in.
     */
    HW_PHASE_CONTINUOUS = 0,
    /**
     * Orders collect until the uncross.
     */
    HW_PHASE_AUCTION = 1,
    /**
     * What would trade is rejected, the rest collects.
     */
    HW_PHASE_COLLECTING = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hw_phase hw_phase;
#else
typedef uint8_t hw_phase;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * When commands are made durable, and which answers wait for it.
 */
enum hw_sync_mode
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Every answer waits; one sync for everything that gathered during the last one.
     */
    HW_SYNC_MODE_GROUP = 0,
    /**
     * Every answer waits; every command is synced alone.
     */
    HW_SYNC_MODE_FULL = 1,
    /**
     * Answers run ahead of the disk by `sync_count` commands at most.
     */
    HW_SYNC_MODE_INTERVAL = 2,
    /**
     * Answers wait until they are appended; synced when a segment is full and at a stop.
     */
    HW_SYNC_MODE_CHECKPOINT = 3,
    /**
     * Never synced: NOT DURABLE.
     */
    HW_SYNC_MODE_OFF = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hw_sync_mode hw_sync_mode;
#else
typedef uint8_t hw_sync_mode;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What happened; which fields of `hw_event` it fills is said there.
 */
enum hw_event_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Answer to New: the order is taken.
     */
    HW_EVENT_KIND_ACCEPTED = 1,
    /**
     * Answer to any command that changes nothing.
     */
    HW_EVENT_KIND_REJECTED = 2,
    /**
     * Two orders traded at the maker's price.
     */
    HW_EVENT_KIND_TRADE = 3,
    /**
     * The rest of an incoming order joined the back of its level.
     */
    HW_EVENT_KIND_RESTED = 4,
    /**
     * An order left the book, or its rest never entered it.
     */
    HW_EVENT_KIND_CANCELED = 5,
    /**
     * Answer to Reduce.
     */
    HW_EVENT_KIND_REDUCED = 6,
    /**
     * Answer to Replace.
     */
    HW_EVENT_KIND_REPLACED = 7,
    /**
     * Answer to a command that was executed before, or is not above the session's last.
     */
    HW_EVENT_KIND_DUPLICATE = 8,
    /**
     * Answer to a definition: the event's instrument bears the symbol.
     */
    HW_EVENT_KIND_INSTRUMENT_DEFINED = 9,
    /**
     * The log belongs to a flow.
     */
    HW_EVENT_KIND_FLOW_BOUND = 10,
    /**
     * Answer to Configure; also the first event of every log.
     */
    HW_EVENT_KIND_CONFIGURED = 11,
    /**
     * A stop comes in as a market or limit order.
     */
    HW_EVENT_KIND_TRIGGERED = 12,
    /**
     * An iceberg shows a new part.
     */
    HW_EVENT_KIND_REPLENISHED = 13,
    /**
     * Two orders traded in an uncross.
     */
    HW_EVENT_KIND_AUCTION_TRADE = 14,
    /**
     * Answer to a mass cancel: so many Canceled follow.
     */
    HW_EVENT_KIND_MASS_CANCELED = 15,
    /**
     * Answer to a control.
     */
    HW_EVENT_KIND_STATE_CHANGED = 16,
    /**
     * Answer to Uncross: its trades follow.
     */
    HW_EVENT_KIND_UNCROSSED = 17,
    /**
     * Answer to a change of the band.
     */
    HW_EVENT_KIND_BAND_SET = 18,
    /**
     * Answer to Clock.
     */
    HW_EVENT_KIND_CLOCK_SET = 19,
    /**
     * Answer to the end of the day.
     */
    HW_EVENT_KIND_DAY_ENDED = 20,
    /**
     * Answer to a limit of a session.
     */
    HW_EVENT_KIND_SESSION_LIMITED = 21,
    /**
     * Answer to Note.
     */
    HW_EVENT_KIND_NOTED = 22,
    /**
     * No event: all events of the command `sequence` have come; `time_ns` is the `timestamp_ns`
     * that it was pushed with. Only where `hw_config` or `hw_listener` asks for it.
     */
    HW_EVENT_KIND_COMMAND_END = 128,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hw_event_kind hw_event_kind;
#else
typedef uint8_t hw_event_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Why a command changed nothing.
 */
enum hw_reject_reason
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * No open order of the account has this id on this instrument.
     */
    HW_REJECT_REASON_UNKNOWN_ORDER = 1,
    /**
     * Another open order of the instrument has this id.
     */
    HW_REJECT_REASON_DUPLICATE_ID = 2,
    /**
     * A limit price or trigger is out of range or no multiple of the tick.
     */
    HW_REJECT_REASON_BAD_PRICE = 3,
    /**
     * A quantity is out of range or no multiple of the lot.
     */
    HW_REJECT_REASON_BAD_QUANTITY = 4,
    /**
     * No instrument has this number.
     */
    HW_REJECT_REASON_UNKNOWN_INSTRUMENT = 5,
    /**
     * The session number is not below the engine's number of sessions.
     */
    HW_REJECT_REASON_SESSIONS_FULL = 6,
    /**
     * As many orders are open as the engine may hold.
     */
    HW_REJECT_REASON_ORDERS_FULL = 7,
    /**
     * As many price levels are in use as the engine may hold.
     */
    HW_REJECT_REASON_LEVELS_FULL = 8,
    /**
     * As many instruments are defined as the engine may hold.
     */
    HW_REJECT_REASON_INSTRUMENTS_FULL = 9,
    /**
     * The capacities are 0 or larger than the engine can have.
     */
    HW_REJECT_REASON_BAD_CAPACITIES = 10,
    /**
     * Only the operator's session may say this.
     */
    HW_REJECT_REASON_NOT_OPERATOR = 11,
    /**
     * The log belongs to another flow.
     */
    HW_REJECT_REASON_OTHER_FLOW = 12,
    /**
     * The instrument is halted.
     */
    HW_REJECT_REASON_HALTED = 13,
    /**
     * The order would trade while nothing trades.
     */
    HW_REJECT_REASON_NO_MATCHING = 14,
    /**
     * The limit price is outside the instrument's band.
     */
    HW_REJECT_REASON_PRICE_BAND = 15,
    /**
     * The quantity is above the instrument's maximum.
     */
    HW_REJECT_REASON_MAX_QUANTITY = 16,
    /**
     * Limit price times quantity is above the instrument's maximum.
     */
    HW_REJECT_REASON_MAX_NOTIONAL = 17,
    /**
     * As many orders of the session are open as it may have.
     */
    HW_REJECT_REASON_MAX_ORDERS = 18,
    /**
     * The expiry is not ahead of the engine's clock, or out of range.
     */
    HW_REJECT_REASON_BAD_EXPIRY = 19,
    /**
     * A post-only order that would trade on entry.
     */
    HW_REJECT_REASON_POST_ONLY_WOULD_CROSS = 20,
    /**
     * A step of 0, a band whose lowest price is above its highest, or more than 9 decimals.
     */
    HW_REJECT_REASON_BAD_TERMS = 21,
    /**
     * The instrument's phase allows no such change.
     */
    HW_REJECT_REASON_WRONG_PHASE = 22,
    /**
     * A time above 2^63 - 1.
     */
    HW_REJECT_REASON_BAD_TIME = 23,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hw_reject_reason hw_reject_reason;
#else
typedef uint8_t hw_reject_reason;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Why quantity left the engine without a trade.
 */
enum hw_cancel_reason
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Its client asked for it.
     */
    HW_CANCEL_REASON_USER = 1,
    /**
     * The rest of an immediate-or-cancel order.
     */
    HW_CANCEL_REASON_IOC_REMAINDER = 2,
    /**
     * Self-trade prevention.
     */
    HW_CANCEL_REASON_SELF_TRADE = 3,
    /**
     * A fill-or-kill order that could not trade in full.
     */
    HW_CANCEL_REASON_FOK_UNFILLABLE = 4,
    /**
     * A mass cancel named it.
     */
    HW_CANCEL_REASON_MASS_CANCEL = 5,
    /**
     * The rest of a market order, when nothing is left to trade with.
     */
    HW_CANCEL_REASON_NO_LIQUIDITY = 6,
    /**
     * Its expiry or the end of its day has come.
     */
    HW_CANCEL_REASON_EXPIRED = 7,
    /**
     * Less than its minimum quantity could trade on entry.
     */
    HW_CANCEL_REASON_MINIMUM_UNFILLABLE = 8,
    /**
     * A triggered post-only order that would have traded.
     */
    HW_CANCEL_REASON_POST_ONLY_WOULD_CROSS = 9,
    /**
     * The rest of a triggered order, when as many levels are in use as the engine may hold.
     */
    HW_CANCEL_REASON_LEVELS_FULL = 10,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hw_cancel_reason hw_cancel_reason;
#else
typedef uint8_t hw_cancel_reason;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A book without a log. It lives in the memory that its host gave, and ends with it.
 *
 * One caller at a time may use it; a second one, and a callback of its own, gets
 * `HW_STATUS_BUSY`.
 */
typedef struct hw_book hw_book;

/**
 * An engine. It lives in the memory that its host gave, and ends with it.
 *
 * Every call may come from any thread. Each stage lets one caller in at a time and answers a
 * second one with `HW_STATUS_BUSY`; different stages may be stepped at the same time.
 */
typedef struct hw_engine hw_engine;

/**
 * A price and what rests at it.
 */
typedef struct hw_level {
    /**
     * What is shown, in lots; `UINT64_MAX` when it is that or more.
     */
    uint64_t visible;
    /**
     * What is open, hidden quantity too, in lots; `UINT64_MAX` when it is that or more.
     */
    uint64_t quantity;
    /**
     * In ticks.
     */
    uint32_t price;
    /**
     * Orders.
     */
    uint32_t order_count;
} hw_level;

/**
 * An open order: one that rests, or a stop that waits.
 */
typedef struct hw_order {
    /**
     * Its name.
     */
    uint64_t order;
    /**
     * What is open, hidden quantity too, in lots.
     */
    uint64_t remaining;
    /**
     * What it shows of it, in lots; 0 while it waits.
     */
    uint64_t visible;
    /**
     * What is open of the orders that trade before it at its price, in lots; `UINT64_MAX` when it
     * is that or more; 0 while it waits.
     */
    uint64_t quantity_ahead;
    /**
     * How many these are.
     */
    uint32_t orders_ahead;
    /**
     * Its limit, in ticks; 0 without one.
     */
    uint32_t price;
    /**
     * What it waits for, in ticks; 0 when it rests.
     */
    uint32_t trigger;
    /**
     * Whom it belongs to.
     */
    uint32_t account;
    /**
     * The session that it came from, or that replaced it last.
     */
    uint16_t session;
    /**
     * An `hw_side`.
     */
    uint8_t side;
    /**
     * An `hw_order_type`.
     */
    uint8_t order_type;
    /**
     * An `hw_time_in_force`.
     */
    uint8_t time_in_force;
    /**
     * An `hw_self_trade`.
     */
    uint8_t self_trade;
    /**
     * 1 when it never trades on entry, else 0.
     */
    uint8_t post_only;
    /**
     * Zero.
     */
    uint8_t reserved;
} hw_order;

/**
 * What an uncross would do now.
 */
typedef struct hw_indicative {
    /**
     * What would trade, in lots; `UINT64_MAX` when it is that or more.
     */
    uint64_t volume;
    /**
     * What would be left over at the price or better, in lots; `UINT64_MAX` when it is that or
     * more.
     */
    uint64_t imbalance;
    /**
     * The price of all its trades, in ticks.
     */
    uint32_t price;
    /**
     * The `hw_side` that would be left over, 0 for none.
     */
    uint8_t imbalance_side;
    /**
     * Zeros.
     */
    uint8_t reserved[3];
} hw_indicative;

/**
 * An instrument as the operator defines it; `hw_definition_open` fills one.
 */
typedef struct hw_definition {
    /**
     * The largest notional of one order, in ticks times lots: the low 64 bits.
     */
    uint64_t notional_max_low;
    /**
     * The high 64 bits.
     */
    uint64_t notional_max_high;
    /**
     * The largest quantity of one order, in lots.
     */
    uint64_t quantity_max;
    /**
     * The step between valid quantities, in lots, at least 1.
     */
    uint64_t lot;
    /**
     * The step between valid prices, in ticks, at least 1.
     */
    uint32_t tick;
    /**
     * The lowest limit price that is taken, in ticks.
     */
    uint32_t band_low;
    /**
     * The highest limit price that is taken, in ticks.
     */
    uint32_t band_high;
    /**
     * Its name: 1 to 16 bytes, padded with zeros.
     */
    uint8_t symbol[HW_SYMBOL_BYTES];
    /**
     * How many decimals its prices have where people write them, 0 to 9.
     */
    uint8_t decimals;
} hw_definition;

/**
 * What a host chooses; `hw_config_default` fills in everything but the memory and the log's id.
 */
typedef struct hw_config {
    /**
     * `sizeof(hw_config)`.
     */
    size_t struct_bytes;
    /**
     * Where the engine is to live: as many bytes as `hw_memory_bytes` says, from a multiple of
     * `HW_MEMORY_ALIGN` on. It is the engine's until the last call has returned.
     */
    void *memory;
    /**
     * How many bytes they are.
     */
    size_t memory_bytes;
    /**
     * Spreads the hash tables, so that nobody outside can choose ids that collide; changes no
     * result. A random number.
     */
    uint64_t seed;
    /**
     * The time, in nanoseconds since the Unix epoch; information only.
     */
    uint64_t now_ns;
    /**
     * Size of new segments, in bytes: a multiple of 4,096 from 8,192 to 2^40.
     */
    uint64_t segment_bytes;
    /**
     * Mode `group`: commands that end a group's wait, 0 for no such number. Mode `interval`:
     * commands that a power cut may take, at least 1.
     */
    uint64_t sync_count;
    /**
     * Mode `group`: how long a group gathers, 0 for not at all. Mode `interval`: when the oldest
     * command that is not durable is synced. In nanoseconds of the clock that steps are given, or
     * `HW_SYNC_DELAY_AUTO`.
     */
    uint64_t sync_delay_ns;
    /**
     * Open orders, 1 to 2^28.
     */
    uint32_t orders;
    /**
     * Instruments, 1 to 2^24.
     */
    uint32_t instruments;
    /**
     * Sessions, the operator's included, 2 to 65,536.
     */
    uint32_t sessions;
    /**
     * How much each of the three rings holds: a power of two from 16 to 65,536.
     */
    uint32_t ring_capacity;
    /**
     * Blocks of 4,096 bytes that one append writes at most, 1 to 2^18.
     */
    uint32_t batch_blocks;
    /**
     * What a new log is to be called: 16 random bytes.
     */
    uint8_t log_id[16];
    /**
     * An `hw_sync_mode`.
     */
    uint8_t sync_mode;
    /**
     * 1 when all the memory is zero, as fresh pages of a system are: then what the book does not
     * need is never touched. Else 0, and `hw_open` makes it so.
     */
    uint8_t memory_is_zero;
    /**
     * 1 to log a copy of every trade, for readers that cannot replay; else 0.
     */
    uint8_t logs_trades;
    /**
     * 1 to be told the end of every command with its time, as an `hw_event` behind its events that
     * takes the place of one in the ring; else 0.
     */
    uint8_t tells_ends;
    /**
     * Zeros.
     */
    uint8_t reserved[4];
} hw_config;

/**
 * What `hw_open` found in the log.
 */
typedef struct hw_recovered_log {
    /**
     * The last sequence; 0 for a new log.
     */
    uint64_t last_sequence;
    /**
     * Bytes of headers and blocks.
     */
    uint64_t log_bytes;
    /**
     * Bytes behind them that a crash had left, and that were cut off.
     */
    uint64_t torn_tail_bytes;
    /**
     * Hash of the book's whole state.
     */
    uint64_t state_hash;
    /**
     * 1 when the engine had been stopped, 0 when it crashed or the log is new.
     */
    uint8_t stopped_cleanly;
} hw_recovered_log;

/**
 * What went wrong, with what is known of it.
 */
typedef struct hw_error {
    /**
     * The `hw_status` of the call.
     */
    int32_t status;
    /**
     * What the callback returned that failed; 0 when none did.
     */
    int32_t system_error;
    /**
     * A sentence in UTF-8 that ends with a zero byte.
     */
    char text[HW_TEXT_BYTES];
} hw_error;

/**
 * One fact, caused by the command with its sequence. What a kind does not fill is 0.
 */
typedef struct hw_event {
    /**
     * The command that caused it; of a Duplicate, the last one sequenced before.
     */
    uint64_t sequence;
    /**
     * The session's number for the command that it answers, or that canceled an order.
     */
    uint64_t client_sequence;
    /**
     * The order; the maker of a Trade, the buying order of an `AuctionTrade`.
     */
    uint64_t order;
    /**
     * The taker of a Trade, the selling order of an `AuctionTrade`, the new name of a Replaced.
     */
    uint64_t other_order;
    /**
     * In lots: what was accepted, traded, rested or canceled; the open quantity of a Replaced; the
     * volume of an Uncrossed.
     */
    uint64_t quantity;
    /**
     * What is still open of `order`, in lots: Trade, `AuctionTrade`, Reduced.
     */
    uint64_t remaining;
    /**
     * What is still open of `other_order`, in lots: Trade, `AuctionTrade`.
     */
    uint64_t other_remaining;
    /**
     * What the order shows, in lots: Rested, Reduced, Replaced, Replenished. What it showed when
     * it left, 0 when it did not rest: Canceled.
     */
    uint64_t visible;
    /**
     * The last client sequence of the session that was executed: Duplicate.
     */
    uint64_t last_client_sequence;
    /**
     * Orders that are canceled: `MassCanceled`.
     */
    uint64_t order_count;
    /**
     * In nanoseconds: the engine's time of a `ClockSet`; when the command of a `CommandEnd` was
     * pushed.
     */
    uint64_t time_ns;
    /**
     * The instrument that it is about; 0 where it is about none.
     */
    uint32_t instrument;
    /**
     * In ticks. What was traded at: Trade, `AuctionTrade`, Uncrossed. The limit of the order, 0
     * for one without: Accepted, Rested, Canceled, Reduced, Replaced, Replenished.
     */
    uint32_t price;
    /**
     * In ticks: what a stop waits for, 0 for every other order: Accepted.
     */
    uint32_t trigger;
    /**
     * `BandSet`.
     */
    uint32_t band_low;
    /**
     * `BandSet`.
     */
    uint32_t band_high;
    /**
     * `SessionLimited`.
     */
    uint32_t open_orders_max;
    /**
     * Configured.
     */
    uint32_t orders;
    /**
     * Configured.
     */
    uint32_t instruments;
    /**
     * Configured.
     */
    uint32_t sessions;
    /**
     * The session that sent the command.
     */
    uint16_t session;
    /**
     * The session of the order that it is about: the taker's, or the buyer's, of a trade.
     */
    uint16_t owner;
    /**
     * The maker's session of a Trade, the seller's of an `AuctionTrade`; `SessionLimited`.
     */
    uint16_t other_session;
    /**
     * An `hw_event_kind`.
     */
    uint8_t kind;
    /**
     * An `hw_side`. The order's: Accepted, Rested, Canceled, Reduced, Replaced, Replenished. The
     * taker's: Trade.
     */
    uint8_t side;
    /**
     * An `hw_reject_reason` of a Rejected, an `hw_cancel_reason` of a Canceled.
     */
    uint8_t reason;
    /**
     * An `hw_phase`: `StateChanged`.
     */
    uint8_t phase;
    /**
     * 1 when the instrument is halted: `StateChanged`.
     */
    uint8_t is_halted;
    /**
     * 0 when the instrument had been defined before: `InstrumentDefined`.
     */
    uint8_t is_new;
    /**
     * 1 when the order kept its place: Replaced.
     */
    uint8_t kept_priority;
    /**
     * The host's number for what it noted: Noted.
     */
    uint16_t note_code;
} hw_event;

/**
 * What the engine asks of its host.
 *
 * The files hold one log, in segments with numbers from 1 on. Each callback gets `context` and
 * returns 0 when it did what it should, or the system's error number: then the engine stops, with
 * everything durable as it was. None may retry a failed append or sync, report as done what may
 * not be, throw an exception, or jump out. Those for files are called by `hw_open` and by whoever
 * steps the log writer.
 */
typedef struct hw_host {
    /**
     * `sizeof(hw_host)`.
     */
    size_t struct_bytes;
    /**
     * Given to every callback.
     */
    void *context;
    /**
     * Numbers of the first and the last segment that exist; both stay 0 when there is none.
     */
    int32_t (*segments)(void *context, uint64_t *first, uint64_t *last);
    /**
     * Length of a segment in bytes; stays `HW_NO_SEGMENT` when it does not exist.
     */
    int32_t (*segment_bytes)(void *context, uint64_t segment, uint64_t *bytes);
    /**
     * Reads from `position` until `wanted` bytes are read or the segment ends; `read` says how
     * many they are.
     */
    int32_t (*read_at)(void *context,
                       uint64_t segment,
                       uint64_t position,
                       uint8_t *into,
                       size_t wanted,
                       size_t *read);
    /**
     * Makes everything durable that can be read now of the segment `from` and of those behind it:
     * files and their directory.
     */
    int32_t (*sync_all)(void *context, uint64_t from);
    /**
     * Creates the next segment, which `append` writes from now on, with `header` as its first
     * block. `segment_bytes` is its size when full. Durable with the next `sync`, its name too.
     */
    int32_t (*begin)(void *context,
                     uint64_t segment,
                     uint64_t segment_bytes,
                     const uint8_t *header,
                     size_t header_bytes);
    /**
     * Drops everything from `position` of `segment` on, later segments first, durably; `append`
     * writes that segment from now on. With `position` 0 it goes too.
     */
    int32_t (*cut)(void *context, uint64_t segment, uint64_t position);
    /**
     * Writes whole blocks at `position` of the current segment, right behind what is there.
     */
    int32_t (*append)(void *context, uint64_t position, const uint8_t *blocks, size_t bytes);
    /**
     * Makes everything appended durable: a power cut cannot take it away any more.
     */
    int32_t (*sync)(void *context);
    /**
     * The same as `sync`, called by `hw_step_syncer` while another thread may append. Needed by
     * the mode `interval` only; may be null in others.
     */
    int32_t (*sync_beside)(void *context);
    /**
     * The ring of events is full, and the sequencer waits until this has made room; called again
     * until there is some. With a thread for each stage it gives the processor away. Where one
     * thread steps all, it steps the log writer and pops events.
     */
    void (*wait)(void *context);
    /**
     * An event of the log that `hw_open` replays, or the end of a command where those are told; it
     * is durable. May be null.
     */
    void (*replayed)(void *context, const struct hw_event *event);
} hw_host;

/**
 * What a host chooses of a book without a log.
 */
typedef struct hw_book_config {
    /**
     * `sizeof(hw_book_config)`.
     */
    size_t struct_bytes;
    /**
     * Where the book is to live: as many bytes as `hw_book_bytes` says, wherever they start. It is
     * the book's until the last call has returned.
     */
    void *memory;
    /**
     * How many bytes they are.
     */
    size_t memory_bytes;
    /**
     * Spreads the hash tables; changes no result.
     */
    uint64_t seed;
    /**
     * Open orders, 1 to 2^28.
     */
    uint32_t orders;
    /**
     * Instruments, 1 to 2^24.
     */
    uint32_t instruments;
    /**
     * Sessions, the operator's included, 2 to 65,536.
     */
    uint32_t sessions;
    /**
     * 1 when all the memory is zero, as fresh pages of a system are: then what the book does not
     * need is never touched. Else 0, and `hw_book_open` makes it so.
     */
    uint8_t memory_is_zero;
    /**
     * Zeros.
     */
    uint8_t reserved[3];
} hw_book_config;

/**
 * One command. Which fields it reads depends on its kind: see `hw_command_kind`. All zero is a
 * good beginning: a limit order, good till cancel, without conditions.
 */
typedef struct hw_command {
    /**
     * The session's own number for it: from 1, strictly increasing, gaps are allowed.
     */
    uint64_t client_sequence;
    /**
     * The order's name, chosen by its client.
     */
    uint64_t order;
    /**
     * Its name from now on, of a Replace.
     */
    uint64_t new_order;
    /**
     * In lots, 1 to 2^62; of a Replace see `sizing`.
     */
    uint64_t quantity;
    /**
     * Lots that an iceberg shows; 0 shows all.
     */
    uint64_t display;
    /**
     * Lots that must trade on entry; 0 for none.
     */
    uint64_t minimum;
    /**
     * Expiry of an order that is good till a date, or the time of a Clock, in nanoseconds.
     */
    uint64_t time_ns;
    /**
     * Number of the instrument, from 0.
     */
    uint32_t instrument;
    /**
     * Whom the order belongs to; 0 where nobody says.
     */
    uint32_t account;
    /**
     * Limit price in ticks, 1 to 2^31 - 1.
     */
    uint32_t price;
    /**
     * Trigger of a stop, in ticks.
     */
    uint32_t trigger;
    /**
     * Lowest price of the band, in ticks.
     */
    uint32_t band_low;
    /**
     * Highest price of the band, in ticks.
     */
    uint32_t band_high;
    /**
     * Orders that a session may have open; `UINT32_MAX` for no limit.
     */
    uint32_t open_orders_max;
    /**
     * Open orders that the engine may hold.
     */
    uint32_t orders;
    /**
     * Instruments that the engine may hold.
     */
    uint32_t instruments;
    /**
     * Sessions that the engine may hold, the operator's included.
     */
    uint32_t sessions;
    /**
     * Who says it; 0 is the operator.
     */
    uint16_t session;
    /**
     * The session that is chosen or limited.
     */
    uint16_t chosen_session;
    /**
     * What a Note is, by the host's own numbers.
     */
    uint16_t note_code;
    /**
     * An `hw_command_kind`.
     */
    uint8_t kind;
    /**
     * An `hw_side`.
     */
    uint8_t side;
    /**
     * An `hw_order_type`.
     */
    uint8_t order_type;
    /**
     * An `hw_time_in_force`.
     */
    uint8_t time_in_force;
    /**
     * An `hw_self_trade`.
     */
    uint8_t self_trade;
    /**
     * 1 for an order that never trades on entry, else 0.
     */
    uint8_t post_only;
    /**
     * An `hw_replace_rule`.
     */
    uint8_t rule;
    /**
     * An `hw_replace_sizing`.
     */
    uint8_t sizing;
    /**
     * An `hw_control`.
     */
    uint8_t control;
    /**
     * What a mass cancel chooses: a sum of `HW_CHOOSE_...`; `side` chooses besides.
     */
    uint8_t chosen;
    /**
     * How many of `client_bytes` there are, 0 to 32.
     */
    uint8_t client_bytes_count;
    /**
     * What stays with the command in the log, and means nothing to the engine.
     */
    uint8_t client_bytes[HW_CLIENT_BYTES];
} hw_command;

/**
 * Where the events of a book without a log go.
 */
typedef struct hw_listener {
    /**
     * Given to `event`.
     */
    void *context;
    /**
     * Called for each event, in causal order, while the command is executed. It may not throw an
     * exception or jump out.
     */
    void (*event)(void *context, const struct hw_event *event);
    /**
     * 1 to be told the end of every command too, as an event of its own kind; else 0.
     */
    uint8_t wants_ends;
    /**
     * Zeros.
     */
    uint8_t reserved[7];
} hw_listener;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The best level of a side; `HW_STATUS_ABSENT` when there is none.
 *
 * The caller vouches:
 * `book` is a handle, `level` may be written.
 */
hw_status hw_book_best(const struct hw_book *book,
                       uint32_t instrument,
                       uint8_t side,
                       struct hw_level *level);

/**
 * The level at a price; `HW_STATUS_ABSENT` when nothing rests there.
 *
 * The caller vouches:
 * `book` is a handle, `level` may be written.
 */
hw_status hw_book_level(const struct hw_book *book,
                        uint32_t instrument,
                        uint8_t side,
                        uint32_t price,
                        struct hw_level *level);

/**
 * The levels of a side, best first, at most `capacity`; `count` is how many were written.
 *
 * The caller vouches:
 * `book` is a handle, `levels` has room for `capacity` levels, `count` may be written.
 */
hw_status hw_book_depth(const struct hw_book *book,
                        uint32_t instrument,
                        uint8_t side,
                        struct hw_level *levels,
                        size_t capacity,
                        size_t *count);

/**
 * An open order by its name; `HW_STATUS_ABSENT` when none has it. Walks over the orders before or
 * behind it at its price, whichever are fewer.
 *
 * The caller vouches:
 * `book` is a handle, `found` may be written.
 */
hw_status hw_book_order(const struct hw_book *book,
                        uint32_t instrument,
                        uint64_t order,
                        struct hw_order *found);

/**
 * What an uncross of the instrument would do now; `HW_STATUS_ABSENT` when nothing would trade.
 * Costs a few steps for each level that could.
 *
 * The caller vouches:
 * `book` is a handle, `indicative` may be written.
 */
hw_status hw_book_indicative(const struct hw_book *book,
                             uint32_t instrument,
                             struct hw_indicative *indicative);

/**
 * Hash of the book's whole state; 0 for what is no handle or in use.
 *
 * The caller vouches:
 * `book` is a handle or null.
 */
uint64_t hw_book_state_hash(const struct hw_book *book);

/**
 * Fills `definition` with an instrument of this name that takes every order that the engine can
 * hold. `HW_STATUS_BAD_COMMAND` for a name that is empty or longer than 16 bytes.
 *
 * The caller vouches:
 * `symbol` ends with a zero byte; `definition` may be written.
 */
hw_status hw_definition_open(const char *symbol, struct hw_definition *definition);

/**
 * Fills in `config` for a small engine: 65,536 orders, 1,024 instruments, 64 sessions, rings of
 * 4,096, every answer durable. Memory, log id, seed and time are zero.
 *
 * The caller vouches:
 * `config` may be written.
 */
hw_status hw_config_default(struct hw_config *config);

/**
 * How much memory an engine with this configuration takes, in bytes: a multiple of
 * `HW_MEMORY_ALIGN`. What `config` says of the memory itself is not looked at.
 *
 * The caller vouches:
 * `config` may be read, `bytes` may be written.
 */
hw_status hw_memory_bytes(const struct hw_config *config, size_t *bytes);

/**
 * Tells what `hw_open` found.
 *
 * The caller vouches:
 * `engine` is a handle, `found` may be written.
 */
hw_status hw_recovered(const struct hw_engine *engine, struct hw_recovered_log *found);

/**
 * The highest sequence on stable storage; 0 for a null handle. Waits for nothing.
 *
 * The caller vouches:
 * `engine` is a handle or null.
 */
uint64_t hw_durable_sequence(const struct hw_engine *engine);

/**
 * When the next order expires, in nanoseconds of the engine's clock: a Clock command is due when
 * the host's clock has reached that. 0 when none will, and for a null handle. Waits for nothing.
 *
 * The caller vouches:
 * `engine` is a handle or null.
 */
uint64_t hw_next_expiry_ns(const struct hw_engine *engine);

/**
 * Asks that everything up to `sequence` be made durable now, in whatever mode. Steps of the
 * stages do it, and `hw_durable_sequence` tells.
 *
 * The caller vouches:
 * `engine` is a handle.
 */
hw_status hw_ask_sync(struct hw_engine *engine, uint64_t sequence);

/**
 * Why the engine stopped by itself: fills `error` and returns its status. `HW_STATUS_OK` while it
 * runs or does what it was asked.
 *
 * The caller vouches:
 * `engine` is a handle, `error` may be written.
 */
hw_status hw_fault(const struct hw_engine *engine, struct hw_error *error);

/**
 * Hash of the book's whole state behind the last command that was sequenced: two engines with the
 * same hash at the same sequence will answer alike. Walks the whole book.
 *
 * The caller vouches:
 * `engine` is a handle, `hash` may be written.
 */
hw_status hw_state_hash(const struct hw_engine *engine, uint64_t *hash);

/**
 * The last client sequence of a session that was executed; 0 when there is none. What a session
 * sends next must be above it.
 *
 * The caller vouches:
 * `engine` is a handle, `last` may be written.
 */
hw_status hw_last_client_sequence(const struct hw_engine *engine, uint16_t session, uint64_t *last);

/**
 * The best price of one side of an instrument, in ticks; 0 when that side is empty. It may not be
 * durable yet: to be looked at, not to be told.
 *
 * The caller vouches:
 * `engine` is a handle, `price` may be written.
 */
hw_status hw_best_price(const struct hw_engine *engine,
                        uint32_t instrument,
                        uint8_t side,
                        uint32_t *price);

/**
 * The library's version, such as `0.1.0`, in static memory.
 */
const char *hw_version(void);

/**
 * The name of an `hw_event_kind`, in static memory; `unknown` for a number that stands for none.
 */
const char *hw_event_kind_name(uint8_t kind);

/**
 * The name of an `hw_reject_reason`, in static memory; `unknown` for a number that stands for
 * nothing.
 */
const char *hw_reject_reason_name(uint8_t reason);

/**
 * The name of an `hw_cancel_reason`, in static memory; `unknown` for a number that stands for
 * nothing.
 */
const char *hw_cancel_reason_name(uint8_t reason);

/**
 * Recovers the log and makes an engine that goes on from it, in the memory of `config`.
 *
 * A torn tail that a crash left is cut off; a log that is damaged otherwise is refused and stays
 * as it is. Every event of the log goes to `host->replayed`. On a new log the engine gives itself
 * the first command, a Configure with the capacities of `config`, as the operator's client
 * sequence 1.
 *
 * When it fails `engine` is null, `error` (which may be null) says why, and the memory is free.
 *
 * The caller vouches:
 * What is pointed at may be read or written; the memory is `memory_bytes` bytes that nobody else
 * uses until the last call for this engine has returned; the callbacks do what `hw_host` says.
 */
hw_status hw_open(const struct hw_config *config,
                  const struct hw_host *host,
                  struct hw_engine **engine,
                  struct hw_error *error);

/**
 * How much memory a book with this configuration takes, in bytes: some 310 an order. What `config`
 * says of the memory itself is not looked at.
 *
 * The caller vouches:
 * `config` may be read, `bytes` may be written.
 */
hw_status hw_book_bytes(const struct hw_book_config *config, size_t *bytes);

/**
 * Makes an empty book in the memory of `config`. When it fails `book` is null and the memory is
 * free.
 *
 * The caller vouches:
 * `config` may be read, `book` may be written; the memory is `memory_bytes` bytes that nobody else
 * uses until the last call for this book has returned.
 */
hw_status hw_book_open(const struct hw_book_config *config, struct hw_book **book);

/**
 * Executes `count` commands of `command_bytes` (`sizeof(hw_command)`) each, in order.
 *
 * Their events go to `listener`, which may be null. `applied`, which may be null, says how many
 * were executed: all of them, or those before the first that is none. A client sequence of 0
 * stands for the session's next one. `timestamp_ns` goes to the ends of the commands and decides
 * nothing.
 *
 * A command that cannot be executed is executed all the same: its event says why. These are none:
 * `HW_STATUS_BAD_COMMAND` for codes that stand for nothing, `HW_STATUS_NOT_FRESH` for a client
 * sequence that is not above the session's last, `HW_STATUS_NEEDS_CAPACITIES` for a Configure
 * beyond the book's memory.
 *
 * The caller vouches:
 * `book` is a handle, `commands` has `count` commands, `listener` may be read, `applied` may be
 * written.
 */
hw_status hw_book_apply(struct hw_book *book,
                        uint64_t timestamp_ns,
                        const struct hw_command *commands,
                        size_t command_bytes,
                        size_t count,
                        const struct hw_listener *listener,
                        size_t *applied);

/**
 * Defines an instrument, as the operator. `instrument`, which may be null, is its number.
 * `HW_STATUS_ABSENT` when the book took none: the event says why.
 *
 * The caller vouches:
 * `book` is a handle, `definition` and `listener` may be read, `instrument` may be written.
 */
hw_status hw_book_define(struct hw_book *book,
                         const struct hw_definition *definition,
                         const struct hw_listener *listener,
                         uint32_t *instrument);

/**
 * Makes the book empty, with its capacities and without instruments.
 *
 * The caller vouches:
 * `book` is a handle.
 */
hw_status hw_book_reset(struct hw_book *book);

/**
 * Writes a price of an instrument with so many `decimals`, 0 to 9, and a final zero.
 *
 * `101.50` is 10150 ticks with 2. `HW_STATUS_TOO_SMALL` when `text_bytes` is below
 * `HW_PRICE_BYTES`, `HW_STATUS_BAD_CONFIG` above 9 decimals.
 *
 * The caller vouches:
 * `text` has room for `text_bytes` bytes.
 */
hw_status hw_price_text(uint32_t price, uint8_t decimals, char *text, size_t text_bytes);

/**
 * Reads a price of an instrument with so many `decimals`, 0 to 9, in ticks.
 *
 * `HW_STATUS_BAD_PRICE` unless the text is digits, with or without a point between them, that are
 * a whole number of ticks within the range of prices. `HW_STATUS_BAD_CONFIG` above 9 decimals.
 *
 * The caller vouches:
 * `text` ends with a zero byte; `price` may be written.
 */
hw_status hw_price_ticks(const char *text, uint8_t decimals, uint32_t *price);

/**
 * The sentence of a status, in static memory; also for a number that is no status.
 */
const char *hw_error_text(int32_t status);

/**
 * Hands a command to the sequencer. `timestamp_ns` is the time of its arrival since the Unix
 * epoch: it is logged, and never a reason for a decision.
 *
 * `HW_STATUS_FULL` when it was not taken and is to be pushed again, `HW_STATUS_STOPPED` after
 * `hw_stop`.
 *
 * The caller vouches:
 * `engine` is a handle, `command` may be read.
 */
hw_status hw_push(struct hw_engine *engine,
                  uint64_t timestamp_ns,
                  const struct hw_command *command);

/**
 * Hands an instrument's definition to the sequencer, as the operator. Its number is that of the
 * event that answers. Ends like `hw_push`.
 *
 * The caller vouches:
 * `engine` is a handle, `definition` may be read.
 */
hw_status hw_define(struct hw_engine *engine,
                    uint64_t timestamp_ns,
                    uint64_t client_sequence,
                    const struct hw_definition *definition);

/**
 * Takes some of the commands that wait, gives each its sequence, and applies it.
 *
 * `HW_STATUS_OK` when there were some, `HW_STATUS_IDLE` when there were none or the log writer is
 * behind, `HW_STATUS_DONE` behind the last one after `hw_stop`.
 *
 * The caller vouches:
 * `engine` is a handle.
 */
hw_status hw_step_sequencer(struct hw_engine *engine);

/**
 * Appends what the sequencer has published, and makes it durable as the mode wants. `now_ns` is a
 * clock that never runs backwards, of the host's choice.
 *
 * `HW_STATUS_OK` when it did something, `HW_STATUS_IDLE` when there was nothing to do,
 * `HW_STATUS_DONE` when everything is on the disk after `hw_stop`, `HW_STATUS_LOG_FAULT` ever
 * after a callback has failed.
 *
 * The caller vouches:
 * `engine` is a handle.
 */
hw_status hw_step_log_writer(struct hw_engine *engine, uint64_t now_ns);

/**
 * Syncs beside the log writer in the mode `interval`; done at once in every other. Ends like
 * `hw_step_log_writer`.
 *
 * The caller vouches:
 * `engine` is a handle.
 */
hw_status hw_step_syncer(struct hw_engine *engine, uint64_t now_ns);

/**
 * Appends a block that vouches for everything before it, unless the last one does. To be called
 * when the engine has been idle for a while, by whoever steps the log writer.
 *
 * The caller vouches:
 * `engine` is a handle.
 */
hw_status hw_mark_idle(struct hw_engine *engine);

/**
 * Takes the oldest events into `events`, at most `capacity` of them, and tells in `count` how many
 * they are. Only events whose command is as durable as the mode promises come out, in order.
 *
 * `HW_STATUS_OK` when there were some, `HW_STATUS_IDLE` when there were none, `HW_STATUS_DONE`
 * when none will come any more after `hw_stop`.
 *
 * The caller vouches:
 * `engine` is a handle, `events` has room for `capacity` events, `count` may be written.
 */
hw_status hw_pop(struct hw_engine *engine, struct hw_event *events, size_t capacity, size_t *count);

/**
 * Asks the engine to finish what it has taken and stop: step and pop until all stages are done,
 * and everything is durable. Nothing is taken afterwards.
 *
 * The caller vouches:
 * `engine` is a handle.
 */
hw_status hw_stop(struct hw_engine *engine);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* HIGHWATER_H */
