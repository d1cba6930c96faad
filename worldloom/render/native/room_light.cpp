// Light inside rooms: how much of the sky and of the lamps reaches every surface, straight and thrown back by others.
// Space is cut into cubes that know which ways the matter in them faces; surfaces are gathered into patches that
// exchange light along rays through the cubes (radiosity; Goral et al. 1984, gathered as by Keller 1997). Nothing
// depends on how many threads compute it.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "export.h"
#include "threads.h"
#include "vec.h"

namespace worldloom {
namespace {

void frame_of(Vec normal, Vec& side, Vec& other) {
    side = unit(cross(normal, std::fabs(normal.y) < 0.9f ? Vec{0, 1, 0} : Vec{1, 0, 0}));
    other = cross(normal, side);
}

constexpr int kFaces = 6;
constexpr float kSlant = 0.38f;
constexpr float kGrazing = 0.02f;

// The way a normal faces most: x, -x, y, -y, z, -z.
int main_face(Vec n) {
    const float a = std::fabs(n.x), b = std::fabs(n.y), c = std::fabs(n.z);
    const int axis = a >= b && a >= c ? 0 : b >= c ? 1 : 2;
    return 2 * axis + (n[axis] < 0);
}

Vec face_normal(int face) {
    const float sign = face % 2 ? -1.f : 1.f;
    return {face / 2 == 0 ? sign : 0.f, face / 2 == 1 ? sign : 0.f, face / 2 == 2 ? sign : 0.f};
}

uint8_t faces_of(Vec n) {
    uint8_t mask = 0;
    for (int axis = 0; axis < 3; ++axis)
        if (std::fabs(n[axis]) > kSlant) mask |= static_cast<uint8_t>(1 << (2 * axis + (n[axis] < 0)));
    return mask;
}

// The faces that stop a ray of that direction.
uint8_t against(Vec d) {
    uint8_t mask = 0;
    for (int axis = 0; axis < 3; ++axis)
        if (std::fabs(d[axis]) > kGrazing) mask |= static_cast<uint8_t>(1 << (2 * axis + (d[axis] > 0)));
    return mask;
}

// Cubes of space: which ways the matter in each faces, and one more than how many cubes one may go from it freely.
struct Cubes {
    const uint8_t* faces;
    const uint8_t* away;
    int64_t size[3];  // x, y, z; z changes fastest
    Vec origin;
    float edge;

    int64_t index(Vec p) const {
        const float inverse = 1.f / edge;
        const float fx = (p.x - origin.x) * inverse, fy = (p.y - origin.y) * inverse, fz = (p.z - origin.z) * inverse;
        if (fx < 0 || fy < 0 || fz < 0) return -1;
        const int64_t x = static_cast<int64_t>(fx), y = static_cast<int64_t>(fy), z = static_cast<int64_t>(fz);
        if (x >= size[0] || y >= size[1] || z >= size[2]) return -1;
        return (x * size[1] + y) * size[2] + z;
    }

