/** Rows within a region of the screen or a ball of the world. */
import * as THREE from "three";
import { CLOSED } from "./flags";
import type { Rows } from "./masks";
import type { Part } from "./part";
import { reachable, type Projector, type Screen } from "./projection";

export interface Place {
  x: number;
  y: number;
}

/** A region of the page, in pixels, with the box around it. */
export interface Region {
  left: number;
  right: number;
  top: number;
  bottom: number;
  contains(x: number, y: number): boolean;
}

export function rectangle(from: Place, to: Place): Region {
  return {
    left: Math.min(from.x, to.x),
    right: Math.max(from.x, to.x),
    top: Math.min(from.y, to.y),
    bottom: Math.max(from.y, to.y),
    contains: () => true,
  };
}

/** Of overlapping loops, what is inside an odd number of them. */
export function polygon(corners: Place[]): Region {
  const xs = corners.map((corner) => corner.x);
  const ys = corners.map((corner) => corner.y);
  return {
    left: Math.min(...xs),
    right: Math.max(...xs),
    top: Math.min(...ys),
    bottom: Math.max(...ys),
    contains: (x, y) => {
      let inside = false;
      for (let here = 0, before = xs.length - 1; here < xs.length; before = here, here += 1) {
        if (ys[here] > y !== ys[before] > y && x < ((xs[before] - xs[here]) * (y - ys[here])) / (ys[before] - ys[here]) + xs[here]) inside = !inside;
      }
      return inside;
    },
  };
}

/** What a round brush passes on a straight way. */
export function stroke(from: Place, to: Place, radius: number): Region {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = dx * dx + dy * dy;
  return {
    left: Math.min(from.x, to.x) - radius,
    right: Math.max(from.x, to.x) + radius,
    top: Math.min(from.y, to.y) - radius,
    bottom: Math.max(from.y, to.y) + radius,
    contains: (x, y) => {
      const share = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - from.x) * dx + (y - from.y) * dy) / length));
      const ox = x - from.x - share * dx;
      const oy = y - from.y - share * dy;
      return ox * ox + oy * oy <= radius * radius;
    },
  };
}

export type Filter = ((part: Part) => (row: number) => boolean) | null;

/** Adds the open rows in a region to `found`; returns which parts have more than before. */
export function addRegion(found: Rows, parts: Iterable<Part>, projector: Projector, region: Region, filter: Filter): void {
  for (const part of reachable(parts)) {
    const { x, y, depth }: Screen = projector.screen(part);
    const rows = rowsOf(found, part);
    const passes = filter?.(part);
    const { left, right, top, bottom } = region;
    for (let row = 0; row < part.rows; row += 1) {
      const px = x[row];
      if (px < left || px > right) continue;
      const py = y[row];
      if (py < top || py > bottom || depth[row] <= 0 || rows[row] || part.shown[row] & CLOSED) continue;
      if (region.contains(px, py) && (!passes || passes(row))) rows[row] = 1;
    }
  }
}

/** Adds the open rows whose centres lie in a ball, metres. */
export function addBall(found: Rows, parts: Iterable<Part>, center: THREE.Vector3, radius: number): void {
  for (const part of parts) {
    if (!part.open) continue;
    const local = center.clone().applyMatrix4(part.matrix.clone().invert());
    addWithin(found, part, new THREE.Matrix4().makeTranslation(local.negate()), (x, y, z) => x * x + y * y + z * z <= (radius / part.group.scale.x) ** 2);
  }
}

/** Adds the open rows whose centres lie in a box; `matrix` takes the box of edge 1 around the origin to the world. */
export function addBox(found: Rows, parts: Iterable<Part>, matrix: THREE.Matrix4): void {
  const toBox = matrix.clone().invert();
  for (const part of parts) {
    if (part.open) addWithin(found, part, toBox.clone().multiply(part.matrix), (x, y, z) => Math.abs(x) <= 0.5 && Math.abs(y) <= 0.5 && Math.abs(z) <= 0.5);
  }
}

function addWithin(found: Rows, part: Part, matrix: THREE.Matrix4, inside: (x: number, y: number, z: number) => boolean): void {
  const rows = rowsOf(found, part);
  const m = matrix.elements;
  const { centers } = part;
  for (let row = 0, at = 0; row < part.rows; row += 1, at += 3) {
    if (rows[row] || part.shown[row] & CLOSED) continue;
    const x = centers[at];
    const y = centers[at + 1];
    const z = centers[at + 2];
    if (inside(m[0] * x + m[4] * y + m[8] * z + m[12], m[1] * x + m[5] * y + m[9] * z + m[13], m[2] * x + m[6] * y + m[10] * z + m[14])) rows[row] = 1;
  }
}

function rowsOf(found: Rows, part: Part): Uint8Array {
  let rows = found.get(part.key);
  if (!rows) {
    rows = new Uint8Array(part.rows);
    found.set(part.key, rows);
  }
  return rows;
}
