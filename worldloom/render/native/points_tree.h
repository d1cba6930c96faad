// Points in boxes within boxes: what lies near what, exactly, whatever the density and however far the outliers.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "threads.h"
#include "vec.h"

namespace worldloom {

// A box around points; empty at first.
struct Box {
    float low[3] = {std::numeric_limits<float>::max(), std::numeric_limits<float>::max(), std::numeric_limits<float>::max()};
    float high[3] = {std::numeric_limits<float>::lowest(), std::numeric_limits<float>::lowest(),
                     std::numeric_limits<float>::lowest()};

    void add(const float* point) { add(point, point); }
    void add(const Box& other) { add(other.low, other.high); }
    bool empty() const { return low[0] > high[0]; }

    // Square of the distance to the nearest place of another box.
    float distance2(const Box& other) const {
        float sum = 0;
        for (int k = 0; k < 3; ++k) {
            const float gap = std::max(std::max(low[k] - other.high[k], other.low[k] - high[k]), 0.f);
            sum += gap * gap;
        }
        return sum;
    }
    // Square of the distances from a point to its nearest and to its farthest place.
    float nearest2(const float* point) const {
        float sum = 0;
        for (int k = 0; k < 3; ++k) {
            const float gap = std::max(std::max(low[k] - point[k], point[k] - high[k]), 0.f);
            sum += gap * gap;
        }
        return sum;
    }
    float farthest2(const float* point) const {
        float sum = 0;
        for (int k = 0; k < 3; ++k) {
            const float gap = std::max(point[k] - low[k], high[k] - point[k]);
            sum += gap * gap;
        }
        return sum;
    }

  private:
    void add(const float* least, const float* most) {
        for (int k = 0; k < 3; ++k) low[k] = std::min(low[k], least[k]), high[k] = std::max(high[k], most[k]);
    }
};

// Sixteen bits with room for two others' between them.
inline uint64_t apart(uint64_t bits) {
    bits = (bits | bits << 16) & 0x0000ff0000ffull;
    bits = (bits | bits << 8) & 0x00f00f00f00full;
    bits = (bits | bits << 4) & 0x0c30c30c30c3ull;
    return (bits | bits << 2) & 0x249249249249ull;
}

// Rows of points (count, 3) along a Z-order curve of 65536 cells a side.
inline std::vector<uint32_t> along_curve(int threads, size_t count, const float* points) {
    constexpr int64_t kPieces = 16;  // of the rows, each sorted on a thread of its own
    constexpr uint32_t kDigits = 4096;
    const auto in_pieces = [&](auto body) {  // body(piece, first row, last row + 1)
        in_chunks(threads, kPieces, 1, [&](int64_t piece, int64_t) {
            body(static_cast<size_t>(piece), count * static_cast<size_t>(piece) / kPieces, count * static_cast<size_t>(piece + 1) / kPieces);
        });
    };
    Box boxes[kPieces], all;
    in_pieces([&](size_t piece, size_t start, size_t end) {
        for (size_t i = start; i < end; ++i) boxes[piece].add(points + 3 * i);
    });
    for (const Box& box : boxes) all.add(box);
    float scale[3];
    for (int k = 0; k < 3; ++k) scale[k] = 65535.f / std::max(all.high[k] - all.low[k], 1e-12f);
    struct Key {
        uint64_t code;
        uint32_t row;
    };
    std::vector<Key> keys(count), other(count);
    in_pieces([&](size_t, size_t start, size_t end) {
        for (size_t i = start; i < end; ++i) {
            uint64_t code = 0;
            for (int k = 0; k < 3; ++k)
                code |= apart(static_cast<uint64_t>(std::min((points[3 * i + k] - all.low[k]) * scale[k], 65535.f))) << k;
            keys[i] = {code, static_cast<uint32_t>(i)};
        }
    });
    std::vector<std::array<uint32_t, kDigits>> starts(kPieces);
    for (int shift = 0; shift < 48; shift += 12) {  // radix sort
        const auto digit = [&](const Key& key) { return key.code >> shift & (kDigits - 1); };
        in_pieces([&](size_t piece, size_t start, size_t end) {
            starts[piece].fill(0);
            for (size_t i = start; i < end; ++i) ++starts[piece][digit(keys[i])];
        });
        uint32_t before = 0;
        for (size_t k = 0; k < kDigits; ++k)
            for (auto& piece : starts) before += std::exchange(piece[k], before);
        in_pieces([&](size_t piece, size_t start, size_t end) {
            for (size_t i = start; i < end; ++i) other[starts[piece][digit(keys[i])]++] = keys[i];
        });
        keys.swap(other);
    }
    std::vector<uint32_t> order(count);
    for (size_t i = 0; i < count; ++i) order[i] = keys[i].row;
    return order;
}

// Points along a Z-order curve, `kLeaf` to a leaf, and a binary tree of boxes over the leaves: node n has the children
// 2n and 2n + 1, node 1 is the root, the leaves are the last `leaves` nodes.
class PointsTree {
  public:
    static constexpr size_t kLeaf = 16;

