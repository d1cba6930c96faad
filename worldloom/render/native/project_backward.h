// The gradient of projection: from sums per pair to the Gaussians' arrays and to the camera's pose.
#pragma once
#include "adam.h"
#include "blend_backward.h"
#include "project.h"

namespace worldloom::WORLDLOOM_ISA {

constexpr size_t kBackwardChunk = 1024;  // candidates; partial pose sums are per chunk, so threads do not change them
constexpr int kPoseTerms = 15;           // 12 of the pose itself, 3 of the camera centre
static_assert(kBackwardChunk % kLanes == 0, "chunks are whole blocks");

// Sum a block's pair terms per Gaussian, in the order of its tiles, which start at `pair`.
inline uint32_t gather_terms(const Frame& frame, size_t begin, int lanes, int terms, size_t& pair, Float* columns) {
    constexpr size_t kAhead = 48;  // pairs to fetch ahead: they lie all over memory, ordered by tile
    alignas(64) float rows[kLanes][16];
    uint32_t seen = 0;
    for (int lane = 0; lane < lanes; ++lane) {
        const uint32_t pairs = frame.splats[begin + lane].pairs;
        seen |= static_cast<uint32_t>(pairs > 0) << lane;
        float total[16] = {};  // always all 16: what follows the terms is not used, and the loop is one vector
        for (const size_t end = pair + pairs; pair < end; ++pair) {
            if (pair + kAhead < frame.pairs)
                __builtin_prefetch(frame.pair_terms.data() + static_cast<size_t>(frame.slots[pair + kAhead]) * terms);
            const float* from = frame.pair_terms.data() + static_cast<size_t>(frame.slots[pair]) * terms;
            for (int k = 0; k < 16; ++k) total[k] += from[k];
        }
        memcpy(rows[lane], total, sizeof total);
    }
    for (int lane = lanes; lane < kLanes; ++lane) memset(rows[lane], 0, sizeof rows[lane]);
    const float* pointers[kLanes];
    for (int group = 0; group < 4; ++group) {
        for (int lane = 0; lane < kLanes; ++lane) pointers[lane] = rows[lane] + 4 * group;
        load_rows(pointers, columns + 4 * group);
    }
    return seen;
}

// Colour's gradients: of the coefficients into rows.sh, of the mean (through the viewing direction) into `mean_gradient`.
template <int kDegree>
inline void view_colour_backward(const Lens& lens, const Float* mean, const Lanes& lanes, const Rows& sh,
                                 const Float* colour_gradient, GradientRow* rows, Float* mean_gradient) {
    constexpr int kCount = (kDegree + 1) * (kDegree + 1), kFloats = 3 * kCount;
    Float direction[3], basis[kCount];
    const Float inverse = view_direction(lens, mean, direction);
    sh_basis<kDegree>(direction[0], direction[1], direction[2], basis);
#pragma GCC unroll 12
    for (int first = 0; first < kFloats; first += 4) {
        Float columns[4];
        float* pointers[kLanes];
        for (int lane = 0; lane < kLanes; ++lane) pointers[lane] = rows[lane].sh + first;
#pragma GCC unroll 4
        for (int k = 0; k < 4; ++k)
            columns[k] = first + k < kFloats ? basis[(first + k) / 3] * colour_gradient[(first + k) % 3] : splat(0.f);
        store_rows(columns, pointers);
    }
    for (int k = 0; k < 3; ++k) mean_gradient[k] = splat(0.f);
    if constexpr (kDegree > 0) {
        Float weight[kCount], slope[3];
        for (int k = 0; k < kCount; ++k) weight[k] = splat(0.f);
#pragma GCC unroll 12
        for (int first = 0; first < kFloats; first += 4) {
            Float columns[4];
            lanes.load(sh, first, columns);
#pragma GCC unroll 4
            for (int k = 0; k < 4; ++k)
                if (first + k < kFloats) weight[(first + k) / 3] = fma(columns[k], colour_gradient[(first + k) % 3], weight[(first + k) / 3]);
        }
        sh_direction_gradient<kDegree>(direction[0], direction[1], direction[2], weight, slope);
        const Float radial = fma(slope[0], direction[0], fma(slope[1], direction[1], slope[2] * direction[2]));
        for (int k = 0; k < 3; ++k) mean_gradient[k] = fnma(radial, direction[k], slope[k]) * inverse;
    }
}

// From the gradient of a rotation matrix (row-major) to that of the stored, unnormalised quaternion.
inline void quat_backward(const Float* q, Float inverse_norm, const Float* m, Float* out) {
    const Float w = q[0], x = q[1], y = q[2], z = q[3], two = splat(2.f);
    const Float s01 = m[1] + m[3], s02 = m[2] + m[6], s12 = m[5] + m[7];
    const Float d21 = m[7] - m[5], d02 = m[2] - m[6], d10 = m[3] - m[1];
    const Float unit[4] = {
        two * (x * d21 + y * d02 + z * d10),
        two * (y * s01 + z * s02 + w * d21 - two * x * (m[4] + m[8])),
        two * (x * s01 + z * s12 + w * d02 - two * y * (m[0] + m[8])),
        two * (x * s02 + y * s12 + w * d10 - two * z * (m[0] + m[4])),
    };
    Float along = splat(0.f);
    for (int k = 0; k < 4; ++k) along = fma(unit[k], q[k], along);
    for (int k = 0; k < 4; ++k) out[k] = fnma(along, q[k], unit[k]) * inverse_norm;
}

// Gradients with respect to the ellipse's parts, all in one place since they share so much.
struct EllipseGradient {
    Float screen_x, screen_y;   // of the mean on the screen, per pixel
    Float camera[3];            // of the mean in the camera frame
    Float turned[9];            // of the axes in the camera frame
    Float log_scale[3];
};

// `t`: g, g dx, g dy, g dx^2, g dx dy, g dy^2 (see blend_backward.h); `depth`: gradient of the blended depth.
inline EllipseGradient ellipse_backward(const Ellipse& e, const Float* t, Float depth, bool antialias) {
    EllipseGradient out;
    const Float inverse = splat(1.f) / e.determinant, half = splat(0.5f), two = splat(2.f);
    const Float A = e.c * inverse, B = -(e.b * inverse), C = e.a * inverse;  // inverse covariance X
    out.screen_x = -fma(A, t[1], B * t[2]);
    out.screen_y = -fma(B, t[1], C * t[2]);

    // Of the covariance: -X V X with V = half the second moments.
    const Float va = half * t[3], vb = half * t[4], vc = half * t[5];
    const Float m00 = fma(A, va, B * vb), m01 = fma(A, vb, B * vc), m10 = fma(B, va, C * vb), m11 = fma(B, vb, C * vc);
    Float g00 = -fma(m00, A, m01 * B), g01 = -fma(m00, B, m01 * C), g11 = -fma(m10, B, m11 * C);
    if (antialias) {  // opacity falls with sqrt(sharp / blurred determinant), whose log's gradient is half of X0 - X
        const Float weight = -(half * t[0]), sharp = splat(1.f) / e.sharp_determinant;
        g00 = fma(weight, e.sharp_c * sharp - A, g00);
        g01 = fma(weight, -(e.b * sharp) - B, g01);
        g11 = fma(weight, e.sharp_a * sharp - C, g11);
    }

    Float j00 = splat(0.f), j02 = j00, j11 = j00, j12 = j00;
    for (int k = 0; k < 3; ++k) {
        const Float px = e.half[k], py = e.half[3 + k];
        const Float hx = two * fma(g00, px, g01 * py), hy = two * fma(g01, px, g11 * py);
        out.log_scale[k] = fma(hx, px, hy * py);
        const Float x = hx * e.scales[k], y = hy * e.scales[k];
        j00 = fma(x, e.turned[k], j00), j02 = fma(x, e.turned[6 + k], j02);
        j11 = fma(y, e.turned[3 + k], j11), j12 = fma(y, e.turned[6 + k], j12);
        out.turned[k] = e.j00 * x;
        out.turned[3 + k] = e.j11 * y;
        out.turned[6 + k] = fma(e.j02, x, e.j12 * y);
    }

    const Float rz = e.inverse_z, xz = e.camera[0] * rz, yz = e.camera[1] * rz;
    const Float px = e.j00 * rz, py = e.j11 * rz;  // focal / z^2
    out.camera[0] = fma(e.j00, out.screen_x, -keep(e.inside_x, px * j02));
    out.camera[1] = fma(e.j11, out.screen_y, -keep(e.inside_y, py * j12));
    const Float one = splat(1.f);
    const Float turns_x = select(e.inside_x, two, one), turns_y = select(e.inside_y, two, one);
    const Float along_x = fma(turns_x * e.slope_x, j02, -j00) * px, along_y = fma(turns_y * e.slope_y, j12, -j11) * py;
    out.camera[2] = depth + along_x + along_y - fma(e.j00 * xz, out.screen_x, e.j11 * yz * out.screen_y);
    return out;
}

template <class Sink>
class ProjectBackward {
  public:
    ProjectBackward(const Frame& frame, const Model& model, const ModelRows& rows, float* statistics, bool absolute)
        : frame_(frame), model_(model), rows_(rows), statistics_(statistics), lens_(frame.view), absolute_(absolute),
          terms_(terms_per_pair(frame.channels, absolute)),
          colour_(model.sh_degree == 0   ? view_colour_backward<0>
                  : model.sh_degree == 1 ? view_colour_backward<1>
                  : model.sh_degree == 2 ? view_colour_backward<2>
                                         : view_colour_backward<3>) {}

