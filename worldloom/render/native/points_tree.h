// Points in boxes within boxes: what lies near what, exactly, whatever the density and however far the outliers.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

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

inline float distance2(const float* a, const float* b) {
    const float x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
    return x * x + y * y + z * z;
}

// Sixteen bits with room for two others' between them.
inline uint64_t apart(uint64_t bits) {
    bits = (bits | bits << 16) & 0x0000ff0000ffull;
    bits = (bits | bits << 8) & 0x00f00f00f00full;
    bits = (bits | bits << 4) & 0x0c30c30c30c3ull;
    return (bits | bits << 2) & 0x249249249249ull;
}

// Rows of points (count, 3) along a Z-order curve of 65536 cells a side.
inline std::vector<uint32_t> along_curve(size_t count, const float* points) {
    Box all;
    for (size_t i = 0; i < count; ++i) all.add(points + 3 * i);
    float scale[3];
    for (int k = 0; k < 3; ++k) scale[k] = 65535.f / std::max(all.high[k] - all.low[k], 1e-12f);
    struct Key {
        uint64_t code;
        uint32_t row;
    };
    std::vector<Key> keys(count), other(count);
    uint32_t starts[4][4097] = {};
    for (size_t i = 0; i < count; ++i) {
        uint64_t code = 0;
        for (int k = 0; k < 3; ++k)
            code |= apart(static_cast<uint64_t>(std::min((points[3 * i + k] - all.low[k]) * scale[k], 65535.f))) << k;
        keys[i] = {code, static_cast<uint32_t>(i)};
        for (int digit = 0; digit < 4; ++digit) ++starts[digit][(code >> 12 * digit & 4095u) + 1];
    }
    for (int digit = 0; digit < 4; ++digit) {  // radix sort
        for (int k = 0; k < 4096; ++k) starts[digit][k + 1] += starts[digit][k];
        for (const Key& key : keys) other[starts[digit][key.code >> 12 * digit & 4095u]++] = key;
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

    PointsTree(int64_t count, const float* points) : count(static_cast<size_t>(count)), order(along_curve(this->count, points)), places(3 * this->count) {
        for (size_t i = 0; i < this->count; ++i) std::copy_n(points + 3 * size_t{order[i]}, 3, &places[3 * i]);
        while (leaves * kLeaf < this->count) leaves *= 2;
        boxes.resize(2 * leaves);
        for (size_t i = 0; i < this->count; ++i) boxes[leaves + i / kLeaf].add(&places[3 * i]);
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
            if (boxes[node].farthest2(place) <= reach2 || (node >= leaves && leaf_has(node, place, reach2))) {
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

    size_t count, leaves = 1;
    std::vector<uint32_t> order;  // rows along the curve
    std::vector<float> places;    // (count, 3) in that order
    std::vector<Box> boxes;

  private:
    bool leaf_has(size_t node, const float* place, float reach2) const {
        const size_t begin = (node - leaves) * kLeaf, end = std::min(begin + kLeaf, count);
        for (size_t i = begin; i < end; ++i)
            if (distance2(&places[3 * i], place) <= reach2) return true;
        return false;
    }
};

}  // namespace worldloom
