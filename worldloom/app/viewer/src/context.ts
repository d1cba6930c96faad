import type { SparkRenderer } from "@sparkjsdev/spark";
import type * as THREE from "three";

/** What the parts of the page that live outside it (WebXR) may use of it. */
export interface Ctx {
  renderer: THREE.WebGLRenderer;
  scene: THREE.Scene;
  camera: THREE.PerspectiveCamera;
  /** The camera's parent: moving it moves the person. XR moves only the rig. */
  rig: THREE.Group;
  spark: SparkRenderer;
  /** All splat layers. */
  world: THREE.Group;
  /** The first surface along a ray (world frame, metres): the collider's, else the floor's (y = 0). */
  hit(origin: THREE.Vector3, direction: THREE.Vector3, far?: number): { point: THREE.Vector3; normal: THREE.Vector3 | null } | null;
  spawn(): { position: THREE.Vector3; rotation: THREE.Quaternion };
  /** How many splats a frame may draw; null: what this device draws fluently. */
  setBudget(splats: number | null): void;
  requestRender(): void;
  /** While a callback is set, it is called once per frame and XR owns the loop; null: the page owns it again. */
  setFrameCallback(callback: ((time: number, frame?: XRFrame) => void) | null): void;
  /** Tells the person something, in the status line that screen readers read. */
  announce(text: string): void;
}
