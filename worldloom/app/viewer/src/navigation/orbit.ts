/** Turning around a point. */
import * as THREE from "three";
import type { Intent } from "./input";
import type { Mode } from "./mode";
import type { View } from "./view";

const NEAREST = 0.1;

export class OrbitMode implements Mode {
  readonly pivot = new THREE.Vector3();

  constructor(
    private readonly view: View,
    /** Metres per second. */
    private readonly speed: () => number,
    /** How far away what the camera looks at is, metres. */
    private readonly distanceAhead: () => number,
  ) {}

  enter(): void {
    this.setPivot(this.view.position.clone().addScaledVector(this.view.forward, this.distanceAhead()));
  }

  leave(): void {}

  setPivot(pivot: THREE.Vector3): void {
    this.pivot.copy(pivot);
  }

  step(intent: Intent, seconds: number): boolean {
    const { view } = this;
    const offset = view.position.clone().sub(this.pivot);
    const distance = Math.max(NEAREST, offset.length() * intent.zoom);

    const move = new THREE.Vector3(intent.move.x, 0, -intent.move.z).applyAxisAngle(new THREE.Vector3(0, 1, 0), view.heading);
    move.y = intent.move.y;
    move.clampLength(0, 1).multiplyScalar(this.speed() * intent.pace * seconds);
    const height = 2 * distance * Math.tan(THREE.MathUtils.degToRad(view.fov / 2));
    move.add(new THREE.Vector3(-intent.pan.x, intent.pan.y, 0).multiplyScalar(height).applyQuaternion(view.camera.quaternion));
    this.pivot.add(move);

    const turned = intent.turn.lengthSq() + intent.drag.lengthSq() > 0;
    if (turned) view.turn(intent.turn.x - intent.drag.x, intent.turn.y - intent.drag.y);
    if (turned || intent.zoom !== 1) view.position.copy(this.pivot).addScaledVector(view.forward, -distance);
    else view.position.add(move);
    return false;
  }
}
