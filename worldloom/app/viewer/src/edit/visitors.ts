/** Other people in the world: each as a small camera in their colour that looks where they look, with their name. */
import * as THREE from "three";
import { RoundedBoxGeometry } from "three/addons/geometries/RoundedBoxGeometry.js";
import { sheen } from "../author/portals";
import type { Engine } from "../engine";
import { movedPose } from "../frame";
import { fromQuaternion, fromVector, toQuaternion, toVector, type CameraView } from "../protocol";
import type { Marks } from "../tools/marks";
import type { Person } from "./messages";

/** Metres from the tip of what they see to its base, nearby; farther off they are drawn larger, to be found. */
const DEPTH = 0.35;
const LEAST_ANGLE = 0.045; // of DEPTH, as a share of the distance
const LARGEST = 25; // times
const ASPECT = 1.5;
const LABEL_ABOVE = 0.24; // metres
const EASE = 0.12; // seconds: they are told of ten times in one
const ARRIVED = 1e-4; // metres and quaternion units
const TOO_NEAR = 0.3; // metres: who stands where they stand does not see them

export class Visitors {
  private readonly present = new Map<string, Visitor>();
  private readonly stop: () => void;

  constructor(
    private readonly engine: Engine,
    private readonly marks: Marks,
    private readonly me: string,
  ) {
    this.stop = engine.onAmbient((seconds) => this.step(seconds));
  }

  show(people: Person[]): void {
    const others = people.filter((person) => person.id !== this.me);
    let changed = false;
    for (const id of [...this.present.keys()]) if (!others.some((person) => person.id === id)) this.remove(id);
    for (const { id, name, colour, camera } of others) {
      if (!camera) continue;
      const known = this.present.get(id);
      const visitor = known ?? new Visitor(this.engine.scene, this.marks);
      this.present.set(id, visitor);
      changed = visitor.describe(name, colour) || !known || changed;
      visitor.aim(camera, !known);
    }
    if (changed) this.engine.requestRender();
    else this.engine.wake(); // who only moves is drawn on the way, and keeps nobody waiting for a picture at rest
  }

  /** They go along with a world that is moved: soon they will say so themselves. */
  follow(motion: THREE.Matrix4): void {
    for (const visitor of this.present.values()) visitor.aim(movedPose(visitor.view, motion), true);
  }

  /** From where someone looks at this moment, on the way to where they were last. */
  viewOf(id: string): CameraView | null {
    return this.present.get(id)?.view ?? null;
  }

  dispose(): void {
    this.stop();
    for (const id of [...this.present.keys()]) this.remove(id);
  }

  private step(seconds: number): boolean {
    let moves = false;
    for (const visitor of this.present.values()) moves = visitor.step(seconds, this.engine.camera) || moves;
    return moves;
  }

  private remove(id: string): void {
    this.present.get(id)?.dispose();
    this.present.delete(id);
    this.engine.requestRender();
  }
}

class Visitor {
  private readonly group = new THREE.Group();
  private readonly frustum = new THREE.Group();
  private readonly solid = new THREE.MeshMatcapMaterial({ matcap: sheen() });
  private readonly line = new THREE.LineBasicMaterial({ transparent: true, opacity: 0.9, depthTest: false });
  private readonly pane = new THREE.MeshBasicMaterial({ transparent: true, opacity: 0.16, depthTest: false, side: THREE.DoubleSide });
  private readonly label = document.createElement("span");
  private readonly place = new THREE.Vector3();
  private readonly detach: () => void;
  private readonly wantedPosition = new THREE.Vector3();
  private readonly wantedRotation = new THREE.Quaternion();
  private fov = 60;
  private colour = "";

