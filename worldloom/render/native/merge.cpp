// Fewer Gaussians that look the same: again and again the two neighbours that lose least by it become one, of their
// common mean and covariance. Costs are as in Ward's clustering; the graph of neighbours is contracted along.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <queue>
#include <vector>

#include "export.h"
#include "threads.h"

namespace {

constexpr int kMostNeighbours = 12;
constexpr float kSolid = 0.99f;  // the most opaque that a Gaussian is
constexpr float kTwoPi = 6.2831853f;

constexpr int kMostFeatures = 12;

struct Item {
    float mean[3];
    float covariance[6];  // xx, yy, zz, xy, xz, yz
    float over;           // area that the covariance spreads over
    float covers;         // area that it hides, opacity counted in
    float view;           // how much of a picture a square metre there fills
    float colours[kMostFeatures];
};

// Area of what a covariance spreads over: of its two larger axes, smoothly.
float area(const float* c) {
    const float minors = c[0] * c[1] - c[3] * c[3] + c[0] * c[2] - c[4] * c[4] + c[1] * c[2] - c[5] * c[5];
    return kTwoPi * std::sqrt(std::max(minors, 1e-30f));
}

struct Union {
    float mean[3], covariance[6], over, covers, cost;
};

// What the two would be as one, and what that changes in pictures.
Union together(const Item& i, const Item& j, float outline) {
    Union one;
    const float share = j.covers / (i.covers + j.covers);
    const float d[3] = {j.mean[0] - i.mean[0], j.mean[1] - i.mean[1], j.mean[2] - i.mean[2]};
    const float spread[6] = {d[0] * d[0], d[1] * d[1], d[2] * d[2], d[0] * d[1], d[0] * d[2], d[1] * d[2]};
    float both[6];
    for (int k = 0; k < 3; ++k) one.mean[k] = i.mean[k] + share * d[k];
    for (int k = 0; k < 6; ++k) {
        const float step = j.covariance[k] - i.covariance[k];
        one.covariance[k] = i.covariance[k] + share * step + share * (1 - share) * spread[k];
        both[k] = i.covariance[k] + j.covariance[k];
    }
    // Where they lie on one another nothing is hidden twice.
    const float across = area(both);
    const float apart = std::exp(-0.5f * kTwoPi * (spread[0] + spread[1] + spread[2]) / across);
    const float twice = std::min(i.covers, kSolid * i.over) * std::min(j.covers, kSolid * j.over) / across * apart;
    one.covers = std::max(i.covers + j.covers - twice, std::max(i.covers, j.covers));
    one.over = area(one.covariance);
    float difference = 0;
    for (int k = 0; k < kMostFeatures; ++k) {
        const float step = i.colours[k] - j.colours[k];
        difference += step * step;
    }
    const float view = i.view + share * (j.view - i.view);
    one.cost = view * (i.covers * share * difference + outline * std::max(one.over - one.covers, 0.f));
    return one;
}

class Merging {
    struct Offer {
        float cost;
        int32_t version, partner_version;
        int64_t item, partner;
        bool operator<(const Offer& other) const {  // the cheapest comes first, of equal ones the earlier
            return cost != other.cost ? cost > other.cost : item > other.item;
        }
    };

  public:
    Merging(std::vector<Item>& items, int neighbours, const int32_t* nearest, float outline, int threads)
        : items_(items), outline_(outline), count_(static_cast<int64_t>(items.size())),
          lists_(items.size() * kMostNeighbours, -1), parents_(items.size()), versions_(items.size(), 0) {
        for (int64_t i = 0; i < count_; ++i) {
            parents_[at(i)] = i;
            const int listed = std::min(neighbours, kMostNeighbours);
            std::copy(nearest + i * neighbours, nearest + i * neighbours + listed, &lists_[at(i * kMostNeighbours)]);
        }
        std::vector<Offer> offers(items.size());
        worldloom::in_chunks(threads, count_, 4096, [&](int64_t start, int64_t end) {
            for (int64_t i = start; i < end; ++i) offers[at(i)] = best_of(i);
        });
        for (const Offer& offer : offers)
            if (offer.partner >= 0) queue_.push(offer);
    }

