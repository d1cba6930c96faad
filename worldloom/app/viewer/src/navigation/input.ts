/** What the person wants to do now, from whichever of keyboard, mouse, touch, stick and gamepad they use. */
import * as THREE from "three";

export interface Intent {
  /** Right, up, forward, each -1..1. */
  move: THREE.Vector3;
  /** Radians since the last frame: to the left, and up. */
  turn: THREE.Vector2;
  /** As `turn`, by dragging the scene itself: it follows the pointer to the right, and down. */
  drag: THREE.Vector2;
  /** Fractions of the page's height since the last frame: the scene follows the fingers to the right, and down. */
  pan: THREE.Vector2;
  /** Factor on the distance since the last frame: below 1 comes nearer. */
  zoom: number;
  jump: boolean;
  /** 1, or faster or slower while Shift or Alt is held. */
  pace: number;
}

export function noIntent(): Intent {
  return { move: new THREE.Vector3(), turn: new THREE.Vector2(), drag: new THREE.Vector2(), pan: new THREE.Vector2(), zoom: 1, jump: false, pace: 1 };
}

/** A device that adds to the intent; returns whether it wants to be asked again next frame. */
export interface InputSource {
  read(intent: Intent, seconds: number): boolean;
}
