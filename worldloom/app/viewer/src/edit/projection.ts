/** Where rows are on the screen, how near, and which of them are in front. */
import * as THREE from "three";
import { DEAD, HIDDEN } from "./flags";
import type { Part } from "./part";

const CELL = 4; // pixels of the page in one of the depth buffer
const MOST_WORK = 3e7; // cells that all rows of a part may fill: of many rows, each covers less
const LEAST_WIDEST = 3; // cells to each side that a row may cover in any case
const MOST_WIDEST = 32;
const LEAST_OPACITY = 70; // of 255: fainter rows hide nothing
const TOLERANCE = 0.015; // of the distance, by which rows of one surface may lie behind each other

/** x and y in the page's pixels, depth in metres along the view; depth <= 0: behind the camera. */
export interface Screen {
  x: Float32Array;
  y: Float32Array;
  depth: Float32Array;
}

export class Projector {
  private readonly cache = new Map<string, { screen: Screen; seal: string }>();
  private front: { depth: Float32Array; columns: number; rows: number; seal: string } | null = null;

  constructor(
    private readonly camera: THREE.PerspectiveCamera,
    private readonly canvas: HTMLCanvasElement,
  ) {}

  get width(): number {
    return this.canvas.clientWidth;
  }

  get height(): number {
    return this.canvas.clientHeight;
  }

  screen(part: Part): Screen {
    const seal = `${this.view} ${part.version} ${part.rows}`;
    const known = this.cache.get(part.key);
    if (known?.seal === seal) return known.screen;
    const screen = known && known.screen.x.length === part.rows ? known.screen : { x: new Float32Array(part.rows), y: new Float32Array(part.rows), depth: new Float32Array(part.rows) };
    const toClip = new THREE.Matrix4().multiplyMatrices(this.camera.projectionMatrix, this.camera.matrixWorldInverse).multiply(part.matrix);
    project(part.centers, toClip.elements, this.width, this.height, screen);
    this.cache.set(part.key, { screen, seal });
    return screen;
  }

  /** Pixels that one metre has at a depth of one metre. */
  get focal(): number {
    return this.height / 2 / Math.tan(THREE.MathUtils.degToRad(this.camera.fov) / 2);
  }

  /** Metres along the view; a point of the world. */
  depthOf(point: THREE.Vector3): number {
    return -point.clone().applyMatrix4(this.camera.matrixWorldInverse).z;
  }

  /** Tells of a row whether nothing stands before it. What is deleted or hidden hides nothing. */
  inFront(parts: Iterable<Part>, seal: string): (part: Part) => (row: number) => boolean {
    const front = this.depthBuffer([...parts].filter((part) => part.facts.visible), seal);
    return (part) => {
      const { x, y, depth } = this.screen(part);
      const scale = part.group.scale.x;
      return (row) => {
        const column = (x[row] / CELL) | 0;
        const line = (y[row] / CELL) | 0;
        if (x[row] < 0 || y[row] < 0 || column >= front.columns || line >= front.rows) return false;
        return depth[row] <= front.depth[line * front.columns + column] * (1 + TOLERANCE) + 2 * part.radii[row] * scale;
      };
    };
  }

  private get view(): string {
    this.camera.updateWorldMatrix(true, false);
    return `${this.camera.matrixWorldInverse.elements} ${this.camera.projectionMatrix.elements} ${this.width} ${this.height}`;
  }

  private depthBuffer(parts: Part[], changes: string) {
    const seal = `${this.view} ${changes} ${parts.map((part) => `${part.key} ${part.version}`).join()}`;
    if (this.front?.seal === seal) return this.front;
    const columns = Math.ceil(this.width / CELL);
    const rows = Math.ceil(this.height / CELL);
    const depth = new Float32Array(columns * rows).fill(Infinity);
    for (const part of parts) splat(part, this.screen(part), this.focal, depth, columns, rows);
    this.front = { depth, columns, rows, seal };
    return this.front;
  }
}

/** Centres, three a row, by a column-major matrix to pixels and metres. */
export function project(centers: Float32Array, m: ArrayLike<number>, width: number, height: number, to: Screen): void {
  const [m0, m1, , m3, m4, m5, , m7, m8, m9, , m11, m12, m13, , m15] = Array.from(m);
  const halfWidth = width / 2;
  const halfHeight = height / 2;
  for (let row = 0, at = 0; row < to.x.length; row += 1, at += 3) {
    const px = centers[at];
    const py = centers[at + 1];
    const pz = centers[at + 2];
    const w = m3 * px + m7 * py + m11 * pz + m15;
    to.depth[row] = w;
    if (w <= 0) {
      to.x[row] = to.y[row] = -1e6;
      continue;
    }
    to.x[row] = halfWidth + (halfWidth * (m0 * px + m4 * py + m8 * pz + m12)) / w;
    to.y[row] = halfHeight - (halfHeight * (m1 * px + m5 * py + m9 * pz + m13)) / w;
  }
}

/** Enters a part's rows into a depth buffer as squares of their size. */
function splat(part: Part, { x, y, depth }: Screen, focal: number, front: Float32Array, columns: number, rows: number): void {
  const size = (focal * part.group.scale.x) / CELL;
  const widest = Math.min(MOST_WIDEST, Math.max(LEAST_WIDEST, Math.sqrt(MOST_WORK / part.rows) / 2));
  for (let row = 0; row < part.rows; row += 1) {
    const near = depth[row];
    if (near <= 0 || part.opacities[row] < LEAST_OPACITY || part.shown[row] & (DEAD | HIDDEN)) continue;
    const reach = Math.min(widest, (size * part.radii[row]) / near);
    const left = Math.max(0, Math.floor(x[row] / CELL - reach));
    const right = Math.min(columns - 1, Math.floor(x[row] / CELL + reach));
    const top = Math.max(0, Math.floor(y[row] / CELL - reach));
    const bottom = Math.min(rows - 1, Math.floor(y[row] / CELL + reach));
    for (let line = top; line <= bottom; line += 1) {
      for (let column = left; column <= right; column += 1) {
        const cell = line * columns + column;
        if (near < front[cell]) front[cell] = near;
      }
    }
  }
}

/** Parts that a tool on the screen can select of: the sky is behind everything and would always be caught. */
export function reachable(parts: Iterable<Part>): Part[] {
  return [...parts].filter((part) => part.open && part.facts.kind !== "sky");
}

/** The nearest row under a place of the page, or null. */
export function rowAt(parts: Iterable<Part>, projector: Projector, x: number, y: number): { part: Part; row: number; point: THREE.Vector3 } | null {
  let best: { part: Part; row: number; depth: number } | null = null;
  for (const part of parts) {
    if (!part.facts.visible) continue;
    const screen = projector.screen(part);
    const size = projector.focal * part.group.scale.x;
    for (let row = 0; row < part.rows; row += 1) {
      const depth = screen.depth[row];
      if (depth <= 0.05 || (best && depth >= best.depth)) continue;
      const dx = screen.x[row] - x;
      const dy = screen.y[row] - y;
      const reach = Math.max(2.5, (size * part.radii[row]) / depth);
      if (dx * dx + dy * dy > reach * reach || part.opacities[row] < LEAST_OPACITY || part.shown[row] & (DEAD | HIDDEN)) continue;
      best = { part, row, depth };
    }
  }
  if (!best) return null;
  const { part, row } = best;
  return { part, row, point: new THREE.Vector3().fromArray(part.centers, row * 3).applyMatrix4(part.matrix) };
}
