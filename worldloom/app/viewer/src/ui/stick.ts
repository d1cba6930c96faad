/** The on-screen stick for thumbs: how far it is pushed is how fast one goes. */
import type { InputSource, Intent } from "../navigation/input";
import { h } from "./dom";

const REACH = 44; // pixels

export class Stick implements InputSource {
  private readonly knob = h("div", { class: "stick-knob" });
  readonly element = h("div", { class: "stick", "aria-hidden": "true" }, this.knob);
  private x = 0;
  private y = 0;

  constructor(private readonly wake: () => void) {
    const { element } = this;
    element.addEventListener("pointerdown", (event) => {
      element.setPointerCapture(event.pointerId);
      this.push(event);
    });
    element.addEventListener("pointermove", (event) => {
      if (element.hasPointerCapture(event.pointerId)) this.push(event);
    });
    for (const end of ["pointerup", "pointercancel"] as const) element.addEventListener(end, () => this.set(0, 0));
  }

  read(intent: Intent): boolean {
    intent.move.add({ x: this.x, y: 0, z: -this.y });
    return this.x !== 0 || this.y !== 0;
  }

  private push(event: PointerEvent): void {
    event.preventDefault();
    const box = this.element.getBoundingClientRect();
    const x = (event.clientX - box.left - box.width / 2) / REACH;
    const y = (event.clientY - box.top - box.height / 2) / REACH;
    const size = Math.max(1, Math.hypot(x, y));
    this.set(x / size, y / size);
  }

  private set(x: number, y: number): void {
    this.x = x;
    this.y = y;
    this.knob.style.transform = `translate(${x * REACH}px, ${y * REACH}px)`;
    this.wake();
  }
}
