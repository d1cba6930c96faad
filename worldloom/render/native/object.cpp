// The thing at a place: Gaussians are poured into voxels, neighbouring voxels are linked as strongly as they look to be of
// one surface, and the links are cut where that is cheapest.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "cut.h"
#include "export.h"
#include "vec.h"

namespace worldloom {
namespace {

constexpr float kPoured = 1.5f;    // standard deviations
constexpr int kMostPoured = 15;    // places along an axis
constexpr float kEvenColour = 4e-4f;  // square of a difference in OKLab that is no border
constexpr float kCrease = 0.12f;   // 1 - cosine at which a crease has cut a link to a third
constexpr float kLeast = 0.02f;    // of a link between neighbours, whatever they look like
constexpr float kOtherKind = 0.1f; // what is left of a link between kinds
constexpr int kCuts = 8;           // that are tried
constexpr float kTouched = 1.2f;   // voxels from the nearest one to the seed that belong to it
constexpr float kPatch = 3.5f;     // and how far such that look the same do
constexpr float kAlike = 0.5f;
constexpr double kLeastSize = 1.5; // times that of what is around the seed: a cut close around it says nothing
constexpr float kWeakest = 1e-4f;  // pull outwards, per voxel

struct Voxel {
    float mass = 0;  // faces of the voxel that its matter would cover
    Vec colour{}, place{};
    std::array<float, 6> spread{};  // of normals: xx, xy, xz, yy, yz, zz
    uint8_t kind = 0;
    float votes = 0;
    Vec normal{};
    float flat = 0;  // how much its normals agree, 0 to 1
};

struct Grid {
    Grid(Vec low, float edge, int side) : low(low), edge(edge), side(side), numbers(static_cast<size_t>(side) * side * side, -1) {}

    // The cell of a place; -1 outside.
    int64_t cell(Vec place) const {
        const Vec p = (place - low) * (1 / edge);
        const float most = static_cast<float>(side - 1);  // the outermost cells stay empty
        if (!(p.x >= 1 && p.y >= 1 && p.z >= 1 && p.x < most && p.y < most && p.z < most)) return -1;
        return (static_cast<int64_t>(p.x) * side + static_cast<int64_t>(p.y)) * side + static_cast<int64_t>(p.z);
    }

