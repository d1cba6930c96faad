/** Tools of one click: a Gaussian, what is connected, what has the colour, what is one thing. */
import { fromVector } from "../../protocol";
import type { Criterion } from "../operations";
import type { Host, Tool, Touch } from "./tool";

const NOTHING = "There is nothing there to click on.";

export class PickTool implements Tool {
  constructor(private readonly host: Host) {}

  down(touch: Touch): void {
    const hit = this.host.pick(touch);
    if (!hit) return this.host.say(NOTHING);
    const rows = new Uint8Array(hit.part.rows);
    rows[hit.row] = 1;
    this.host.select(new Map([[hit.part.key, rows]]), this.host.modeOf(touch));
  }

  move(): void {}

  up(): void {}

  cancel(): boolean {
    return false;
  }
}

/** The server finds the rows: it knows their neighbours. */
export class CriterionTool implements Tool {
  constructor(
    private readonly host: Host,
    private readonly criterion: (point: [number, number, number]) => Criterion,
  ) {}

  down(touch: Touch): void {
    const hit = this.host.pick(touch);
    if (!hit) return this.host.say(NOTHING);
    this.host.selectBy(this.criterion(fromVector(hit.point)), this.host.modeOf(touch));
  }

  move(): void {}

  up(): void {}

  cancel(): boolean {
    return false;
  }
}

/** One click that says where something is. */
export class PointTool implements Tool {
  constructor(
    private readonly host: Host,
    private readonly chosen: (point: [number, number, number]) => void,
  ) {}

  down(touch: Touch): void {
    const hit = this.host.pick(touch);
    if (hit) this.chosen(fromVector(hit.point));
    else this.host.say(NOTHING);
  }

  move(): void {}

  up(): void {}

  cancel(): boolean {
    return false;
  }
}
