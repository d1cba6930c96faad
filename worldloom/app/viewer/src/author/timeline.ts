/** A camera path's keys on a line of time: dragged, added, played. */
import * as THREE from "three";
import type { App } from "../app";
import { toVector, type CameraPath } from "../protocol";
import { length, ownSeconds, sample } from "../tools/spline";
import { iconButton, setIcon, setPressed } from "../ui/controls";
import { h } from "../ui/dom";

const LEAST_GAP = 0.05; // seconds between two keys
const SPARE = 1.15; // the line is longer than the path, so that its last key can be dragged out
const STEP = 0.1; // seconds that an arrow key moves a key
const NEW_KEY = 2; // seconds after the last
const EASINGS = { none: "Even", in: "Slow start", out: "Slow end", both: "Slow ends" } as const;

export class Timeline {
  readonly element: HTMLElement;
  private readonly choice: HTMLSelectElement;
  private readonly track = h("div", { class: "timeline-track" });
  private readonly head = h("div", { class: "timeline-head", "aria-hidden": "true" });
  private readonly clock = h("span", { class: "timeline-clock" });
  private readonly play: HTMLButtonElement;
  private readonly loop: HTMLButtonElement;
  private readonly speed: HTMLInputElement;
  private readonly easing: HTMLSelectElement;
  private readonly line = new THREE.Group();
  private name: string | null = null;
  /** Seconds of the path's own time. */
  private time = 0;
  private selected = 0;
  /** Seconds that the whole line stands for. */
  private span = 1;
  private dragging = false;

  constructor(private readonly app: App) {
    const { paths } = app;
    this.choice = h("select", { class: "field", "aria-label": "Camera path", onchange: () => this.show(this.choice.value) });
    this.play = iconButton({ icon: "play", label: "Play the path", class: "small", onPress: () => this.toggle() });
    this.loop = iconButton({ icon: "loop", label: "Play again and again", class: "small", onPress: () => void this.change((path) => (path.loop = !path.loop)) });
    this.speed = h("input", { type: "number", class: "number-field", min: 0.1, max: 20, step: 0.1, "aria-label": "Speed of the path", onchange: () => void this.change((path) => (path.speed = THREE.MathUtils.clamp(Number(this.speed.value) || 1, 0.05, 100))) });
    this.easing = h("select", { class: "field", "aria-label": "How the path begins and ends", onchange: () => void this.change((path) => (path.easing = this.easing.value as keyof typeof EASINGS)) }, ...Object.entries(EASINGS).map(([value, label]) => h("option", { value }, label)));
    this.element = h(
      "section",
      { class: "timeline surface", "aria-label": "Timeline", hidden: true },
      h(
        "div",
        { class: "timeline-bar" },
        this.play,
        this.loop,
        this.choice,
        this.clock,
        h("span", { class: "grow" }),
        h("label", { class: "timeline-field" }, "Speed ×", this.speed),
        this.easing,
        iconButton({ icon: "plus", label: "Add this view as the last key", class: "small", onPress: () => void this.addKey() }),
        iconButton({ icon: "shot", label: "Put this view into the chosen key", class: "small", onPress: () => void this.change((path) => (path.poses[this.selected] = app.view.pose)) }),
        iconButton({ icon: "trash", label: "Delete the chosen key", class: "small", onPress: () => void this.removeKey() }),
        iconButton({ icon: "close", label: "Close the timeline", class: "small", onPress: () => this.close() }),
      ),
      this.track,
    );
    this.track.addEventListener("pointerdown", (event) => this.scrub(event));
    this.line.visible = false;
    app.engine.scene.add(this.line);
    paths.changed.listen(() => this.render());
    paths.moved.listen(() => {
      const path = this.path;
      if (!path || paths.playing !== path.name) return;
      this.time = ownSeconds(path, paths.passed);
      this.tick();
    });
  }