    Vec low;
    float edge;
    int side;
    std::vector<int32_t> numbers;  // by cell: of its voxel, or -1
    std::vector<int64_t> cells;    // by voxel
    std::vector<Voxel> voxels;
};

struct Gaussian {
    Vec mean, along, across, colour, normal;
    float opacity;
    uint8_t kind;
};

// Call body(place, mass) for places all over a Gaussian.
template <class Body>
void pour(const Gaussian& g, float edge, Body body) {
    const float length = 2 * kPoured * std::sqrt(dot(g.along, g.along)), width = 2 * kPoured * std::sqrt(dot(g.across, g.across));
    const auto pieces = [&](float extent) { return std::min(std::max(static_cast<int>(std::ceil(extent / edge)), 1), kMostPoured); };
    const int m = pieces(length), n = pieces(width);
    const float mass = g.opacity * (length / m) * (width / n) / (edge * edge);
    for (int i = 0; i < m; ++i)
        for (int j = 0; j < n; ++j) {
            const float u = kPoured * (2 * (i + 0.5f) / m - 1), v = kPoured * (2 * (j + 0.5f) / n - 1);
            body(g.mean + g.along * u + g.across * v, mass);
        }
}

void add(Grid& grid, const Gaussian& g) {
    pour(g, grid.edge, [&](Vec place, float mass) {
        const int64_t cell = grid.cell(place);
        if (cell < 0) return;
        int32_t& number = grid.numbers[static_cast<size_t>(cell)];
        if (number < 0) {
            number = static_cast<int32_t>(grid.voxels.size());
            grid.voxels.emplace_back();
            grid.cells.push_back(cell);
        }
        Voxel& voxel = grid.voxels[static_cast<size_t>(number)];
        voxel.mass += mass;
        voxel.colour = voxel.colour + g.colour * mass;
        voxel.place = voxel.place + place * mass;
        const Vec n = g.normal;
        const float products[6] = {n.x * n.x, n.x * n.y, n.x * n.z, n.y * n.y, n.y * n.z, n.z * n.z};
        for (int k = 0; k < 6; ++k) voxel.spread[static_cast<size_t>(k)] += mass * products[k];
        if (voxel.kind == g.kind) voxel.votes += mass;  // the majority (Boyer & Moore 1981)
        else if ((voxel.votes -= mass) < 0) voxel.kind = g.kind, voxel.votes = -voxel.votes;
    });
}

// Cells from one to each of its 26 neighbours, opposite ones after each other.
std::array<int64_t, 26> around(int side) {
    std::array<int64_t, 26> offsets{};
    size_t next = 0;
    for (int x = 0; x <= 1; ++x)
        for (int y = x == 0 ? 0 : -1; y <= 1; ++y)
            for (int z = x == 0 && y == 0 ? 1 : -1; z <= 1; ++z) {
                const int64_t offset = (static_cast<int64_t>(x) * side + y) * side + z;
                offsets[next++] = offset;
                offsets[next++] = -offset;
            }
    return offsets;
}

// The direction that a spread of normals agrees on, and how much.
void agree(Voxel& voxel, const std::array<float, 6>& t) {
    const auto times = [&](Vec v) {
        return Vec{t[0] * v.x + t[1] * v.y + t[2] * v.z, t[1] * v.x + t[3] * v.y + t[4] * v.z, t[2] * v.x + t[4] * v.y + t[5] * v.z};
    };
    Vec n = t[0] >= t[3] && t[0] >= t[5] ? Vec{1, 0, 0} : t[3] >= t[5] ? Vec{0, 1, 0} : Vec{0, 0, 1};
    for (int k = 0; k < 12; ++k) n = unit(times(n));
    const float total = t[0] + t[3] + t[5];
    voxel.normal = n;
    voxel.flat = total > 0 ? std::max(1.5f * dot(n, times(n)) / total - 0.5f, 0.f) : 0.f;  // 0 where all directions are there
}

void finish(Grid& grid) {
    const auto offsets = around(grid.side);
    for (Voxel& voxel : grid.voxels) {
        const float whole = 1 / std::max(voxel.mass, 1e-12f);
        voxel.colour = voxel.colour * whole;
        voxel.place = voxel.place * whole;
    }
    for (size_t i = 0; i < grid.voxels.size(); ++i) {
        std::array<float, 6> spread = grid.voxels[i].spread;
        for (const int64_t offset : offsets) {
            const int32_t other = grid.numbers[static_cast<size_t>(grid.cells[i] + offset)];
            if (other >= 0)
                for (size_t k = 0; k < 6; ++k) spread[k] += 0.5f * grid.voxels[static_cast<size_t>(other)].spread[k];
        }
        agree(grid.voxels[i], spread);
    }
}

float cover(const Voxel& voxel) { return std::min(voxel.mass, 1.f); }

struct Link {
    uint32_t a, b;
    float strength;
    float alike;  // 0 to 1
};

std::vector<Link> links_of(const Grid& grid) {
    const auto offsets = around(grid.side);
    std::vector<Link> links;
    double squares = 0;
    const auto difference2 = [&](const Voxel& a, const Voxel& b) {
        const Vec d = a.colour - b.colour;
        return dot(d, d);
    };
    for (size_t i = 0; i < grid.voxels.size(); ++i)
        for (size_t k = 0; k < 26; k += 2) {
            const int32_t other = grid.numbers[static_cast<size_t>(grid.cells[i] + offsets[k])];
            if (other < 0) continue;
            const Voxel &a = grid.voxels[i], &b = grid.voxels[static_cast<size_t>(other)];
            squares += difference2(a, b);
            links.push_back({static_cast<uint32_t>(i), static_cast<uint32_t>(other), 0, 0});
        }
    const float even = std::max(static_cast<float>(squares / std::max(links.size(), size_t{1})), kEvenColour);
    for (Link& link : links) {
        const Voxel &a = grid.voxels[link.a], &b = grid.voxels[link.b];
        const Vec apart = b.place - a.place;
        const float colour = std::exp(-difference2(a, b) / (2 * even));
        const float turned = (1 - std::fabs(dot(a.normal, b.normal))) * a.flat * b.flat;
        const float kind = a.kind == b.kind ? 1.f : kOtherKind;
        const float distance = std::max(std::sqrt(dot(apart, apart)) / grid.edge, 1.f);
        link.alike = colour * std::exp(-turned / kCrease) * kind;
        link.strength = (kLeast + (1 - kLeast) * link.alike) * std::sqrt(cover(a) * cover(b)) / distance;
    }
    return links;
}

// Of some voxels those that are connected with the first of them.
std::vector<uint8_t> connected(const Grid& grid, const std::vector<uint8_t>& kept, const std::vector<uint32_t>& first) {
    const auto offsets = around(grid.side);
    std::vector<uint8_t> found(kept.size());
    std::vector<uint32_t> queue;
    for (const uint32_t i : first)
        if (kept[i] && !found[i]) found[i] = 1, queue.push_back(i);
    for (size_t next = 0; next < queue.size(); ++next)
        for (const int64_t offset : offsets) {
            const int32_t other = grid.numbers[static_cast<size_t>(grid.cells[queue[next]] + offset)];
            if (other < 0 || !kept[static_cast<size_t>(other)] || found[static_cast<size_t>(other)]) continue;
            found[static_cast<size_t>(other)] = 1;
            queue.push_back(static_cast<uint32_t>(other));
        }
    return found;
}

// Some voxels that may be the thing.
struct Piece {
    std::vector<uint8_t> kept;
    std::vector<uint8_t> whole;  // with what the cut kept but is not connected with the seed
    double size = 0;   // faces of voxels, those near the seed counting more
    double worth = 0;  // of the links that are cut

