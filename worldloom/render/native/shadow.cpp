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

constexpr int64_t kChunk = 4096;
constexpr int kBlock = 256;

// Vectors one axis after another, so that many are worked on at a time.
struct Axes {
    std::vector<float> x, y, z;

    Axes(int threads, int64_t count, const float* vectors)
        : x(static_cast<size_t>(count)), y(x.size()), z(x.size()) {
        in_chunks(threads, count, kChunk, [&](int64_t start, int64_t end) {
            for (int64_t i = start; i < end; ++i) {
                x[static_cast<size_t>(i)] = vectors[3 * i];
                y[static_cast<size_t>(i)] = vectors[3 * i + 1];
                z[static_cast<size_t>(i)] = vectors[3 * i + 2];
            }
        });
    }
};

// Flat round pieces of surface that cast shadows.
struct Discs {
    int64_t count;
    const Axes& centers;
    const float* normals;
    const float* radii;
};

// How near to a far light the nearest surface is, over a level grid seen from that light.
class DepthMap {
  public:
    // Bands of rows are drawn by whichever thread is free, each with all the discs: no cell has two writers.
    void draw(const Discs& discs, Vec toward, float cell, int64_t max_cells, int threads) {
        toward_ = toward;
        const Vec helper = std::fabs(toward.y) < 0.9f ? Vec{0.13f, 0.99f, 0.05f} : Vec{1.f, 0.1f, 0.f};
        side_ = cross(toward, helper);
        side_ = side_ * (1.f / std::sqrt(dot(side_, side_)));
        other_ = cross(side_, toward);
        u_.resize(static_cast<size_t>(discs.count)), v_.resize(u_.size());
        const int64_t chunks = (discs.count + kChunk - 1) / kChunk;
        std::vector<Box> boxes(static_cast<size_t>(chunks));
        in_chunks(threads, discs.count, kChunk, [&](int64_t start, int64_t end) {
            boxes[static_cast<size_t>(start / kChunk)] = place(discs.centers, start, end);
        });
        Box whole;
        for (const Box& box : boxes) whole = whole.with(box);
        if (discs.count == 0) whole = {0.f, 0.f, 0.f, 0.f};
        const float wide = whole.right - whole.left, tall = whole.top - whole.bottom;
        cell_ = cell;
        while ((double(wide) / cell_ + 4) * (double(tall) / cell_ + 4) > double(max_cells)) cell_ *= 1.1f;
        u0_ = whole.left - 2 * cell_, v0_ = whole.bottom - 2 * cell_;
        columns_ = static_cast<int32_t>(wide / cell_) + 5;
        rows_ = static_cast<int32_t>(tall / cell_) + 5;
        depth_.resize(static_cast<size_t>(columns_) * static_cast<size_t>(rows_) + 1);
        depth_.back() = -INFINITY;  // what lies beyond the edge
        const int32_t bands = threads > 1 ? 4 * threads : 1;
        in_chunks(threads, bands, 1, [&](int64_t band, int64_t) {
            const auto edge = [&](int64_t k) { return static_cast<int32_t>(k * rows_ / bands); };
            draw_rows(discs, edge(band), edge(band + 1));
        });
    }

