/** What a tool draws over the scene: outlines and circles. */
import type { Place } from "./regions";

const SVG = "http://www.w3.org/2000/svg";

export class Drawing {
  readonly element = document.createElementNS(SVG, "svg");
  private readonly path = document.createElementNS(SVG, "path");
  private readonly ring = document.createElementNS(SVG, "circle");

  constructor() {
    this.element.setAttribute("class", "edit-drawing");
    this.element.setAttribute("aria-hidden", "true");
    this.element.append(this.path, this.ring);
    this.clear();
  }

  outline(corners: Place[], closed: boolean): void {
    const steps = corners.map(({ x, y }, index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`);
    this.path.setAttribute("d", steps.join("") + (closed ? "Z" : ""));
  }

  rectangle(from: Place, to: Place): void {
    this.outline([from, { x: to.x, y: from.y }, to, { x: from.x, y: to.y }], true);
  }

  circle(center: Place, radius: number): void {
    this.ring.setAttribute("cx", center.x.toFixed(1));
    this.ring.setAttribute("cy", center.y.toFixed(1));
    this.ring.setAttribute("r", Math.max(0, radius).toFixed(1));
  }

  clear(): void {
    this.path.setAttribute("d", "");
    this.ring.setAttribute("r", "0");
  }
}
