/** The page's parts and how they work together; what they look like is in `ui`. */
import * as THREE from "three";
import { runCommand } from "./commands";
import type { Ctx } from "./context";
import { Stage } from "./author/stage";
import { Embedding } from "./embedding";
import { Engine } from "./engine";
import { scaleOf, WorldFrame } from "./frame";
import type { Follower, LayerProgress } from "./layers";
import { Live } from "./live";
import { Capsule } from "./navigation/capsule";
import { Gamepads } from "./navigation/gamepad";
import { Keyboard } from "./navigation/keyboard";
import { Navigator } from "./navigation/navigator";
import { PointerInput, type Grab } from "./navigation/pointer";
import { View } from "./navigation/view";
import { WalkMode } from "./navigation/walk";
import type { ModeName } from "./navigation/mode";
import { fromVector, toQuaternion, toVector, type CameraView, type Pose, type SceneDescription } from "./protocol";
import { Signal } from "./signal";
import { Annotations } from "./tools/annotations";
import { Marks } from "./tools/marks";
import { Measure } from "./tools/measure";
import { Overlays, type Overlay } from "./tools/overlays";
import { Paths } from "./tools/paths";
import { Selection, type LayerSelection } from "./tools/selection";
import { World, type Status, type WorldGuest } from "./world";

/** What a click on the scene does. */
export type Tool = "none" | "measure" | "annotate";

export interface Surface {
  point: THREE.Vector3;
  normal: THREE.Vector3 | null;
  layer: string | null;
  /** Metres from the camera. */
  distance: number;
}

export interface Pick {
  point: number[];
  normal: number[] | null;
  layer: string | null;
  distance: number;
}

/** An editor: it draws the layers in its own way, and has the first say in what the pointer does. */
export interface Guest extends Follower, WorldGuest {
  /** Gaussians. */
  readonly count: number;
  readonly takesLeft: boolean;
  /** For scripts. */
  describe(): Record<string, unknown>;
  splatAt(x: number, y: number): { point: THREE.Vector3; layer: string; distance: number } | null;
  grab(event: PointerEvent): Grab | null;
  /** null: the pointer has left. */
  hover(event: PointerEvent | null): void;
}

/** How someone comes into a world. */
export interface Arrival {
  pose: Pose | null;
  mode: ModeName | null;
}

const SAME_SURFACE = 0.3; // metres between splat and collider that still are one surface
const FARTHEST_FLOOR = 50; // metres: beyond, a click on the empty floor means nothing

export class App {
  readonly engine: Engine;
  readonly view: View;
  readonly world: World;
  readonly frame = new WorldFrame();
  readonly navigator: Navigator;
  readonly walk: WalkMode;
  readonly marks: Marks;
  readonly measure: Measure;
  readonly annotations: Annotations;
  readonly overlays: Overlays;
  readonly paths: Paths;
  readonly selection: Selection;
  readonly live: Live;
  readonly embedding: Embedding;
  /** What people put into the world besides splats. */
  readonly stage: Stage;

  readonly statusChanged = new Signal();
  readonly modeChanged = new Signal();
  readonly toolChanged = new Signal();
  readonly overlayChanged = new Signal();
  readonly described = new Signal<SceneDescription>();
  readonly progressed = new Signal<LayerProgress>();
  readonly layersChanged = new Signal();
  readonly announced = new Signal<{ text: string; trouble: boolean }>();
  /** A place for a new note was clicked. */
  readonly notePlaced = new Signal<THREE.Vector3>();

  status: Status = "loading";
  error: string | null = null;
  tool: Tool = "none";
  guest: Guest | null = null;
  private arrived = false;
  private hasTrouble = false;

