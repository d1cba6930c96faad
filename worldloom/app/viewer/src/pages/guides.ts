/** A picture with what it is taken for drawn on it: eye level, ground contacts, distances and sky, all to be dragged.
 *
 * What somebody sets goes as JSON into the text box whose id `said` names; what nobody set stays estimated. */

import { call } from "./api";
import { toast } from "./element";
import { escape } from "./words";

type Point = [number, number];
interface Guides {
  kind?: "outdoor" | "room" | null;
  horizon?: [Point, Point] | null;
  vertical_fov?: number | null;
  camera_height?: number | null;
  contacts?: Point[];
  depths?: { at: Point; metres: number }[];
  sky?: Point[];
}
interface LookedAt {
  kind: "picture" | "panorama";
  guides: Guides;
  sentences: string[];
  distances: number[][];
  preview: string;
}
type Tool = "contacts" | "depths" | "sky";

const TOOLS: [Tool, string, string][] = [
  ["contacts", "Stands on the ground", "Click where something touches the ground"],
  ["depths", "How far", "Click something and say how far away it is"],
  ["sky", "Sky", "Click what is sky"],
];
const STEP = 0.01;

class GuidesElement extends HTMLElement {
  static readonly observedAttributes = ["upload"];
  private given: Guides = {};
  private seen: LookedAt | null = null;
  private tool: Tool = "contacts";
  private timer = 0;
  private asked = 0;

  connectedCallback(): void {
    void this.look();
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (before === null || before === after) return;
    this.given = {};
    this.seen = null;
    this.innerHTML = "";
    void this.look();
  }

  private async look(): Promise<void> {
    const upload = this.getAttribute("upload");
    if (!upload) return;
    const number = ++this.asked;
    if (!this.seen) this.innerHTML = `<p role="status">Looking at the picture…</p>`;
    try {
      const seen = await call<LookedAt>("POST", "/worlds:look", { upload, guides: this.given });
      if (number !== this.asked) return; // something newer was set meanwhile
      const first = this.seen === null;
      this.seen = seen;
      if (first) this.build();
      this.draw();
    } catch (error) {
      if (number !== this.asked) return;
      const sentence = error instanceof Error ? error.message : String(error);
      if (this.seen) toast(sentence, "alert");
      else this.innerHTML = `<p class="wl-error" role="alert">${escape(sentence)}</p>`;
    }
  }

  /** Something was set: tell Gradio, draw it, and ask what follows from it. */
  private changed(): void {
    const box = document.querySelector<HTMLTextAreaElement | HTMLInputElement>(
      `#${this.getAttribute("said") ?? ""} :is(textarea, input)`,
    );
    if (box) {
      box.value = JSON.stringify(this.given);
      box.dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.draw();
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.look(), 350);
  }

  private build(): void {
    const panorama = this.seen?.kind === "panorama";
    this.innerHTML = `<div class="wl-picture"><img alt="The picture" src="${this.seen?.preview ?? ""}" draggable="false">
      ${panorama ? "" : `<svg role="group" aria-label="What the picture is taken for"></svg>`}</div>
      ${panorama ? "" : this.tools()}<div class="wl-set"></div><ul class="wl-sentences"></ul>`;
    const image = this.querySelector("img") as HTMLImageElement;
    image.onload = () => this.draw();
    const drawing = this.querySelector("svg");
    if (!drawing) return;
    drawing.addEventListener("pointerdown", (event) => this.press(event, drawing));
    drawing.addEventListener("keydown", (event) => this.nudge(event));
    const tools = this.querySelectorAll<HTMLElement>("[data-tool]");
    for (const button of tools)
      button.onclick = () => {
        this.tool = button.dataset["tool"] as Tool;
        for (const one of tools) one.setAttribute("aria-pressed", String(one === button));
      };
    this.onNumber("vertical_fov", 8, 140);
    this.onNumber("camera_height", 0.05, 500);
    const kind = this.querySelector<HTMLSelectElement>("select");
    if (kind)
      kind.onchange = () => {
        this.given.kind = (kind.value || null) as Guides["kind"];
        this.changed();
      };
    (this.querySelector("[data-do=forget]") as HTMLElement).onclick = () => {
      this.given = {};
      this.changed();
    };
  }

