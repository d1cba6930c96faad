/** The editor of a page: the tools a person has, what they have selected, and the commands on it. */
import * as THREE from "three";
import type { App, Guest } from "../app";
import type { Grab } from "../navigation/pointer";
import { fromVector } from "../protocol";
import { Signal } from "../signal";
import { Drawing } from "./drawing";
import { DEAD, HIDDEN, LOCKED, predictInvert, predictMark, predictSelect, predictUnmark, type Prediction } from "./flags";
import { packRows, type Rows } from "./masks";
import { keepName, readMe, type Me } from "./me";
import type { Done } from "./messages";
import { Mover } from "./mover";
import { select, type Criterion, type Operation, type SelectionMode } from "./operations";
import { Probe } from "./probe";
import { Projector, rowAt } from "./projection";
import type { Filter, Place } from "./regions";
import { Session, type Moment } from "./session";
import { Settings, type ToolName } from "./settings";
import { makeTools } from "./tools/all";
import type { Host, Tool, Touch } from "./tools/tool";
import { Visitors } from "./visitors";

export class Editor implements Host, Guest {
  readonly session: Session;
  readonly settings = new Settings();
  readonly drawing = new Drawing();
  readonly projector: Projector;
  readonly mover: Mover;
  readonly visitors: Visitors;
  readonly probe: Probe;
  readonly selectionChanged = new Signal();
  me: Me = readMe();
  /** How many Gaussians are selected. */
  selected = 0;
  private readonly tools: Partial<Record<ToolName, Tool>>;
  private readonly group = new THREE.Group();
  private readonly stopListening: () => void;
  private flagsVersion = 0;
  private cameraTimer = 0;
  private toldCamera = "";
  private closed = false;

  constructor(
    readonly app: App,
    moment: Moment,
  ) {
    const { engine } = app;
    this.projector = new Projector(engine.camera, engine.canvas);
    this.group.visible = false;
    engine.world.add(this.group);
    this.session = new Session(app.world.id, moment, () => this.me, this.group, () => engine.requestRender());
    this.mover = new Mover(this);
    this.probe = new Probe(this, app.marks);
    this.tools = makeTools(this);
    this.visitors = new Visitors(engine, app.marks, this.me.id);
    this.session.parts.flagged.listen(() => this.recount());
    this.session.parts.listed.listen(() => app.layersChanged.emit());
    this.session.said.listen(({ text, trouble }) => app.announce(text, trouble));
    this.session.described.listen((facts) => app.world.redescribe(facts));
    this.session.framed.listen((frame) => app.frame.set(frame));
    this.session.peopleChanged.listen(() => this.visitors.show(this.session.people));
    this.session.welcomed.listen(() => {
      this.toldCamera = "";
      this.tellCamera();
    });
    const stops = [engine.onDrawn(() => this.tellCamera()), app.frame.onMoved((motion) => this.follow(motion))];
    this.stopListening = () => stops.forEach((stop) => stop());
  }

  get parts() {
    return this.session.parts;
  }

  get values() {
    return this.settings.values;
  }

  /** Whether the thing at a click is found by the server's segmentation model. */
  get byModel(): boolean {
    return this.session.segmenter && this.values.objectBy === "model";
  }

  /** From now on the scene is drawn by the editor. */
  show(): void {
    this.group.visible = true;
    this.app.engine.requestRender();
  }

  close(): void {
    this.setTool("look");
    this.closed = true;
    this.stopListening();
    this.group.removeFromParent();
    this.mover.dispose();
    this.probe.clear();
    this.visitors.dispose();
    this.session.dispose();
  }

  setTool(tool: ToolName): void {
    this.tools[this.values.tool]?.cancel();
    this.drawing.clear();
    if (tool !== "look") this.app.setTool("none");
    this.settings.set({ tool: this.values.tool === tool ? "look" : tool });
  }

  setName(name: string): void {
    this.me = { ...this.me, name };
    keepName(name);
    this.session.introduce();
  }

