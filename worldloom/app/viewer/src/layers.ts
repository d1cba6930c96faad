/** The world's splat layers: loading them (a preview first), swapping without a flash, showing and hiding. */
import { SplatFileType, SplatMesh, type GsplatModifier } from "@sparkjsdev/spark";
import * as THREE from "three";
import { ENCODING } from "./encoding";
import { fetchChecked } from "./api";
import type { Engine } from "./engine";
import { toQuaternion, toVector, type SceneLayer } from "./protocol";

/** Layers with fewer splats are drawn whole: a level-of-detail tree would cost more than it saves. */
const SMALLEST_LOD = 20_000;
const LONGEST_SWAP = 5; // seconds of frames after which a layer is shown even if its detail is not chosen yet

export interface LayerProgress {
  /** Bytes of all layers. */
  loaded: number;
  total: number;
}

export interface LayerFailure {
  layer: string;
  message: string;
}

export interface Follower {
  setModifier(modifier: GsplatModifier | null, viewDependent: boolean): void;
}

export class Layer {
  readonly group = new THREE.Group();
  shown: SplatMesh | null = null;
  incoming: SplatMesh | null = null;
  loadedBytes = 0;
  complete = false;
  private readonly abort = new AbortController();

  constructor(public description: SceneLayer) {
    this.describe(description);
  }

  get name(): string {
    return this.description.name;
  }

  describe(description: SceneLayer): void {
    this.description = description;
    this.group.name = description.name;
    this.group.userData["kind"] = description.kind; // AR hides the sky
    this.group.position.copy(toVector(description.translation));
    this.group.quaternion.copy(toQuaternion(description.rotation));
    this.group.scale.setScalar(description.scale);
    this.group.updateMatrixWorld(true);
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  dispose(): void {
    this.abort.abort();
    for (const mesh of [this.shown, this.incoming]) {
      mesh?.removeFromParent();
      mesh?.dispose();
    }
    this.shown = this.incoming = null;
    this.group.removeFromParent();
  }
}

export class Layers {
  readonly list: Layer[] = [];
  /** The layer that alone is shown, if any. */
  solo: string | null = null;
  private modifier: GsplatModifier | null = null;
  private viewDependent = false;
  private readonly hidden = new Map<string, boolean>();
  /** Told of every change of the modifier, and at once of the one there is. */
  private follower: Follower | null = null;

  constructor(
    private readonly engine: Engine,
    private readonly events: {
      progress(progress: LayerProgress): void;
      preview(): void;
      failed(failure: LayerFailure): void;
      changed(): void;
    },
  ) {
    engine.onUpdate((seconds) => this.swap(seconds));
  }

  get count(): number {
    return this.list.reduce((sum, layer) => sum + (this.isVisible(layer) ? layer.description.count : 0), 0);
  }

  find(name: string): Layer | null {
    return this.list.find((layer) => layer.name === name) ?? null;
  }

  /** Shows these layers. Ones that are shown already stay; resolves when every layer is shown whole or has failed. */
  async load(descriptions: SceneLayer[]): Promise<void> {
    const leaving = [...this.list];
    const take = (fits: (layer: Layer) => boolean) => {
      const index = leaving.findIndex(fits);
      return index < 0 ? null : leaving.splice(index, 1)[0];
    };
    const next: Layer[] = [];
    const fresh: Layer[] = [];
    for (const description of descriptions) {
      const { url, name } = description;
      const old = take((layer) => layer.description.url === url && layer.name === name) ?? take((layer) => layer.description.url === url);
      if (old) {
        // What the server shows or hides anew counts more than what was chosen here before.
        if (old.description.visible !== description.visible) this.hidden.delete(old.name);
        old.describe(description);
        next.push(old);
      } else {
        const layer = new Layer(description);
        next.push(layer);
        fresh.push(layer);
        this.engine.world.add(layer.group);
      }
    }
    // A changed layer's old splats stay until its new ones are there.
    for (const layer of fresh) {
      const old = take((candidate) => candidate.name === layer.name);
      if (!old) continue;
      layer.shown = old.shown;
      if (old.shown) layer.group.add(old.shown);
      old.shown = null;
      old.dispose();
    }
    for (const layer of leaving) layer.dispose();
    this.list.splice(0, this.list.length, ...next);
    this.applyVisibility();
    this.events.changed();

    await Promise.all(fresh.map((layer) => this.loadPreview(layer)));
    await Promise.all(fresh.map((layer) => this.loadWhole(layer)));
  }

  isVisible(layer: Layer): boolean {
    if (this.solo !== null) return layer.name === this.solo;
    return this.hidden.has(layer.name) ? !this.hidden.get(layer.name) : layer.description.visible;
  }

  /** On this page only; the world itself keeps its setting. */
  setVisible(name: string, visible: boolean): boolean {
    const layer = this.find(name);
    if (!layer) return false;
    this.solo = null;
    this.hidden.set(name, !visible);
    this.applyVisibility();
    return true;
  }

  setSolo(name: string | null): void {
    this.solo = name;
    this.applyVisibility();
  }

  /** What the server has already been told. */
  change(layer: Layer, change: { name?: string; locked?: boolean }): void {
    const before = layer.name;
    layer.describe({ ...layer.description, ...change });
    if (this.solo === before) this.solo = layer.name;
    const hidden = this.hidden.get(before);
    if (hidden !== undefined) {
      this.hidden.delete(before);
      this.hidden.set(layer.name, hidden);
    }
    this.events.changed();
  }

