/** The world's frame: when someone moves, turns or scales the whole world, what a page has in it goes along. */
import * as THREE from "three";
import { fromQuaternion, fromVector, toQuaternion, toVector, type Frame, type Pose } from "./protocol";

export class WorldFrame {
  private readonly listeners = new Set<(motion: THREE.Matrix4) => void>();
  private now: THREE.Matrix4 | null = null;

  /** `listener` is called with every motion of the whole world, a similarity. Returns how to end that. */
  onMoved(listener: (motion: THREE.Matrix4) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The world is shown in that frame from now on; null: nobody knows in which. */
  set(frame: Frame | null): void {
    const before = this.now;
    this.now = frame && matrixOf(frame);
    if (!before || !this.now || before.equals(this.now)) return;
    const motion = this.now.clone().multiply(before.invert());
    for (const listener of this.listeners) listener(motion);
  }
}

/** The factor by which a similarity scales. */
export function scaleOf(motion: THREE.Matrix4): number {
  return Math.cbrt(motion.determinant());
}

/** The pose, and whatever else `pose` holds, after a similarity. */
export function movedPose<T extends Pose>(pose: T, motion: THREE.Matrix4): T {
  const turn = new THREE.Quaternion().setFromRotationMatrix(new THREE.Matrix4().extractRotation(motion));
  return {
    ...pose,
    position: fromVector(toVector(pose.position).applyMatrix4(motion)),
    rotation: fromQuaternion(turn.multiply(toQuaternion(pose.rotation))),
  };
}

function matrixOf({ translation, rotation, scale }: Frame): THREE.Matrix4 {
  return new THREE.Matrix4().compose(toVector(translation), toQuaternion(rotation), new THREE.Vector3().setScalar(scale));
}
