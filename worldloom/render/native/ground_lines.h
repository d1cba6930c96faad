// Which piece of road, wall or shore is nearest: line pieces sorted into squares as wide as the reach.
#pragma once
#include "ground_cells.h"

namespace worldloom::WORLDLOOM_ISA {

struct Squares {
    const float* pieces;
    int64_t many;
    float reach, low_x, low_z;
    int32_t across, down;
    int64_t* starts;   // (across x down + 1)
    int32_t* members;  // pieces of each square, ascending

    int32_t column(float x) const { return at_most(floored((x - low_x) / reach), 0, across - 1); }
    int32_t row(float z) const { return at_most(floored((z - low_z) / reach), 0, down - 1); }

    template <class Visit>
    void each_square(int64_t k, Visit visit) const {
        const float* const p = pieces + 4 * k;
        const float min_x = p[0] < p[2] ? p[0] : p[2], max_x = p[0] < p[2] ? p[2] : p[0];
        const float min_z = p[1] < p[3] ? p[1] : p[3], max_z = p[1] < p[3] ? p[3] : p[1];
        for (int32_t r = row(min_z - reach); r <= row(max_z + reach); ++r)
            for (int32_t c = column(min_x - reach); c <= column(max_x + reach); ++c) visit(static_cast<int64_t>(r) * across + c);
    }
};

inline void nearest(int threads, const float* x, const float* z, int64_t count, const float* pieces,
                    const float* ahead, int64_t many, float reach, int32_t* which, float* distance, float* share) {
    float low_x = 1e30f, low_z = 1e30f, high_x = -1e30f, high_z = -1e30f;
    for (int64_t k = 0; k < 2 * many; ++k) {
        const float px = pieces[2 * k], pz = pieces[2 * k + 1];
        low_x = px < low_x ? px : low_x, high_x = px > high_x ? px : high_x;
        low_z = pz < low_z ? pz : low_z, high_z = pz > high_z ? pz : high_z;
    }
    low_x -= reach, low_z -= reach, high_x += reach, high_z += reach;
    if (many == 0) low_x = low_z = high_x = high_z = 0.f;
    float edge = reach;
    while ((high_x - low_x) / edge > 512.f || (high_z - low_z) / edge > 512.f) edge *= 2.f;
    Squares squares{pieces, many, edge, low_x, low_z, floored((high_x - low_x) / edge) + 1, floored((high_z - low_z) / edge) + 1, nullptr, nullptr};
    const int64_t total = static_cast<int64_t>(squares.across) * squares.down;
    squares.starts = static_cast<int64_t*>(calloc(static_cast<size_t>(total) + 2, sizeof(int64_t)));
    if (squares.starts == nullptr) throw std::bad_alloc();
    for (int64_t k = 0; k < many; ++k) squares.each_square(k, [&](int64_t s) { ++squares.starts[s + 2]; });
    for (int64_t s = 0; s < total; ++s) squares.starts[s + 2] += squares.starts[s + 1];
    squares.members = static_cast<int32_t*>(malloc(sizeof(int32_t) * static_cast<size_t>(squares.starts[total + 1] + 1)));
    if (squares.members == nullptr) {
        free(squares.starts);
        throw std::bad_alloc();
    }
    for (int64_t k = 0; k < many; ++k)
        squares.each_square(k, [&](int64_t s) { squares.members[squares.starts[s + 1]++] = static_cast<int32_t>(k); });
    constexpr int kBatch = 4096;
    in_rows(threads, static_cast<int>((count + kBatch - 1) / kBatch), [&](int batch) {
        const int64_t last = (static_cast<int64_t>(batch) + 1) * kBatch < count ? (static_cast<int64_t>(batch) + 1) * kBatch : count;
        for (int64_t i = static_cast<int64_t>(batch) * kBatch; i < last; ++i) {
            which[i] = -1, distance[i] = reach, share[i] = 0.f;
            float best = 1e30f;
            if (!(x[i] >= low_x && x[i] <= high_x && z[i] >= low_z && z[i] <= high_z) || many == 0) continue;
            const int64_t s = static_cast<int64_t>(squares.row(z[i])) * squares.across + squares.column(x[i]);
            for (int64_t m = squares.starts[s]; m < squares.starts[s + 1]; ++m) {
                const float* const p = pieces + 4 * static_cast<int64_t>(squares.members[m]);
                const float ex = p[2] - p[0], ez = p[3] - p[1], qx = x[i] - p[0], qz = z[i] - p[1];
                const float length = ex * ex + ez * ez;
                const float t = length > 0.f ? clamped((qx * ex + qz * ez) / length, 0.f, 1.f) : 0.f;
                const float ox = qx - t * ex, oz = qz - t * ez, d = std::sqrt(ox * ox + oz * oz);
                const float rank = ahead == nullptr ? d : d - ahead[squares.members[m]];
                if (d < reach && rank < best) best = rank, which[i] = squares.members[m], distance[i] = d, share[i] = t;
            }
        }
    });
    free(squares.members);
    free(squares.starts);
}

}  // namespace worldloom::WORLDLOOM_ISA
