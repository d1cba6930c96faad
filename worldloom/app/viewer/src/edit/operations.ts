/** The operations and criteria that the page sends; what they do is written once, in the server's `worldloom/edit`. */
import type { CameraView, Quadruple, Triple } from "../protocol";
import type { Mask } from "./masks";

export type SelectionMode = "set" | "add" | "remove" | "intersect";

/** A camera's picture of the world. */
export interface PictureView extends CameraView {
  /** Width over height. */
  aspect: number;
}

/** What is first met at a place of a picture, 0 to 1 across and down. */
export interface Spot {
  view: PictureView;
  at: [number, number];
}

export type Criterion =
  | { by: "everything" }
  | { by: "selected" }
  | { by: "rows"; parts: Record<string, Mask> }
  | { by: "layer"; names: string[] }
  | { by: "box"; center: Triple; size: Triple; rotation: Quadruple }
  | { by: "sphere"; center: Triple; radius: number }
  | { by: "range"; attribute: string; low: number; high: number; point?: Triple; view?: PictureView }
  | { by: "flood"; at: Triple; tolerance: number; step: number | null }
  | { by: "colour"; at: Triple; tolerance: number }
  | { by: "object"; at: Triple };

/** Fields beyond `op` are the server's; it refuses what it does not know in one sentence. */
export interface Operation {
  op: string;
  [field: string]: unknown;
}

export const select = (where: Criterion, mode: SelectionMode): Operation => ({ op: "select", where, mode });