    // Candidates [begin, end), whose tiles start at `pair`, which moves on; adds to `pose` (kPoseTerms vectors) unless null.
    void block(size_t begin, size_t end, size_t& pair, Sink& sink, Float* pose) const {
        const Lanes lanes(frame_.candidate_ids.data(), begin, end);
        Float t[16];
        const uint32_t seen = gather_terms(frame_, begin, lanes.count, terms_, pair, t);
        if (seen == 0) return;
        Float mean[4], log_scale[4], quat[4], zero = splat(0.f);
        lanes.load(rows_.means, 0, mean);
        lanes.load(rows_.log_scales, 0, log_scale);
        lanes.load(rows_.quats, 0, quat);
        const Ellipse e = project_ellipse(lens_, mean, log_scale, quat);
        const EllipseGradient g = ellipse_backward(e, t, frame_.channels >= 4 ? t[9] : zero, frame_.antialias);

        float shown[3][kLanes];  // colours at zero were clamped there
        for (int lane = 0; lane < kLanes; ++lane)
            for (int k = 0; k < 3; ++k) shown[k][lane] = frame_.splats[begin + (lane < lanes.count ? lane : 0)].rgb[k];
        Float colour[3], through_colour[3];
        for (int k = 0; k < 3; ++k) colour[k] = keep(load(shown[k]) > zero, t[6 + k]);
        alignas(64) GradientRow rows[kLanes];
        colour_(lens_, mean, lanes, rows_.sh, colour, rows, through_colour);

        Float axes[9], columns[12];
        for (int j = 0; j < 3; ++j)
            for (int k = 0; k < 3; ++k)
                axes[3 * j + k] = fma(splat(lens_.pose[j]), g.turned[k],
                                      fma(splat(lens_.pose[4 + j]), g.turned[3 + k], splat(lens_.pose[8 + j]) * g.turned[6 + k]));
        if (frame_.channels == kMaxChannels) {
            Float weights[3];
            normal_weights(e, log_scale, weights);
            for (int j = 0; j < 3; ++j)
                for (int k = 0; k < 3; ++k) axes[3 * j + k] = fma(weights[k], t[10 + j], axes[3 * j + k]);
        }
        for (int j = 0; j < 3; ++j)
            columns[j] = fma(splat(lens_.pose[j]), g.camera[0],
                             fma(splat(lens_.pose[4 + j]), g.camera[1], fma(splat(lens_.pose[8 + j]), g.camera[2], through_colour[j])));
        const Float opacity = splat(1.f) / (splat(1.f) + exp(-lanes.load(model_.opacity_logits)));
        columns[3] = -(t[0] * (splat(1.f) - opacity));
        quat_backward(e.quat, e.inverse_norm, axes, columns + 4);
        for (int k = 0; k < 3; ++k) columns[8 + k] = g.log_scale[k];
        columns[11] = zero;
        for (int group = 0; group < 3; ++group) {
            float* pointers[kLanes];
            for (int lane = 0; lane < kLanes; ++lane) pointers[lane] = rows[lane].mean + 4 * group;
            store_rows(columns + 4 * group, pointers);
        }
        if (pose != nullptr) add_pose(mean, e, g, through_colour, seen, pose);
        if (statistics_ != nullptr) count(lanes, seen, e, g, t, begin);
        for (uint32_t left = seen; left != 0; left &= left - 1) {
            const int lane = __builtin_ctz(left);
            sink.row(lanes.id[lane], rows[lane]);
        }
    }

