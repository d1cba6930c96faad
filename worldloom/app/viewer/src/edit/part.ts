/** A layer while it is edited: its splats in the server's row order, and what is so of each row. */
import { PackedSplats, SplatFileType, SplatMesh, fromHalf, type GsplatModifier } from "@sparkjsdev/spark";
import * as THREE from "three";
import { fetchChecked } from "../api";
import { ENCODING } from "../encoding";
import { toQuaternion, toVector } from "../protocol";
import { DEAD, HIDDEN, LOCKED, setFlag, type FlagHolder } from "./flags";
import { unpackMask, type Mask } from "./masks";
import type { EditLayer, PartPatch } from "./messages";
import { editModifier, stateTexture, type Preview } from "./modifier";

/** Words a row has in each of Spark's arrays. */
const WORDS = { packed: 4, sh1: 2, sh2: 4, sh3: 4 } as const;
const SH_LEVELS = ["sh1", "sh2", "sh3"] as const;

export class Part implements FlagHolder {
  readonly group = new THREE.Group();
  readonly key: string;
  /** In the layer's own frame, three a row. */
  centers = new Float32Array(0);
  /** The longest of a row's three standard deviations, in the layer's own units. */
  radii = new Float32Array(0);
  /** 0..255 */
  opacities = new Uint8Array(0);
  /** As the server said. */
  confirmed = new Uint8Array(0);
  /** With what the page expects of operations that the server has not answered yet. */
  shown = new Uint8Array(0);
  /** Grows with every change of places. */
  version = 0;
  private mesh: SplatMesh | null = null;
  private texture: THREE.DataTexture | null = null;

  constructor(
    public facts: EditLayer,
    private readonly preview: Preview,
  ) {
    this.key = facts.key;
    this.describe(facts);
  }

  get rows(): number {
    return this.facts.rows;
  }

  get name(): string {
    return this.facts.name;
  }

  get open(): boolean {
    return this.facts.visible && !this.facts.locked;
  }

  /** From the layer's frame to the world's. */
  get matrix(): THREE.Matrix4 {
    return this.group.matrixWorld;
  }

  describe(facts: Partial<EditLayer>): void {
    this.facts = { ...this.facts, ...facts };
    const { name, translation, rotation, scale, visible } = this.facts;
    this.group.name = name;
    this.group.visible = visible;
    this.group.position.copy(toVector(translation));
    this.group.quaternion.copy(toQuaternion(rotation));
    this.group.scale.setScalar(scale);
    this.group.updateMatrixWorld(true);
    this.version += 1;
  }

  /** Loads all rows; what was shown stays until they are there. */
  async load(url: string): Promise<void> {
    const bytes = await (await fetchChecked(url)).arrayBuffer();
    const mesh = new SplatMesh({ fileBytes: bytes, fileType: SplatFileType.SPZ, splatEncoding: { ...ENCODING } });
    mesh.frustumCulled = false;
    await mesh.initialized;
    const count = mesh.packedSplats?.numSplats ?? 0;
    if (count !== this.rows) {
      mesh.dispose();
      throw new Error(`Layer "${this.name}" came with ${count} Gaussians instead of ${this.rows}. Reload the page.`);
    }
    this.mesh?.removeFromParent();
    this.mesh?.dispose();
    this.texture?.dispose();
    this.mesh = mesh;
    const { texture, flags } = stateTexture(this.rows);
    flags.set(this.shown.subarray(0, Math.min(this.shown.length, flags.length)));
    this.texture = texture;
    this.shown = flags;
    if (this.confirmed.length !== flags.length) this.confirmed = flags.slice();
    this.facts.url = url;
    this.centers = new Float32Array(this.rows * 3);
    this.radii = new Float32Array(this.rows);
    this.opacities = new Uint8Array(this.rows);
    this.unpack(0, this.rows);
    this.group.add(mesh);
  }

