// MCMC's exploration noise (Kheradmand et al. 2024): means move by covariance . normal, transparent Gaussians most.
#pragma once
#include "frame.h"

namespace worldloom::WORLDLOOM_ISA {

// Philox 4x32-10 (Salmon et al. 2011): random bits as a function of a counter and a key, so that order does not matter.
inline void philox(uint32_t counter[4], uint64_t key) {
    uint32_t k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
    for (int round = 0; round < 10; ++round) {
        const uint64_t a = uint64_t{0xD2511F53} * counter[0], b = uint64_t{0xCD9E8D57} * counter[2];
        const uint32_t next[4] = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ k0, static_cast<uint32_t>(b),
                                  static_cast<uint32_t>(a >> 32) ^ counter[3] ^ k1, static_cast<uint32_t>(a)};
        memcpy(counter, next, sizeof next);
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
}

// Two independent standard normal numbers (Box & Muller 1958).
inline void normal_pair(uint32_t a, uint32_t b, float* out) {
    const float radius = sqrtf(-2.f * logf((static_cast<float>(a >> 8) + 0.5f) * 0x1p-24f));
    const float angle = 6.28318531f * (static_cast<float>(b >> 8) * 0x1p-24f);
    out[0] = radius * cosf(angle);
    out[1] = radius * sinf(angle);
}

inline void mcmc_noise(int threads, const Model& model, float scale, uint64_t seed, uint64_t step) {
    constexpr size_t kChunk = 4096;
    constexpr float kSteepness = 100.f, kMiddle = 0.005f, kNegligible = 1e-8f;
    const size_t count = static_cast<size_t>(model.count);
    for_each(threads, (count + kChunk - 1) / kChunk, [&](size_t chunk) {
        for (size_t i = chunk * kChunk; i < count && i < (chunk + 1) * kChunk; ++i) {
            const float opacity = 1.f / (1.f + expf(-model.opacity_logits[i]));
            const float transparency = 1.f / (1.f + expf(kSteepness * (opacity - kMiddle)));
            if (!(transparency > kNegligible)) continue;
            uint32_t bits[4] = {static_cast<uint32_t>(i), static_cast<uint32_t>(i >> 32), static_cast<uint32_t>(step), static_cast<uint32_t>(step >> 32)};
            philox(bits, seed);
            float normal[4];
            normal_pair(bits[0], bits[1], normal);
            normal_pair(bits[2], bits[3], normal + 2);

            const float* q = model.quats + 4 * i;
            const float inverse = 1.f / sqrtf(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
            const float w = q[0] * inverse, x = q[1] * inverse, y = q[2] * inverse, z = q[3] * inverse;
            const float axes[9] = {1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
                                   2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
                                   2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)};
            float along[3];  // covariance . normal = axes . scales^2 . axes^T . normal
            for (int k = 0; k < 3; ++k) {
                const float deviation = expf(model.log_scales[3 * i + k]);
                along[k] = deviation * deviation * (axes[k] * normal[0] + axes[3 + k] * normal[1] + axes[6 + k] * normal[2]);
            }
            for (int r = 0; r < 3; ++r)
                model.means[3 * i + r] += scale * transparency * (axes[3 * r] * along[0] + axes[3 * r + 1] * along[1] + axes[3 * r + 2] * along[2]);
        }
    });
}

}  // namespace worldloom::WORLDLOOM_ISA
