/** Distances: every click adds a corner to a chain, every two corners are a line with its length. */
import type * as THREE from "three";
import { scaleOf } from "../frame";
import { Signal } from "../signal";
import type { Marks } from "./marks";

export function metres(length: number): string {
  if (length < 1) return `${(length * 100).toFixed(length < 0.1 ? 1 : 0)} cm`;
  return `${length.toFixed(length < 100 ? 2 : 0)} m`;
}

export class Measure {
  /** Lengths of the current chain, metres. */
  readonly changed = new Signal<number[]>();
  private chain: THREE.Vector3[] = [];
  private points: THREE.Vector3[] = [];
  private labels: { element: HTMLElement; length: number }[] = [];
  private removers: (() => void)[] = [];

  constructor(private readonly marks: Marks) {}

  get lengths(): number[] {
    return this.chain.slice(1).map((point, index) => point.distanceTo(this.chain[index]));
  }

  add(point: THREE.Vector3): void {
    const previous = this.chain[this.chain.length - 1];
    const corner = point.clone();
    this.chain.push(corner);
    this.points.push(corner);
    this.removers.push(this.marks.attach(span("measure-dot"), corner));
    if (previous) {
      const length = previous.distanceTo(corner);
      const middle = previous.clone().lerp(corner, 0.5);
      const element = span("measure-label", metres(length));
      this.removers.push(this.marks.line(previous, corner), this.marks.attach(element, middle));
      this.points.push(middle);
      this.labels.push({ element, length });
    }
    this.changed.emit(this.lengths);
  }

  /** Where the whole world was moved: lines stay on what they measure. */
  follow(motion: THREE.Matrix4): void {
    for (const point of this.points) point.applyMatrix4(motion);
    for (const label of this.labels) {
      label.length *= scaleOf(motion);
      label.element.textContent = metres(label.length);
    }
    this.changed.emit(this.lengths);
  }

  /** The next click starts a new chain; this one stays. */
  finish(): void {
    this.chain = [];
    this.changed.emit([]);
  }

  clear(): void {
    for (const remove of this.removers) remove();
    this.removers = [];
    this.points = [];
    this.labels = [];
    this.finish();
  }
}

function span(name: string, text = ""): HTMLElement {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  return element;
}
