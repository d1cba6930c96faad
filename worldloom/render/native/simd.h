// A vector of floats as wide as the instruction set: Float (kLanes lanes) and Mask (one truth per lane).
// Everything numerical in this folder is written once on these types and compiled once per instruction set.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#if defined(__AVX2__) || defined(__SSE2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

// Each variant lives in a namespace of its own, so that the linker never picks one's code for another.
#if defined(__AVX512F__)
#define WORLDLOOM_ISA avx512
#elif defined(__AVX2__)
#define WORLDLOOM_ISA avx2
#else
#define WORLDLOOM_ISA baseline
#endif

namespace worldloom::WORLDLOOM_ISA {

#if defined(__AVX512F__)

constexpr int kLanes = 16;
struct Float { __m512 v; };
struct Mask { __mmask16 m; };

inline Float splat(float a) { return {_mm512_set1_ps(a)}; }
inline Float load(const float* p) { return {_mm512_loadu_ps(p)}; }
inline void store(float* p, Float a) { _mm512_storeu_ps(p, a.v); }
inline Float operator+(Float a, Float b) { return {_mm512_add_ps(a.v, b.v)}; }
inline Float operator-(Float a, Float b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline Float operator*(Float a, Float b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline Float operator/(Float a, Float b) { return {_mm512_div_ps(a.v, b.v)}; }
inline Float fma(Float a, Float b, Float c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }    // a b + c
inline Float fnma(Float a, Float b, Float c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }  // c - a b
inline Float min(Float a, Float b) { return {_mm512_min_ps(a.v, b.v)}; }  // b where a is NaN
inline Float max(Float a, Float b) { return {_mm512_max_ps(a.v, b.v)}; }  // b where a is NaN
inline Float sqrt(Float a) { return {_mm512_sqrt_ps(a.v)}; }
inline Float abs(Float a) { return {_mm512_abs_ps(a.v)}; }
inline Float floor(Float a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)}; }
inline Mask operator<(Float a, Float b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
inline Mask operator<=(Float a, Float b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)}; }
inline Mask operator&(Mask a, Mask b) { return {static_cast<__mmask16>(a.m & b.m)}; }
inline Mask and_not(Mask a, Mask b) { return {static_cast<__mmask16>(a.m & ~b.m)}; }  // a and not b
inline uint32_t bits(Mask a) { return a.m; }
inline Float select(Mask m, Float a, Float b) { return {_mm512_mask_mov_ps(b.v, m.m, a.v)}; }  // m ? a : b
inline Float keep(Mask m, Float a) { return {_mm512_maskz_mov_ps(m.m, a.v)}; }                 // m ? a : 0
inline Float nearest(Float a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
inline Float scale_by_power(Float a, Float n) { return {_mm512_scalef_ps(a.v, n.v)}; }  // a 2^n, n whole
inline Float exponent(Float a) { return {_mm512_getexp_ps(a.v)}; }
inline Float mantissa(Float a) { return {_mm512_getmant_ps(a.v, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_src)}; }
inline Float rough_reciprocal(Float a) { return {_mm512_rcp14_ps(a.v)}; }
inline float sum(Float a) { return _mm512_reduce_add_ps(a.v); }

// Four columns out of kLanes rows: columns[c] lane l = rows[l][c].
inline void load_rows(const float* const* rows, Float* columns) {
    __m512 t[4];
    for (int k = 0; k < 4; ++k) {
        const __m512 first = _mm512_castps128_ps512(_mm_loadu_ps(rows[k]));
        const __m512 second = _mm512_insertf32x4(first, _mm_loadu_ps(rows[k + 4]), 1);
        const __m512 third = _mm512_insertf32x4(second, _mm_loadu_ps(rows[k + 8]), 2);
        t[k] = _mm512_insertf32x4(third, _mm_loadu_ps(rows[k + 12]), 3);
    }
    const __m512 a = _mm512_unpacklo_ps(t[0], t[1]), b = _mm512_unpacklo_ps(t[2], t[3]);
    const __m512 c = _mm512_unpackhi_ps(t[0], t[1]), d = _mm512_unpackhi_ps(t[2], t[3]);
    columns[0].v = _mm512_shuffle_ps(a, b, 0x44);
    columns[1].v = _mm512_shuffle_ps(a, b, 0xEE);
    columns[2].v = _mm512_shuffle_ps(c, d, 0x44);
    columns[3].v = _mm512_shuffle_ps(c, d, 0xEE);
}

// The reverse: rows[l][c] = columns[c] lane l.
inline void store_rows(const Float* columns, float* const* rows) {
    const __m512 a = _mm512_unpacklo_ps(columns[0].v, columns[1].v), b = _mm512_unpacklo_ps(columns[2].v, columns[3].v);
    const __m512 c = _mm512_unpackhi_ps(columns[0].v, columns[1].v), d = _mm512_unpackhi_ps(columns[2].v, columns[3].v);
    const __m512 t[4] = {_mm512_shuffle_ps(a, b, 0x44), _mm512_shuffle_ps(a, b, 0xEE), _mm512_shuffle_ps(c, d, 0x44),
                         _mm512_shuffle_ps(c, d, 0xEE)};
    for (int k = 0; k < 4; ++k) {
        _mm_storeu_ps(rows[k], _mm512_castps512_ps128(t[k]));
        _mm_storeu_ps(rows[k + 4], _mm512_extractf32x4_ps(t[k], 1));
        _mm_storeu_ps(rows[k + 8], _mm512_extractf32x4_ps(t[k], 2));
        _mm_storeu_ps(rows[k + 12], _mm512_extractf32x4_ps(t[k], 3));
    }
}

inline __m256 fold(Float a) { return _mm256_add_ps(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1)); }

