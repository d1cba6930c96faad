/** Zones in which something happens when a visitor comes or goes. */
import * as THREE from "three";
import { toQuaternion, toVector } from "../protocol";
import type { Action, Trigger, Zone } from "./records";

export function contains(zone: Zone, point: THREE.Vector3): boolean {
  const offset = point.clone().sub(toVector(zone.center));
  if (zone.shape === "sphere") return offset.length() <= zone.radius;
  offset.applyQuaternion(toQuaternion(zone.rotation).invert());
  const [x, y, z] = zone.size;
  return Math.abs(offset.x) <= x / 2 && Math.abs(offset.y) <= y / 2 && Math.abs(offset.z) <= z / 2;
}

export class Triggers {
  /** Outlines of the zones, shown while they are edited. */
  readonly group = new THREE.Group();
  private list: Trigger[] = [];
  private readonly inside = new Set<string>();
  private readonly spent = new Set<string>();

  constructor(private readonly run: (action: Action) => void) {
    this.group.visible = false;
  }

  get current(): string[] {
    return [...this.inside];
  }

  replace(triggers: Trigger[]): void {
    if (JSON.stringify(triggers) === JSON.stringify(this.list)) return;
    this.list = structuredClone(triggers);
    for (const name of this.inside) if (!triggers.some((trigger) => trigger.name === name)) this.inside.delete(name);
    for (const line of [...this.group.children]) {
      line.removeFromParent();
      (line as THREE.LineSegments).geometry.dispose();
    }
    for (const { zone } of this.list) this.group.add(outline(zone));
  }

  /** Someone is at `person` now. */
  visit(person: THREE.Vector3): void {
    for (const { name, zone, on_enter, on_leave, once } of this.list) {
      const now = contains(zone, person);
      if (now === this.inside.has(name)) continue;
      if (now) this.inside.add(name);
      else this.inside.delete(name);
      const turn = `${name} ${now}`;
      if (once && this.spent.has(turn)) continue;
      this.spent.add(turn);
      for (const action of now ? on_enter : on_leave) this.run(action);
    }
  }
}

const LINE = new THREE.LineBasicMaterial({ color: 0xf2b35a, transparent: true, opacity: 0.9, depthTest: false });

function outline(zone: Zone): THREE.LineSegments {
  const line = new THREE.LineSegments(zone.shape === "sphere" ? circles(zone.radius) : new THREE.EdgesGeometry(new THREE.BoxGeometry(...zone.size)), LINE);
  line.position.copy(toVector(zone.center));
  if (zone.shape === "box") line.quaternion.copy(toQuaternion(zone.rotation));
  line.renderOrder = 30;
  return line;
}

/** Three great circles. */
function circles(radius: number): THREE.BufferGeometry {
  const points: THREE.Vector3[] = [];
  const steps = 64;
  for (const turn of [new THREE.Euler(0, 0, 0), new THREE.Euler(Math.PI / 2, 0, 0), new THREE.Euler(0, Math.PI / 2, 0)]) {
    for (let index = 0; index < steps; index++) {
      for (const step of [index, index + 1]) {
        const angle = (step / steps) * 2 * Math.PI;
        points.push(new THREE.Vector3(Math.cos(angle) * radius, Math.sin(angle) * radius, 0).applyEuler(turn));
      }
    }
  }
  return new THREE.BufferGeometry().setFromPoints(points);
}
