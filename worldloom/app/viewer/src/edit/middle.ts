/** Where a set of points is, whatever a few of them are: an outline of a tree takes some of the hills behind it too. */
import * as THREE from "three";

const FAR = 6; // times the median distance from the median point
const SAMPLES = 20_000;

/** `centers`: x, y, z of each point. The box around all but those that lie far from most, as the server's pivot "bounds" has it (`box_of_most`). */
export function boundsOf(centers: Float32Array): THREE.Box3 {
  const box = new THREE.Box3();
  const count = centers.length / 3;
  if (count === 0) return box;
  const stride = Math.ceil(count / SAMPLES);
  const sample = Float32Array.from({ length: Math.ceil(count / stride) }, (_, index) => index * stride);
  const middle = new THREE.Vector3(...[0, 1, 2].map((axis) => median(sample.map((row) => centers[row * 3 + axis]))));
  const point = new THREE.Vector3();
  const away = (row: number) => point.fromArray(centers, row * 3).distanceTo(middle);
  const farthest = FAR * median(sample.map(away));
  for (let row = 0; row < count; row += 1) if (away(row) <= farthest) box.expandByPoint(point);
  return box.isEmpty() ? box.setFromCenterAndSize(middle, point.set(0, 0, 0)) : box;
}

function median(values: Float32Array): number {
  return values.sort()[values.length >> 1];
}
