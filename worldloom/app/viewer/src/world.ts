/** The world that the page shows: its description, its layers, its solid surfaces and its versions. */
import * as THREE from "three";
import { fetchScene, postEdit } from "./api";
import { hitSurface, loadSolid, moveSolid, type Hit, type Solid } from "./collider";
import type { Engine } from "./engine";
import { Layers, type LayerFailure, type LayerProgress } from "./layers";
import { toVector, type EditOperation, type SceneDescription } from "./protocol";

export type Status = "loading" | "preview" | "ready" | "error";

export interface WorldEvents {
  status(status: Status): void;
  progress(progress: LayerProgress): void;
  failed(failure: LayerFailure): void;
  layersChanged(): void;
  described(description: SceneDescription): void;
}

/** Whoever draws the layers instead of the viewer, and keeps what is changed. */
export interface WorldGuest {
  edit(operations: EditOperation[]): Promise<unknown>;
}

export class World {
  readonly layers: Layers;
  description: SceneDescription | null = null;
  solid: Solid | null = null;
  /** While someone else draws the layers and takes the edits. */
  guest: WorldGuest | null = null;
  private edits: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly engine: Engine,
    readonly id: string,
    /** A version to stay at; null: the newest. */
    readonly pinned: number | null,
    private readonly events: WorldEvents,
  ) {
    this.layers = new Layers(engine, {
      progress: (progress) => events.progress(progress),
      preview: () => events.status("preview"),
      failed: (failure) => events.failed(failure),
      changed: () => events.layersChanged(),
    });
  }

  /** Shows the world, or what of it has changed. Resolves when all layers are there or have failed. */
  async load(): Promise<void> {
    const description = await fetchScene(this.id, this.pinned);
    const previous = this.description;
    this.description = description;
    this.engine.scene.background = new THREE.Color().setRGB(...description.environment.background, THREE.SRGBColorSpace);
    this.events.described(description);
    const collider = description.collider_url;
    const solid = collider !== previous?.collider_url ? this.loadCollider(collider) : Promise.resolve();
    await Promise.all([this.layers.load(this.guest ? [] : description.layers), solid]);
  }

  /** Takes over what is new of the description but for the layers. */
  redescribe(facts: Partial<Omit<SceneDescription, "layers">>): void {
    if (!this.description) return;
    const { collider_url: before } = this.description;
    this.description = { ...this.description, ...facts };
    this.engine.scene.background = new THREE.Color().setRGB(...this.description.environment.background, THREE.SRGBColorSpace);
    if (this.description.collider_url !== before) void this.loadCollider(this.description.collider_url);
    this.events.described(this.description);
  }

  get version(): number {
    return this.description?.version ?? 0;
  }

  /** Height of the ground below everything, metres. */
  get ground(): number {
    return this.solid ? Math.min(0, this.solid.bounds.min.y) : 0;
  }

  get bounds(): THREE.Box3 {
    const bounds = this.description?.bounds;
    return bounds ? new THREE.Box3(toVector(bounds.lower), toVector(bounds.upper)) : new THREE.Box3();
  }

  /** Its solid surfaces go along where all of it is moved; they are made anew only when it is saved. */
  follow(motion: THREE.Matrix4): void {
    if (this.solid) moveSolid(this.solid, motion);
  }

  /** The first surface along a ray: the collider's, else the floor's. */
  hit(origin: THREE.Vector3, direction: THREE.Vector3, far?: number): Hit | null {
    return hitSurface(this.solid, this.ground, origin, direction, far);
  }

  /** Makes a new version with these changes. Edits wait for each other, since each builds on the last one's version. What
   * was shown of one that is refused is taken back. */
  edit(operations: EditOperation[]): Promise<number> {
    const edit = this.edits.then(() => this.make(operations));
    this.edits = edit.catch(() => this.takeBack());
    return edit;
  }

  private async make(operations: EditOperation[]): Promise<number> {
    if (this.guest) {
      await this.guest.edit(operations);
      return this.version;
    }
    const version = await postEdit(this.id, this.version, operations);
    if (this.description) this.description.version = this.description.head = Math.max(version, this.version);
    return version;
  }

  /** Shows what the world is. A guest is told of every change; else the server is asked. */
  private async takeBack(): Promise<void> {
    if (this.guest) this.redescribe({});
    else await this.load().catch(() => this.redescribe({}));
  }

  /** Resolves when no edit is under way any more. */
  async edited(): Promise<void> {
    await this.edits;
  }

  private async loadCollider(url: string | null): Promise<void> {
    try {
      this.solid = url ? await loadSolid(url) : null;
    } catch (error) {
      this.solid = null;
      this.events.failed({ layer: "collider", message: error instanceof Error ? error.message : String(error) });
    }
  }
}
