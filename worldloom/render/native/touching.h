// Which points hang together by steps from one to the next, whatever the step and however dense they are.
#pragma once
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "points_tree.h"
#include "threads.h"

namespace worldloom {

// Disjoint sets of points that are linked by steps no longer than `step`: the tree is joined with itself from the leaves
// up (March, Ram & Gray 2010, with one distance for all rounds). What is in one set already is not looked into again, so
// that a step across many points costs no more than one to the next.
class Touching {
  public:
    Touching(int threads, const PointsTree& tree, float step) : tree_(tree), reach2_(step * step), parents_(tree.count), whole_(2 * tree.leaves, kMixed) {
        std::iota(parents_.begin(), parents_.end(), 0u);
        size_t parts = 1;  // subtrees share no points, so that each can be joined on a thread of its own
        while (parts < kParts && parts < tree.leaves) parts *= 2;
        in_chunks(threads, static_cast<int64_t>(parts), 1, [&](int64_t start, int64_t end) {
            for (int64_t part = start; part < end; ++part) join_within(parts + static_cast<size_t>(part));
        });
        for (parts /= 2; parts > 0; parts /= 2)
            in_chunks(threads, static_cast<int64_t>(parts), 1, [&](int64_t start, int64_t end) {
                for (int64_t part = start; part < end; ++part) join_children(parts + static_cast<size_t>(part));
            });
    }

    // The set that a point, by its place on the curve, is in: the number of one of its points.
    uint32_t set_of(size_t point) const {
        uint32_t at = static_cast<uint32_t>(point);
        while (parents_[at] != at) at = parents_[at];
        return at;
    }

  private:
    static constexpr size_t kParts = 256, kLeaf = PointsTree::kLeaf;
    static constexpr uint32_t kMixed = ~0u;

    uint32_t root(uint32_t at) {
        for (; parents_[at] != at; at = parents_[at]) parents_[at] = parents_[parents_[at]];
        return at;
    }

    void link(size_t a, size_t b) {
        const uint32_t first = root(static_cast<uint32_t>(a)), second = root(static_cast<uint32_t>(b));
        parents_[std::max(first, second)] = std::min(first, second);
    }

    void join_within(size_t node) {
        if (tree_.boxes[node].empty()) return;
        if (node >= tree_.leaves) {
            join_leaves(node, node);
            look_whether_whole(node);
            return;
        }
        join_within(2 * node);
        join_within(2 * node + 1);
        join_children(node);
    }

    void join_children(size_t node) {
        join(2 * node, 2 * node + 1);
        look_whether_whole(node);
    }

    // Link what is near in two nodes of one depth.
    void join(size_t a, size_t b) {
        if (tree_.boxes[b].empty() || tree_.boxes[a].distance2(tree_.boxes[b]) > reach2_ || both_in_one(a, b)) return;
        if (a >= tree_.leaves) {
            join_leaves(a, b);
        } else {
            for (const size_t one : {2 * a + 1, 2 * a})  // the nearer ones on the curve first
                for (const size_t other : {2 * b, 2 * b + 1}) join(one, other);
        }
        look_whether_whole(a);
        look_whether_whole(b);
    }

    void join_leaves(size_t a, size_t b) {
        const bool enough = a != b && whole_[a] != kMixed && whole_[b] != kMixed;
        const size_t one = a - tree_.leaves, other = b - tree_.leaves;
        for (uint32_t left = tree_.near_box(one, tree_.boxes[b], reach2_); left != 0; left &= left - 1) {
            const size_t point = begin(a) + lowest(left);
            for (uint32_t near = tree_.near_place(other, tree_.place(point), reach2_); near != 0; near &= near - 1) {
                link(point, begin(b) + lowest(near));
                if (enough) return;
            }
        }
    }

    bool both_in_one(size_t a, size_t b) { return whole_[a] != kMixed && whole_[b] != kMixed && root(whole_[a]) == root(whole_[b]); }

    void look_whether_whole(size_t node) {
        if (whole_[node] != kMixed) return;
        if (node < tree_.leaves) {
            if (tree_.boxes[2 * node + 1].empty() || both_in_one(2 * node, 2 * node + 1)) whole_[node] = whole_[2 * node];
            return;
        }
        const uint32_t first = root(static_cast<uint32_t>(begin(node)));
        for (size_t i = begin(node) + 1; i < end(node); ++i)
            if (root(static_cast<uint32_t>(i)) != first) return;
        whole_[node] = first;
    }

    static size_t lowest(uint32_t bits) { return static_cast<size_t>(__builtin_ctz(bits)); }

    size_t begin(size_t leaf) const { return (leaf - tree_.leaves) * kLeaf; }
    size_t end(size_t leaf) const { return std::min(begin(leaf) + kLeaf, tree_.count); }

    const PointsTree& tree_;
    float reach2_;
    std::vector<uint32_t> parents_;
    std::vector<uint32_t> whole_;  // by node: a point of it if all its points are in one set, or kMixed
};

// Marks by place on the curve what is reached from the marked points, going from one to the next. False if that is too
// much to be walked so: what is marked then is reached, but not all of it.
inline bool walk_few(const PointsTree& tree, float step, std::vector<uint8_t>& reached) {
    constexpr size_t kMostNodes = 400'000;  // some milliseconds
    std::vector<size_t> going, nodes;
    for (size_t i = 0; i < tree.count; ++i)
        if (reached[i]) going.push_back(i);
    for (size_t looked = 0; !going.empty();) {
        const Vec place = tree.place(going.back());
        const float point[3] = {place.x, place.y, place.z};
        going.pop_back();
        for (nodes.assign(1, 1); !nodes.empty();) {
            const size_t node = nodes.back();
            nodes.pop_back();
            if (++looked > kMostNodes) return false;
            if (tree.boxes[node].empty() || tree.boxes[node].nearest2(point) > step * step) continue;
            if (node < tree.leaves) {
                nodes.insert(nodes.end(), {2 * node, 2 * node + 1});
                continue;
            }
            const size_t leaf = node - tree.leaves;
            for (uint32_t near = tree.near_place(leaf, place, step * step); near != 0; near &= near - 1) {
                const size_t other = leaf * PointsTree::kLeaf + static_cast<size_t>(__builtin_ctz(near));
                if (!reached[other]) reached[other] = 1, going.push_back(other);
            }
        }
    }
    return true;
}

}  // namespace worldloom