    PointsTree(int threads, int64_t points_count, const float* points)
        : count(static_cast<size_t>(points_count)), order(along_curve(threads, count, points)) {
        while (leaves * kLeaf < count) leaves *= 2;
        boxes.resize(2 * leaves);
        places_.resize(leaves);
        in_chunks(threads, static_cast<int64_t>(leaves), 256, [&](int64_t start, int64_t end) {
            for (size_t leaf = static_cast<size_t>(start); leaf < static_cast<size_t>(end); ++leaf)
                for (size_t i = leaf * kLeaf; i < std::min((leaf + 1) * kLeaf, count); ++i) {
                    const float* const point = points + 3 * size_t{order[i]};
                    boxes[leaves + leaf].add(point);
                    for (size_t k = 0; k < 3; ++k) places_[leaf].axes[k][i % kLeaf] = point[k];
                }
        });
        for (size_t node = leaves - 1; node > 0; --node) {
            boxes[node] = boxes[2 * node];
            boxes[node].add(boxes[2 * node + 1]);
        }
    }

    // Whether any point lies within a distance of a place, that distance included. `hint`, 0 at first, is where the last
    // one was found: neighbours find theirs there.
    bool any_within(const float* place, float reach2, size_t& hint) const {
        if (hint != 0 && boxes[hint].farthest2(place) <= reach2) return true;
        size_t stack[64], depth = 0;
        stack[depth++] = 1;
        while (depth > 0) {
            const size_t node = stack[--depth];
            if (boxes[node].empty() || boxes[node].nearest2(place) > reach2) continue;
            if (boxes[node].farthest2(place) <= reach2 || (node >= leaves && near_place(node - leaves, at(place, 0), reach2) != 0)) {
                hint = node;
                return true;
            }
            if (node >= leaves) continue;
            const bool second = boxes[2 * node + 1].nearest2(place) < boxes[2 * node].nearest2(place);
            stack[depth++] = 2 * node + (second ? 0 : 1);
            stack[depth++] = 2 * node + (second ? 1 : 0);  // the nearer one is looked into first
        }
        return false;
    }

    // Which points of a leaf lie within a distance of a place, that distance included: a bit each, the first one's lowest.
    uint32_t near_place(size_t leaf, const Vec place, float reach2) const {
        const auto& [x, y, z] = places_[leaf].axes;
        std::array<float, kLeaf> squares;
        for (size_t i = 0; i < kLeaf; ++i) {
            const float a = x[i] - place.x, b = y[i] - place.y, c = z[i] - place.z;
            squares[i] = a * a + b * b + c * c;
        }
        return no_more(squares, reach2);
    }

    // The same for a box.
    uint32_t near_box(size_t leaf, const Box box, float reach2) const {
        const auto& [x, y, z] = places_[leaf].axes;
        std::array<float, kLeaf> squares;
        for (size_t i = 0; i < kLeaf; ++i) {
            const float a = outside(x[i], box.low[0], box.high[0]);
            const float b = outside(y[i], box.low[1], box.high[1]);
            const float c = outside(z[i], box.low[2], box.high[2]);
            squares[i] = a * a + b * b + c * c;
        }
        return no_more(squares, reach2);
    }

    // The point that is number `i` on the curve.
    Vec place(size_t i) const {
        const auto& [x, y, z] = places_[i / kLeaf].axes;
        return {x[i % kLeaf], y[i % kLeaf], z[i % kLeaf]};
    }

    size_t count, leaves = 1;
    std::vector<uint32_t> order;  // rows along the curve
    std::vector<Box> boxes;

  private:
    struct Places {
        std::array<std::array<float, kLeaf>, 3> axes;
        Places() {
            for (auto& axis : axes) axis.fill(std::numeric_limits<float>::quiet_NaN());  // near to nothing
        }
    };
    static constexpr std::array<int32_t, kLeaf> kBits = [] {
        std::array<int32_t, kLeaf> bits{};
        for (size_t i = 0; i < kLeaf; ++i) bits[i] = 1 << i;
        return bits;
    }();

    static float outside(float value, float low, float high) {
        const float below = low - value, above = value - high, more = below > above ? below : above;
        return more > 0 ? more : 0;
    }
    static uint32_t no_more(const std::array<float, kLeaf>& numbers, float most) {
        int32_t bits = 0;
        for (size_t i = 0; i < kLeaf; ++i) bits += numbers[i] <= most ? kBits[i] : 0;
        return static_cast<uint32_t>(bits);
    }

    std::vector<Places> places_;  // by leaf
};

}  // namespace worldloom
