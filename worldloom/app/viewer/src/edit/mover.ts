/** Moving what is selected: where its pivot is, the handles on it, and the operation at the end. */
import * as THREE from "three";
import { fromQuaternion, fromVector } from "../protocol";
import { Signal } from "../signal";
import type { Editor } from "./editor";
import { CLOSED, SELECTED } from "./flags";
import { Gizmo } from "./gizmo";
import { boundsOf } from "./middle";
import type { Rows } from "./masks";
import type { SelectionMode } from "./operations";
import type { Part } from "./part";
import { MOVE_TOOLS } from "./settings";
import { Shape, type ShapeKind } from "./shapes";
import type { Touch } from "./tools/tool";

type MoveTool = (typeof MOVE_TOOLS)[number];
const MODES = { move: "translate", rotate: "rotate", scale: "scale" } as const;

/** A motion as the operation `transform` has it: scaled and turned about a pivot, then moved. */
export interface Motion {
  translation: THREE.Vector3;
  rotation: THREE.Quaternion;
  scale: number;
}

export class Mover {
  readonly changed = new Signal();
  /** The box or ball that a person has put up. */
  shape: Shape | null = null;
  /** How the handles move a shape; Gaussians have a tool for each. */
  shapeMode: MoveTool = "move";
  private readonly gizmo: Gizmo;
  private chosenPivot: THREE.Vector3 | null = null;
  private shapeStart = new THREE.Matrix4();
  private busy = false;

  constructor(private readonly editor: Editor) {
    this.gizmo = new Gizmo(editor.app.engine);
    this.gizmo.moved.listen((motion) => this.preview(motion));
    this.gizmo.released.listen((motion) => void this.settle(motion));
    editor.settings.changed.listen(() => this.place());
    editor.selectionChanged.listen(() => this.place());
  }

  get dragging(): boolean {
    return this.gizmo.dragging;
  }

  /** What the handles turn and scale about: chosen, else the middle of what is selected. */
  get pivot(): THREE.Vector3 {
    return this.chosenPivot ?? this.bounds().getCenter(new THREE.Vector3());
  }

  setPivot(point: THREE.Vector3 | null): void {
    this.chosenPivot = point;
    this.place();
    this.changed.emit();
  }

  get hasPivot(): boolean {
    return this.chosenPivot !== null;
  }

  /** Of the selected rows' centres, in the world's frame; without those that lie far from all others. */
  bounds(): THREE.Box3 {
    return boundsOf(this.selectedCenters());
  }

  private selectedCenters(): Float32Array {
    const found = new Float32Array(this.editor.selected * 3);
    const point = new THREE.Vector3();
    let end = 0;
    for (const part of this.editor.parts) {
      if (!part.open) continue;
      for (let row = 0; row < part.rows && end < found.length; row += 1) {
        if ((part.shown[row] & (CLOSED | SELECTED)) !== SELECTED) continue;
        point.fromArray(part.centers, row * 3).applyMatrix4(part.matrix).toArray(found, end);
        end += 3;
      }
    }
    return found.subarray(0, end);
  }

  down(touch: Touch): boolean {
    if (this.busy) return false;
    this.shapeStart = this.shape?.frame.matrixWorld.clone() ?? new THREE.Matrix4();
    return this.gizmo.down(touch);
  }

  drag(touch: Touch): void {
    this.gizmo.move(touch);
  }

  release(touch: Touch): void {
    this.gizmo.up(touch);
  }

  hover(touch: Touch): void {
    if (!this.dragging) this.gizmo.hover(touch);
  }

  cancel(): void {
    this.gizmo.cancel();
  }

  /** By numbers: about the pivot. */
  async transform({ translation, rotation, scale }: Motion): Promise<void> {
    const pivot = this.pivot;
    this.busy = true;
    await this.editor.send({ op: "transform", translation: fromVector(translation), rotation: fromQuaternion(rotation), scale, pivot: fromVector(pivot) });
    if (this.chosenPivot) this.chosenPivot.add(translation);
    this.busy = false;
    this.still();
    this.place();
  }