    // The cube that stops the ray, -1 where it leaves the grid, -2 where it has gone `reach` metres.
    int64_t trace(Vec from, Vec d, float reach, float* gone = nullptr) const {
        const uint8_t stopping = against(d);
        float way = 0;
        int64_t found = -2;
        while (way < reach) {
            const int64_t here = index(from + d * way);
            if (here < 0 || (faces[here] & stopping)) {
                found = here;
                break;
            }
            way += edge * std::max(static_cast<float>(away[here]) - 1.f, 0.6f);
        }
        if (gone) *gone = std::min(way, reach);
        return found;
    }
};

struct Lamps {
    int count;
    const float* places;
    const float* colours;
    const float* reaches;
};

constexpr float kBulb = 0.07f;
constexpr float kNearest = 0.3f;
constexpr float kSoft = 2.f;
constexpr float kFaint = 0.01f;

float hashed(uint32_t x) {
    x ^= x >> 16, x *= 0x7feb352du, x ^= x >> 15, x *= 0x846ca68bu, x ^= x >> 16;
    return static_cast<float>(x >> 8) * (1.f / 16777216.f);
}

// Irradiance by lamps, straight: up to `most` rays to places about the bulb of each.
void lamps_at(const Cubes& cubes, const Lamps& lamps, Vec point, Vec normal, float leaf, int most, uint32_t seed, float* sum) {
    for (int k = 0; k < lamps.count; ++k) {
        const Vec lamp = at(lamps.places, k);
        const Vec straight = lamp - point;
        const float square = dot(straight, straight), reach = lamps.reaches[k];
        if (square >= reach * reach) continue;
        const float distance = std::sqrt(std::max(square, 1e-6f));
        const float level = dot(normal, straight) / distance;
        const float facing = std::max(level, 0.f) + leaf * std::max(-level, 0.f);
        if (facing <= 0.f) continue;
        const float fade = 1 - square * square / (reach * reach * reach * reach);
        const float* colour = lamps.colours + 3 * k;
        // What adds next to nothing is left out, without an edge.
        const float faint = kFaint / std::max(1e-6f, std::max(colour[0], std::max(colour[1], colour[2])));
        const float strength = facing * fade * fade / std::max(square, kNearest) - faint;
        if (strength <= 0) continue;
        const Vec from = point + normal * (level > 0 ? 1.2f * cubes.edge : -1.2f * cubes.edge);
        const int rays = square < kSoft * kSoft ? most : 1;
        float passed = 0;
        for (int ray = 0; ray < rays; ++ray) {
            const float turn = 6.2831853f * (hashed(seed) + static_cast<float>(ray) / static_cast<float>(rays));
            const float height = 2 * (static_cast<float>(ray) + 0.5f) / static_cast<float>(rays) - 1;
            const float flat = std::sqrt(1 - height * height);
            const Vec bulb = lamp + Vec{flat * std::cos(turn), height, flat * std::sin(turn)} * kBulb;
            const Vec way = bulb - from;
            const float length = std::sqrt(std::max(dot(way, way), 1e-8f));
            // What is within a hand of the bulb is the lamp itself.
            const float far = length - std::max(2 * cubes.edge, 0.16f);
            if (far <= 0 || cubes.trace(from, way * (1 / length), far) < 0) passed += 1;
        }
        for (int c = 0; c < 3; ++c) sum[c] += strength * passed / static_cast<float>(rays) * colour[c];
    }
}

// Surfaces gathered by coarse cubes and the way they face.
struct Patches {
    int64_t size[3];
    float edge;
    Vec origin;
    std::vector<int32_t> table;  // by cube and face: number, or -1
    std::vector<Vec> place, normal, albedo;
    std::vector<float> weight;
    std::vector<int64_t> home;  // where in the table each is

    int64_t cell(int64_t x, int64_t y, int64_t z) const {
        if (x < 0 || y < 0 || z < 0 || x >= size[0] || y >= size[1] || z >= size[2]) return -1;
        return (x * size[1] + y) * size[2] + z;
    }

    int64_t cell(Vec p) const {
        return cell(static_cast<int64_t>(std::floor((p.x - origin.x) / edge)),
                    static_cast<int64_t>(std::floor((p.y - origin.y) / edge)),
                    static_cast<int64_t>(std::floor((p.z - origin.z) / edge)));
    }

