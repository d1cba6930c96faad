/** Sounds and films at places of the world. */
import * as THREE from "three";
import type { Engine } from "../engine";
import { toQuaternion, toVector } from "../protocol";
import { mediumAddress, type Medium, type Video } from "./records";

interface Playing {
  medium: Medium;
  element: HTMLMediaElement;
  sound: THREE.PositionalAudio;
  screen: THREE.Group | null;
}

const FRAME = 0.03; // metres of frame around a screen

export class Media {
  readonly group = new THREE.Group();
  private readonly list = new Map<string, Playing>();
  /** Those that ought to play; some may have to wait until the visitor does something. */
  private readonly wanted = new Set<string>();
  private listener: THREE.AudioListener | null = null;
  private audible = true;
  private touched = false;

  constructor(
    private readonly engine: Engine,
    private readonly failed: (message: string) => void,
  ) {
    for (const event of ["pointerdown", "keydown"] as const) addEventListener(event, () => this.touch(), { capture: true, once: true });
  }

  replace(media: Medium[]): void {
    for (const [name, { medium }] of this.list) {
      const next = media.find((other) => other.name === name);
      if (!next || JSON.stringify(next) !== JSON.stringify(medium)) this.remove(name);
    }
    for (const medium of media) {
      if (this.list.has(medium.name)) continue;
      this.add(medium);
      if (medium.autoplay) this.set(medium.name, true);
    }
  }

  set(name: string, on: boolean): void {
    const playing = this.list.get(name);
    if (!playing) return;
    if (!on) {
      this.wanted.delete(name);
      playing.element.pause();
      return;
    }
    this.wanted.add(name);
    if (playing.element.ended) playing.element.currentTime = 0;
    void this.start(playing);
  }

  setAudible(audible: boolean): void {
    this.audible = audible;
    this.listener?.setMasterVolume(audible ? 1 : 0);
  }

  /** Stops all, as when the page is edited. */
  pause(paused: boolean): void {
    for (const [name, playing] of this.list) {
      if (paused) playing.element.pause();
      else if (this.wanted.has(name)) void this.start(playing);
    }
  }

  /** Whether a film plays that has to be drawn again and again. */
  step(): boolean {
    return [...this.list.values()].some(({ screen, element }) => screen && !element.paused && !element.ended);
  }

  state() {
    return [...this.list.values()].map(({ medium, element, sound, screen }) => ({
      name: medium.name,
      position: sound.getWorldPosition(new THREE.Vector3()).toArray(),
      reach: sound.getMaxDistance(),
      gain: sound.getVolume(),
      node: sound.panner.constructor.name,
      wanted: this.wanted.has(medium.name),
      playing: !element.paused,
      screen: screen !== null,
      address: element.src,
    }));
  }

  /** Browsers let a page sound only once its visitor has done something. */
  private touch(): void {
    this.touched = true;
    void this.listener?.context.resume();
    for (const name of this.wanted) {
      const playing = this.list.get(name);
      if (playing) void this.start(playing);
    }
  }

  private async start({ medium, element }: Playing): Promise<void> {
    element.muted = !this.touched; // silent films may begin at once
    try {
      await element.play();
      this.engine.wake();
    } catch (error) {
      const name = error instanceof DOMException ? error.name : "";
      if (name === "NotAllowedError" || name === "AbortError") return; // `touch` tries again; or it was stopped
      this.failed(`"${medium.name}" can't be played here: this browser does not know its format, or its file is damaged.`);
    }
  }

  private add(medium: Medium): void {
    this.listener ??= this.listen();
    const element = document.createElement(medium.kind);
    element.src = mediumAddress(medium);
    element.loop = medium.loop;
    element.preload = "metadata";
    const sound = new THREE.PositionalAudio(this.listener);
    sound.setMediaElementSource(element);
    sound.setDistanceModel("linear");
    sound.setRefDistance(Math.min(1, medium.reach / 4));
    sound.setMaxDistance(medium.reach);
    sound.setRolloffFactor(1);
    sound.setVolume(medium.gain);
    sound.position.copy(toVector(medium.position));
    const screen = medium.kind === "video" ? screenOf(medium, element as HTMLVideoElement) : null;
    this.group.add(sound);
    if (screen) this.group.add(screen);
    this.group.updateMatrixWorld(true);
    element.addEventListener("loadeddata", () => this.engine.requestRender());
    this.list.set(medium.name, { medium, element, sound, screen });
  }

  private listen(): THREE.AudioListener {
    const listener = new THREE.AudioListener();
    listener.setMasterVolume(this.audible ? 1 : 0);
    this.engine.camera.add(listener);
    return listener;
  }

  private remove(name: string): void {
    const playing = this.list.get(name);
    this.list.delete(name);
    this.wanted.delete(name);
    if (!playing) return;
    playing.element.pause();
    playing.element.removeAttribute("src");
    playing.element.load();
    playing.sound.disconnect();
    playing.sound.removeFromParent();
    playing.screen?.removeFromParent();
    playing.screen?.traverse((node) => {
      if (!(node instanceof THREE.Mesh)) return;
      node.geometry.dispose();
      const material = node.material as THREE.MeshBasicMaterial;
      material.map?.dispose();
      material.dispose();
    });
  }
}

/** A screen in a thin dark frame, to be seen from +Z. */
function screenOf(video: Video, element: HTMLVideoElement): THREE.Group {
  element.playsInline = true;
  const [width, height] = video.size;
  const texture = new THREE.VideoTexture(element);
  texture.colorSpace = THREE.SRGBColorSpace;
  const picture = new THREE.Mesh(new THREE.PlaneGeometry(width, height), new THREE.MeshBasicMaterial({ map: texture, toneMapped: false }));
  picture.position.z = 0.001;
  const frame = new THREE.Mesh(new THREE.BoxGeometry(width + 2 * FRAME, height + 2 * FRAME, FRAME), new THREE.MeshBasicMaterial({ color: 0x101216 }));
  frame.position.z = -FRAME / 2;
  const group = new THREE.Group();
  group.add(frame, picture);
  group.position.copy(toVector(video.position));
  group.quaternion.copy(toQuaternion(video.rotation));
  return group;
}
