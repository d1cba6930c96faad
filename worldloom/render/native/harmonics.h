// Real spherical harmonics of degree 0 to 3 in 3DGS's order and signs (Sloan 2013), one direction per lane.
#pragma once
#include "simd.h"

namespace worldloom::WORLDLOOM_ISA {

constexpr float kSh0 = 0.28209479177387814f;
constexpr float kSh1 = 0.4886025119029199f;
constexpr float kSh2[5] = {1.0925484305920792f, -1.0925484305920792f, 0.31539156525252005f, -1.0925484305920792f,
                           0.5462742152960396f};
constexpr float kSh3[7] = {-0.5900435899266435f, 2.890611442640554f,  -0.4570457994644658f, 0.3731763325901154f,
                           -0.4570457994644658f, 1.445305721320277f, -0.5900435899266435f};

// Values of the (degree + 1)^2 basis functions at the unit vector (x, y, z).
template <int kDegree>
inline void sh_basis(Float x, Float y, Float z, Float* basis) {
    basis[0] = splat(kSh0);
    if constexpr (kDegree >= 1) {
        basis[1] = splat(-kSh1) * y;
        basis[2] = splat(kSh1) * z;
        basis[3] = splat(-kSh1) * x;
    }
    if constexpr (kDegree >= 2) {
        const Float xx = x * x, yy = y * y, zz = z * z;
        basis[4] = splat(kSh2[0]) * (x * y);
        basis[5] = splat(kSh2[1]) * (y * z);
        basis[6] = splat(kSh2[2]) * (splat(3.f) * zz - splat(1.f));
        basis[7] = splat(kSh2[3]) * (x * z);
        basis[8] = splat(kSh2[4]) * (xx - yy);
        if constexpr (kDegree >= 3) {
            const Float five = splat(5.f) * zz - splat(1.f);
            basis[9] = splat(kSh3[0]) * y * (splat(3.f) * xx - yy);
            basis[10] = splat(kSh3[1]) * (x * y) * z;
            basis[11] = splat(kSh3[2]) * y * five;
            basis[12] = splat(kSh3[3]) * z * (five - splat(2.f));
            basis[13] = splat(kSh3[4]) * x * five;
            basis[14] = splat(kSh3[5]) * z * (xx - yy);
            basis[15] = splat(kSh3[6]) * x * (xx - splat(3.f) * yy);
        }
    }
}

// Gradient with respect to (x, y, z) of sum_k weight[k] basis[k].
template <int kDegree>
inline void sh_direction_gradient(Float x, Float y, Float z, const Float* weight, Float* gradient) {
    Float gx = splat(0.f), gy = gx, gz = gx;
    if constexpr (kDegree >= 1) {
        gx = splat(-kSh1) * weight[3];
        gy = splat(-kSh1) * weight[1];
        gz = splat(kSh1) * weight[2];
    }
    if constexpr (kDegree >= 2) {
        const Float xy = splat(kSh2[0]) * weight[4], yz = splat(kSh2[1]) * weight[5], xz = splat(kSh2[3]) * weight[7];
        const Float z2 = splat(6.f * kSh2[2]) * weight[6], xx_yy = splat(2.f * kSh2[4]) * weight[8];
        gx += xy * y + xz * z + xx_yy * x;
        gy += xy * x + yz * z - xx_yy * y;
        gz += yz * y + xz * x + z2 * z;
    }
    if constexpr (kDegree >= 3) {
        const Float xx = x * x, yy = y * y, zz = z * z, five = splat(5.f) * zz - splat(1.f), ten_z = splat(10.f) * z;
        const Float w9 = splat(kSh3[0]) * weight[9], w10 = splat(kSh3[1]) * weight[10];
        const Float w11 = splat(kSh3[2]) * weight[11], w12 = splat(kSh3[3]) * weight[12];
        const Float w13 = splat(kSh3[4]) * weight[13], w14 = splat(kSh3[5]) * weight[14];
        const Float w15 = splat(kSh3[6]) * weight[15];
        const Float three_dxy = splat(3.f) * (xx - yy), six_xy = splat(6.f) * (x * y), two_z = z + z;
        gx += w9 * six_xy + w10 * (y * z) + w13 * five + w14 * (two_z * x) + w15 * three_dxy;
        gy += w9 * three_dxy + w10 * (x * z) + w11 * five - w14 * (two_z * y) - w15 * six_xy;
        gz += w10 * (x * y) + (w11 * y + w13 * x) * ten_z + w12 * (splat(15.f) * zz - splat(3.f)) + w14 * (xx - yy);
    }
    gradient[0] = gx, gradient[1] = gy, gradient[2] = gz;
}

}  // namespace worldloom::WORLDLOOM_ISA