  open(name?: string): void {
    const path = name ?? this.name ?? this.app.paths.paths[0]?.name;
    if (!path) {
      this.app.announce("Keep two views or more and join them into a path first.");
      return;
    }
    this.element.hidden = false;
    document.documentElement.dataset.timeline = "";
    this.show(path);
  }

  close(): void {
    this.element.hidden = true;
    this.line.visible = false;
    delete document.documentElement.dataset.timeline;
    this.app.engine.requestRender();
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  private get path(): CameraPath | null {
    return this.name === null ? null : this.app.paths.find(this.name);
  }

  private show(name: string): void {
    this.name = name;
    this.time = 0;
    this.selected = 0;
    this.render();
  }

  private toggle(): void {
    const { paths } = this.app;
    if (paths.playing !== null) paths.stop();
    else if (this.name !== null) void this.app.attempt(() => paths.play(this.name ?? ""));
  }

  private async change(change: (path: CameraPath) => unknown): Promise<void> {
    const path = this.path;
    if (!path) return;
    change(path);
    await this.app.attempt(() => this.app.paths.save(path));
  }

  private async addKey(): Promise<void> {
    await this.change((path) => {
      path.seconds.push(path.seconds[path.seconds.length - 1] + NEW_KEY);
      path.poses.push(this.app.view.pose);
      this.selected = path.poses.length - 1;
    });
  }

  private async removeKey(): Promise<void> {
    if ((this.path?.poses.length ?? 0) <= 2) return this.app.announce("A path has at least two keys. Delete the path itself in the Cameras panel.");
    await this.change((path) => {
      path.seconds.splice(this.selected, 1);
      path.poses.splice(this.selected, 1);
      this.selected = Math.min(this.selected, path.poses.length - 1);
    });
  }

  private render(): void {
    if (this.element.hidden) return;
    const { paths } = this.app;
    const path = this.path;
    if (!path || path.poses.length < 2) return this.close();
    this.choice.replaceChildren(...paths.paths.map(({ name }) => h("option", { value: name, selected: name === path.name }, name)));
    setIcon(this.play, paths.playing === path.name ? "stop" : "play");
    this.play.setAttribute("aria-label", paths.playing === path.name ? "Stop the path" : "Play the path");
    setPressed(this.loop, path.loop ?? false);
    this.speed.value = String(path.speed ?? 1);
    this.easing.value = path.easing ?? "none";
    if (!this.dragging) {
      this.span = Math.max(length(path) * SPARE, 1);
      this.draw(path);
    }
    this.outline(path);
    this.tick();
  }

  /** Marks of seconds, keys and the playhead. */
  private draw(path: CameraPath): void {
    const every = [0.5, 1, 2, 5, 10, 30, 60, 300].find((step) => this.span / step <= 12) ?? 600;
    const marks = Array.from({ length: Math.floor(this.span / every) + 1 }, (_, index) => {
      const mark = h("span", { class: "timeline-mark", "aria-hidden": "true" }, `${index * every}`);
      mark.style.left = this.percent(index * every);
      return mark;
    });
    this.track.replaceChildren(...marks, ...path.poses.map((_, index) => this.key(path, index)), this.head);
  }

  private key(path: CameraPath, index: number): HTMLElement {
    const button = h("button", { type: "button", class: "timeline-key", "aria-label": `Key ${index + 1} of ${path.poses.length}`, "aria-pressed": String(index === this.selected) });
    const place = () => {
      button.style.left = this.percent(path.seconds[index] - path.seconds[0]);
      button.title = `${(path.seconds[index] - path.seconds[0]).toFixed(2)} s`;
    };
    place();
    const choose = () => {
      this.selected = index;
      for (const other of this.track.querySelectorAll(".timeline-key")) other.setAttribute("aria-pressed", String(other === button));
      this.goTo(path, path.seconds[index] - path.seconds[0]);
    };
    const move = (seconds: number) => {
      const { seconds: times } = path;
      const least = index > 0 ? times[index - 1] + LEAST_GAP : times[0];
      const most = index < times.length - 1 ? times[index + 1] - LEAST_GAP : Infinity;
      if (index > 0) times[index] = Math.round(THREE.MathUtils.clamp(seconds, least, most) * 1000) / 1000;
      place();
    };
    button.addEventListener("pointerdown", (event) => {
      event.stopPropagation();
      choose();
      if (index === 0) return; // the path begins at its first key
      const before = path.seconds[index];
      this.dragging = true;
      this.follow(event, button, (at) => move(path.seconds[0] + at), () => {
        this.dragging = false;
        if (path.seconds[index] !== before) void this.app.attempt(() => this.app.paths.save(path));
      });
    });
    button.addEventListener("keydown", (event) => {
      if (event.key === "Delete" || event.key === "Backspace") void this.removeKey();
      else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
        move(path.seconds[index] + (event.key === "ArrowLeft" ? -STEP : STEP));
        void this.app.attempt(() => this.app.paths.save(path)).then(() => (this.track.querySelectorAll(".timeline-key")[index] as HTMLElement | undefined)?.focus());
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
    button.addEventListener("focus", () => (this.selected = index));
    return button;
  }

  private scrub(event: PointerEvent): void {
    const path = this.path;
    if (!path) return;
    const go = (at: number) => this.goTo(path, THREE.MathUtils.clamp(at, 0, length(path)));
    go(this.at(event));
    this.follow(event, this.track, go, () => undefined);
  }

  /** Calls `move` with the seconds under the pointer until it is let go. */
  private follow(event: PointerEvent, element: HTMLElement, move: (seconds: number) => void, end: () => void): void {
    element.setPointerCapture(event.pointerId);
    const moved = (next: Event) => move(this.at(next as PointerEvent));
    element.addEventListener("pointermove", moved);
    const over = () => {
      element.removeEventListener("pointermove", moved);
      element.removeEventListener("pointerup", over);
      element.removeEventListener("pointercancel", over);
      end();
    };
    element.addEventListener("pointerup", over);
    element.addEventListener("pointercancel", over);
  }

  private goTo(path: CameraPath, seconds: number): void {
    this.time = seconds;
    this.app.paths.seek(path, seconds);
    this.tick();
  }

  private at(event: PointerEvent): number {
    const box = this.track.getBoundingClientRect();
    return THREE.MathUtils.clamp((event.clientX - box.left) / box.width, 0, 1) * this.span;
  }

  private percent(seconds: number): string {
    return `${((100 * seconds) / this.span).toFixed(3)}%`;
  }

  private tick(): void {
    this.head.style.left = this.percent(this.time);
    const path = this.path;
    this.clock.textContent = path ? `${this.time.toFixed(1)} / ${length(path).toFixed(1)} s` : "";
  }

  /** The way itself, in the scene. */
  private outline(path: CameraPath): void {
    for (const child of [...this.line.children] as (THREE.Line | THREE.Points)[]) {
      child.geometry.dispose();
      (child.material as THREE.Material).dispose();
      child.removeFromParent();
    }
    const whole = length(path);
    const way = Array.from({ length: 200 }, (_, index) => sample(path, (whole * index) / 199).position);
    const shared = { depthTest: false, transparent: true };
    this.line.add(
      new THREE.Line(new THREE.BufferGeometry().setFromPoints(way), new THREE.LineBasicMaterial({ color: 0x7fd6d0, opacity: 0.85, ...shared })),
      new THREE.Points(new THREE.BufferGeometry().setFromPoints(path.poses.map((pose) => toVector(pose.position))), new THREE.PointsMaterial({ color: 0xf2b35a, size: 9, sizeAttenuation: false, ...shared })),
    );
    for (const child of this.line.children) {
      child.renderOrder = 31;
      child.frustumCulled = false;
    }
    this.line.visible = true;
    this.app.engine.requestRender();
  }
}
