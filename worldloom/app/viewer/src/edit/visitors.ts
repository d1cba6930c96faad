/** Other people in the world: where each looks from, as a small frustum with their name. */
import * as THREE from "three";
import type { Engine } from "../engine";
import { toQuaternion, toVector, type CameraView } from "../protocol";
import type { Marks } from "../tools/marks";
import type { Person } from "./messages";

const DEPTH = 0.35; // metres from a frustum's tip to its base
const ASPECT = 1.5;

interface Visitor {
  lines: THREE.LineSegments;
  label: HTMLElement;
  place: THREE.Vector3;
  detach(): void;
}

export class Visitors {
  private readonly present = new Map<string, Visitor>();

  constructor(
    private readonly engine: Engine,
    private readonly marks: Marks,
    private readonly me: string,
  ) {}

  show(people: Person[]): void {
    const others = people.filter((person) => person.id !== this.me && person.camera);
    for (const id of this.present.keys()) if (!others.some((person) => person.id === id)) this.remove(id);
    for (const { id, name, colour, camera } of others) {
      const visitor = this.present.get(id) ?? this.add(id);
      if (camera) aim(visitor, camera);
      (visitor.lines.material as THREE.LineBasicMaterial).color.set(colour);
      visitor.label.textContent = name;
      visitor.label.style.setProperty("--person", colour);
    }
    this.engine.requestRender();
  }

  dispose(): void {
    for (const id of [...this.present.keys()]) this.remove(id);
  }

  private add(id: string): Visitor {
    const geometry = new THREE.BufferGeometry().setAttribute("position", new THREE.Float32BufferAttribute(new Float32Array(8 * 6), 3));
    const lines = new THREE.LineSegments(geometry, new THREE.LineBasicMaterial({ depthTest: false, transparent: true }));
    lines.frustumCulled = false;
    lines.renderOrder = 9;
    const label = document.createElement("span");
    label.className = "visitor-label";
    const place = new THREE.Vector3();
    const visitor = { lines, label, place, detach: this.marks.attach(label, place) };
    this.engine.scene.add(lines);
    this.present.set(id, visitor);
    return visitor;
  }

  private remove(id: string): void {
    const visitor = this.present.get(id);
    visitor?.lines.removeFromParent();
    visitor?.lines.geometry.dispose();
    visitor?.detach();
    this.present.delete(id);
    this.engine.requestRender();
  }
}

function aim({ lines, place }: Visitor, camera: CameraView): void {
  const half = DEPTH * Math.tan(THREE.MathUtils.degToRad(Math.min(100, camera.vertical_fov) / 2));
  const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([x, y]) => [x * half * ASPECT, y * half, -DEPTH]);
  const tip = [0, 0, 0];
  const edges = corners.flatMap((corner, index) => [tip, corner, corner, corners[(index + 1) % 4]]);
  const position = lines.geometry.getAttribute("position") as THREE.BufferAttribute;
  position.copyArray(edges.flat());
  position.needsUpdate = true;
  lines.position.copy(toVector(camera.position));
  lines.quaternion.copy(toQuaternion(camera.rotation));
  place.copy(lines.position).y += 0.22;
}
