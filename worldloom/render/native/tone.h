// From light to what a screen shows.
#pragma once
#include <algorithm>
#include <cmath>

namespace worldloom {

constexpr int kTones = 4096;

// Exposed radiance (3,) to sRGB in place, as daylight.tone does; `srgb` (kTones,) by the square root of linear light.
inline void tone(float* colour, const float* srgb) {
    float film[3];
    for (int k = 0; k < 3; ++k) {
        const float light = std::max(colour[k], 0.f) * 0.62f;
        film[k] = std::min(light * (2.51f * light + 0.03f) / (light * (2.43f * light + 0.59f) + 0.14f), 1.f);
    }
    const float grey = 0.2126f * film[0] + 0.7152f * film[1] + 0.0722f * film[2];
    for (int k = 0; k < 3; ++k) {
        const float linear = std::min(std::max(grey + 1.10f * (film[k] - grey), 0.f), 1.f);
        const float place = std::sqrt(linear) * (kTones - 1);
        const int index = std::min(static_cast<int>(place), kTones - 2);
        colour[k] = srgb[index] + (srgb[index + 1] - srgb[index]) * (place - static_cast<float>(index));
    }
}

}  // namespace worldloom
