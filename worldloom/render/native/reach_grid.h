// Cells of space of which it is known at once whether they lie near some points.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "points_tree.h"

namespace worldloom {

// Where space is small, as the space of colours is, most of it lies wholly within `reach` of points (count, 3), or wholly
// beyond: only for what lies between must the points be looked at.
class ReachGrid {
  public:
    enum Cell : uint8_t { kBeyond, kBetween, kWithin };

    // None, if it would take too many cells.
    ReachGrid(size_t count, const float* points, float reach) {
        Box box;
        for (size_t i = 0; i < count; ++i) box.add(points + 3 * i);
        const float side = reach / kCells;
        if (box.empty() || !(side > 0)) return;
        double total = 1;
        for (int k = 0; k < 3; ++k) {
            low_[k] = box.low[k] - reach - side;
            const double cells = std::ceil((double{box.high[k]} - low_[k] + reach + side) / side) + 1;
            if (!((total *= cells) < kMostCells)) return;
            size_[k] = static_cast<int>(cells);
        }
        per_side_ = 1 / side;
        cells_.assign(static_cast<size_t>(total), kBeyond);
        mark(count, points, reach, side);
    }

    bool usable() const { return !cells_.empty(); }

    Cell at(const float* point) const {
        size_t index = 0;
        for (int k = 2; k >= 0; --k) {
            const float place = (point[k] - low_[k]) * per_side_;
            if (!(place >= 0 && place < static_cast<float>(size_[k]))) return kBeyond;
            index = index * static_cast<size_t>(size_[k]) + static_cast<size_t>(place);
        }
        return static_cast<Cell>(cells_[index]);
    }

  private:
    static constexpr int kCells = 4;  // to the reach
    static constexpr double kMostCells = 1 << 20;
    static constexpr float kSlack = 1e-3f;  // of the reach: what rounding may change is looked at

    // For each cell that holds points: what may be within reach of one of them, and what surely is of the first.
    void mark(size_t count, const float* points, float reach, float side) {
        std::vector<uint8_t> taken(cells_.size());
        const float least2 = reach * reach * (1 - kSlack), most2 = reach * reach * (1 + kSlack);
        constexpr int kAround = kCells + 1;
        for (size_t i = 0; i < count; ++i) {
            int cell[3];
            bool finite = true;
            for (int k = 0; k < 3; ++k) {
                finite = finite && std::isfinite(points[3 * i + k]);
                cell[k] = finite ? static_cast<int>((points[3 * i + k] - low_[k]) * per_side_) : 0;
            }
            if (!finite) continue;
            if (uint8_t& own = taken[index(cell[0], cell[1], cell[2])]; !own) own = 1;
            else continue;
            for (int z = cell[2] - kAround; z <= cell[2] + kAround; ++z)
                for (int y = cell[1] - kAround; y <= cell[1] + kAround; ++y)
                    for (int x = cell[0] - kAround; x <= cell[0] + kAround; ++x) {
                        if (x < 0 || y < 0 || z < 0 || x >= size_[0] || y >= size_[1] || z >= size_[2]) continue;
                        const int at[3] = {x, y, z};
                        float between2 = 0, farthest2 = 0;  // from any point of the one cell; from this point
                        for (int k = 0; k < 3; ++k) {
                            const float gap = side * static_cast<float>(std::max(std::abs(at[k] - cell[k]) - 1, 0));
                            const float from = low_[k] + side * static_cast<float>(at[k]) - points[3 * i + k];
                            const float far = std::max(std::abs(from), std::abs(from + side));
                            between2 += gap * gap, farthest2 += far * far;
                        }
                        uint8_t& known = cells_[index(x, y, z)];
                        if (farthest2 <= least2) known = kWithin;
                        else if (between2 <= most2) known = std::max<uint8_t>(known, kBetween);
                    }
        }
    }

    size_t index(int x, int y, int z) const {
        return (static_cast<size_t>(z) * static_cast<size_t>(size_[1]) + static_cast<size_t>(y)) * static_cast<size_t>(size_[0]) + static_cast<size_t>(x);
    }

    float low_[3] = {}, per_side_ = 0;
    int size_[3] = {};
    std::vector<uint8_t> cells_;
};

}  // namespace worldloom
