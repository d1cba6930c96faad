/** The figure that stands for the person in third-person view. */
import * as THREE from "three";
import { Figure } from "../author/figures";
import type { FigureName } from "../author/records";

export class Avatar extends THREE.Group {
  private figure: Figure;

  constructor(kind: FigureName = "walker") {
    super();
    this.figure = new Figure(kind);
    this.add(this.figure);
    this.visible = false;
  }

  get kind(): FigureName {
    return this.figure.kind;
  }

  become(kind: FigureName): void {
    if (kind === this.figure.kind) return;
    this.figure.removeFromParent();
    this.figure.dispose();
    this.figure = new Figure(kind);
    this.add(this.figure);
  }

  stand(feet: THREE.Vector3, heading: number): void {
    this.position.copy(feet);
    this.rotation.y = heading;
  }

  /** Moves its limbs as at so many metres per second. */
  walk(speed: number, seconds: number): void {
    this.figure.walk(speed, seconds);
  }
}