  private:
    // The pose acts through the mean, through the turned axes and, for colour, through the camera's centre.
    static void add_pose(const Float* mean, const Ellipse& e, const EllipseGradient& g, const Float* through_colour,
                         uint32_t seen, Float* pose) {
        float lanes[kLanes];
        for (int lane = 0; lane < kLanes; ++lane) lanes[lane] = static_cast<float>(seen >> lane & 1);
        const Mask real = splat(0.f) < load(lanes);
        for (int r = 0; r < 3; ++r) {
            for (int j = 0; j < 3; ++j) {
                const Float* axis = e.axes + 3 * j;
                const Float turned = fma(g.turned[3 * r], axis[0], fma(g.turned[3 * r + 1], axis[1], g.turned[3 * r + 2] * axis[2]));
                pose[4 * r + j] += keep(real, fma(g.camera[r], mean[j], turned));
            }
            pose[4 * r + 3] += keep(real, g.camera[r]);
            pose[12 + r] += keep(real, -through_colour[r]);
        }
    }

    // Norms are in units of half the picture (as in 3DGS), so that thresholds do not depend on its size.
    void count(const Lanes& lanes, uint32_t seen, const Ellipse& e, const EllipseGradient& g, const Float* t, size_t begin) const {
        const Float half_width = splat(0.5f * lens_.width), half_height = splat(0.5f * lens_.height);
        float norms[kLanes], absolutes[kLanes] = {}, variances[kLanes];
        const Float x = g.screen_x * half_width, y = g.screen_y * half_height;
        store(norms, sqrt(fma(x, x, y * y)));
        if (absolute_) {
            const Float ax = t[terms_ - 2] * half_width, ay = t[terms_ - 1] * half_height;
            store(absolutes, sqrt(fma(ax, ax, ay * ay)));
        }
        store(variances, max(e.a, e.c));
        for (; seen != 0; seen &= seen - 1) {
            const int lane = __builtin_ctz(seen);
            float* row = statistics_ + 4 * size_t{lanes.id[lane]};
            const float radius = sqrtf(2.f * kLn2 * frame_.splats[begin + lane].reach * variances[lane]);
            row[0] += norms[lane];
            row[1] += absolutes[lane];
            row[2] += 1.f;
            if (radius > row[3]) row[3] = radius;
        }
    }

