/** What a tool is, and what it may use of the editor. */
import type * as THREE from "three";
import type { Drawing } from "../drawing";
import type { Rows } from "../masks";
import type { Criterion, SelectionMode } from "../operations";
import type { Part } from "../part";
import type { Parts } from "../parts";
import type { Projector } from "../projection";
import type { Filter, Place } from "../regions";
import type { Values } from "../settings";

/** A place on the page in pixels, and what was held with it. */
export interface Touch extends Place {
  shift: boolean;
  ctrl: boolean;
}

export interface Tool {
  down(touch: Touch): void;
  move(touch: Touch): void;
  up(touch: Touch): void;
  /** The pointer passes without a press. */
  hover?(touch: Touch): void;
  /** Two clicks at one place. */
  double?(touch: Touch): void;
  /** Enter. */
  finish?(): void;
  /** Drops what is under way; returns whether there was something. */
  cancel(): boolean;
  /** Takes the last step back; returns whether there was one. */
  back?(): boolean;
}

/** The Gaussian under the pointer. */
export interface Hit {
  part: Part;
  row: number;
  point: THREE.Vector3;
}

export interface Host {
  readonly parts: Parts;
  readonly projector: Projector;
  readonly drawing: Drawing;
  readonly values: Readonly<Values>;
  /** By what is held, else by what is set. */
  modeOf(touch: Touch): SelectionMode;
  /** What of the screen can be selected: all, or only what is in front. */
  filter(): Filter;
  pick(place: Place): Hit | null;
  /** Shows rows as if they were selected, until `select` or `endPreview`. */
  preview(found: Rows, mode: SelectionMode): void;
  endPreview(): void;
  select(found: Rows, mode: SelectionMode): void;
  selectBy(where: Criterion, mode: SelectionMode, found?: Rows): void;
  say(text: string): void;
}
