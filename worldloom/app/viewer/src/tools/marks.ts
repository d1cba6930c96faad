/** Things of the page that stick to points of the world: lines, labels, markers. */
import * as THREE from "three";
import type { Engine } from "../engine";

const SVG = "http://www.w3.org/2000/svg";

interface Anchored {
  element: HTMLElement;
  point: THREE.Vector3;
}

interface AnchoredLine {
  line: SVGLineElement;
  from: THREE.Vector3;
  to: THREE.Vector3;
}

export class Marks {
  readonly layer = document.createElement("div");
  private readonly svg = document.createElementNS(SVG, "svg");
  private readonly anchored = new Set<Anchored>();
  private readonly lines = new Set<AnchoredLine>();

  constructor(private readonly engine: Engine) {
    this.layer.className = "marks";
    this.svg.setAttribute("aria-hidden", "true");
    this.layer.append(this.svg);
    engine.onDrawn(() => this.place());
  }

  /** Keeps `element`'s centre at a point of the world (metres). Returns how to take it away again. */
  attach(element: HTMLElement, point: THREE.Vector3): () => void {
    const entry = { element, point };
    this.anchored.add(entry);
    this.layer.append(element);
    this.place();
    return () => {
      this.anchored.delete(entry);
      element.remove();
    };
  }

  line(from: THREE.Vector3, to: THREE.Vector3): () => void {
    const line = document.createElementNS(SVG, "line");
    const entry = { line, from, to };
    this.lines.add(entry);
    this.svg.append(line);
    this.place();
    return () => {
      this.lines.delete(entry);
      line.remove();
    };
  }

  /** Draws what is shown of them onto a picture of the scene, `scale` of its pixels to one of the page's. */
  paint(context: CanvasRenderingContext2D, scale: number): void {
    context.save();
    context.scale(scale, scale);
    context.strokeStyle = "#fff";
    context.lineWidth = 2;
    context.setLineDash([6, 4]);
    for (const { line } of this.lines) {
      if (line.style.visibility === "hidden") continue;
      const [x1, y1, x2, y2] = ["x1", "y1", "x2", "y2"].map((name) => Number(line.getAttribute(name)));
      context.beginPath();
      context.moveTo(x1, y1);
      context.lineTo(x2, y2);
      context.stroke();
    }
    context.setLineDash([]);
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const { element } of this.anchored) {
      if (element.style.visibility === "hidden") continue;
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      context.beginPath();
      context.roundRect(box.x, box.y, box.width, box.height, box.height / 2);
      context.fillStyle = style.backgroundColor;
      context.fill();
      if (parseFloat(style.borderTopWidth) > 0) context.stroke();
      context.fillStyle = style.color;
      context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
      context.fillText(element.textContent ?? "", box.x + box.width / 2, box.y + box.height / 2 + 0.5);
    }
    context.restore();
  }

  private place(): void {
    const { camera, canvas } = this.engine;
    if (this.anchored.size + this.lines.size === 0) return;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    camera.updateWorldMatrix(true, false);
    const toView = camera.matrixWorldInverse;
    const project = (view: THREE.Vector3) => {
      const point = view.clone().applyMatrix4(camera.projectionMatrix);
      return { x: ((point.x + 1) / 2) * width, y: ((1 - point.y) / 2) * height };
    };
    for (const { element, point } of this.anchored) {
      const view = point.clone().applyMatrix4(toView);
      const place = project(view);
      const shown = view.z < -camera.near && place.x > -40 && place.x < width + 40 && place.y > -40 && place.y < height + 40;
      element.style.visibility = shown ? "" : "hidden";
      if (shown) element.style.transform = `translate(${place.x.toFixed(1)}px, ${place.y.toFixed(1)}px) translate(-50%, -50%)`;
    }
    for (const { line, from, to } of this.lines) {
      const [start, end] = clipped(from.clone().applyMatrix4(toView), to.clone().applyMatrix4(toView), -camera.near);
      line.style.visibility = start && end ? "" : "hidden";
      if (!start || !end) continue;
      const a = project(start);
      const b = project(end);
      line.setAttribute("x1", a.x.toFixed(1));
      line.setAttribute("y1", a.y.toFixed(1));
      line.setAttribute("x2", b.x.toFixed(1));
      line.setAttribute("y2", b.y.toFixed(1));
    }
  }
}

/** The part of a line, view frame, that lies ahead of the near plane. */
function clipped(from: THREE.Vector3, to: THREE.Vector3, near: number): [THREE.Vector3, THREE.Vector3] | [null, null] {
  if (from.z > near && to.z > near) return [null, null];
  if (from.z <= near && to.z <= near) return [from, to];
  const crossing = from.clone().lerp(to, (near - from.z) / (to.z - from.z));
  return from.z > near ? [crossing, to] : [from, crossing];
}