    const Frame& frame_;
    const Model& model_;
    const ModelRows& rows_;
    float* const statistics_;
    const Lens lens_;
    const bool absolute_;
    const int terms_;
    void (*const colour_)(const Lens&, const Float*, const Lanes&, const Rows&, const Float*, GradientRow*, Float*);
};

// `pose_gradient`: 12 doubles, rows of (3, 4), or null.
template <class MakeSink>
void project_backward(Frame& frame, const Model& model, float* statistics, bool absolute,
                      double* pose_gradient, MakeSink make_sink) {
    const ModelRows rows(model);
    const size_t count = frame.candidates, chunks = count == 0 ? 1 : (count + kBackwardChunk - 1) / kBackwardChunk;
    double* pose_terms = pose_gradient != nullptr ? frame.pose_terms.reserve(chunks * kPoseTerms) : nullptr;
    using Sink = decltype(make_sink(0u));
    const ProjectBackward<Sink> backward(frame, model, rows, statistics, absolute);
    for_each(frame.threads, chunks, [&](size_t chunk) {
        const size_t begin = chunk * kBackwardChunk, end = begin + kBackwardChunk < count ? begin + kBackwardChunk : count;
        Sink sink = make_sink(chunk == 0 ? 0 : frame.candidate_ids[begin]);
        Float pose[kPoseTerms];
        for (Float& term : pose) term = splat(0.f);
        size_t pair = begin < end ? first_pair_of_block(frame, begin) : 0;
        for (size_t i = begin; i < end; i += kLanes) backward.block(i, end, pair, sink, pose_terms != nullptr ? pose : nullptr);
        sink.zero_until(chunk + 1 == chunks ? static_cast<uint32_t>(model.count) : frame.candidate_ids[end]);
        if (pose_terms != nullptr)
            for (int k = 0; k < kPoseTerms; ++k) pose_terms[chunk * kPoseTerms + k] = sum(pose[k]);
    });
    if (pose_gradient == nullptr) return;
    double total[kPoseTerms] = {};
    for (size_t chunk = 0; chunk < chunks; ++chunk)
        for (int k = 0; k < kPoseTerms; ++k) total[k] += pose_terms[chunk * kPoseTerms + k];
    const float* pose = frame.view.pose;
    for (int r = 0; r < 3; ++r) {  // centre = -R^T t
        pose_gradient[4 * r + 3] = total[4 * r + 3];
        for (int j = 0; j < 3; ++j) {
            pose_gradient[4 * r + j] = total[4 * r + j] - static_cast<double>(pose[4 * r + 3]) * total[12 + j];
            pose_gradient[4 * r + 3] -= static_cast<double>(pose[4 * r + j]) * total[12 + j];
        }
    }
}

}  // namespace worldloom::WORLDLOOM_ISA
