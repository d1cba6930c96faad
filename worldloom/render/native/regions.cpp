// Regions of Gaussians: what is near others, what is connected, what lies in an outline, what photos have seen.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "export.h"
#include "points_tree.h"
#include "threads.h"
#include "touching.h"

namespace worldloom {
namespace {

// One of the photos: world to camera (OpenCV axes), and half the picture's width and height at depth 1.
struct Photo {
    float pose[12];
    float half_width, half_height;

    void to_camera(const float* point, float* out) const {
        for (int r = 0; r < 3; ++r)
            out[r] = pose[4 * r] * point[0] + pose[4 * r + 1] * point[1] + pose[4 * r + 2] * point[2] + pose[4 * r + 3];
    }
};

constexpr float kNearest = 0.05f;  // metres before a photo's eye
constexpr int kAcross = 96;        // pixels in which photos are compared
constexpr float kSlant = 1.04f;    // a slanted surface is that much farther within a pixel
constexpr int kBlock = 64;         // points, neighbours on the curve, that are looked at together

// How far a photo sees, pixel by pixel.
class Depths {
  public:
    explicit Depths(const Photo& photo)
        : photo_(photo), down_(std::max(1, static_cast<int>(std::lround(kAcross * photo.half_height / photo.half_width)))),
          plane_(static_cast<size_t>(kAcross * down_), std::numeric_limits<float>::max()) {}

    void add(const float* point, float radius) {
        float camera[3];
        photo_.to_camera(point, camera);
        if (camera[2] < kNearest) return;
        const float x = column(camera), y = row(camera), reach = std::min(radius * kAcross / (2 * photo_.half_width * camera[2]), 8.f);
        const int left = std::max(static_cast<int>(std::ceil(x - reach - 0.5f)), 0), right = std::min(static_cast<int>(x + reach + 0.5f), kAcross);
        const int top = std::max(static_cast<int>(std::ceil(y - reach - 0.5f)), 0), bottom = std::min(static_cast<int>(y + reach + 0.5f), down_);
        for (int v = top; v < bottom; ++v)
            for (int u = left; u < right; ++u) {
                float& depth = plane_[static_cast<size_t>(v * kAcross + u)];
                depth = std::min(depth, camera[2]);
            }
    }

    // Whether a box may be in the picture.
    bool may_see(const Box& box) const {
        float centre[3], camera[3], radius2 = 0;
        for (int k = 0; k < 3; ++k) {
            centre[k] = 0.5f * (box.low[k] + box.high[k]);
            radius2 += 0.25f * (box.high[k] - box.low[k]) * (box.high[k] - box.low[k]);
        }
        photo_.to_camera(centre, camera);
        const float w = photo_.half_width, h = photo_.half_height, radius = std::sqrt(radius2);
        return camera[2] > kNearest - radius && std::fabs(camera[0]) - w * camera[2] <= radius * std::sqrt(1 + w * w) &&
               std::fabs(camera[1]) - h * camera[2] <= radius * std::sqrt(1 + h * h);
    }

    // Adds 1 for each of `count` points, of which there are x, y, z and radius apart, that the photo sees.
    void count_seen(int count, const float* x, const float* y, const float* z, const float* radius, int32_t* seen) const {
        const float across = kAcross, down = static_cast<float>(down_);
        const float *p = photo_.pose, u_scale = 0.5f * across / photo_.half_width, v_scale = 0.5f * down / photo_.half_height;
        int32_t pixel[kBlock];
        float depth[kBlock];
        for (int i = 0; i < count; ++i) {  // without branches, so that it is vectors
            const float right = p[0] * x[i] + p[1] * y[i] + p[2] * z[i] + p[3];
            const float below = p[4] * x[i] + p[5] * y[i] + p[6] * z[i] + p[7];
            const float ahead = p[8] * x[i] + p[9] * y[i] + p[10] * z[i] + p[11];
            const float inverse = 1.f / std::max(ahead, kNearest);
            const float u = 0.5f * across + u_scale * right * inverse, v = 0.5f * down + v_scale * below * inverse;
            const bool within = (ahead > kNearest) & (u >= 0) & (u < across) & (v >= 0) & (v < down);
            const float column = std::min(std::max(u, 0.f), across - 1), row = std::min(std::max(v, 0.f), down - 1);
            pixel[i] = static_cast<int32_t>(row) * kAcross + static_cast<int32_t>(column);
            depth[i] = within ? (ahead - 2 * radius[i]) / kSlant : std::numeric_limits<float>::infinity();
        }
        for (int i = 0; i < count; ++i) seen[i] += depth[i] <= plane_[static_cast<size_t>(pixel[i])];
    }

  private:
    float column(const float* camera) const { return 0.5f * kAcross * (1 + camera[0] / (camera[2] * photo_.half_width)); }
    float row(const float* camera) const { return 0.5f * static_cast<float>(down_) * (1 + camera[1] / (camera[2] * photo_.half_height)); }

    Photo photo_;
    int down_;
    std::vector<float> plane_;
};

}  // namespace
}  // namespace worldloom

