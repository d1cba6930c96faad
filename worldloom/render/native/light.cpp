// How surfaces look in the light of a moment, by the half million: what `generate.light` says, a surfel at a time.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "export.h"
#include "threads.h"
#include "tone.h"
#include "vec.h"

namespace worldloom {
namespace {

constexpr int64_t kChunk = 4096;
constexpr int kTurns = 32;

Vec kept(const int8_t* vectors, int64_t i) {
    return {static_cast<float>(vectors[3 * i]), static_cast<float>(vectors[3 * i + 1]), static_cast<float>(vectors[3 * i + 2])};
}

// Irradiance over pi (3,) of a surface that faces `d`: spherical harmonics (9, 3) of degree 2.
void irradiance(const float* ambient, Vec d, float* out) {
    const float basis[9] = {0.282095f,
                            0.488603f * d.y,
                            0.488603f * d.z,
                            0.488603f * d.x,
                            1.092548f * d.x * d.y,
                            1.092548f * d.y * d.z,
                            0.315392f * (3 * d.z * d.z - 1),
                            1.092548f * d.x * d.z,
                            0.546274f * (d.x * d.x - d.y * d.y)};
    for (int c = 0; c < 3; ++c) {
        float sum = 0;
        for (int k = 0; k < 9; ++k) sum += basis[k] * ambient[3 * k + c];
        out[c] = std::max(sum, 0.f);
    }
}

// Which of kTurns equal turns from +Z towards +X a direction lies in: eight times four, told apart by their tangents.
int turn_of(float x, float z) {
    const float across = std::fabs(x), along = std::fabs(z);
    const float low = std::min(across, along), high = std::max(across, along);
    int turn = (low >= 0.19891237f * high) + (low >= 0.41421356f * high) + (low >= 0.66817864f * high);
    if (across > along) turn = kTurns / 4 - 1 - turn;
    if (z < 0) turn = kTurns / 2 - 1 - turn;
    return x < 0 ? kTurns - 1 - turn : turn;
}

}  // namespace
}  // namespace worldloom

using namespace worldloom;

// Radiance (count, 3) of white surfaces outdoors. `lit` (count,) is the share of `sunlight` (3,) that reaches them, null
// where there is none; `ambient` (9, 3) the sky's irradiance; `linear` (256,) takes bytes of sRGB to light.
WORLDLOOM_API void worldloom_open_light(int threads, int64_t count, const int8_t* normals, const int8_t* bent,
                                        const uint8_t* openness, const uint8_t* leaf, const uint8_t* lamplight,
                                        const float* lit, const float* toward, const float* sunlight,
                                        const float* ambient, const float* linear, float lamps, float* radiance) {
    const Vec sun = at(toward, 0);
    float above[3];
    irradiance(ambient, {0, 1, 0}, above);
    in_chunks(threads, count, kChunk, [&](int64_t start, int64_t end) {
        for (int64_t i = start; i < end; ++i) {
            const Vec normal = unit(kept(normals, i));
            float direct = 0;
            if (lit != nullptr) {
                const float through = static_cast<float>(leaf[i]) / 255, cosine = dot(normal, sun);
                direct = lit[i] * (std::max(cosine, 0.f) * (1 - 0.3f * through) +
                                   through * (0.45f * std::max(-cosine, 0.f) + 0.22f));
            }
            float sky[3];
            irradiance(ambient, unit(normal + kept(bent, i) * (1.f / 127)), sky);
            const float open = static_cast<float>(openness[i]) / 255;
            // What the sky does not light is lit by what stands in its way, a little.
            for (int c = 0; c < 3; ++c)
                radiance[3 * i + c] = direct * sunlight[c] + sky[c] * open + 0.30f * above[c] * (1 - open) +
                                      linear[lamplight[3 * i + c]] * lamps;
        }
    });
}

// What is left of radiance (count, 3), in place, beyond haze that hides a share of `haze` per metre, from the viewpoint;
// `around` (kTurns, 3) is its colour from +Z towards +X.
WORLDLOOM_API void worldloom_hazed(int threads, int64_t count, const float* points, const float* viewpoint, float haze,
                                   const float* around, float* radiance) {
    const Vec eye = at(viewpoint, 0);
    in_chunks(threads, count, kChunk, [&](int64_t start, int64_t end) {
        for (int64_t i = start; i < end; ++i) {
            const Vec way = at(points, i) - eye;
            const float left = std::exp(-std::sqrt(dot(way, way)) * haze);
            const float* const colour = around + 3 * turn_of(way.x, way.z);
            for (int c = 0; c < 3; ++c) radiance[3 * i + c] = radiance[3 * i + c] * left + colour[c] * (1 - left);
        }
    });
}

// sRGB (count, 3) of radiance (count, 3), in place, each exposed (count,).
WORLDLOOM_API void worldloom_toned(int threads, int64_t count, const float* exposure, const float* srgb,
                                   float* radiance) {
    in_chunks(threads, count, kChunk, [&](int64_t start, int64_t end) {
        for (int64_t i = start; i < end; ++i) {
            float* const colour = radiance + 3 * i;
            for (int c = 0; c < 3; ++c) colour[c] *= exposure[i];
            tone(colour, srgb);
        }
    });
}
