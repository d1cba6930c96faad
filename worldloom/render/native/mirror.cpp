// How water looks from every side: harmonics of degree 1 fitted to the sky that it mirrors. One call for a whole layer,
// since each surfel is looked at from dozens of directions.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "export.h"
#include "threads.h"
#include "tone.h"

namespace worldloom {
namespace {

// The upper half of the sky on a square: the octahedron's upper faces unfolded, edges at the horizon.
struct Sky {
    const float* colours;  // (size, size, 3)
    int size;

    void at(float x, float y, float z, float* out) const {
        const float scale = 1.f / (std::fabs(x) + y + std::fabs(z));
        const float u = x * scale, v = z * scale;
        const float column = (0.5f + 0.5f * (u + v)) * static_cast<float>(size - 1);
        const float row = (0.5f + 0.5f * (u - v)) * static_cast<float>(size - 1);
        const int c = std::min(std::max(static_cast<int>(column), 0), size - 2);
        const int r = std::min(std::max(static_cast<int>(row), 0), size - 2);
        const float fx = column - static_cast<float>(c), fy = row - static_cast<float>(r);
        const float* const low = colours + 3 * (r * size + c);
        const float* const high = low + 3 * size;
        for (int k = 0; k < 3; ++k) {
            const float first = low[k] + fx * (low[k + 3] - low[k]);
            out[k] = first + fy * (high[k] + fx * (high[k + 3] - high[k]) - first);
        }
    }
};

}  // namespace
}  // namespace worldloom

using namespace worldloom;

// Harmonics (count, 4, 3) of surfaces of that radiance (count, 3), normal and gloss under a sky, looked at along
// `directions` (3 each); `solve` (4, directions) takes what is seen, less 0.5, to harmonics.
WORLDLOOM_API void worldloom_mirrored(int threads, int64_t count, const float* body, const float* normals,
                                      const float* gloss, const float* sky, int size, const float* srgb, int directions,
                                      const float* sights, const float* solve, float exposure, float* harmonics) {
    const Sky above{sky, size};
    const auto one = [&](int64_t i) {
        const float* const n = normals + 3 * i;
        float sum[12] = {};
        for (int d = 0; d < directions; ++d) {
            const float* const s = sights + 3 * d;
            const float facing = std::min(std::max(-(n[0] * s[0] + n[1] * s[1] + n[2] * s[2]), 0.03f), 1.f);
            const float slant = 1.f - facing, square = slant * slant;
            const float share = (0.04f + 0.96f * square * square * slant) * gloss[i];
            float colour[3];
            above.at(2 * facing * n[0] + s[0], std::fabs(2 * facing * n[1] + s[1]), 2 * facing * n[2] + s[2], colour);
            for (int k = 0; k < 3; ++k) colour[k] = (body[3 * i + k] * (1 - share) + colour[k] * share) * exposure;
            tone(colour, srgb);
            for (int h = 0; h < 4; ++h)
                for (int k = 0; k < 3; ++k) sum[3 * h + k] += solve[h * directions + d] * (colour[k] - 0.5f);
        }
        std::copy(sum, sum + 12, harmonics + 12 * i);
    };
    in_chunks(threads, count, 1024, [&](int64_t start, int64_t end) {
        for (int64_t i = start; i < end; ++i) one(i);
    });
}
