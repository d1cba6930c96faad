/** Moves the camera: one mode at a time, or a flight to somewhere that any input ends. */
import * as THREE from "three";
import type { Engine } from "../engine";
import { movedPose, scaleOf } from "../frame";
import type { CameraView } from "../protocol";
import { toQuaternion, toVector } from "../protocol";
import { noIntent, type InputSource, type Intent } from "./input";
import type { Mode, ModeName } from "./mode";
import { FlyMode } from "./fly";
import { OrbitMode } from "./orbit";
import type { View } from "./view";
import type { WalkMode } from "./walk";

interface Flight {
  from: CameraView;
  to: CameraView;
  seconds: number;
  passed: number;
  done(): void;
}

/** Takes the camera over until it returns false or a person moves. */
export type Pilot = (seconds: number) => boolean;

export class Navigator {
  readonly orbit: OrbitMode;
  readonly fly: FlyMode;
  /** Metres per second. */
  speed = 1.5;
  private current: ModeName = "orbit";
  private flight: Flight | null = null;
  private pilot: { step: Pilot; stopped(): void } | null = null;
  private readonly sources: InputSource[] = [];

  constructor(
    private readonly engine: Engine,
    readonly view: View,
    readonly walk: WalkMode,
    distanceAhead: () => number,
    private readonly modeChanged: (mode: ModeName) => void,
  ) {
    const speed = () => this.speed;
    this.orbit = new OrbitMode(view, speed, distanceAhead);
    this.fly = new FlyMode(view, speed);
    engine.onUpdate((seconds) => this.update(seconds));
  }

  addSource(source: InputSource): void {
    this.sources.push(source);
  }

  get mode(): ModeName {
    return this.current;
  }

  setMode(mode: ModeName): void {
    if (mode === this.current) return;
    this.endFlight();
    this.handler.leave();
    this.current = mode;
    this.handler.enter();
    this.modeChanged(mode);
    this.engine.requestRender();
  }

  /** From now on, orbits around what the camera looks at. */
  setPivotAhead(): void {
    if (!this.flight && !this.pilot) this.orbit.enter();
  }

  /** Puts the camera somewhere at once. */
  place(view: Partial<CameraView>): void {
    this.endFlight();
    this.set(view);
    this.handler.enter();
    this.engine.requestRender();
  }

  /** Where the whole world was moved: everything looks and moves as before. */
  follow(motion: THREE.Matrix4): void {
    this.speed *= scaleOf(motion);
    this.orbit.pivot.applyMatrix4(motion);
    if (this.flight) this.flight = { ...this.flight, from: movedPose(this.flight.from, motion), to: movedPose(this.flight.to, motion) };
    this.view.pose = movedPose(this.view.pose, motion);
    if (this.current === "walk") this.walk.follow(motion);
  }

  /** Flies there, or, for people who prefer no motion, is there. */
  flyTo(view: CameraView, seconds = 0.7): Promise<void> {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.place(view);
      return Promise.resolve();
    }
    this.endFlight();
    return new Promise((done) => {
      this.flight = { from: this.view.cameraView, to: view, seconds, passed: 0, done };
      this.engine.wake();
    });
  }

  /** Looks at a point from nearby, and orbits around it from now on. */
  async focus(point: THREE.Vector3): Promise<void> {
    const away = this.view.position.distanceTo(point);
    const distance = this.current === "orbit" ? Math.max(0.5, away * 0.6) : Math.max(0.6, Math.min(away * 0.4, away - 0.3));
    const direction = point.clone().sub(this.view.position).normalize();
    const eye = new THREE.PerspectiveCamera();
    const pose = this.view.cameraView;
    const target = this.current === "orbit" ? point.clone().addScaledVector(direction, -distance) : this.view.position.clone().lerp(point, 1 - distance / away);
    if (this.current === "walk") target.y = this.view.position.y;
    eye.position.copy(target);
    eye.lookAt(point);
    const rotation = eye.quaternion;
    await this.flyTo({ ...pose, position: [target.x, target.y, target.z], rotation: [rotation.w, rotation.x, rotation.y, rotation.z] });
    if (this.current === "orbit") this.orbit.setPivot(point);
  }

  /** Lets `step` move the camera, as along a path. */
  take(step: Pilot, stopped: () => void): void {
    this.endFlight();
    this.pilot = { step, stopped };
    this.engine.wake();
  }

  release(): void {
    const pilot = this.pilot;
    this.pilot = null;
    if (!pilot) return;
    this.handler.enter();
    pilot.stopped();
  }

  private get handler(): Mode {
    return { orbit: this.orbit, fly: this.fly, walk: this.walk }[this.current];
  }

  private update(seconds: number): boolean {
    const intent = noIntent();
    let active = false;
    for (const source of this.sources) active = source.read(intent, seconds) || active;
    if (isWish(intent)) {
      if (this.pilot) this.release();
      if (this.flight) this.endFlight();
    }
    if (this.pilot) {
      if (!this.pilot.step(seconds)) this.release();
      return true;
    }
    if (this.flight) return this.stepFlight(this.flight, seconds);
    return this.handler.step(intent, seconds) || active;
  }

  private stepFlight(flight: Flight, seconds: number): boolean {
    flight.passed = Math.min(flight.seconds, flight.passed + seconds);
    const share = flight.passed / flight.seconds;
    const eased = share * share * (3 - 2 * share);
    const { camera } = this.view;
    camera.position.lerpVectors(toVector(flight.from.position), toVector(flight.to.position), eased);
    camera.quaternion.slerpQuaternions(toQuaternion(flight.from.rotation), toQuaternion(flight.to.rotation), eased);
    this.view.fov = THREE.MathUtils.lerp(flight.from.vertical_fov, flight.to.vertical_fov, eased);
    if (share < 1) return true;
    this.set(flight.to);
    this.endFlight();
    return true;
  }

  private endFlight(): void {
    const flight = this.flight;
    this.flight = null;
    if (this.pilot) this.release();
    if (!flight) return;
    this.handler.enter();
    flight.done();
  }

  private set(view: Partial<CameraView>): void {
    const pose = this.view.pose;
    this.view.pose = { position: view.position ?? pose.position, rotation: view.rotation ?? pose.rotation };
    if (view.vertical_fov !== undefined) this.view.fov = view.vertical_fov;
  }
}

function isWish(intent: Intent): boolean {
  return intent.move.lengthSq() + intent.turn.lengthSq() + intent.drag.lengthSq() + intent.pan.lengthSq() > 0 || intent.zoom !== 1 || intent.jump;
}
