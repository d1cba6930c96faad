// Which surfaces see the sun, the sky and lamps: depth maps seen from far away (Williams 1978) and rays through voxels.
// Baking asks for millions of such answers; results do not depend on how many threads compute them.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "export.h"
#include "threads.h"
#include "vec.h"

namespace worldloom {
namespace {

// Flat round pieces of surface that cast shadows.
struct Discs {
    int64_t count;
    const float* centers;
    const float* normals;
    const float* radii;
};

constexpr int64_t kChunk = 4096;

// How near to a far light the nearest surface is, over a level grid seen from that light.
class DepthMap {
  public:
    void draw(const Discs& discs, Vec toward, float cell, int64_t max_cells) {
        toward_ = toward;
        const Vec helper = std::fabs(toward.y) < 0.9f ? Vec{0.13f, 0.99f, 0.05f} : Vec{1.f, 0.1f, 0.f};
        side_ = cross(toward, helper);
        side_ = side_ * (1.f / std::sqrt(dot(side_, side_)));
        other_ = cross(side_, toward);
        float low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
        for (int64_t i = 0; i < discs.count; ++i) {
            const Vec p = at(discs.centers, i);
            const float u = dot(p, side_), v = dot(p, other_);
            low[0] = std::min(low[0], u), high[0] = std::max(high[0], u);
            low[1] = std::min(low[1], v), high[1] = std::max(high[1], v);
        }
        if (discs.count == 0) low[0] = low[1] = high[0] = high[1] = 0.f;
        const float wide = high[0] - low[0], tall = high[1] - low[1];
        cell_ = cell;
        while ((double(wide) / cell_ + 4) * (double(tall) / cell_ + 4) > double(max_cells)) cell_ *= 1.1f;
        u0_ = low[0] - 2 * cell_, v0_ = low[1] - 2 * cell_;
        columns_ = static_cast<int64_t>(wide / cell_) + 5;
        rows_ = static_cast<int64_t>(tall / cell_) + 5;
        depth_.assign(static_cast<size_t>(columns_ * rows_), -INFINITY);
        for (int64_t i = 0; i < discs.count; ++i) draw_disc(at(discs.centers, i), at(discs.normals, i), discs.radii[i]);
    }

    float cell() const { return cell_; }

    // Whether the light passes to `point`, which lies in a surface of that normal.
    bool passes(Vec point, Vec normal, float level) const {
        const float sideways = std::sqrt(std::max(0.f, 1 - level * level));
        const Vec raised = point + normal * (level >= 0 ? 0.75f * cell_ * sideways : -0.75f * cell_ * sideways);
        const float tangent = sideways / std::max(std::fabs(level), 0.1f);
        const float own = dot(raised, toward_) + cell_ * (0.7f + 0.5f * tangent);
        const int64_t column = static_cast<int64_t>((dot(raised, side_) - u0_) / cell_);
        const int64_t row = static_cast<int64_t>((dot(raised, other_) - v0_) / cell_);
        const bool outside = column < 0 || row < 0 || column >= columns_ || row >= rows_;
        return outside || depth_[static_cast<size_t>(row * columns_ + column)] <= own;
    }

    // Share of the light that passes to `point`, which lies in a surface of that normal; `soft` cells wide.
    float lit(Vec point, Vec normal, int soft) const {
        const float level = dot(normal, toward_), sideways = std::sqrt(std::max(0.f, 1 - level * level));
        const float away = level >= 0 ? 0.75f * cell_ * sideways : -0.75f * cell_ * sideways;
        const Vec raised = point + normal * away;
        const float tangent = sideways / std::max(std::fabs(level), 0.1f);
        const float own = dot(raised, toward_) + cell_ * (0.7f + 0.9f * tangent * static_cast<float>(soft));
        const float u = (dot(raised, side_) - u0_) / cell_ - 0.5f, v = (dot(raised, other_) - v0_) / cell_ - 0.5f;
        const float fu = std::floor(u), fv = std::floor(v), du = u - fu, dv = v - fv;
        const int64_t column = static_cast<int64_t>(fu), row = static_cast<int64_t>(fv);
        float passed = 0, total = 0;
        for (int64_t j = 1 - soft; j <= soft; ++j) {
            const float wv = j == 1 - soft ? 1 - dv : j == soft ? dv : 1.f;
            for (int64_t i = 1 - soft; i <= soft; ++i) {
                const float weight = wv * (i == 1 - soft ? 1 - du : i == soft ? du : 1.f);
                const int64_t c = column + i, r = row + j;
                const bool outside = c < 0 || r < 0 || c >= columns_ || r >= rows_;
                if (outside || depth_[static_cast<size_t>(r * columns_ + c)] <= own) passed += weight;
                total += weight;
            }
        }
        return passed / total;
    }