    void run(int64_t wanted) {
        int64_t left = count_;
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
    static size_t at(int64_t index) { return static_cast<size_t>(index); }

    // The cheapest union of an item with a neighbour.
    Offer best_of(int64_t item) {
        Offer best{INFINITY, versions_[at(item)], 0, item, -1};
        for (int k = 0; k < kMostNeighbours; ++k) {
            int32_t& neighbour = lists_[at(item * kMostNeighbours + k)];
            if (neighbour < 0) break;
            neighbour = static_cast<int32_t>(root(neighbour));
            if (neighbour == item) continue;
            const float cost = together(items_[at(item)], items_[at(neighbour)], outline_).cost;
            if (cost < best.cost) best.cost = cost, best.partner = neighbour;
        }
        if (best.partner >= 0) best.partner_version = versions_[at(best.partner)];
        return best;
    }

    void offer(int64_t item) {
        const Offer best = best_of(item);
        if (best.partner >= 0) queue_.push(best);
    }

    void merge(int64_t item, int64_t other) {
        Item &mine = items_[at(item)], &its = items_[at(other)];
        const Union one = together(mine, its, outline_);
        const float share = its.covers / (mine.covers + its.covers);
        for (int k = 0; k < kMostFeatures; ++k) mine.colours[k] += share * (its.colours[k] - mine.colours[k]);
        // As large as what both have hidden, so that nothing opens between what is merged.
        const float grown = std::max(one.covers / (kSolid * one.over), 1.f);
        for (int k = 0; k < 6; ++k) mine.covariance[k] = one.covariance[k] * grown;
        std::copy(one.mean, one.mean + 3, mine.mean);
        mine.over = one.over * grown;
        mine.covers = one.covers;
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
                    const float step = items_[at(neighbour)].mean[axis] - items_[at(item)].mean[axis];
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

    std::vector<Item>& items_;
    float outline_;
    int64_t count_;
    std::vector<int32_t> lists_;  // (count, kMostNeighbours), -1 behind the last
    std::vector<int64_t> parents_;
    std::vector<int32_t> versions_;
    std::priority_queue<Offer> queue_;
};

}  // namespace

// Merge items until `wanted` are left, or no two neighbours are. Of means (count, 3), covariances (count, 6) and areas
// hidden (count,) those that are left are written to the first row of each; `roots` (count,) says which row stands for
// which. At most twelve features of colour are looked at.
WORLDLOOM_API void worldloom_merge(int threads, int64_t count, int64_t wanted, int features, int neighbours,
                                   const int32_t* nearest, float outline, float* means, float* covariances,
                                   float* covers, const float* colours, const float* views, int64_t* roots) {
    std::vector<Item> items(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) {
        Item& item = items[static_cast<size_t>(i)];
        std::copy(means + 3 * i, means + 3 * i + 3, item.mean);
        std::copy(covariances + 6 * i, covariances + 6 * i + 6, item.covariance);
        for (int k = 0; k < kMostFeatures; ++k) item.colours[k] = k < features ? colours[features * i + k] : 0.f;
        item.over = area(item.covariance);
        item.covers = covers[i];
        item.view = views[i];
    }
    Merging merging(items, neighbours, nearest, outline, threads);
    merging.run(wanted);
    for (int64_t i = 0; i < count; ++i) {
        const Item& item = items[static_cast<size_t>(i)];
        std::copy(item.mean, item.mean + 3, means + 3 * i);
        std::copy(item.covariance, item.covariance + 6, covariances + 6 * i);
        covers[i] = item.covers;
        roots[i] = merging.root(i);
    }
}
