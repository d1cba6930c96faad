// The gradient of blending, per pair of splat and tile.
//
// A splat of alpha A behind transmittance T adds A T channel to a pixel and dims what follows, R, by (1 - A). With
// d = <channel, gradient> and R the rest of the final picture weighted by its gradient, dL/dA = T d - R / (1 - A).
// R is the finished pixel minus what has been blended so far, so the pass runs front to back like the forward one.
#pragma once
#include "tile.h"

namespace worldloom::WORLDLOOM_ISA {

// Sums over pixels, in this order. With g = dL/dq' (q' = q in natural units) and (dx, dy) = pixel - mean:
// g, g dx, g dy, g dx^2, g dx dy, g dy^2; the channels' gradients; then, if asked for, |g dq'/dx|, |g dq'/dy|.
template <int kChannels, bool kAbsolute>
constexpr int kTerms = 6 + kChannels + (kAbsolute ? 2 : 0);

inline int terms_per_pair(int channels, bool absolute) { return 6 + channels + (absolute ? 2 : 0); }

template <int kChannels, bool kAbsolute>
void blend_tile_backward(Frame& frame, size_t index, const Picture& picture, const PictureGradient& loss) {
    constexpr int kCount = kTerms<kChannels, kAbsolute>;
    Tile tile(frame, index);
    alignas(64) float gradient[kChannels][kPixels] = {}, rest[kPixels] = {};
    tile.for_each_run([&](int pixel, size_t at, int count) {
        // Channels first, first + 1, .. of a plane with `width` of them.
        const auto use = [&](int first, int width, const float* values, const float* slopes) {
            if (slopes == nullptr) return;
            for (int i = 0; i < count; ++i)
                for (int k = 0; k < width; ++k) {
                    const float slope = slopes[(at + i) * width + k];
                    gradient[first + k][pixel + i] = slope;
                    rest[pixel + i] += values[(at + i) * width + k] * slope;
                }
        };
        use(0, 3, picture.rgb, loss.rgb);
        if constexpr (kChannels >= 4) use(3, 1, picture.depth, loss.depth);
        if constexpr (kChannels >= 7) use(4, 3, picture.normal, loss.normal);
        if (loss.transmittance != nullptr)
            for (int i = 0; i < count; ++i) rest[pixel + i] += picture.transmittance[at + i] * loss.transmittance[at + i];
    });

    const uint32_t begin = frame.tile_begin[index], end = frame.tile_end[index], all = frame.tile_begin[index + 1];
    const float left = tile.x0 + 0.5f, top = tile.y0 + 0.5f;
    for (uint32_t slot = begin; slot < end; ++slot) {
        if (slot + kPrefetch < end) __builtin_prefetch(&frame.splats[frame.sorted[slot + kPrefetch]]);
        const uint32_t splat_index = frame.sorted[slot];
        const Splat& s = frame.splats[splat_index];
        float* out = frame.pair_terms.data() + static_cast<size_t>(slot) * kCount;
        uint64_t blocks = frame.touched[slot];
        if (blocks == 0) {
            for (int k = 0; k < kCount; ++k) out[k] = 0.f;
        } else {
            const Coverage coverage(s, s.x - left, s.y - top);
            const Float two_a = splat(2 * kLn2 * s.a), b = splat(kLn2 * s.b), two_c = splat(2 * kLn2 * s.c);
            Float channel[kChannels], terms[kCount];
            splat_channels<kChannels>(frame, splat_index, s, channel);
            for (int k = 0; k < kCount; ++k) terms[k] = splat(0.f);
            for (; blocks != 0; blocks &= blocks - 1) {
                const int block = __builtin_ctzll(blocks), first = block * kLanes;
                const Float before = load(tile.transmittance + first);
                const Coverage::AtBlock p = coverage.at(block, before);
                const Float weight = keep(p.blended, p.alpha * before);
                Float dot = splat(0.f);
                for (int k = 0; k < kChannels; ++k) {
                    const Float slope = load(gradient[k] + first);
                    dot = fma(channel[k], slope, dot);
                    terms[6 + k] = fma(weight, slope, terms[6 + k]);
                }
                const Float behind = fnma(weight, dot, load(rest + first));
                store(rest + first, behind);
                const Float alpha_gradient = fnma(behind, reciprocal(splat(1.f) - p.alpha), before * dot);
                const Mask moves = p.blended & (p.unclamped <= splat(kAlphaMax));
                const Float g = keep(moves, -(p.alpha * alpha_gradient));
                const Float gx = g * p.dx, gy = g * p.dy;
                terms[0] += g;
                terms[1] += gx;
                terms[2] += gy;
                terms[3] = fma(gx, p.dx, terms[3]);
                terms[4] = fma(gx, p.dy, terms[4]);
                terms[5] = fma(gy, p.dy, terms[5]);
                if constexpr (kAbsolute) {
                    terms[kCount - 2] += abs(fma(two_a, gx, b * gy));
                    terms[kCount - 1] += abs(fma(b, gx, two_c * gy));
                }
                store(tile.transmittance + first, transmittance_after(p, before));
            }
            sums(terms, kCount, out);
        }
    }
    if (all > end) memset(frame.pair_terms.data() + static_cast<size_t>(end) * kCount, 0, sizeof(float) * kCount * (all - end));
}

inline void blend_backward(Frame& frame, const Picture& picture, const PictureGradient& loss, bool absolute) {
    // Readers fetch terms by sixteens, past the last.
    frame.pair_terms.reserve(frame.pairs * terms_per_pair(frame.channels, absolute) + 16);
    const auto tile = frame.channels == 3   ? (absolute ? blend_tile_backward<3, true> : blend_tile_backward<3, false>)
                      : frame.channels == 4 ? (absolute ? blend_tile_backward<4, true> : blend_tile_backward<4, false>)
                                            : (absolute ? blend_tile_backward<7, true> : blend_tile_backward<7, false>);
    for_each_tile(frame, [&](size_t index) { tile(frame, index, picture, loss); });
}

}  // namespace worldloom::WORLDLOOM_ISA
