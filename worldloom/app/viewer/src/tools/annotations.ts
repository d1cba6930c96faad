/** Notes at places of the world, kept with it: numbered markers that can be opened. */
import type * as THREE from "three";
import { fromVector, toVector, type Annotation } from "../protocol";
import { Signal } from "../signal";
import type { World } from "../world";
import type { Marks } from "./marks";

export class Annotations {
  readonly changed = new Signal();
  /** A marker was pressed. */
  readonly opened = new Signal<number>();
  list: Annotation[] = [];
  selected: number | null = null;
  private removers: (() => void)[] = [];
  private shown = true;

  constructor(
    private readonly marks: Marks,
    private readonly world: World,
  ) {}

  replace(annotations: Annotation[]): void {
    this.list = structuredClone(annotations);
    this.selected = null;
    this.update();
  }

  async add(text: string, position: THREE.Vector3): Promise<void> {
    const annotation: Annotation = { text, position: fromVector(position) };
    this.list.push(annotation);
    this.selected = this.list.length - 1;
    this.update();
    await this.world.edit([{ op: "add_annotation", annotation: structuredClone(annotation) }]);
  }

  async change(index: number, change: Partial<Annotation>): Promise<void> {
    const old = structuredClone(this.list[index]);
    Object.assign(this.list[index], change);
    this.update();
    await this.world.edit([{ op: "replace_annotation", old, annotation: structuredClone(this.list[index]) }]);
  }

  async remove(index: number): Promise<void> {
    const [annotation] = this.list.splice(index, 1);
    this.selected = null;
    this.update();
    await this.world.edit([{ op: "remove_annotation", annotation }]);
  }

  select(index: number | null): void {
    this.selected = index;
    this.update();
  }

  setShown(shown: boolean): void {
    this.shown = shown;
    this.update();
  }

  get isShown(): boolean {
    return this.shown;
  }

  private update(): void {
    for (const remove of this.removers) remove();
    this.removers = this.shown ? this.list.map((annotation, index) => this.marks.attach(this.marker(annotation, index), toVector(annotation.position))) : [];
    this.changed.emit();
  }

  private marker(annotation: Annotation, index: number): HTMLElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "note-marker";
    button.textContent = String(index + 1);
    button.setAttribute("aria-label", `Note ${index + 1}: ${annotation.title || annotation.text}`);
    button.setAttribute("aria-pressed", String(index === this.selected));
    button.title = annotation.title || annotation.text;
    button.addEventListener("click", () => this.opened.emit(index));
    return button;
  }
}
