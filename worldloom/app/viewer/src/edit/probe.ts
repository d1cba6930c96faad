/** Points of the scene that a person is asked for: one to stand something on, two to measure, three of the ground. */
import type * as THREE from "three";
import { fromVector, toVector, type Triple } from "../protocol";
import { Signal } from "../signal";
import { h } from "../ui/dom";
import type { Marks } from "../tools/marks";
import type { Editor } from "./editor";

interface Question {
  /** What each click says, in their order. */
  hints: string[];
  answer(points: Triple[]): void;
}

export class Probe {
  readonly changed = new Signal();
  private question: Question | null = null;
  private points: THREE.Vector3[] = [];
  private removers: (() => void)[] = [];

  constructor(
    private readonly editor: Editor,
    private readonly marks: Marks,
  ) {}

  /** Takes the tool in hand until all points are clicked. They stay marked until the next question or `clear`. */
  ask(question: Question): void {
    this.clear();
    if (this.editor.values.tool !== "probe") this.editor.setTool("probe");
    this.question = question;
    this.changed.emit();
  }

  get hint(): string {
    return this.question?.hints[this.points.length] ?? "";
  }

  add(place: Triple): void {
    const { question } = this;
    if (!question) return;
    const point = toVector(place);
    const previous = this.points[this.points.length - 1];
    if (previous) this.removers.push(this.marks.line(previous, point));
    this.removers.push(this.marks.attach(h("span", { class: "measure-dot" }), point));
    this.points.push(point);
    if (this.points.length === question.hints.length) {
      const found = this.points.map(fromVector);
      this.question = null;
      this.editor.setTool("look");
      question.answer(found);
    }
    this.changed.emit();
  }

  /** Where the whole world was moved; lines and dots stick to the points. */
  follow(motion: THREE.Matrix4): void {
    for (const point of this.points) point.applyMatrix4(motion);
  }

  /** Drops a question that is not answered yet. */
  cancel(): boolean {
    if (!this.question) return false;
    this.clear();
    return true;
  }

  clear(): void {
    for (const remove of this.removers) remove();
    this.removers = [];
    this.points = [];
    this.question = null;
    this.changed.emit();
  }
}