  private tools(): string {
    const buttons = TOOLS.map(
      ([tool, label, title]) =>
        `<button type="button" title="${title}" data-tool="${tool}" aria-pressed="${tool === this.tool}"><i class="${tool}"></i>${label}</button>`,
    ).join("");
    return `<div class="wl-row wl-tools" role="group" aria-label="A click sets"><span>A click sets</span>${buttons}
        <button type="button" class="wl-button" data-do="forget">Estimate everything</button></div>
      <div class="wl-row wl-numbers">
        <label>Place <select><option value="">estimated</option><option value="outdoor">outdoors</option><option value="room">a room</option></select></label>
        <label>Angle of view, ° <input type="number" data-number="vertical_fov" min="8" max="140" step="0.1"></label>
        <label>Lens above the ground, m <input type="number" data-number="camera_height" min="0.05" max="500" step="0.05"></label>
      </div>`;
  }

  private onNumber(name: "vertical_fov" | "camera_height", least: number, most: number): void {
    const input = this.querySelector<HTMLInputElement>(`[data-number=${name}]`);
    if (!input) return;
    input.onchange = () => {
      const value = Number(input.value);
      this.given[name] = input.value === "" || !Number.isFinite(value) ? null : Math.min(most, Math.max(least, value));
      this.changed();
    };
  }

  private draw(): void {
    const seen = this.seen;
    const drawing = this.querySelector("svg");
    if (!seen) return;
    const sentences = this.querySelector(".wl-sentences");
    if (sentences) sentences.innerHTML = seen.sentences.map((one) => `<li>${escape(one)}</li>`).join("");
    if (!drawing) return;
    const image = this.querySelector("img") as HTMLImageElement;
    const [width, height] = [image.naturalWidth || 1, image.naturalHeight || 1];
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const size = Math.max(width, height) / 60;
    const at = ([x, y]: Point): Point => [x * width, y * height];
    const [[x0, y0], [x1, y1]] = (this.horizon() ?? [[0, 0.5], [1, 0.5]]).map(at) as [Point, Point];
    const set = this.given.horizon ? "" : "estimated";
    const handle = (key: string, [x, y]: Point, kind: string, label: string): string =>
      `<circle tabindex="0" role="slider" aria-label="${escape(label)}" aria-valuetext="${Math.round((100 * x) / width)}% across, ${Math.round((100 * y) / height)}% down" data-handle="${key}" class="${kind}" cx="${x}" cy="${y}" r="${size}"/>`;
    const far = (this.given.depths ?? []).map(({ at: place, metres }, index) => {
      const [x, y] = at(place);
      return `${handle(`depths.${index}`, [x, y], "depth", `${metres} metres away`)}<text x="${x + 1.4 * size}" y="${y + 0.5 * size}" font-size="${1.7 * size}">${metres} m</text>`;
    });
    const focused = (document.activeElement as SVGElement | null)?.dataset?.["handle"];
    drawing.innerHTML = [
      `<line class="horizon ${set}" x1="${x0}" y1="${y0}" x2="${x1}" y2="${y1}" stroke-width="${size / 3}"/>`,
      `<text x="${width / 2}" y="${(y0 + y1) / 2 - size / 2}" text-anchor="middle" font-size="${1.7 * size}">eye level${set ? ", estimated" : ""}</text>`,
      handle("horizon.0", [Math.min(Math.max(x0, size), width - size), y0], `end ${set}`, "Eye level, one end"),
      handle("horizon.1", [Math.min(Math.max(x1, size), width - size), y1], `end ${set}`, "Eye level, other end"),
      ...(this.given.contacts ?? []).map((place, index) => handle(`contacts.${index}`, at(place), "contact", "Stands on the ground")),
      ...(this.given.sky ?? []).map((place, index) => handle(`sky.${index}`, at(place), "sky", "Sky")),
      ...far,
    ].join("");
    if (focused) drawing.querySelector<SVGElement>(`[data-handle="${focused}"]`)?.focus();
    this.list();
    for (const name of ["vertical_fov", "camera_height"] as const) {
      const input = this.querySelector<HTMLInputElement>(`[data-number=${name}]`);
      const value = this.given[name] ?? seen.guides[name];
      if (input && document.activeElement !== input) input.value = value == null ? "" : String(Math.round(100 * value) / 100);
      input?.classList.toggle("estimated", this.given[name] == null);
    }
    const kind = this.querySelector("select");
    if (kind) {
      kind.value = this.given.kind ?? "";
      (kind.options[0] as HTMLOptionElement).text = `estimated: ${seen.guides.kind === "room" ? "a room" : "outdoors"}`;
    }
  }

