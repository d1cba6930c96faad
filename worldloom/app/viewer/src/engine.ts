/** Renderer, camera and the loop: draws only when something changed, and until Spark's sort has caught up. */
import { SparkRenderer } from "@sparkjsdev/spark";
import * as THREE from "three";
import { describeDevice, type Device } from "./device";

/** Called before every frame with the seconds since the last; returns whether it goes on changing the picture. */
export type Updater = (seconds: number) => boolean;

/** Metres between which things are drawn. */
const NEAREST = 0.03;
const FARTHEST = 5000;
const LONGEST_STEP = 0.1; // seconds: after a pause, nobody jumps
const SLOW_FRAME = 1 / 24;
const FAST_FRAME = 1 / 50;
const SMALLEST_EASE = 0.25;
const SMALLEST_SCALE = 0.5;
const EASE_PAUSE = 400; // milliseconds between two changes of it
const SHARP_AFTER = 200; // milliseconds at rest after which everything is drawn again
const STUCK_AFTER = 250; // milliseconds without news from Spark, after which one more frame is drawn

export class NoWebGlError extends Error {}

export class Engine {
  readonly renderer: THREE.WebGLRenderer;
  readonly scene = new THREE.Scene();
  readonly camera = new THREE.PerspectiveCamera(65, 1, NEAREST, FARTHEST);
  readonly rig = new THREE.Group();
  readonly world = new THREE.Group();
  readonly spark: SparkRenderer;
  readonly device: Device;
  readonly statistics = { frames: 0, fps: 0, frameMs: 0 };

  private readonly updaters: Updater[] = [];
  /** How many times its first size the world is. */
  private scale = 1;
  private readonly ambient = new Set<Updater>();
  /** Whether the scene moves by itself. */
  private lively = false;
  private readonly drawn = new Set<() => void>();
  private waiting: (() => void)[] = [];
  private scheduled = false;
  private dirty = true;
  private moving = false;
  private lastTime = 0;
  private lastDraw = 0;
  /** Share of the work that a frame does while moving: pixels and splats are fewer below 1. */
  private ease = 1;
  /** What `ease` has to be for a fluent movement, as far as known. */
  private learnedEase: number;
  private lastEasing = 0;
  private meanFrame = 0;
  private wantedBudget: number;
  private budgetBeforeXr: number | null = null;
  private lastChange = 0;
  private xrCallback: ((time: number, frame?: XRFrame) => void) | null = null;
  private readonly seen = new THREE.Matrix4();
  private readonly seenProjection = new THREE.Matrix4();
  private lost = false;

  constructor(readonly canvas: HTMLCanvasElement) {
    const context = canvas.getContext("webgl2", { antialias: false, alpha: false, powerPreference: "high-performance", xrCompatible: "xr" in navigator });
    if (!context) {
      throw new NoWebGlError(
        "This browser cannot draw 3D (WebGL 2 is missing or switched off). Open the page in a current Chrome, Edge, Firefox or Safari, with hardware acceleration switched on.",
      );
    }
    this.renderer = new THREE.WebGLRenderer({ canvas, context, antialias: false });
    this.device = describeDevice(context as WebGL2RenderingContext);
    this.wantedBudget = this.device.budget;
    this.learnedEase = this.device.kind === "software" ? 0.4 : 1;
    this.spark = new SparkRenderer({
      renderer: this.renderer,
      maxStdDev: this.device.maxStdDev,
      lodSplatCount: this.device.budget,
      onDirty: () => this.requestRender(),
    });
    this.rig.add(this.camera);
    this.scene.add(this.spark, this.rig, this.world);
    document.addEventListener("visibilitychange", () => this.requestRender());
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
  }

  onUpdate(updater: Updater): void {
    this.updaters.push(updater);
  }

  /** As `onUpdate`, for what moves without end: it stands still while someone waits for a picture at rest. Returns how to end that. */
  onAmbient(updater: Updater): () => void {
    this.ambient.add(updater);
    return () => this.ambient.delete(updater);
  }

  /** `callback` is called after every drawn frame. Returns how to end that. */
  onDrawn(callback: () => void): () => void {
    this.drawn.add(callback);
    return () => this.drawn.delete(callback);
  }

