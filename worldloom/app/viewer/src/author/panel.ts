/** The Author panel: what is in the world besides splats, and how each of it is. */
import * as THREE from "three";
import type { App } from "../app";
import { fetchWorlds } from "../api";
import { fromQuaternion, fromVector, type Quadruple, type Triple } from "../protocol";
import { iconButton, textButton } from "../ui/controls";
import { h } from "../ui/dom";
import type { IconName } from "../ui/icons";
import type { PanelContent } from "../ui/panels";
import { actionsEditor } from "./actionsEditor";
import { checkField, choiceField, numberField, textField } from "./fields";
import { FIGURES, PARTICLES, type AuthorOperation, type Kind, type LayerAnimation, type Medium, type ParticleKind, type Portal, type Trigger } from "./records";
import type { Timeline } from "./timeline";
import { ACCEPTED, aspectOf, sendMedium } from "./upload";

const AHEAD = 2.5; // metres from the eye to what is new
const AXES = { x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, 1] } as const;
const WORDS = { rain: "Rain", snow: "Snow", dust: "Dust", fireflies: "Fireflies", leaves: "Leaves", walker: "Walker", robot: "Robot", spirit: "Spirit", fox: "Fox" } as const;

interface Item {
  kind: Kind;
  name: string;
  icon: IconName;
  detail: string;
  form(): HTMLElement[];
}

export function authorPanel(app: App, timeline: Timeline): PanelContent {
  const panel = new AuthorPanel(app, timeline);
  return {
    title: "Author",
    body: panel.element,
    opened: () => panel.open(true),
    closed: () => panel.open(false),
  };
}

class AuthorPanel {
  readonly element = h("div", { class: "stack author" });
  private unfolded: string | null = null;
  private worlds: (readonly [string, string])[] = [];
  private shown = false;

  constructor(
    private readonly app: App,
    private readonly timeline: Timeline,
  ) {
    app.stage.changed.listen(() => this.render());
    app.paths.changed.listen(() => this.render());
  }

  open(shown: boolean): void {
    this.shown = shown;
    this.app.stage.triggers.group.visible = shown;
    this.app.engine.requestRender();
    this.render();
    if (shown && this.worlds.length === 0) void this.fetchWorlds();
  }

  private async fetchWorlds(): Promise<void> {
    try {
      this.worlds = (await fetchWorlds()).map(({ id, name }) => [id, name] as const);
      this.render();
    } catch {
      // Without the list, a world can still be named by its id.
    }
  }

  private render(): void {
    if (!this.shown) return;
    const { authored } = this.app.stage;
    const items: Item[] = [
      ...authored.portals.map((portal) => this.portal(portal)),
      ...authored.media.map((medium) => this.medium(medium)),
      ...authored.animations.map((animation) => this.animation(animation)),
      ...authored.triggers.map((trigger) => this.trigger(trigger)),
    ];
    const file = h("input", { type: "file", accept: ACCEPTED, hidden: true, onchange: () => file.files?.[0] && void this.addMedium(file.files[0]) });
    this.element.replaceChildren(
      h("div", { class: "author-add", role: "group", "aria-label": "Add" },
        textButton("Portal", () => void this.addPortal(), "portal"),
        textButton("Sound or video", () => file.click(), "sound"),
        textButton("Animation", () => void this.addAnimation(), "loop"),
        textButton("Trigger", () => void this.addTrigger(), "zone"),
        file),
      h("ul", { class: "rows", "aria-label": "Authored things" }, ...(items.length ? items.map((item) => this.row(item)) : [h("li", { class: "empty" }, "Put a portal, a sound, a film, a motion or a trigger into this world.")])),
      h("h3", {}, "Weather"),
      ...this.weather(),
      h("h3", {}, "Visitors"),
      choiceField("Walk as", authored.figure, FIGURES.map((name) => [name, WORDS[name]] as const), (figure) => this.edit({ op: "set_figure", figure })),
      h("div", { class: "actions" }, textButton("Timeline of camera paths", () => this.timeline.open(), "path")),
    );
  }

  private edit(operation: AuthorOperation): void {
    void this.app.attempt(() => this.app.stage.edit(operation));
  }

