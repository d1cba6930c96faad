// Stage 4: give every tile its splats, nearest first. A counting sort by tile of pairs already in order of depth.
#pragma once
#include "frame.h"

namespace worldloom::WORLDLOOM_ISA {

inline void bin_into_tiles(Frame& frame) {
    const size_t tile_count = static_cast<size_t>(frame.tiles_across) * frame.tiles_down, count = frame.visible;
    const int workers = frame.threads;
    uint32_t* histogram = frame.histogram.reserve(tile_count * workers);
    uint32_t* tile_begin = frame.tile_begin.reserve(tile_count + 1);
    uint32_t* sorted = frame.sorted.reserve(frame.pairs);
    uint32_t* slots = frame.slots.reserve(frame.pairs);
    frame.tile_end.reserve(tile_count);
    const DepthKey* keys = frame.keys.data();
    const uint32_t* tiles = frame.tiles.data();

    const auto each_key = [&](int worker, auto body) {
        const size_t end = count * (worker + 1) / workers;
        for (size_t i = count * worker / workers; i < end; ++i) {
            if (i + 16 < end) __builtin_prefetch(&tiles[keys[i + 16].first_pair]);
            body(keys[i]);
        }
    };
    on_workers(workers, [&](int worker) {
        uint32_t* counts = histogram + tile_count * worker;
        memset(counts, 0, sizeof(uint32_t) * tile_count);
        each_key(worker, [&](DepthKey key) {
            for (uint32_t k = 0; k < key.pairs; ++k) ++counts[tiles[key.first_pair + k]];
        });
    });
    uint32_t total = 0;
    for (size_t tile = 0; tile < tile_count; ++tile) {
        tile_begin[tile] = total;
        for (int worker = 0; worker < workers; ++worker) {
            const uint32_t here = histogram[tile_count * worker + tile];
            histogram[tile_count * worker + tile] = total;
            total += here;
        }
    }
    tile_begin[tile_count] = total;
    on_workers(workers, [&](int worker) {
        uint32_t* place = histogram + tile_count * worker;
        each_key(worker, [&](DepthKey key) {
            for (uint32_t k = 0; k < key.pairs; ++k) {
                const uint32_t slot = place[tiles[key.first_pair + k]]++;
                sorted[slot] = key.splat;
                slots[key.first_pair + k] = slot;
            }
        });
    });
}

}  // namespace worldloom::WORLDLOOM_ISA
