/** The figure that stands for the person in third-person view. */
import * as THREE from "three";
import { HEIGHT, RADIUS } from "./capsule";

export class Avatar extends THREE.Group {
  constructor() {
    super();
    const body = new THREE.Mesh(
      new THREE.CapsuleGeometry(RADIUS, HEIGHT - 2 * RADIUS, 8, 20),
      new THREE.MeshStandardMaterial({ color: 0x5b8cff, roughness: 0.55, metalness: 0.05 }),
    );
    body.position.y = HEIGHT / 2;
    const visor = new THREE.Mesh(
      new THREE.CapsuleGeometry(0.07, 0.14, 4, 12).rotateZ(Math.PI / 2),
      new THREE.MeshStandardMaterial({ color: 0x10131a, roughness: 0.2 }),
    );
    visor.position.set(0, HEIGHT - RADIUS - 0.02, -RADIUS * 0.82);
    const light = new THREE.HemisphereLight(0xffffff, 0x556070, 2.4);
    this.add(body, visor, light);
    this.visible = false;
  }

  stand(feet: THREE.Vector3, heading: number): void {
    this.position.copy(feet);
    this.rotation.y = heading;
  }
}