  /** Throws `NoWebGlError` where there is nothing to draw with. */
  constructor(
    readonly canvas: HTMLCanvasElement,
    worldId: string,
    pinned: number | null,
    /** How someone comes in who came through a portal. */
    private readonly arrival: Arrival | null = null,
  ) {
    this.engine = new Engine(canvas);
    this.view = new View(this.engine.camera);
    this.world = new World(this.engine, worldId, pinned, {
      status: (status) => this.setStatus(status),
      progress: (progress) => this.progressed.emit(progress),
      failed: ({ layer, message }) => this.announce(`${layer === "collider" ? "The collision mesh" : `Layer "${layer}"`} could not be loaded. ${message}`, true),
      layersChanged: () => this.layersChanged.emit(),
      described: (description) => this.describe(description),
    });
    const body = new Capsule(
      () => this.world.solid,
      () => this.world.ground,
    );
    this.walk = new WalkMode(this.view, body, () => this.navigator.speed, (origin, direction, far) => this.world.hit(origin, direction, far));
    this.engine.scene.add(this.walk.avatar);
    this.navigator = new Navigator(this.engine, this.view, this.walk, () => this.distanceAhead(), (mode) => {
      this.modeChanged.emit();
      this.embedding.post("mode", { mode });
    });
    this.navigator.addSource(new Keyboard(() => this.engine.wake()));
    this.navigator.addSource(new Gamepads(() => this.engine.wake()));
    this.navigator.addSource(
      new PointerInput(canvas, () => this.engine.wake(), {
        click: (x, y) => this.click(x, y),
        doubleClick: (x, y) => void this.focusAt(x / canvas.clientWidth, y / canvas.clientHeight),
        wantsLock: () => this.navigator.mode === "walk" && this.tool === "none",
        grab: (event) => this.guest?.grab(event) ?? null,
        takesLeft: () => this.guest?.takesLeft ?? false,
        hover: (event) => this.guest?.hover(event),
      }),
    );

    this.marks = new Marks(this.engine);
    this.measure = new Measure(this.marks);
    this.annotations = new Annotations(this.marks, this.world);
    this.overlays = new Overlays(this.engine, this.world);
    this.paths = new Paths(this.engine, this.navigator, this.world);
    this.selection = new Selection(this.engine, this.world);
    this.live = new Live(worldId, (name, args) => this.command(name, args), () => this.view.cameraView);
    this.embedding = new Embedding((name, args) => this.command(name, args));

    this.stage = new Stage(this);
    this.layersChanged.listen(() => this.stage.layersChanged());
    this.frame.onMoved((motion) => this.follow(motion));

    this.engine.onDrawn(() => this.tellCamera());
    this.engine.onContextLost(() => this.fail("The graphics card stopped drawing this page (its context was lost). Reload the page; if it happens again, close other tabs or lower the detail."));
    this.live.version.listen((version) => void this.hearOfVersion(version));
  }