  /** Shows numbers that are not sent yet. */
  show({ translation, rotation, scale }: Motion): void {
    const pivot = this.pivot;
    const about = new THREE.Matrix4().compose(pivot.clone().add(translation), rotation, new THREE.Vector3().setScalar(scale));
    this.preview(about.multiply(new THREE.Matrix4().makeTranslation(pivot.clone().negate())));
  }

  still(): void {
    this.preview(new THREE.Matrix4());
  }

  putShape(kind: ShapeKind, point: THREE.Vector3): void {
    this.dropShape();
    const size = Math.max(0.1, point.distanceTo(this.editor.app.view.position) * 0.3);
    this.shape = new Shape(kind, point, size, this.editor.app.engine);
    this.place();
    this.changed.emit();
  }

  dropShape(): boolean {
    const there = this.shape !== null;
    this.shape?.dispose();
    this.shape = null;
    this.place();
    this.changed.emit();
    return there;
  }

  setShapeMode(mode: MoveTool): void {
    this.shapeMode = mode;
    this.place();
    this.changed.emit();
  }

  resizeShape(size: THREE.Vector3): void {
    this.shape?.resize(size);
    this.place();
    this.changed.emit();
  }

  /** Where the whole world was moved. */
  follow(motion: THREE.Matrix4): void {
    this.chosenPivot?.applyMatrix4(motion);
    this.shape?.move(this.shape.frame.matrixWorld.clone(), motion);
    this.place();
    this.changed.emit();
  }

  selectInShape(mode: SelectionMode): void {
    const { shape, editor } = this;
    if (!shape) return editor.say("Click on the scene where the shape should be.");
    const found: Rows = shape.rows(editor.parts);
    editor.selectBy(shape.criterion, mode, found);
  }

  dispose(): void {
    this.dropShape();
    this.gizmo.dispose();
  }

  /** Puts the handles where they belong, or away. */
  private place(): void {
    const { values, selected, session } = this.editor;
    if (this.gizmo.dragging) return;
    const { shape } = this;
    if (shape && (values.tool === "box" || values.tool === "sphere")) {
      const { position, quaternion, scale } = shape.frame;
      this.gizmo.show(MODES[this.shapeMode], position, quaternion, values, scale, true);
      return;
    }
    const tool = MOVE_TOOLS.find((name) => name === values.tool);
    if (tool && selected > 0 && session.editable && !this.busy) this.gizmo.show(MODES[tool], this.pivot, this.orientation(), values);
    else this.gizmo.hide();
  }

  /** The axes of the layer that all that is selected belongs to, else the world's. */
  private orientation(): THREE.Quaternion {
    const parts = [...this.editor.parts].filter((part: Part) => part.open && part.shown.some((flags) => (flags & (CLOSED | SELECTED)) === SELECTED));
    return this.editor.values.space === "local" && parts.length === 1 ? parts[0].group.quaternion.clone() : new THREE.Quaternion();
  }

  private preview(motion: THREE.Matrix4): void {
    const { parts, app } = this.editor;
    if (this.shape && this.gizmo.dragging) {
      this.shape.move(this.shapeStart, motion);
      this.changed.emit();
      return;
    }
    parts.preview.setMove(motion);
    parts.redraw();
    app.engine.requestRender();
  }

  /** The drag is over: the server does the same, and its answer takes the preview's place. */
  private async settle(motion: THREE.Matrix4): Promise<void> {
    if (this.shape && (this.editor.values.tool === "box" || this.editor.values.tool === "sphere")) return this.place();
    const pivot = this.pivot;
    const scale = new THREE.Vector3();
    const rotation = new THREE.Quaternion();
    motion.decompose(new THREE.Vector3(), rotation, scale);
    const translation = pivot.clone().applyMatrix4(motion).sub(pivot);
    if (translation.length() < 1e-6 && Math.abs(scale.x - 1) < 1e-6 && Math.abs(rotation.w) > 1 - 1e-9) return this.still();
    await this.transform({ translation, rotation, scale: scale.x });
  }
}
