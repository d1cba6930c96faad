/** The world's solid surfaces: a triangle mesh in a bounding-volume hierarchy, with the floor below. */
import * as THREE from "three";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import { mergeGeometries } from "three/examples/jsm/utils/BufferGeometryUtils.js";
import { MeshBVH } from "three-mesh-bvh";
import { fetchChecked } from "./api";

export interface Hit {
  point: THREE.Vector3;
  normal: THREE.Vector3 | null;
}

export interface Solid {
  bvh: MeshBVH;
  bounds: THREE.Box3;
}

/** Reads a GLB of triangles in the world frame. */
export async function loadSolid(url: string): Promise<Solid> {
  const bytes = await (await fetchChecked(url)).arrayBuffer();
  const gltf = await new GLTFLoader().parseAsync(bytes, "");
  gltf.scene.updateMatrixWorld(true);
  const parts: THREE.BufferGeometry[] = [];
  gltf.scene.traverse((node) => {
    if (!(node instanceof THREE.Mesh)) return;
    const source = node.geometry as THREE.BufferGeometry;
    const part = new THREE.BufferGeometry();
    part.setAttribute("position", (source.index ? source.toNonIndexed() : source).getAttribute("position").clone());
    parts.push(part.applyMatrix4(node.matrixWorld));
  });
  if (parts.length === 0) throw new Error("The world's collider holds no triangles.");
  const bvh = new MeshBVH(mergeGeometries(parts));
  return { bvh, bounds: bvh.getBoundingBox(new THREE.Box3()) };
}

/** In place, by a similarity. */
export function moveSolid(solid: Solid, motion: THREE.Matrix4): void {
  solid.bvh.geometry.applyMatrix4(motion);
  solid.bvh.refit();
  solid.bvh.getBoundingBox(solid.bounds);
}

/** The first surface along a ray: the solid's, else the floor's. */
export function hitSurface(solid: Solid | null, floor: number, origin: THREE.Vector3, direction: THREE.Vector3, far = Infinity): Hit | null {
  const ray = new THREE.Ray(origin.clone(), direction.clone().normalize());
  const hit = solid?.bvh.raycastFirst(ray, THREE.DoubleSide, 0, far);
  if (hit) {
    const normal = hit.face ? hit.face.normal.clone() : null;
    if (normal && normal.dot(ray.direction) > 0) normal.negate();
    return { point: hit.point.clone(), normal };
  }
  const distance = (floor - ray.origin.y) / ray.direction.y;
  if (!(distance >= 0 && distance <= far && Number.isFinite(distance))) return null;
  return { point: ray.at(distance, new THREE.Vector3()), normal: new THREE.Vector3(0, 1, 0) };
}
