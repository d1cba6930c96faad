// Flat pieces of surface by the half million: in an order that keeps neighbours together, and as rotations.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "export.h"

namespace {

// Ten bits with room for two others' between them.
uint32_t apart(uint32_t bits) {
    bits = (bits | bits << 16) & 0x030000ffu;
    bits = (bits | bits << 8) & 0x0300f00fu;
    bits = (bits | bits << 4) & 0x030c30c3u;
    return (bits | bits << 2) & 0x09249249u;
}

}  // namespace

// Indices (count,) of points (count, 3) along a Z-order curve over their box; ties keep their order.
WORLDLOOM_API void worldloom_zorder(int64_t count, const float* points, int64_t* order) {
    if (count == 0) return;
    float low[3], scale[3];
    for (int axis = 0; axis < 3; ++axis) {
        float least = points[axis], most = points[axis];
        for (int64_t i = 1; i < count; ++i) {
            least = std::min(least, points[3 * i + axis]);
            most = std::max(most, points[3 * i + axis]);
        }
        low[axis] = least, scale[axis] = 1023.f / std::max(most - least, 1e-12f);
    }
    struct Key {
        uint32_t code, index;
    };
    std::vector<Key> keys(static_cast<size_t>(count)), other(keys.size());
    for (int64_t i = 0; i < count; ++i) {
        uint32_t code = 0;
        for (int axis = 0; axis < 3; ++axis) {
            const float cell = std::min(std::max((points[3 * i + axis] - low[axis]) * scale[axis], 0.f), 1023.f);
            code |= apart(static_cast<uint32_t>(cell)) << axis;
        }
        keys[static_cast<size_t>(i)] = {code, static_cast<uint32_t>(i)};
    }
    for (int shift = 0; shift < 30; shift += 10) {  // radix sort
        uint32_t starts[1025] = {};
        for (const Key& key : keys) ++starts[(key.code >> shift & 1023u) + 1];
        for (int k = 0; k < 1024; ++k) starts[k + 1] += starts[k];
        for (const Key& key : keys) other[starts[key.code >> shift & 1023u]++] = key;
        keys.swap(other);
    }
    for (int64_t i = 0; i < count; ++i) order[i] = keys[static_cast<size_t>(i)].index;
}

// Unit quaternions (count, 4), wxyz, of the frames whose x axis is `along` and whose z axis is `normal`.
WORLDLOOM_API void worldloom_frames(int64_t count, const float* along, const float* normal, float* quats) {
    for (int64_t i = 0; i < count; ++i) {
        const float *x = along + 3 * i, *z = normal + 3 * i;
        const float y[3] = {z[1] * x[2] - z[2] * x[1], z[2] * x[0] - z[0] * x[2], z[0] * x[1] - z[1] * x[0]};
        // Four times the square of each part; the largest is safe to divide by.
        const float squares[4] = {1 + x[0] + y[1] + z[2], 1 + x[0] - y[1] - z[2], 1 - x[0] + y[1] - z[2],
                                  1 - x[0] - y[1] + z[2]};
        int best = 0;
        for (int k = 1; k < 4; ++k)
            if (squares[k] > squares[best]) best = k;
        float q[4];
        switch (best) {
            case 0: q[0] = squares[0], q[1] = y[2] - z[1], q[2] = z[0] - x[2], q[3] = x[1] - y[0]; break;
            case 1: q[0] = y[2] - z[1], q[1] = squares[1], q[2] = x[1] + y[0], q[3] = z[0] + x[2]; break;
            case 2: q[0] = z[0] - x[2], q[1] = x[1] + y[0], q[2] = squares[2], q[3] = y[2] + z[1]; break;
            default: q[0] = x[1] - y[0], q[1] = z[0] + x[2], q[2] = y[2] + z[1], q[3] = squares[3];
        }
        const float length = std::sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
        for (int k = 0; k < 4; ++k) quats[4 * i + k] = q[k] / length;
    }
}
