/** A person's body: an upright capsule that gravity pulls down and solid surfaces hold up. */
import * as THREE from "three";
import type { Solid } from "../collider";

export const RADIUS = 0.22; // metres
export const HEIGHT = 1.75;
export const EYE = 1.62;

const GRAVITY = 9.81;
const JUMP = 3.6; // metres per second, half a metre and more
const LONGEST_MOVE = RADIUS / 2; // in one step, so that no wall is jumped over
const STEEPEST_FLOOR = 0.6; // a surface's upward share of its normal from which on one stands on it
const STEP = 0.3; // metres that a foot lifts without a jump
const STEP_DOWN = STEP / 10; // by which the foot then feels for the ground
const BLOCKED = 0.7; // share of a move: who gets less far than this stands before something

export class Capsule {
  readonly feet = new THREE.Vector3();
  private fall = 0;
  grounded = false;

  constructor(
    private readonly solid: () => Solid | null,
    /** Height of the ground below everything, metres. */
    private readonly ground: () => number,
  ) {}

  place(feet: THREE.Vector3): void {
    this.feet.copy(feet);
    this.fall = 0;
    this.grounded = false;
    this.collide(0);
  }

  jump(): void {
    if (!this.grounded) return;
    this.fall = JUMP;
    this.grounded = false;
  }

  /** `velocity` is horizontal, metres per second. Returns whether the body moved or is in the air. */
  step(velocity: THREE.Vector3, seconds: number): boolean {
    const before = this.feet.clone();
    const length = Math.max(velocity.length(), Math.abs(this.fall) + GRAVITY * seconds) * seconds;
    const steps = Math.max(1, Math.ceil(length / LONGEST_MOVE));
    for (let step = 0; step < steps; step++) this.advance(velocity, seconds / steps);
    // A body that stands is pushed up by exactly what it falls, give or take a rounding.
    if (this.grounded && this.feet.distanceToSquared(before) < 1e-8) this.feet.copy(before);
    return !this.grounded || !this.feet.equals(before);
  }

  private advance(velocity: THREE.Vector3, seconds: number): void {
    const start = this.feet.clone();
    this.fall -= GRAVITY * seconds;
    this.feet.addScaledVector(velocity, seconds);
    const fallen = this.fall * seconds;
    this.feet.y += fallen;
    const stood = this.grounded;
    this.grounded = false;
    this.collide(fallen);
    if (!stood || this.fall > 0) return;
    if (!this.grounded) this.keepToTheGround();
    const wanted = velocity.length() * seconds;
    if (wanted > 0 && progress(start, this.feet, velocity) < wanted * BLOCKED) this.climb(start, velocity, seconds);
  }

  /** Something low is in the way: the same move again, a step higher, then down onto it. */
  private climb(start: THREE.Vector3, velocity: THREE.Vector3, seconds: number): void {
    const solid = this.solid();
    if (!solid) return;
    const stopped = this.feet.clone();
    this.feet.copy(start).addScaledVector(velocity, seconds);
    this.feet.y += STEP;
    const raised = this.feet.clone();
    this.pushOut(solid, 0);
    const free = this.feet.distanceTo(raised) < 1e-4;
    if (!free || progress(start, raised, velocity) <= progress(start, stopped, velocity) + 1e-4) {
      this.feet.copy(stopped);
      return;
    }
    const rest = raised.clone();
    for (let lowered = STEP_DOWN; lowered <= STEP + 1e-9; lowered += STEP_DOWN) {
      this.feet.copy(raised);
      this.feet.y -= lowered;
      const height = this.feet.y;
      this.pushOut(solid, 0);
      if (this.feet.y > height + 1e-5 || progress(start, this.feet, velocity) < progress(start, raised, velocity) - 1e-4) break;
      rest.y = height;
    }
    this.feet.copy(rest);
    this.fall = 0;
    this.grounded = true;
  }

  /** Down a stair or a slope, the feet follow the ground instead of flying off its edge. */
  private keepToTheGround(): void {
    const before = this.feet.y;
    const floor = this.floorBelow(STEP);
    if (floor === null) return;
    this.feet.y = Math.min(before, floor);
    this.fall = 0;
    this.grounded = true;
  }

  private floorBelow(reach: number): number | null {
    const from = this.feet.clone();
    from.y += RADIUS;
    const hit = this.solid()?.bvh.raycastFirst(new THREE.Ray(from, new THREE.Vector3(0, -1, 0)), THREE.DoubleSide, 0, RADIUS + reach);
    if (hit) return hit.point.y;
    return this.feet.y - this.ground() <= reach ? this.ground() : null;
  }

  private collide(fallen: number): void {
    const solid = this.solid();
    if (solid) this.pushOut(solid, fallen);
    const ground = this.ground();
    if (this.feet.y <= ground) {
      this.feet.y = ground;
      this.land();
    }
  }

  private pushOut(solid: Solid, fallen: number): void {
    const segment = new THREE.Line3(this.feet.clone(), this.feet.clone());
    segment.start.y += RADIUS;
    segment.end.y += HEIGHT - RADIUS;
    const start = segment.start.clone();
    const box = new THREE.Box3();
    const onTriangle = new THREE.Vector3();
    const onCapsule = new THREE.Vector3();
    solid.bvh.shapecast({
      intersectsBounds: (bounds) => {
        box.makeEmpty().expandByPoint(segment.start).expandByPoint(segment.end).expandByScalar(RADIUS);
        return bounds.intersectsBox(box);
      },
      intersectsTriangle: (triangle) => {
        const distance = triangle.closestPointToSegment(segment, onTriangle, onCapsule);
        if (distance >= RADIUS || distance < 1e-9) return false;
        const push = onCapsule.sub(onTriangle).normalize().multiplyScalar(RADIUS - distance);
        segment.start.add(push);
        segment.end.add(push);
        return false;
      },
    });
    const pushed = segment.start.sub(start);
    const up = pushed.y / (pushed.length() || 1);
    // Standing: pushed up by a good part of what was fallen, rather than aside by a wall.
    if (pushed.y > Math.abs(fallen) * 0.25 && up > STEEPEST_FLOOR * 0.5 && this.fall <= 0) this.land();
    else if (pushed.y < -1e-6 && this.fall > 0) this.fall = 0;
    this.feet.add(pushed);
  }

  private land(): void {
    this.fall = Math.max(0, this.fall);
    this.grounded = true;
  }
}

/** Metres gained in the direction of `velocity`. */
function progress(from: THREE.Vector3, to: THREE.Vector3, velocity: THREE.Vector3): number {
  const speed = velocity.length();
  return speed === 0 ? 0 : ((to.x - from.x) * velocity.x + (to.z - from.z) * velocity.z) / speed;
}
