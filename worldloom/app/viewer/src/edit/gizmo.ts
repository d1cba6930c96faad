/** Moving, turning and scaling by three's handles: a live preview while they are dragged, one operation at the end. */
import * as THREE from "three";
import { TransformControls, type TransformControlsMode } from "three/addons/controls/TransformControls.js";
import type { Engine } from "../engine";
import { Signal } from "../signal";
import type { Values } from "./settings";
import type { Touch } from "./tools/tool";

export class Gizmo {
  /** From where the drag began to now, in the world's frame. */
  readonly moved = new Signal<THREE.Matrix4>();
  readonly released = new Signal<THREE.Matrix4>();
  private readonly controls: TransformControls;
  private readonly helper: ReturnType<TransformControls["getHelper"]>;
  private readonly handle = new THREE.Object3D();
  private readonly start = new THREE.Matrix4();
  private anyProportion = false;

  constructor(private readonly engine: Engine) {
    this.controls = new TransformControls(engine.camera);
    this.controls.setSize(0.9);
    this.controls.setColors("#ff6b63", "#8fdc62", "#5aa2ff", "#ffd84c");
    this.helper = this.controls.getHelper();
    this.helper.visible = false;
    engine.scene.add(this.handle, this.helper);
    this.controls.addEventListener("change", () => engine.requestRender());
  }

  get shown(): boolean {
    return this.helper.visible;
  }

  get dragging(): boolean {
    return this.controls.dragging;
  }

  /** Where it stands. */
  get place(): THREE.Vector3 {
    return this.handle.position;
  }

  /** `anyProportion`: each axis may be scaled by itself, as a box's may and Gaussians' may not. */
  show(mode: TransformControlsMode, position: THREE.Vector3, rotation: THREE.Quaternion, values: Readonly<Values>, scale = new THREE.Vector3(1, 1, 1), anyProportion = false): void {
    if (this.dragging) return;
    this.anyProportion = anyProportion;
    this.handle.position.copy(position);
    this.handle.quaternion.copy(rotation);
    this.handle.scale.copy(scale);
    this.handle.updateMatrixWorld(true);
    this.controls.setMode(mode);
    this.controls.setSpace(mode === "scale" ? "local" : values.space);
    this.controls.setTranslationSnap(values.snapping ? values.snapMove : null);
    this.controls.setRotationSnap(values.snapping ? THREE.MathUtils.degToRad(values.snapTurn) : null);
    this.controls.setScaleSnap(values.snapping ? values.snapScale : null);
    this.controls.attach(this.handle);
    this.helper.visible = true;
    this.engine.requestRender();
  }

  hide(): void {
    if (!this.shown) return;
    this.controls.detach();
    this.helper.visible = false;
    this.engine.requestRender();
  }

  hover(touch: Touch): void {
    if (this.shown) this.controls.pointerHover(this.pointer(touch));
  }

  /** Whether a handle is there to be dragged. */
  down(touch: Touch): boolean {
    if (!this.shown) return false;
    this.controls.pointerHover(this.pointer(touch));
    this.controls.pointerDown(this.pointer(touch));
    this.start.copy(this.handle.matrixWorld);
    return this.dragging;
  }

  move(touch: Touch): void {
    this.controls.pointerMove(this.pointer(touch, -1)); // as events of a move have it
    if (!this.anyProportion) this.keepProportions();
    this.handle.updateMatrixWorld(true);
    this.moved.emit(this.motion());
    this.engine.requestRender();
  }

  up(touch: Touch): void {
    const motion = this.motion();
    this.controls.pointerUp(this.pointer(touch));
    this.handle.scale.copy(this.anyProportion ? this.handle.scale : new THREE.Vector3(1, 1, 1));
    this.released.emit(motion);
  }

  cancel(): void {
    if (!this.dragging) return;
    this.controls.reset();
    this.controls.pointerUp(this.pointer({ x: 0, y: 0, shift: false, ctrl: false }));
    this.moved.emit(new THREE.Matrix4());
  }

  dispose(): void {
    this.controls.detach();
    this.helper.dispose(); // not the controls' own: they listen to nothing
    this.handle.removeFromParent();
    this.helper.removeFromParent();
  }

  private motion(): THREE.Matrix4 {
    return this.handle.matrixWorld.clone().multiply(this.start.clone().invert());
  }

  /** Whichever axis was dragged scales all three. */
  private keepProportions(): void {
    const { scale } = this.handle;
    const sizes = [scale.x, scale.y, scale.z].map((size) => Math.max(0.01, Math.abs(size)));
    scale.setScalar(sizes.reduce((far, size) => (Math.abs(Math.log(size)) > Math.abs(Math.log(far)) ? size : far), 1));
  }

  /** three's handles take a place of -1..1 with the button; its types ask for a whole event. */
  private pointer(touch: Touch, button = 0): PointerEvent {
    const { clientWidth, clientHeight } = this.engine.canvas;
    return { x: (touch.x / clientWidth) * 2 - 1, y: 1 - (touch.y / clientHeight) * 2, button } as PointerEvent;
  }
}
