// The ground's surface cut into pieces of about the size that the view calls for.
#pragma once
#include <cstring>

#include "ground_erosion.h"

namespace worldloom::WORLDLOOM_ISA {

inline float catmull_rom(float a, float b, float c, float d, float t) {
    return b + 0.5f * t * (c - a + t * (2.f * a - 5.f * b + 4.f * c - d + t * (3.f * (b - c) + d - a)));
}

inline int at_most(int a, int low, int high) { return a < low ? low : a > high ? high : a; }

inline float sample_one(const float* grid, const Grid& g, float x, float z) {
    const float px = x / g.cell, pz = z / g.cell;
    const int32_t ix = floored(px), iz = floored(pz);
    const float fx = px - static_cast<float>(ix), fz = pz - static_cast<float>(iz);
    float rows[4];
    for (int k = 0; k < 4; ++k) {
        const float* const row = grid + static_cast<size_t>(at_most(iz + k - 1 - g.row, 0, g.rows - 1)) * g.columns;
        const int c = ix - 1 - g.column;
        rows[k] = catmull_rom(row[at_most(c, 0, g.columns - 1)], row[at_most(c + 1, 0, g.columns - 1)],
                              row[at_most(c + 2, 0, g.columns - 1)], row[at_most(c + 3, 0, g.columns - 1)], fx);
    }
    return catmull_rom(rows[0], rows[1], rows[2], rows[3], fz);
}

// By straight interpolation, clamped at the grid's edge.
inline float straight(const float* values, const Grid& g, float x, float z) {
    const float px = clamped(x / g.cell, static_cast<float>(g.column), static_cast<float>(g.column + g.columns - 1));
    const float pz = clamped(z / g.cell, static_cast<float>(g.row), static_cast<float>(g.row + g.rows - 1));
    const int32_t ix = floored(px), iz = floored(pz);
    const int c = at_most(ix - g.column, 0, g.columns - 2), r = at_most(iz - g.row, 0, g.rows - 2);
    const float fx = px - static_cast<float>(c + g.column), fz = pz - static_cast<float>(r + g.row);
    const float* const p = values + static_cast<size_t>(r) * g.columns + c;
    return lerp(lerp(p[0], p[1], fx), lerp(p[g.columns], p[g.columns + 1], fx), fz);
}

inline uint32_t bits_of(float a) {
    uint32_t bits;
    memcpy(&bits, &a, sizeof bits);
    return bits;
}

constexpr float kNothing = 1000.f;  // times coarser: nothing is wanted there

struct Splitter {
    const float *heights, *finer;
    Grid grid;
    Detail detail;
    int64_t room, count;
    float* out;

    // Metres climbed and descended from edge to edge.
    float rise(float x, float z, float half_x, float half_z) const {
        const float before = straight(heights, grid, x - half_x, z - half_z), after = straight(heights, grid, x + half_x, z + half_z);
        const float middle = straight(heights, grid, x, z);
        const float first = std::fabs(middle - before), second = std::fabs(after - middle);
        return first + second;
    }

    void piece(float x, float z, float width, float depth) {
        const float middle_x = x + 0.5f * width, middle_z = z + 0.5f * depth;
        const float height = straight(heights, grid, middle_x, middle_z);
        const float ax = middle_x - detail.eye[0], ay = height - detail.eye[1], az = middle_z - detail.eye[2];
        const float distance = std::sqrt(ax * ax + ay * ay + az * az);
        // A little more than in proportion: ground far off is seen at a slant, what is near fills the picture.
        float wanted = detail.base + detail.slope * distance * std::sqrt(std::sqrt(distance * (1.f / 12.f)));
        wanted = (wanted < detail.coarsest ? wanted : detail.coarsest) * detail.scale;
        const float factor = straight(finer, grid, middle_x, middle_z);
        if (factor > kNothing && width <= 2.f * grid.cell && depth <= 2.f * grid.cell) return;
        wanted *= factor < kNothing ? factor : kNothing;
        // By chance some are halved once more: else whole plains would be, all at once, as the scale passes a power of two.
        const uint32_t h = mixed(bits_of(middle_x) * kPrimeX + bits_of(middle_z) * kPrimeZ);
        wanted *= 0.84f + 0.35f * unit_of(h);
        // Over the whole piece and between its halves, so that a wall inside it is seen.
        const float rise_x = rise(middle_x, middle_z, 0.5f * width, 0.f), rise_z = rise(middle_x, middle_z, 0.f, 0.5f * depth);
        const float wide = std::sqrt(width * width + rise_x * rise_x), deep = std::sqrt(depth * depth + rise_z * rise_z);
        if (wide * deep <= wanted * wanted) {
            if (middle_x < detail.bounds[0] || middle_z < detail.bounds[1] || middle_x >= detail.bounds[2] || middle_z >= detail.bounds[3]) return;
            if (count < room) {
                float* const p = out + 5 * count;
                p[0] = middle_x, p[1] = middle_z, p[2] = width, p[3] = depth, p[4] = 1.42f * wanted;
            }
            ++count;
            return;
        }
        if (wide >= deep) {
            piece(x, z, 0.5f * width, depth);
            piece(x + 0.5f * width, z, 0.5f * width, depth);
        } else {
            piece(x, z, width, 0.5f * depth);
            piece(x, z + 0.5f * depth, width, 0.5f * depth);
        }
    }
};

inline int64_t split(const float* heights, const float* finer, const Grid& grid, const Detail& detail, int64_t room, float* out) {
    Splitter splitter{heights, finer, grid, detail, room, 0, out};
    const int32_t first_x = floored(detail.bounds[0] / detail.root), last_x = floored(detail.bounds[2] / detail.root);
    const int32_t first_z = floored(detail.bounds[1] / detail.root), last_z = floored(detail.bounds[3] / detail.root);
    for (int32_t z = first_z; z <= last_z; ++z)
        for (int32_t x = first_x; x <= last_x; ++x)
            splitter.piece(static_cast<float>(x) * detail.root, static_cast<float>(z) * detail.root, detail.root, detail.root);
    return splitter.count;
}

}  // namespace worldloom::WORLDLOOM_ISA
