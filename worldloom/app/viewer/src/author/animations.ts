/** Layers that move: to and fro, round an axis, swaying. */
import * as THREE from "three";
import type { Layer } from "../layers";
import { toQuaternion, toVector } from "../protocol";
import type { World } from "../world";
import type { LayerAnimation } from "./records";

/** How a layer's place is changed `seconds` after its animation began. `origin`: of the layer's frame. */
export function motionAt(animation: LayerAnimation, seconds: number, origin: THREE.Vector3): THREE.Matrix4 {
  const turn = 2 * Math.PI * (seconds / animation.period + animation.phase);
  const axis = toVector(animation.axis).normalize();
  if (animation.motion === "translate") {
    const shift = axis.multiplyScalar(animation.amplitude * Math.sin(turn));
    return new THREE.Matrix4().makeTranslation(shift);
  }
  const angle = animation.motion === "spin" ? turn : THREE.MathUtils.degToRad(animation.amplitude) * Math.sin(turn);
  const pivot = animation.pivot ? toVector(animation.pivot) : origin;
  return new THREE.Matrix4().makeTranslation(pivot).multiply(new THREE.Matrix4().makeRotationAxis(axis, angle)).multiply(new THREE.Matrix4().makeTranslation(pivot.clone().negate()));
}

export class Animations {
  private list: LayerAnimation[] = [];
  /** Seconds that each has played; those that were never started are not in it. */
  private readonly played = new Map<string, number>();
  private readonly running = new Set<string>();

  constructor(private readonly world: World) {}

  replace(animations: LayerAnimation[]): void {
    for (const { name, playing } of animations) {
      const known = this.list.find((old) => old.name === name);
      if (!known || known.playing !== playing) this.set(name, playing);
    }
    for (const name of [...this.played.keys()]) {
      if (!animations.some((animation) => animation.name === name)) {
        this.played.delete(name);
        this.running.delete(name);
      }
    }
    this.list = structuredClone(animations);
    this.apply();
  }

  set(name: string, on: boolean): void {
    if (on) {
      this.running.add(name);
      if (!this.played.has(name)) this.played.set(name, 0);
    } else this.running.delete(name);
  }

  isRunning(name: string): boolean {
    return this.running.has(name);
  }

  /** Goes on by so many seconds; returns whether anything moves. */
  step(seconds: number): boolean {
    for (const name of this.running) this.played.set(name, (this.played.get(name) ?? 0) + seconds);
    const moving = this.list.some((animation) => this.running.has(animation.name) && this.world.layers.find(animation.layer));
    if (moving) this.apply();
    return moving;
  }

  /** Shows all that were ever started as they are so long after. */
  seek(seconds: number): void {
    for (const name of this.played.keys()) this.played.set(name, seconds);
    this.apply();
  }

  /** Puts every layer where it is without them. */
  rest(): void {
    for (const name of new Set(this.list.map((animation) => animation.layer))) {
      const layer = this.world.layers.find(name);
      layer?.describe(layer.description);
    }
  }

  apply(): void {
    this.rest();
    for (const layer of this.world.layers.list) this.move(layer);
  }

  private move(layer: Layer): void {
    const own = this.list.filter((animation) => animation.layer === layer.name && this.played.has(animation.name));
    if (own.length === 0) return;
    const { translation, rotation, scale } = layer.description;
    const origin = toVector(translation);
    const matrix = new THREE.Matrix4();
    for (const animation of own) matrix.multiply(motionAt(animation, this.played.get(animation.name) ?? 0, origin));
    matrix.multiply(new THREE.Matrix4().compose(origin, toQuaternion(rotation), new THREE.Vector3().setScalar(scale)));
    matrix.decompose(layer.group.position, layer.group.quaternion, layer.group.scale);
    layer.group.updateMatrixWorld(true);
  }
}
