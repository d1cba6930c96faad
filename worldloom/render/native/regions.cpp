// Regions of Gaussians: what is near others, what is connected, what lies in an outline, what photos have seen.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <vector>

#include "export.h"
#include "points_tree.h"
#include "reach_grid.h"
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

// Some points that are near to one another, each with the radius of what is around it.
struct Block {
    Block(const uint32_t* rows, int64_t size, const float* points, const float* radii) : count(static_cast<int>(size)) {
        for (int i = 0; i < count; ++i) {
            const float* const point = points + 3 * size_t{rows[i]};
            x[i] = point[0], y[i] = point[1], z[i] = point[2];
            radius[i] = radii[rows[i]];
            box.add(point);
        }
    }
    int count;
    float x[kBlock], y[kBlock], z[kBlock], radius[kBlock];
    Box box;
};

// How far a photo sees, pixel by pixel.
class Depths {
  public:
    explicit Depths(const Photo& photo)
        : photo_(photo), down_(std::max(1, static_cast<int>(std::lround(kAcross * photo.half_height / photo.half_width)))),
          plane_(static_cast<size_t>(kAcross * down_), std::numeric_limits<float>::max()) {}

    void add(const Block& block) {
        if (!may_see(block.box, kMostPixels)) return;
        const InPhoto seen(*this, block);
        for (int i = 0; i < block.count; ++i) {
            if (seen.depth[i] < kNearest) continue;
            const float reach = std::min(block.radius[i] * kAcross / (2 * photo_.half_width * seen.depth[i]), kMostPixels);
            const int left = pixels(std::ceil(seen.column[i] - reach - 0.5f), kAcross), right = pixels(seen.column[i] + reach + 0.5f, kAcross);
            const int top = pixels(std::ceil(seen.row[i] - reach - 0.5f), down_), bottom = pixels(seen.row[i] + reach + 0.5f, down_);
            for (int v = top; v < bottom; ++v)
                for (int u = left; u < right; ++u) {
                    float& depth = plane_[static_cast<size_t>(v * kAcross + u)];
                    depth = std::min(depth, seen.depth[i]);
                }
        }
    }

    // Adds 1 for each point that the photo sees.
    void count_seen(const Block& block, int32_t* seen) const {
        if (!may_see(block.box, 0)) return;
        const InPhoto at(*this, block);
        const float across = kAcross, down = static_cast<float>(down_);
        int32_t pixel[kBlock];
        float depth[kBlock];
        for (int i = 0; i < block.count; ++i) {  // without branches, so that it is vectors
            const float u = at.column[i], v = at.row[i];
            const bool within = (at.depth[i] > kNearest) & (u >= 0) & (u < across) & (v >= 0) & (v < down);
            const float column = std::min(std::max(0.f, u), across - 1), row = std::min(std::max(0.f, v), down - 1);  // 0 for NaN
            pixel[i] = static_cast<int32_t>(row) * kAcross + static_cast<int32_t>(column);
            depth[i] = within ? (at.depth[i] - 2 * block.radius[i]) / kSlant : std::numeric_limits<float>::infinity();
        }
        for (int i = 0; i < block.count; ++i) seen[i] += depth[i] <= plane_[static_cast<size_t>(pixel[i])];
    }

  private:
    static constexpr float kMostPixels = 8;  // around a point that it hides

    // Where the points of a block are in the photo, in pixels and metres.
    struct InPhoto {
        InPhoto(const Depths& depths, const Block& block) {
            const Photo& photo = depths.photo_;
            const float *p = photo.pose, down = static_cast<float>(depths.down_);
            const float u_scale = 0.5f * kAcross / photo.half_width, v_scale = 0.5f * down / photo.half_height;
            for (int i = 0; i < block.count; ++i) {
                const float x = block.x[i], y = block.y[i], z = block.z[i];
                const float right = p[0] * x + p[1] * y + p[2] * z + p[3];
                const float below = p[4] * x + p[5] * y + p[6] * z + p[7];
                depth[i] = p[8] * x + p[9] * y + p[10] * z + p[11];
                const float inverse = 1.f / std::max(depth[i], kNearest);
                column[i] = 0.5f * kAcross + u_scale * right * inverse;
                row[i] = 0.5f * down + v_scale * below * inverse;
            }
        }
        float column[kBlock], row[kBlock], depth[kBlock];
    };