#elif defined(__AVX2__)

constexpr int kLanes = 8;
struct Float { __m256 v; };
struct Mask { __m256 m; };

inline Float splat(float a) { return {_mm256_set1_ps(a)}; }
inline Float load(const float* p) { return {_mm256_loadu_ps(p)}; }
inline void store(float* p, Float a) { _mm256_storeu_ps(p, a.v); }
inline Float operator+(Float a, Float b) { return {_mm256_add_ps(a.v, b.v)}; }
inline Float operator-(Float a, Float b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline Float operator*(Float a, Float b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline Float operator/(Float a, Float b) { return {_mm256_div_ps(a.v, b.v)}; }
inline Float fma(Float a, Float b, Float c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
inline Float fnma(Float a, Float b, Float c) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }
inline Float min(Float a, Float b) { return {_mm256_min_ps(a.v, b.v)}; }
inline Float max(Float a, Float b) { return {_mm256_max_ps(a.v, b.v)}; }
inline Float sqrt(Float a) { return {_mm256_sqrt_ps(a.v)}; }
inline Float abs(Float a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.f), a.v)}; }
inline Float floor(Float a) { return {_mm256_floor_ps(a.v)}; }
inline Mask operator<(Float a, Float b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
inline Mask operator<=(Float a, Float b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LE_OQ)}; }
inline Mask operator&(Mask a, Mask b) { return {_mm256_and_ps(a.m, b.m)}; }
inline Mask and_not(Mask a, Mask b) { return {_mm256_andnot_ps(b.m, a.m)}; }
inline uint32_t bits(Mask a) { return static_cast<uint32_t>(_mm256_movemask_ps(a.m)); }
inline Float select(Mask m, Float a, Float b) { return {_mm256_blendv_ps(b.v, a.v, m.m)}; }
inline Float keep(Mask m, Float a) { return {_mm256_and_ps(m.m, a.v)}; }
inline Float nearest(Float a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
inline Float scale_by_power(Float a, Float n) {
    const __m256i shift = _mm256_slli_epi32(_mm256_cvtps_epi32(n.v), 23);
    return {_mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a.v), shift))};
}
inline Float exponent(Float a) {
    const __m256i biased = _mm256_srli_epi32(_mm256_castps_si256(a.v), 23);
    return {_mm256_cvtepi32_ps(_mm256_sub_epi32(biased, _mm256_set1_epi32(127)))};
}
inline Float mantissa(Float a) {
    const __m256i fraction = _mm256_and_si256(_mm256_castps_si256(a.v), _mm256_set1_epi32(0x7fffff));
    return {_mm256_castsi256_ps(_mm256_or_si256(fraction, _mm256_set1_epi32(0x3f800000)))};
}
inline Float rough_reciprocal(Float a) { return {_mm256_rcp_ps(a.v)}; }

