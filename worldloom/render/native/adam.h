// Where a Gaussian's gradients go: to arrays, or straight into an Adam step on the Gaussians that were seen.
#pragma once
#include "frame.h"

namespace worldloom::WORLDLOOM_ISA {

// The gradients of one Gaussian. Padded to groups of four floats.
struct GradientRow {
    float mean[3], opacity_logit;
    float quat[4];
    float log_scale[3], unused;
    float sh[48];
};

// Writes gradients, and zeros for the Gaussians between those it is given; ids must rise.
class GradientWriter {
  public:
    GradientWriter(const Gradients& out, int sh_stride, int sh_used, uint32_t first)
        : out_(out), sh_stride_(sh_stride), sh_used_(sh_used), next_(first) {}

    void zero_until(uint32_t id) {
        const size_t count = id - next_, from = next_;
        if (count == 0) return;
        memset(out_.means + 3 * from, 0, sizeof(float) * 3 * count);
        memset(out_.quats + 4 * from, 0, sizeof(float) * 4 * count);
        memset(out_.log_scales + 3 * from, 0, sizeof(float) * 3 * count);
        memset(out_.opacity_logits + from, 0, sizeof(float) * count);
        stream(out_.sh + sh_stride_ * from, nullptr, sh_stride_ * count);
        next_ = id;
    }
    void row(uint32_t id, const GradientRow& gradient) {
        zero_until(id);
        const size_t at = id;
        memcpy(out_.means + 3 * at, gradient.mean, sizeof gradient.mean);
        memcpy(out_.quats + 4 * at, gradient.quat, sizeof gradient.quat);
        memcpy(out_.log_scales + 3 * at, gradient.log_scale, sizeof gradient.log_scale);
        out_.opacity_logits[at] = gradient.opacity_logit;
        float* sh = out_.sh + sh_stride_ * at;
        stream(sh, gradient.sh, sh_used_);
        stream(sh + sh_used_, nullptr, sh_stride_ - sh_used_);
        next_ = id + 1;
    }

  private:
    const Gradients& out_;
    const size_t sh_stride_, sh_used_;
    uint32_t next_;
};

// Adam (Kingma & Ba 2015), moments of unseen Gaussians left as they are.
class AdamUpdater {
  public:
    AdamUpdater(const Adam& adam, const Model& model, int sh_used)
        : adam_(adam), model_(model), sh_used_(sh_used), correction1_(1.f / (1.f - powf(adam.beta1, adam.step))),
          correction2_(1.f / (1.f - powf(adam.beta2, adam.step))), opacity_weight_(adam.opacity_weight / model.count),
          scale_weight_(adam.scale_weight / (3.f * model.count)) {}

    void zero_until(uint32_t) {}
    void row(uint32_t id, GradientRow& gradient) const {
        const size_t at = id, sh = at * 3 * model_.coefficients;
        regularise(at, gradient);
        step(gradient.mean, 3, model_.means, adam_.first.means, adam_.second.means, 3 * at, adam_.rate_means);
        step(gradient.quat, 4, model_.quats, adam_.first.quats, adam_.second.quats, 4 * at, adam_.rate_quats);
        step(gradient.log_scale, 3, model_.log_scales, adam_.first.log_scales, adam_.second.log_scales, 3 * at, adam_.rate_log_scales);
        step(&gradient.opacity_logit, 1, model_.opacity_logits, adam_.first.opacity_logits, adam_.second.opacity_logits, at,
             adam_.rate_opacity_logits);
        step(gradient.sh, 3, model_.sh, adam_.first.sh, adam_.second.sh, sh, adam_.rate_sh0);
        step(gradient.sh + 3, sh_used_ - 3, model_.sh, adam_.first.sh, adam_.second.sh, sh + 3, adam_.rate_sh_rest);
    }

  private:
    // Gradients of opacity_weight x mean(opacity) and scale_weight x mean(scale) (Kheradmand et al. 2024).
    void regularise(size_t at, GradientRow& gradient) const {
        if (opacity_weight_ != 0) {
            const float opacity = 1.f / (1.f + expf(-model_.opacity_logits[at]));
            gradient.opacity_logit += opacity_weight_ * opacity * (1.f - opacity);
        }
        if (scale_weight_ != 0)
            for (int k = 0; k < 3; ++k) gradient.log_scale[k] += scale_weight_ * expf(model_.log_scales[3 * at + k]);
    }

    void step(const float* gradient, int count, float* values, float* first, float* second, size_t at, float rate) const {
        values += at, first += at, second += at;
        int k = 0;
        for (; k + kLanes <= count; k += kLanes) {
            const Float g = load(gradient + k);
            const Float m = fma(splat(adam_.beta1), load(first + k), splat(1.f - adam_.beta1) * g);
            const Float v = fma(splat(adam_.beta2), load(second + k), splat(1.f - adam_.beta2) * (g * g));
            const Float size = sqrt(v * splat(correction2_)) + splat(adam_.epsilon);
            store(first + k, m);
            store(second + k, v);
            store(values + k, fnma(splat(rate * correction1_), m / size, load(values + k)));
        }
        for (; k < count; ++k) {
            const float g = gradient[k];
            first[k] = adam_.beta1 * first[k] + (1.f - adam_.beta1) * g;
            second[k] = adam_.beta2 * second[k] + (1.f - adam_.beta2) * (g * g);
            values[k] -= rate * correction1_ * (first[k] / (sqrtf(second[k] * correction2_) + adam_.epsilon));
        }
    }

    const Adam& adam_;
    const Model& model_;
    const int sh_used_;
    const float correction1_, correction2_, opacity_weight_, scale_weight_;
};

}  // namespace worldloom::WORLDLOOM_ISA
