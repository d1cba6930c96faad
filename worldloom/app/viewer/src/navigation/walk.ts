/** On foot: eyes at head height, or a camera that follows behind a simple figure. */
import * as THREE from "three";
import type { Hit } from "../collider";
import { Avatar } from "./avatar";
import { EYE, type Capsule } from "./capsule";
import type { Intent } from "./input";
import type { Mode } from "./mode";
import type { View } from "./view";

const BEHIND = 2.6; // metres
const TOO_NEAR = 0.9; // metres: a camera so close behind would see nothing but the figure's back
const STRIDE = 0.1; // seconds to come to full speed
const NOD = 0.07; // seconds in which the eyes follow a step up or down

export class WalkMode implements Mode {
  readonly avatar = new Avatar();
  private readonly velocity = new THREE.Vector3();
  private third = false;
  private behind = BEHIND;
  private eyeHeight = 0;

  constructor(
    private readonly view: View,
    private readonly body: Capsule,
    /** Metres per second. */
    private readonly speed: () => number,
    private readonly hit: (origin: THREE.Vector3, direction: THREE.Vector3, far: number) => Hit | null,
  ) {}

  get thirdPerson(): boolean {
    return this.third;
  }

  /** `walking`: now, so that the camera goes where it belongs at once. */
  setThirdPerson(third: boolean, walking: boolean): void {
    this.third = third;
    if (!walking) return;
    this.avatar.visible = third;
    this.aim();
  }

  enter(): void {
    this.velocity.set(0, 0, 0);
    this.avatar.visible = this.third;
    this.stand(this.view.position);
  }

  /** Where the whole world was moved: the eyes stay before what they saw, the feet find the ground again. */
  follow(motion: THREE.Matrix4): void {
    this.stand(this.eye().applyMatrix4(motion));
  }

  leave(): void {
    this.avatar.visible = false;
  }

  step(intent: Intent, seconds: number): boolean {
    const { view, body } = this;
    view.turn(intent.turn.x + intent.drag.x, intent.turn.y + intent.drag.y);
    const wanted = new THREE.Vector3(intent.move.x, 0, -intent.move.z).applyAxisAngle(new THREE.Vector3(0, 1, 0), view.heading);
    wanted.clampLength(0, 1).multiplyScalar(this.speed() * intent.pace);
    if (this.third && intent.zoom !== 1) this.behind = THREE.MathUtils.clamp(this.behind * intent.zoom, 1, 8);
    this.velocity.lerp(wanted, 1 - Math.exp(-seconds / STRIDE));
    if (wanted.lengthSq() === 0 && this.velocity.length() < 0.02) this.velocity.set(0, 0, 0);
    if (intent.jump) body.jump();
    const moved = body.step(this.velocity, seconds);
    const nodding = this.nod(seconds);
    this.avatar.walk(Math.hypot(this.velocity.x, this.velocity.z), seconds);
    this.aim();
    return moved || nodding || this.velocity.lengthSq() > 0;
  }

  /** Eyes go up and down stairs more softly than feet. Returns whether they still move. */
  private nod(seconds: number): boolean {
    const height = this.body.feet.y + EYE;
    const gap = height - this.eyeHeight;
    if (!this.body.grounded || Math.abs(gap) < 0.002) this.eyeHeight = height;
    else this.eyeHeight += gap * (1 - Math.exp(-seconds / NOD));
    return this.eyeHeight !== height;
  }

  /** Where the person's eyes are, world frame. */
  eye(): THREE.Vector3 {
    return this.body.feet.clone().setY(this.eyeHeight);
  }

  private stand(eye: THREE.Vector3): void {
    this.view.camera.rotation.z = 0;
    this.body.place(eye.clone().setY(eye.y - EYE));
    this.eyeHeight = this.body.feet.y + EYE;
    this.aim();
  }

  private aim(): void {
    const eye = this.eye();
    if (!this.third) {
      this.view.position.copy(eye);
      return;
    }
    const back = this.view.forward.negate();
    const wall = this.hit(eye, back, this.behind + 0.2);
    const distance = wall ? Math.max(0.3, eye.distanceTo(wall.point) - 0.2) : this.behind;
    this.view.position.copy(eye).addScaledVector(back, distance);
    this.avatar.visible = distance > TOO_NEAR;
    this.avatar.stand(this.body.feet, this.view.heading);
  }
}
