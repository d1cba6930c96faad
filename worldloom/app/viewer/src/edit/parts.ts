/** All layers while they are edited, kept as the server says. */
import type { GsplatModifier } from "@sparkjsdev/spark";
import type * as THREE from "three";
import { Signal } from "../signal";
import { countSelected, OTHERS, OTHERS_SHIFT, SELECTED, selectedRows, setFlag, type Prediction } from "./flags";
import { unpackMask, type Rows } from "./masks";
import type { EditLayer, PartPatch, Patch, Person, Selections } from "./messages";
import { Preview } from "./modifier";
import { Part } from "./part";

/** Of what one has selected oneself: amber, which nobody else has. */
const OWN_COLOUR = "#ff9e1f";
const MOST_COLOURS = 15; // of other people, in half a byte

export class Parts implements Iterable<Part> {
  readonly preview = new Preview();
  /** Parts came, went, were renamed, shown or locked. */
  readonly listed = new Signal();
  /** What is selected, deleted, hidden or locked has changed. */
  readonly flagged = new Signal();
  readonly progressed = new Signal<{ done: number; total: number }>();
  private list: Part[] = [];
  private others: GsplatModifier | null = null;
  private viewDependent = false;
  /** Other people who have a colour, in the palette's order. */
  private colours: string[] = [];
  /** What others have selected, whether they are here or not. */
  private readonly theirs = new Map<string, Selections[string]>();

  constructor(
    private readonly group: THREE.Group,
    private readonly person: string,
    private readonly wake: () => void,
  ) {}

  [Symbol.iterator](): Iterator<Part> {
    return this.list[Symbol.iterator]();
  }

  find(key: string): Part | undefined {
    return this.list.find((part) => part.key === key);
  }

  get count(): number {
    return this.list.reduce((sum, part) => sum + (part.facts.visible ? part.rows : 0), 0);
  }

  get selected(): number {
    return this.list.reduce((sum, part) => sum + countSelected(part), 0);
  }

  /** What one has selected oneself. */
  selection(): Rows {
    return new Map(this.list.map((part) => [part.key, selectedRows(part)] as const).filter(([, rows]) => rows.includes(1)));
  }

  /** Takes a whole scene over; what is loaded already stays. */
  async replace(layers: EditLayer[], selections: Selections, people: Person[]): Promise<void> {
    const keys = new Set(layers.map((layer) => layer.key));
    this.drop(this.list.filter((part) => !keys.has(part.key)).map((part) => part.key));
    let done = 0;
    await Promise.all(
      layers.map(async (layer) => {
        const known = this.find(layer.key);
        const part = known ?? new Part(layer, this.preview);
        const loaded = known !== undefined && known.facts.url === layer.url && known.rows === layer.rows;
        part.describe(layer);
        if (!known) this.list.push(part);
        if (!loaded) await this.load(part, layer.url);
        await part.confirm(layer);
        done += 1;
        this.progressed.emit({ done, total: layers.length });
      }),
    );
    this.list.sort((a, b) => layers.findIndex((layer) => layer.key === a.key) - layers.findIndex((layer) => layer.key === b.key));
    this.theirs.clear();
    for (const part of this.list) setFlag(part.confirmed, SELECTED | OTHERS, null);
    await this.setPeople(people);
    await this.select(selections);
    this.listed.emit();
  }

  async apply(patch: Patch): Promise<void> {
    this.drop(patch.removed ?? []);
    for (const change of patch.parts ?? []) await this.change(change);
    if (patch.selections) await this.select(patch.selections);
    const { order } = patch;
    if (order) this.list.sort((a, b) => order.indexOf(a.key) - order.indexOf(b.key));
    if (order || patch.removed?.length || patch.parts?.length) this.listed.emit();
  }

  /** Shows the server's state with what is expected on top. */
  show(expected: Prediction[]): void {
    for (const part of this.list) part.shown.set(part.confirmed);
    for (const predict of expected) predict(this.list);
    this.refresh();
  }

  /** After rows' switches were changed in place. */
  refresh(): void {
    for (const part of this.list) part.showFlags();
    this.wake();
    this.flagged.emit();
  }

  redraw(): void {
    for (const part of this.list) part.redraw();
    this.wake();
  }

  setModifier(others: GsplatModifier | null, viewDependent: boolean): void {
    this.others = others;
    this.viewDependent = viewDependent;
    for (const part of this.list) part.modify(others, viewDependent);
    this.wake();
  }

  /** Gives each of the others a place in the palette and keeps it while they stay, and what they have selected its colour. Returns whether rows have changed theirs. */
  async setPeople(people: Person[]): Promise<boolean> {
    const others = people.filter((person) => person.id !== this.person);
    const present = new Set(others.map((person) => person.id));
    const before = this.colours;
    this.colours = before.map((id) => (present.has(id) ? id : ""));
    for (const { id } of others) {
      if (this.colours.includes(id)) continue;
      const free = this.colours.indexOf("");
      if (free >= 0) this.colours[free] = id;
      else if (this.colours.length < MOST_COLOURS) this.colours.push(id);
    }
    let changed = false;
    for (const [index, id] of this.colours.entries()) {
      if (id === before[index]) continue;
      changed = true;
      if (before[index]) for (const part of this.list) colourRows(part.confirmed, index + 1, null);
      if (id) await this.select({ [id]: this.theirs.get(id) ?? {} });
    }
    this.preview.setColours([OWN_COLOUR, ...this.colours.map((id) => others.find((person) => person.id === id)?.colour ?? "#000")]);
    return changed;
  }

  dispose(): void {
    this.drop(this.list.map((part) => part.key));
  }

  private drop(keys: string[]): void {
    for (const part of this.list) if (keys.includes(part.key)) part.dispose();
    this.list = this.list.filter((part) => !keys.includes(part.key));
  }

  private async change(patch: PartPatch): Promise<void> {
    const known = this.find(patch.key);
    const { url, changed, dead, hidden, locked_rows: locked, ...facts } = patch;
    const part = known ?? new Part({ ...facts, url: "", preview_url: null, bytes: 0, count: facts.rows, dead: null, hidden: null, locked_rows: null }, this.preview);
    part.describe(facts);
    if (!known) this.list.push(part);
    if (url) await this.load(part, url);
    else if (changed) await part.change(changed.rows, changed.url);
    await part.confirm({ dead, hidden, locked_rows: locked });
  }

  private async load(part: Part, url: string): Promise<void> {
    await part.load(url);
    part.modify(this.others, this.viewDependent);
    this.group.add(part.group);
  }

  private async select(selections: Selections): Promise<void> {
    for (const [person, masks] of Object.entries(selections)) {
      const own = person === this.person;
      const colour = this.colours.indexOf(person) + 1;
      if (!own) this.theirs.set(person, masks);
      if (!own && colour === 0) continue;
      for (const part of this.list) {
        const mask = masks[part.key];
        const rows = mask ? await unpackMask(mask) : null;
        if (own) setFlag(part.confirmed, SELECTED, rows);
        else colourRows(part.confirmed, colour, rows);
      }
    }
  }
}

/** Someone else's selection: the last one to select a row gives it its colour. */
function colourRows(flags: Uint8Array, colour: number, rows: Uint8Array | null): void {
  for (let row = 0; row < flags.length; row += 1) {
    if (rows?.[row]) flags[row] = (flags[row] & ~OTHERS) | (colour << OTHERS_SHIFT);
    else if (flags[row] >> OTHERS_SHIFT === colour) flags[row] &= ~OTHERS;
  }
}