  /** `others`: what colours every splat of the page, such as an overlay; it comes first. */
  modify(others: GsplatModifier | null, viewDependent: boolean): void {
    if (!this.mesh || !this.texture) return;
    const own = editModifier(this.texture, this.preview);
    this.mesh.worldModifiers = others ? [others, own] : [own];
    this.mesh.enableWorldToView = viewDependent;
    this.mesh.updateGenerator();
  }

  /** Puts new content of some rows in their place. */
  async change(rows: Mask, url: string): Promise<void> {
    const packed = this.mesh?.packedSplats;
    if (!packed?.packedArray) return;
    const bytes = await (await fetchChecked(url)).arrayBuffer();
    const fresh = new PackedSplats({ fileBytes: bytes, fileType: SplatFileType.SPZ, splatEncoding: packed.splatEncoding });
    await fresh.initialized;
    const places: number[] = [];
    (await unpackMask(rows)).forEach((hit, row) => hit && places.push(row));
    if (fresh.numSplats !== places.length || !fresh.packedArray) throw new Error(`What changed in layer "${this.name}" did not arrive whole. Reload the page.`);
    place(fresh.packedArray, packed.packedArray, places, WORDS.packed);
    packed.needsUpdate = true;
    for (const level of SH_LEVELS) {
      const to = packed.extra[level];
      const from = fresh.extra[level];
      if (!(to instanceof Uint32Array)) continue;
      place(from instanceof Uint32Array ? from : new Uint32Array(places.length * WORDS[level]), to, places, WORDS[level]);
      const texture = (packed.extra[`${level}Texture`] as { value?: THREE.Texture } | undefined)?.value;
      if (texture) texture.needsUpdate = true;
    }
    fresh.dispose();
    for (const row of places) this.unpack(row, row + 1);
    this.facts.url = ""; // of what it came with, it has no longer all
    this.version += 1;
    this.redraw();
  }

  /** Takes over what a message says of the rows' switches. */
  async confirm(patch: Partial<Pick<PartPatch, "dead" | "hidden" | "locked_rows">>): Promise<void> {
    const all = [
      [DEAD, patch.dead],
      [HIDDEN, patch.hidden],
      [LOCKED, patch.locked_rows],
    ] as const;
    for (const [flag, mask] of all) if (mask !== undefined) setFlag(this.confirmed, flag, mask && (await unpackMask(mask)));
  }

  /** Sends the switches to the graphics card. */
  showFlags(): void {
    if (this.texture) this.texture.needsUpdate = true;
    this.redraw();
  }

  redraw(): void {
    this.mesh?.updateVersion();
  }

  dispose(): void {
    this.group.removeFromParent();
    this.mesh?.dispose();
    this.mesh = null;
    this.texture?.dispose();
    this.texture = null;
  }

  private unpack(start: number, end: number): void {
    const packed = this.mesh?.packedSplats;
    const words = packed?.packedArray;
    if (!words) return;
    const { lnScaleMin = -12, lnScaleMax = 9 } = packed.splatEncoding ?? {};
    const { centers, radii, opacities } = this;
    const sizes = new Float32Array(256).map((_, step) => (step === 0 ? 0 : Math.exp(lnScaleMin + ((step - 1) * (lnScaleMax - lnScaleMin)) / 254)));
    for (let row = start; row < end; row += 1) {
      const word1 = words[row * 4 + 1];
      const word2 = words[row * 4 + 2];
      const word3 = words[row * 4 + 3];
      centers[row * 3] = HALVES[word1 & 0xffff];
      centers[row * 3 + 1] = HALVES[word1 >>> 16];
      centers[row * 3 + 2] = HALVES[word2 & 0xffff];
      radii[row] = sizes[Math.max(word3 & 0xff, (word3 >>> 8) & 0xff, (word3 >>> 16) & 0xff)];
      opacities[row] = words[row * 4] >>> 24;
    }
  }
}

/** All half-precision numbers. */
const HALVES = Float32Array.from({ length: 65536 }, (_, half) => fromHalf(half));

function place(from: Uint32Array, to: Uint32Array, rows: number[], words: number): void {
  rows.forEach((row, index) => to.set(from.subarray(index * words, (index + 1) * words), row * words));
}
