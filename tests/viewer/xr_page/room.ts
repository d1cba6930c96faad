import { SparkRenderer, SplatMesh } from "@sparkjsdev/spark";
import * as THREE from "three";
import type { Ctx } from "../../../worldloom/app/viewer/src/context";

/** What the page's own part of the context was told, in order. */
export interface Told {
  budgets: (number | null)[];
  announced: string[];
  owner: "page" | "xr";
  /** Where the camera was whenever the loop changed hands. */
  taken: number[][];
  renders: number;
}

/**
 * A room of 8 x 8 m about the origin: a floor at y = 0, four walls 3 m high, a steep ramp to the right, a low platform to
 * the left, and a slab at head height ahead to the right. Splats in the colours of what they lie on; a sky far outside.
 */
export function makeRoom(): { ctx: Ctx; told: Told; faults: { hit: boolean; render: boolean } } {
  const renderer = new THREE.WebGLRenderer({ antialias: false });
  renderer.setPixelRatio(1);
  renderer.setSize(window.innerWidth, window.innerHeight);
  document.body.append(renderer.domElement);

  const scene = new THREE.Scene();
  scene.background = new THREE.Color(0x334455);
  const camera = new THREE.PerspectiveCamera(55, window.innerWidth / window.innerHeight, 0.05, 200);
  camera.position.set(0, 1.5, 2);
  camera.rotation.set(-0.1, 0.2, 0, "YXZ");
  const rig = new THREE.Group();
  rig.add(camera);
  const spark = new SparkRenderer({ renderer, lodSplatCount: 1_234_567, onDirty: () => ctx.requestRender() });
  const world = new THREE.Group();
  const captured = new SplatMesh({ constructSplats: paintRoom });
  const sky = new SplatMesh({ constructSplats: paintSky });
  sky.userData["kind"] = "sky";
  world.add(captured, sky);
  const note = new THREE.Mesh(new THREE.SphereGeometry(0.05), new THREE.MeshBasicMaterial({ color: 0xffffff }));
  note.position.set(-1, 1.2, 0);
  scene.add(rig, spark, world, note);

  const collider = makeCollider();
  const caster = new THREE.Raycaster();
  const told: Told = { budgets: [], announced: [], owner: "page", taken: [], renders: 0 };
  const faults = { hit: false, render: false };
  scene.onBeforeRender = () => {
    told.renders += 1;
    if (faults.render) throw new Error("the test's fault in drawing");
  };
  const ctx: Ctx = {
    renderer,
    scene,
    camera,
    rig,
    spark,
    world,
    hit(origin, direction, far = Infinity) {
      if (faults.hit) throw new Error("the test's fault in hit");
      caster.set(origin, direction);
      caster.far = far;
      const [first] = caster.intersectObject(collider);
      if (first) return { point: first.point, normal: first.normal!.clone().transformDirection(first.object.matrixWorld) };
      const distance = -origin.y / direction.y;
      if (!(distance >= 0 && distance <= far)) return null;
      return { point: direction.clone().multiplyScalar(distance).add(origin), normal: null };
    },
    spawn: () => ({ position: new THREE.Vector3(1, 1.6, 1), rotation: new THREE.Quaternion() }),
    setBudget: (splats) => {
      told.budgets.push(splats);
      spark.lodSplatCount = splats ?? 2_000_000;
    },
    requestRender: () => requestAnimationFrame(() => renderer.xr.isPresenting || renderer.render(scene, camera)),
    setFrameCallback: (callback) => {
      told.owner = callback ? "xr" : "page";
      told.taken.push(camera.getWorldPosition(new THREE.Vector3()).toArray());
      renderer.setAnimationLoop(callback);
    },
    announce: (text) => told.announced.push(text),
  };
  ctx.requestRender();
  return { ctx, told, faults };
}

function box(width: number, height: number, depth: number, x: number, y: number, z: number, roll = 0): THREE.Mesh {
  const mesh = new THREE.Mesh(new THREE.BoxGeometry(width, height, depth), new THREE.MeshBasicMaterial({ side: THREE.DoubleSide }));
  mesh.position.set(x, y, z);
  mesh.rotation.z = roll;
  mesh.updateMatrixWorld();
  return mesh;
}

function makeCollider(): THREE.Group {
  const group = new THREE.Group();
  group.add(
    box(8, 3, 0.1, 0, 1.5, -4),
    box(8, 3, 0.1, 0, 1.5, 4),
    box(0.1, 3, 8, -4, 1.5, 0),
    box(0.1, 3, 8, 4, 1.5, 0),
    box(2.4, 0.1, 2, 3, 1, -1.5, Math.PI / 3), // a ramp of 60 degrees
    box(2, 0.4, 2, -2.5, 0.2, -1.5), // a platform whose top is at 0.4 m
    box(1, 0.05, 1, 1, 1.2, -3), // a slab that one can't stand under
  );
  return group;
}

function splat(splats: Splats, at: [number, number, number], size: [number, number, number], color: THREE.Color): void {
  splats.pushSplat(new THREE.Vector3(...at), new THREE.Vector3(...size), new THREE.Quaternion(), 0.95, color);
}

type Splats = { pushSplat: SplatMesh["pushSplat"] };

function paintRoom(splats: Splats): void {
  for (let u = -3.8; u <= 3.8; u += 0.4) {
    for (let v = -3.8; v <= 3.8; v += 0.4) {
      const chequered = (Math.round(u / 0.4) + Math.round(v / 0.4)) % 2 === 0;
      splat(splats, [u, 0, v], [0.13, 0.01, 0.13], new THREE.Color(chequered ? 0x8a7a5a : 0x5a4a3a));
    }
    for (let y = 0.2; y < 3; y += 0.4) {
      splat(splats, [u, y, -4], [0.15, 0.15, 0.02], new THREE.Color(0x7788aa));
      splat(splats, [u, y, 4], [0.15, 0.15, 0.02], new THREE.Color(0xaa8877));
      splat(splats, [-4, y, u], [0.02, 0.15, 0.15], new THREE.Color(0x779977));
      splat(splats, [4, y, u], [0.02, 0.15, 0.15], new THREE.Color(0x997799));
    }
  }
  for (let u = -3.4; u <= -1.6; u += 0.2) {
    for (let v = -2.4; v <= -0.6; v += 0.2) splat(splats, [u, 0.38, v], [0.08, 0.02, 0.08], new THREE.Color(0xc0b040));
  }
}

function paintSky(splats: Splats): void {
  for (let index = 0; index < 200; index++) {
    const height = (index + 0.5) / 200;
    const around = index * 2.4;
    const level = Math.sqrt(1 - height * height);
    const at = [60 * level * Math.cos(around), 60 * height, 60 * level * Math.sin(around)] as [number, number, number];
    splat(splats, at, [5, 5, 5], new THREE.Color(0x66aaff));
  }
}
