/** What a push of the thumbstick asks for, once per push. */
export type StickEvent = "none" | "turn-left" | "turn-right" | "aim" | "land";

const PUSHED = 0.7;
const RELEASED = 0.35; // well below PUSHED, so that a trembling thumb can't push twice

/**
 * A thumbstick as gestures: sideways turns once, forward aims until it is let go, then lands. Nothing else happens until
 * the stick has come back to its middle.
 */
export class Stick {
  private state: "rest" | "spent" | "aiming" = "rest";

  /** One frame's axes: x to the right, y towards the person, both -1..1; anything that is no number counts as 0. */
  step(x: number, y: number): StickEvent {
    x = Number.isFinite(x) ? x : 0;
    y = Number.isFinite(y) ? y : 0;
    const push = Math.max(Math.abs(x), Math.abs(y));
    if (this.state !== "rest") {
      if (push > RELEASED) return "none";
      const event = this.state === "aiming" ? "land" : "none";
      this.state = "rest";
      return event;
    }
    if (push < PUSHED) return "none";
    if (Math.abs(x) > Math.abs(y)) {
      this.state = "spent";
      return x > 0 ? "turn-right" : "turn-left";
    }
    this.state = y < 0 ? "aiming" : "spent";
    return y < 0 ? "aim" : "none";
  }

  /** Forgets the push in progress: letting go of it does nothing any more. */
  cancel(): void {
    if (this.state === "aiming") this.state = "spent";
  }
}