inline void load_rows(const float* const* rows, Float* columns) {
    __m256 t[4];
    for (int k = 0; k < 4; ++k)
        t[k] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(rows[k])), _mm_loadu_ps(rows[k + 4]), 1);
    const __m256 a = _mm256_unpacklo_ps(t[0], t[1]), b = _mm256_unpacklo_ps(t[2], t[3]);
    const __m256 c = _mm256_unpackhi_ps(t[0], t[1]), d = _mm256_unpackhi_ps(t[2], t[3]);
    columns[0].v = _mm256_shuffle_ps(a, b, 0x44);
    columns[1].v = _mm256_shuffle_ps(a, b, 0xEE);
    columns[2].v = _mm256_shuffle_ps(c, d, 0x44);
    columns[3].v = _mm256_shuffle_ps(c, d, 0xEE);
}
inline void store_rows(const Float* columns, float* const* rows) {
    const __m256 a = _mm256_unpacklo_ps(columns[0].v, columns[1].v), b = _mm256_unpacklo_ps(columns[2].v, columns[3].v);
    const __m256 c = _mm256_unpackhi_ps(columns[0].v, columns[1].v), d = _mm256_unpackhi_ps(columns[2].v, columns[3].v);
    const __m256 t[4] = {_mm256_shuffle_ps(a, b, 0x44), _mm256_shuffle_ps(a, b, 0xEE), _mm256_shuffle_ps(c, d, 0x44),
                         _mm256_shuffle_ps(c, d, 0xEE)};
    for (int k = 0; k < 4; ++k) {
        _mm_storeu_ps(rows[k], _mm256_castps256_ps128(t[k]));
        _mm_storeu_ps(rows[k + 4], _mm256_extractf128_ps(t[k], 1));
    }
}

inline __m256 fold(Float a) { return a.v; }
inline float sum(Float a) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

#elif defined(__SSE2__)

constexpr int kLanes = 4;
struct Float { __m128 v; };
struct Mask { __m128 m; };

inline Float splat(float a) { return {_mm_set1_ps(a)}; }
inline Float load(const float* p) { return {_mm_loadu_ps(p)}; }
inline void store(float* p, Float a) { _mm_storeu_ps(p, a.v); }
inline Float operator+(Float a, Float b) { return {_mm_add_ps(a.v, b.v)}; }
inline Float operator-(Float a, Float b) { return {_mm_sub_ps(a.v, b.v)}; }
inline Float operator*(Float a, Float b) { return {_mm_mul_ps(a.v, b.v)}; }
inline Float operator/(Float a, Float b) { return {_mm_div_ps(a.v, b.v)}; }
inline Float fma(Float a, Float b, Float c) { return a * b + c; }
inline Float fnma(Float a, Float b, Float c) { return c - a * b; }
inline Float min(Float a, Float b) { return {_mm_min_ps(a.v, b.v)}; }
inline Float max(Float a, Float b) { return {_mm_max_ps(a.v, b.v)}; }
inline Float sqrt(Float a) { return {_mm_sqrt_ps(a.v)}; }
inline Float abs(Float a) { return {_mm_andnot_ps(_mm_set1_ps(-0.f), a.v)}; }
inline Mask operator<(Float a, Float b) { return {_mm_cmplt_ps(a.v, b.v)}; }
inline Mask operator<=(Float a, Float b) { return {_mm_cmple_ps(a.v, b.v)}; }
inline Mask operator&(Mask a, Mask b) { return {_mm_and_ps(a.m, b.m)}; }
inline Mask and_not(Mask a, Mask b) { return {_mm_andnot_ps(b.m, a.m)}; }
inline uint32_t bits(Mask a) { return static_cast<uint32_t>(_mm_movemask_ps(a.m)); }
inline Float select(Mask m, Float a, Float b) { return {_mm_or_ps(_mm_and_ps(m.m, a.v), _mm_andnot_ps(m.m, b.v))}; }
inline Float keep(Mask m, Float a) { return {_mm_and_ps(m.m, a.v)}; }
inline Float nearest(Float a) { return {_mm_cvtepi32_ps(_mm_cvtps_epi32(a.v))}; }
inline Float floor(Float a) {  // for |a| < 2^31
    const Float truncated = {_mm_cvtepi32_ps(_mm_cvttps_epi32(a.v))};
    return truncated - keep(a < truncated, splat(1.f));
}
inline Float scale_by_power(Float a, Float n) {
    return {_mm_castsi128_ps(_mm_add_epi32(_mm_castps_si128(a.v), _mm_slli_epi32(_mm_cvtps_epi32(n.v), 23)))};
}
inline Float exponent(Float a) {
    return {_mm_cvtepi32_ps(_mm_sub_epi32(_mm_srli_epi32(_mm_castps_si128(a.v), 23), _mm_set1_epi32(127)))};
}
inline Float mantissa(Float a) {
    const __m128i fraction = _mm_and_si128(_mm_castps_si128(a.v), _mm_set1_epi32(0x7fffff));
    return {_mm_castsi128_ps(_mm_or_si128(fraction, _mm_set1_epi32(0x3f800000)))};
}
inline Float rough_reciprocal(Float a) { return {_mm_rcp_ps(a.v)}; }

