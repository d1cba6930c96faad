/** What people put into the world, as it plays: everything that moves, sounds, falls, opens and happens. */
import * as THREE from "three";
import type { App } from "../app";
import { Signal } from "../signal";
import { Animations } from "./animations";
import { Daylight } from "./daylight";
import { Media } from "./media";
import { applied } from "./operations";
import { Particles } from "./particles";
import { Portals } from "./portals";
import { FIGURES, NOTHING, type Action, type Authored, type AuthorOperation, type FigureName, type Portal } from "./records";
import { Triggers } from "./triggers";

const MOVEMENT_KEY = "worldloom-movement";
const FIGURE_KEY = "worldloom-figure";
const SOFTWARE_SHARE = 0.4;
const VEIL = 350; // milliseconds

export class Stage {
  readonly changed = new Signal();
  /** Something is said to the visitor; for so many seconds. */
  readonly said = new Signal<{ text: string; seconds: number }>();
  readonly animations: Animations;
  readonly particles: Particles;
  readonly media: Media;
  readonly portals: Portals;
  readonly triggers: Triggers;
  readonly daylight = new Daylight();
  authored: Authored = NOTHING;
  private readonly group = new THREE.Group();
  private moves: boolean;
  private hour: number | null = null;
  private leaving = false;
  /** Time stands still, to be set by hand. */
  private held = false;

  constructor(private readonly app: App) {
    const { engine, world, marks } = app;
    this.moves = localStorage.getItem(MOVEMENT_KEY) !== null ? localStorage.getItem(MOVEMENT_KEY) === "on" : !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.animations = new Animations(world);
    this.particles = new Particles(engine.device.kind === "software" ? SOFTWARE_SHARE : 1);
    this.media = new Media(engine, (message) => app.announce(message, true));
    this.portals = new Portals(marks);
    this.triggers = new Triggers((action) => this.run(action));
    this.group.add(this.particles.group, this.media.group, this.portals.group, this.triggers.group, this.daylight.mesh);
    engine.scene.add(this.group);
    engine.onAmbient((seconds) => this.step(seconds));
    engine.onDrawn(() => this.visit());
  }

  /** Shows what a world's description says. */
  describe(authored: Authored = NOTHING): void {
    this.authored = authored;
    this.portals.replace(authored.portals);
    this.media.replace(authored.media);
    this.animations.replace(authored.animations);
    this.triggers.replace(authored.triggers);
    this.particles.set(authored.weather);
    this.app.walk.avatar.become(this.figure);
    this.changed.emit();
    this.app.engine.requestRender();
  }

  /** The world's layers are others, or stand elsewhere. */
  layersChanged(): void {
    if (this.active) this.animations.apply();
    this.particles.setWalls(this.app.world.solid?.bvh.geometry ?? null);
  }

  /** Changes the world for everyone; shown at once, until the world is described anew. */
  async edit(operation: AuthorOperation): Promise<void> {
    this.describe(applied(this.authored, operation));
    await this.app.world.edit([operation]);
  }

  get movement(): boolean {
    return this.moves;
  }

  setMovement(moves: boolean): void {
    this.moves = moves;
    localStorage.setItem(MOVEMENT_KEY, moves ? "on" : "off");
    if (!moves) this.animations.rest();
    this.particles.group.visible = moves && this.particles.weather !== null;
    this.app.engine.requestRender();
  }

  /** The visitor's own choice, else the world's. */
  get figure(): FigureName {
    const own = FIGURES.find((name) => name === localStorage.getItem(FIGURE_KEY));
    return own ?? this.authored.figure;
  }

  setFigure(figure: FigureName): void {
    localStorage.setItem(FIGURE_KEY, figure);
    this.app.walk.avatar.become(figure);
    this.app.engine.requestRender();
  }

  /** Everything that plays is at this time, and stays there; null: time goes on. */
  hold(seconds: number | null): void {
    this.held = seconds !== null;
    if (seconds !== null) this.animations.seek(seconds);
    this.app.engine.requestRender();
  }

  run(action: Action): void {
    const { app } = this;
    switch (action.do) {
      case "say":
        return this.said.emit({ text: action.text, seconds: action.seconds });
      case "play":
        return this.media.set(action.medium, action.on);
      case "fly":
        return void app.attempt(() => app.paths.play(action.path));
      case "animate":
        return this.animations.set(action.animation, action.on);
      case "weather":
        this.particles.set(action.weather);
        break;
      case "hour":
        this.setHour(action.hour);
        break;
      case "go": {
        const portal = this.portals.find(action.portal);
        if (portal) this.enter(portal);
      }
    }
    app.engine.wake();
  }

  setHour(hour: number | null): void {
    this.hour = hour;
    this.daylight.set(hour, this.app.world.description?.environment.hour ?? null);
    this.app.engine.wake();
  }

  /** Leaves for the world that a portal leads to. */
  enter(portal: Portal): void {
    if (this.leaving) return;
    this.leaving = true;
    document.documentElement.dataset.leaving = "";
    const address = new URL(location.href);
    for (const name of ["version", "at", "branch", "spawn", "mode"]) address.searchParams.delete(name);
    address.searchParams.set("world", portal.world);
    address.searchParams.set("mode", this.app.navigator.mode);
    if (portal.spawn) address.searchParams.set("spawn", [...portal.spawn.position, ...portal.spawn.rotation].join(","));
    setTimeout(() => location.assign(address), VEIL);
    addEventListener("pageshow", () => {
      this.leaving = false; // back again, by the browser's own button
      delete document.documentElement.dataset.leaving;
    });
  }

  state() {
    return {
      movement: this.moves,
      inside: this.triggers.current,
      weather: this.particles.weather?.kind ?? null,
      particles: this.particles.count,
      hour: this.hour,
      tint: this.daylight.colour,
      media: this.media.state(),
      portals: this.authored.portals.map(({ name }) => name),
      figure: this.app.walk.avatar.kind,
      layers: Object.fromEntries(this.app.world.layers.list.map(({ name, group }) => [name, group.matrixWorld.toArray()])),
      running: this.authored.animations.filter(({ name }) => this.animations.isRunning(name)).map(({ name }) => name),
    };
  }

  /** An editor shows the layers where they are at rest, and nothing happens to who edits. */
  private get active(): boolean {
    return this.app.guest === null && this.moves;
  }

  private step(seconds: number): boolean {
    const changing = this.daylight.step(seconds);
    const films = this.media.step();
    if (!this.moves || this.held) return changing || films;
    const moving = this.app.guest === null && this.animations.step(seconds);
    const falling = this.particles.step(seconds);
    const opening = this.portals.step(seconds);
    return moving || falling || opening || films || changing;
  }

  private visit(): void {
    const { app } = this;
    if (app.guest !== null || app.status !== "ready" || this.leaving) return;
    const person = app.person;
    this.triggers.visit(person);
    const portal = this.portals.crossed(person);
    if (portal) this.enter(portal);
  }
}
