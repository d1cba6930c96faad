// Everything one rendered frame keeps between its stages, and from forward to backward.
#pragma once
#include <chrono>
#include <cstdlib>
#include <new>

#include "simd.h"
#include "threads.h"
#include "types.h"

namespace worldloom::WORLDLOOM_ISA {

// The same constants as gsplat's kernels, except kAlphaMax (0.999 there).
constexpr float kAlphaMin = 1.f / 255.f;       // less is not blended
constexpr float kAlphaMax = 0.99f;
constexpr float kTransmittanceStop = 1e-4f;    // a pixel is done before its transmittance falls to this
constexpr float kBlur = 0.3f;                  // added to the screen covariance's diagonal, pixels^2
constexpr float kNear = 0.01f;
constexpr float kLog2E = 1.44269504f, kLn2 = 0.69314718f, kLog2Of255 = 7.99435344f;
constexpr int kTile = 16;                      // pixels, square
constexpr int kMaxChannels = 7;                // rgb, depth, normal
constexpr int kMaxTerms = 6 + kMaxChannels + 2;  // what backward sums per pair of Gaussian and tile
constexpr size_t kMaxPairs = size_t{1} << 28;  // of Gaussian and tile: 12 bytes each forward, 36 more backward

// Grow-only memory, 64-byte aligned, contents lost on growth.
template <class T>
class Buffer {
  public:
    Buffer() = default;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { free(block_); }

    T* reserve(size_t count) {
        if (count > capacity_) {
            free(block_);
            capacity_ = 0;
            const size_t wanted = count + count / 4;
            block_ = malloc(wanted * sizeof(T) + 127);
            if (block_ == nullptr) throw std::bad_alloc();
            capacity_ = wanted;
            data_ = reinterpret_cast<T*>((reinterpret_cast<uintptr_t>(block_) + 63) & ~uintptr_t{63});
        }
        return data_;
    }
    void swap(Buffer& other) {
        void* const block = block_;
        T* const data = data_;
        const size_t capacity = capacity_;
        block_ = other.block_, data_ = other.data_, capacity_ = other.capacity_;
        other.block_ = block, other.data_ = data, other.capacity_ = capacity;
    }
    T* data() const { return data_; }
    T& operator[](size_t i) const { return data_[i]; }
    size_t bytes() const { return capacity_ * sizeof(T); }

  private:
    void* block_ = nullptr;
    T* data_ = nullptr;
    size_t capacity_ = 0;
};

// A growing list written by one worker. It does not throw, since workers cannot; check `complete` afterwards.
class TileList {
  public:
    TileList() = default;
    TileList(const TileList&) = delete;
    TileList& operator=(const TileList&) = delete;
    ~TileList() { free(data_); }

    void clear() { size_ = 0, complete_ = true; }
    uint32_t* room(size_t count) {  // where to write as many more, then to be `grew`; null if there is no memory
        return size_ + count <= capacity_ || grow() ? data_ + size_ : nullptr;
    }
    void grew(size_t count) { size_ += count; }
    const uint32_t* data() const { return data_; }
    size_t size() const { return size_; }
    size_t bytes() const { return capacity_ * sizeof(uint32_t); }
    bool complete() const { return complete_; }

  private:
    bool grow() {
        const size_t wanted = capacity_ < 1024 ? 1024 : capacity_ * 2;
        void* grown = size_ > kMaxPairs ? nullptr : realloc(data_, wanted * sizeof(uint32_t));
        if (grown == nullptr) return complete_ = false;
        data_ = static_cast<uint32_t*>(grown);
        capacity_ = wanted;
        return true;
    }
    uint32_t* data_ = nullptr;
    size_t size_ = 0, capacity_ = 0;
    bool complete_ = true;
};

// A Gaussian on the screen. Its weight at offset d from (x, y) is 2^(log2_opacity - q), q = a dx^2 + b dx dy + c dy^2.
struct alignas(64) Splat {
    float x, y;              // mean, pixels
    float a, b, c;           // inverse covariance, scaled to log2 units
    float log2_opacity;
    float reach;             // q beyond which alpha < kAlphaMin
    float rgb[3];
    float ridge_x, ridge_y;  // along fixed dy (dx), q is least at dx = ridge_x dy (dy = ridge_y dx)
    float depth;             // camera z, metres
    uint32_t id;             // row in the model
    uint32_t pairs;          // tiles it reaches; 0: not visible
    uint32_t pairs_before;   // of its worker's splats before it, whether visible or not
};
static_assert(sizeof(Splat) == 64, "one cache line each");

// What sorting and binning need of a visible splat, so that they need not fetch the splat itself.
struct DepthKey {
    uint32_t depth_bits, splat;
    uint32_t first_pair, pairs;  // where its tiles start in Frame::tiles, and how many
};

// Bit b: block b of a tile (see tile.h). 16 blocks of 16 lanes, 32 of 8 or 64 of 4.
#if defined(__AVX512F__)
using BlockMask = uint16_t;
#elif defined(__AVX2__)
using BlockMask = uint32_t;
#else
using BlockMask = uint64_t;
#endif

enum Stage { kCull, kProject, kSort, kBin, kBlend, kBlendBackward, kProjectBackward, kStages };

struct Frame {
    View view{};
    int threads = 1, channels = 3;
    bool antialias = false;
    float background[3] = {0, 0, 0};
    int tiles_across = 0, tiles_down = 0;
    size_t candidates = 0, visible = 0, pairs = 0;
    Buffer<size_t> pairs_of_workers;            // before each worker's first splat

