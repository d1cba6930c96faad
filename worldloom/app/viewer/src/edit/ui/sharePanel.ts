/** Links by which others open this world: made for a role, copied, and taken back. */
import { iconButton, textButton } from "../../ui/controls";
import { h } from "../../ui/dom";
import type { PanelContent } from "../../ui/panels";
import { fetchShares, makeShare, revokeShare } from "../api";
import type { Editor } from "../editor";
import type { Role, Share } from "../messages";
import { choice } from "./fields";

const ROLES: Record<Role, string> = { viewer: "Look", editor: "Edit", owner: "Own" };

export function sharePanel(editor: Editor): PanelContent {
  const { app, session } = editor;
  let role: Role = "viewer";
  const list = h("ul", { class: "rows", "aria-label": "Links" });
  const made = h("div", { class: "stack", "aria-live": "polite" });
  const label = h("input", { type: "text", class: "text-field", "aria-label": "For whom", placeholder: "For whom", maxlength: 200 });
  const make = textButton(
    "Make a link",
    () =>
      void app.attempt(async () => {
        const { url } = await makeShare(app.world.id, role, label.value.trim());
        const address = new URL(url, location.href).href;
        const field = h("input", { type: "text", class: "text-field", readonly: true, value: address, "aria-label": "The new link", onfocus: () => field.select() });
        made.replaceChildren(h("p", { class: "muted" }, "This is the only time that the link is shown."), field, h("div", { class: "actions" }, textButton("Copy", () => void app.attempt(() => navigator.clipboard.writeText(address), "The link is copied."), "duplicate")));
        label.value = "";
        await load();
      }),
    "plus",
  );
  make.classList.add("strong");
  const row = (share: Share) => {
    const revoke = iconButton({ icon: "trash", label: `Take back the link ${share.label || share.id}`, class: "small", onPress: () => void app.attempt(() => revokeShare(app.world.id, share.id).then(load), "The link does not work any more.") });
    revoke.disabled = share.revoked !== null;
    const since = new Date(share.created * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
    return h("li", { class: `row${share.revoked === null ? "" : " undone"}` }, h("div", { class: "row-main" }, h("span", { class: "row-name" }, share.label || "A link"), h("span", { class: "muted" }, `${ROLES[share.role]} · ${since}${share.revoked === null ? "" : " · taken back"}`)), revoke);
  };
  async function load(): Promise<void> {
    const { shares, enforced } = await fetchShares(app.world.id);
    note.textContent = enforced ? "" : "This server asks for no token, so whoever reaches it owns all its worlds, and a link limits nobody.";
    list.replaceChildren(...(shares.length ? shares.map(row) : [h("li", { class: "empty" }, "No links yet.")]));
  }
  const note = h("p", { class: "muted" });
  const controls = h("div", { class: "stack" }, choice<Role>("What the link allows", ROLES, role, (value) => (role = value)).element, label, h("div", { class: "actions" }, make), made, list);
  return {
    title: "Share",
    body: h("div", { class: "stack" }, note, controls),
    opened: () => {
      const owner = session.role === "owner";
      note.textContent = owner ? "" : "Only the owner makes links.";
      controls.hidden = !owner;
      if (owner) void app.attempt(load);
    },
    closed: () => made.replaceChildren(),
  };
}
