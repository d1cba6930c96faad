/** Mouse, pen and fingers on the scene: drag to look, two fingers to pan and pinch, wheel to come nearer. */
import type { InputSource, Intent } from "./input";

const LOOK = Math.PI; // radians for a drag over the page's height
const CLICK_DISTANCE = 6; // pixels
const CLICK_TIME = 400; // milliseconds
const DOUBLE_TIME = 350;

interface Finger {
  x: number;
  y: number;
  startX: number;
  startY: number;
  start: number;
  button: number;
}

export interface PointerEvents {
  /** Place on the page, pixels. */
  click(x: number, y: number): void;
  doubleClick(x: number, y: number): void;
  /** Whether a click should catch the mouse. */
  wantsLock(): boolean;
  /** Something that takes a press for itself, such as a tool; null: the press moves the camera. */
  grab(event: PointerEvent): Grab | null;
  /** Whether the left button belongs to a tool: then the right one looks around, and the middle one pans. */
  takesLeft(): boolean;
  /** The pointer passes without a press; null: it has left. */
  hover(event: PointerEvent | null): void;
}

/** A press that is not the camera's, until it is let go or a second finger makes a gesture of it. */
export interface Grab {
  move(event: PointerEvent): void;
  up(event: PointerEvent): void;
  double?(event: PointerEvent): void;
  cancel(): void;
}

export class PointerInput implements InputSource {
  private readonly fingers = new Map<number, Finger>();
  private turnX = 0;
  private turnY = 0;
  private dragX = 0;
  private dragY = 0;
  private panX = 0;
  private panY = 0;
  private zoom = 1;
  private lastClick = { time: 0, x: 0, y: 0 };
  /** Several fingers were down: what follows is no click. */
  private gesture = false;
  private grabbed: { pointer: number; grab: Grab } | null = null;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly wake: () => void,
    private readonly events: PointerEvents,
  ) {
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", (event) => {
      this.fingers.delete(event.pointerId);
      this.letGo();
    });
    canvas.addEventListener("pointerleave", () => events.hover(null));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 30 : event.deltaY;
        this.zoom *= Math.exp(Math.max(-0.5, Math.min(0.5, lines * 0.0012)));
        wake();
      },
      { passive: false },
    );
  }

  get locked(): boolean {
    return document.pointerLockElement === this.canvas;
  }

  read(intent: Intent): boolean {
    intent.turn.add({ x: this.turnX, y: this.turnY });
    intent.drag.add({ x: this.dragX, y: this.dragY });
    intent.pan.add({ x: this.panX, y: this.panY });
    intent.zoom *= this.zoom;
    this.turnX = this.turnY = this.dragX = this.dragY = this.panX = this.panY = 0;
    this.zoom = 1;
    return false;
  }

  private down(event: PointerEvent): void {
    this.canvas.focus({ preventScroll: true });
    if (this.locked) return;
    try {
      this.canvas.setPointerCapture(event.pointerId);
    } catch {
      // The pointer is gone already: a very short touch.
    }
    if (this.fingers.size === 0) this.gesture = false;
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY, startX: event.clientX, startY: event.clientY, start: event.timeStamp, button: event.button });
    if (this.fingers.size > 1) {
      this.gesture = true;
      this.letGo();
      return;
    }
    const grab = this.events.grab(event);
    if (grab) this.grabbed = { pointer: event.pointerId, grab };
  }

  /** What was grabbed becomes the camera's again. */
  private letGo(): void {
    this.grabbed?.grab.cancel();
    this.grabbed = null;
  }

  private move(event: PointerEvent): void {
    const height = this.canvas.clientHeight || 1;
    if (this.locked) {
      this.turnX -= (event.movementX / height) * LOOK;
      this.turnY -= (event.movementY / height) * LOOK;
      this.wake();
      return;
    }
    const finger = this.fingers.get(event.pointerId);
    if (!finger) {
      this.events.hover(event);
      return;
    }
    if (this.grabbed?.pointer === event.pointerId) {
      finger.x = event.clientX;
      finger.y = event.clientY;
      this.grabbed.grab.move(event);
      return;
    }
    const dx = (event.clientX - finger.x) / height;
    const dy = (event.clientY - finger.y) / height;
    const others = [...this.fingers.entries()].filter(([id]) => id !== event.pointerId).map(([, other]) => other);
    if (others.length > 0) {
      const other = others[0];
      const before = Math.hypot(finger.x - other.x, finger.y - other.y);
      const after = Math.hypot(event.clientX - other.x, event.clientY - other.y);
      if (before > 1 && after > 1) this.zoom *= before / after;
      this.panX += dx / 2;
      this.panY += dy / 2;
    } else if (finger.button === 1 || (finger.button === 2 && !this.events.takesLeft())) {
      this.panX += dx;
      this.panY += dy;
    } else {
      this.dragX += dx * LOOK;
      this.dragY += dy * LOOK;
    }
    finger.x = event.clientX;
    finger.y = event.clientY;
    this.wake();
  }

  private up(event: PointerEvent): void {
    if (this.locked) {
      if (event.button === 0) this.events.click(this.canvas.clientWidth / 2, this.canvas.clientHeight / 2);
      return;
    }
    const finger = this.fingers.get(event.pointerId);
    this.fingers.delete(event.pointerId);
    const { grabbed } = this;
    if (grabbed?.pointer === event.pointerId) {
      this.grabbed = null;
      grabbed.grab.up(event);
      if (finger && this.isClick(finger, event) && this.isDouble(event)) grabbed.grab.double?.(event);
      return;
    }
    if (!finger || this.gesture || finger.button !== 0 || !this.isClick(finger, event)) return;
    if (this.isDouble(event)) this.events.doubleClick(event.clientX, event.clientY);
    else {
      this.events.click(event.clientX, event.clientY);
      if (event.pointerType === "mouse" && this.events.wantsLock()) this.canvas.requestPointerLock()?.catch?.(() => undefined);
    }
  }

  private isClick(finger: Finger, event: PointerEvent): boolean {
    const moved = Math.hypot(event.clientX - finger.startX, event.clientY - finger.startY);
    return moved <= CLICK_DISTANCE && event.timeStamp - finger.start <= CLICK_TIME;
  }

  private isDouble(event: PointerEvent): boolean {
    const last = this.lastClick;
    const double = event.timeStamp - last.time < DOUBLE_TIME && Math.hypot(event.clientX - last.x, event.clientY - last.y) < 24;
    this.lastClick = { time: double ? 0 : event.timeStamp, x: event.clientX, y: event.clientY };
    return double;
  }
}
