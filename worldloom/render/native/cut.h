// Minimum cuts of graphs with links of two equal directions: Boykov & Kolmogorov 2004, with their later marks of time
// and distance. Two search trees grow from the terminals; where they touch flow is pushed, and what it cuts off is adopted
// again.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <vector>

namespace worldloom {

class Cut {
  public:
    explicit Cut(size_t nodes) : pull_(nodes, 0.f), first_(nodes + 1, 0) {}

    void link(uint32_t a, uint32_t b, float strength) {
        head_.push_back(b);
        head_.push_back(a);
        room_.insert(room_.end(), 2, strength);
    }
    // Towards the kept side where positive, away from it where negative.
    void pull(uint32_t node, float strength) { pull_[node] += strength; }

    // Which nodes are kept: of all minimum cuts the one that keeps most. Once only.
    std::vector<uint8_t> kept() {
        list_arcs();
        start();
        for (int64_t node = -1; node >= 0 || (node = next_active()) >= 0;) {
            const int64_t met = grow(static_cast<uint32_t>(node));
            ++time_;
            if (met < 0) {
                node = -1;
                continue;
            }
            augment(static_cast<uint32_t>(met));
            while (!orphans_.empty()) {
                const uint32_t orphan = orphans_.front();
                orphans_.pop_front();
                adopt(orphan);
            }
            if (parent_[static_cast<size_t>(node)] == kNone) node = -1;
        }
        std::vector<uint8_t> result(pull_.size());
        for (size_t i = 0; i < result.size(); ++i) result[i] = parent_[i] == kNone || !away_[i];
        return result;
    }

  private:
    static constexpr uint32_t kNone = ~0u, kTerminal = ~0u - 1, kOrphan = ~0u - 2;  // parents that are no arcs