    // How little it is a thing of its own: its border's length in metres over its surface's area, to a power a little
    // below that at which small and large things of one form have the same.
    double score(float edge) const { return edge * worth / std::pow(std::max(edge * edge * size, 1e-9), 0.4); }
};

// Cuts of all sizes around a seed: each is the cheapest one for some strength of a pull outwards (Carreira &
// Sminchisescu 2012). Strengths are tried at which what is known is worth the same, where there must be others between.
class Pieces {
  public:
    Pieces(const Grid& grid, Vec seed, float reach) : grid_(grid), links_(links_of(grid)) {
        float nearest = 3.4e38f;
        for (const Voxel& voxel : grid.voxels) {
            distances_.push_back(std::sqrt(dot(voxel.place - seed, voxel.place - seed)));
            if (voxel.mass > 0.1f) nearest = std::min(nearest, distances_.back());
        }
        for (uint32_t i = 0; i < grid.voxels.size(); ++i) {
            const float far = distances_[i] / reach;
            weights_.push_back(cover(grid.voxels[i]) * std::max(1 - far * far, 0.f));
            outside_.push_back(distances_[i] > reach - grid.edge);
            seeded_.push_back(distances_[i] <= nearest + kTouched * grid.edge);
        }
        // The seed is a patch: a cut around a single voxel would be cheaper than most that are sought.
        for (bool more = true; more;) {
            more = false;
            for (const Link& link : links_) {
                if (seeded_[link.a] == seeded_[link.b] || link.alike < kAlike) continue;
                const uint32_t other = seeded_[link.a] ? link.b : link.a;
                if (distances_[other] <= nearest + kPatch * grid.edge) seeded_[other] = more = true;
            }
        }
        for (uint32_t i = 0; i < grid.voxels.size(); ++i) {
            seeded_[i] = seeded_[i] && !outside_[i];
            if (seeded_[i]) seeds_.push_back(i);
        }
    }

    // The seed's surroundings, of infinite worth, where there is no other.
    Piece best() const {
        std::vector<uint8_t> within(grid_.voxels.size());
        for (size_t i = 0; i < within.size(); ++i) within[i] = !outside_[i];
        std::vector<std::pair<Piece, Piece>> gaps{{piece(seeded_), piece(within)}};
        const double enough = kLeastSize * gaps[0].first.size;
        Piece best = gaps[0].first;
        best.worth = std::numeric_limits<double>::infinity();
        for (size_t next = 0; next < gaps.size() && next < kCuts; ++next) {
            const Piece small = gaps[next].first, large = gaps[next].second;
            const double pull = (large.worth - small.worth) / std::max(large.size - small.size, 1e-6);
            const Piece between = cut(std::max(static_cast<float>(pull), kWeakest), small.whole, large.whole);
            if (between.size >= enough && between.score(grid_.edge) < best.score(grid_.edge)) best = between;
            if (between.size < 1.01 * small.size || between.size > 0.99 * large.size) continue;
            gaps.emplace_back(small, between);
            gaps.emplace_back(between, large);
        }
        return best;
    }

