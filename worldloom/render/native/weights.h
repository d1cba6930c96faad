// How much of each Gaussian is in a picture, once that is rendered: what occlusion leaves of it, and where.
#pragma once
#include "tile.h"

namespace worldloom::WORLDLOOM_ISA {

constexpr int kWeightTerms = 3;  // its weight in the pixels of a mask, its weight in all pixels, its alpha in all of them

inline void tile_weights(Frame& frame, size_t index, const float* mask) {
    Tile tile(frame, index);
    alignas(64) float inside[kPixels] = {};
    tile.for_each_run([&](int pixel, size_t at, int count) {
        for (int i = 0; i < count; ++i) inside[pixel + i] = mask == nullptr ? 1.f : mask[at + i];
    });
    const uint32_t begin = frame.tile_begin[index], end = frame.tile_end[index];
    const float left = tile.x0 + 0.5f, top = tile.y0 + 0.5f;
    for (uint32_t slot = begin; slot < end; ++slot) {
        if (slot + kPrefetch < end) __builtin_prefetch(&frame.splats[frame.sorted[slot + kPrefetch]]);
        const Splat& s = frame.splats[frame.sorted[slot]];
        const Coverage coverage(s, s.x - left, s.y - top);
        Float terms[kWeightTerms] = {splat(0.f), splat(0.f), splat(0.f)};
        for (uint64_t blocks = frame.touched[slot]; blocks != 0; blocks &= blocks - 1) {
            const int block = __builtin_ctzll(blocks), first = block * kLanes;
            const Float before = load(tile.transmittance + first);
            const Coverage::AtBlock p = coverage.at(block, before);
            const Float weight = keep(p.blended, p.alpha * before);
            terms[0] = fma(weight, load(inside + first), terms[0]);
            terms[1] += weight;
            terms[2] += keep(p.touched, p.alpha);
            store(tile.transmittance + first, transmittance_after(p, before));
        }
        sums(terms, kWeightTerms, frame.pair_terms.data() + static_cast<size_t>(slot) * kWeightTerms);
    }
}

// Into rows of `out` (count, kWeightTerms), zero where a Gaussian is not in the picture. Pairs are added up in one
// order, so that the sums don't depend on the number of threads.
inline void weights(Frame& frame, int64_t count, const float* mask, float* out) {
    frame.pair_terms.reserve(frame.pairs * kWeightTerms + 16);
    for_each_tile(frame, [&](size_t index) { tile_weights(frame, index, mask); });
    memset(out, 0, sizeof(float) * kWeightTerms * static_cast<size_t>(count));
    const size_t tiles = static_cast<size_t>(frame.tiles_across) * frame.tiles_down;
    for (size_t tile = 0; tile < tiles; ++tile)
        for (uint32_t slot = frame.tile_begin[tile]; slot < frame.tile_end[tile]; ++slot) {
            const float* const terms = frame.pair_terms.data() + static_cast<size_t>(slot) * kWeightTerms;
            float* const row = out + kWeightTerms * size_t{frame.splats[frame.sorted[slot]].id};
            for (int k = 0; k < kWeightTerms; ++k) row[k] += terms[k];
        }
}

}  // namespace worldloom::WORLDLOOM_ISA
