/** Buttons that enter virtual or augmented reality, shown where the device can. */
import type { App } from "../app";
import type { Ctx } from "../context";
import { textButton } from "./controls";
import { h } from "./dom";

interface Xr {
  supported(): Promise<{ vr: boolean; ar: boolean }>;
  enter(mode: "vr" | "ar"): Promise<void>;
}

const modules = import.meta.glob<{ installXr(ctx: Ctx): Xr }>("../xr/session.ts");

export function xrButtons(app: App): HTMLElement {
  const group = h("div", { class: "xr" });
  const load = modules["../xr/session.ts"];
  if (load && "xr" in navigator) {
    void app.attempt(async () => {
      const xr = (await load()).installXr(app.context);
      const { vr, ar } = await xr.supported();
      const button = (mode: "vr" | "ar", label: string) => {
        const element = textButton(label, () => void app.attempt(() => xr.enter(mode)));
        element.classList.add("surface", "chip");
        return element;
      };
      if (vr) group.append(button("vr", "Enter VR"));
      if (ar) group.append(button("ar", "Enter AR"));
    });
  }
  return group;
}
