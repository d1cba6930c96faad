/** A page for tests: the viewer's WebXR in a small room, on an emulated Quest 3 that the tests move. */
import { metaQuest3, XRDevice, XRInputSourceEvent, XRSession } from "iwer";
import * as THREE from "three";
import { isWalkable, parabola, throwArc } from "../../../worldloom/app/viewer/src/xr/arc";
import { Governor } from "../../../worldloom/app/viewer/src/xr/governor";
import { headsetOf } from "../../../worldloom/app/viewer/src/xr/headset";
import { miniatureScale } from "../../../worldloom/app/viewer/src/xr/miniature";
import { headingOf } from "../../../worldloom/app/viewer/src/xr/person";
import { installXr } from "../../../worldloom/app/viewer/src/xr/session";
import { Stick } from "../../../worldloom/app/viewer/src/xr/stick";
import { makeRoom } from "./room";

const listening = countListeners();
const device = new XRDevice(metaQuest3);
device.installRuntime({ forceInstall: true });
speakInOrder();
const room = makeRoom();
const { ctx, told } = room;
const xr = installXr(ctx);

/** Everything of the page that a session could leave changed, as plain values. */
function state(): unknown {
  const { camera, renderer, scene, rig, world, spark } = ctx;
  const canvas = renderer.domElement;
  return {
    camera: {
      ...placed(camera),
      view: [camera.fov, camera.aspect, camera.near, camera.far, camera.zoom],
      projection: camera.projectionMatrix.toArray(),
      layers: camera.layers.mask,
      matrixWorld: camera.matrixWorld.toArray(),
      parent: camera.parent?.uuid,
    },
    rig: { ...placed(rig), children: rig.children.map((child) => child.uuid) },
    world: { ...placed(world), children: world.children.map((child) => [child.uuid, child.visible]) },
    scene: {
      background: scene.background instanceof THREE.Color ? scene.background.getHex() : scene.background,
      children: scene.children.map((child) => [child.uuid, child.visible]),
    },
    renderer: {
      size: renderer.getSize(new THREE.Vector2()).toArray(),
      ratio: renderer.getPixelRatio(),
      viewport: renderer.getViewport(new THREE.Vector4()).toArray(),
      target: renderer.getRenderTarget(),
      clear: [renderer.getClearColor(new THREE.Color()).getHex(), renderer.getClearAlpha()],
      enabled: renderer.xr.enabled,
      presenting: renderer.xr.isPresenting,
      session: renderer.xr.getSession(),
      geometries: renderer.info.memory.geometries,
    },
    canvas: [canvas.width, canvas.height, canvas.style.cssText, canvas.parentElement?.tagName],
    maxStdDev: spark.maxStdDev,
    budget: spark.lodSplatCount,
    owner: told.owner,
    listeners: listening(),
  };
}

function placed(thing: THREE.Object3D): object {
  return { position: thing.position.toArray(), quaternion: thing.quaternion.toArray(), scale: thing.scale.toArray() };
}

/** How many listeners document and window have, by event. */
function countListeners(): () => Record<string, number> {
  const live: { target: EventTarget; type: string; listener: unknown; signal: AbortSignal | undefined }[] = [];
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (this: EventTarget, type, listener, options) {
    const signal = typeof options === "object" ? options?.signal : undefined;
    if (this === document || this === window || !this) live.push({ target: this, type, listener, signal });
    addEventListener.call(this, type, listener, options);
  };
  EventTarget.prototype.removeEventListener = function (this: EventTarget, type, listener, options) {
    const index = live.findIndex((one) => one.target === this && one.type === type && one.listener === listener);
    if (index >= 0) live.splice(index, 1);
    removeEventListener.call(this, type, listener, options);
  };
  return () => {
    const counts: Record<string, number> = {};
    for (const { type, signal } of live) if (!signal?.aborted) counts[type] = (counts[type] ?? 0) + 1;
    return counts;
  };
}

/** The emulator sends "select" before "selectstart", at the press; WebXR sends it at the release, before "selectend". */
function speakInOrder(): void {
  const { dispatchEvent } = EventTarget.prototype;
  XRSession.prototype.dispatchEvent = function (event: Event): boolean {
    if (event.type === "select" || event.type === "squeeze") return true;
    if (event instanceof XRInputSourceEvent && (event.type === "selectend" || event.type === "squeezeend")) {
      const { frame, inputSource } = event;
      if (!quirks.callOff) dispatchEvent.call(this, new XRInputSourceEvent(event.type.slice(0, -3), { frame, inputSource }));
    }
    return dispatchEvent.call(this, event);
  };
}

/** Until the room has been drawn so many times more. */
async function frames(count: number): Promise<void> {
  const last = told.renders + count;
  while (told.renders < last) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Points a thing of the headset's along a heading and a pitch, degrees, in the tracked space. */
function point(thing: { quaternion: { set(x: number, y: number, z: number, w: number): unknown } }, heading: number, pitch: number): void {
  const euler = new THREE.Euler((pitch * Math.PI) / 180, (heading * Math.PI) / 180, 0, "YXZ");
  const { x, y, z, w } = new THREE.Quaternion().setFromEuler(euler);
  thing.quaternion.set(x, y, z, w);
}

/** The person in the world: where the middle between the eyes is (not three's camera, which lies behind it), and degrees of heading. */
function person(): { head: number[]; heading: number } {
  const { x, y, z } = device.position;
  const turn = device.quaternion;
  ctx.rig.updateMatrixWorld();
  const looking = ctx.rig.quaternion.clone().multiply(new THREE.Quaternion(turn.x, turn.y, turn.z, turn.w));
  const head = new THREE.Vector3(x, y, z).applyMatrix4(ctx.rig.matrixWorld);
  return { head: head.toArray(), heading: (headingOf(looking) * 180) / Math.PI };
}

/** The drawn throw: null if there is none, else where its ring lies, if it has one. */
function arc(): { ring: number[] | null } | null {
  const root = ctx.scene.getObjectByName("xr-arc");
  if (!root?.visible) return null;
  const [, ring] = root.children;
  return { ring: ring?.visible ? ring.position.toArray() : null };
}

/** What the emulated system does otherwise than usual. */
const quirks = { callOff: false };

const testing = { THREE, Session: XRSession, device, quirks, faults: room.faults, ctx, told, xr, state, frames, point, person, arc, maths: { isWalkable, parabola, throwArc, Governor, headsetOf, miniatureScale, headingOf, Stick } };
declare global {
  interface Window {
    testing: typeof testing;
  }
}
window.testing = testing;
document.documentElement.dataset["state"] = "ready";