    void gather(int64_t count, const float* points, const float* normals, const float* albedos, const float* areas) {
        table.assign(static_cast<size_t>(size[0] * size[1] * size[2] * kFaces), -1);
        for (int64_t i = 0; i < count; ++i) {
            if (areas[i] <= 0) continue;
            const Vec n = at(normals, i), p = at(points, i);
            const int64_t c = cell(p);
            if (c < 0) continue;
            int32_t& number = table[static_cast<size_t>(c * kFaces + main_face(n))];
            if (number < 0) {
                number = static_cast<int32_t>(place.size());
                place.push_back({0, 0, 0}), normal.push_back({0, 0, 0}), albedo.push_back({0, 0, 0}), weight.push_back(0);
                home.push_back(c * kFaces + main_face(n));
            }
            const size_t k = static_cast<size_t>(number);
            const float w = areas[i];
            place[k] = place[k] + p * w, normal[k] = normal[k] + n * w, albedo[k] = albedo[k] + at(albedos, i) * w;
            weight[k] += w;
        }
        for (size_t k = 0; k < place.size(); ++k) {
            place[k] = place[k] * (1 / weight[k]), albedo[k] = albedo[k] * (1 / weight[k]), normal[k] = unit(normal[k]);
        }
    }

    // `values` (patches, 4) evened out with those of the patches beside that face alike: rays are few.
    void even_out(std::vector<float>& values) const {
        const std::vector<float> old = values;
        const int64_t steps[6] = {size[1] * size[2], -size[1] * size[2], size[2], -size[2], 1, -1};
        const int64_t cells = size[0] * size[1] * size[2];
        for (size_t k = 0; k < place.size(); ++k) {
            float sum[4] = {0, 0, 0, 0}, weights = 1;
            for (int c = 0; c < 4; ++c) sum[c] = old[4 * k + static_cast<size_t>(c)];
            for (const int64_t step : steps) {
                const int64_t beside = home[k] / kFaces + step;
                if (beside < 0 || beside >= cells) continue;
                const int32_t other = table[static_cast<size_t>(beside * kFaces + home[k] % kFaces)];
                if (other < 0) continue;
                const size_t o = static_cast<size_t>(other);
                const Vec between = place[o] - place[k];
                // Not across the edge of the grid, nor from a table's top to the floor.
                if (dot(between, between) > 4 * edge * edge || std::fabs(dot(between, normal[k])) > 0.5f * edge) continue;
                if (dot(normal[o], normal[k]) < 0.7f) continue;
                for (int c = 0; c < 4; ++c) sum[c] += 0.7f * old[4 * o + static_cast<size_t>(c)];
                weights += 0.7f;
            }
            for (int c = 0; c < 4; ++c) values[4 * k + static_cast<size_t>(c)] = sum[c] / weights;
        }
    }

    // The patch that a ray meets at `p`, or -1.
    int32_t met(Vec p, Vec d) const {
        const int64_t x = static_cast<int64_t>(std::floor((p.x - origin.x) / edge));
        const int64_t y = static_cast<int64_t>(std::floor((p.y - origin.y) / edge));
        const int64_t z = static_cast<int64_t>(std::floor((p.z - origin.z) / edge));
        int32_t best = -1;
        float most = 0.02f;
        for (int step = 0; step < 7 && best < 0; ++step) {
            const Vec off = step == 0 ? Vec{0, 0, 0} : face_normal(step - 1);
            const int64_t c = cell(x + static_cast<int64_t>(off.x), y + static_cast<int64_t>(off.y), z + static_cast<int64_t>(off.z));
            if (c < 0) continue;
            for (int face = 0; face < kFaces; ++face) {
                const int32_t k = table[static_cast<size_t>(c * kFaces + face)];
                if (k < 0) continue;
                const float facing = -dot(normal[static_cast<size_t>(k)], d);
                if (facing > most) most = facing, best = k;
            }
        }
        return best;
    }
};

constexpr int32_t kSky = -1, kGround = -2, kDark = -3;

}  // namespace
}  // namespace worldloom

using namespace worldloom;