  private row(item: Item): HTMLElement {
    const key = `${item.kind} ${item.name}`;
    const open = this.unfolded === key;
    const toggle = () => {
      this.unfolded = open ? null : key;
      this.render();
    };
    const title = h("button", { type: "button", class: "row-link", "aria-expanded": String(open), onclick: toggle }, item.name);
    const remove = iconButton({ icon: "trash", label: `Delete ${item.name}`, class: "small", onPress: () => this.edit({ op: "remove_thing", kind: item.kind, name: item.name }) });
    const rename = (next: string) => {
      if (!next || next === item.name) return;
      this.unfolded = `${item.kind} ${next}`;
      this.edit({ op: "rename_thing", kind: item.kind, name: item.name, new_name: next });
    };
    return h(
      "li",
      { class: `author-item${open ? " open" : ""}` },
      h("div", { class: "row tall" }, iconButton({ icon: item.icon, label: `${open ? "Fold" : "Unfold"} ${item.name}`, class: "small", onPress: toggle }), h("div", { class: "row-main" }, title, h("span", { class: "muted row-detail" }, item.detail)), remove),
      open && h("div", { class: "author-form" }, textField("Name", item.name, rename), ...item.form()),
    );
  }

  private portal(portal: Portal): Item {
    const set = (change: Partial<Portal>) => this.edit({ op: "set_portal", portal: { ...portal, ...change } });
    const worlds = this.worlds.some(([id]) => id === portal.world) ? this.worlds : [[portal.world, portal.world] as const, ...this.worlds];
    return {
      kind: "portal",
      name: portal.name,
      icon: "portal",
      detail: `to ${this.worlds.find(([id]) => id === portal.world)?.[1] ?? portal.world}`,
      form: () => [
        choiceField("Leads to", portal.world, worlds, (world) => set({ world, spawn: null })),
        textField("Title above it", portal.title, (title) => set({ title })),
        choiceField("Shape", portal.shape, [["ring", "Ring"], ["door", "Door"]], (shape) => set({ shape })),
        numberField("Width", portal.size[0], [0.2, 50, 0.1], (width) => set({ size: [width, portal.size[1]] })),
        numberField("Height", portal.size[1], [0.2, 50, 0.1], (height) => set({ size: [portal.size[0], height] })),
        this.mover((position, rotation) => set({ position, rotation })),
      ],
    };
  }

  private medium(medium: Medium): Item {
    const set = (change: Partial<Medium>) => this.edit({ op: "set_medium", medium: { ...medium, ...change } as Medium });
    const { media } = this.app.stage;
    const playing = media.state().some(({ name, wanted }) => name === medium.name && wanted);
    const switched = () => {
      media.set(medium.name, !playing);
      this.render();
    };
    return {
      kind: "medium",
      name: medium.name,
      icon: medium.kind === "audio" ? "sound" : "film",
      detail: `${medium.kind === "audio" ? "Sound" : "Video"}, heard up to ${medium.reach} m`,
      form: () => [
        h("div", { class: "actions" }, textButton(playing ? "Stop" : "Play", switched, playing ? "stop" : "play")),
        numberField("Reach, m", medium.reach, [0.5, 1000, 0.5], (reach) => set({ reach })),
        numberField("Loudness", medium.gain, [0, 4, 0.1], (gain) => set({ gain })),
        ...(medium.kind === "video" ? [numberField("Width, m", medium.size[0], [0.1, 100, 0.1], (width) => set({ size: [width, (width * medium.size[1]) / medium.size[0]] }))] : []),
        checkField("Again and again", medium.loop, (loop) => set({ loop })),
        checkField("Plays from the start", medium.autoplay, (autoplay) => set({ autoplay })),
        this.mover((position, rotation) => set(medium.kind === "video" ? { position, rotation } : { position })),
      ],
    };
  }

