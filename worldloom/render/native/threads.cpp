#include "threads.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif
#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace worldloom {
namespace {

void pause_briefly() {
#if defined(__SSE2__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

class Pool {
  public:
    void run(int workers, Task task, void* data) {
        const std::lock_guard<std::mutex> one_region_at_a_time(region_);
        run_alone(workers, task, data);
    }

    bool run_if_free(int workers, Task task, void* data) {
        const std::unique_lock<std::mutex> one_region_at_a_time(region_, std::try_to_lock);
        if (!one_region_at_a_time) return false;
        run_alone(workers, task, data);
        return true;
    }

  private:
    void run_alone(int workers, Task task, void* data) {
        while (static_cast<int>(threads_.size()) < workers - 1) {
            const int worker = static_cast<int>(threads_.size()) + 1;
            threads_.emplace_back(&Pool::serve, this, worker, generation_.load());
        }
        task_ = task;
        data_ = data;
        workers_ = workers;
        unfinished_.store(static_cast<int>(threads_.size()));
        {
            const std::lock_guard<std::mutex> lock(sleep_);
            generation_.fetch_add(1);
        }
        wake_.notify_all();
        task(data, 0);
        for (int spins = 0; spins < kSpins && unfinished_.load() > 0; ++spins) pause_briefly();
        if (unfinished_.load() > 0) {
            std::unique_lock<std::mutex> lock(sleep_);
            finished_.wait(lock, [&] { return unfinished_.load() == 0; });
        }
    }

    static constexpr int kSpins = 2000;  // some tens of microseconds: the gap between two stages of a frame

    void serve(int worker, uint64_t seen) {
        for (;;) {
            for (int spins = 0; spins < kSpins && generation_.load() == seen; ++spins) pause_briefly();
            if (generation_.load() == seen) {
                std::unique_lock<std::mutex> lock(sleep_);
                wake_.wait(lock, [&] { return generation_.load() != seen; });
            }
            ++seen;  // run() waits for every thread, so no generation is ever missed
            if (worker < workers_) task_(data_, worker);
            if (unfinished_.fetch_sub(1) == 1) {
                const std::lock_guard<std::mutex> lock(sleep_);
                finished_.notify_one();
            }
        }
    }

    std::mutex region_, sleep_;
    std::condition_variable wake_, finished_;
    std::vector<std::thread> threads_;
    std::atomic<uint64_t> generation_{0};
    std::atomic<int> unfinished_{0};
    Task task_ = nullptr;
    void* data_ = nullptr;
    int workers_ = 0;
};

// Never destroyed: its threads end with the process. Replaced after a fork, since threads do not survive one.
std::atomic<Pool*> pool{nullptr};

Pool& the_pool() {
    static const bool watching_forks = [] {
        pool.store(new Pool);
#if !defined(_WIN32)
        pthread_atfork(nullptr, nullptr, [] { pool.store(new Pool); });
#endif
        return true;
    }();
    (void)watching_forks;
    return *pool.load();
}

}  // namespace

void run_on_workers(int workers, Task task, void* data) {
    if (workers <= 1) task(data, 0);
    else the_pool().run(workers, task, data);
}

void run_on_free_workers(int workers, Task task, void* data) {
    if (workers <= 1 || !the_pool().run_if_free(workers, task, data)) task(data, 0);
}

int processor_count() {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    const unsigned count = std::thread::hardware_concurrency();
    return count > 0 ? static_cast<int>(count) : 1;
}

}  // namespace worldloom
