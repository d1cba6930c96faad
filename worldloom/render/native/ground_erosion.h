// Rain and gravity on a height field. Drops run over heights that stay as they are until all have run, and what they
// move is added up in whole numbers, so that neither threads nor the grid's extent change a bit: a cell depends only on
// those nearer than rounds x (steps + slides + 2).
#pragma once
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include "ground_noise.h"
#include "threads.h"

namespace worldloom::WORLDLOOM_ISA {

constexpr float kGrain = 1.f / 65536.f;  // of a cell: the smallest height moved

struct Drops {
    const float* heights;
    int32_t* moved;
    Grid grid;
    Erosion erosion;
};

inline void add_to(int32_t* moved, int columns, int r, int c, float fr, float fc, float amount) {
    const float grains = amount / kGrain;
    const float weights[4] = {(1 - fr) * (1 - fc), (1 - fr) * fc, fr * (1 - fc), fr * fc};
    int32_t* const at = moved + static_cast<size_t>(r) * columns + c;
    const size_t offsets[4] = {0, 1, static_cast<size_t>(columns), static_cast<size_t>(columns) + 1};
    for (int k = 0; k < 4; ++k) __atomic_fetch_add(at + offsets[k], floored(grains * weights[k] + 0.5f), __ATOMIC_RELAXED);
}

// One drop, from its cell downhill (after Beyer 2015). Places are in cells relative to the start, so that they are the
// same bits wherever the grid begins.
inline void run_drop(const Drops& d, int row, int column) {
    const int rows = d.grid.rows, columns = d.grid.columns;
    const uint32_t h = mixed(static_cast<uint32_t>(d.grid.row + row) * kPrimeZ + static_cast<uint32_t>(d.grid.column + column) * kPrimeX + d.erosion.seed);
    float z = unit_of(h), x = unit_of(mixed(h + 1)), going_x = 0.f, going_z = 0.f;
    float water = 1.f, load = 0.f, speed = 0.6f;
    for (int step = 0; step < d.erosion.steps; ++step) {
        const int or_ = floored(z), oc = floored(x), r = row + or_, c = column + oc;
        if (r < 0 || c < 0 || r + 1 >= rows || c + 1 >= columns) return;
        const float fr = z - static_cast<float>(or_), fc = x - static_cast<float>(oc);
        const float* const p = d.heights + static_cast<size_t>(r) * columns + c;
        const float h00 = p[0], h01 = p[1], h10 = p[columns], h11 = p[columns + 1];
        const float slope_x = lerp(h01 - h00, h11 - h10, fr), slope_z = lerp(h10 - h00, h11 - h01, fc);
        const float here = lerp(lerp(h00, h01, fc), lerp(h10, h11, fc), fr);
        going_x = going_x * 0.35f - slope_x * 0.65f, going_z = going_z * 0.35f - slope_z * 0.65f;
        const float length = std::sqrt(going_x * going_x + going_z * going_z);
        if (length < 1e-5f) return;
        const float along_x = going_x / length, along_z = going_z / length;
        const float nx = x + along_x, nz = z + along_z;
        const int nr_ = floored(nz), nc_ = floored(nx), nr = row + nr_, nc = column + nc_;
        if (nr < 0 || nc < 0 || nr + 1 >= rows || nc + 1 >= columns) return;
        const float* const q = d.heights + static_cast<size_t>(nr) * columns + nc;
        const float gr = nz - static_cast<float>(nr_), gc = nx - static_cast<float>(nc_);
        const float fall = here - lerp(lerp(q[0], q[1], gc), lerp(q[columns], q[columns + 1], gc), gr);
        float gain;  // of the drop, from the ground
        if (fall < 0.f) {  // uphill: fill the hollow behind
            gain = -clamped(load, 0.f, -fall);
        } else {
            const float capacity = 5.f * clamped(fall, 0.01f, 0.8f) * speed * water;
            gain = load > capacity ? (capacity - load) * 0.25f : clamped((capacity - load) * 0.3f, 0.f, fall * 0.5f);
        }
        load += gain;
        if (gain != 0.f) add_to(d.moved, columns, r, c, fr, fc, -gain);
        speed = std::sqrt(clamped(speed * speed * 0.85f + fall, 0.04f, 4.f));
        water *= 0.97f;
        x = nx, z = nz;
    }
    // What is left is laid down where the drop dries up.
    const int or_ = floored(z), oc = floored(x), r = row + or_, c = column + oc;
    if (r < 0 || c < 0 || r + 1 >= rows || c + 1 >= columns) return;
    add_to(d.moved, columns, r, c, z - static_cast<float>(or_), x - static_cast<float>(oc), load);
}

struct Sheet {
    const float* from;
    float* to;
    const int32_t* moved;
    int rows, columns;
    float strength, talus;
};

// Add what drops moved, spread over the neighbours so that no single-cell pits are left.
inline void settle_row(const Sheet& s, int r) {
    const int up = r > 0 ? r - 1 : r, down = r + 1 < s.rows ? r + 1 : r;
    const int32_t *a = s.moved + static_cast<size_t>(up) * s.columns, *b = s.moved + static_cast<size_t>(r) * s.columns, *c = s.moved + static_cast<size_t>(down) * s.columns;
    const float* const from = s.from + static_cast<size_t>(r) * s.columns;
    float* const to = s.to + static_cast<size_t>(r) * s.columns;
    for (int i = 0; i < s.columns; ++i) {
        const int left = i > 0 ? i - 1 : i, right = i + 1 < s.columns ? i + 1 : i;
        const int32_t sum = 4 * b[i] + 2 * (a[i] + c[i] + b[left] + b[right]) + a[left] + a[right] + c[left] + c[right];
        to[i] = from[i] + clamped(static_cast<float>(sum) * (kGrain / 16.f) * s.strength, -1.2f, 0.8f);
    }
}

// Loose stones on slopes steeper than the talus slide to the lower neighbours.
inline void slide_row(const Sheet& s, int r) {
    const int up = r > 0 ? r - 1 : r, down = r + 1 < s.rows ? r + 1 : r;
    const float *a = s.from + static_cast<size_t>(up) * s.columns, *b = s.from + static_cast<size_t>(r) * s.columns, *c = s.from + static_cast<size_t>(down) * s.columns;
    float* const to = s.to + static_cast<size_t>(r) * s.columns;
    for (int i = 0; i < s.columns; ++i) {
        const int left = i > 0 ? i - 1 : i, right = i + 1 < s.columns ? i + 1 : i;
        const float here = b[i];
        const float neighbours[4] = {a[i], c[i], b[left], b[right]};
        float flow = 0.f;
        for (const float other : neighbours) {
            const float over = other - here;
            flow += clamped(over - s.talus, 0.f, 1e9f) - clamped(-over - s.talus, 0.f, 1e9f);
        }
        to[i] = here + flow * s.strength;
    }
}

// Runs of rows, each on whichever thread is free; none is woken for what one can do.
template <class Body>
void in_rows(int threads, int rows, Body body) {
    const int pieces = threads < 2 ? 1 : 4 * threads < rows ? 4 * threads : rows;
    struct Work { Body* body; int rows, pieces, next; } work{&body, rows, pieces, 0};
    run_on_free_workers(threads < pieces ? threads : pieces, [](void* data, int) {
        Work& w = *static_cast<Work*>(data);
        for (int piece; (piece = __atomic_fetch_add(&w.next, 1, __ATOMIC_RELAXED)) < w.pieces;) {
            const int first = static_cast<int>(static_cast<int64_t>(w.rows) * piece / w.pieces);
            const int last = static_cast<int>(static_cast<int64_t>(w.rows) * (piece + 1) / w.pieces);
            for (int r = first; r < last; ++r) (*w.body)(r);
        }
    }, &work);
}

// Heights are in cells here: slopes are differences of neighbours.
inline void erode(int threads, float* heights, const Grid& grid, const Erosion& erosion) {
    const size_t count = static_cast<size_t>(grid.rows) * grid.columns;
    float* const other = static_cast<float*>(malloc(count * sizeof(float)));
    int32_t* const moved = static_cast<int32_t*>(malloc(count * sizeof(int32_t)));
    if (other == nullptr || moved == nullptr) {
        free(other), free(moved);
        throw std::bad_alloc();
    }
    float *now = heights, *then = other;
    const auto turn = [&] { float* const swap = now; now = then; then = swap; };
    for (int round = 0; round < erosion.rounds; ++round) {
        memset(moved, 0, count * sizeof(int32_t));
        Drops drops{now, moved, grid, erosion};
        drops.erosion.seed = erosion.seed * 7919u + static_cast<uint32_t>(round);
        in_rows(threads, grid.rows, [&](int r) {
            for (int c = 0; c < grid.columns; ++c)  // every other cell, as on a chess board
                if (((grid.row + r + grid.column + c + round) & 1) == 0) run_drop(drops, r, c);
        });
        const Sheet settled{now, then, moved, grid.rows, grid.columns, erosion.strength, 0.f};
        in_rows(threads, grid.rows, [&](int r) { settle_row(settled, r); });
        turn();
        for (int slide = 0; slide < erosion.slides; ++slide) {
            const Sheet sheet{now, then, nullptr, grid.rows, grid.columns, 0.2f, erosion.talus};
            in_rows(threads, grid.rows, [&](int r) { slide_row(sheet, r); });
            turn();
        }
    }
    if (now != heights) memcpy(heights, now, count * sizeof(float));
    free(other), free(moved);
}

}  // namespace worldloom::WORLDLOOM_ISA