  constructor(scene: THREE.Scene, marks: Marks) {
    const box = new THREE.Mesh(new RoundedBoxGeometry(0.2, 0.13, 0.1, 4, 0.028), this.solid);
    box.position.z = 0.075;
    const lens = new THREE.Mesh(new THREE.CylinderGeometry(0.034, 0.048, 0.05, 28).rotateX(-Math.PI / 2), this.solid);
    const knob = new THREE.Mesh(new THREE.CapsuleGeometry(0.022, 0.05, 6, 14).rotateZ(Math.PI / 2), this.solid);
    knob.position.set(0, 0.07, 0.08);
    const lines = new THREE.LineSegments(edges(), this.line);
    lines.renderOrder = 9;
    const pane = new THREE.Mesh(new THREE.PlaneGeometry(2, 2).translate(0, 0, -1), this.pane);
    pane.renderOrder = 9;
    this.frustum.add(lines, pane);
    this.group.add(box, lens, knob, this.frustum);
    this.group.name = "visitor";
    this.label.className = "visitor-label";
    this.detach = marks.attach(this.label, this.place);
    scene.add(this.group);
  }

  get view(): CameraView {
    return { position: fromVector(this.group.position), rotation: fromQuaternion(this.group.quaternion), vertical_fov: this.fov };
  }

  /** Whether something of it has changed. */
  describe(name: string, colour: string): boolean {
    if (name === this.label.textContent && colour === this.colour) return false;
    this.colour = colour;
    for (const material of [this.solid, this.line, this.pane]) material.color.set(colour);
    this.label.textContent = name;
    this.label.style.setProperty("--person", colour);
    return true;
  }

  /** `atOnce`: not by a way. */
  aim(camera: CameraView, atOnce: boolean): void {
    this.wantedPosition.copy(toVector(camera.position));
    this.wantedRotation.copy(toQuaternion(camera.rotation));
    this.fov = camera.vertical_fov;
    const half = DEPTH * Math.tan(THREE.MathUtils.degToRad(Math.min(100, this.fov) / 2));
    this.frustum.scale.set(half * ASPECT, half, DEPTH);
    if (!atOnce) return;
    this.group.position.copy(this.wantedPosition);
    this.group.quaternion.copy(this.wantedRotation);
    this.place.copy(this.wantedPosition).y += LABEL_ABOVE;
  }

  /** Whether something has changed. */
  step(seconds: number, eye: THREE.Camera): boolean {
    const { position, quaternion, scale } = this.group;
    const far = position.distanceTo(this.wantedPosition) > ARRIVED || 1 - Math.abs(quaternion.dot(this.wantedRotation)) > ARRIVED;
    const share = far ? 1 - Math.exp(-seconds / EASE) : 1;
    position.lerp(this.wantedPosition, share);
    quaternion.slerp(this.wantedRotation, share);

    const distance = eye.getWorldPosition(new THREE.Vector3()).distanceTo(position);
    const size = Math.min(LARGEST, Math.max(1, (distance * LEAST_ANGLE) / DEPTH));
    const resized = Math.abs(size - scale.x) > 0.01 * size;
    if (resized) scale.setScalar(size);
    this.place.copy(position).y += LABEL_ABOVE * scale.x;
    const shown = distance > TOO_NEAR;
    const turned = shown !== this.group.visible;
    this.group.visible = shown;
    this.label.hidden = !shown;
    return far || resized || turned;
  }

  dispose(): void {
    this.group.removeFromParent();
    this.group.traverse((node) => node instanceof THREE.Mesh || node instanceof THREE.LineSegments ? node.geometry.dispose() : undefined);
    for (const material of [this.solid, this.line, this.pane]) material.dispose();
    this.detach();
  }
}

/** From the tip to the corners of a base one metre ahead, and around it. */
function edges(): THREE.BufferGeometry {
  const corners = [[-1, -1, -1], [1, -1, -1], [1, 1, -1], [-1, 1, -1]];
  const places = corners.flatMap((corner, index) => [[0, 0, 0], corner, corner, corners[(index + 1) % 4]]);
  return new THREE.BufferGeometry().setAttribute("position", new THREE.Float32BufferAttribute(places.flat(), 3));
}
