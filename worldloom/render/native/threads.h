// A pool of threads for the whole process. Work is cut so that results never depend on how many threads ran it.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace worldloom {

using Task = void (*)(void* data, int worker);

// Run task(data, worker) for worker = 0 .. workers - 1, each on a thread of its own, and wait for all of them.
void run_on_workers(int workers, Task task, void* data);

// The same with as many as are free: all of them, or this thread alone (worker 0) while others do something else.
void run_on_free_workers(int workers, Task task, void* data);

// Run body(start, end) for pieces of 0 .. count, `size` long, on whichever thread is free, and wait for all of them.
template <class Body>
void in_chunks(int threads, int64_t count, int64_t size, Body body) {
    struct Work {
        Body* body;
        int64_t count, size, next;
    } work{&body, count, size, 0};
    const int64_t pieces = (count + size - 1) / size;  // no thread is woken for what one can do
    run_on_free_workers(static_cast<int>(std::min<int64_t>(threads, pieces)), [](void* data, int) {
        Work& work = *static_cast<Work*>(data);
        for (int64_t start; (start = __atomic_fetch_add(&work.next, work.size, __ATOMIC_RELAXED)) < work.count;)
            (*work.body)(start, std::min(start + work.size, work.count));
    }, &work);
}

// Number of processors that this process may run on.
int processor_count();

}  // namespace worldloom
