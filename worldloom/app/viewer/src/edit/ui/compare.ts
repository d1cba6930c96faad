/** Two branches, versions or moments of a world side by side, seen by one camera. */
import type { App } from "../../app";
import { iconButton } from "../../ui/controls";
import { h } from "../../ui/dom";

export interface Side {
  label: string;
  branch: string;
  at: number | null;
  version: number | null;
}

interface FrameMessage {
  ns?: unknown;
  type?: unknown;
  position?: number[];
  rotation?: number[];
  vertical_fov?: number;
}

function addressOf(world: string, { branch, at, version }: Side): string {
  const query = new URLSearchParams({ world, embed: "1" });
  const share = new URLSearchParams(location.search).get("share");
  if (share) query.set("share", share);
  if (version !== null) query.set("version", String(version));
  else {
    query.set("edit", "1");
    query.set("branch", branch);
    query.set("look", "1");
    if (at !== null) query.set("at", String(at));
  }
  return `${location.pathname}?${query}`;
}

export function compareView(app: App, sides: Side[]): HTMLDialogElement {
  const frames = [0, 1].map(() => h("iframe", { title: "One of the two worlds that are compared" }));
  const selects = frames.map((frame, index) => {
    const select = h("select", { class: "text-field", "aria-label": index ? "Right side" : "Left side", onchange: () => show() }, ...sides.map((side, at) => h("option", { value: at }, side.label)));
    const show = () => {
      frame.src = addressOf(app.world.id, sides[Number(select.value)]);
    };
    return { select, show };
  });
  // The side under the pointer leads; the other one follows.
  let leader = frames[0];
  frames.forEach((frame) => frame.addEventListener("pointerenter", () => (leader = frame)));
  const listen = (event: MessageEvent) => {
    const from = frames.find((frame) => frame.contentWindow === event.source);
    const data = event.data as FrameMessage | null;
    if (!from || event.origin !== location.origin || data?.ns !== "worldloom") return;
    const send = (to: HTMLIFrameElement, args: Record<string, unknown>) => to.contentWindow?.postMessage({ ns: "worldloom", type: "command", id: 0, name: "set_camera", args }, location.origin);
    if (data.type === "loaded") send(from, { ...app.view.cameraView });
    if (data.type !== "camera" || from !== leader) return;
    const { position, rotation, vertical_fov } = data;
    for (const other of frames) if (other !== from) send(other, { position, rotation, vertical_fov });
  };
  addEventListener("message", listen);
  const dialog = h(
    "dialog",
    { class: "compare", "aria-label": "Compare", onclose: () => close() },
    h("header", { class: "compare-head surface" }, selects[0].select, iconButton({ icon: "close", label: "Close the comparison", class: "small", onPress: () => dialog.close() }), selects[1].select),
    h("div", { class: "compare-sides" }, ...frames),
  );
  const close = () => {
    removeEventListener("message", listen);
    dialog.remove();
  };
  selects[1].select.selectedIndex = Math.min(1, sides.length - 1);
  queueMicrotask(() => {
    dialog.showModal();
    for (const { show } of selects) show();
  });
  return dialog;
}
