// Fewer Gaussians that look the same: again and again the two neighbours that lose least by it become one, of their
// common mean and covariance. Costs are as in Ward's clustering; the graph of neighbours is contracted along.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <queue>
#include <vector>

#include "export.h"

namespace {

constexpr int kMostNeighbours = 16;
constexpr float kSolid = 0.99f;  // the most opaque that a Gaussian is
constexpr float kTwoPi = 6.2831853f;

struct Items {
    int64_t count;
    int features;
    float* means;        // (count, 3)
    float* covariances;  // (count, 6): xx, yy, zz, xy, xz, yz
    float* covers;       // (count,) area that it hides, opacity counted in
    float* colours;      // (count, features)
    const float* views;  // (count,) how much of a picture a square metre there fills
};

// Area of what a covariance spreads over: of its two larger axes, smoothly.
float area(const float* c) {
    const float minors = c[0] * c[1] - c[3] * c[3] + c[0] * c[2] - c[4] * c[4] + c[1] * c[2] - c[5] * c[5];
    return kTwoPi * std::sqrt(std::max(minors, 1e-30f));
}

struct Union {
    float mean[3], covariance[6], covers, cost;
};

// What the two would be as one, and what that changes in pictures.
Union together(const Items& items, int64_t i, int64_t j, float outline) {
    Union one;
    const float *mi = items.means + 3 * i, *mj = items.means + 3 * j;
    const float *ci = items.covariances + 6 * i, *cj = items.covariances + 6 * j;
    const float wi = items.covers[i], wj = items.covers[j], share = wj / (wi + wj);
    const float d[3] = {mj[0] - mi[0], mj[1] - mi[1], mj[2] - mi[2]};
    float both[6];
    for (int k = 0; k < 3; ++k) one.mean[k] = mi[k] + share * d[k];
    const float spread[6] = {d[0] * d[0], d[1] * d[1], d[2] * d[2], d[0] * d[1], d[0] * d[2], d[1] * d[2]};
    for (int k = 0; k < 6; ++k) {
        one.covariance[k] = ci[k] + share * (cj[k] - ci[k]) + share * (1 - share) * spread[k];
        both[k] = ci[k] + cj[k];
    }
    // Where they lie on one another nothing is hidden twice.
    const float ai = area(ci), aj = area(cj), ab = area(both);
    const float apart = std::exp(-0.5f * kTwoPi * (spread[0] + spread[1] + spread[2]) / ab);
    const float twice = std::min(wi / ai, kSolid) * std::min(wj / aj, kSolid) * ai * aj / ab * apart;
    one.covers = std::max(wi + wj - twice, std::max(wi, wj));
    const float over = area(one.covariance);
    const float grown = one.covers / (kSolid * over);
    if (grown > 1)
        for (float& value : one.covariance) value *= grown;
    float difference = 0;
    for (int k = 0; k < items.features; ++k) {
        const float step = items.colours[items.features * i + k] - items.colours[items.features * j + k];
        difference += step * step;
    }
    const float view = items.views[i] + share * (items.views[j] - items.views[i]);
    one.cost = view * (wi * share * difference + outline * std::max(over - one.covers, 0.f));
    return one;
}

class Merging {
  public:
    Merging(const Items& items, int neighbours, const int32_t* nearest, float outline)
        : items_(items), outline_(outline), width_(std::min(neighbours, kMostNeighbours)),
          lists_(static_cast<size_t>(items.count) * kMostNeighbours, -1), parents_(static_cast<size_t>(items.count)),
          versions_(parents_.size(), 0) {
        for (int64_t i = 0; i < items.count; ++i) {
            parents_[at(i)] = i;
            for (int k = 0; k < width_; ++k) lists_[at(i * kMostNeighbours + k)] = nearest[i * neighbours + k];
        }
        for (int64_t i = 0; i < items.count; ++i) offer(i);
    }

    void run(int64_t wanted) {
        int64_t left = items_.count;
        while (left > wanted && !queue_.empty()) {
            const Offer best = queue_.top();
            queue_.pop();
            if (parents_[at(best.item)] != best.item || versions_[at(best.item)] != best.version) continue;
            const int64_t other = root(best.partner);
            if (other != best.partner || versions_[at(other)] != best.partner_version) {
                offer(best.item);  // the partner is another by now
                continue;
            }
            merge(best.item, other);
            --left;
        }
    }

