// A pool of threads for the whole process. Work is cut so that results never depend on how many threads ran it.
#pragma once
#include <cstddef>

namespace worldloom {

using Task = void (*)(void* data, int worker);

// Run task(data, worker) for worker = 0 .. workers - 1, each on a thread of its own, and wait for all of them.
void run_on_workers(int workers, Task task, void* data);

// Number of processors that this process may run on.
int processor_count();

}  // namespace worldloom