// Which ways the matter in each cube faces, as bits: x, -x, y, -y, z, -z. `faces` comes zeroed.
WORLDLOOM_API void worldloom_faces(int64_t discs, const float* centers, const float* normals, const float* radii,
                                   const int64_t* size, const float* origin, float edge, uint8_t* faces) {
    const Cubes cubes{faces, nullptr, {size[0], size[1], size[2]}, at(origin, 0), edge};
    for (int64_t i = 0; i < discs; ++i) {
        const Vec p = at(centers, i), n = at(normals, i);
        const uint8_t mask = faces_of(n);
        Vec side, other;
        frame_of(n, side, other);
        const float step = 0.7f * edge, wide = radii[i] + 0.3f * edge;
        const int reach = std::min(static_cast<int>(wide / step), 40);
        for (int u = -reach; u <= reach; ++u)
            for (int v = -reach; v <= reach; ++v) {
                if (static_cast<float>(u * u + v * v) * step * step > wide * wide) continue;
                const int64_t here = cubes.index(p + side * (static_cast<float>(u) * step) + other * (static_cast<float>(v) * step));
                if (here >= 0) faces[here] |= mask;
            }
    }
}

// How far one may go from each cube without meeting matter: one more than that many cubes, at most 249. Found out on
// cubes of twice the edge, which is quick and little less.
WORLDLOOM_API void worldloom_away(const int64_t* size, const uint8_t* faces, uint8_t* away) {
    const int64_t nx = size[0] / 2 + 1, ny = size[1] / 2 + 1, nz = size[2] / 2 + 1;
    std::vector<uint8_t> coarse(static_cast<size_t>(nx * ny * nz), 125);
    for (int64_t x = 0; x < size[0]; ++x)
        for (int64_t y = 0; y < size[1]; ++y)
            for (int64_t z = 0; z < size[2]; ++z)
                if (faces[(x * size[1] + y) * size[2] + z]) coarse[static_cast<size_t>(((x / 2) * ny + y / 2) * nz + z / 2)] = 0;
    const auto sweep = [&](int64_t x, int64_t y, int64_t z, int way) {
        uint8_t& here = coarse[static_cast<size_t>((x * ny + y) * nz + z)];
        int best = here;
        if (best == 0) return;
        // The 13 neighbours that this sweep has been to before; the longest of the three ways counts.
        for (int64_t dx = -1; dx <= 0; ++dx)
            for (int64_t dy = -1; dy <= (dx < 0 ? 1 : 0); ++dy)
                for (int64_t dz = -1; dz <= (dx < 0 || dy < 0 ? 1 : -1); ++dz) {
                    const int64_t a = x + way * dx, b = y + way * dy, c = z + way * dz;
                    if (a < 0 || b < 0 || c < 0 || a >= nx || b >= ny || c >= nz) continue;
                    best = std::min(best, coarse[static_cast<size_t>((a * ny + b) * nz + c)] + 1);
                }
        here = static_cast<uint8_t>(best);
    };
    for (int64_t x = 0; x < nx; ++x)
        for (int64_t y = 0; y < ny; ++y)
            for (int64_t z = 0; z < nz; ++z) sweep(x, y, z, 1);
    for (int64_t x = nx - 1; x >= 0; --x)
        for (int64_t y = ny - 1; y >= 0; --y)
            for (int64_t z = nz - 1; z >= 0; --z) sweep(x, y, z, -1);
    for (int64_t x = 0; x < size[0]; ++x)
        for (int64_t y = 0; y < size[1]; ++y)
            for (int64_t z = 0; z < size[2]; ++z) {
                const int free = coarse[static_cast<size_t>(((x / 2) * ny + y / 2) * nz + z / 2)];
                away[(x * size[1] + y) * size[2] + z] = static_cast<uint8_t>(2 * std::max(free - 1, 0) + 1);
            }
}

