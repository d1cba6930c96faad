// The engine for one instruction set. Compiled once per set with that set's flags; see simd.h and build.py.
//
// Keep standard library templates out of these headers: the linker merges their instances between variants, and an old
// processor could end up in code compiled for a new one.
#include "blend.h"
#include "bin.h"
#include "loss.h"
#include "noise.h"
#include "project.h"
#include "project_backward.h"
#include "sort.h"
#include "weights.h"

namespace worldloom {
namespace WORLDLOOM_ISA {
namespace {

template <class Body>
Status guarded(Body body) {
    try {
        return body();
    } catch (const std::bad_alloc&) {
        return kOutOfMemory;
    }
}

Status forward(void* handle, int threads, const View& view, const Model& model, const float* background, bool antialias,
               const Picture& picture) {
    return guarded([&] {
        Frame& frame = *static_cast<Frame*>(handle);
        frame.view = view;
        frame.threads = threads;
        frame.antialias = antialias;
        frame.channels = picture.normal != nullptr ? 7 : picture.depth != nullptr ? 4 : 3;
        frame.tiles_across = (view.width + kTile - 1) / kTile, frame.tiles_down = (view.height + kTile - 1) / kTile;
        memcpy(frame.background, background, sizeof frame.background);
        Stopwatch watch;
        cull(frame, model);
        frame.milliseconds[kCull] = watch.lap();
        const Status status = project(frame, model);
        if (status != kDone) return status;
        frame.milliseconds[kProject] = watch.lap();
        sort_by_depth(frame);
        frame.milliseconds[kSort] = watch.lap();
        bin_into_tiles(frame);
        frame.milliseconds[kBin] = watch.lap();
        blend(frame, picture);
        frame.milliseconds[kBlend] = watch.lap();
        return kDone;
    });
}

Status backward(void* handle, const Model& model, const Picture& picture, const PictureGradient& loss, bool absolute,
                const Gradients* gradients, const Adam* adam, float* statistics, double* pose_gradient) {
    return guarded([&] {
        Frame& frame = *static_cast<Frame*>(handle);
        const int used = 3 * (model.sh_degree + 1) * (model.sh_degree + 1);
        Stopwatch watch;
        blend_backward(frame, picture, loss, absolute);
        frame.milliseconds[kBlendBackward] = watch.lap();
        if (adam != nullptr)
            project_backward(frame, model, statistics, absolute, pose_gradient,
                             [&](uint32_t) { return AdamUpdater(*adam, model, used); });
        else
            project_backward(frame, model, statistics, absolute, pose_gradient,
                             [&](uint32_t first) { return GradientWriter(*gradients, 3 * model.coefficients, used, first); });
        frame.milliseconds[kProjectBackward] = watch.lap();
        return kDone;
    });
}

Status gaussian_weights(void* handle, int64_t count, const float* mask, float* out) {
    return guarded([&] {
        weights(*static_cast<Frame*>(handle), count, mask, out);
        return kDone;
    });
}

}  // namespace

extern const Kernels kernels;
const Kernels kernels = {
#if defined(__AVX512F__)
    "avx512",
#elif defined(__AVX2__)
    "avx2",
#elif defined(__SSE2__)
    "sse2",
#else
    "neon",
#endif
    []() -> void* { return new (std::nothrow) Frame; },
    [](void* frame) { delete static_cast<Frame*>(frame); },
    forward,
    backward,
    gaussian_weights,
    [](const void* frame) { return static_cast<int64_t>(static_cast<const Frame*>(frame)->scratch_bytes()); },
    [](const void* frame, double* out) { memcpy(out, static_cast<const Frame*>(frame)->milliseconds, sizeof(double) * kStages); },
    [](const void* handle, int64_t* out) {
        const Frame& frame = *static_cast<const Frame*>(handle);
        out[0] = static_cast<int64_t>(frame.visible), out[1] = static_cast<int64_t>(frame.pairs);
    },
    [](int threads, const float* image, const float* target, const float* mask, int height, int width, float ssim_weight,
       float* gradient, double* loss) {
        return guarded([&] { return l1_dssim(threads, image, target, mask, height, width, ssim_weight, gradient, loss); });
    },
    mcmc_noise,
};

}  // namespace WORLDLOOM_ISA
}  // namespace worldloom