inline void load_rows(const float* const* rows, Float* columns) {
    __m128 t[4] = {_mm_loadu_ps(rows[0]), _mm_loadu_ps(rows[1]), _mm_loadu_ps(rows[2]), _mm_loadu_ps(rows[3])};
    _MM_TRANSPOSE4_PS(t[0], t[1], t[2], t[3]);
    for (int k = 0; k < 4; ++k) columns[k].v = t[k];
}
inline void store_rows(const Float* columns, float* const* rows) {
    __m128 t[4] = {columns[0].v, columns[1].v, columns[2].v, columns[3].v};
    _MM_TRANSPOSE4_PS(t[0], t[1], t[2], t[3]);
    for (int k = 0; k < 4; ++k) _mm_storeu_ps(rows[k], t[k]);
}

inline float sum(Float a) {
    __m128 s = _mm_add_ps(a.v, _mm_movehl_ps(a.v, a.v));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}

#elif defined(__ARM_NEON)

constexpr int kLanes = 4;
struct Float { float32x4_t v; };
struct Mask { uint32x4_t m; };

inline Float splat(float a) { return {vdupq_n_f32(a)}; }
inline Float load(const float* p) { return {vld1q_f32(p)}; }
inline void store(float* p, Float a) { vst1q_f32(p, a.v); }
inline Float operator+(Float a, Float b) { return {vaddq_f32(a.v, b.v)}; }
inline Float operator-(Float a, Float b) { return {vsubq_f32(a.v, b.v)}; }
inline Float operator*(Float a, Float b) { return {vmulq_f32(a.v, b.v)}; }
inline Float operator/(Float a, Float b) { return {vdivq_f32(a.v, b.v)}; }
inline Float fma(Float a, Float b, Float c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
inline Float fnma(Float a, Float b, Float c) { return {vfmsq_f32(c.v, a.v, b.v)}; }
inline Float sqrt(Float a) { return {vsqrtq_f32(a.v)}; }
inline Float abs(Float a) { return {vabsq_f32(a.v)}; }
inline Float floor(Float a) { return {vrndmq_f32(a.v)}; }
inline Mask operator<(Float a, Float b) { return {vcltq_f32(a.v, b.v)}; }
inline Mask operator<=(Float a, Float b) { return {vcleq_f32(a.v, b.v)}; }
inline Mask operator&(Mask a, Mask b) { return {vandq_u32(a.m, b.m)}; }
inline Mask and_not(Mask a, Mask b) { return {vbicq_u32(a.m, b.m)}; }
inline uint32_t bits(Mask a) {
    const uint32_t weights[4] = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(a.m, vld1q_u32(weights)));
}
inline Float select(Mask m, Float a, Float b) { return {vbslq_f32(m.m, a.v, b.v)}; }
inline Float keep(Mask m, Float a) { return {vreinterpretq_f32_u32(vandq_u32(m.m, vreinterpretq_u32_f32(a.v)))}; }
inline Float min(Float a, Float b) { return select(a < b, a, b); }  // not vminq: b where a is NaN, as on x86
inline Float max(Float a, Float b) { return select(b < a, a, b); }
inline Float nearest(Float a) { return {vrndnq_f32(a.v)}; }
inline Float scale_by_power(Float a, Float n) {
    return {vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(a.v), vshlq_n_s32(vcvtq_s32_f32(n.v), 23)))};
}
inline Float exponent(Float a) {
    return {vcvtq_f32_s32(vsubq_s32(vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_f32(a.v), 23)), vdupq_n_s32(127)))};
}
inline Float mantissa(Float a) {
    const uint32x4_t fraction = vandq_u32(vreinterpretq_u32_f32(a.v), vdupq_n_u32(0x7fffff));
    return {vreinterpretq_f32_u32(vorrq_u32(fraction, vdupq_n_u32(0x3f800000)))};
}
inline Float rough_reciprocal(Float a) {
    const float32x4_t rough = vrecpeq_f32(a.v);
    return {vmulq_f32(rough, vrecpsq_f32(a.v, rough))};
}

