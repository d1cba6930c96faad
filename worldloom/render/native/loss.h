// (1 - w) L1 + w (1 - SSIM) and its gradient in two sweeps over rows. SSIM (Wang et al. 2004) has an 11 x 11 Gaussian
// window of sigma 1.5 and zero padding, as in 3DGS. With a mask, both are means weighted by it.
#pragma once
#include "frame.h"

namespace worldloom::WORLDLOOM_ISA {

constexpr int kRadius = 5, kTaps = 2 * kRadius + 1;
constexpr float kWindow[kTaps] = {0.00102838f, 0.00759876f, 0.03600077f, 0.10936069f, 0.21300554f, 0.26601172f,
                                  0.21300554f, 0.10936069f, 0.03600077f, 0.00759876f, 0.00102838f};
constexpr float kC1 = 1e-4f, kC2 = 9e-4f;

// A few rows of floats with zeros around, so that blurring along a row needs no bounds.
class PaddedRows {
  public:
    PaddedRows(float* memory, int length) : memory_(memory), stride_(length + 2 * kPad) {}
    float* operator[](int row) const { return memory_ + static_cast<size_t>(row) * stride_ + kPad; }
    static size_t floats(int rows, int length) { return static_cast<size_t>(rows) * (length + 2 * kPad); }
    static constexpr int kPad = 3 * kRadius + kLanes;

