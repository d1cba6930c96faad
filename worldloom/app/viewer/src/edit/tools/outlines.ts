/** Selecting with a rectangle, a lasso or a polygon. */
import { addRegion, polygon, rectangle, type Place, type Region } from "../regions";
import type { Rows } from "../masks";
import type { Host, Tool, Touch } from "./tool";

const LEAST_STEP = 3; // pixels between two corners of a lasso
const LEAST_SIZE = 3; // pixels: smaller is a click, and selects nothing
const CLOSE = 12; // pixels from the first corner at which a polygon closes

function choose(host: Host, region: Region, touch: Touch): void {
  const found: Rows = new Map();
  addRegion(found, host.parts, host.projector, region, host.filter());
  host.select(found, host.modeOf(touch));
}

const large = ({ left, right, top, bottom }: Region) => right - left >= LEAST_SIZE || bottom - top >= LEAST_SIZE;

export class RectangleTool implements Tool {
  private from: Place | null = null;

  constructor(private readonly host: Host) {}

  down(touch: Touch): void {
    this.from = touch;
  }

  move(touch: Touch): void {
    if (this.from) this.host.drawing.rectangle(this.from, touch);
  }

  up(touch: Touch): void {
    const region = this.from && rectangle(this.from, touch);
    this.cancel();
    if (region && large(region)) choose(this.host, region, touch);
  }

  cancel(): boolean {
    const busy = this.from !== null;
    this.from = null;
    this.host.drawing.clear();
    return busy;
  }
}

export class LassoTool implements Tool {
  private corners: Place[] = [];

  constructor(private readonly host: Host) {}

  down(touch: Touch): void {
    this.corners = [touch];
  }

  move(touch: Touch): void {
    const last = this.corners[this.corners.length - 1];
    if (Math.hypot(touch.x - last.x, touch.y - last.y) >= LEAST_STEP) this.corners.push(touch);
    this.host.drawing.outline(this.corners, true);
  }

  up(touch: Touch): void {
    const region = polygon([...this.corners, touch]);
    this.cancel();
    if (large(region)) choose(this.host, region, touch);
  }

  cancel(): boolean {
    const busy = this.corners.length > 0;
    this.corners = [];
    this.host.drawing.clear();
    return busy;
  }
}

/** A corner a click; a double click, Enter or a click on the first corner closes it. */
export class PolygonTool implements Tool {
  private corners: Place[] = [];
  private last: Touch | null = null;

  constructor(private readonly host: Host) {}

  down(touch: Touch): void {
    this.last = touch;
    const first = this.corners[0];
    if (this.corners.length > 2 && Math.hypot(touch.x - first.x, touch.y - first.y) < CLOSE) return this.finish();
    this.corners.push(touch);
    this.draw(touch);
  }

  move(touch: Touch): void {
    if (this.corners.length === 0) return;
    this.corners[this.corners.length - 1] = touch;
    this.draw(touch);
  }

  up(): void {}

  hover(touch: Touch): void {
    if (this.corners.length > 0) this.draw(touch);
  }

  double(): void {
    this.corners.pop();
    this.finish();
  }

  finish(): void {
    const { corners, last } = this;
    this.cancel();
    if (corners.length > 2 && last) choose(this.host, polygon(corners), last);
  }

  back(): boolean {
    const there = this.corners.pop() !== undefined;
    this.draw(this.corners[this.corners.length - 1]);
    return there;
  }

  cancel(): boolean {
    const busy = this.corners.length > 0;
    this.corners = [];
    this.host.drawing.clear();
    return busy;
  }

  private draw(pointer: Place | undefined): void {
    this.host.drawing.outline(pointer ? [...this.corners, pointer] : this.corners, true);
  }
}
