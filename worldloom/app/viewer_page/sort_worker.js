// @ts-check
/** Puts splats in the order far to near by a counting sort, beside the page's own thread. */

const BINS = 1 << 16;
const NEAREST = 0.01; // metres, the engine's near plane

/** @type {Float32Array} (N, 3) */
let means = new Float32Array(0);
let depths = new Float32Array(0);
let bins = new Uint16Array(0);
const starts = new Uint32Array(BINS);

/**
 * Splats in front of the camera, far ones first. Equal bins keep their order.
 *
 * @param {number[]} axis the camera's forward row: x, y, z, offset
 * @returns {Uint32Array}
 */
function farToNear([x, y, z, offset]) {
  let farthest = NEAREST;
  let count = 0;
  for (let i = 0; i < depths.length; i++) {
    const depth = means[3 * i] * x + means[3 * i + 1] * y + means[3 * i + 2] * z + offset;
    depths[i] = depth;
    if (depth > NEAREST) count++;
    if (depth > farthest) farthest = depth;
  }
  // Bins are even in the logarithm of depth: near splats, whose order shows most, are told apart most finely.
  const scale = (BINS - 1) / Math.log(farthest / NEAREST + 1e-9);
  starts.fill(0);
  for (let i = 0; i < depths.length; i++) {
    if (depths[i] <= NEAREST) continue;
    bins[i] = BINS - 1 - Math.min(BINS - 1, Math.max(0, Math.floor(Math.log(depths[i] / NEAREST) * scale)));
    starts[bins[i]]++;
  }
  for (let bin = 0, total = 0; bin < BINS; bin++) {
    const size = starts[bin];
    starts[bin] = total;
    total += size;
  }
  const order = new Uint32Array(count);
  for (let i = 0; i < depths.length; i++) if (depths[i] > NEAREST) order[starts[bins[i]]++] = i;
  return order;
}

self.onmessage = ({ data }) => {
  if (data.means) {
    means = data.means;
    depths = new Float32Array(means.length / 3);
    bins = new Uint16Array(depths.length);
  } else {
    const order = farToNear(data.axis);
    /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self)).postMessage(
      { order, version: data.version },
      [order.buffer],
    );
  }
};
