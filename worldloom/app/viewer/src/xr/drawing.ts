import {
  BoxGeometry,
  BufferGeometry,
  CylinderGeometry,
  Group,
  InstancedMesh,
  Matrix4,
  Mesh,
  MeshBasicMaterial,
  RingGeometry,
  SphereGeometry,
} from "three";
import type { Object3D, Vector3 } from "three";
import type { Arc } from "./arc";

const GOOD = 0x5ad1b8;
const BAD = 0xff6b5e;
const PLAIN = 0xe6e6e6;
const HELD = 0x8a929c;
const DOTS = 60;
const JOINTS = 25; // of a WebXR hand

/** Drawn over everything: splats have no surface that could hide it properly. */
function paint(color: number, opacity = 1): MeshBasicMaterial {
  return new MeshBasicMaterial({ color, opacity, transparent: true, depthTest: false, depthWrite: false, toneMapped: false, fog: false });
}

function lift<T extends Object3D>(thing: T): T {
  thing.renderOrder = 1000;
  thing.frustumCulled = false;
  return thing;
}

/** The throw as dots, and a ring where it lands. Without a landing the dots are red and there is no ring. */
export class ArcDrawing {
  readonly root = new Group();
  private readonly dots = lift(new InstancedMesh(new SphereGeometry(0.012, 8, 6), paint(GOOD, 0.9), DOTS));
  private readonly ring = lift(new Mesh(new RingGeometry(0.2, 0.26, 40).rotateX(-Math.PI / 2), paint(GOOD, 0.9)));

  constructor() {
    this.root.name = "xr-arc";
    this.root.add(this.dots, this.ring);
    this.hide();
  }

  show(arc: Arc): void {
    const { points, landing } = arc;
    this.root.visible = true;
    this.dots.material.color.setHex(landing ? GOOD : BAD);
    this.dots.count = along(points, DOTS, (point, index) => {
      this.dots.setMatrixAt(index, new Matrix4().makeTranslation(point.x, point.y, point.z));
    });
    this.dots.instanceMatrix.needsUpdate = true;
    this.ring.visible = landing !== null;
    if (landing) this.ring.position.copy(landing).setY(landing.y + 0.01);
  }

  hide(): void {
    this.root.visible = false;
  }

  dispose(): void {
    dispose(this.root);
  }
}

/** A controller or hand: a ray where it points, a block or the joints where it is. In the tracked space. */
export class SourceDrawing {
  readonly root = new Group();
  private readonly ray = lift(new Mesh(new CylinderGeometry(0.0015, 0.003, 0.5, 8).rotateX(-Math.PI / 2).translate(0, 0, -0.25), paint(PLAIN, 0.6)));
  private readonly grip = lift(new Mesh(new BoxGeometry(0.028, 0.028, 0.09), paint(HELD, 0.9)));
  private readonly joints = lift(new InstancedMesh(new SphereGeometry(0.7, 8, 6), paint(HELD, 0.9), JOINTS));

  constructor() {
    this.root.add(this.ray, this.grip, this.joints);
    for (const part of [this.ray, this.grip]) part.matrixAutoUpdate = false;
  }

  update(source: XRInputSource, frame: XRFrame, space: XRReferenceSpace): void {
    // what the eyes point at is nobody's hand: a ray from between them would only be in the way
    const held = source.targetRayMode === "tracked-pointer";
    pose(this.ray, held ? frame.getPose(source.targetRaySpace, space) : undefined);
    const shown = this.updateJoints(source.hand ?? null, frame, space);
    pose(this.grip, held && !shown && source.gripSpace ? frame.getPose(source.gripSpace, space) : undefined);
  }

  dispose(): void {
    this.root.removeFromParent();
    dispose(this.root);
  }

  private updateJoints(hand: XRHand | null, frame: XRFrame, space: XRReferenceSpace): boolean {
    let count = 0;
    for (const joint of hand?.values() ?? []) {
      const placed = frame.getJointPose?.(joint, space);
      if (!placed || count === JOINTS) continue;
      const matrix = new Matrix4().fromArray(placed.transform.matrix);
      const radius = placed.radius ?? 0.008;
      this.joints.setMatrixAt(count++, matrix.multiply(new Matrix4().makeScale(radius, radius, radius)));
    }
    this.joints.count = count;
    this.joints.visible = count > 0;
    this.joints.instanceMatrix.needsUpdate = true;
    return count > 0;
  }
}

function pose(thing: Object3D, placed: XRPose | undefined): void {
  thing.visible = placed !== undefined;
  if (placed) {
    thing.matrix.fromArray(placed.transform.matrix);
    thing.matrixWorldNeedsUpdate = true;
  }
}

/** Up to `most` points 0.12 m apart along a line of points; returns how many. */
function along(points: readonly Vector3[], most: number, put: (point: Vector3, index: number) => void): number {
  const gap = 0.12;
  let count = 0;
  let left = gap; // to the next dot: the first is one gap from the hand
  for (let index = 1; index < points.length; index++) {
    const from = points[index - 1]!;
    const to = points[index]!;
    const length = from.distanceTo(to);
    let done = 0;
    while (length - done >= left && count < most) {
      done += left;
      left = gap;
      put(from.clone().lerp(to, done / length), count++);
    }
    left -= length - done;
  }
  return count;
}

function dispose(root: Object3D): void {
  root.traverse((part) => {
    if (!(part instanceof Mesh)) return;
    if (part.geometry instanceof BufferGeometry) part.geometry.dispose();
    (part.material as MeshBasicMaterial).dispose();
    if (part instanceof InstancedMesh) part.dispose();
  });
}
