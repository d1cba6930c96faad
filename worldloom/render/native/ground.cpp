// The ground's functions for one instruction set; compiled once per set, without fused multiply-add (see ground.h).
#include <cstring>

#include "simd.h"

#include "ground_lines.h"

namespace worldloom {
namespace WORLDLOOM_ISA {
namespace {

void fractal(int threads, const float* x, const float* y, const float* z, int64_t count, const Fractal& f, float* out) {
    in_rows(threads, static_cast<int>((count + kRun - 1) / kRun), [&](int run) {
        const int64_t first = static_cast<int64_t>(run) * kRun;
        const int length = static_cast<int>(count - first < kRun ? count - first : kRun);
        fractal_run(x + first, y == nullptr ? nullptr : y + first, z + first, length, f, out + first);
    });
}

void cells(int threads, const float* x, const float* z, int64_t count, uint32_t seed, float frequency, float jitter,
           float* first, float* second, float* id) {
    in_rows(threads, static_cast<int>((count + kRun - 1) / kRun), [&](int run) {
        const int64_t start = static_cast<int64_t>(run) * kRun;
        const int length = static_cast<int>(count - start < kRun ? count - start : kRun);
        cell_run(x + start, z + start, length, seed, frequency, jitter, first + start, second + start, id + start);
    });
}

void sample(int threads, const float* grid, const Grid& g, const float* x, const float* z, int64_t count, float* out) {
    in_rows(threads, static_cast<int>((count + kRun - 1) / kRun), [&](int run) {
        for (int64_t i = static_cast<int64_t>(run) * kRun; i < count && i < (static_cast<int64_t>(run) + 1) * kRun; ++i)
            out[i] = sample_one(grid, g, x[i], z[i]);
    });
}

}  // namespace

extern const GroundKernels ground;
const GroundKernels ground = {
#if defined(__AVX512F__)
    "avx512",
#elif defined(__AVX2__)
    "avx2",
#elif defined(__SSE2__)
    "sse2",
#else
    "neon",
#endif
    fractal,
    cells,
    sample,
    erode,
    split,
    nearest,
};

}  // namespace WORLDLOOM_ISA
}  // namespace worldloom
