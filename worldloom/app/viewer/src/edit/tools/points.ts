/** Tools of one click: a Gaussian, what is connected, what has the colour, what is one thing. */
import { fromVector } from "../../protocol";
import type { Criterion } from "../operations";
import type { Hit, Host, Tool, Touch } from "./tool";

/** Does something with what is first met under the pointer. */
export abstract class ClickTool implements Tool {
  constructor(protected readonly host: Host) {}

  down(touch: Touch): void {
    const hit = this.host.pick(touch);
    if (hit) this.clicked(hit, touch);
    else this.host.say("There is nothing there to click on.");
  }

  move(): void {}

  up(): void {}

  cancel(): boolean {
    return false;
  }

  protected abstract clicked(hit: Hit, touch: Touch): void;
}

export class PickTool extends ClickTool {
  protected clicked({ part, row }: Hit, touch: Touch): void {
    const rows = new Uint8Array(part.rows);
    rows[row] = 1;
    this.host.select(new Map([[part.key, rows]]), this.host.modeOf(touch));
  }
}

/** The server finds the rows: it knows their neighbours. */
export class CriterionTool extends ClickTool {
  constructor(
    host: Host,
    private readonly criterion: (point: [number, number, number]) => Criterion,
  ) {
    super(host);
  }

  protected clicked({ point }: Hit, touch: Touch): void {
    this.host.selectBy(this.criterion(fromVector(point)), this.host.modeOf(touch));
  }
}

/** One click that says where something is. */
export class PointTool extends ClickTool {
  constructor(
    host: Host,
    private readonly chosen: (point: [number, number, number]) => void,
  ) {
    super(host);
  }

  protected clicked({ point }: Hit): void {
    this.chosen(fromVector(point));
  }
}