  /** Loads the world and goes to where it starts. `instead`: what takes the layers over, and so loads them. */
  async start(instead?: () => Promise<void>): Promise<void> {
    this.embedding.post("ready");
    try {
      if (instead) await instead();
      else await this.world.load();
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error));
      return;
    }
    const { layers } = this.world;
    if (layers.list.length > 0 && layers.list.every((layer) => !layer.complete)) {
      this.fail("None of the world's layers could be loaded. Check that its files are still there, then reload the page.");
      return;
    }
    this.stage.layersChanged(); // the walls are there too now
    await this.engine.whenRendered();
    if (this.navigator.mode === "orbit") this.navigator.setPivotAhead(); // now that there is something ahead
    this.setStatus("ready");
    const fingers = matchMedia("(pointer: coarse)").matches;
    if (!this.hasTrouble && !instead) this.announce(fingers ? "One finger looks, two fingers move" : "Drag to look, W A S D to move, ? for all keys");
    this.embedding.post("loaded", { world: this.world.id, version: this.world.version, splats: this.count });
  }

  /** Lets an editor draw the layers and take the edits from now on; null: the viewer does again. */
  async host(guest: Guest | null): Promise<void> {
    this.guest = this.world.guest = guest;
    if (!guest) this.frame.set(null);
    this.world.layers.follow(guest);
    await this.world.load();
  }

  /** Where the visitor's eyes are, world frame. */
  get person(): THREE.Vector3 {
    return this.navigator.mode === "walk" ? this.walk.eye() : this.view.position;
  }

  /** Gaussians that are shown. */
  get count(): number {
    return this.guest?.count ?? this.world.layers.count;
  }

  command(name: string, args: Record<string, unknown>): Promise<unknown> {
    return runCommand(this, name, args);
  }

  announce(text: string, trouble = false): void {
    this.hasTrouble ||= trouble;
    this.announced.emit({ text, trouble });
  }

  /** Runs something that may fail, and says so if it does. */
  async attempt(action: () => unknown, done?: string): Promise<void> {
    try {
      await action();
      if (done) this.announce(done);
    } catch (error) {
      this.announce(error instanceof Error ? error.message : String(error), true);
    }
  }

  setTool(tool: Tool): void {
    if (tool === this.tool) return;
    this.tool = tool;
    if (document.pointerLockElement) document.exitPointerLock();
    if (tool !== "measure") this.measure.finish();
    this.toolChanged.emit();
  }

  setOverlay(overlay: Overlay): void {
    this.overlays.set(overlay);
    this.overlayChanged.emit();
  }

  async resetView(): Promise<void> {
    const { description } = this.world;
    if (!description) return;
    await this.navigator.flyTo({ ...description.spawn, vertical_fov: this.view.fov });
  }

  async select(center: THREE.Vector3, radius: number): Promise<LayerSelection[]> {
    const layers = await this.selection.sphere(center, radius);
    for (const { layer, count, indices } of layers) {
      const sent = this.live.send({ type: "selection", layer, count, indices });
      if (!sent) this.live.send({ type: "selection", layer, count, indices: [] }); // too many to list
      this.embedding.post("selection", { layer, count });
    }
    return layers;
  }

  /** What lies behind a place on the page, x and y each 0..1: a splat, else the collider, else the floor. */
  surfaceAt(x: number, y: number): Surface | null {
    const ray = this.view.ray(x, y);
    const splat = this.guest ? this.guest.splatAt(x, y) : this.world.layers.raycast(ray.origin, ray.direction);
    const solid = this.world.hit(ray.origin, ray.direction, splat ? undefined : FARTHEST_FLOOR);
    if (splat) return { ...splat, normal: solid && solid.point.distanceTo(splat.point) < SAME_SURFACE ? solid.normal : null };
    return solid && { ...solid, layer: null, distance: solid.point.distanceTo(ray.origin) };
  }

  async focusAt(x: number, y: number): Promise<void> {
    const hit = this.surfaceAt(x, y);
    if (hit) await this.navigator.focus(hit.point);
  }

  async focusNote(index: number): Promise<void> {
    this.annotations.select(index);
    const { view } = this.annotations.list[index];
    if (view) await this.navigator.flyTo(view);
    else await this.navigator.focus(toVector(this.annotations.list[index].position));
  }

  /** The scene with its lines and markers, as a PNG. */
  async photograph(): Promise<Blob> {
    const picture = await createImageBitmap(await this.engine.screenshot());
    const canvas = document.createElement("canvas");
    canvas.width = picture.width;
    canvas.height = picture.height;
    const context = canvas.getContext("2d");
    if (!context) throw new Error("The picture could not be drawn. Close other tabs and try again.");
    context.drawImage(picture, 0, 0);
    picture.close();
    this.marks.paint(context, canvas.width / this.canvas.clientWidth);
    return new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be encoded. Try a smaller window."))), "image/png");
    });
  }

  async addNote(text: string, position: THREE.Vector3): Promise<void> {
    await this.annotations.add(text, position);
    this.embedding.post("annotation", { text, position: fromVector(position) });
  }

  /** The world starts at the current view from now on, for everyone. */
  async setSpawn(): Promise<void> {
    const spawn = this.view.pose;
    await this.world.edit([{ op: "set_spawn", spawn }]);
    if (this.world.description) this.world.description.spawn = spawn;
  }

  setThirdPerson(third: boolean): void {
    this.walk.setThirdPerson(third, this.navigator.mode === "walk");
    this.engine.requestRender();
    this.modeChanged.emit();
  }

  tellPick(pick: Pick): void {
    this.live.send({ type: "pick", ...pick });
    this.embedding.post("pick", { ...pick });
  }

  async reload(): Promise<void> {
    await this.world.load();
    await this.engine.whenRendered();
  }

  statistics() {
    const { engine } = this;
    const size = engine.renderer.getDrawingBufferSize(new THREE.Vector2());
    const memory = (performance as Performance & { memory?: { usedJSHeapSize: number } }).memory?.usedJSHeapSize ?? null;
    return {
      splats: this.count,
      drawn: engine.spark.activeSplats,
      budget: engine.budget,
      frames: engine.statistics.frames,
      fps: Math.round(engine.statistics.fps * 10) / 10,
      frame_ms: Math.round(engine.statistics.frameMs * 10) / 10,
      width: size.x,
      height: size.y,
      memory_bytes: memory,
      device: engine.device.kind,
      mode: this.navigator.mode,
    };
  }

  state() {
    return {
      status: this.status,
      splats: this.count,
      frames: this.engine.statistics.frames,
      camera: this.view.cameraView,
      mode: this.navigator.mode,
      version: this.world.version,
      error: this.error,
      editing: this.guest?.describe() ?? null,
    };
  }

  /** What WebXR needs of the page. */
  get context(): Ctx {
    const { engine, world } = this;
    return {
      renderer: engine.renderer,
      scene: engine.scene,
      camera: engine.camera,
      rig: engine.rig,
      spark: engine.spark,
      world: engine.world,
      hit: (origin, direction, far) => world.hit(origin, direction, far),
      spawn: () => {
        const pose = world.description?.spawn;
        return { position: pose ? toVector(pose.position) : new THREE.Vector3(0, 1.6, 0), rotation: pose ? toQuaternion(pose.rotation) : new THREE.Quaternion() };
      },
      setBudget: (splats) => engine.setBudget(splats),
      requestRender: () => engine.requestRender(),
      setFrameCallback: (callback) => this.setFrameCallback(callback),
      announce: (text) => this.announce(text),
    };
  }

  /** While set, XR owns the loop. It puts camera and rig back before it returns it. */
  private setFrameCallback(callback: ((time: number, frame?: XRFrame) => void) | null): void {
    this.engine.setFrameCallback(callback);
  }

  private describe(description: SceneDescription): void {
    this.paths.replace(description.camera_paths);
    this.annotations.replace(description.annotations);
    this.stage.describe(description.authored);
    if (!this.arrived) {
      this.arrived = true;
      this.navigator.speed = THREE.MathUtils.clamp(this.world.bounds.getSize(new THREE.Vector3()).length() / 6, 0.5, 8);
      this.navigator.place(this.arrival?.pose ?? description.spawn);
      // Who starts within the world looks around; who starts outside turns it.
      if (this.arrival?.mode) this.navigator.setMode(this.arrival.mode);
      else if (this.world.bounds.containsPoint(this.view.position)) this.navigator.setMode("fly");
      this.live.connect();
    }
    this.overlays.set(this.overlays.current);
    document.title = `${description.world.name} · Worldloom`;
    this.described.emit(description);
  }

  /** The whole world was moved: the picture stays as it is. */
  private follow(motion: THREE.Matrix4): void {
    this.world.follow(motion);
    this.navigator.follow(motion);
    this.measure.follow(motion);
    this.engine.scaleReach(scaleOf(motion));
    this.engine.requestRender();
  }

  private async hearOfVersion(version: number): Promise<void> {
    await this.world.edited(); // the version may be this page's own, whose answer is still on its way
    if (version <= this.world.version || this.guest) return;
    if (this.world.pinned !== null) {
      this.announce(`Version ${version} of this world is there. Open the page without a version to see it.`);
      return;
    }
    await this.attempt(() => this.reload(), `The world has changed: this is version ${version}.`);
  }

  private setStatus(status: Status): void {
    if (this.status === "error" || (this.status === "ready" && status === "preview")) return;
    this.status = status;
    this.statusChanged.emit();
  }

  fail(message: string): void {
    this.setStatus("error");
    this.error = message;
    this.statusChanged.emit();
    this.embedding.post("error", { message });
  }

  private click(x: number, y: number): void {
    this.useTool(x / this.canvas.clientWidth, y / this.canvas.clientHeight);
  }

  /** What a click does at a place on the page, x and y each 0..1. */
  useTool(x: number, y: number): void {
    const hit = this.surfaceAt(x, y);
    if (!hit) {
      if (this.tool !== "none") this.announce("There is no surface there. Click on something in the scene.");
      return;
    }
    if (this.tool === "measure") this.measure.add(hit.point);
    else if (this.tool === "annotate") this.notePlaced.emit(hit.point);
    else this.tellPick({ point: fromVector(hit.point), normal: hit.normal && fromVector(hit.normal), layer: hit.layer, distance: hit.distance });
  }

  private toldCamera = "";

  private tellCamera(): void {
    const camera: CameraView = this.view.cameraView;
    const text = JSON.stringify(camera);
    if (text === this.toldCamera) return;
    this.toldCamera = text;
    this.live.sendCamera(camera);
    this.embedding.post("camera", { ...camera });
  }

  /** How far away what is in the middle of the picture is, metres; where that is nothing, a part of the world's size. */
  private distanceAhead(): number {
    const hit = this.surfaceAt(0.5, 0.5);
    const size = this.world.bounds.getSize(new THREE.Vector3()).length();
    return THREE.MathUtils.clamp(hit ? hit.distance : size / 4 || 2, 0.3, Math.max(2, size));
  }
}
