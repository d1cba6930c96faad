/** Clicks that answer what a panel asks for. */
import type { Probe } from "../probe";
import { PointTool } from "./points";
import type { Host } from "./tool";

export class ProbeTool extends PointTool {
  constructor(
    host: Host,
    private readonly probe: Probe,
  ) {
    super(host, (point) => probe.add(point));
  }

  override cancel(): boolean {
    return this.probe.cancel();
  }
}
