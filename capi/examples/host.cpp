// A host in C++: a thread for each stage, a log in a folder, a few orders.
//
//   host FOLDER          recovers, matches, stops
//   host FOLDER crash    recovers, matches, and dies without stopping
//
// The next run on the same folder recovers the state hash that the one before had printed.
#include "log_files.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using Clock = std::chrono::steady_clock;

static std::uint64_t now_ns() {
    return static_cast<std::uint64_t>(Clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
}

static void check(hw_status status) {
    if (status < 0) throw std::runtime_error(hw_error_text(status));
}

class Host {
public:
    explicit Host(const std::string &folder) : folder_(folder) {
        std::filesystem::create_directories(folder);
        calls_.files.folder = folder_.c_str();
        calls_.host = this;
        hw_config config;
        check(hw_config_default(&config));
        std::random_device random;
        for (auto &byte : config.log_id) byte = static_cast<std::uint8_t>(random());
        config.seed = random();
        check(hw_memory_bytes(&config, &config.memory_bytes));
        memory_.reset(std::aligned_alloc(HW_MEMORY_ALIGN, config.memory_bytes));
        config.memory = memory_.get();
        hw_host calls{};
        log_files_in(&calls);
        calls.context = &calls_;
        // No exception may leave a callback.
        calls.wait = [](void *) noexcept { std::this_thread::yield(); };
        calls.replayed = [](void *context, const hw_event *event) noexcept {
            static_cast<Calls *>(context)->host->tell(*event);
        };
        hw_error error;
        if (hw_open(&config, &calls, &engine_, &error) != HW_STATUS_OK)
            throw std::runtime_error(error.text);
    }

    Host(const Host &) = delete;

    ~Host() { // An engine that failed ends its threads by itself.
        for (auto &thread : threads_) thread.join();
    }

    /// Starts a thread for each of the two stages that nobody calls for.
    void start() {
        threads_.emplace_back([this] { run([this] { return hw_step_sequencer(engine_); }); });
        threads_.emplace_back([this] { run([this] { return hw_step_log_writer(engine_, now_ns()); }); });
    }

    /// Finishes what was pushed; everything is durable and told when it returns.
    void stop() {
        check(hw_stop(engine_));
        while (pop() != HW_STATUS_DONE) std::this_thread::yield();
        for (auto &thread : threads_) thread.join();
        threads_.clear();
    }

    /// Sells and buys that meet, of session 1; the operator's instrument first.
    void push_orders(std::uint64_t count) {
        std::uint64_t defined = 0, last = 0;
        check(hw_last_client_sequence(engine_, 0, &defined));
        check(hw_last_client_sequence(engine_, 1, &last));
        start();
        hw_definition aurora;
        check(hw_definition_open("AURORA", &aurora));
        check(hw_define(engine_, 0, std::max<std::uint64_t>(defined, 1) + 1, &aurora));
        for (auto number = last + 1; number <= last + count; number++) {
            hw_command order{};
            order.kind = HW_COMMAND_KIND_NEW;
            order.session = 1;
            order.client_sequence = order.order = number;
            order.side = number % 2 ? HW_SIDE_SELL : HW_SIDE_BUY;
            order.price = static_cast<std::uint32_t>(100 + number % 7);
            order.quantity = 1 + number % 5;
            while (hw_push(engine_, 0, &order) == HW_STATUS_FULL) pop();
        }
        while (answered_ < last + count) pop();
    }

    void print(const char *when) {
        std::uint64_t hash = 0;
        hw_status status;
        // The sequencer's thread may be in its stage, and wait there for this one to pop.
        while ((status = hw_state_hash(engine_, &hash)) == HW_STATUS_BUSY) pop();
        check(status);
        while (pop() == HW_STATUS_OK) continue; // what follows the last answer
        std::printf("%s: sequence %llu, %llu trades, state %016llx\n", when,
                    static_cast<unsigned long long>(hw_durable_sequence(engine_)),
                    static_cast<unsigned long long>(trades_), static_cast<unsigned long long>(hash));
        std::fflush(stdout);
    }

private:
    struct Calls {
        log_files files; // first, as log_files.h wants it
        Host *host;
    };

    template <typename Step> static void run(Step step) {
        hw_status status;
        while ((status = step()) == HW_STATUS_OK || status == HW_STATUS_IDLE)
            if (status == HW_STATUS_IDLE) std::this_thread::yield();
        // Whoever pops is told why a stage could not go on.
    }

    hw_status pop() {
        hw_event events[64];
        std::size_t count = 0;
        hw_status status = hw_pop(engine_, events, 64, &count);
        check(status);
        for (std::size_t i = 0; i < count; i++) tell(events[i]);
        return status;
    }

    /// What has been replayed or popped is durable.
    void tell(const hw_event &event) noexcept {
        if (event.kind == HW_EVENT_KIND_TRADE) trades_++;
        if (event.session == 1 && event.client_sequence > answered_) answered_ = event.client_sequence;
    }

    std::string folder_;
    Calls calls_{};
    std::unique_ptr<void, decltype(&std::free)> memory_{nullptr, std::free};
    hw_engine *engine_ = nullptr;
    std::vector<std::thread> threads_;
    std::uint64_t trades_ = 0, answered_ = 0;
};

int main(int count, char **words) try {
    if (count < 2) return 2;
    Host host(words[1]);
    host.print("recovered");
    host.push_orders(1000);
    if (count > 2) {
        host.print("crashed");
        std::raise(SIGKILL);
    }
    host.stop();
    host.print("stopped");
    return 0;
} catch (const std::exception &error) {
    std::fprintf(stderr, "host: %s\n", error.what());
    return 1;
}