  private:
    void draw_disc(Vec p, Vec n, float radius) {
        const float u = dot(p, side_) - u0_, v = dot(p, other_) - v0_, height = dot(p, toward_);
        mark(static_cast<int64_t>(u / cell_), static_cast<int64_t>(v / cell_), height);
        if (radius <= 0.6f * cell_) return;
        // Seen edge-on it still has some width: the ground at dusk would let light through between its pieces.
        const float true_level = dot(n, toward_);
        const float level = true_level >= 0 ? std::max(true_level, 0.2f) : std::min(true_level, -0.2f);
        const float slope_u = -dot(n, side_) / level, slope_v = -dot(n, other_) / level;
        const int64_t left = static_cast<int64_t>(std::max(0.f, (u - radius) / cell_)), right = std::min(columns_ - 1, static_cast<int64_t>((u + radius) / cell_));
        const int64_t bottom = static_cast<int64_t>(std::max(0.f, (v - radius) / cell_)), top = std::min(rows_ - 1, static_cast<int64_t>((v + radius) / cell_));
        for (int64_t row = bottom; row <= top; ++row) {
            const float y = (static_cast<float>(row) + 0.5f) * cell_ - v;
            for (int64_t column = left; column <= right; ++column) {
                const float x = (static_cast<float>(column) + 0.5f) * cell_ - u, rise = x * slope_u + y * slope_v;
                if (x * x + y * y + rise * rise <= radius * radius) mark(column, row, height + rise);
            }
        }
    }

    void mark(int64_t column, int64_t row, float height) {
        float& here = depth_[static_cast<size_t>(row * columns_ + column)];
        here = std::max(here, height);
    }

    Vec toward_{}, side_{}, other_{};
    float cell_ = 1, u0_ = 0, v0_ = 0;
    int64_t columns_ = 0, rows_ = 0;
    std::vector<float> depth_;
};

// Space cut into cubes, each full or empty.
struct Voxels {
    const uint8_t* full;
    int64_t size[3];  // x, y, z; z changes fastest
    float origin[3];
    float edge;

    bool at(Vec p) const {
        const int64_t x = static_cast<int64_t>(std::floor((p.x - origin[0]) / edge));
        const int64_t y = static_cast<int64_t>(std::floor((p.y - origin[1]) / edge));
        const int64_t z = static_cast<int64_t>(std::floor((p.z - origin[2]) / edge));
        if (x < 0 || y < 0 || z < 0 || x >= size[0] || y >= size[1] || z >= size[2]) return false;
        return full[(x * size[1] + y) * size[2] + z] != 0;
    }

    // Metres that a ray goes before it meets matter, at most `reach`.
    float free_path(Vec from, Vec direction, float start, float reach) const {
        for (float way = start; way < reach; way += 0.7f * edge)
            if (at(from + direction * way)) return way;
        return reach;
    }
};

}  // namespace
}  // namespace worldloom

using namespace worldloom;

// Share (count,) of a far light that reaches each point, 0 to 1.
WORLDLOOM_API void worldloom_sunlit(int threads, int64_t count, const float* points, const float* normals,
                                    int64_t discs, const float* centers, const float* facing, const float* radii,
                                    const float* toward, float cell, int64_t max_cells, int soft, float* lit) {
    DepthMap map;
    map.draw({discs, centers, facing, radii}, at(toward, 0), cell, max_cells);
    in_chunks(threads, count, kChunk, [&](int64_t start, int64_t end) {
        for (int64_t i = start; i < end; ++i) lit[i] = map.lit(at(points, i), at(normals, i), soft);
    });
}

