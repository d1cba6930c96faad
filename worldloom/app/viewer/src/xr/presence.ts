import { Matrix4, Vector3 } from "three";
import type { Ctx } from "../context";
import { throwArc } from "./arc";
import type { Arc } from "./arc";
import { ArcDrawing, SourceDrawing } from "./drawing";
import { Governor } from "./governor";
import { headsetOf } from "./headset";
import type { Headset } from "./headset";
import { Miniature, miniatureScale } from "./miniature";
import { firstStance, Person } from "./person";
import type { Stance } from "./person";
import { Stick } from "./stick";
import { veil } from "./veil";

const SNAP = Math.PI / 6;
const SECONDARY = 5; // the B or Y button of the "xr-standard" mapping
const FRAME = 1000 / 72; // milliseconds, where the browser doesn't say what it aims for
const TABLE_AHEAD = 0.7; // metres before the eyes
const TABLE_BELOW = 0.55;
const TABLE_HEIGHTS = [0.45, 0.95] as const;

interface Source {
  stick: Stick;
  drawing: SourceDrawing;
  toggling: boolean;
}

/** What a person does in a session: looks, turns, teleports, changes the world's size. Lives as long as the session. */
export class Presence {
  private readonly person: Person;
  private readonly stance: Stance;
  private readonly arc = new ArcDrawing();
  private readonly sources = new Map<XRInputSource, Source>();
  private readonly pressed = new Set<XRInputSource>();
  private readonly unveil: () => void;
  private readonly miniature: Miniature | null;
  private governor: Governor;
  private aim: { source: XRInputSource; by: "stick" | "select" } | null = null;
  private placed = false;
  private lastTime: number | null = null;

  constructor(
    private readonly ctx: Ctx,
    private readonly session: XRSession,
    private readonly space: XRReferenceSpace,
    knowsFloor: boolean,
    mode: "vr" | "ar",
  ) {
    this.person = new Person(ctx, knowsFloor);
    this.stance = firstStance(ctx);
    const hit = ctx.hit.bind(ctx);
    this.miniature = mode === "ar" ? new Miniature(ctx.world, this.stance.feet, miniatureScale(hit, this.stance.feet)) : null;
    this.governor = this.newGovernor();
    this.unveil = mode === "ar" ? veil(ctx) : () => undefined;
    ctx.scene.add(this.arc.root);
  }

  /** Puts the scene's parts back that only it knows of; what `snapshot` remembers is not its business. */
  dispose(): void {
    this.unveil();
    this.arc.root.removeFromParent();
    this.arc.dispose();
    for (const source of this.sources.values()) source.drawing.dispose();
    this.sources.clear();
  }

  /** What the session's events call; each may throw what `ctx.hit` throws. */
  readonly on = {
    selectstart: (event: XRInputSourceEvent): void => {
      this.pressed.add(event.inputSource);
      if (this.pressed.size > 1 && this.miniature) {
        this.drop(); // both hands pinched: hands have no button to squeeze
        this.resize();
      } else if (!this.aim) {
        this.aim = { source: event.inputSource, by: "select" };
      }
    },
    // "select" comes only of a press that wasn't called off, and before "selectend"
    select: (event: XRInputSourceEvent): void => {
      if (this.aim?.by === "select" && this.aim.source === event.inputSource) this.land(event.frame);
    },
    selectend: (event: XRInputSourceEvent): void => {
      this.pressed.delete(event.inputSource);
      if (this.aim?.by === "select" && this.aim.source === event.inputSource) this.drop();
    },
    squeezestart: (): void => this.resize(),
    inputsourceschange: (event: XRInputSourcesChangeEvent): void => {
      for (const source of event.removed) this.forget(source);
      if (event.added.length > 0 && this.governor.headset !== this.headset()) this.governor = this.newGovernor();
    },
    visibilitychange: (): void => {
      if (this.session.visibilityState === "visible") return;
      this.drop();
      this.pressed.clear();
      for (const { stick } of this.sources.values()) stick.cancel();
      this.governor.forget();
      this.lastTime = null;
    },
  };

  frame(time: number, frame: XRFrame): void {
    this.govern(time);
    const pose = frame.getViewerPose(this.space);
    if (!pose) return; // the headset has lost where it is: drawing would show the world askew
    this.person.track(pose.transform.position, pose.transform.orientation);
    if (!this.placed) this.begin();
    for (const source of this.session.inputSources) this.step(source, frame);
    if (this.aim) this.arc.show(this.trace(this.aim.source, frame) ?? { points: [], landing: null });
    this.ctx.renderer.render(this.ctx.scene, this.ctx.camera);
  }

