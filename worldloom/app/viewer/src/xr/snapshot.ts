import { Color, Vector2, Vector4 } from "three";
import type { Object3D } from "three";
import type { Ctx } from "../context";

/**
 * Remembers everything of the page that a session changes. The function it returns puts it all back; it may be called
 * whatever state the session was left in, but only when three has let go of it.
 */
export function snapshot(ctx: Ctx): () => void {
  const { renderer, scene, camera, spark } = ctx;
  const places = [camera, ctx.rig, ctx.world].map(place);
  const { fov, aspect, near, far, zoom, matrixAutoUpdate } = camera;
  const layers = camera.layers.mask;
  const background = scene.background;
  const { maxStdDev, lodSplatCount } = spark;
  const enabled = renderer.xr.enabled;
  const target = renderer.getRenderTarget();
  const ratio = renderer.getPixelRatio();
  const size = renderer.getSize(new Vector2());
  const viewport = renderer.getViewport(new Vector4());
  const clear = renderer.getClearColor(new Color());
  const alpha = renderer.getClearAlpha();
  const window_ = [window.innerWidth, window.innerHeight];

  return () => {
    for (const putBack of places) putBack();
    Object.assign(camera, { fov, aspect, near, far, zoom, matrixAutoUpdate });
    camera.layers.mask = layers;
    camera.updateProjectionMatrix();
    camera.updateMatrixWorld(true);
    scene.background = background;
    spark.maxStdDev = maxStdDev;
    spark.lodSplatCount = lodSplatCount; // the person may have chosen it
    renderer.xr.enabled = enabled;
    renderer.setRenderTarget(target);
    renderer.setPixelRatio(ratio);
    renderer.setSize(size.x, size.y, false);
    renderer.setViewport(viewport);
    renderer.setClearColor(clear, alpha);
    // three ignores a new size while a session lasts: the page must hear of a turned phone again
    if (window_[0] !== window.innerWidth || window_[1] !== window.innerHeight) window.dispatchEvent(new Event("resize"));
  };
}

function place(thing: Object3D): () => void {
  const position = thing.position.clone();
  const quaternion = thing.quaternion.clone();
  const scale = thing.scale.clone();
  return () => {
    thing.position.copy(position);
    thing.quaternion.copy(quaternion);
    thing.scale.copy(scale);
    thing.updateMatrixWorld(true);
  };
}