    Buffer<uint32_t> survivors, candidate_ids;  // ids that pass the cheap cull, first by chunk, then compacted
    Buffer<size_t> chunk_counts;
    Buffer<Splat> splats;                       // one per candidate, in order of id
    Buffer<float> normals;                      // (candidates, 4), when asked for
    Buffer<DepthKey> keys, other_keys;
    Buffer<uint32_t> histogram;                 // per worker, of radix digits or of tiles
    Buffer<uint32_t> tiles;                     // per pair, ordered by splat
    Buffer<uint32_t> slots;                     // per pair, ordered by splat: its place in `sorted`
    Buffer<uint32_t> sorted;                    // per pair, ordered by tile, then depth, then id: its splat
    Buffer<uint32_t> tile_begin, tile_end;      // range of `sorted` of each tile, and where blending stopped
    Buffer<BlockMask> touched;                  // per pair in order of `sorted`: the blocks where blending looked at it
    Buffer<float> pair_terms;                   // per pair in order of `sorted`: backward's sums
    Buffer<double> pose_terms;                  // per chunk: partial sums of the pose gradient
    TileList* worker_tiles = nullptr;
    int worker_tiles_count = 0;
    double milliseconds[kStages] = {};

    Frame() = default;
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;
    ~Frame() { delete[] worker_tiles; }

    size_t scratch_bytes() const {
        size_t total = survivors.bytes() + candidate_ids.bytes() + chunk_counts.bytes() + splats.bytes() +
                       normals.bytes() + keys.bytes() + other_keys.bytes() + histogram.bytes() + tiles.bytes() +
                       slots.bytes() + sorted.bytes() + tile_begin.bytes() + tile_end.bytes() + touched.bytes() + pair_terms.bytes() +
                       pose_terms.bytes();
        for (int worker = 0; worker < worker_tiles_count; ++worker) total += worker_tiles[worker].bytes();
        return total;
    }
};

// Call body(worker) on each of `workers` threads, denormals flushed.
template <class Body>
void on_workers(int workers, Body body) {
    run_on_workers(
        workers,
        [](void* data, int worker) {
            const FlushDenormals flush;
            (*static_cast<Body*>(data))(worker);
        },
        &body);
}

// Call body(index) for index = 0 .. count - 1, whichever worker is free taking the next one.
template <class Body>
void for_each(int workers, size_t count, Body body) {
    size_t next = 0;
    on_workers(workers, [&](int) {
        for (size_t index; (index = __atomic_fetch_add(&next, size_t{1}, __ATOMIC_RELAXED)) < count;) body(index);
    });
}

class Stopwatch {
  public:
    double lap() {  // milliseconds since the last lap
        const auto now = std::chrono::steady_clock::now();
        const double elapsed = std::chrono::duration<double, std::milli>(now - last_).count();
        last_ = now;
        return elapsed;
    }

  private:
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

// Rows of an array of N x `stride` floats. Vectors read rows by fours, past the end of the last row: that one is read
// from a padded copy.
class Rows {
  public:
    Rows(const float* data, int stride, int64_t count) : data_(data), stride_(stride), last_(count - 1) {
        if (count > 0) memcpy(padded_, data + last_ * stride, sizeof(float) * stride);
    }
    const float* operator()(uint32_t id) const { return id == last_ ? padded_ : data_ + size_t{id} * stride_; }

  private:
    const float* data_;
    int stride_;
    int64_t last_;
    float padded_[52] = {};
};

}  // namespace worldloom::WORLDLOOM_ISA