using namespace worldloom;

// Which of `places` (count, 3) have one of `points` (others, 3) within `reach`, that included.
WORLDLOOM_API void worldloom_near(int threads, int64_t count, const float* places, int64_t others, const float* points,
                                  float reach, uint8_t* found) {
    const PointsTree tree(threads, others, points);
    const std::vector<uint32_t> order = along_curve(threads, static_cast<size_t>(count), places);
    in_chunks(threads, count, 4096, [&](int64_t start, int64_t end) {
        size_t hint = 0;
        for (int64_t i = start; i < end; ++i) {
            const size_t row = order[static_cast<size_t>(i)];
            found[row] = tree.any_within(places + 3 * row, reach * reach, hint);
        }
    });
}

// Which points (count, 3) are reached from some of them (marked in `found`) by steps no longer than `step` from one to
// the next; they are marked in `found` too.
WORLDLOOM_API void worldloom_flood(int threads, int64_t count, const float* points, float step, uint8_t* found) {
    const PointsTree tree(threads, count, points);
    const Touching touching(threads, tree, step);
    std::vector<uint8_t> reached(tree.count);  // by set
    for (size_t i = 0; i < tree.count; ++i)
        if (found[tree.order[i]]) reached[touching.set_of(i)] = 1;
    in_chunks(threads, count, 4096, [&](int64_t start, int64_t end) {
        for (size_t i = static_cast<size_t>(start); i < static_cast<size_t>(end); ++i) found[tree.order[i]] = reached[touching.set_of(i)];
    });
}

// Which places (count, 2) lie in a closed outline (corners, 2), by the even-odd rule.
WORLDLOOM_API void worldloom_inside(int threads, int64_t count, const float* places, int64_t corners, const float* outline,
                                    uint8_t* found) {
    constexpr int kBands = 256;  // the outline's height is cut into bands, each with the edges that reach it
    float top = outline[1], bottom = outline[1];
    for (int64_t i = 1; i < corners; ++i) top = std::min(top, outline[2 * i + 1]), bottom = std::max(bottom, outline[2 * i + 1]);
    const float scale = kBands / std::max(bottom - top, 1e-12f);
    const auto band = [&](float y) { return std::min(std::max(static_cast<int>((y - top) * scale), 0), kBands - 1); };
    std::vector<std::vector<int64_t>> edges(kBands);
    for (int64_t i = 0; i < corners; ++i) {
        const float from = outline[2 * i + 1], to = outline[2 * ((i + 1) % corners) + 1];
        for (int b = band(std::min(from, to)); b <= band(std::max(from, to)); ++b) edges[static_cast<size_t>(b)].push_back(i);
    }
    in_chunks(threads, count, 4096, [&](int64_t start, int64_t end) {
        for (int64_t i = start; i < end; ++i) {
            const float x = places[2 * i], y = places[2 * i + 1];
            bool inside = false;
            if (y >= top && y <= bottom)
                for (const int64_t edge : edges[static_cast<size_t>(band(y))]) {
                    const float *a = outline + 2 * edge, *b = outline + 2 * ((edge + 1) % corners);
                    if ((a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])) inside = !inside;
                }
            found[i] = inside;
        }
    });
}

// How many photos (14 numbers each, see Photo) see each of some points (count, 3) of such radii: in the picture, and
// not behind others. Every `stride`th of those that are `solid` is taken to hide what is behind it.
WORLDLOOM_API void worldloom_sightings(int threads, int64_t count, const float* points, const float* radii,
                                       const uint8_t* solid, int64_t stride, int64_t photos, const float* views, int32_t* seen) {
    const Photo* const all = reinterpret_cast<const Photo*>(views);
    std::vector<Depths> depths;
    for (int64_t i = 0; i < photos; ++i) depths.emplace_back(all[i]);
    in_chunks(threads, photos, 1, [&](int64_t start, int64_t end) {
        for (int64_t photo = start; photo < end; ++photo) {
            int64_t next = 0;
            for (int64_t i = 0; i < count; ++i)
                if (solid[i] && next++ % stride == 0) depths[static_cast<size_t>(photo)].add(points + 3 * i, radii[i]);
        }
    });
    const std::vector<uint32_t> order = along_curve(threads, static_cast<size_t>(count), points);
    in_chunks(threads, count, kBlock, [&](int64_t start, int64_t end) {
        float apart[4][kBlock];
        int32_t sum[kBlock] = {};
        const int here = static_cast<int>(end - start);
        Box box;
        for (int i = 0; i < here; ++i) {
            const size_t row = order[static_cast<size_t>(start + i)];
            for (int k = 0; k < 3; ++k) apart[k][i] = points[3 * row + k];
            apart[3][i] = radii[row];
            box.add(points + 3 * row);
        }
        for (const Depths& depth : depths)
            if (depth.may_see(box)) depth.count_seen(here, apart[0], apart[1], apart[2], apart[3], sum);
        for (int i = 0; i < here; ++i) seen[order[static_cast<size_t>(start + i)]] = sum[i];
    });
}
