/** A box or a ball that stands in the world, is moved by the gizmo, and selects what is within. */
import * as THREE from "three";
import type { Engine } from "../engine";
import { fromQuaternion, fromVector } from "../protocol";
import type { Rows } from "./masks";
import type { Criterion } from "./operations";
import type { Part } from "./part";
import { addBall, addBox } from "./regions";

export type ShapeKind = "box" | "sphere";

export class Shape {
  /** Its position, rotation and edges (a ball: three diameters) in the world's frame, metres. */
  readonly frame = new THREE.Object3D();
  private readonly lines: THREE.LineSegments;

  constructor(
    readonly kind: ShapeKind,
    position: THREE.Vector3,
    size: number,
    private readonly engine: Engine,
  ) {
    const geometry = kind === "box" ? new THREE.EdgesGeometry(new THREE.BoxGeometry(1, 1, 1)) : new THREE.EdgesGeometry(new THREE.SphereGeometry(0.5, 24, 12), 1);
    const material = new THREE.LineBasicMaterial({ color: 0xffffff, transparent: true, opacity: kind === "box" ? 0.95 : 0.4, depthTest: false });
    this.lines = new THREE.LineSegments(geometry, material);
    this.lines.renderOrder = 10;
    this.frame.add(this.lines);
    this.frame.position.copy(position);
    this.frame.scale.setScalar(size);
    this.frame.updateMatrixWorld(true);
    engine.scene.add(this.frame);
    engine.requestRender();
  }

  /** Moved by a motion of the world's frame. */
  move(from: THREE.Matrix4, motion: THREE.Matrix4): void {
    motion.clone().multiply(from).decompose(this.frame.position, this.frame.quaternion, this.frame.scale);
    this.settle();
  }

  resize(size: THREE.Vector3): void {
    this.frame.scale.copy(size);
    this.settle();
  }

  get criterion(): Criterion {
    const center = fromVector(this.frame.position);
    if (this.kind === "sphere") return { by: "sphere", center, radius: this.frame.scale.x / 2 };
    return { by: "box", center, size: fromVector(this.frame.scale), rotation: fromQuaternion(this.frame.quaternion) };
  }

  rows(parts: Iterable<Part>): Rows {
    const found: Rows = new Map();
    if (this.kind === "sphere") addBall(found, parts, this.frame.position, this.frame.scale.x / 2);
    else addBox(found, parts, this.frame.matrixWorld);
    return found;
  }

  dispose(): void {
    this.frame.removeFromParent();
    this.lines.geometry.dispose();
    (this.lines.material as THREE.Material).dispose();
    this.engine.requestRender();
  }

  private settle(): void {
    const { scale } = this.frame;
    scale.set(...([scale.x, scale.y, scale.z].map((edge) => Math.max(0.01, Math.abs(edge))) as [number, number, number]));
    if (this.kind === "sphere") scale.setScalar(Math.cbrt(scale.x * scale.y * scale.z));
    this.frame.updateMatrixWorld(true);
    this.engine.requestRender();
  }
}
