/** Camera paths: positions along Catmull-Rom splines, rotations along spherical quadrangles (squad). */
import * as THREE from "three";
import { toQuaternion, toVector, type CameraPath } from "../protocol";

export interface PathPoint {
  position: THREE.Vector3;
  rotation: THREE.Quaternion;
}

/** Of the path itself, at its own speed. */
export function length(path: CameraPath): number {
  return path.seconds.length > 1 ? path.seconds[path.seconds.length - 1] - path.seconds[0] : 0;
}

/** Seconds that one passage takes. */
export function duration(path: CameraPath): number {
  return length(path) / (path.speed ?? 1);
}

const EASINGS: Record<NonNullable<CameraPath["easing"]>, (share: number) => number> = {
  none: (share) => share,
  in: (share) => share * share,
  out: (share) => 1 - (1 - share) ** 2,
  both: (share) => share * share * (3 - 2 * share),
};

/** The path's own time, since its start, `passed` seconds after setting out. */
export function ownSeconds(path: CameraPath, passed: number): number {
  const whole = duration(path);
  if (whole <= 0) return 0;
  const share = path.loop ? (passed / whole) % 1 : Math.min(1, Math.max(0, passed / whole));
  return EASINGS[path.easing ?? "none"](share) * length(path);
}

/** Where the camera is so long after it set out, at the path's speed and easing. */
export function travel(path: CameraPath, passed: number): PathPoint {
  return sample(path, ownSeconds(path, passed));
}

/** Where the path is at `seconds` of its own time, since its start; before and after, at its ends. */
export function sample(path: CameraPath, seconds: number): PathPoint {
  const times = path.seconds;
  const last = path.poses.length - 1;
  const time = times[0] + seconds;
  if (last === 0 || time <= times[0]) return pointOf(path, 0);
  if (time >= times[last]) return pointOf(path, last);
  let start = 0;
  while (time >= times[start + 1]) start += 1;
  const span = times[start + 1] - times[start];
  const share = (time - times[start]) / span;
  return { position: positionAt(path, start, span, share), rotation: rotationAt(path, start, share) };
}

function pointOf(path: CameraPath, index: number): PathPoint {
  const pose = path.poses[index];
  return { position: toVector(pose.position), rotation: toQuaternion(pose.rotation) };
}

/** Cubic Hermite whose tangents are Catmull-Rom's, for keys at uneven times. */
function positionAt(path: CameraPath, start: number, span: number, t: number): THREE.Vector3 {
  const from = toVector(path.poses[start].position);
  const to = toVector(path.poses[start + 1].position);
  const leave = tangent(path, start).multiplyScalar(span);
  const arrive = tangent(path, start + 1).multiplyScalar(span);
  const t2 = t * t;
  const t3 = t2 * t;
  return from
    .multiplyScalar(2 * t3 - 3 * t2 + 1)
    .addScaledVector(leave, t3 - 2 * t2 + t)
    .addScaledVector(to, 3 * t2 - 2 * t3)
    .addScaledVector(arrive, t3 - t2);
}

/** Metres per second at a key: towards the next from the one before. */
function tangent(path: CameraPath, index: number): THREE.Vector3 {
  const before = Math.max(0, index - 1);
  const after = Math.min(path.poses.length - 1, index + 1);
  const span = path.seconds[after] - path.seconds[before];
  return toVector(path.poses[after].position).sub(toVector(path.poses[before].position)).divideScalar(span);
}

function rotationAt(path: CameraPath, start: number, t: number): THREE.Quaternion {
  const [before, from, to, after] = [-1, 0, 1, 2].map((offset) => {
    const index = Math.max(0, Math.min(path.poses.length - 1, start + offset));
    return toQuaternion(path.poses[index].rotation);
  });
  towards(from, to);
  towards(from, before);
  towards(to, after);
  const direct = from.clone().slerp(to, t);
  const bent = control(before, from, to).slerp(control(from, to, after), t);
  return direct.slerp(bent, 2 * t * (1 - t));
}

/** Squad's control rotation at `here`, by which it leaves as it arrived. */
function control(before: THREE.Quaternion, here: THREE.Quaternion, after: THREE.Quaternion): THREE.Quaternion {
  const inverse = here.clone().invert();
  const sum = logarithm(inverse.clone().multiply(after)).add(logarithm(inverse.clone().multiply(before)));
  return here.clone().multiply(exponential(sum.multiplyScalar(-0.25)));
}

/** Makes `other` the one of its two signs that is nearer to `reference`. */
function towards(reference: THREE.Quaternion, other: THREE.Quaternion): void {
  if (reference.dot(other) < 0) other.set(-other.x, -other.y, -other.z, -other.w);
}

function logarithm(q: THREE.Quaternion): THREE.Vector3 {
  const axis = new THREE.Vector3(q.x, q.y, q.z);
  const sine = axis.length();
  return sine < 1e-9 ? axis : axis.multiplyScalar(Math.atan2(sine, q.w) / sine);
}

function exponential(v: THREE.Vector3): THREE.Quaternion {
  const angle = v.length();
  const share = angle < 1e-9 ? 1 : Math.sin(angle) / angle;
  return new THREE.Quaternion(v.x * share, v.y * share, v.z * share, Math.cos(angle));
}