inline void load_rows(const float* const* rows, Float* columns) {
    const float32x4x2_t a = vtrnq_f32(vld1q_f32(rows[0]), vld1q_f32(rows[1]));
    const float32x4x2_t b = vtrnq_f32(vld1q_f32(rows[2]), vld1q_f32(rows[3]));
    columns[0].v = vcombine_f32(vget_low_f32(a.val[0]), vget_low_f32(b.val[0]));
    columns[1].v = vcombine_f32(vget_low_f32(a.val[1]), vget_low_f32(b.val[1]));
    columns[2].v = vcombine_f32(vget_high_f32(a.val[0]), vget_high_f32(b.val[0]));
    columns[3].v = vcombine_f32(vget_high_f32(a.val[1]), vget_high_f32(b.val[1]));
}
inline void store_rows(const Float* columns, float* const* rows) {
    float flat[4][4];
    for (int c = 0; c < 4; ++c) store(flat[c], columns[c]);
    const float* const pointers[4] = {flat[0], flat[1], flat[2], flat[3]};
    Float transposed[4];
    load_rows(pointers, transposed);
    for (int k = 0; k < 4; ++k) store(rows[k], transposed[k]);
}

inline float sum(Float a) { return vaddvq_f32(a.v); }

#else
#error "worldloom needs SSE2 or NEON"
#endif

