/** What a person has set the tools to. */
import { Signal } from "../signal";
import type { SelectionMode } from "./operations";

export const SELECT_TOOLS = ["pick", "rectangle", "lasso", "polygon", "brush", "ball", "flood", "eyedropper", "object", "box", "sphere"] as const;
export const MOVE_TOOLS = ["move", "rotate", "scale"] as const;
export type ToolName = "look" | (typeof SELECT_TOOLS)[number] | (typeof MOVE_TOOLS)[number] | "pivot" | "probe";

export interface Values {
  tool: ToolName;
  mode: SelectionMode;
  /** Only what is in front, instead of all that lies behind each other. */
  visibleOnly: boolean;
  /** Radius of the brush, pixels. */
  brush: number;
  /** Radius of the sphere brush, metres. */
  ball: number;
  /** How different a colour may be: black and white are 1 apart, 0.02 is just seen. */
  tolerance: number;
  /** How wide a gap a flood bridges, metres; 0: what is usual there. */
  gap: number;
  /** How the object at a click is found, where the server has a model for it. */
  objectBy: "model" | "cut";
  snapping: boolean;
  /** Metres, degrees and a factor. */
  snapMove: number;
  snapTurn: number;
  snapScale: number;
  space: "world" | "local";
}

export class Settings {
  readonly changed = new Signal();
  readonly values: Values = {
    tool: "look",
    mode: "set",
    visibleOnly: false,
    brush: 32,
    ball: 0.25,
    tolerance: 0.1,
    gap: 0,
    objectBy: "model",
    snapping: false,
    snapMove: 0.1,
    snapTurn: 15,
    snapScale: 0.1,
    space: "world",
  };

  set(values: Partial<Values>): void {
    Object.assign(this.values, values);
    this.changed.emit();
  }

  /** By a factor above or below 1, as the keys [ and ] do. */
  resize(factor: number): void {
    const { tool, brush, ball } = this.values;
    if (tool === "ball") this.set({ ball: Math.min(50, Math.max(0.01, ball * factor)) });
    else this.set({ brush: Math.min(400, Math.max(3, brush * factor)) });
  }
}