  // What the page asks of whoever has taken over its layers.

  get count(): number {
    return this.parts.count;
  }

  describe() {
    const { role, connected, dirty, waiting, number, people, moment } = this.session;
    return { branch: moment.branch, at: moment.at, role, connected, unsaved: dirty, waiting, number, people: people.length, selected: this.selected, tool: this.values.tool };
  }

  setModifier: Guest["setModifier"] = (modifier, viewDependent) => this.parts.setModifier(modifier, viewDependent);

  async edit(operations: Operation[]): Promise<void> {
    for (const operation of operations) await this.session.do(operation);
  }

  splatAt(x: number, y: number) {
    const hit = this.pick({ x: x * this.projector.width, y: y * this.projector.height });
    return hit && { point: hit.point, layer: hit.part.name, distance: hit.point.distanceTo(this.app.view.position) };
  }

  /** The left button and one finger are the tool's; everything else moves the camera. */
  grab(event: PointerEvent): Grab | null {
    if (event.button !== 0 || this.app.tool !== "none" || !this.session.editable) return null;
    const touch = touchOf(event);
    if (this.mover.down(touch)) {
      return { move: (next) => this.mover.drag(touchOf(next)), up: (next) => this.mover.release(touchOf(next)), cancel: () => this.mover.cancel() };
    }
    const tool = this.tools[this.values.tool];
    if (!tool) return null;
    tool.down(touch);
    return { move: (next) => tool.move(touchOf(next)), up: (next) => tool.up(touchOf(next)), double: (next) => tool.double?.(touchOf(next)), cancel: () => void tool.cancel() };
  }

  hover(event: PointerEvent | null): void {
    if (!event) return this.drawing.circle({ x: 0, y: 0 }, 0);
    const touch = touchOf(event);
    this.mover.hover(touch);
    if (this.session.editable) this.tools[this.values.tool]?.hover?.(touch);
  }

  /** While the left button is a tool's, the right one looks around. */
  get takesLeft(): boolean {
    return this.session.editable && this.tools[this.values.tool] !== undefined;
  }

  /** Whether there was something to cancel. */
  cancel(): boolean {
    if (this.mover.dragging) {
      this.mover.cancel();
      return true;
    }
    if (this.tools[this.values.tool]?.cancel()) return true;
    if (this.values.tool === "look") return false;
    this.setTool("look");
    return true;
  }

  finish(): void {
    this.tools[this.values.tool]?.finish?.();
  }

  back(): boolean {
    return this.tools[this.values.tool]?.back?.() ?? false;
  }

  // What tools use.

  modeOf({ shift, ctrl }: Touch): SelectionMode {
    return shift && ctrl ? "intersect" : shift ? "add" : ctrl ? "remove" : this.values.mode;
  }

  filter(): Filter {
    return this.values.visibleOnly ? this.projector.inFront(this.parts, String(this.flagsVersion)) : null;
  }

  pick(place: Place) {
    return rowAt(this.parts, this.projector, place.x, place.y);
  }

  preview(found: Rows, mode: SelectionMode): void {
    if (mode === "intersect") return; // what remains is only known at the end
    predictSelect(found, mode)(this.parts);
    for (const part of this.parts) part.showFlags();
    this.app.engine.requestRender();
  }

  endPreview(): void {
    this.session.show();
  }

  select(found: Rows, mode: SelectionMode): void {
    const operation = packRows(found).then((parts) => select({ by: "rows", parts }, mode));
    this.send(operation, predictSelect(found, mode));
  }

  selectBy(where: Criterion, mode: SelectionMode, found?: Rows): void {
    this.send(select(where, mode), found ? predictSelect(found, mode) : null);
  }

  say(text: string): void {
    this.app.announce(text);
  }

  // Commands.