    int64_t root(int64_t item) {
        while (parents_[at(item)] != item) item = parents_[at(item)] = parents_[at(parents_[at(item)])];
        return item;
    }

  private:
    struct Offer {
        float cost;
        int32_t version, partner_version;
        int64_t item, partner;
        bool operator<(const Offer& other) const {  // the cheapest comes first, of equal ones the earlier
            return cost != other.cost ? cost > other.cost : item > other.item;
        }
    };

    static size_t at(int64_t index) { return static_cast<size_t>(index); }

    // Queue the cheapest union of an item with a neighbour.
    void offer(int64_t item) {
        Offer best{INFINITY, versions_[at(item)], 0, item, -1};
        for (int k = 0; k < kMostNeighbours; ++k) {
            int32_t& neighbour = lists_[at(item * kMostNeighbours + k)];
            if (neighbour < 0) break;
            neighbour = static_cast<int32_t>(root(neighbour));
            if (neighbour == item) continue;
            const float cost = together(items_, item, neighbour, outline_).cost;
            if (cost < best.cost) best.cost = cost, best.partner = neighbour;
        }
        if (best.partner < 0) return;
        best.partner_version = versions_[at(best.partner)];
        queue_.push(best);
    }

    void merge(int64_t item, int64_t other) {
        const Union one = together(items_, item, other, outline_);
        const float wi = items_.covers[item], wj = items_.covers[other], share = wj / (wi + wj);
        for (int k = 0; k < items_.features; ++k) {
            float& colour = items_.colours[items_.features * item + k];
            colour += share * (items_.colours[items_.features * other + k] - colour);
        }
        std::copy(one.mean, one.mean + 3, items_.means + 3 * item);
        std::copy(one.covariance, one.covariance + 6, items_.covariances + 6 * item);
        items_.covers[item] = one.covers;
        parents_[at(other)] = item;
        ++versions_[at(item)];
        adopt(item, other);
        offer(item);
    }

    // The neighbours of both, the nearest of them if there are too many.
    void adopt(int64_t item, int64_t other) {
        struct Near {
            float distance;
            int32_t item;
        } found[2 * kMostNeighbours];
        int count = 0;
        for (const int64_t of : {item, other}) {
            for (int k = 0; k < kMostNeighbours; ++k) {
                const int32_t listed = lists_[at(of * kMostNeighbours + k)];
                if (listed < 0) break;
                const auto neighbour = static_cast<int32_t>(root(listed));
                const auto same = [&](const Near& near) { return near.item == neighbour; };
                if (neighbour == item || std::any_of(found, found + count, same)) continue;
                float distance = 0;
                for (int axis = 0; axis < 3; ++axis) {
                    const float step = items_.means[3 * neighbour + axis] - items_.means[3 * item + axis];
                    distance += step * step;
                }
                found[count++] = {distance, neighbour};
            }
        }
        std::sort(found, found + count, [](const Near& a, const Near& b) {
            return a.distance != b.distance ? a.distance < b.distance : a.item < b.item;
        });
        for (int k = 0; k < kMostNeighbours; ++k)
            lists_[at(item * kMostNeighbours + k)] = k < count ? found[k].item : -1;
    }

    Items items_;
    float outline_;
    int width_;
    std::vector<int32_t> lists_;  // (count, kMostNeighbours), -1 behind the last
    std::vector<int64_t> parents_;
    std::vector<int32_t> versions_;
    std::priority_queue<Offer> queue_;
};

}  // namespace

// Merge items until `wanted` are left, or no two neighbours are. In `means`, `covariances`, `covers` and `colours`
// those that are left are found at the first row of each; `roots` (count,) says which row stands for which.
WORLDLOOM_API void worldloom_merge(int64_t count, int64_t wanted, int features, int neighbours, const int32_t* nearest,
                                   float outline, float* means, float* covariances, float* covers, float* colours,
                                   const float* views, int64_t* roots) {
    Merging merging({count, features, means, covariances, covers, colours, views}, neighbours, nearest, outline);
    merging.run(wanted);
    for (int64_t i = 0; i < count; ++i) roots[i] = merging.root(i);
}