    // Whether a box, or what is at most some pixels beside it, may be in the picture.
    bool may_see(const Box& box, float beside) const {
        float centre[3], camera[3], radius2 = 0;
        for (int k = 0; k < 3; ++k) {
            centre[k] = 0.5f * (box.low[k] + box.high[k]);
            radius2 += 0.25f * (box.high[k] - box.low[k]) * (box.high[k] - box.low[k]);
        }
        photo_.to_camera(centre, camera);
        const float w = photo_.half_width * (1 + 2 * beside / kAcross), h = photo_.half_height * (1 + 2 * beside / static_cast<float>(down_));
        const float radius = std::sqrt(radius2);
        return camera[2] > kNearest - radius && std::fabs(camera[0]) - w * camera[2] <= radius * std::sqrt(1 + w * w) &&
               std::fabs(camera[1]) - h * camera[2] <= radius * std::sqrt(1 + h * h);
    }

    // Whole pixels before a place, 0 to `most`; 0 if it is no number.
    static int pixels(float place, int most) { return static_cast<int>(std::min(std::max(0.f, place), static_cast<float>(most))); }

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
    const size_t rows = static_cast<size_t>(count);
    std::vector<float> between;  // the places of which no cell tells
    std::vector<uint32_t> asked;
    if (const ReachGrid grid(static_cast<size_t>(others), points, reach); grid.usable()) {
        in_chunks(threads, count, 4096, [&](int64_t start, int64_t end) {
            for (int64_t i = start; i < end; ++i) found[i] = grid.at(places + 3 * i);
        });
        for (size_t row = 0; row < rows; ++row) {
            if (found[row] == ReachGrid::kBetween) {
                asked.push_back(static_cast<uint32_t>(row));
                between.insert(between.end(), places + 3 * row, places + 3 * row + 3);
            } else
                found[row] = found[row] == ReachGrid::kWithin;
        }
        if (asked.empty()) return;
        places = between.data(), count = static_cast<int64_t>(asked.size());
    }
    const PointsTree tree(threads, others, points);
    const std::vector<uint32_t> order = along_curve(threads, static_cast<size_t>(count), places);
    in_chunks(threads, count, 4096, [&](int64_t start, int64_t end) {
        size_t hint = 0;
        for (int64_t i = start; i < end; ++i) {
            const size_t row = order[static_cast<size_t>(i)];
            found[asked.empty() ? row : asked[row]] = tree.any_within(places + 3 * row, reach * reach, hint);
        }
    });
}

// Which points (count, 3) are reached from some of them (marked in `found`) by steps no longer than `step` from one to
// the next; they are marked in `found` too.
WORLDLOOM_API void worldloom_flood(int threads, int64_t count, const float* points, float step, uint8_t* found) {
    const PointsTree tree(threads, count, points);
    std::vector<uint8_t> reached(tree.count);  // by place on the curve
    for (size_t i = 0; i < tree.count; ++i) reached[i] = found[tree.order[i]];
    if (walk_few(tree, step, reached)) {
        for (size_t i = 0; i < tree.count; ++i) found[tree.order[i]] = reached[i];
        return;
    }
    const Touching touching(threads, tree, step);
    for (size_t i = 0; i < tree.count; ++i)
        if (reached[i]) reached[touching.set_of(i)] = 1;
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
    const std::vector<uint32_t> order = along_curve(threads, static_cast<size_t>(count), points);
    std::vector<uint8_t> hides(static_cast<size_t>(count));
    int64_t next = 0;
    for (int64_t i = 0; i < count; ++i) hides[static_cast<size_t>(i)] = solid[i] && next++ % stride == 0;
    std::vector<uint32_t> hiding;
    std::copy_if(order.begin(), order.end(), std::back_inserter(hiding), [&](uint32_t row) { return hides[row]; });
    std::vector<Block> before;
    for (size_t i = 0; i < hiding.size(); i += kBlock)
        before.emplace_back(&hiding[i], static_cast<int64_t>(std::min<size_t>(hiding.size() - i, kBlock)), points, radii);

    const Photo* const all = reinterpret_cast<const Photo*>(views);
    std::vector<Depths> depths(all, all + photos);
    in_chunks(threads, photos, 1, [&](int64_t photo, int64_t) {
        for (const Block& block : before) depths[static_cast<size_t>(photo)].add(block);
    });
    in_chunks(threads, count, kBlock, [&](int64_t start, int64_t end) {
        const Block block(&order[static_cast<size_t>(start)], end - start, points, radii);
        int32_t sum[kBlock] = {};
        for (const Depths& depth : depths) depth.count_seen(block, sum);
        for (int64_t i = start; i < end; ++i) seen[order[static_cast<size_t>(i)]] = sum[i - start];
    });
}