  /** What was set, to be changed or taken away again. */
  private list(): void {
    const box = this.querySelector(".wl-set");
    if (!box || box.contains(document.activeElement)) return;
    const row = (tool: Tool, index: number, text: string): string =>
      `<span class="wl-chip ${tool}">${text}<button type="button" aria-label="Take it away" data-drop="${tool}.${index}">×</button></span>`;
    box.innerHTML = [
      ...(this.given.depths ?? []).map((one, index) =>
        row("depths", index, `<input type="number" aria-label="Metres away" min="0.1" max="5000" step="0.1" data-metres="${index}" value="${one.metres}"> m away`),
      ),
      ...(this.given.contacts ?? []).map((_one, index) => row("contacts", index, "on the ground")),
      ...(this.given.sky ?? []).map((_one, index) => row("sky", index, "sky")),
    ].join("");
    for (const input of box.querySelectorAll<HTMLInputElement>("[data-metres]"))
      input.onchange = () => {
        const one = this.given.depths?.[Number(input.dataset["metres"])];
        const metres = Number(input.value);
        if (one && Number.isFinite(metres)) one.metres = Math.min(5000, Math.max(0.1, metres));
        input.blur();
        this.changed();
      };
    for (const button of box.querySelectorAll<HTMLButtonElement>("[data-drop]"))
      button.onclick = () => {
        const [tool, index] = (button.dataset["drop"] ?? "").split(".") as [Tool, string];
        this.given[tool]?.splice(Number(index), 1);
        button.blur();
        this.changed();
      };
  }

  private horizon(): [Point, Point] | null {
    return this.given.horizon ?? this.seen?.guides.horizon ?? null;
  }

  private place(event: PointerEvent, drawing: SVGElement): Point {
    const box = drawing.getBoundingClientRect();
    const part = (value: number): number => Math.round(1e4 * Math.min(1, Math.max(0, value))) / 1e4;
    return [part((event.clientX - box.left) / box.width), part((event.clientY - box.top) / box.height)];
  }

  private press(event: PointerEvent, drawing: SVGElement): void {
    if (event.button !== 0) return;
    let key = (event.target as SVGElement).dataset["handle"];
    if (!key) key = this.add(this.place(event, drawing));
    event.preventDefault();
    drawing.setPointerCapture(event.pointerId);
    const grabbed = key;
    const drag = (moved: PointerEvent): void => {
      this.move(grabbed, this.place(moved, drawing));
      this.draw();
    };
    const drop = (): void => {
      drawing.removeEventListener("pointermove", drag);
      drawing.removeEventListener("pointerup", drop);
      drawing.removeEventListener("pointercancel", drop);
      this.changed();
    };
    drawing.addEventListener("pointermove", drag);
    drawing.addEventListener("pointerup", drop);
    drawing.addEventListener("pointercancel", drop);
  }

  /** A new point of the chosen sort; of distances, with the one that is estimated there. */
  private add(place: Point): string {
    if (this.tool === "depths") {
      const rows = this.seen?.distances ?? [];
      const row = rows[Math.min(rows.length - 1, Math.floor(place[1] * rows.length))] ?? [];
      const metres = row[Math.min(row.length - 1, Math.floor(place[0] * row.length))] ?? 5;
      const depths = (this.given.depths ??= []);
      return `depths.${depths.push({ at: place, metres: Math.round(10 * metres) / 10 || 0.1 }) - 1}`;
    }
    const points = (this.given[this.tool] ??= []);
    return `${this.tool}.${points.push(place) - 1}`;
  }

  private move(key: string, place: Point): void {
    const [sort, index] = key.split(".") as [Tool | "horizon", string];
    const number = Number(index);
    if (sort === "horizon") {
      const [a, b] = this.horizon() ?? [[0, 0.5], [1, 0.5]];
      const other = number === 0 ? b : a;
      // The ends stay at the picture's sides: what counts is how high the line runs there.
      const end: Point = [number === 0 ? 0 : 1, place[1]];
      this.given.horizon = number === 0 ? [end, [1, other[1]]] : [[0, other[1]], end];
    } else if (sort === "depths") {
      const one = this.given.depths?.[number];
      if (one) one.at = place;
    } else {
      const points = this.given[sort];
      if (points) points[number] = place;
    }
  }

  private nudge(event: KeyboardEvent): void {
    const key = (event.target as SVGElement).dataset["handle"];
    const ways: Record<string, Point> = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
    const way = ways[event.key];
    if (!key || !way) return;
    event.preventDefault();
    const [sort, index] = key.split(".") as [Tool | "horizon", string];
    const number = Number(index);
    const from = sort === "horizon" ? this.horizon()?.[number] : sort === "depths" ? this.given.depths?.[number]?.at : this.given[sort]?.[number];
    if (!from) return;
    const within = (value: number): number => Math.min(1, Math.max(0, value));
    this.move(key, [within(from[0] + way[0]), within(from[1] + way[1])]);
    this.changed();
  }
}

customElements.define("wl-guides", GuidesElement);