constexpr float kCounting[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

inline Float operator-(Float a) { return splat(0.f) - a; }
inline Float& operator+=(Float& a, Float b) { return a = a + b; }
inline Mask operator>(Float a, Float b) { return b < a; }
inline bool any(Mask m) { return bits(m) != 0; }
inline Float clamp(Float a, Float low, Float high) { return min(max(a, low), high); }

// 1 / a to about one unit in the last place (one Newton step).
inline Float reciprocal(Float a) {
    const Float r = rough_reciprocal(a);
    return r * fnma(a, r, splat(2.f));
}

// 2^x for x <= 127, relative error 2e-7 (minimax polynomial of degree 5 on [-0.5, 0.5]).
inline Float exp2(Float x) {
#if !defined(__AVX512F__)
    x = max(x, splat(-126.f));  // AVX-512 scales by powers of two exactly; the bit trick elsewhere must not wrap round
#endif
    const Float whole = nearest(x), f = x - whole;
    Float p = fma(splat(1.339887440e-3f), f, splat(9.618437357e-3f));
    p = fma(p, f, splat(5.550332548e-2f));
    p = fma(p, f, splat(2.402264791e-1f));
    p = fma(p, f, splat(6.931471825e-1f));
    return scale_by_power(fma(p, f, splat(1.f)), whole);
}

inline Float exp(Float x) { return exp2(min(x * splat(1.44269504f), splat(127.f))); }

// log2 of a positive normal number: 2 atanh((m - 1) / (m + 1)) / ln 2 on the mantissa, absolute error 1e-7.
inline Float log2(Float x) {
    const Float m = mantissa(x);
    const Mask upper = splat(1.41421356f) < m;  // bring the mantissa into [sqrt(1/2), sqrt(2)]
    const Float centred = select(upper, m * splat(0.5f), m);
    const Float whole = exponent(x) + keep(upper, splat(1.f));
    const Float s = (centred - splat(1.f)) / (centred + splat(1.f)), s2 = s * s;
    Float p = fma(splat(0.320598898f), s2, splat(0.412198583f));
    p = fma(p, s2, splat(0.577078016f));
    p = fma(p, s2, splat(0.961796694f));
    p = fma(p, s2, splat(2.885390082f));
    return fma(p, s, whole);
}

// Write the lanes of `a` that `chosen` names, one after the other, as whole numbers; returns how many. Writes up to
// kLanes numbers.
inline size_t compress(uint32_t chosen, Float a, uint32_t* out) {
#if defined(__AVX512F__)
    const __m512i whole = _mm512_maskz_compress_epi32(static_cast<__mmask16>(chosen), _mm512_cvttps_epi32(a.v));
    _mm512_storeu_si512(out, whole);
    return static_cast<size_t>(__builtin_popcount(chosen));
#else
    float lanes[kLanes];
    store(lanes, a);
    size_t count = 0;
    for (; chosen != 0; chosen &= chosen - 1) out[count++] = static_cast<uint32_t>(lanes[__builtin_ctz(chosen)]);
    return count;
#endif
}

// out[k] = sum of the lanes of terms[k], for `count` vectors.
inline void sums(const Float* terms, int count, float* out) {
    int k = 0;
#if defined(__AVX2__)
    for (; k + 8 <= count; k += 8) {  // a tree of pairwise additions sums eight vectors at once
        const Float* t = terms + k;
        const __m256 ab = _mm256_hadd_ps(fold(t[0]), fold(t[1])), cd = _mm256_hadd_ps(fold(t[2]), fold(t[3]));
        const __m256 ef = _mm256_hadd_ps(fold(t[4]), fold(t[5])), gh = _mm256_hadd_ps(fold(t[6]), fold(t[7]));
        const __m256 low = _mm256_hadd_ps(ab, cd), high = _mm256_hadd_ps(ef, gh);
        _mm_storeu_ps(out + k, _mm_add_ps(_mm256_castps256_ps128(low), _mm256_extractf128_ps(low, 1)));
        _mm_storeu_ps(out + k + 4, _mm_add_ps(_mm256_castps256_ps128(high), _mm256_extractf128_ps(high, 1)));
    }
#endif
    for (; k < count; ++k) out[k] = sum(terms[k]);
}

// Write `count` floats past the caches: gradients of a large model are read much later, if at all, and a plain store
// would first fetch what it overwrites. `from` null writes zeros.
inline void stream(float* to, const float* from, size_t count) {
    size_t k = 0;
#if defined(__AVX512F__)
    if ((reinterpret_cast<uintptr_t>(to) & 63) == 0)
        for (; k + 16 <= count; k += 16) _mm512_stream_ps(to + k, from != nullptr ? _mm512_loadu_ps(from + k) : _mm512_setzero_ps());
#elif defined(__SSE2__)
    if ((reinterpret_cast<uintptr_t>(to) & 15) == 0)
        for (; k + 4 <= count; k += 4) _mm_stream_ps(to + k, from != nullptr ? _mm_loadu_ps(from + k) : _mm_setzero_ps());
#endif
    if (from != nullptr) memcpy(to + k, from + k, sizeof(float) * (count - k));
    else memset(to + k, 0, sizeof(float) * (count - k));
}

// Flushes denormals to zero while alive: far tails of Gaussians would otherwise run in microcode, 4x slower.
class FlushDenormals {
  public:
#if defined(__SSE2__)
    FlushDenormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | 0x8040); }
    ~FlushDenormals() { _mm_setcsr(saved_); }
#elif defined(__aarch64__)
    FlushDenormals() {
        asm volatile("mrs %0, fpcr" : "=r"(saved_));
        asm volatile("msr fpcr, %0" ::"r"(saved_ | (uint64_t{1} << 24)));
    }
    ~FlushDenormals() { asm volatile("msr fpcr, %0" ::"r"(saved_)); }
#endif
    FlushDenormals(const FlushDenormals&) = delete;
    FlushDenormals& operator=(const FlushDenormals&) = delete;

  private:
#if defined(__SSE2__)
    unsigned saved_;
#else
    uint64_t saved_;
#endif
};

}  // namespace worldloom::WORLDLOOM_ISA
