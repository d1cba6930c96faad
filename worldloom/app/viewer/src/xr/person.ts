import { Quaternion, Vector3 } from "three";
import type { Ctx } from "../context";
import { isWalkable } from "./arc";

const UP = new Vector3(0, 1, 0);
const DOWN = new Vector3(0, -1, 0);
const EYE_HEIGHT = 1.6; // metres, where the headset doesn't know the floor
const STANDING = [0.8, 2.3] as const; // eyes this far over the floor are a person's

/** Where someone stands (feet, world frame) and looks (radians about +Y, 0 is along -Z). */
export interface Stance {
  feet: Vector3;
  heading: number;
}

/**
 * The person in the world: the rig carries the space that the headset tracks, whose floor is at y = 0, or one eye height
 * below its origin if it doesn't know the floor. The rig's parent has no transform.
 */
export class Person {
  /** The head in the tracked space. */
  readonly head = new Vector3(0, EYE_HEIGHT, 0);
  private headHeading = 0;
  private readonly floor: number;

  constructor(private readonly ctx: Ctx, knowsFloor: boolean) {
    this.floor = knowsFloor ? 0 : -EYE_HEIGHT;
  }

  /** One frame's pose of the head in the tracked space. */
  track(position: DOMPointReadOnly, orientation: DOMPointReadOnly): void {
    this.head.set(position.x, position.y, position.z);
    this.headHeading = headingOf(new Quaternion(orientation.x, orientation.y, orientation.z, orientation.w));
    this.ctx.rig.updateMatrixWorld();
  }

  /** The head, world frame. */
  eyes(): Vector3 {
    return this.head.clone().applyMatrix4(this.ctx.rig.matrixWorld);
  }

  /** The floor under the head, world frame. */
  feet(): Vector3 {
    return new Vector3(this.head.x, this.floor, this.head.z).applyMatrix4(this.ctx.rig.matrixWorld);
  }

  /** Which way the head looks in the world, radians about +Y. */
  heading(): number {
    return headingOf(this.ctx.rig.quaternion) + this.headHeading;
  }

  stand(stance: Stance): void {
    this.ctx.rig.quaternion.setFromAxisAngle(UP, stance.heading - this.headHeading);
    this.moveTo(stance.feet);
  }

  /** Puts the feet there; the eyes keep looking the same way. */
  moveTo(feet: Vector3): void {
    this.ctx.rig.updateMatrixWorld();
    this.ctx.rig.position.add(feet.clone().sub(this.feet()));
    this.ctx.rig.updateMatrixWorld();
  }

  /** Turns about the head, counter-clockwise seen from above. */
  turn(radians: number): void {
    const feet = this.feet();
    this.ctx.rig.quaternion.premultiply(new Quaternion().setFromAxisAngle(UP, radians)).normalize();
    this.moveTo(feet);
  }
}

/** Where to begin: here if the camera is at a person's height over something to stand on, else the world's spawn. */
export function firstStance(ctx: Ctx): Stance {
  const eye = ctx.camera.getWorldPosition(new Vector3());
  const below = ctx.hit(eye, DOWN, STANDING[1]);
  if (below && isWalkable(below.normal, DOWN)) {
    const height = eye.y - below.point.y;
    if (height >= STANDING[0] && height <= STANDING[1]) {
      return { feet: below.point.clone(), heading: headingOf(ctx.camera.getWorldQuaternion(new Quaternion())) };
    }
  }
  const spawn = ctx.spawn();
  const floor = ctx.hit(spawn.position.clone().addScaledVector(UP, 0.1), DOWN, 3);
  const feet = floor ? floor.point.clone() : spawn.position.clone().addScaledVector(DOWN, EYE_HEIGHT);
  return { feet, heading: headingOf(spawn.rotation) };
}

/** Which way a rotation looks along the ground; someone who looks straight up or down is judged by the top of the head. */
export function headingOf(rotation: Quaternion): number {
  const ahead = new Vector3(0, 0, -1).applyQuaternion(rotation);
  if (Math.abs(ahead.y) > 0.95) ahead.set(0, ahead.y > 0 ? -1 : 1, 0).applyQuaternion(rotation);
  return Math.atan2(-ahead.x, -ahead.z);
}
