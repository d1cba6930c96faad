/** What the server and the page tell each other. Quaternions are wxyz; lengths are metres. */
import * as THREE from "three";
import type { AuthorOperation, Authored } from "./author/records";

export type Triple = [number, number, number];
export type Quadruple = [number, number, number, number];

export interface Pose {
  position: Triple;
  rotation: Quadruple;
}

export interface CameraView extends Pose {
  /** Degrees. */
  vertical_fov: number;
}

/** A similarity: scaled and turned, then moved. */
export interface Frame {
  translation: Triple;
  rotation: Quadruple;
  scale: number;
}

export interface SceneLayer extends Frame {
  name: string;
  kind: "captured" | "generated" | "object" | "sky" | "effects";
  count: number;
  sh_degree: number;
  visible: boolean;
  locked: boolean;
  url: string;
  preview_url: string | null;
  bytes: number;
}

/** Poses at times; a path of one pose is a bookmark. */
export interface CameraPath {
  name: string;
  seconds: number[];
  poses: Pose[];
  vertical_fov: number;
  easing?: "none" | "in" | "out" | "both";
  /** How many of its seconds pass in one. */
  speed?: number;
  loop?: boolean;
}

export interface Annotation {
  text: string;
  position: Triple;
  title?: string;
  /** From where it is looked at. */
  view?: CameraView | null;
  /** http or https. */
  link?: string | null;
}

/** The camera of one of the world's photos. */
export interface Capture extends Pose {
  name: string;
  vertical_fov: number;
  aspect: number;
}

export interface Environment {
  background: Triple;
  sun_direction: Triple | null;
  fog_density: number;
  weather: string;
  /** Local solar time that the light is of, if that is known. */
  hour?: number | null;
}

export interface SceneDescription {
  world: { id: string; name: string };
  version: number;
  head: number;
  spawn: Pose;
  environment: Environment;
  layers: SceneLayer[];
  collider_url: string | null;
  bounds: { lower: Triple; upper: Triple };
  camera_paths: CameraPath[];
  annotations: Annotation[];
  captures: Capture[];
  authored?: Authored;
}

export type EditOperation =
  | AuthorOperation
  | { op: "set_camera_paths"; camera_paths: CameraPath[] }
  | { op: "set_annotations"; annotations: Annotation[] }
  | { op: "set_spawn"; spawn: Pose }
  | { op: "update_layer"; layer: string; visible?: boolean; locked?: boolean; name?: string };

export function toVector(value: readonly number[]): THREE.Vector3 {
  return new THREE.Vector3(value[0], value[1], value[2]);
}

export function toQuaternion(wxyz: readonly number[]): THREE.Quaternion {
  return new THREE.Quaternion(wxyz[1], wxyz[2], wxyz[3], wxyz[0]).normalize();
}

export function fromVector(value: THREE.Vector3): Triple {
  return [value.x, value.y, value.z];
}

export function fromQuaternion(value: THREE.Quaternion): Quadruple {
  return [value.w, value.x, value.y, value.z];
}
