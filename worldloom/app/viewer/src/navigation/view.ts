/** The camera as everything on the page sees it: where it is, where it looks, how wide. */
import * as THREE from "three";
import { fromQuaternion, fromVector, toQuaternion, toVector, type CameraView, type Pose } from "../protocol";

const STEEPEST = Math.PI / 2 - 0.01;

export class View {
  constructor(readonly camera: THREE.PerspectiveCamera) {
    camera.rotation.order = "YXZ";
  }

  get position(): THREE.Vector3 {
    return this.camera.position;
  }

  get forward(): THREE.Vector3 {
    return new THREE.Vector3(0, 0, -1).applyQuaternion(this.camera.quaternion);
  }

  /** Turns by radians: to the left, and up. A head that is askew rights itself meanwhile. */
  turn(left: number, up: number): void {
    const { rotation } = this.camera;
    rotation.y += left;
    rotation.x = THREE.MathUtils.clamp(rotation.x + up, -STEEPEST, STEEPEST);
    rotation.z = Math.sign(rotation.z) * Math.max(0, Math.abs(rotation.z) - Math.abs(left) - Math.abs(up));
  }

  /** Radians: 0 looks along -Z, growing to the left. */
  get heading(): number {
    return this.camera.rotation.y;
  }

  get elevation(): number {
    return this.camera.rotation.x;
  }

  lookAt(target: THREE.Vector3): void {
    const direction = target.clone().sub(this.position);
    if (direction.lengthSq() < 1e-12) return;
    direction.normalize();
    const up = THREE.MathUtils.clamp(Math.asin(direction.y), -STEEPEST, STEEPEST);
    this.camera.rotation.set(up, Math.atan2(-direction.x, -direction.z), 0);
  }

  get fov(): number {
    return this.camera.fov;
  }

  set fov(degrees: number) {
    this.camera.fov = THREE.MathUtils.clamp(degrees, 10, 120);
    this.camera.updateProjectionMatrix();
  }

  get pose(): Pose {
    return { position: fromVector(this.camera.position), rotation: fromQuaternion(this.camera.quaternion) };
  }

  set pose(pose: Pose) {
    this.camera.position.copy(toVector(pose.position));
    this.camera.quaternion.copy(toQuaternion(pose.rotation));
  }

  get cameraView(): CameraView {
    return { ...this.pose, vertical_fov: this.camera.fov };
  }

  /** The ray through a place on the page: x to the right and y down, each 0..1. */
  ray(x: number, y: number): THREE.Ray {
    this.camera.updateWorldMatrix(true, false);
    const raycaster = new THREE.Raycaster();
    raycaster.setFromCamera(new THREE.Vector2(x * 2 - 1, 1 - y * 2), this.camera);
    return raycaster.ray.clone();
  }
}
