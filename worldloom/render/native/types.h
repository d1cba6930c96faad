// The plain structs that cross the C ABI, and what a variant of the engine offers. render/native/library.py mirrors them.
#pragma once
#include <cstdint>

namespace worldloom {

// A pinhole view. Camera frame: x right, y down, z forward; pixel centres at +0.5.
struct View {
    int32_t width, height;    // pixels
    float fx, fy, cx, cy;     // pixels
    float pose[12];           // world to camera, rows of (3, 4)
};

// Gaussians as arrays of rows. `sh` rows hold `coefficients` x 3 floats, of which (sh_degree + 1)^2 x 3 are used.
struct Model {
    int64_t count;
    int32_t coefficients, sh_degree;
    float *means, *quats, *log_scales, *opacity_logits, *sh;
};

// Planes to write, null where not wanted. `depth` is accumulated (weight x depth), not yet divided by alpha.
struct Picture {
    float *rgb, *transmittance, *depth, *normal, *median_depth;
};

// Gradients of the loss with respect to each plane; null means zero.
struct PictureGradient {
    const float *rgb, *transmittance, *depth, *normal;
};

// Gradients of the five arrays, written for every Gaussian (zero where it is not seen).
struct Gradients {
    float *means, *quats, *log_scales, *opacity_logits, *sh;
};

// Adam (Kingma & Ba 2015) on visible Gaussians. Moments have the shapes of the arrays they belong to.
struct Adam {
    Gradients first, second;
    float rate_means, rate_quats, rate_log_scales, rate_opacity_logits, rate_sh0, rate_sh_rest;
    float beta1, beta2, epsilon;
    int32_t step;  // 1 for the first
    float opacity_weight, scale_weight;  // gradients of weight x mean(opacity), weight x mean(scale) are added
};

enum Status : int32_t { kDone = 0, kOutOfMemory = 1, kTooManyPairs = 2 };

// One instruction set's engine. `frame` is what `create` returned.
struct Kernels {
    const char* name;
    void* (*create)();
    void (*destroy)(void* frame);
    Status (*forward)(void* frame, int threads, const View&, const Model&, const float* background, bool antialias,
                      const Picture&);
    // Into `gradients` or, if given, straight into an `adam` step. `statistics`, nullable, is (count, 4): added to are
    // the norm of each seen Gaussian's screen gradient, the norm of its absolute variant (zero unless `absolute`) and 1;
    // the last column takes the maximum of the radius in pixels. `pose_gradient`, nullable, is 12 numbers.
    Status (*backward)(void* frame, const Model&, const Picture&, const PictureGradient&, bool absolute,
                       const Gradients* gradients, const Adam* adam, float* statistics, double* pose_gradient);
    // (count, 3) of each Gaussian of the last picture: its weight in the pixels of a mask (height, width), nullable for
    // all of them; its weight in all pixels; what that would be with nothing before it, where the picture was not full.
    Status (*weights)(void* frame, int64_t count, const float* mask, float* out);
    int64_t (*scratch_bytes)(const void* frame);
    void (*stage_times)(const void* frame, double* milliseconds);
    void (*counts)(const void* frame, int64_t* visible_and_pairs);
    Status (*l1_dssim)(int threads, const float* image, const float* target, const float* mask, int height, int width,
                       float ssim_weight, float* gradient, double* loss);
    void (*mcmc_noise)(int threads, const Model&, float scale, uint64_t seed, uint64_t step);
};

}  // namespace worldloom
