/** What people put into a world besides splats, as `world.json` has it. */
import type { CameraPath, Annotation, Pose, Quadruple, Triple } from "../protocol";

export interface Portal {
  name: string;
  title: string;
  position: Triple;
  rotation: Quadruple;
  /** Width and height of the opening. */
  size: [number, number];
  shape: "ring" | "door";
  world: string;
  spawn: Pose | null;
}

interface Sounding {
  name: string;
  blob: string;
  position: Triple;
  /** Metres at which it is not heard any more. */
  reach: number;
  gain: number;
  loop: boolean;
  autoplay: boolean;
}

export interface Audio extends Sounding {
  kind: "audio";
  format: "mp3" | "ogg" | "wav" | "m4a";
}

export interface Video extends Sounding {
  kind: "video";
  format: "mp4" | "webm";
  rotation: Quadruple;
  size: [number, number];
}

export type Medium = Audio | Video;

export interface LayerAnimation {
  name: string;
  layer: string;
  motion: "translate" | "spin" | "sway";
  axis: Triple;
  /** Metres, or degrees where it sways. */
  amplitude: number;
  /** Seconds. */
  period: number;
  /** Turns. */
  phase: number;
  pivot: Triple | null;
  playing: boolean;
}

export const PARTICLES = ["rain", "snow", "dust", "fireflies", "leaves"] as const;
export type ParticleKind = (typeof PARTICLES)[number];

export interface ParticleWeather {
  kind: ParticleKind;
  /** 0..1. */
  amount: number;
  reach: number;
  /** Metres per second. */
  wind: Triple;
}

export type Action =
  | { do: "say"; text: string; seconds: number }
  | { do: "play"; medium: string; on: boolean }
  | { do: "fly"; path: string }
  | { do: "animate"; animation: string; on: boolean }
  | { do: "weather"; weather: ParticleWeather | null }
  | { do: "hour"; hour: number }
  | { do: "go"; portal: string };

export type Zone = { shape: "box"; center: Triple; size: Triple; rotation: Quadruple } | { shape: "sphere"; center: Triple; radius: number };

export interface Trigger {
  name: string;
  zone: Zone;
  on_enter: Action[];
  on_leave: Action[];
  once: boolean;
}

export const FIGURES = ["walker", "robot", "spirit", "fox"] as const;
export type FigureName = (typeof FIGURES)[number];

export interface Authored {
  portals: Portal[];
  media: Medium[];
  animations: LayerAnimation[];
  triggers: Trigger[];
  weather: ParticleWeather | null;
  figure: FigureName;
}

export const NOTHING: Authored = { portals: [], media: [], animations: [], triggers: [], weather: null, figure: "walker" };

export type Kind = "camera_path" | "portal" | "medium" | "animation" | "trigger";

export type AuthorOperation =
  | { op: "set_camera_path"; camera_path: CameraPath; only_new?: boolean }
  | { op: "set_portal"; portal: Portal; only_new?: boolean }
  | { op: "set_medium"; medium: Medium; only_new?: boolean }
  | { op: "set_animation"; animation: LayerAnimation; only_new?: boolean }
  | { op: "set_trigger"; trigger: Trigger; only_new?: boolean }
  | { op: "set_weather"; weather: ParticleWeather | null }
  | { op: "set_figure"; figure: FigureName }
  | { op: "rename_thing"; kind: Kind; name: string; new_name: string }
  | { op: "remove_thing"; kind: Kind; name: string }
  | { op: "add_annotation"; annotation: Annotation }
  | { op: "replace_annotation"; old: Annotation; annotation: Annotation }
  | { op: "remove_annotation"; annotation: Annotation };

export function mediumAddress(medium: Medium): string {
  return `/api/v1/assets/${medium.blob}.${medium.format}`;
}
