// The C ABI, and the choice of instruction set by what the processor has.
#include <cstring>

#include "export.h"
#include "threads.h"
#include "types.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace worldloom {

namespace baseline { extern const Kernels kernels; }
#if defined(__x86_64__)
namespace avx2 { extern const Kernels kernels; }
namespace avx512 { extern const Kernels kernels; }
#endif

namespace {

#if defined(__x86_64__)
// The registers that the operating system saves (XCR0): bits 1-2 for AVX, 5-7 for AVX-512.
uint64_t saved_registers() {
    uint32_t low, high;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return uint64_t{high} << 32 | low;
}

// Everything that -march=x86-64-v3 (or, with `wide`, v4) may use.
bool supports(bool wide) {
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return false;
    const uint32_t v3 = bit_FMA | bit_MOVBE | bit_OSXSAVE | bit_AVX | bit_F16C | bit_SSE4_2 | bit_POPCNT;
    if ((c & v3) != v3 || (saved_registers() & 0x6) != 0x6) return false;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
    const uint32_t v3_more = bit_AVX2 | bit_BMI | bit_BMI2;
    if ((b & v3_more) != v3_more) return false;
    const uint32_t v4 = bit_AVX512F | bit_AVX512BW | bit_AVX512CD | bit_AVX512DQ | bit_AVX512VL;
    if (wide && ((b & v4) != v4 || (saved_registers() & 0xE6) != 0xE6)) return false;
    return __get_cpuid(0x80000001, &a, &b, &c, &d) && (c & bit_LZCNT) != 0;
}
#endif

}  // namespace
}  // namespace worldloom

using namespace worldloom;

// The best engine that this processor runs, or the one named, or null where it does not run that one.
WORLDLOOM_API const Kernels* worldloom_kernels(const char* name) {
    const Kernels* const candidates[] = {
#if defined(__x86_64__)
        supports(true) ? &avx512::kernels : nullptr,
        supports(false) ? &avx2::kernels : nullptr,
#endif
        &baseline::kernels,
    };
    for (const Kernels* candidate : candidates)
        if (candidate != nullptr && (name == nullptr || strcmp(name, candidate->name) == 0)) return candidate;
    return nullptr;
}

WORLDLOOM_API const char* worldloom_name(const Kernels* kernels) { return kernels->name; }

WORLDLOOM_API int worldloom_processors() { return processor_count(); }

WORLDLOOM_API void* worldloom_create(const Kernels* kernels) { return kernels->create(); }

WORLDLOOM_API void worldloom_destroy(const Kernels* kernels, void* frame) { kernels->destroy(frame); }

WORLDLOOM_API int worldloom_forward(const Kernels* kernels, void* frame, int threads, const View* view,
                                    const Model* model, const float* background, int antialias, const Picture* picture) {
    return kernels->forward(frame, threads, *view, *model, background, antialias != 0, *picture);
}

WORLDLOOM_API int worldloom_backward(const Kernels* kernels, void* frame, const Model* model, const Picture* picture,
                                     const PictureGradient* loss, int absolute, const Gradients* gradients,
                                     const Adam* adam, float* statistics, double* pose_gradient) {
    return kernels->backward(frame, *model, *picture, *loss, absolute != 0, gradients, adam, statistics, pose_gradient);
}

WORLDLOOM_API int worldloom_weights(const Kernels* kernels, void* frame, int64_t count, const float* mask, float* out) {
    return kernels->weights(frame, count, mask, out);
}

WORLDLOOM_API int64_t worldloom_scratch_bytes(const Kernels* kernels, const void* frame) { return kernels->scratch_bytes(frame); }

WORLDLOOM_API void worldloom_stage_times(const Kernels* kernels, const void* frame, double* milliseconds) {
    kernels->stage_times(frame, milliseconds);
}

WORLDLOOM_API void worldloom_counts(const Kernels* kernels, const void* frame, int64_t* visible_and_pairs) {
    kernels->counts(frame, visible_and_pairs);
}

WORLDLOOM_API int worldloom_l1_dssim(const Kernels* kernels, int threads, const float* image, const float* target,
                                     const float* mask, int height, int width, float ssim_weight, float* gradient,
                                     double* loss) {
    return kernels->l1_dssim(threads, image, target, mask, height, width, ssim_weight, gradient, loss);
}

WORLDLOOM_API void worldloom_mcmc_noise(const Kernels* kernels, int threads, const Model* model, float scale,
                                        uint64_t seed, uint64_t step) {
    kernels->mcmc_noise(threads, *model, scale, seed, step);
}