// The share of the sky's light (count,) and the light of lamps (count, 3) that fall on each surface in a room.
//
// `areas` (count,) is 0 for what neither stops nor throws back light. Rays that leave the grid upwards see a sky of
// radiance 1, those that leave it downwards a ground of `ground`; a closed world (`open` 0) has no sky.
WORLDLOOM_API void worldloom_room_light(int threads, int64_t count, const float* points, const float* normals,
                                        const float* leaf, const float* albedo, const float* areas,
                                        const uint8_t* faces, const uint8_t* away, const int64_t* size,
                                        const float* origin, float edge, int lamp_count, const float* places,
                                        const float* colours, const float* reaches, int patch, int rays, int bounces,
                                        int open, float ground, float* sky, float* light) {
    const Cubes cubes{faces, away, {size[0], size[1], size[2]}, at(origin, 0), edge};
    const Lamps lamps{lamp_count, places, colours, reaches};
    threads = std::max(1, threads);
    Patches patches;
    for (int axis = 0; axis < 3; ++axis) patches.size[axis] = size[axis] / patch + 1;
    patches.edge = edge * static_cast<float>(patch);
    patches.origin = cubes.origin;
    patches.gather(count, points, normals, albedo, areas);
    const int64_t total = static_cast<int64_t>(patches.place.size());
    const float far = edge * static_cast<float>(size[0] + size[1] + size[2]);
    std::vector<int32_t> met(static_cast<size_t>(total * rays));
    std::vector<float> first(static_cast<size_t>(4 * total), 0.f);  // what comes straight: sky, red, green, blue
    in_chunks(threads, total, 64, [&](int64_t start, int64_t end) {
        for (int64_t k = start; k < end; ++k) {
            const Vec n = patches.normal[static_cast<size_t>(k)], p = patches.place[static_cast<size_t>(k)];
            Vec side, other;
            frame_of(n, side, other);
            const Vec from = p + n * (1.2f * edge);
            const float turned = hashed(static_cast<uint32_t>(k) * 2654435761u + 17u);
            const float shifted = hashed(static_cast<uint32_t>(k) * 2246822519u + 5u);
            float seen = 0;
            for (int r = 0; r < rays; ++r) {
                // As the cosine is, along a spiral of golden angles.
                const float share = (static_cast<float>(r) + shifted) / static_cast<float>(rays);
                const float flat = std::sqrt(share), up = std::sqrt(1 - share);
                const float turn = 6.2831853f * (static_cast<float>(r) * 0.618034f + turned);
                const Vec d = side * (flat * std::cos(turn)) + other * (flat * std::sin(turn)) + n * up;
                float gone = 0;
                const int64_t stop = cubes.trace(from, d, far, &gone);
                int32_t found = kDark;
                if (stop >= 0) {
                    const int32_t other_patch = patches.met(from + d * gone, d);
                    if (other_patch >= 0) found = other_patch;
                } else {
                    found = d.y > 0 ? kSky : kGround;
                }
                met[static_cast<size_t>(k * rays + r)] = found;
                if (open && found == kSky) seen += 1;
                if (open && found == kGround) seen += ground;
            }
            float* straight = &first[static_cast<size_t>(4 * k)];
            straight[0] = seen / static_cast<float>(rays);
            lamps_at(cubes, lamps, p, n, 0.f, 1, static_cast<uint32_t>(k), straight + 1);
        }
    });
    std::vector<float> back(static_cast<size_t>(4 * total), 0.f), sent(static_cast<size_t>(4 * total), 0.f);
    for (int bounce = 0; bounce < bounces; ++bounce) {
        for (int64_t k = 0; k < total; ++k) {
            const Vec a = patches.albedo[static_cast<size_t>(k)];
            const float grey = 0.3f * a.x + 0.6f * a.y + 0.1f * a.z;
            const size_t i = static_cast<size_t>(4 * k);
            sent[i] = grey * (first[i] + back[i]);
            for (int c = 0; c < 3; ++c) sent[i + 1 + static_cast<size_t>(c)] = a[c] * (first[i + 1 + static_cast<size_t>(c)] + back[i + 1 + static_cast<size_t>(c)]);
        }
        in_chunks(threads, total, 256, [&](int64_t start, int64_t end) {
            for (int64_t k = start; k < end; ++k) {
                float sum[4] = {0, 0, 0, 0};
                for (int r = 0; r < rays; ++r) {
                    const int32_t other = met[static_cast<size_t>(k * rays + r)];
                    if (other < 0) continue;
                    for (int c = 0; c < 4; ++c) sum[c] += sent[static_cast<size_t>(4 * other + c)];
                }
                for (int c = 0; c < 4; ++c) back[static_cast<size_t>(4 * k + c)] = sum[c] / static_cast<float>(rays);
            }
        });
    }
    for (int64_t k = 0; k < total; ++k) back[static_cast<size_t>(4 * k)] += first[static_cast<size_t>(4 * k)];
    patches.even_out(back);
    patches.even_out(back);
    patches.even_out(back);
    // Every surface takes from the patches about it that face as it does; what is nearer than they are is seen by rays.
    constexpr int kNear = 14;
    Vec around[2 * kNear];
    for (int k = 0; k < 2 * kNear; ++k) {
        const float up = 1 - (static_cast<float>(k) + 0.5f) / static_cast<float>(kNear);
        const float flat = std::sqrt(1 - up * up), turn = 2.3999632f * static_cast<float>(k);
        around[k] = {flat * std::cos(turn), up, flat * std::sin(turn)};
    }
    in_chunks(threads, count, 1024, [&](int64_t start, int64_t end) {
        for (int64_t i = start; i < end; ++i) {
            const Vec p = at(points, i), n = at(normals, i);
            const Vec raised = (p + n * (0.3f * edge) - patches.origin) * (1 / patches.edge) - Vec{0.5f, 0.5f, 0.5f};
            const int64_t x = static_cast<int64_t>(std::floor(raised.x)), y = static_cast<int64_t>(std::floor(raised.y)), z = static_cast<int64_t>(std::floor(raised.z));
            const Vec part = raised - Vec{static_cast<float>(x), static_cast<float>(y), static_cast<float>(z)};
            float sum[4] = {0, 0, 0, 0}, weights = 0;
            for (int corner = 0; corner < 8; ++corner) {
                const int a = corner & 1, b = corner >> 1 & 1, c = corner >> 2;
                const int64_t cell = patches.cell(x + a, y + b, z + c);
                if (cell < 0) continue;
                const float within = (a ? part.x : 1 - part.x) * (b ? part.y : 1 - part.y) * (c ? part.z : 1 - part.z) + 1e-3f;
                for (int face = 0; face < kFaces; ++face) {
                    if (n[face / 2] * (face % 2 ? -1.f : 1.f) < -0.1f) continue;
                    const int32_t k = patches.table[static_cast<size_t>(cell * kFaces + face)];
                    if (k < 0) continue;
                    const float like = dot(n, patches.normal[static_cast<size_t>(k)]);
                    if (like <= 0.1f) continue;
                    // A patch that lies before or behind belongs to another surface.
                    const float off = dot(n, patches.place[static_cast<size_t>(k)] - p) / (0.5f * patches.edge);
                    const float w = within * like * like * like / (1 + off * off * off * off);
                    weights += w;
                    for (int q = 0; q < 4; ++q) sum[q] += w * back[static_cast<size_t>(4 * k + q)];
                }
            }
            float open_way = 0, ways = 0;
            const Vec from = p + n * (1.2f * edge);
            const float reach = 1.6f * patches.edge;
            for (const Vec d : around) {
                const float level = dot(n, d);
                if (level <= 0.08f) continue;
                float gone = 0;
                cubes.trace(from, d, reach, &gone);
                open_way += level * gone / reach, ways += level;
            }
            const float near = 0.4f + 0.6f * (ways > 0 ? open_way / ways : 1.f);
            const float scale = weights > 0 ? near / weights : 0.f;
            sky[i] = sum[0] * scale;
            for (int q = 0; q < 3; ++q) light[3 * i + q] = sum[q + 1] * scale;
            lamps_at(cubes, lamps, p, n, leaf[i], 3, static_cast<uint32_t>(i), light + 3 * i);
        }
    });
}