  private begin(): void {
    this.person.stand(this.stance);
    this.placed = true;
    if (this.miniature) this.showMiniature(this.miniature);
  }

  private step(input: XRInputSource, frame: XRFrame): void {
    const source = this.sources.get(input) ?? this.meet(input);
    source.drawing.update(input, frame, this.space);
    if (!input.gamepad) return;
    const [x, y] = stickOf(input.gamepad);
    const event = source.stick.step(x, y);
    if (event === "turn-left") this.turn(SNAP);
    if (event === "turn-right") this.turn(-SNAP);
    if (event === "aim") this.aim ??= { source: input, by: "stick" };
    if (event === "land" && this.aim?.by === "stick" && this.aim.source === input) this.land(frame);
    const pressed = input.gamepad.buttons[SECONDARY]?.pressed ?? false;
    if (pressed && !source.toggling) this.resize();
    source.toggling = pressed;
  }

  private meet(input: XRInputSource): Source {
    const source = { stick: new Stick(), drawing: new SourceDrawing(), toggling: false };
    this.ctx.rig.add(source.drawing.root);
    this.sources.set(input, source);
    return source;
  }

  private forget(input: XRInputSource): void {
    if (this.aim?.source === input) this.drop();
    this.pressed.delete(input);
    this.sources.get(input)?.drawing.dispose();
    this.sources.delete(input);
  }

  private turn(radians: number): void {
    if (this.miniature?.isShown) this.miniature.turn(radians);
    else this.person.turn(radians);
  }

  private trace(input: XRInputSource, frame: XRFrame): Arc | null {
    if (this.miniature?.isShown) return null; // one walks around a table on one's own feet
    const pose = frame.getPose(input.targetRaySpace, this.space);
    if (!pose) return null;
    const ray = new Matrix4().fromArray(pose.transform.matrix).premultiply(this.ctx.rig.matrixWorld);
    const origin = new Vector3().setFromMatrixPosition(ray);
    const direction = new Vector3(0, 0, -1).transformDirection(ray);
    const hit = this.ctx.hit.bind(this.ctx);
    return throwArc(hit, this.person.eyes(), origin, direction, input.targetRayMode !== "tracked-pointer");
  }

  private land(frame: XRFrame): void {
    const landing = this.aim && this.trace(this.aim.source, frame)?.landing;
    this.drop();
    if (landing) this.person.moveTo(landing);
  }

  private drop(): void {
    this.aim = null;
    this.arc.hide();
  }

  /** Between a miniature on a table and the size of life; only where the real room is seen. */
  private resize(): void {
    if (!this.miniature || !this.placed) return;
    this.drop();
    if (!this.miniature.isShown) {
      this.showMiniature(this.miniature);
      return;
    }
    this.miniature.hide();
    this.person.stand({ feet: this.stance.feet, heading: this.stance.heading });
    this.ctx.announce("The world is at the size of life.");
  }

  private showMiniature(miniature: Miniature): void {
    const heading = this.person.heading();
    const table = this.person.eyes().add(new Vector3(-Math.sin(heading), 0, -Math.cos(heading)).multiplyScalar(TABLE_AHEAD));
    const floor = this.person.feet().y;
    table.y = Math.min(floor + TABLE_HEIGHTS[1], Math.max(floor + TABLE_HEIGHTS[0], table.y - TABLE_BELOW));
    miniature.show(table, heading - this.stance.heading);
    this.ctx.announce("The world is a miniature on a table before you.");
  }

  private headset(): Headset {
    const profiles = [...this.session.inputSources].flatMap((source) => [...source.profiles]);
    return headsetOf(navigator.userAgent, profiles);
  }

  private newGovernor(): Governor {
    const governor = new Governor(this.headset());
    this.ctx.setBudget(governor.budget);
    return governor;
  }

  private govern(time: number): void {
    const last = this.lastTime;
    this.lastTime = time;
    if (last === null || this.session.visibilityState !== "visible") return;
    const rate = this.session.frameRate;
    const budget = this.governor.frame(time - last, rate ? 1000 / rate : FRAME);
    if (budget !== null) this.ctx.setBudget(budget);
  }
}

/** The thumbstick's axes or, on controllers without one, the touchpad's. */
function stickOf(gamepad: Gamepad): [number, number] {
  const first = gamepad.axes.length >= 4 ? 2 : 0;
  return [gamepad.axes[first] ?? 0, gamepad.axes[first + 1] ?? 0];
}