  private:
    // The cut for a pull between those of two others. A stronger pull keeps all that a weaker one does (Gallo, Grigoriadis
    // & Tarjan 1989), so only what the two differ in is open, and the more cuts there are the smaller is each.
    Piece cut(float pull, const std::vector<uint8_t>& small, const std::vector<uint8_t>& large) const {
        std::vector<uint32_t> open, numbers(small.size());
        for (uint32_t i = 0; i < small.size(); ++i)
            if (large[i] && !small[i]) numbers[i] = static_cast<uint32_t>(open.size()), open.push_back(i);
        Cut cut(open.size());
        for (const Link& link : links_) {
            const bool a = large[link.a] && !small[link.a], b = large[link.b] && !small[link.b];
            if (a && b) cut.link(numbers[link.a], numbers[link.b], link.strength);
            else if (a) cut.pull(numbers[link.a], small[link.b] ? link.strength : -link.strength);
            else if (b) cut.pull(numbers[link.b], small[link.a] ? link.strength : -link.strength);
        }
        for (uint32_t i = 0; i < open.size(); ++i) cut.pull(i, pull * weights_[open[i]]);
        std::vector<uint8_t> kept = small;
        const std::vector<uint8_t> found = cut.kept();
        for (size_t i = 0; i < open.size(); ++i) kept[open[i]] = found[i];
        return piece(kept);
    }

    Piece piece(const std::vector<uint8_t>& kept) const {
        Piece piece{connected(grid_, kept, seeds_), kept};
        for (size_t i = 0; i < piece.kept.size(); ++i) piece.size += piece.kept[i] ? weights_[i] : 0;
        for (const Link& link : links_) piece.worth += piece.kept[link.a] != piece.kept[link.b] ? link.strength : 0;
        return piece;
    }

    const Grid& grid_;
    std::vector<Link> links_;
    std::vector<float> distances_, weights_;
    std::vector<uint8_t> outside_, seeded_;
    std::vector<uint32_t> seeds_;
};

}  // namespace
}  // namespace worldloom

using namespace worldloom;

// How much of each Gaussian (count) belongs to the thing at `seed`, 0 to 1, into `share`. Its long axes are `along` and
// `across`, its colour is in OKLab. Nothing farther than `reach` belongs to it; voxels are `edge` wide. `score`:
// the less, the more that is a thing of its own.
WORLDLOOM_API void worldloom_object(int64_t count, const float* means, const float* along, const float* across,
                                    const float* colours, const float* normals, const float* opacities, const uint8_t* kinds,
                                    const float* seed, float edge, float reach, float* share, double* score) {
    const Vec centre{seed[0], seed[1], seed[2]};
    const int side = 2 * static_cast<int>(std::ceil(reach / edge)) + 6;
    const float half = 0.5f * static_cast<float>(side) * edge;
    Grid grid(centre - Vec{half, half, half}, edge, side);
    const auto gaussian = [&](int64_t i) {
        return Gaussian{at(means, i), at(along, i), at(across, i), at(colours, i), at(normals, i), opacities[i], kinds[i]};
    };
    for (int64_t i = 0; i < count; ++i) add(grid, gaussian(i));
    finish(grid);
    std::fill(share, share + count, 0.f);
    *score = std::numeric_limits<double>::infinity();
    if (grid.voxels.empty()) return;
    const Piece best = Pieces(grid, centre, reach).best();
    *score = best.score(edge);
    for (int64_t i = 0; i < count; ++i) {
        float all = 0, mine = 0;
        pour(gaussian(i), edge, [&](Vec place, float mass) {
            const int64_t cell = grid.cell(place);
            all += mass;
            if (cell >= 0 && best.kept[static_cast<size_t>(grid.numbers[static_cast<size_t>(cell)])]) mine += mass;
        });
        share[i] = all > 0 ? mine / all : 0;
    }
}