    // For points [start, end), at most kBlock, that lie in surfaces of those normals: how much each faces the light,
    // with what comes from behind through a `leaf`, and the part of that which passes.
    void passing(const Axes& points, const Axes& normals, const float* leaf, int64_t start, int64_t end, float* facing,
                 float* passed) const {
        float own[kBlock];
        uint32_t cells[kBlock];
        const int count = static_cast<int>(end - start);
        const float *const px = &points.x[static_cast<size_t>(start)], *const py = &points.y[static_cast<size_t>(start)],
                    *const pz = &points.z[static_cast<size_t>(start)], *const nx = &normals.x[static_cast<size_t>(start)],
                    *const ny = &normals.y[static_cast<size_t>(start)], *const nz = &normals.z[static_cast<size_t>(start)];
        const Vec toward = toward_, side = side_, other = other_;
        const float cell = cell_, u0 = u0_, v0 = v0_, lift = 0.75f * cell_;
        const int32_t columns = columns_, rows = rows_;
        const uint32_t beyond = static_cast<uint32_t>(columns) * static_cast<uint32_t>(rows);
        for (int i = 0; i < count; ++i) {
            const float level = nx[i] * toward.x + ny[i] * toward.y + nz[i] * toward.z;
            const float before = level > 0.f ? level : 0.f, behind = level < 0.f ? -level : 0.f;
            facing[i] = before + leaf[start + i] * behind;
            const float square = 1 - level * level, sideways = std::sqrt(square > 0.f ? square : 0.f);
            const float away = level >= 0 ? lift * sideways : -lift * sideways;
            const float x = px[i] + nx[i] * away, y = py[i] + ny[i] * away, z = pz[i] + nz[i] * away;
            const float steep = before + behind, tangent = sideways / (steep > 0.1f ? steep : 0.1f);
            own[i] = x * toward.x + y * toward.y + z * toward.z + cell * (0.7f + 0.5f * tangent);
            const int32_t column = static_cast<int32_t>((x * side.x + y * side.y + z * side.z - u0) / cell);
            const int32_t row = static_cast<int32_t>((x * other.x + y * other.y + z * other.z - v0) / cell);
            const uint32_t index = static_cast<uint32_t>(row) * static_cast<uint32_t>(columns) + static_cast<uint32_t>(column);
            const bool inside = (column >= 0) & (row >= 0) & (column < columns) & (row < rows);
            cells[i] = inside ? index : beyond;
        }
        const float* const depth = depth_.data();
        for (int i = 0; i < count; ++i) passed[i] = depth[cells[i]] <= own[i] ? facing[i] : 0.f;
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
    struct Box {
        float left = INFINITY, right = -INFINITY, bottom = INFINITY, top = -INFINITY;

        Box with(const Box& other) const {
            return {std::min(left, other.left), std::max(right, other.right), std::min(bottom, other.bottom),
                    std::max(top, other.top)};
        }
    };

    // Find out where discs [start, end) lie on the map, and the box about them.
    Box place(const Axes& centers, int64_t start, int64_t end) {
        constexpr int kLanes = 8;
        float left[kLanes], right[kLanes], bottom[kLanes], top[kLanes];
        std::fill(left, left + kLanes, INFINITY), std::fill(right, right + kLanes, -INFINITY);
        std::fill(bottom, bottom + kLanes, INFINITY), std::fill(top, top + kLanes, -INFINITY);
        const float *const x = centers.x.data(), *const y = centers.y.data(), *const z = centers.z.data();
        float *const u = u_.data(), *const v = v_.data();
        const Vec side = side_, other = other_;
        for (int64_t i = start; i < end; ++i) {
            u[i] = x[i] * side.x + y[i] * side.y + z[i] * side.z;
            v[i] = x[i] * other.x + y[i] * other.y + z[i] * other.z;
        }
        for (int64_t i = start; i < end; i += kLanes) {
            const int lanes = static_cast<int>(std::min<int64_t>(kLanes, end - i));
            for (int k = 0; k < lanes; ++k) {
                left[k] = u[i + k] < left[k] ? u[i + k] : left[k], right[k] = u[i + k] > right[k] ? u[i + k] : right[k];
                bottom[k] = v[i + k] < bottom[k] ? v[i + k] : bottom[k], top[k] = v[i + k] > top[k] ? v[i + k] : top[k];
            }
        }
        return {*std::min_element(left, left + kLanes), *std::max_element(right, right + kLanes),
                *std::min_element(bottom, bottom + kLanes), *std::max_element(top, top + kLanes)};
    }

    void draw_rows(const Discs& discs, int32_t first, int32_t end) {
        std::fill(depth_.begin() + static_cast<int64_t>(first) * columns_, depth_.begin() + static_cast<int64_t>(end) * columns_, -INFINITY);
        int32_t columns[kBlock], rows[kBlock];
        float heights[kBlock];
        const float u0 = u0_, v0 = v0_, cell = cell_;
        const Vec toward = toward_;
        for (int64_t start = 0; start < discs.count; start += kBlock) {
            const int count = static_cast<int>(std::min<int64_t>(kBlock, discs.count - start));
            const float *const x = &discs.centers.x[static_cast<size_t>(start)], *const y = &discs.centers.y[static_cast<size_t>(start)],
                        *const z = &discs.centers.z[static_cast<size_t>(start)], *const u = &u_[static_cast<size_t>(start)],
                        *const v = &v_[static_cast<size_t>(start)];
            for (int i = 0; i < count; ++i) {
                columns[i] = static_cast<int32_t>((u[i] - u0) / cell);
                rows[i] = static_cast<int32_t>((v[i] - v0) / cell);
                heights[i] = x[i] * toward.x + y[i] * toward.y + z[i] * toward.z;
            }
            for (int i = 0; i < count; ++i) {
                if (rows[i] >= first && rows[i] < end) mark(columns[i], rows[i], heights[i]);
                if (discs.radii[start + i] > 0.6f * cell) draw_disc(discs, start + i, heights[i], first, end);
            }
        }
    }

    void draw_disc(const Discs& discs, int64_t number, float height, int32_t first, int32_t end) {
        const float radius = discs.radii[number], u = u_[static_cast<size_t>(number)] - u0_, v = v_[static_cast<size_t>(number)] - v0_;
        const int32_t bottom = std::max(first, static_cast<int32_t>(std::max(0.f, (v - radius) / cell_)));
        const int32_t top = std::min(end - 1, static_cast<int32_t>((v + radius) / cell_));
        if (bottom > top) return;
        const int32_t left = static_cast<int32_t>(std::max(0.f, (u - radius) / cell_));
        const int32_t right = std::min(columns_ - 1, static_cast<int32_t>((u + radius) / cell_));
        // Seen edge-on it still has some width: the ground at dusk would let light through between its pieces.
        const Vec n = at(discs.normals, number);
        const float true_level = dot(n, toward_);
        const float level = true_level >= 0 ? std::max(true_level, 0.2f) : std::min(true_level, -0.2f);
        const float slope_u = -dot(n, side_) / level, slope_v = -dot(n, other_) / level;
        const float cell = cell_, square = radius * radius;
        for (int32_t row = bottom; row <= top; ++row) {
            const float y = (static_cast<float>(row) + 0.5f) * cell - v;
            float* const cells = depth_.data() + static_cast<int64_t>(row) * columns_;
            for (int32_t column = left; column <= right; ++column) {  // without branches: no telling which are inside
                const float x = (static_cast<float>(column) + 0.5f) * cell - u, rise = x * slope_u + y * slope_v;
                const float here = x * x + y * y + rise * rise <= square ? height + rise : -INFINITY;
                cells[column] = here > cells[column] ? here : cells[column];
            }
        }
    }

    void mark(int32_t column, int32_t row, float height) {
        float& here = depth_[static_cast<size_t>(row) * static_cast<size_t>(columns_) + static_cast<size_t>(column)];
        here = std::max(here, height);
    }

    Vec toward_{}, side_{}, other_{};
    float cell_ = 1, u0_ = 0, v0_ = 0;
    int32_t columns_ = 0, rows_ = 0;
    std::vector<float> depth_, u_, v_;
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
    const Axes places(threads, discs, centers);
    DepthMap map;
    map.draw({discs, places, facing, radii}, at(toward, 0), cell, max_cells, threads);
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
    threads = std::max(1, threads);
    const Axes places(threads, discs, centers), at_points(threads, count, points), at_normals(threads, count, normals);
    std::vector<float> before(static_cast<size_t>(count), 0.f);
    std::fill(open, open + count, 0.f);
    std::fill(bent, bent + 3 * count, 0.f);
    std::vector<DepthMap> maps(static_cast<size_t>(threads));
    for (int first = 0; first < directions; first += threads) {
        const int batch = std::min(threads, directions - first);
        in_chunks(threads, batch, 1, [&](int64_t k, int64_t) {
            maps[static_cast<size_t>(k)].draw({discs, places, facing, radii}, at(towards, first + k), cell, max_cells, 1);
        });
        in_chunks(threads, count, kBlock, [&](int64_t start, int64_t end) {
            float share[kBlock], passed[kBlock];
            for (int k = 0; k < batch; ++k) {
                const Vec toward = at(towards, first + k);
                maps[static_cast<size_t>(k)].passing(at_points, at_normals, leaf, start, end, share, passed);
                for (int64_t i = start; i < end; ++i) {
                    const float light = passed[i - start];
                    before[static_cast<size_t>(i)] += share[i - start];
                    open[i] += light;
                    bent[3 * i] += light * toward.x, bent[3 * i + 1] += light * toward.y, bent[3 * i + 2] += light * toward.z;
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
