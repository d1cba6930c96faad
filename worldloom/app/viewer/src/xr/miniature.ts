import { Matrix4, Quaternion, Vector3 } from "three";
import type { Group } from "three";
import type { Hit } from "./arc";

const UP = new Vector3(0, 1, 0);
const RADIUS = 0.4; // metres that the walls lie from the middle of the table
const USUAL = 1 / 20;
const SMALLEST = 1 / 60;
const LARGEST = 1 / 5;
const DIRECTIONS = 16;

/** The world on a table: about `centre` (world frame, on its floor), scaled down, turned, and put on `table`. */
export class Miniature {
  private readonly home: Matrix4;
  private yaw = 0;
  private table = new Vector3();
  private shown = false;

  constructor(private readonly world: Group, private readonly centre: Vector3, private readonly scale: number) {
    world.updateMatrix();
    this.home = world.matrix.clone();
  }

  get isShown(): boolean {
    return this.shown;
  }

  show(table: Vector3, yaw: number): void {
    this.table = table.clone();
    this.yaw = yaw;
    this.shown = true;
    this.place();
  }

  turn(radians: number): void {
    this.yaw += radians;
    this.place();
  }

  /** Back to the size of life, where it was. */
  hide(): void {
    this.shown = false;
    this.set(this.home);
  }

  private place(): void {
    const turn = new Quaternion().setFromAxisAngle(UP, this.yaw);
    const placed = new Matrix4().compose(this.table, turn, new Vector3().setScalar(this.scale));
    const fromCentre = new Matrix4().makeTranslation(-this.centre.x, -this.centre.y, -this.centre.z);
    this.set(placed.multiply(fromCentre).multiply(this.home));
  }

  private set(matrix: Matrix4): void {
    matrix.decompose(this.world.position, this.world.quaternion, this.world.scale);
    this.world.updateMatrixWorld(true);
  }
}

/** The scale at which the walls around a place (its upper quartile, so that doors and windows count less) fit on a table. */
export function miniatureScale(hit: Hit, floor: Vector3): number {
  const eye = floor.clone().addScaledVector(UP, 1.2);
  const distances: number[] = [];
  for (let index = 0; index < DIRECTIONS; index++) {
    const angle = (index / DIRECTIONS) * 2 * Math.PI;
    const surface = hit(eye, new Vector3(Math.cos(angle), 0, Math.sin(angle)), RADIUS / SMALLEST);
    if (surface) distances.push(surface.point.distanceTo(eye));
  }
  if (distances.length < DIRECTIONS / 2) return USUAL;
  distances.sort((a, b) => a - b);
  const radius = distances[Math.floor(distances.length * 0.75)]!;
  return Math.min(LARGEST, Math.max(SMALLEST, RADIUS / radius));
}
