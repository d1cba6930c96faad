/** Splats within a sphere: which they are, counted on the layers' original files, and shown in colour. */
import { PackedSplats, SplatEdit, SplatEditRgbaBlendMode, SplatEditSdf, SplatEditSdfType, SplatFileType } from "@sparkjsdev/spark";
import * as THREE from "three";
import { fetchChecked } from "../api";
import type { Engine } from "../engine";
import type { Layer } from "../layers";
import type { World } from "../world";

export interface LayerSelection {
  layer: string;
  count: number;
  /** Places in the layer's file. */
  indices: number[];
}

export class Selection {
  current: LayerSelection[] = [];
  private highlight: SplatEdit | null = null;

  constructor(
    private readonly engine: Engine,
    private readonly world: World,
  ) {}

  /** Selects the visible, unlocked layers' splats whose centres lie in the sphere (metres). */
  async sphere(center: THREE.Vector3, radius: number): Promise<LayerSelection[]> {
    this.clear();
    this.show(center, radius);
    const layers = this.world.layers.list.filter((layer) => layer.group.visible && !layer.description.locked);
    this.current = await Promise.all(layers.map((layer) => inSphere(layer, center, radius)));
    return this.current;
  }

  clear(): void {
    this.current = [];
    this.highlight?.removeFromParent();
    this.highlight = null;
    this.engine.requestRender();
  }

  private show(center: THREE.Vector3, radius: number): void {
    const ball = new SplatEditSdf({ type: SplatEditSdfType.SPHERE, radius, color: new THREE.Color(1, 0.55, 0.1), opacity: 1 });
    ball.position.copy(center);
    this.highlight = new SplatEdit({ rgbaBlendMode: SplatEditRgbaBlendMode.SET_RGB, softEdge: 0.01, sdfs: [ball] });
    this.highlight.add(ball);
    this.engine.scene.add(this.highlight);
    this.engine.requestRender();
  }
}

/** The file is read again (from the browser's cache): what is drawn is a level-of-detail tree in another order. */
async function inSphere(layer: Layer, center: THREE.Vector3, radius: number): Promise<LayerSelection> {
  const bytes = await (await fetchChecked(layer.description.url)).arrayBuffer();
  const splats = new PackedSplats({ fileBytes: bytes, fileType: SplatFileType.SPZ });
  await splats.initialized;
  const local = layer.group.worldToLocal(center.clone());
  const reach = (radius / layer.description.scale) ** 2;
  const indices: number[] = [];
  splats.forEachSplat((index, place) => {
    if (place.distanceToSquared(local) <= reach) indices.push(index);
  });
  splats.dispose();
  return { layer: layer.name, count: indices.length, indices };
}
