import { Light } from "three";
import type { Object3D } from "three";
import type { Ctx } from "../context";

/**
 * Hides what has no place in a real room: the sky's layers (`userData.kind` is "sky"), which would cover it, and what the
 * page has put beside the splats, which doesn't shrink with them. The function it returns shows all of it again.
 */
export function veil(ctx: Ctx): () => void {
  const { scene, spark, rig, world } = ctx;
  const kept: Object3D[] = [spark, rig, world];
  const beside = scene.children.filter((thing) => !kept.includes(thing) && !(thing instanceof Light));
  const sky = world.children.filter((layer) => layer.userData["kind"] === "sky");
  const hidden = [...beside, ...sky].filter((thing) => thing.visible);
  for (const thing of hidden) thing.visible = false;
  return () => {
    for (const thing of hidden) thing.visible = true;
  };
}