// Share (count,) of the sky before each surface that it sees, and the middle (count, 3) of that part, unit or zero.
// `leaf` (count,) is the share of light that comes through from behind.
WORLDLOOM_API void worldloom_openness(int threads, int64_t count, const float* points, const float* normals,
                                      const float* leaf, int64_t discs, const float* centers, const float* facing,
                                      const float* radii, int directions, const float* towards, float cell,
                                      int64_t max_cells, float* open, float* bent) {
    std::vector<float> before(static_cast<size_t>(count), 0.f);
    std::fill(open, open + count, 0.f);
    std::fill(bent, bent + 3 * count, 0.f);
    threads = std::max(1, threads);
    std::vector<DepthMap> maps(static_cast<size_t>(threads));
    for (int first = 0; first < directions; first += threads) {
        const int batch = std::min(threads, directions - first);
        struct Drawing {
            std::vector<DepthMap>& maps;
            Discs discs;
            const float* towards;
            int first, batch;
            float cell;
            int64_t max_cells;
        } drawing{maps, {discs, centers, facing, radii}, towards, first, batch, cell, max_cells};
        run_on_workers(batch, [](void* data, int worker) {
            Drawing& d = *static_cast<Drawing*>(data);
            if (worker < d.batch)
                d.maps[static_cast<size_t>(worker)].draw(d.discs, at(d.towards, d.first + worker), d.cell, d.max_cells);
        }, &drawing);
        in_chunks(threads, count, kChunk, [&](int64_t start, int64_t end) {
            for (int k = 0; k < batch; ++k) {
                const Vec toward = at(towards, first + k);
                const DepthMap& map = maps[static_cast<size_t>(k)];
                for (int64_t i = start; i < end; ++i) {
                    const Vec normal = at(normals, i);
                    const float level = dot(normal, toward);
                    const float share = std::max(level, 0.f) + leaf[i] * std::max(-level, 0.f);
                    if (share <= 0.f) continue;
                    before[static_cast<size_t>(i)] += share;
                    if (!map.passes(at(points, i), normal, level)) continue;
                    open[i] += share;
                    bent[3 * i] += share * toward.x, bent[3 * i + 1] += share * toward.y, bent[3 * i + 2] += share * toward.z;
                }
            }
        });
    }
    in_chunks(threads, count, kChunk, [&](int64_t start, int64_t end) {
        for (int64_t i = start; i < end; ++i) {
            if (before[static_cast<size_t>(i)] > 0.f) open[i] /= before[static_cast<size_t>(i)];
            float* b = bent + 3 * i;
            const float length = std::sqrt(b[0] * b[0] + b[1] * b[1] + b[2] * b[2]);
            for (int axis = 0; axis < 3; ++axis) b[axis] = length > 1e-6f ? b[axis] / length : 0.f;
        }
    });
}

// Irradiance (count, 3) of surfaces by lamps, with shadows. Fades to nothing at each lamp's reach.
WORLDLOOM_API void worldloom_lamplight(int threads, int64_t count, const float* points, const float* normals,
                                       const float* leaf, const uint8_t* full, const int64_t* size, const float* origin,
                                       float edge, int lamps, const float* places, const float* colours,
                                       const float* reaches, float* light) {
    const Voxels voxels{full, {size[0], size[1], size[2]}, {origin[0], origin[1], origin[2]}, edge};
    in_chunks(threads, count, kChunk, [&](int64_t start, int64_t end) {
        for (int64_t i = start; i < end; ++i) {
            const Vec point = at(points, i), normal = at(normals, i);
            float sum[3] = {0, 0, 0};
            for (int k = 0; k < lamps; ++k) {
                Vec way = at(places, k) + point * -1.f;
                const float square = dot(way, way), reach = reaches[k];
                if (square >= reach * reach) continue;
                const float distance = std::max(std::sqrt(square), 1e-3f);
                way = way * (1 / distance);
                const float level = dot(normal, way), facing = std::max(level, 0.f) + leaf[i] * std::max(-level, 0.f);
                if (facing <= 0.f) continue;
                const Vec from = point + normal * (level > 0 ? 1.2f * edge : -1.2f * edge);
                const float far = distance - 2.5f * edge;
                if (far > 0 && voxels.free_path(from, way, 0.6f * edge, far) < far) continue;
                const float fade = 1 - square * square / (reach * reach * reach * reach);
                const float strength = facing * fade * fade / std::max(square, 0.04f);
                for (int c = 0; c < 3; ++c) sum[c] += strength * colours[3 * k + c];
            }
            for (int c = 0; c < 3; ++c) light[3 * i + c] = sum[c];
        }
    });
}
