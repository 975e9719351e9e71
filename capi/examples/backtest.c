/* A backtest without a log: a book in memory of the program, a maker that quotes around a price that
 * walks, takers that hit it, and what the maker's orders come to. It keeps no table of orders.
 *
 *     cc -std=c11 -Icapi/include capi/examples/backtest.c target/release/libhighwater_capi.a \
 *        -lpthread -ldl -lm -o backtest && ./backtest
 */
#include "highwater.h"

#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 2000, MAKER = 1, TAKER = 2 };

/* What the listener adds up. */
struct totals {
    uint64_t trades, lots, rejected;
};

static void on_event(void *context, const hw_event *event)
{
    struct totals *totals = context;
    if (event->kind == HW_EVENT_KIND_TRADE) {
        totals->trades += 1;
        totals->lots += event->quantity;
    } else if (event->kind == HW_EVENT_KIND_REJECTED) {
        totals->rejected += 1;
        printf("rejected: %s\n", hw_reject_reason_name(event->reason));
    }
}

static void must(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", hw_error_text(status));
        exit(1);
    }
}

static hw_command limit(uint16_t session, uint8_t side, uint64_t order, uint32_t price)
{
    hw_command command = {.kind = HW_COMMAND_KIND_NEW, .session = session, .side = side};
    command.order = order;
    command.price = price;
    command.quantity = 10;
    command.time_in_force = session == TAKER ? HW_TIME_IN_FORCE_IMMEDIATE_OR_CANCEL
                                             : HW_TIME_IN_FORCE_GOOD_TILL_CANCEL;
    return command;
}

int main(void)
{
    hw_book_config config = {.struct_bytes = sizeof config, .orders = 1000, .instruments = 1};
    config.sessions = 3;
    size_t bytes, count, applied;
    must(hw_book_bytes(&config, &bytes));
    config.memory = malloc(bytes);
    config.memory_bytes = bytes;
    hw_book *book;
    must(hw_book_open(&config, &book));

    struct totals totals = {0, 0, 0};
    hw_listener listener = {.context = &totals, .event = on_event};
    hw_definition definition;
    uint32_t instrument;
    must(hw_definition_open("WALK", &definition));
    must(hw_book_define(book, &definition, &listener, &instrument));

    uint32_t middle = 10000, random = 7;
    for (uint64_t step = 0; step < STEPS; step++) {
        random = random * 1664525u + 1013904223u;
        middle += (random >> 16) % 3;
        middle -= 1;
        /* Two quotes and a taker, as one batch. */
        hw_command commands[3] = {
            limit(MAKER, HW_SIDE_BUY, 2 * step, middle - 2),
            limit(MAKER, HW_SIDE_SELL, 2 * step + 1, middle + 2),
            limit(TAKER, random >> 31 ? HW_SIDE_BUY : HW_SIDE_SELL, 1u << 20 | (uint32_t)step, 0),
        };
        commands[2].price = random >> 31 ? middle + 3 : middle - 3;
        must(hw_book_apply(book, 0, commands, sizeof commands[0], 3, &listener, &applied));
        if (step % 50 == 49) {
            hw_command cancel = {.kind = HW_COMMAND_KIND_MASS_CANCEL, .session = MAKER};
            cancel.chosen = HW_CHOOSE_SESSION;
            cancel.chosen_session = MAKER;
            must(hw_book_apply(book, 0, &cancel, sizeof cancel, 1, &listener, &applied));
        }
        if (step == STEPS - 2) {
            hw_level levels[3];
            must(hw_book_depth(book, instrument, HW_SIDE_BUY, levels, 3, &count));
            for (size_t n = 0; n < count; n++)
                printf("bid %zu: %u ticks, %llu lots, %u orders\n", n + 1, levels[n].price,
                       (unsigned long long)levels[n].quantity, levels[n].order_count);
        }
    }
    printf("highwater %s: %llu trades of %llu lots, %llu rejected, state %016llx\n", hw_version(),
           (unsigned long long)totals.trades, (unsigned long long)totals.lots,
           (unsigned long long)totals.rejected, (unsigned long long)hw_book_state_hash(book));
    free(config.memory);
    return 0;
}