  private animation(animation: LayerAnimation): Item {
    const set = (change: Partial<LayerAnimation>) => this.edit({ op: "set_animation", animation: { ...animation, ...change } });
    const layers = this.app.world.description?.layers.map(({ name }) => [name, name] as const) ?? [];
    const axis = (Object.keys(AXES) as (keyof typeof AXES)[]).find((name) => AXES[name].every((value, index) => value === animation.axis[index]));
    return {
      kind: "animation",
      name: animation.name,
      icon: "loop",
      detail: `${animation.layer}: ${{ translate: "moves", spin: "spins", sway: "sways" }[animation.motion]}, ${animation.period} s`,
      form: () => [
        choiceField("Layer", animation.layer, layers, (layer) => set({ layer })),
        choiceField("Motion", animation.motion, [["translate", "To and fro"], ["spin", "Spin"], ["sway", "Sway"]], (motion) => set({ motion, amplitude: motion === "sway" ? 10 : 0.5 })),
        choiceField("Axis", axis ?? "other", [["x", "X"], ["y", "Y (up)"], ["z", "Z"], ...(axis ? [] : [["other", "Its own"] as const])], (name) => name !== "other" && set({ axis: [...AXES[name]] as Triple })),
        ...(animation.motion === "spin" ? [] : [numberField(animation.motion === "sway" ? "Degrees" : "Metres", animation.amplitude, [0, 1000, 0.1], (amplitude) => set({ amplitude }))]),
        numberField("Period, s", animation.period, [0.1, 3600, 0.1], (period) => set({ period })),
        numberField("Phase", animation.phase, [0, 1, 0.05], (phase) => set({ phase })),
        checkField("Moves from the start", animation.playing, (playing) => set({ playing })),
        h("div", { class: "actions" },
          textButton("Turn about the layer's origin", () => set({ pivot: null })),
          textButton("Turn about the point ahead", () => set({ pivot: this.pointAhead() }))),
      ],
    };
  }

  private trigger(trigger: Trigger): Item {
    const set = (change: Partial<Trigger>) => this.edit({ op: "set_trigger", trigger: { ...trigger, ...change } });
    const { zone } = trigger;
    const count = trigger.on_enter.length + trigger.on_leave.length;
    return {
      kind: "trigger",
      name: trigger.name,
      icon: "zone",
      detail: `${count || "no"} ${count === 1 ? "action" : "actions"}`,
      form: () => [
        choiceField("Zone", zone.shape, [["sphere", "Sphere"], ["box", "Box"]], (shape) =>
          set({ zone: shape === "sphere" ? { shape, center: zone.center, radius: 1.5 } : { shape, center: zone.center, size: [3, 3, 3], rotation: [1, 0, 0, 0] } })),
        ...(zone.shape === "sphere"
          ? [numberField("Radius, m", zone.radius, [0.1, 1000, 0.1], (radius) => set({ zone: { ...zone, radius } }))]
          : zone.size.map((value, axis) => numberField(["Width, m", "Height, m", "Depth, m"][axis], value, [0.1, 1000, 0.1], (next) => set({ zone: { ...zone, size: zone.size.map((old, at) => (at === axis ? next : old)) as Triple } })))),
        checkField("Only the first time", trigger.once, (once) => set({ once })),
        ...actionsEditor(this.app, "When someone comes in", trigger.on_enter, (on_enter) => set({ on_enter })),
        ...actionsEditor(this.app, "When someone leaves", trigger.on_leave, (on_leave) => set({ on_leave })),
        h("div", { class: "actions" }, textButton("Put it around me", () => set({ zone: { ...zone, center: fromVector(this.app.person) } }), "flag")),
      ],
    };
  }

  private weather(): HTMLElement[] {
    const { weather } = this.app.stage.authored;
    const set = (change: Partial<NonNullable<typeof weather>>) => weather && this.edit({ op: "set_weather", weather: { ...weather, ...change } });
    const choices = [["none", "Clear"] as const, ...PARTICLES.map((kind) => [kind, WORDS[kind]] as const)];
    const choose = (kind: ParticleKind | "none") => this.edit({ op: "set_weather", weather: kind === "none" ? null : { kind, amount: weather?.amount ?? 0.5, reach: weather?.reach ?? 14, wind: weather?.wind ?? [0, 0, 0] } });
    return [
      choiceField("In the air", weather?.kind ?? "none", choices, choose),
      ...(weather
        ? [
            numberField("Amount", weather.amount, [0, 1, 0.1], (amount) => set({ amount })),
            numberField("Reach, m", weather.reach, [2, 200, 1], (reach) => set({ reach })),
            numberField("Wind east, m/s", weather.wind[0], [-50, 50, 0.5], (x) => set({ wind: [x, weather.wind[1], weather.wind[2]] })),
            numberField("Wind south, m/s", weather.wind[2], [-50, 50, 0.5], (z) => set({ wind: [weather.wind[0], weather.wind[1], z] })),
          ]
        : []),
    ];
  }

