// Gradient noise (Perlin 2002) and cellular noise (Worley 1996). Plain loops over short runs: compilers vectorise them.
#pragma once
#include <cmath>

#include "ground.h"

namespace worldloom::WORLDLOOM_ISA {

constexpr int kRun = 256;  // places at a time

inline uint32_t mixed(uint32_t h) {
    h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
    h = (h ^ (h >> 12)) * 0x297A2D39u;
    return h ^ (h >> 15);
}

inline int32_t floored(float a) {
    const int32_t whole = static_cast<int32_t>(a);
    return whole - (a < static_cast<float>(whole));
}

// -1..1 of 10 bits of a hash.
inline float part(uint32_t hash, int shift) { return static_cast<float>(static_cast<int32_t>((hash >> shift) & 1023u)) * (2.f / 1023.f) - 1.f; }

inline float lerp(float a, float b, float t) { return a + (b - a) * t; }
inline float fade(float t) { return t * t * t * (t * (t * 6.f - 15.f) + 10.f); }
inline float fade_slope(float t) { return 30.f * t * t * (t * (t - 2.f) + 1.f); }

constexpr uint32_t kPrimeX = 0x9E3779B1u, kPrimeY = 0x85EBCA77u, kPrimeZ = 0xC2B2AE3Du;

// Value and slopes of level noise; about -1..1.
inline void noise2(float x, float z, uint32_t seed, float& value, float& slope_x, float& slope_z) {
    const int32_t ix = floored(x), iz = floored(z);
    const float fx = x - static_cast<float>(ix), fz = z - static_cast<float>(iz);
    const uint32_t kx = static_cast<uint32_t>(ix) * kPrimeX + seed, kz = static_cast<uint32_t>(iz) * kPrimeZ;
    const uint32_t a = mixed(kx + kz), b = mixed(kx + kPrimeX + kz), c = mixed(kx + kz + kPrimeZ), d = mixed(kx + kPrimeX + kz + kPrimeZ);
    const float ax = part(a, 2), az = part(a, 17), bx = part(b, 2), bz = part(b, 17);
    const float cx = part(c, 2), cz = part(c, 17), dx = part(d, 2), dz = part(d, 17);
    const float va = ax * fx + az * fz, vb = bx * (fx - 1.f) + bz * fz;
    const float vc = cx * fx + cz * (fz - 1.f), vd = dx * (fx - 1.f) + dz * (fz - 1.f);
    const float u = fade(fx), w = fade(fz), du = fade_slope(fx), dw = fade_slope(fz);
    const float k = va - vb - vc + vd;
    constexpr float kScale = 1.6f;
    value = kScale * (va + u * (vb - va) + w * (vc - va) + u * w * k);
    slope_x = kScale * (ax + u * (bx - ax) + w * (cx - ax) + u * w * (ax - bx - cx + dx) + du * (vb - va + w * k));
    slope_z = kScale * (az + u * (bz - az) + w * (cz - az) + u * w * (az - bz - cz + dz) + dw * (vc - va + u * k));
}

inline float corner(uint32_t key, float x, float y, float z) {
    const uint32_t h = mixed(key);
    return part(h, 0) * x + part(h, 10) * y + part(h, 20) * z;
}

inline float noise3(float x, float y, float z, uint32_t seed) {
    const int32_t ix = floored(x), iy = floored(y), iz = floored(z);
    const float fx = x - static_cast<float>(ix), fy = y - static_cast<float>(iy), fz = z - static_cast<float>(iz);
    const uint32_t k = static_cast<uint32_t>(ix) * kPrimeX + static_cast<uint32_t>(iy) * kPrimeY + static_cast<uint32_t>(iz) * kPrimeZ + seed;
    const float u = fade(fx), v = fade(fy), w = fade(fz);
    const float a = lerp(corner(k, fx, fy, fz), corner(k + kPrimeX, fx - 1.f, fy, fz), u);
    const float b = lerp(corner(k + kPrimeY, fx, fy - 1.f, fz), corner(k + kPrimeX + kPrimeY, fx - 1.f, fy - 1.f, fz), u);
    const float c = lerp(corner(k + kPrimeZ, fx, fy, fz - 1.f), corner(k + kPrimeX + kPrimeZ, fx - 1.f, fy, fz - 1.f), u);
    const float d = lerp(corner(k + kPrimeY + kPrimeZ, fx, fy - 1.f, fz - 1.f), corner(k + kPrimeX + kPrimeY + kPrimeZ, fx - 1.f, fy - 1.f, fz - 1.f), u);
    return 1.5f * lerp(lerp(a, b, v), lerp(c, d, v), w);
}

inline float clamped(float a, float low, float high) { return a < low ? low : a > high ? high : a; }

// One octave of one kind added to up to kRun places.
inline void add_octave(const float* x, const float* y, const float* z, int count, const Fractal& f, int octave,
                       float size, float strength, float* slope_x, float* slope_z, float* out) {
    const uint32_t seed = f.seed * 0x68E31DA4u + static_cast<uint32_t>(octave) * 0xB5297A4Du;
    const float sx = f.frequency[0] * size, sy = f.frequency[1] * size, sz = f.frequency[2] * size;
    const float shift = 17.31f * static_cast<float>(octave) + 0.37f;
    float values[kRun];
    if (y != nullptr) {
        for (int i = 0; i < count; ++i) values[i] = noise3(x[i] * sx + shift, y[i] * sy + shift, z[i] * sz + shift, seed);
    } else {
        for (int i = 0; i < count; ++i) {
            float dx, dz;
            noise2(x[i] * sx + shift, z[i] * sz + shift, seed, values[i], dx, dz);
            slope_x[i] += dx * f.damping, slope_z[i] += dz * f.damping;
            values[i] = f.kind == 0 ? values[i] / (1.f + slope_x[i] * slope_x[i] + slope_z[i] * slope_z[i]) : values[i];
        }
    }
    if (f.kind == 0) {
        for (int i = 0; i < count; ++i) out[i] += values[i] * strength;
    } else if (f.kind == 1) {
        for (int i = 0; i < count; ++i) {
            const float crest = 1.f - std::fabs(clamped(values[i] * 1.3f, -1.f, 1.f));
            out[i] += crest * crest * strength;
        }
    } else {
        for (int i = 0; i < count; ++i) out[i] += std::fabs(values[i]) * strength;
    }
}

inline void fractal_run(const float* x, const float* y, const float* z, int count, const Fractal& f, float* out) {
    float slope_x[kRun] = {}, slope_z[kRun] = {}, ridge[kRun];
    float size = 1.f, strength = 1.f, total = 0.f;
    for (int i = 0; i < count; ++i) out[i] = 0.f, ridge[i] = 1.f;
    for (int octave = 0; octave < f.octaves; ++octave) {
        if (f.kind == 1 && f.damping > 0.f) {  // crests are rough, valleys smooth (Musgrave's ridged multifractal)
            float values[kRun] = {};
            add_octave(x, y, z, count, f, octave, size, 1.f, slope_x, slope_z, values);
            for (int i = 0; i < count; ++i) {
                out[i] += values[i] * ridge[i] * strength;
                ridge[i] = lerp(1.f, clamped(values[i] * 1.6f, 0.f, 1.f), f.damping) * ridge[i];
            }
        } else {
            add_octave(x, y, z, count, f, octave, size, strength, slope_x, slope_z, out);
        }
        total += strength;
        strength *= f.gain;
        size *= f.lacunarity;
    }
    const float scale = 1.f / total;
    for (int i = 0; i < count; ++i) out[i] *= f.kind == 0 ? scale * 1.5f : scale;
}

inline float unit_of(uint32_t h) { return static_cast<float>(static_cast<int32_t>(h >> 8)) * 0x1p-24f; }

inline void cell_run(const float* x, const float* z, int count, uint32_t seed, float frequency, float jitter,
                     float* first, float* second, float* id) {
    for (int i = 0; i < count; ++i) {
        const float px = x[i] * frequency, pz = z[i] * frequency;
        const int32_t ix = floored(px), iz = floored(pz);
        float best = 9.f, next = 9.f, owner = 0.f;
        for (int dz = -1; dz <= 1; ++dz)
            for (int dx = -1; dx <= 1; ++dx) {
                const uint32_t h = mixed(static_cast<uint32_t>(ix + dx) * kPrimeX + static_cast<uint32_t>(iz + dz) * kPrimeZ + seed * kPrimeY);
                const uint32_t g = mixed(h + 0x68E31DA4u);
                const float ox = static_cast<float>(ix + dx) + 0.5f + jitter * (unit_of(h) - 0.5f) - px;
                const float oz = static_cast<float>(iz + dz) + 0.5f + jitter * (unit_of(g) - 0.5f) - pz;
                const float d = ox * ox + oz * oz;
                const bool closer = d < best;
                next = closer ? best : d < next ? d : next;
                owner = closer ? unit_of(mixed(g)) : owner;
                best = closer ? d : best;
            }
        first[i] = std::sqrt(best), second[i] = std::sqrt(next), id[i] = owner;
    }
}

}  // namespace worldloom::WORLDLOOM_ISA
