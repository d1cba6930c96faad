// The C ABI of the ground's functions.
#include <cstring>
#include <new>

#include "export.h"
#include "ground.h"

namespace worldloom {
namespace baseline { extern const GroundKernels ground; }
#if defined(__x86_64__)
namespace avx2 { extern const GroundKernels ground; }
namespace avx512 { extern const GroundKernels ground; }
#endif
}  // namespace worldloom

using namespace worldloom;

namespace {

template <class Body>
int guarded(Body body) {
    try {
        body();
        return 0;
    } catch (const std::bad_alloc&) {
        return 1;
    }
}

}  // namespace

// Those of the instruction set with that name, which `worldloom_kernels` has found this processor to have.
WORLDLOOM_API const GroundKernels* worldloom_ground(const char* name) {
    const GroundKernels* const candidates[] = {
#if defined(__x86_64__)
        &avx512::ground, &avx2::ground,
#endif
        &baseline::ground,
    };
    for (const GroundKernels* candidate : candidates)
        if (strcmp(name, candidate->name) == 0) return candidate;
    return nullptr;
}

WORLDLOOM_API void worldloom_ground_fractal(const GroundKernels* ground, int threads, const float* x, const float* y,
                                            const float* z, int64_t count, const Fractal* fractal, float* out) {
    ground->fractal(threads, x, y, z, count, *fractal, out);
}

WORLDLOOM_API void worldloom_ground_cells(const GroundKernels* ground, int threads, const float* x, const float* z,
                                          int64_t count, uint32_t seed, float frequency, float jitter, float* first,
                                          float* second, float* id) {
    ground->cells(threads, x, z, count, seed, frequency, jitter, first, second, id);
}

WORLDLOOM_API void worldloom_ground_sample(const GroundKernels* ground, int threads, const float* heights, const Grid* grid,
                                           const float* x, const float* z, int64_t count, float* out) {
    ground->sample(threads, heights, *grid, x, z, count, out);
}

WORLDLOOM_API int worldloom_ground_erode(const GroundKernels* ground, int threads, float* heights, const Grid* grid,
                                         const Erosion* erosion) {
    return guarded([&] { ground->erode(threads, heights, *grid, *erosion); });
}

WORLDLOOM_API int64_t worldloom_ground_split(const GroundKernels* ground, const float* heights, const float* finer,
                                             const Grid* grid, const Detail* detail, int64_t room, float* out) {
    return ground->split(heights, finer, *grid, *detail, room, out);
}

WORLDLOOM_API int worldloom_ground_nearest(const GroundKernels* ground, int threads, const float* x, const float* z,
                                           int64_t count, const float* pieces, const float* ahead, int64_t many,
                                           float reach, int32_t* which,
                                           float* distance, float* share) {
    return guarded([&] { ground->nearest(threads, x, z, count, pieces, ahead, many, reach, which, distance, share); });
}
