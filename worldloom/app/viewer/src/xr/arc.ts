import { Vector3 } from "three";

/** The first surface along a ray (world frame, metres), or null within `far`. */
export type Hit = (origin: Vector3, direction: Vector3, far?: number) => Surface | null;

export interface Surface {
  point: Vector3;
  normal: Vector3 | null;
}

/** A path through the air: its points from the hand to where it ends, and the place to stand there if it is one. */
export interface Arc {
  points: Vector3[];
  landing: Vector3 | null;
}

const UP = new Vector3(0, 1, 0);
const SPEED = 8; // m/s: reaches about 4 m when held level, 6.5 m when raised
const GRAVITY = 9.81;
const STEP = 1 / 20; // seconds, so segments of 0.4 m
const FLIGHT = 2.5; // seconds
const REACH = 20; // metres along a straight ray
const STEEPEST = Math.cos((40 * Math.PI) / 180); // of what one can stand on
const HEADROOM = 1.5;
const BODY_RADIUS = 0.2;
const BODY_HEIGHTS = [0.4, 1.4];
const BODY_SIDES = 8;

/**
 * Follows a throw from a hand (`origin`, unit `direction`) to the first surface. A ray of the eyes is `straight`: one lands
 * where one looks. It lands nowhere if the hand is behind a wall from the head, or if the place isn't fit to stand on.
 */
export function throwArc(hit: Hit, head: Vector3, origin: Vector3, direction: Vector3, straight = false): Arc {
  const points = [origin.clone()];
  const samples = straight ? [direction.clone().multiplyScalar(REACH).add(origin)] : parabola(origin, direction);
  for (const next of samples) {
    const last = points[points.length - 1]!;
    const along = next.clone().sub(last);
    const length = along.length();
    const surface = firstSurface(hit, last, along.divideScalar(length), length);
    if (surface) {
      points.push(surface.point.clone());
      const standable = isWalkable(surface.normal, along) && isClear(hit, head, origin) && fitsBody(hit, surface.point);
      return { points, landing: standable ? surface.point.clone() : null };
    }
    points.push(next);
  }
  return { points, landing: null };
}

/** The points of a throw after its origin, evenly spaced in time. */
export function parabola(origin: Vector3, direction: Vector3): Vector3[] {
  const points: Vector3[] = [];
  for (let step = 1; step * STEP <= FLIGHT; step++) {
    const time = step * STEP;
    const point = direction.clone().multiplyScalar(SPEED * time).add(origin);
    point.y -= (GRAVITY * time * time) / 2;
    points.push(point);
  }
  return points;
}

/** Whether a surface met by a ray along `direction` is level enough to stand on: never the underside of anything. */
export function isWalkable(normal: Vector3 | null, direction: Vector3): boolean {
  if (!normal) return direction.y < 0; // the floor has no normal of its own
  const facing = normal.dot(direction) > 0 ? -1 : 1; // meshes may be wound either way: the side one sees counts
  return (facing * normal.y) / (normal.length() || 1) >= STEEPEST;
}

function isClear(hit: Hit, from: Vector3, to: Vector3): boolean {
  const along = to.clone().sub(from);
  const length = along.length();
  return length < 0.05 || firstSurface(hit, from, along.divideScalar(length), length) === null;
}

/** Whether a person has room over `feet`: above the head, and to the sides so as not to look into a wall. */
function fitsBody(hit: Hit, feet: Vector3): boolean {
  if (firstSurface(hit, feet.clone().addScaledVector(UP, 0.1), UP, HEADROOM)) return false;
  for (const height of BODY_HEIGHTS) {
    const middle = feet.clone().addScaledVector(UP, height);
    for (let side = 0; side < BODY_SIDES; side++) {
      const angle = (side / BODY_SIDES) * 2 * Math.PI;
      if (firstSurface(hit, middle, new Vector3(Math.cos(angle), 0, Math.sin(angle)), BODY_RADIUS)) return false;
    }
  }
  return true;
}

function firstSurface(hit: Hit, origin: Vector3, direction: Vector3, far: number): Surface | null {
  const slack = 1e-3; // so that no surface hides at the joint of two segments
  const surface = hit(origin, direction, far + slack);
  return surface && surface.point.distanceTo(origin) <= far + slack ? surface : null;
}
