// A 16 x 16 tile cut into blocks of one vector each: 4 x 4 pixels for 16 lanes, 4 x 2 for 8, 4 x 1 for 4.
#pragma once
#include "project.h"

namespace worldloom::WORLDLOOM_ISA {

constexpr int kBlockWidth = 4, kBlockHeight = kLanes / kBlockWidth;
constexpr int kBlocksAcross = kTile / kBlockWidth, kBlocks = kTile * kTile / kLanes;
constexpr int kPixels = kTile * kTile;
static_assert(kBlocks == 8 * sizeof(BlockMask), "a bit for each block");

// Where the pixels are in a tile, in order of block, then lane.
struct TileLayout {
    constexpr TileLayout() : x(), y(), left(), top() {
        for (int block = 0; block < kBlocks; ++block) {
            left[block] = static_cast<float>(block % kBlocksAcross * kBlockWidth);
            top[block] = static_cast<float>(block / kBlocksAcross * kBlockHeight);
            for (int lane = 0; lane < kLanes; ++lane) {
                x[block * kLanes + lane] = left[block] + static_cast<float>(lane % kBlockWidth);
                y[block * kLanes + lane] = top[block] + static_cast<float>(lane / kBlockWidth);
            }
        }
    }
    alignas(64) float x[kPixels];
    alignas(64) float y[kPixels];
    alignas(64) float left[kBlocks];
    alignas(64) float top[kBlocks];
};
constexpr TileLayout kLayout;

// One tile being blended.
struct Tile {
    Tile(const Frame& frame, size_t index)
        : x0(static_cast<int>(index % frame.tiles_across) * kTile), y0(static_cast<int>(index / frame.tiles_across) * kTile),
          width(frame.view.width), height(frame.view.height) {
        for (int block = 0; block < kBlocks; ++block)
            if (x0 + kLayout.left[block] < width && y0 + kLayout.top[block] < height) open |= uint64_t{1} << block;
        memset(transmittance, 0, sizeof transmittance);
        for_each_run([&](int pixel, size_t, int count) {
            for (int i = 0; i < count; ++i) transmittance[pixel + i] = 1.f;
        });
    }

    // Call body(pixel, at, count) for each row of a block inside the picture: pixels `pixel`.. of the tile are `at`.. of
    // the picture, row-major.
    template <class Body>
    void for_each_run(Body body) const {
        for (int pixel = 0; pixel < kPixels; pixel += kBlockWidth) {
            const int block = pixel / kLanes, row = pixel % kLanes / kBlockWidth;
            const int x = x0 + block % kBlocksAcross * kBlockWidth, y = y0 + block / kBlocksAcross * kBlockHeight + row;
            if (x >= width || y >= height) continue;
            const size_t at = static_cast<size_t>(y) * width + x;
            if (x + kBlockWidth <= width) body(pixel, at, kBlockWidth);  // a constant, so that its loops unroll
            else body(pixel, at, width - x);
        }
    }

    // Drop the blocks whose pixels are all done.
    void close_done_blocks() {
        for (uint64_t left = open; left != 0; left &= left - 1) {
            const int block = __builtin_ctzll(left);
            if (!any(load(transmittance + block * kLanes) > splat(0.f))) open &= ~(uint64_t{1} << block);
        }
    }

    int x0, y0, width, height;
    uint64_t open = 0;  // blocks with a pixel that is not done
    // Positive while a pixel is open; its negative once the pixel is done (see kTransmittanceStop).
    alignas(64) float transmittance[kPixels];
};

// Which blocks of a tile a splat at (x, y), relative to the tile's first pixel centre, reaches.
inline uint64_t blocks_reached(const Splat& s, float x, float y) {
    uint64_t reached = 0;
    for (int block = 0; block < kBlocks; block += kLanes) {
        const Float left = load(kLayout.left + block) - splat(x), top = load(kLayout.top + block) - splat(y);
        reached |= static_cast<uint64_t>(bits(reaches(s, left, top, kBlockWidth - 1, kBlockHeight - 1))) << block;
    }
    return reached;
}

// A splat's alpha at the pixels of one block.
struct Coverage {
    Coverage(const Splat& s, float x, float y)
        : a(splat(s.a)), b(splat(s.b)), c(splat(s.c)), log2_opacity(splat(s.log2_opacity)), reach(splat(s.reach)), x(splat(x)), y(splat(y)) {}

    struct AtBlock {
        Float dx, dy;
        Float alpha, unclamped;
        Float next;    // transmittance behind the splat
        Mask touched;  // open and within reach
        Mask blended;  // and not stopping here
    };
    AtBlock at(int block, Float transmittance) const {
        AtBlock p;
        p.dx = load(kLayout.x + block * kLanes) - x;
        p.dy = load(kLayout.y + block * kLanes) - y;
        const Float q = fma(c * p.dy, p.dy, p.dx * fma(a, p.dx, b * p.dy));
        p.touched = (q <= reach) & (transmittance > splat(0.f));
        p.unclamped = exp2(log2_opacity - q);
        p.alpha = min(p.unclamped, splat(kAlphaMax));
        p.next = fnma(transmittance, p.alpha, transmittance);
        p.blended = p.touched & (p.next > splat(kTransmittanceStop));
        return p;
    }

    Float a, b, c, log2_opacity, reach, x, y;
};

// The transmittance to store: unchanged where not touched, negated where the pixel stops.
inline Float transmittance_after(const Coverage::AtBlock& p, Float before) {
    return select(p.blended, p.next, select(p.touched, -before, before));
}

// What is blended: colour, then depth, then the normal.
template <int kChannels>
inline void splat_channels(const Frame& frame, uint32_t index, const Splat& s, Float* channel) {
    for (int k = 0; k < 3; ++k) channel[k] = splat(s.rgb[k]);
    if constexpr (kChannels >= 4) channel[3] = splat(s.depth);
    if constexpr (kChannels >= 7)
        for (int k = 0; k < 3; ++k) channel[4 + k] = splat(frame.normals[4 * size_t{index} + k]);
}

// Call body(index) for each tile; busy workers leave tiles to idle ones.
template <class Body>
void for_each_tile(Frame& frame, Body body) {
    constexpr size_t kRun = 4;
    const size_t count = static_cast<size_t>(frame.tiles_across) * frame.tiles_down;
    for_each(frame.threads, (count + kRun - 1) / kRun, [&](size_t run) {
        for (size_t tile = run * kRun; tile < count && tile < (run + 1) * kRun; ++tile) body(tile);
    });
}

constexpr uint32_t kPrefetch = 6;    // splats ahead
constexpr uint32_t kCloseEvery = 8;  // splats between looks for blocks that are done

}  // namespace worldloom::WORLDLOOM_ISA
