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

  add(text: string, position: THREE.Vector3): Promise<void> {
    this.list.push({ text, position: fromVector(position) });
    this.selected = this.list.length - 1;
    return this.save();
  }

  setText(index: number, text: string): Promise<void> {
    this.list[index].text = text;
    return this.save();
  }

  remove(index: number): Promise<void> {
    this.list.splice(index, 1);
    this.selected = null;
    return this.save();
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

  private async save(): Promise<void> {
    this.update();
    await this.world.edit([{ op: "set_annotations", annotations: structuredClone(this.list) }]);
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
    button.setAttribute("aria-label", `Note ${index + 1}: ${annotation.text}`);
    button.setAttribute("aria-pressed", String(index === this.selected));
    button.title = annotation.text;
    button.addEventListener("click", () => this.opened.emit(index));
    return button;
  }
}