    // Arc a goes from head_[a ^ 1] to head_[a]; `room_` is the flow that it can still take.
    void list_arcs() {
        for (const uint32_t node : head_) ++first_[node + 1];
        for (size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
        arcs_.resize(head_.size());
        std::vector<uint32_t> next(first_.begin(), first_.end() - 1);
        for (uint32_t arc = 0; arc < head_.size(); ++arc) arcs_[next[head_[arc ^ 1]]++] = arc;
    }

    void start() {
        const size_t nodes = pull_.size();
        parent_.assign(nodes, kNone);
        away_.assign(nodes, 0);
        queued_.assign(nodes, 0);
        stamp_.assign(nodes, 0);
        distance_.assign(nodes, 0);
        for (uint32_t i = 0; i < nodes; ++i) {
            if (pull_[i] == 0) continue;
            away_[i] = pull_[i] < 0;
            parent_[i] = kTerminal;
            distance_[i] = 1;
            activate(i);
        }
    }

    void activate(uint32_t node) {
        if (queued_[node]) return;
        queued_[node] = 1;
        active_.push_back(node);
    }

    int64_t next_active() {
        while (!active_.empty()) {
            const uint32_t node = active_.front();
            active_.pop_front();
            queued_[node] = 0;
            if (parent_[node] != kNone) return node;
        }
        return -1;
    }

    // The arc as the flow in a node's tree takes it from the parent's side: out of the one terminal, into the other.
    uint32_t outward(uint32_t node, uint32_t arc) const { return away_[node] ? arc ^ 1 : arc; }

    // Take free neighbours into the node's tree; the arc to the other tree, from source to sink, if it touches it.
    int64_t grow(uint32_t node) {
        for (uint32_t k = first_[node]; k < first_[node + 1]; ++k) {
            const uint32_t arc = arcs_[k], other = head_[arc];
            if (room_[outward(node, arc)] <= 0) continue;
            if (parent_[other] == kNone) {
                away_[other] = away_[node];
                parent_[other] = arc ^ 1;
                stamp_[other] = stamp_[node];
                distance_[other] = distance_[node] + 1;
                activate(other);
            } else if (away_[other] != away_[node]) {
                return outward(node, arc);
            } else if (stamp_[other] <= stamp_[node] && distance_[other] > distance_[node]) {
                parent_[other] = arc ^ 1;
                stamp_[other] = stamp_[node];
                distance_[other] = distance_[node] + 1;
            }
        }
        return -1;
    }

    // Push what fits through the path of both trees that an arc closes.
    void augment(uint32_t middle) {
        float flow = room_[middle];
        for (const uint32_t end : {head_[middle ^ 1], head_[middle]}) {
            uint32_t node = end;
            for (; parent_[node] != kTerminal; node = head_[parent_[node]])
                flow = std::min(flow, room_[outward(node, parent_[node] ^ 1)]);
            flow = std::min(flow, std::abs(pull_[node]));
        }
        room_[middle] -= flow;
        room_[middle ^ 1] += flow;
        for (const uint32_t end : {head_[middle ^ 1], head_[middle]}) {
            uint32_t node = end;
            while (parent_[node] != kTerminal) {
                const uint32_t up = parent_[node], arc = outward(node, up ^ 1);
                room_[arc ^ 1] += flow;
                room_[arc] -= flow;
                if (room_[arc] <= 0) orphan(node, true);
                node = head_[up];
            }
            pull_[node] += away_[node] ? flow : -flow;
            if (pull_[node] == 0) orphan(node, true);
        }
    }

    void orphan(uint32_t node, bool soon) {
        parent_[node] = kOrphan;
        if (soon) orphans_.push_front(node);
        else orphans_.push_back(node);
    }

    // Find another parent, as near to the terminal as there is, or become free and leave orphans.
    void adopt(uint32_t node) {
        uint32_t best = kNone;
        int32_t least = std::numeric_limits<int32_t>::max();
        for (uint32_t k = first_[node]; k < first_[node + 1]; ++k) {
            const uint32_t arc = arcs_[k], other = head_[arc];
            if (away_[other] != away_[node] || parent_[other] == kNone || room_[outward(node, arc ^ 1)] <= 0) continue;
            const int32_t found = to_terminal(other);
            if (found >= least) continue;
            best = arc;
            least = found;
        }
        if (best != kNone) {
            parent_[node] = best;
            stamp_[node] = time_;
            distance_[node] = least + 1;
            return;
        }
        parent_[node] = kNone;
        for (uint32_t k = first_[node]; k < first_[node + 1]; ++k) {
            const uint32_t arc = arcs_[k], other = head_[arc];
            if (away_[other] != away_[node] || parent_[other] == kNone) continue;
            if (room_[outward(node, arc ^ 1)] > 0) activate(other);
            if (parent_[other] < kOrphan && head_[parent_[other]] == node) orphan(other, false);
        }
    }

    // How many arcs it is from a node to its terminal; the largest number where an orphan lies between.
    int32_t to_terminal(uint32_t node) {
        int32_t steps = 0;
        uint32_t at = node;
        for (; stamp_[at] != time_; at = head_[parent_[at]], ++steps) {
            if (parent_[at] == kOrphan) return std::numeric_limits<int32_t>::max();
            if (parent_[at] != kTerminal) continue;
            stamp_[at] = time_;
            distance_[at] = 1;
            break;
        }
        const int32_t all = steps + distance_[at];
        int32_t here = all;
        for (uint32_t i = node; stamp_[i] != time_; i = head_[parent_[i]]) stamp_[i] = time_, distance_[i] = here--;
        return all;
    }

    std::vector<float> pull_, room_;
    std::vector<uint32_t> head_, first_, arcs_, parent_;
    std::vector<uint8_t> away_, queued_;  // of the sink's tree; in `active_`
    std::vector<int32_t> stamp_, distance_;
    std::deque<uint32_t> active_, orphans_;
    int32_t time_ = 1;
};

}  // namespace worldloom
