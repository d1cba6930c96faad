// Stage 5: blend every tile's splats front to back.
#pragma once
#include "tile.h"

namespace worldloom::WORLDLOOM_ISA {

template <int kChannels, bool kMedian>
void blend_tile(Frame& frame, size_t index, const Picture& picture) {
    Tile tile(frame, index);
    alignas(64) float sums[kChannels][kPixels] = {};
    alignas(64) float median[kMedian ? kPixels : kLanes] = {};
    const uint32_t begin = frame.tile_begin[index], end = frame.tile_begin[index + 1];
    const float left = tile.x0 + 0.5f, top = tile.y0 + 0.5f;

    uint32_t slot = begin;
    while (slot < end && tile.open != 0) {
        if (slot + kPrefetch < end) __builtin_prefetch(&frame.splats[frame.sorted[slot + kPrefetch]]);
        const uint32_t splat_index = frame.sorted[slot];
        const Splat& s = frame.splats[splat_index];
        const Coverage coverage(s, s.x - left, s.y - top);
        Float channel[kChannels];
        splat_channels<kChannels>(frame, splat_index, s, channel);
        uint64_t touched = 0;
        for (uint64_t blocks = blocks_reached(s, s.x - left, s.y - top) & tile.open; blocks != 0; blocks &= blocks - 1) {
            const int block = __builtin_ctzll(blocks), first = block * kLanes;
            const Float before = load(tile.transmittance + first);
            const Coverage::AtBlock p = coverage.at(block, before);
            const Float weight = keep(p.blended, p.alpha * before);
            touched |= static_cast<uint64_t>(any(p.touched)) << block;
            for (int k = 0; k < kChannels; ++k) store(sums[k] + first, fma(weight, channel[k], load(sums[k] + first)));
            if constexpr (kMedian) {
                const Mask crossing = p.blended & (splat(0.5f) < before) & (p.next <= splat(0.5f));
                store(median + first, select(crossing, splat(s.depth), load(median + first)));
            }
            store(tile.transmittance + first, transmittance_after(p, before));
        }
        frame.touched[slot++] = static_cast<BlockMask>(touched);
        if ((slot - begin) % kCloseEvery == 0) tile.close_done_blocks();
    }
    frame.tile_end[index] = slot;

    const float red = frame.background[0], green = frame.background[1], blue = frame.background[2];
    tile.for_each_run([&](int pixel, size_t at, int count) {
        for (int i = 0; i < count; ++i) {
            const float transmittance = fabsf(tile.transmittance[pixel + i]);
            float* rgb = picture.rgb + 3 * (at + i);
            picture.transmittance[at + i] = transmittance;
            rgb[0] = sums[0][pixel + i] + transmittance * red;
            rgb[1] = sums[1][pixel + i] + transmittance * green;
            rgb[2] = sums[2][pixel + i] + transmittance * blue;
        }
        for (int i = 0; i < count; ++i) {
            if constexpr (kChannels >= 4)
                if (picture.depth != nullptr) picture.depth[at + i] = sums[3][pixel + i];
            if constexpr (kChannels >= 7)
                for (int k = 0; k < 3; ++k) picture.normal[3 * (at + i) + k] = sums[4 + k][pixel + i];
            if constexpr (kMedian) picture.median_depth[at + i] = median[pixel + i];
        }
    });
}

inline void blend(Frame& frame, const Picture& picture) {
    frame.touched.reserve(frame.pairs);
    const bool median = picture.median_depth != nullptr;
    const auto tile = frame.channels == 3   ? (median ? blend_tile<3, true> : blend_tile<3, false>)
                      : frame.channels == 4 ? (median ? blend_tile<4, true> : blend_tile<4, false>)
                                            : (median ? blend_tile<7, true> : blend_tile<7, false>);
    for_each_tile(frame, [&](size_t index) { tile(frame, index, picture); });
}

}  // namespace worldloom::WORLDLOOM_ISA
