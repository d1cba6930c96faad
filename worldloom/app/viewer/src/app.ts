import { Engine } from "./engine";
import { Capsule } from "./navigation/capsule";
import { Gamepads } from "./navigation/gamepad";
import { Keyboard } from "./navigation/keyboard";
import { Navigator } from "./navigation/navigator";
import { PointerInput } from "./navigation/pointer";
import { View } from "./navigation/view";
import { WalkMode } from "./navigation/walk";
import { World } from "./world";

export class App {
  constructor(canvas: HTMLCanvasElement) {
    const query = new URLSearchParams(location.search);
    const engine = new Engine(canvas);
    const view = new View(engine.camera);
    const world = new World(engine, query.get("world") ?? "", null, {
      status: (s) => console.log(s),
      progress: (p) => console.log(JSON.stringify(p)),
      failed: (f) => console.log(JSON.stringify(f)),
      layersChanged: () => {},
      described: (d) => nav.place({ ...d.spawn }),
    });
    const body = new Capsule(() => world.solid, () => world.ground);
    const walk: WalkMode = new WalkMode(view, body, () => nav.speed, (o, d, f) => world.hit(o, d, f));
    engine.scene.add(walk.avatar);
    const nav: Navigator = new Navigator(engine, view, walk, () => 2, () => {});
    nav.addSource(new Keyboard(() => engine.wake()));
    nav.addSource(new Gamepads(() => engine.wake()));
    nav.addSource(new PointerInput(canvas, () => engine.wake(), { click: () => {}, doubleClick: (x, y) => {
      const r = view.ray(x / innerWidth, y / innerHeight); const h = world.layers.raycast(r.origin, r.direction); if (h) void nav.focus(h.point); }, wantsLock: () => false }));
    world.load().then(() => console.log("loaded"), (e) => console.log(String(e)));
    Object.assign(window, { E: engine, N: nav, W: world });
  }
}
