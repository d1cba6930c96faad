/** Free flight: where the camera looks is forward. */
import * as THREE from "three";
import type { Intent } from "./input";
import type { Mode } from "./mode";
import type { View } from "./view";

const GLIDE = 0.08; // seconds that a movement takes to come to its speed and to rest

export class FlyMode implements Mode {
  private readonly velocity = new THREE.Vector3();

  constructor(
    private readonly view: View,
    /** Metres per second. */
    private readonly speed: () => number,
  ) {}

  enter(): void {
    this.velocity.set(0, 0, 0);
  }

  leave(): void {}

  step(intent: Intent, seconds: number): boolean {
    const { view } = this;
    view.turn(intent.turn.x + intent.drag.x, intent.turn.y + intent.drag.y);
    const speed = this.speed() * intent.pace;
    const wanted = new THREE.Vector3(intent.move.x, 0, -intent.move.z).applyQuaternion(view.camera.quaternion);
    wanted.y += intent.move.y;
    wanted.clampLength(0, 1).multiplyScalar(speed);
    this.velocity.lerp(wanted, 1 - Math.exp(-seconds / GLIDE));
    if (wanted.lengthSq() === 0 && this.velocity.length() < 0.02 * speed) this.velocity.set(0, 0, 0);
    view.position.addScaledVector(this.velocity, seconds);

    // Two fingers and the wheel move, too: by about what a thing two metres away seems to move.
    const side = new THREE.Vector3(-intent.pan.x, intent.pan.y, 0).multiplyScalar(2 * this.speed()).applyQuaternion(view.camera.quaternion);
    view.position.add(side).addScaledVector(view.forward, -Math.log(intent.zoom) * 1.5 * this.speed());
    return this.velocity.lengthSq() > 0;
  }
}