  /** Colours every splat anew; null: as it is. `viewDependent`: the colours change with the camera. */
  setModifier(modifier: GsplatModifier | null, viewDependent: boolean): void {
    this.modifier = modifier;
    this.viewDependent = viewDependent;
    for (const layer of this.list) for (const mesh of [layer.shown, layer.incoming]) if (mesh) this.modify(mesh);
    this.follower?.setModifier(modifier, viewDependent);
    this.engine.requestRender();
  }

  /** Lets something else that draws splats be coloured as the layers are. */
  follow(follower: Follower | null): void {
    this.follower = follower;
    follower?.setModifier(this.modifier, this.viewDependent);
  }

  applyVisibility(): void {
    for (const layer of this.list) layer.group.visible = this.isVisible(layer);
    this.engine.requestRender();
    this.events.changed();
  }

  /** The first splat along a ray, distance in metres. */
  raycast(origin: THREE.Vector3, direction: THREE.Vector3, far = Infinity): { point: THREE.Vector3; layer: string; distance: number } | null {
    const raycaster = new THREE.Raycaster(origin, direction.clone().normalize(), 0, far);
    let best: { point: THREE.Vector3; layer: string; distance: number } | null = null;
    for (const layer of this.list) {
      if (!layer.group.visible || !layer.shown || layer.description.kind === "sky") continue;
      const hits: { distance: number; point: THREE.Vector3; object: THREE.Object3D }[] = [];
      layer.shown.raycast(raycaster, hits);
      for (const hit of hits) {
        if (hit.distance > 0.05 && (!best || hit.distance < best.distance)) best = { point: hit.point.clone(), layer: layer.name, distance: hit.distance };
      }
    }
    return best;
  }

  private modify(mesh: SplatMesh): void {
    mesh.worldModifier = this.modifier ?? undefined;
    mesh.enableWorldToView = this.viewDependent;
    mesh.updateGenerator();
  }

  private async loadPreview(layer: Layer): Promise<void> {
    const { preview_url: url } = layer.description;
    if (!url || layer.shown) return;
    try {
      const mesh = await this.fetchMesh(layer, url, false);
      if (layer.shown) return mesh.dispose();
      layer.shown = mesh;
      layer.group.add(mesh);
      this.engine.requestRender();
      this.events.preview();
    } catch {
      // The layer itself comes next, and says what is wrong if it fails too.
    }
  }

  private async loadWhole(layer: Layer): Promise<void> {
    try {
      const mesh = await this.fetchMesh(layer, layer.description.url, true);
      if (layer.signal.aborted) return mesh.dispose();
      layer.incoming = mesh;
      layer.group.add(mesh);
      this.engine.requestRender();
      await this.swapped(layer);
    } catch (error) {
      if (layer.signal.aborted) return;
      this.events.failed({ layer: layer.name, message: error instanceof Error ? error.message : String(error) });
    }
  }

  private async fetchMesh(layer: Layer, url: string, whole: boolean): Promise<SplatMesh> {
    const response = await fetchChecked(url, { signal: layer.signal });
    // The length of what was compressed on its way says nothing about the file.
    const length = response.headers.has("Content-Encoding") ? 0 : Number(response.headers.get("Content-Length"));
    const body = whole && response.body ? response.body.pipeThrough(this.meter(layer)) : response.body;
    if (!body) throw new Error("The server sent an empty file.");
    const mesh = new SplatMesh({
      stream: body,
      streamLength: length || undefined,
      fileType: SplatFileType.SPZ,
      splatEncoding: { ...ENCODING },
      lod: whole && layer.description.count > SMALLEST_LOD ? true : undefined,
    });
    mesh.frustumCulled = false;
    this.modify(mesh);
    try {
      await mesh.initialized;
    } catch (error) {
      throw new Error(`Its file is damaged or not in SPZ format; make the world again, or go back to an earlier version of it. (${error instanceof Error ? error.message : String(error)})`);
    }
    return mesh;
  }

  /** Counts the bytes that pass. */
  private meter(layer: Layer): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
    return new TransformStream({
      transform: (chunk, controller) => {
        layer.loadedBytes += chunk.byteLength;
        this.events.progress({
          loaded: this.list.reduce((sum, each) => sum + (each.complete ? each.description.bytes : Math.min(each.loadedBytes, each.description.bytes)), 0),
          total: this.list.reduce((sum, each) => sum + each.description.bytes, 0),
        });
        controller.enqueue(chunk);
      },
    });
  }

  private readonly swaps: { layer: Layer; waited: number; resolve: () => void }[] = [];

  private swapped(layer: Layer): Promise<void> {
    return new Promise((resolve) => this.swaps.push({ layer, waited: 0, resolve }));
  }

  /** Before a frame: replace a preview once its layer's level of detail is chosen, so that neither is missing nor double. */
  private swap(seconds: number): boolean {
    for (const entry of [...this.swaps]) {
      const { layer, resolve } = entry;
      entry.waited += seconds;
      const mesh = layer.incoming;
      const gone = layer.signal.aborted || !mesh;
      if (!gone) {
        const chosen = !mesh.packedSplats?.lodSplats || (this.engine.spark.lodInstances.get(mesh)?.numSplats ?? 0) > 0;
        if (!chosen && layer.group.visible && entry.waited < LONGEST_SWAP) continue;
        layer.shown?.removeFromParent();
        layer.shown?.dispose();
        layer.shown = mesh;
        layer.incoming = null;
        layer.complete = true;
        this.engine.requestRender();
      }
      this.swaps.splice(this.swaps.indexOf(entry), 1);
      resolve();
    }
    return this.swaps.length > 0;
  }
}
