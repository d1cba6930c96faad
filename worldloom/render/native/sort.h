// Stage 3: order the visible splats by depth, equal depths by id. A stable radix sort, least significant digit first.
#pragma once
#include "frame.h"

namespace worldloom::WORLDLOOM_ISA {

inline void sort_by_depth(Frame& frame) {
    constexpr int kDigitBits = 11, kDigits = 1 << kDigitBits;
    const size_t count = frame.visible;
    const int workers = frame.threads;
    frame.other_keys.reserve(count);
    uint32_t* histogram = frame.histogram.reserve(static_cast<size_t>(workers) * kDigits);
    for (int shift = 0; shift < 32; shift += kDigitBits) {
        const DepthKey* from = frame.keys.data();
        DepthKey* to = frame.other_keys.data();
        const auto digit = [shift](DepthKey key) { return (key.depth_bits >> shift) & (kDigits - 1); };
        on_workers(workers, [&](int worker) {
            uint32_t* counts = histogram + static_cast<size_t>(worker) * kDigits;
            memset(counts, 0, sizeof(uint32_t) * kDigits);
            for (size_t i = count * worker / workers; i < count * (worker + 1) / workers; ++i) ++counts[digit(from[i])];
        });
        uint32_t total = 0;
        for (int d = 0; d < kDigits; ++d)
            for (int worker = 0; worker < workers; ++worker) {
                uint32_t& entry = histogram[static_cast<size_t>(worker) * kDigits + d];
                const uint32_t here = entry;
                entry = total;
                total += here;
            }
        on_workers(workers, [&](int worker) {
            uint32_t* place = histogram + static_cast<size_t>(worker) * kDigits;
            for (size_t i = count * worker / workers; i < count * (worker + 1) / workers; ++i) to[place[digit(from[i])]++] = from[i];
        });
        frame.keys.swap(frame.other_keys);
    }
}

}  // namespace worldloom::WORLDLOOM_ISA
