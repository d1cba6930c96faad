import type { Intent } from "./input";

export type ModeName = "orbit" | "fly" | "walk";

/** One way of moving the camera. */
export interface Mode {
  /** Takes over from where the camera is. */
  enter(): void;
  leave(): void;
  /** Moves by what is wanted; returns whether it goes on moving by itself. */
  step(intent: Intent, seconds: number): boolean;
}
