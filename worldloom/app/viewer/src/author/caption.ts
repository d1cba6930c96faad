/** What a trigger says, over the lower part of the scene. */
import { h } from "../ui/dom";
import type { Stage } from "./stage";

export function caption(stage: Stage): HTMLElement {
  const element = h("div", { class: "caption surface", role: "status", "aria-live": "polite", hidden: true });
  let timer = 0;
  stage.said.listen(({ text, seconds }) => {
    element.textContent = text;
    element.hidden = false;
    clearTimeout(timer);
    timer = window.setTimeout(() => (element.hidden = true), seconds * 1000);
  });
  return element;
}