  private mover(move: (position: Triple, rotation: Quadruple) => void): HTMLElement {
    return h("div", { class: "actions" }, textButton("Put it before me", () => move(...this.before()), "flag"));
  }

  /** A place before the eye, upright and facing it. */
  private before(): [Triple, Quadruple] {
    const { view } = this.app;
    const forward = view.forward.setY(0).normalize();
    const place = view.position.clone().addScaledVector(forward, AHEAD);
    const turn = new THREE.Quaternion().setFromAxisAngle(new THREE.Vector3(0, 1, 0), view.heading);
    return [fromVector(place), fromQuaternion(turn)];
  }

  private pointAhead(): Triple {
    return fromVector(this.app.surfaceAt(0.5, 0.5)?.point ?? this.app.person);
  }

  private freeName(wish: string, taken: { name: string }[]): string {
    let name = wish;
    for (let number = 2; taken.some((item) => item.name === name); number++) name = `${wish} ${number}`;
    return name;
  }

  private async addPortal(): Promise<void> {
    const { authored } = this.app.stage;
    const [position, rotation] = this.before();
    const world = this.worlds.find(([id]) => id !== this.app.world.id)?.[0] ?? this.app.world.id;
    position[1] = this.app.person.y - 0.5; // its sill is near the floor
    const name = this.freeName("Portal", authored.portals);
    this.unfolded = `portal ${name}`;
    this.edit({ op: "set_portal", only_new: true, portal: { name, title: this.worlds.find(([id]) => id === world)?.[1] ?? "", position, rotation, size: [1.4, 2.2], shape: "ring", world, spawn: null } });
  }

  private async addMedium(file: File): Promise<void> {
    await this.app.attempt(async () => {
      const { stage } = this.app;
      const sent = await sendMedium(this.app.world.id, file);
      const [position, rotation] = this.before();
      const name = this.freeName(file.name.replace(/\.[^.]*$/, "").slice(0, 100).trim() || "Sound", stage.authored.media);
      const common = { name, blob: sent.blob, position, reach: 12, gain: 1, loop: true, autoplay: true };
      this.unfolded = `medium ${name}`;
      const medium = sent.kind === "video" ? { ...common, kind: "video", format: sent.format, rotation, size: [1.6, 1.6 / (await aspectOf(file))] } : { ...common, kind: "audio", format: sent.format };
      await stage.edit({ op: "set_medium", only_new: true, medium: medium as Medium });
    });
  }

  private async addAnimation(): Promise<void> {
    const layers = this.app.world.description?.layers ?? [];
    const layer = layers.find(({ kind }) => kind === "object") ?? layers.find(({ kind }) => kind !== "sky");
    if (!layer) return this.app.announce("There is no layer that could move.");
    const name = this.freeName("Motion", this.app.stage.authored.animations);
    this.unfolded = `animation ${name}`;
    this.edit({ op: "set_animation", only_new: true, animation: { name, layer: layer.name, motion: "spin", axis: [0, 1, 0], amplitude: 0.5, period: 8, phase: 0, pivot: null, playing: true } });
  }

  private async addTrigger(): Promise<void> {
    const name = this.freeName("Trigger", this.app.stage.authored.triggers);
    this.unfolded = `trigger ${name}`;
    const trigger: Trigger = { name, zone: { shape: "sphere", center: fromVector(this.app.person), radius: 1.5 }, on_enter: [{ do: "say", text: "Welcome!", seconds: 6 }], on_leave: [], once: false };
    this.edit({ op: "set_trigger", only_new: true, trigger });
  }
}
