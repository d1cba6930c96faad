/** What an editing page and the server tell each other over the websocket. Quaternions are wxyz; lengths are metres. */
import type { CameraView, Frame, SceneDescription, SceneLayer } from "../protocol";
import type { Mask } from "./masks";
import type { Operation } from "./operations";

export type Role = "owner" | "editor" | "viewer";

/** A layer while it is edited: all its rows, also those deleted. */
export interface EditLayer extends SceneLayer {
  key: string;
  rows: number;
  dead: Mask | null;
  hidden: Mask | null;
  locked_rows: Mask | null;
}

export interface EditScene extends Omit<SceneDescription, "layers"> {
  layers: EditLayer[];
  /** From the frame that the world had when its log began to the one that it has now. */
  frame?: Frame;
}

type LayerFacts = Pick<EditLayer, "key" | "name" | "kind" | "translation" | "rotation" | "scale" | "visible" | "locked" | "rows" | "sh_degree">;

/** What is left out has not changed. */
export interface PartPatch extends LayerFacts {
  /** New content of all rows. */
  url?: string | null;
  /** New content of some rows, in their order. */
  changed?: { rows: Mask; url: string } | null;
  dead?: Mask | null;
  hidden?: Mask | null;
  locked_rows?: Mask | null;
}

export type Selections = Record<string, Record<string, Mask>>;

export interface Patch {
  removed?: string[];
  parts?: PartPatch[];
  /** Only those that changed, each whole. */
  selections?: Selections;
  record?: Partial<Omit<EditScene, "layers">> | null;
  /** All keys, where their order has changed. */
  order?: string[];
}

export interface Person {
  id: string;
  name: string;
  colour: string;
  camera?: CameraView | null;
  /** How many Gaussians they have selected. */
  selected?: number;
}

interface Progress {
  /** Titles of what undo and redo would do. */
  can_undo: string | null;
  can_redo: string | null;
  dirty: boolean;
}

export interface Welcome extends Progress {
  type: "welcome";
  number: number;
  role: Role;
  /** Whether one came by a link, which opens this world only. */
  guest?: boolean;
  /** Whether the server has a segmentation model that finds the thing at a click. */
  segmenter?: boolean;
  scene: EditScene;
  selections: Selections;
  people: Person[];
}

export interface Done extends Progress {
  type: "done";
  number: number;
  id: string;
  person: string;
  kind: string;
  title: string;
  count: number;
  note: string;
  figures: Record<string, number> | null;
  patch: Patch | null;
}

export type ServerMessage =
  | Welcome
  | Done
  | { type: "refused"; id: string | null; message: string }
  | { type: "people"; people: Person[] }
  | { type: "saved"; version: number }
  | { type: "saving"; operation: string }
  | { type: "pong" };

/** What has to be answered, and is sent again after an interruption. */
export type Request = { type: "do"; id: string; operation: Operation } | { type: "undo" | "redo"; id: string; target?: string };

export type ClientMessage =
  | { type: "hello"; person: Pick<Person, "id" | "name" | "colour"> }
  | Request
  | { type: "save"; message: string }
  | ({ type: "camera" } & CameraView)
  | { type: "ping" };

/** One line of a world's log. */
export interface HistoryLine {
  number: number;
  id: string;
  person: string;
  kind: string;
  op: string | null;
  title: string;
  target: string | null;
  version: number | null;
  /** Seconds since 1970. */
  created: number;
  in_force: boolean;
  skipped: string | null;
}

export interface Branch {
  name: string;
  parent: string | null;
  /** How many of the parent's lines it begins with. */
  forked: number;
}

/** A link by which others open the world. */
export interface Share {
  id: string;
  role: Role;
  label: string;
  /** Seconds since 1970. */
  created: number;
  revoked: number | null;
}

export interface Histogram {
  lower: number;
  upper: number;
  counts: number[];
  /** Of what is selected, in the same bins. */
  selected?: number[] | null;
}

/** One thing to approve: an operation, another hour, weather or season in words, or a step back or forth. */
export interface Proposal {
  operation: Operation | null;
  event: string;
  turn: "" | "undo" | "redo";
  title: string;
  count: number;
  note: string;
}

/** What a segmentation model has found: an operation that selects it, and in how many pictures it was seen. */
export interface Segmented {
  operation: Operation;
  count: number;
  pictures: number;
  scores: number[];
}

/** What a text asks for. */
export interface Proposals {
  proposals: Proposal[];
  not_understood: { text: string; why: string }[];
  /** Why a language model that is set did not read it. */
  note: string;
}
