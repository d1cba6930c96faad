// From a 3D Gaussian to an ellipse on the screen (Zwicker et al. 2001; Kerbl et al. 2023), one Gaussian per lane.
// Shared by the forward and the backward pass, which computes it again rather than storing it.
#pragma once
#include "frame.h"

namespace worldloom::WORLDLOOM_ISA {

// What a view means to every Gaussian, derived once a frame.
struct Lens {
    explicit Lens(const View& view) : width(view.width), height(view.height), fx(view.fx), fy(view.fy), cx(view.cx), cy(view.cy) {
        memcpy(pose, view.pose, sizeof pose);
        // The projection is linearised no further out than 0.15 image sizes past the edges, as gsplat does.
        const float margin_x = 0.15f * width / fx, margin_y = 0.15f * height / fy;
        left = -cx / fx - margin_x, right = (width - cx) / fx + margin_x;
        top = -cy / fy - margin_y, bottom = (height - cy) / fy + margin_y;
        const float tan_x = fmaxf(fabsf(left), fabsf(right)), tan_y = fmaxf(fabsf(top), fabsf(bottom));
        stretch_x = fx * sqrtf(1 + tan_x * tan_x), stretch_y = fy * sqrtf(1 + tan_y * tan_y);
        for (int k = 0; k < 3; ++k) centre[k] = -(pose[k] * pose[3] + pose[4 + k] * pose[7] + pose[8 + k] * pose[11]);
    }
    float width, height, fx, fy, cx, cy;
    float pose[12];
    float left, right, top, bottom;  // bounds of x / z and y / z in the Jacobian
    float stretch_x, stretch_y;      // the most that a length at depth 1 can measure on the screen, pixels
    float centre[3];                 // of the camera, world frame
};

inline void to_camera(const Lens& lens, const Float* mean, Float* out) {
    for (int r = 0; r < 3; ++r) {
        const float* row = lens.pose + 4 * r;
        out[r] = fma(splat(row[0]), mean[0], fma(splat(row[1]), mean[1], fma(splat(row[2]), mean[2], splat(row[3]))));
    }
}

struct Ellipse {
    Float camera[3], inverse_z;       // mean in the camera frame
    Float slope_x, slope_y;           // x / z and y / z, clamped to the lens' bounds
    Mask inside_x, inside_y;          // where they needed no clamping
    Float scales[3], quat[4], inverse_norm;  // unit quaternion and 1 / norm of the stored one
    Float axes[9];                    // columns: the Gaussian's axes in the world
    Float turned[9];                  // columns: the same in the camera frame
    Float j00, j02, j11, j12;         // Jacobian of the projection
    Float half[6];                    // (2, 3): the screen covariance before blur is half . half^T
    Float a, b, c, determinant;       // screen covariance [[a, b], [b, c]] with blur
    Float sharp_a, sharp_c, sharp_determinant;  // and without
    Mask sound;                       // in front of the camera, finite, not degenerate
};

inline void rotation_from_quat(const Float* q, Float* r) {
    const Float one = splat(1.f), two = splat(2.f), w = q[0], x = q[1], y = q[2], z = q[3];
    r[0] = one - two * (y * y + z * z), r[1] = two * (x * y - w * z), r[2] = two * (x * z + w * y);
    r[3] = two * (x * y + w * z), r[4] = one - two * (x * x + z * z), r[5] = two * (y * z - w * x);
    r[6] = two * (x * z - w * y), r[7] = two * (y * z + w * x), r[8] = one - two * (x * x + y * y);
}

inline Ellipse project_ellipse(const Lens& lens, const Float* mean, const Float* log_scale, const Float* stored_quat) {
    Ellipse e;
    to_camera(lens, mean, e.camera);
    e.inverse_z = splat(1.f) / e.camera[2];
    const Float x_over_z = e.camera[0] * e.inverse_z, y_over_z = e.camera[1] * e.inverse_z;
    e.slope_x = clamp(x_over_z, splat(lens.left), splat(lens.right));
    e.slope_y = clamp(y_over_z, splat(lens.top), splat(lens.bottom));
    e.inside_x = (splat(lens.left) <= x_over_z) & (x_over_z <= splat(lens.right));
    e.inside_y = (splat(lens.top) <= y_over_z) & (y_over_z <= splat(lens.bottom));

    Float norm2 = splat(0.f);
    for (int k = 0; k < 4; ++k) norm2 = fma(stored_quat[k], stored_quat[k], norm2);
    e.inverse_norm = splat(1.f) / sqrt(norm2);
    for (int k = 0; k < 4; ++k) e.quat[k] = stored_quat[k] * e.inverse_norm;
    for (int k = 0; k < 3; ++k) e.scales[k] = exp(log_scale[k]);
    rotation_from_quat(e.quat, e.axes);
    for (int r = 0; r < 3; ++r)
        for (int k = 0; k < 3; ++k) {
            const float* row = lens.pose + 4 * r;
            e.turned[3 * r + k] = fma(splat(row[0]), e.axes[k], fma(splat(row[1]), e.axes[3 + k], splat(row[2]) * e.axes[6 + k]));
        }

    e.j00 = splat(lens.fx) * e.inverse_z, e.j11 = splat(lens.fy) * e.inverse_z;
    e.j02 = -(e.j00 * e.slope_x), e.j12 = -(e.j11 * e.slope_y);
    for (int k = 0; k < 3; ++k) {
        e.half[k] = fma(e.j00, e.turned[k], e.j02 * e.turned[6 + k]) * e.scales[k];
        e.half[3 + k] = fma(e.j11, e.turned[3 + k], e.j12 * e.turned[6 + k]) * e.scales[k];
    }
    const Float* p = e.half;
    const Float* q = e.half + 3;
    e.sharp_a = fma(p[0], p[0], fma(p[1], p[1], p[2] * p[2]));
    e.sharp_c = fma(q[0], q[0], fma(q[1], q[1], q[2] * q[2]));
    e.b = fma(p[0], q[0], fma(p[1], q[1], p[2] * q[2]));
    // By minors (Cauchy-Binet), not a c - b^2: thin Gaussians would lose all digits.
    const Float m0 = p[1] * q[2] - p[2] * q[1], m1 = p[2] * q[0] - p[0] * q[2], m2 = p[0] * q[1] - p[1] * q[0];
    e.sharp_determinant = fma(m0, m0, fma(m1, m1, m2 * m2));
    e.a = e.sharp_a + splat(kBlur), e.c = e.sharp_c + splat(kBlur);
    e.determinant = fma(splat(kBlur), e.sharp_a + e.sharp_c, e.sharp_determinant + splat(kBlur * kBlur));
    e.sound = (splat(kNear) < e.camera[2]) & (splat(0.f) < e.determinant) & (e.determinant < splat(1e30f));
    return e;
}

// Opacity as blended: with `antialias`, times sqrt(det / det with blur), so that blur keeps the total (Yu et al. 2024).
inline Float blended_opacity(const Ellipse& e, Float logit, bool antialias) {
    const Float opacity = splat(1.f) / (splat(1.f) + exp(-logit));
    return antialias ? opacity * sqrt(e.sharp_determinant / e.determinant) : opacity;
}

// Pixels from the mean to where alpha falls below kAlphaMin, along x for the variance a, along y for c.
inline Float extent(Float reach, Float variance) { return sqrt(splat(2.f * kLn2) * reach * variance); }

// Which column of `axes` is the shortest: weights (1, 0, 0), (0, 1, 0) or (0, 0, 1), negated to face the camera.
inline void normal_weights(const Ellipse& e, const Float* log_scale, Float* weights) {
    const Float zero = splat(0.f), one = splat(1.f);
    const Mask first = (log_scale[0] <= log_scale[1]) & (log_scale[0] <= log_scale[2]);
    const Mask second = log_scale[1] <= log_scale[2];
    weights[0] = keep(first, one);
    weights[1] = select(first, zero, keep(second, one));
    weights[2] = select(first, zero, select(second, zero, one));
    Float facing = zero;
    for (int k = 0; k < 3; ++k) {
        const Float along = fma(e.turned[k], e.camera[0], fma(e.turned[3 + k], e.camera[1], e.turned[6 + k] * e.camera[2]));
        facing = fma(weights[k], along, facing);
    }
    const Float sign = select(zero < facing, splat(-1.f), one);
    for (int k = 0; k < 3; ++k) weights[k] = weights[k] * sign;
}

// `kLanes` candidates in a row; short blocks repeat their last.
struct Lanes {
    Lanes(const uint32_t* ids, size_t begin, size_t end) : count(static_cast<int>(end - begin < kLanes ? end - begin : kLanes)) {
        for (int lane = 0; lane < kLanes; ++lane) id[lane] = ids[begin + (lane < count ? lane : count - 1)];
    }
    void load(const Rows& rows, int first, Float* columns) const {  // four columns from `first`
        const float* pointers[kLanes];
        for (int lane = 0; lane < kLanes; ++lane) pointers[lane] = rows(id[lane]) + first;
        load_rows(pointers, columns);
    }
    Float load(const float* column) const {
        float values[kLanes];
        for (int lane = 0; lane < kLanes; ++lane) values[lane] = column[id[lane]];
        return WORLDLOOM_ISA::load(values);
    }
    uint32_t id[kLanes];
    int count;
};

}  // namespace worldloom::WORLDLOOM_ISA