  private:
    float* memory_;
    int stride_;
};

// Horizontal blur of an interleaved rgb row at float i.
inline Float blurred(const float* row, int i) {
    Float total = splat(kWindow[kRadius]) * load(row + i);
    for (int k = 1; k <= kRadius; ++k)
        total = fma(splat(kWindow[kRadius + k]), load(row + i - 3 * k) + load(row + i + 3 * k), total);
    return total;
}

inline Status l1_dssim(int threads, const float* image, const float* target, const float* mask, int height, int width,
                       float ssim_weight, float* gradient, double* loss) {
    const int length = 3 * width;
    const size_t plane = static_cast<size_t>(height) * length;
    Buffer<float> slopes, scratch, weights;
    Buffer<double> row_terms;
    // dSSIM/d(mean), d(variance), d(covariance) of every pixel's window; each plane padded for whole vectors.
    float* slope[3];
    for (int k = 0; k < 3; ++k) slope[k] = slopes.reserve(3 * (plane + kLanes)) + k * (plane + kLanes);
    const size_t per_worker = PaddedRows::floats(5, length);
    float* worker_rows = scratch.reserve(per_worker * threads);
    memset(worker_rows, 0, sizeof(float) * per_worker * threads);
    double* terms = row_terms.reserve(2 * static_cast<size_t>(height));
    float* weight_rows = weights.reserve(static_cast<size_t>(threads) * (length + kLanes));
    memset(weight_rows, 0, sizeof(float) * threads * (length + kLanes));

    double sum_of_weights = static_cast<double>(plane);
    if (mask != nullptr) {
        sum_of_weights = 0;
        for (int y = 0; y < height; ++y) {
            double row = 0;
            for (int x = 0; x < width; ++x) row += mask[static_cast<size_t>(y) * width + x];
            sum_of_weights += 3 * row;
        }
    }
    const double total_weight = sum_of_weights > 0 ? sum_of_weights : 1;
    const float per_value = static_cast<float>(1 / total_weight);

    // Rows are dealt to workers in turn; each row's result is its own, so who computed it does not matter.
    const auto each_row = [&](auto body) {
        on_workers(threads, [&](int worker) {
            const PaddedRows rows(worker_rows + per_worker * worker, length);
            float* weight = weight_rows + static_cast<size_t>(worker) * (length + kLanes);
            const int begin = static_cast<int>(static_cast<int64_t>(height) * worker / threads);
            const int end = static_cast<int>(static_cast<int64_t>(height) * (worker + 1) / threads);
            for (int y = begin; y < end; ++y) {
                for (int i = 0; i < length; ++i) weight[i] = mask != nullptr ? mask[static_cast<size_t>(y) * width + i / 3] : 1.f;
                body(y, rows, weight);
            }
        });
    };
    // Call body(row, weight) for the rows under a vertical window about row y.
    const auto for_taps = [height](int y, auto body) {
        for (int k = -kRadius; k <= kRadius; ++k)
            if (y + k >= 0 && y + k < height) body(y + k, kWindow[k + kRadius]);
    };
    // The last vector of a row is narrower: staged through zero-padded copies.
    const auto load_some = [](const float* p, int count) {
        if (count >= kLanes) return load(p);
        float staged[kLanes] = {};
        memcpy(staged, p, sizeof(float) * count);
        return load(staged);
    };
    const auto store_some = [](float* p, Float value, int count) {
        if (count >= kLanes) return store(p, value);
        float staged[kLanes];
        store(staged, value);
        memcpy(p, staged, sizeof(float) * count);
    };

    each_row([&](int y, const PaddedRows& rows, const float* weight) {
        for (int i = 0; i < length && ssim_weight > 0; i += kLanes) {
            Float moments[5];
            for (Float& m : moments) m = splat(0.f);
            for_taps(y, [&](int row, float tap) {
                const size_t at = static_cast<size_t>(row) * length + i;
                const Float p = load_some(image + at, length - i), t = load_some(target + at, length - i);
                const Float wp = splat(tap) * p, wt = splat(tap) * t;
                moments[0] += wp;
                moments[1] += wt;
                moments[2] = fma(wp, p, moments[2]);
                moments[3] = fma(wt, t, moments[3]);
                moments[4] = fma(wp, t, moments[4]);
            });
            for (int k = 0; k < 5; ++k) store_some(rows[k] + i, moments[k], length - i);
        }
        Float l1 = splat(0.f), similarity = splat(0.f);
        for (int i = 0; i < length; i += kLanes) {
            const int count = length - i;
            const size_t at = static_cast<size_t>(y) * length + i;
            const Float w = load_some(weight + i, count);
            l1 = fma(w, abs(load_some(image + at, count) - load_some(target + at, count)), l1);
            if (ssim_weight <= 0) continue;
            const Float m1 = blurred(rows[0], i), m2 = blurred(rows[1], i);
            const Float v1 = blurred(rows[2], i) - m1 * m1, v2 = blurred(rows[3], i) - m2 * m2, v12 = blurred(rows[4], i) - m1 * m2;
            const Float two = splat(2.f);
            const Float a1 = fma(two * m1, m2, splat(kC1)), a2 = fma(two, v12, splat(kC2));
            const Float b1 = fma(m1, m1, fma(m2, m2, splat(kC1))), b2 = v1 + v2 + splat(kC2);
            const Float inverse = splat(1.f) / (b1 * b2), s = a1 * a2 * inverse;
            similarity = fma(w, s, similarity);
            const Float by_variance = -(s * b1 * inverse), by_covariance = two * a1 * inverse;
            const Float by_mean = two * (m2 * a2 * inverse - m1 * s * b2 * inverse - m1 * by_variance) - m2 * by_covariance;
            store_some(slope[0] + at, w * by_mean, count);
            store_some(slope[1] + at, w * by_variance, count);
            store_some(slope[2] + at, w * by_covariance, count);
        }
        terms[2 * y] = sum(l1);
        terms[2 * y + 1] = sum(similarity);
    });

    each_row([&](int y, const PaddedRows& rows, const float* weight) {
        for (int i = 0; i < length && ssim_weight > 0; i += kLanes) {
            Float moments[3] = {splat(0.f), splat(0.f), splat(0.f)};
            for_taps(y, [&](int row, float tap) {
                const size_t at = static_cast<size_t>(row) * length + i;
                for (int k = 0; k < 3; ++k) moments[k] = fma(splat(tap), load_some(slope[k] + at, length - i), moments[k]);
            });
            for (int k = 0; k < 3; ++k) store_some(rows[k] + i, moments[k], length - i);
        }
        for (int i = 0; i < length; i += kLanes) {
            const int count = length - i;
            const size_t at = static_cast<size_t>(y) * length + i;
            const Float p = load_some(image + at, count), t = load_some(target + at, count), w = load_some(weight + i, count);
            const Float sign = keep(t < p, splat(1.f)) - keep(p < t, splat(1.f));
            Float g = splat((1.f - ssim_weight) * per_value) * (w * sign);
            if (ssim_weight > 0) {
                const Float s = fma(splat(2.f) * p, blurred(rows[1], i), fma(t, blurred(rows[2], i), blurred(rows[0], i)));
                g = fnma(splat(ssim_weight * per_value), s, g);
            }
            store_some(gradient + at, g, count);
        }
    });

    double l1 = 0, similarity = 0;
    for (int y = 0; y < height; ++y) l1 += terms[2 * y], similarity += terms[2 * y + 1];
    *loss = (1 - ssim_weight) * l1 / total_weight + (ssim_weight > 0 ? ssim_weight * (sum_of_weights - similarity) / total_weight : 0);
    return kDone;
}

}  // namespace worldloom::WORLDLOOM_ISA
