// Stage 1, cull: which Gaussians may touch the screen, from their means and largest scales alone.
// Stage 2, project: their ellipses, colours and the 16 x 16 tiles that they touch.
#pragma once
#include "geometry.h"
#include "harmonics.h"

namespace worldloom::WORLDLOOM_ISA {

constexpr size_t kCullChunk = 4096;

inline uint32_t may_be_seen(const Lens& lens, const Float* mean, const Float* log_scale) {
    Float camera[3];
    to_camera(lens, mean, camera);
    const Float inverse_z = reciprocal(camera[2]);
    // Alpha falls below kAlphaMin at 3.33 standard deviations at the most; the blur adds less than two pixels.
    const Float radius = exp(max(log_scale[0], max(log_scale[1], log_scale[2]))) * splat(3.4f) * inverse_z;
    const Float x = fma(splat(lens.fx) * camera[0], inverse_z, splat(lens.cx));
    const Float y = fma(splat(lens.fy) * camera[1], inverse_z, splat(lens.cy));
    const Float rx = fma(splat(lens.stretch_x), radius, splat(2.f)), ry = fma(splat(lens.stretch_y), radius, splat(2.f));
    const Float zero = splat(0.f);
    return bits((splat(kNear) < camera[2]) & (zero <= x + rx) & (x - rx <= splat(lens.width)) & (zero <= y + ry) &
                (y - ry <= splat(lens.height)));
}

inline void cull(Frame& frame, const Model& model) {
    const Lens lens(frame.view);
    const Rows means(model.means, 3, model.count), log_scales(model.log_scales, 3, model.count);
    const size_t count = static_cast<size_t>(model.count), chunks = (count + kCullChunk - 1) / kCullChunk;
    uint32_t* survivors = frame.survivors.reserve(count);
    size_t* counts = frame.chunk_counts.reserve(chunks + 1);
    for_each(frame.threads, chunks, [&](size_t chunk) {
        const size_t begin = chunk * kCullChunk, end = begin + kCullChunk < count ? begin + kCullChunk : count;
        uint32_t* out = survivors + begin;
        for (size_t i = begin; i < end; i += kLanes) {
            const float *mean_rows[kLanes], *scale_rows[kLanes];
            for (int lane = 0; lane < kLanes; ++lane) {
                const uint32_t id = static_cast<uint32_t>(i + lane < end ? i + lane : end - 1);
                mean_rows[lane] = means(id), scale_rows[lane] = log_scales(id);
            }
            Float mean[4], log_scale[4];
            load_rows(mean_rows, mean);
            load_rows(scale_rows, log_scale);
            uint32_t seen = may_be_seen(lens, mean, log_scale);
            if (end - i < kLanes) seen &= (1u << (end - i)) - 1;
            for (; seen != 0; seen &= seen - 1) *out++ = static_cast<uint32_t>(i) + __builtin_ctz(seen);
        }
        counts[chunk] = static_cast<size_t>(out - (survivors + begin));
    });
    size_t total = 0;
    for (size_t chunk = 0; chunk <= chunks; ++chunk) {
        const size_t here = chunk < chunks ? counts[chunk] : 0;
        counts[chunk] = total;
        total += here;
    }
    frame.candidates = total;
    uint32_t* ids = frame.candidate_ids.reserve(total);
    for_each(frame.threads, chunks, [&](size_t chunk) {
        if (counts[chunk + 1] > counts[chunk])
            memcpy(ids + counts[chunk], survivors + chunk * kCullChunk, sizeof(uint32_t) * (counts[chunk + 1] - counts[chunk]));
    });
}

// Whether a splat reaches any pixel centre of the rectangles whose first centres are (x0, y0) from its mean and whose
// last are (width, height) further. Inside a rectangle q is least at the mean, or else on an edge nearest to the mean.
inline Mask reaches(const Splat& s, Float x0, Float y0, float width, float height) {
    const Float zero = splat(0.f), a = splat(s.a), b = splat(s.b), c = splat(s.c);
    const Float x1 = x0 + splat(width), y1 = y0 + splat(height);
    const Float ex = clamp(zero, x0, x1), ey = clamp(zero, y0, y1);
    const Float dy = clamp(splat(s.ridge_y) * ex, y0, y1), dx = clamp(splat(s.ridge_x) * ey, x0, x1);
    const Float on_vertical = fma(c * dy, dy, ex * fma(a, ex, b * dy));
    const Float on_horizontal = fma(dx, fma(a, dx, b * ey), c * ey * ey);
    return min(on_vertical, on_horizontal) <= splat(s.reach);
}

// The tiles of the box [x0, x1] x [y0, y1] that the splat reaches, row by row, `kLanes` tested at once.
inline void list_tiles(const Splat& s, int tiles_across, int x0, int x1, int y0, int y1, TileList& out) {
    const int across = x1 - x0 + 1, total = across * (y1 - y0 + 1);
    for (int first = 0; first < total; first += kLanes) {
        const Float index = splat(static_cast<float>(first)) + load(kCounting);
        Float row = floor((index + splat(0.5f)) * splat(1.f / across));
        Float column = index - row * splat(static_cast<float>(across));
        row = row - keep(column < splat(0.f), splat(1.f));  // rounding matters beyond a million tiles
        column = index - row * splat(static_cast<float>(across));
        const Float x = column + splat(static_cast<float>(x0)), y = row + splat(static_cast<float>(y0));
        const Float left = fma(x, splat(kTile), splat(0.5f - s.x)), top = fma(y, splat(kTile), splat(0.5f - s.y));
        uint32_t reached = bits(reaches(s, left, top, kTile - 1, kTile - 1));
        if (total - first < kLanes) reached &= (1u << (total - first)) - 1;
        uint32_t* to = out.room(kLanes);
        if (to == nullptr) return;
        out.grew(compress(reached, fma(y, splat(static_cast<float>(tiles_across)), x), to));
    }
}

// Unit vector from the camera to the mean, and 1 / distance.
inline Float view_direction(const Lens& lens, const Float* mean, Float* direction) {
    Float norm2 = splat(0.f);
    for (int k = 0; k < 3; ++k) {
        direction[k] = mean[k] - splat(lens.centre[k]);
        norm2 = fma(direction[k], direction[k], norm2);
    }
    const Float inverse = splat(1.f) / sqrt(norm2);
    for (int k = 0; k < 3; ++k) direction[k] = direction[k] * inverse;
    return inverse;
}

template <int kDegree>
inline void view_colour(const Lens& lens, const Float* mean, const Lanes& lanes, const Rows& sh, Float* colour) {
    constexpr int kFloats = 3 * (kDegree + 1) * (kDegree + 1);
    Float direction[3], basis[(kDegree + 1) * (kDegree + 1)];
    view_direction(lens, mean, direction);
    sh_basis<kDegree>(direction[0], direction[1], direction[2], basis);
    for (int channel = 0; channel < 3; ++channel) colour[channel] = splat(0.5f);
#pragma GCC unroll 12
    for (int first = 0; first < kFloats; first += 4) {
        Float columns[4];
        lanes.load(sh, first, columns);
#pragma GCC unroll 4
        for (int k = 0; k < 4; ++k)
            if (first + k < kFloats) colour[(first + k) % 3] = fma(basis[(first + k) / 3], columns[k], colour[(first + k) % 3]);
    }
    for (int channel = 0; channel < 3; ++channel) colour[channel] = max(colour[channel], splat(0.f));
}

struct ModelRows {
    explicit ModelRows(const Model& m)
        : means(m.means, 3, m.count), quats(m.quats, 4, m.count), log_scales(m.log_scales, 3, m.count),
          sh(m.sh, 3 * m.coefficients, m.count) {}
    Rows means, quats, log_scales, sh;
};

template <int kDegree>
inline DepthKey* project_block(Frame& frame, const Lens& lens, const Model& model, const ModelRows& rows, size_t begin,
                               size_t end, TileList& tiles, DepthKey* keys) {
    const Lanes lanes(frame.candidate_ids.data(), begin, end);
    Float mean[4], log_scale[4], quat[4];
    lanes.load(rows.means, 0, mean);
    lanes.load(rows.log_scales, 0, log_scale);
    lanes.load(rows.quats, 0, quat);
    const Ellipse e = project_ellipse(lens, mean, log_scale, quat);
    const Float opacity = blended_opacity(e, lanes.load(model.opacity_logits), frame.antialias);
    const Float log2_opacity = log2(opacity), reach = log2_opacity + splat(kLog2Of255);

    const Float x = fma(splat(lens.fx) * e.camera[0], e.inverse_z, splat(lens.cx));
    const Float y = fma(splat(lens.fy) * e.camera[1], e.inverse_z, splat(lens.cy));
    const Float rx = extent(reach, e.a), ry = extent(reach, e.c);
    // First and last pixel whose centre is within reach, then the tiles that hold them.
    const Float zero = splat(0.f), half = splat(0.5f), last_x = splat(lens.width - 1), last_y = splat(lens.height - 1);
    const Float x0 = max(-floor(clamp(rx - x + half, splat(-1e6f), splat(1e6f))), zero);
    const Float x1 = min(floor(clamp(x + rx - half, splat(-1e6f), splat(1e6f))), last_x);
    const Float y0 = max(-floor(clamp(ry - y + half, splat(-1e6f), splat(1e6f))), zero);
    const Float y1 = min(floor(clamp(y + ry - half, splat(-1e6f), splat(1e6f))), last_y);
    uint32_t seen = bits(e.sound & (splat(kAlphaMin) <= opacity) & (x0 <= x1) & (y0 <= y1));
    if (lanes.count < kLanes) seen &= (1u << lanes.count) - 1;

    Splat* out = frame.splats.data() + begin;
    for (int lane = 0; lane < lanes.count; ++lane) {
        out[lane].id = lanes.id[lane];
        out[lane].pairs = 0;
    }
    out[0].pairs_before = static_cast<uint32_t>(tiles.size());
    if (seen == 0) return keys;

    Float colour[3];
    view_colour<kDegree>(lens, mean, lanes, rows.sh, colour);
    const Float inverse = splat(1.f) / e.determinant;
    const Float a = splat(0.5f * kLog2E) * e.c * inverse, b = splat(-kLog2E) * e.b * inverse, c = splat(0.5f * kLog2E) * e.a * inverse;
    const Float columns[12] = {x, y, a, b, c, log2_opacity, reach, colour[0], colour[1], colour[2],
                               e.b / e.c, e.b / e.a};  // ridges: -b / 2a and -b / 2c of the inverse
    alignas(64) Splat staged[kLanes];
    for (int first = 0; first < 12; first += 4) {
        float* pointers[kLanes];
        for (int lane = 0; lane < kLanes; ++lane) pointers[lane] = &staged[lane].x + first;
        store_rows(columns + first, pointers);
    }
    float depth[kLanes], tile_x0[kLanes], tile_x1[kLanes], tile_y0[kLanes], tile_y1[kLanes];
    const Float per_tile = splat(1.f / kTile);
    store(depth, e.camera[2]);
    store(tile_x0, x0 * per_tile);
    store(tile_x1, x1 * per_tile);
    store(tile_y0, y0 * per_tile);
    store(tile_y1, y1 * per_tile);
    for (; seen != 0; seen &= seen - 1) {
        const int lane = __builtin_ctz(seen);
        Splat& splat = out[lane];
        splat = staged[lane];
        splat.depth = depth[lane];
        splat.id = lanes.id[lane];
        const size_t before = tiles.size();
        list_tiles(splat, frame.tiles_across, static_cast<int>(tile_x0[lane]), static_cast<int>(tile_x1[lane]),
                   static_cast<int>(tile_y0[lane]), static_cast<int>(tile_y1[lane]), tiles);
        splat.pairs_before = static_cast<uint32_t>(before);
        splat.pairs = static_cast<uint32_t>(tiles.size() - before);
        if (splat.pairs == 0) continue;
        memcpy(&keys->depth_bits, &splat.depth, sizeof(float));
        keys->splat = static_cast<uint32_t>(begin + lane);
        keys->first_pair = splat.pairs_before, keys->pairs = splat.pairs;
        ++keys;
    }
    if (frame.channels == kMaxChannels) {
        Float weights[3], normal[4];
        normal_weights(e, log_scale, weights);
        for (int r = 0; r < 3; ++r)
            normal[r] = fma(weights[0], e.axes[3 * r], fma(weights[1], e.axes[3 * r + 1], weights[2] * e.axes[3 * r + 2]));
        normal[3] = zero;
        float staged_normals[kLanes][4], *pointers[kLanes];
        for (int lane = 0; lane < kLanes; ++lane) pointers[lane] = staged_normals[lane];
        store_rows(normal, pointers);
        memcpy(&frame.normals[4 * begin], staged_normals, sizeof(float) * 4 * lanes.count);
    }
    return keys;
}

// Candidates [begin, end) of a worker: whole blocks, so that the blocks do not depend on the number of workers.
inline size_t share_begin(size_t count, int worker, int workers) {
    const size_t blocks = (count + kLanes - 1) / kLanes, begin = blocks * worker / workers * kLanes;
    return begin < count ? begin : count;
}

// Where the tiles of the first splat of a block start in Frame::tiles.
inline size_t first_pair_of_block(const Frame& frame, size_t begin) {
    int worker = 0;
    while (worker + 1 < frame.threads && share_begin(frame.candidates, worker + 1, frame.threads) <= begin) ++worker;
    return frame.pairs_of_workers[worker] + frame.splats[begin].pairs_before;
}

inline Status project(Frame& frame, const Model& model) {
    const Lens lens(frame.view);
    const ModelRows rows(model);
    const size_t count = frame.candidates;
    const int workers = frame.threads;
    frame.splats.reserve(count);
    if (frame.channels == kMaxChannels) frame.normals.reserve(4 * count);
    if (frame.worker_tiles_count < workers) {
        delete[] frame.worker_tiles;
        frame.worker_tiles = nullptr, frame.worker_tiles_count = 0;
        frame.worker_tiles = new TileList[workers];
        frame.worker_tiles_count = workers;
    }
    const auto block = model.sh_degree == 0   ? project_block<0>
                       : model.sh_degree == 1 ? project_block<1>
                       : model.sh_degree == 2 ? project_block<2>
                                              : project_block<3>;
    size_t* seen_by = frame.chunk_counts.reserve(workers);
    DepthKey* found = frame.other_keys.reserve(count);  // each worker's from its first candidate's place on
    on_workers(workers, [&](int worker) {
        TileList& tiles = frame.worker_tiles[worker];
        tiles.clear();
        const size_t begin = share_begin(count, worker, workers), end = share_begin(count, worker + 1, workers);
        DepthKey* next = found + begin;
        for (size_t i = begin; i < end && tiles.complete(); i += kLanes)
            next = block(frame, lens, model, rows, i, end, tiles, next);
        seen_by[worker] = static_cast<size_t>(next - (found + begin));
    });

    frame.visible = frame.pairs = 0;
    size_t* pairs_before = frame.pairs_of_workers.reserve(workers);
    for (int worker = 0; worker < workers; ++worker) {
        pairs_before[worker] = frame.pairs;
        frame.visible += seen_by[worker];
        frame.pairs += frame.worker_tiles[worker].size();
        if (!frame.worker_tiles[worker].complete()) frame.pairs = kMaxPairs + 1;
        if (frame.pairs > kMaxPairs) return kTooManyPairs;
    }
    DepthKey* keys = frame.keys.reserve(frame.visible);
    uint32_t* all_tiles = frame.tiles.reserve(frame.pairs);
    on_workers(workers, [&](int worker) {
        const TileList& tiles = frame.worker_tiles[worker];
        if (tiles.size() > 0) memcpy(all_tiles + pairs_before[worker], tiles.data(), sizeof(uint32_t) * tiles.size());
        DepthKey* to = keys;
        for (int before = 0; before < worker; ++before) to += seen_by[before];
        const DepthKey* from = found + share_begin(count, worker, workers);
        for (size_t i = 0; i < seen_by[worker]; ++i) {
            to[i] = from[i];
            to[i].first_pair += static_cast<uint32_t>(pairs_before[worker]);
        }
    });
    return kDone;
}

}  // namespace worldloom::WORLDLOOM_ISA
