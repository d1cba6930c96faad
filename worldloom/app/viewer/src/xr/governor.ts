import type { Headset } from "./headset";

const WINDOW = 1500; // milliseconds that one judgement looks at
const PAUSE = 1000; // a frame this long is the system's pause, not drawing
const SLOW = 1.15;
const FLUENT = 1.05;
const FEWER = 0.8;
const MORE = 1.15;
const PATIENCE = 3; // fluent windows before drawing more

/** Keeps the frame rate by the number of splats: fewer at once when frames come late, more after a while when they don't. */
export class Governor {
  budget: number;
  private most: number;
  private elapsed = 0;
  private frames = 0;
  private fluent = 0;

  constructor(readonly headset: Headset) {
    this.budget = headset.start;
    this.most = headset.most;
  }

  /** One frame that took `milliseconds` where `target` was wanted: the new budget, or null if it stays. */
  frame(milliseconds: number, target: number): number | null {
    if (!(milliseconds > 0 && milliseconds < PAUSE)) {
      this.forget();
      return null;
    }
    this.elapsed += milliseconds;
    this.frames += 1;
    if (this.elapsed < WINDOW) return null;
    const mean = this.elapsed / this.frames;
    this.elapsed = this.frames = 0;
    return this.judge(mean / target);
  }

  /** Drops what was measured so far, as after a pause. */
  forget(): void {
    this.elapsed = this.frames = this.fluent = 0;
  }

  private judge(lateness: number): number | null {
    const before = this.budget;
    this.fluent = lateness < FLUENT ? this.fluent + 1 : 0;
    if (lateness > SLOW) {
      this.most = Math.max(this.headset.least, Math.min(this.most, Math.round(before * 0.95))); // this much was too much
      this.budget = Math.max(this.headset.least, Math.round(before * FEWER));
    } else if (this.fluent >= PATIENCE) {
      this.fluent = 0;
      this.budget = Math.max(before, Math.min(this.most, Math.round(before * MORE)));
    }
    return this.budget === before ? null : this.budget;
  }
}
