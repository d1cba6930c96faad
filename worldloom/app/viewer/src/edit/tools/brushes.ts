/** Painting a selection: a round brush on the screen, and a ball that follows the surface. */
import * as THREE from "three";
import type { Rows } from "../masks";
import type { SelectionMode } from "../operations";
import { addBall, addRegion, stroke, type Filter, type Place } from "../regions";
import type { Host, Tool, Touch } from "./tool";

const BRUSH_MEASURE = "edit brush";

/** What a stroke finds is shown as it grows, and selected when it ends. */
abstract class PaintTool implements Tool {
  private found: Rows | null = null;
  private mode: SelectionMode = "set";

  constructor(protected readonly host: Host) {}

  down(touch: Touch): void {
    this.found = new Map();
    this.mode = this.host.modeOf(touch);
    this.grow(touch);
  }

  move(touch: Touch): void {
    this.hover(touch);
    this.grow(touch);
  }

  up(touch: Touch): void {
    this.grow(touch);
    const { found } = this;
    this.found = null;
    if (found) this.host.select(found, this.mode);
  }

  cancel(): boolean {
    const busy = this.found !== null;
    this.found = null;
    this.host.drawing.clear();
    if (busy) this.host.endPreview();
    return busy;
  }

  abstract hover(touch: Touch): void;

  /** Adds what is found at `touch`. */
  protected abstract paint(touch: Touch, found: Rows): void;

  private grow(touch: Touch): void {
    if (!this.found) return;
    const start = performance.now();
    this.paint(touch, this.found);
    this.host.preview(this.found, this.mode);
    performance.measure(BRUSH_MEASURE, { start }); // what bench/edit_brush.py reads
  }
}

export class BrushTool extends PaintTool {
  private last: Place = { x: 0, y: 0 };
  /** Decided when the stroke begins: what it has taken away does not uncover what is behind. */
  private filter: Filter = null;

  override down(touch: Touch): void {
    this.filter = this.host.filter();
    this.last = touch;
    super.down(touch);
  }

  hover(touch: Touch): void {
    this.host.drawing.circle(touch, this.host.values.brush);
  }

  protected paint(touch: Touch, found: Rows): void {
    const { parts, projector, values } = this.host;
    addRegion(found, parts, projector, stroke(this.last, touch, values.brush), this.filter);
    this.last = touch;
  }
}

export class BallTool extends PaintTool {
  hover(touch: Touch): void {
    this.show(touch, this.surface(touch));
  }

  protected paint(touch: Touch, found: Rows): void {
    const point = this.surface(touch);
    this.show(touch, point);
    if (point) addBall(found, this.host.parts, point, this.host.values.ball);
  }

  private surface(touch: Touch): THREE.Vector3 | null {
    return this.host.pick(touch)?.point ?? null;
  }

  /** The ball's outline, where there is something under the pointer. */
  private show(touch: Touch, point: THREE.Vector3 | null): void {
    const { projector, drawing, values } = this.host;
    drawing.circle(touch, point ? (projector.focal * values.ball) / Math.max(0.05, projector.depthOf(point)) : 0);
  }
}
