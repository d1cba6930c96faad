/** Painting a selection: a round brush on the screen, and a ball that follows the surface. */
import * as THREE from "three";
import type { Rows } from "../masks";
import type { SelectionMode } from "../operations";
import { addBall, addRegion, stroke, type Filter, type Place } from "../regions";
import type { Host, Tool, Touch } from "./tool";

const BRUSH_MEASURE = "edit brush";

export class BrushTool implements Tool {
  private found: Rows | null = null;
  private last: Place | null = null;
  private mode: SelectionMode = "set";
  /** Decided when the stroke begins: what it has taken away does not uncover what is behind. */
  private filter: Filter = null;

  constructor(private readonly host: Host) {}

  down(touch: Touch): void {
    this.found = new Map();
    this.mode = this.host.modeOf(touch);
    this.filter = this.host.filter();
    this.last = touch;
    this.paint(touch);
  }

  move(touch: Touch): void {
    this.hover(touch);
    this.paint(touch);
  }

  up(touch: Touch): void {
    const { found, mode } = this;
    this.paint(touch);
    this.found = null;
    if (found) this.host.select(found, mode);
  }

  hover(touch: Touch): void {
    this.host.drawing.circle(touch, this.host.values.brush);
  }

  cancel(): boolean {
    const busy = this.found !== null;
    this.found = null;
    this.host.drawing.clear();
    if (busy) this.host.endPreview();
    return busy;
  }

  private paint(touch: Touch): void {
    if (!this.found || !this.last) return;
    const { host } = this;
    const start = performance.now();
    addRegion(this.found, host.parts, host.projector, stroke(this.last, touch, host.values.brush), this.filter);
    this.last = touch;
    host.preview(this.found, this.mode);
    performance.measure(BRUSH_MEASURE, { start }); // what bench/edit_brush.py reads
  }
}

export class BallTool implements Tool {
  private found: Rows | null = null;
  private mode: SelectionMode = "set";
  /** Of the surface under the pointer, if there is one. */
  private last: THREE.Vector3 | null = null;

  constructor(private readonly host: Host) {}

  down(touch: Touch): void {
    this.found = new Map();
    this.mode = this.host.modeOf(touch);
    this.paint(touch);
  }

  move(touch: Touch): void {
    this.hover(touch);
    this.paint(touch);
  }

  up(): void {
    const { found, mode } = this;
    this.found = null;
    if (found) this.host.select(found, mode);
  }

  hover(touch: Touch): void {
    const hit = this.host.pick(touch);
    this.last = hit?.point ?? null;
    const { projector } = this.host;
    const radius = this.last ? (projector.focal * this.host.values.ball) / Math.max(0.05, projector.depthOf(this.last)) : 0;
    this.host.drawing.circle(touch, radius);
  }

  cancel(): boolean {
    const busy = this.found !== null;
    this.found = null;
    this.host.drawing.clear();
    if (busy) this.host.endPreview();
    return busy;
  }

  private paint(touch: Touch): void {
    if (!this.found) return;
    this.hover(touch);
    if (!this.last) return;
    addBall(this.found, this.host.parts, this.last, this.host.values.ball);
    this.host.preview(this.found, this.mode);
  }
}
