/* A host in C: one thread, a log in a folder, a few orders.
 *
 *   host FOLDER          recovers, matches, stops
 *   host FOLDER crash    recovers, matches, and dies without stopping
 *
 * The next run on the same folder recovers the state hash that the one before had printed. */
#define _POSIX_C_SOURCE 200809L
#include "log_files.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct host {
    struct log_files files; /* first, as log_files.h wants it */
    hw_engine *engine;
    uint64_t trades;
};

static void check(hw_status status, const char *doing) {
    if (status < 0) {
        fprintf(stderr, "%s: %s\n", doing, hw_error_text(status));
        exit(1);
    }
}

static uint64_t now_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What has been replayed or popped is durable: here it would be told. */
static void tell(struct host *host, const hw_event *event) {
    if (event->kind == HW_EVENT_KIND_TRADE) host->trades++;
    if (event->kind == HW_EVENT_KIND_REJECTED) fprintf(stderr, "rejected: %u\n", event->reason);
}

static void replayed(void *context, const hw_event *event) { tell(context, event); }

static hw_status pop_events(struct host *host) {
    hw_event events[64];
    size_t count, i;
    hw_status status;
    while ((status = hw_pop(host->engine, events, 64, &count)) == HW_STATUS_OK)
        for (i = 0; i < count; i++) tell(host, &events[i]);
    return status;
}

/* The ring of events is full: this thread steps all, so it makes room. */
static void wait_for_room(void *context) {
    struct host *host = context;
    hw_step_log_writer(host->engine, now_ns(CLOCK_MONOTONIC));
    pop_events(host);
}

/* Steps every stage once; done when all of them are. */
static hw_status step(struct host *host) {
    check(hw_step_sequencer(host->engine), "sequencing");
    check(hw_step_log_writer(host->engine, now_ns(CLOCK_MONOTONIC)), "writing the log");
    return pop_events(host);
}

static void open_engine(struct host *host) {
    hw_config config;
    hw_host calls;
    hw_error error;
    FILE *random = fopen("/dev/urandom", "rb");
    hw_config_default(&config);
    config.now_ns = now_ns(CLOCK_REALTIME);
    if (!random || fread(config.log_id, 16, 1, random) != 1 || fread(&config.seed, 8, 1, random) != 1)
        check(HW_STATUS_NULL, "drawing random numbers");
    fclose(random);
    check(hw_memory_bytes(&config, &config.memory_bytes), "measuring");
    if (posix_memalign(&config.memory, HW_MEMORY_ALIGN, config.memory_bytes))
        check(HW_STATUS_TOO_SMALL, "reserving memory");
    memset(&calls, 0, sizeof calls);
    log_files_in(&calls);
    calls.context = host;
    calls.wait = wait_for_room;
    calls.replayed = replayed;
    if (hw_open(&config, &calls, &host->engine, &error) != HW_STATUS_OK) {
        fprintf(stderr, "opening %s: %s\n", host->files.folder, error.text);
        exit(1);
    }
}

/* Sells and buys that meet: every second order trades with the one before. */
static void push_orders(struct host *host, uint64_t count) {
    uint64_t defined, last, number;
    hw_definition aurora;
    check(hw_last_client_sequence(host->engine, 0, &defined), "asking");
    check(hw_last_client_sequence(host->engine, 1, &last), "asking");
    check(hw_definition_open("AURORA", &aurora), "naming");
    if (defined == 0) defined = 1; /* a new log's first command is the engine's own */
    check(hw_define(host->engine, now_ns(CLOCK_REALTIME), defined + 1, &aurora), "defining");
    for (number = last + 1; number <= last + count; number++) {
        hw_command order = {0};
        order.kind = HW_COMMAND_KIND_NEW;
        order.session = 1;
        order.client_sequence = order.order = number;
        order.side = number % 2 ? HW_SIDE_SELL : HW_SIDE_BUY;
        order.price = (uint32_t)(100 + number % 7);
        order.quantity = 1 + number % 5;
        while (hw_push(host->engine, now_ns(CLOCK_REALTIME), &order) == HW_STATUS_FULL) step(host);
    }
}

static void print_state(struct host *host, const char *when) {
    uint64_t hash;
    check(hw_state_hash(host->engine, &hash), "hashing");
    printf("%s: sequence %" PRIu64 ", %" PRIu64 " trades, state %016" PRIx64 "\n", when,
           hw_durable_sequence(host->engine), host->trades, hash);
    fflush(stdout);
}

int main(int count, char **words) {
    struct host host = {{0}, 0, 0};
    if (count < 2) return 2;
    host.files.folder = words[1];
    mkdir(words[1], 0700);
    open_engine(&host);
    print_state(&host, "recovered");
    push_orders(&host, 1000);
    if (count > 2) {
        while (hw_step_sequencer(host.engine) == HW_STATUS_OK ||
               hw_step_log_writer(host.engine, now_ns(CLOCK_MONOTONIC)) == HW_STATUS_OK)
            pop_events(&host);
        print_state(&host, "crashed");
        raise(SIGKILL);
    }
    check(hw_stop(host.engine), "stopping");
    while (step(&host) != HW_STATUS_DONE) continue;
    print_state(&host, "stopped");
    return 0;
}
