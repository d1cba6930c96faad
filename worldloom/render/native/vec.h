// Vectors of three.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

namespace worldloom {

struct Vec {
    float x, y, z;
    float operator[](int axis) const { return axis == 0 ? x : axis == 1 ? y : z; }
};

inline Vec operator+(Vec a, Vec b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline Vec operator-(Vec a, Vec b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline Vec operator*(Vec a, float s) { return {a.x * s, a.y * s, a.z * s}; }
inline float dot(Vec a, Vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vec cross(Vec a, Vec b) { return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }
inline Vec unit(Vec a) { return a * (1.f / std::sqrt(std::max(dot(a, a), 1e-20f))); }
inline Vec at(const float* array, int64_t index) {
    return {array[3 * index], array[3 * index + 1], array[3 * index + 2]};
}

}  // namespace worldloom