  onContextLost(callback: () => void): void {
    this.canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.lost = true;
      callback();
    });
  }

  /** Draws at least one more frame. */
  requestRender(): void {
    this.dirty = true;
    this.wake();
  }

  /** Runs the updaters again, and draws if they change anything. */
  wake(): void {
    if (this.scheduled || this.xrCallback || this.lost || document.hidden) return;
    this.scheduled = true;
    requestAnimationFrame((time) => this.frame(time));
  }

  /** Resolves when the current camera's splats are sorted and drawn and nothing moves any more. */
  whenRendered(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.requestRender();
    });
  }

  setBudget(splats: number | null): void {
    this.wantedBudget = splats === null ? this.device.budget : Math.max(1000, Math.round(splats));
    this.applyBudget();
  }

  get budget(): number {
    return this.wantedBudget;
  }

  setFrameCallback(callback: ((time: number, frame?: XRFrame) => void) | null): void {
    if (callback && !this.xrCallback) {
      this.setEase(1);
      this.budgetBeforeXr = this.wantedBudget;
    }
    this.xrCallback = callback;
    this.renderer.setAnimationLoop(
      callback &&
        ((time, frame) => {
          const elapsed = this.lastTime ? (time - this.lastTime) / 1000 : 0;
          this.lastTime = time;
          this.live(Math.min(elapsed, LONGEST_STEP));
          callback(time, frame);
          this.statistics.frames += 1;
        }),
    );
    if (!callback) {
      if (this.budgetBeforeXr !== null) this.setBudget(this.budgetBeforeXr);
      this.budgetBeforeXr = null;
      this.resize();
      this.requestRender();
    }
  }

  /** The world and all that is in it is so many times as large: what was drawn still is. */
  scaleReach(factor: number): void {
    this.scale *= factor;
    this.camera.near = NEAREST * Math.min(1, this.scale);
    this.camera.far = FARTHEST * Math.max(1, this.scale);
    this.camera.updateProjectionMatrix();
  }

  /** The picture as it is now, as a PNG. */
  async screenshot(): Promise<Blob> {
    await this.whenRendered();
    this.draw(); // the drawing buffer is only there to read within the task that drew it
    return new Promise((resolve, reject) => {
      this.canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be encoded. Try a smaller window."))), "image/png");
    });
  }

  private resize(): void {
    const width = Math.max(1, this.canvas.clientWidth);
    const height = Math.max(1, this.canvas.clientHeight);
    const ratio = Math.min(devicePixelRatio, this.device.pixelRatio) * Math.max(SMALLEST_SCALE, Math.sqrt(this.ease));
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    this.requestRender();
  }

  private frame(time: number): void {
    this.scheduled = false;
    if (this.xrCallback || this.lost || document.hidden) return;
    const elapsed = this.lastTime ? (time - this.lastTime) / 1000 : 1 / 60;
    this.lastTime = time;
    const step = Math.min(elapsed, LONGEST_STEP);

    let active = false;
    for (const update of this.updaters) active = update(step) || active;
    this.lively = this.waiting.length === 0 && this.live(step);
    if (this.lively) this.dirty = true;
    if (this.viewChanged()) {
      this.dirty = true;
      this.lastChange = time;
      if (this.moving) this.measure(elapsed, time);
      this.moving = true;
    }
    const settled = this.settled();
    if (!settled && time - this.lastDraw > STUCK_AFTER) this.dirty = true;
    if (this.dirty) {
      this.dirty = false;
      const start = performance.now();
      this.draw();
      this.statistics.frameMs = performance.now() - start;
      this.lastDraw = time;
      for (const callback of this.drawn) callback();
    }
    if (active || this.dirty || !this.settled()) {
      this.wake();
      return;
    }
    this.comeToRest(time);
  }

  /** Still: sharpen the picture, or, when it is sharp, tell those who wait. */
  private comeToRest(time: number): void {
    if (this.ease < 1) {
      if (time - this.lastChange > SHARP_AFTER) this.setEase(1);
      else this.wake();
      return;
    }
    this.moving = false;
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
    if (this.lively || waiting.length > 0) this.wake(); // what moves by itself goes on
    else this.lastTime = 0;
  }

  private live(seconds: number): boolean {
    let moves = false;
    for (const update of this.ambient) moves = update(seconds) || moves;
    return moves;
  }

  private draw(): void {
    this.renderer.render(this.scene, this.camera);
    this.statistics.frames += 1;
  }

  private viewChanged(): boolean {
    this.camera.updateWorldMatrix(true, false);
    const same = this.seen.equals(this.camera.matrixWorld) && this.seenProjection.equals(this.camera.projectionMatrix);
    this.seen.copy(this.camera.matrixWorld);
    this.seenProjection.copy(this.camera.projectionMatrix);
    return !same;
  }

  /** Frame rate while moving, and from it how much a frame may do; at rest, it does everything. */
  private measure(elapsed: number, time: number): void {
    if (elapsed <= 0 || elapsed > 2) return;
    this.meanFrame = this.meanFrame ? this.meanFrame * 0.8 + elapsed * 0.2 : elapsed;
    this.statistics.fps = 1 / this.meanFrame;
    if (this.ease > this.learnedEase) this.setEase(this.learnedEase);
    if (time - this.lastEasing < EASE_PAUSE) return;
    if (this.meanFrame > SLOW_FRAME) this.learnedEase = Math.max(SMALLEST_EASE, this.ease * Math.max(0.6, SLOW_FRAME / this.meanFrame));
    else if (this.meanFrame < FAST_FRAME) this.learnedEase = Math.min(1, this.ease * 1.1);
    if (this.learnedEase === this.ease) return;
    this.lastEasing = time;
    this.setEase(this.learnedEase);
  }

  private setEase(ease: number): void {
    if (ease === this.ease) return;
    this.ease = ease;
    this.resize();
    this.applyBudget();
  }

  private applyBudget(): void {
    this.spark.lodSplatCount = Math.max(1000, Math.round(this.wantedBudget * this.ease));
    this.requestRender();
  }

  private settled(): boolean {
    const spark = this.spark;
    return !spark.dirty && !spark.sorting && !spark.sortDirty && !spark.lodDirty && spark.lodInitQueue.length === 0 && !spark.lodWorker?.queue;
  }
}
