// What the ground of generated worlds needs: plain structs and functions per instruction set. render/native/ground.py
// mirrors them.
//
// Everything here is a function of world coordinates alone and is compiled without fused multiply-add, so that every
// instruction set, and every way to cut the world into tiles, gives the same bits.
#pragma once
#include <cstdint>

namespace worldloom {

// Fractal gradient noise. Octave k is `gain`^k as strong and `lacunarity`^k as fine.
struct Fractal {
    uint32_t seed;
    int32_t octaves;
    int32_t kind;        // 0 smooth, about -1..1; 1 ridged, 0..1 with sharp crests; 2 billows, 0..1 with sharp valleys
    float frequency[3];  // per metre, along x, y and z
    float gain, lacunarity;
    float damping;       // how much less rough steep places are (smooth, level noise only)
};

// A world-aligned grid: row r, column c is the place x = (column + c) cell, z = (row + r) cell.
struct Grid {
    int32_t rows, columns, row, column;
    float cell;  // metres
};

struct Erosion {
    int32_t rounds, steps, slides;  // of drops; steps of a drop, in cells; slides of loose stones in each round
    uint32_t seed;
    float strength;                 // 0..1
    float talus;                    // slope at which loose stones lie still
};

// How finely the ground is covered.
struct Detail {
    float bounds[4];               // min x, min z, max x, max z; half open
    float root;                    // metres: edge of the coarsest pieces
    float eye[3];
    float base, slope, coarsest;   // metres between pieces: base + slope x distance, at most `coarsest`
    float scale;                   // of all of that
};

struct GroundKernels {
    const char* name;
    // `y` null for noise in the level plane.
    void (*fractal)(int threads, const float* x, const float* y, const float* z, int64_t count, const Fractal&, float* out);
    // Cellular noise (Worley 1996) in the level plane: distances to the nearest and second nearest point, and a number
    // 0..1 that belongs to the nearest.
    void (*cells)(int threads, const float* x, const float* z, int64_t count, uint32_t seed, float frequency,
                  float jitter, float* first, float* second, float* id);
    // Catmull-Rom interpolation, clamped at the grid's edge.
    void (*sample)(int threads, const float* grid, const Grid&, const float* x, const float* z, int64_t count, float* out);
    void (*erode)(int threads, float* heights, const Grid&, const Erosion&);
    // Cut the surface into pieces by always halving the longer side, measured along the slope. Writes up to `room`
    // pieces (x, z, width, depth, longest side in order there) and returns how many there are.
    int64_t (*split)(const float* heights, const float* finer, const Grid&, const Detail&, int64_t room, float* out);
    // For each place the nearest of `many` line pieces (ax, az, bx, bz) within `reach`: which (-1: none), how far, and
    // where along it 0..1. Pieces come before others by the metres `ahead` (null: none).
    void (*nearest)(int threads, const float* x, const float* z, int64_t count, const float* pieces, const float* ahead,
                    int64_t many, float reach, int32_t* which, float* distance, float* share);
};

}  // namespace worldloom