  /** Sends it; what the server says against it is told. */
  send(operation: Operation | Promise<Operation>, predict: Prediction | null = null): Promise<Done | null> {
    return this.session.do(operation, predict).then(
      (done) => {
        if (done.note) this.app.announce(done.note);
        return done;
      },
      (error: unknown) => {
        if (!this.closed) this.app.announce(error instanceof Error ? error.message : String(error), true);
        return null;
      },
    );
  }

  selectAll = () => this.send(select({ by: "everything" }, "set"), predictSelect("everything", "set"));
  selectNone = () => this.send({ op: "select_none" }, predictSelect("nothing", "set"));
  invert = () => this.send({ op: "invert_selection" }, predictInvert);
  grow = () => this.send({ op: "grow_selection" });
  shrink = () => this.send({ op: "shrink_selection" });
  delete = () => this.withSelection(() => this.send({ op: "delete" }, predictMark(DEAD)));
  hide = () => this.withSelection(() => this.send({ op: "hide" }, predictMark(HIDDEN)));
  showAll = () => this.send({ op: "show_all" }, predictUnmark(HIDDEN));
  lock = () => this.withSelection(() => this.send({ op: "lock" }, predictMark(LOCKED)));
  unlockAll = () => this.send({ op: "unlock_all" }, predictUnmark(LOCKED));
  duplicate = () => this.withSelection(() => this.send({ op: "duplicate" }));
  separate = () => this.withSelection(() => this.send({ op: "separate" }));
  mirror = (normal: [number, number, number]) => this.withSelection(() => this.send({ op: "mirror", pivot: fromVector(this.mover.pivot), normal }));

  undo = () => this.step(this.session.canUndo, () => this.session.undo(), "There is nothing to undo.");
  redo = () => this.step(this.session.canRedo, () => this.session.redo(), "There is nothing to redo.");

  save = () => {
    if (this.session.editable) this.session.save("");
  };

  /** Looks at what is selected, else at everything. */
  async focus(): Promise<void> {
    const box = this.mover.bounds();
    if (box.isEmpty()) return this.app.resetView();
    const { view, navigator } = this.app;
    const center = box.getCenter(new THREE.Vector3());
    const distance = Math.max(0.3, box.getSize(new THREE.Vector3()).length() * 0.6) / Math.tan(THREE.MathUtils.degToRad(view.fov / 2));
    const back = view.forward.multiplyScalar(-distance);
    await navigator.flyTo({ ...view.cameraView, position: fromVector(center.clone().add(back)) });
    navigator.orbit.setPivot(center);
  }

  private async step(title: string | null, go: () => Promise<Done>, none: string): Promise<void> {
    if (!title && this.session.waiting === 0) return this.say(none);
    await this.app.attempt(go);
  }

  private withSelection(go: () => Promise<unknown>): Promise<unknown> {
    if (this.selected > 0) return go();
    this.say("Nothing is selected. Select something first.");
    return Promise.resolve(null);
  }

  private recount(): void {
    this.flagsVersion += 1;
    this.selected = this.parts.selected;
    this.selectionChanged.emit();
  }

  /** What stands in the world's frame goes along with it. */
  private follow(motion: THREE.Matrix4): void {
    this.mover.follow(motion);
    this.probe.follow(motion);
    this.visitors.follow(motion);
    this.tellCamera(); // also where nothing is drawn, as behind other tabs
  }

  /** Only when it has moved: others draw when they are told, and would tell theirs in turn, without end. */
  private tellCamera(): void {
    if (this.cameraTimer || this.closed) return;
    this.cameraTimer = window.setTimeout(() => {
      this.cameraTimer = 0;
      const camera = this.app.view.cameraView;
      const text = JSON.stringify(camera);
      if (text !== this.toldCamera && this.session.tellCamera(camera)) this.toldCamera = text;
    }, 100);
  }
}

export function touchOf(event: PointerEvent): Touch {
  return { x: event.clientX, y: event.clientY, shift: event.shiftKey, ctrl: event.ctrlKey || event.metaKey };
}
