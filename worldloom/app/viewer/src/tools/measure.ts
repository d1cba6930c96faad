/** Distances: every click adds a corner to a chain, every two corners are a line with its length. */
import type * as THREE from "three";
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
  private removers: (() => void)[] = [];

  constructor(private readonly marks: Marks) {}

  get lengths(): number[] {
    return this.chain.slice(1).map((point, index) => point.distanceTo(this.chain[index]));
  }

  add(point: THREE.Vector3): void {
    const previous = this.chain[this.chain.length - 1];
    this.chain.push(point.clone());
    this.removers.push(this.marks.attach(span("measure-dot"), point));
    if (previous) {
      this.removers.push(this.marks.line(previous, point));
      const label = span("measure-label", metres(previous.distanceTo(point)));
      this.removers.push(this.marks.attach(label, previous.clone().lerp(point, 0.5)));
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
    this.finish();
  }
}

function span(name: string, text = ""): HTMLElement {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  return element;
}
