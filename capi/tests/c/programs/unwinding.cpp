// A host that writes into the engine's memory, so that the book finds a bug: nothing may be thrown.
#include "highwater.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

static int32_t none(void *, std::uint64_t *, std::uint64_t *) { return 0; }
static int32_t length(void *, std::uint64_t, std::uint64_t *) { return 0; }
static int32_t nothing(void *, std::uint64_t, std::uint64_t, std::uint8_t *, std::size_t,
                       std::size_t *) { return 0; }
static int32_t done(void *) { return 0; }
static int32_t all_done(void *, std::uint64_t) { return 0; }
static int32_t begun(void *, std::uint64_t, std::uint64_t, const std::uint8_t *, std::size_t) {
    return 0;
}
static int32_t dropped(void *, std::uint64_t, std::uint64_t) { return 0; }
static int32_t taken(void *, std::uint64_t, const std::uint8_t *, std::size_t) { return 0; }
static void wait(void *) {}

/// Overwrites the last place that holds the order's name, which is its place in the book.
static void spoil(const hw_config &config, std::uint64_t name) {
    auto *memory = static_cast<unsigned char *>(config.memory);
    for (std::size_t at = config.memory_bytes - sizeof name; at > 0; at -= sizeof name) {
        if (std::memcmp(memory + at, &name, sizeof name) != 0) continue;
        std::memset(memory + at / 64 * 64, 0xff, 64);
        return;
    }
}

int main(int count, char **) try {
    hw_config config;
    hw_config_default(&config);
    config.sync_mode = HW_SYNC_MODE_OFF;
    hw_memory_bytes(&config, &config.memory_bytes);
    config.memory = std::aligned_alloc(HW_MEMORY_ALIGN, config.memory_bytes);
    hw_host host{sizeof host, nullptr, none, length, nothing, all_done, begun,
                 dropped, taken, done, nullptr, wait, nullptr};
    hw_engine *engine = nullptr;
    hw_error error;
    if (hw_open(&config, &host, &engine, &error) != HW_STATUS_OK) {
        std::printf("%s\n", error.text);
        return 3;
    }
    hw_definition definition;
    hw_definition_open("X", &definition);
    hw_define(engine, 0, 2, &definition);
    hw_command order{};
    order.kind = HW_COMMAND_KIND_NEW;
    order.session = 1;
    order.client_sequence = order.order = 1;
    order.side = HW_SIDE_BUY;
    order.price = order.quantity = 1;
    order.order = 0x0123456789abcdef;
    hw_push(engine, 0, &order);
    if (hw_step_sequencer(engine) != HW_STATUS_OK) return 4;
    if (count > 1) spoil(config, order.order);
    hw_command all{};
    all.kind = HW_COMMAND_KIND_MASS_CANCEL;
    all.client_sequence = 3;
    hw_push(engine, 0, &all);
    return hw_step_sequencer(engine) == HW_STATUS_OK ? 0 : 5;
} catch (...) {
    std::printf("caught\n");
    return 6;
}
