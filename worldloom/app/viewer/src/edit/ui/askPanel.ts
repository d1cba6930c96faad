/** Changes asked for in words: proposed first, done when approved. */
import { textButton } from "../../ui/controls";
import { h } from "../../ui/dom";
import type { PanelContent } from "../../ui/panels";
import { askEvent, propose } from "../api";
import type { Editor } from "../editor";
import type { Proposal, Proposals } from "../messages";

const EXAMPLES = ["remove the car", "make the walls white", "move the sun to the west"];

export function askPanel(editor: Editor): PanelContent {
  const { app, session } = editor;
  const input = h("textarea", { class: "text-field", rows: 2, maxlength: 2000, placeholder: "What should change?", "aria-label": "What should change" });
  const results = h("div", { class: "stack", "aria-live": "polite" });
  const button = h("button", { type: "submit", class: "text-button strong" }, "Propose");
  const ask = async () => {
    const text = input.value.trim();
    if (!text) return input.focus();
    button.disabled = true;
    results.replaceChildren(h("p", { class: "muted" }, "Thinking about it…"));
    try {
      show(await propose(app.world.id, session.moment.branch, editor.me.id, text, app.view.pose));
    } catch (error) {
      results.replaceChildren(h("p", { class: "trouble-text" }, error instanceof Error ? error.message : String(error)));
    }
    button.disabled = false;
  };
  const perform = ({ operation, event, turn }: Proposal): unknown => {
    if (operation) return editor.send(operation);
    if (turn) return turn === "undo" ? editor.undo() : editor.redo();
    return app.attempt(async () => {
      await askEvent(app.world.id, session.moment.branch, editor.me.id, event);
    }, "The light is being changed; it appears here when it is done.");
  };
  const show = ({ proposals, not_understood: unclear, note }: Proposals) => {
    const boxes = proposals.map((proposal) => {
      const box = h("input", { type: "checkbox", checked: true });
      return { proposal, box, element: h("label", { class: "proposal" }, box, h("span", {}, h("strong", {}, proposal.title), h("span", { class: "muted" }, [proposal.count ? `${proposal.count.toLocaleString("en")} Gaussians` : "", proposal.note].filter(Boolean).join(" · ")))) };
    });
    const approve = textButton(
      "Do what is ticked",
      () => {
        for (const { proposal, box } of boxes) if (box.checked) void perform(proposal);
        results.replaceChildren();
        input.value = "";
      },
      "check",
    );
    approve.classList.add("strong");
    approve.disabled = !session.editable;
    results.replaceChildren(
      ...(note ? [h("p", { class: "muted" }, note)] : []),
      ...(unclear.length ? [h("p", { class: "trouble-text" }, `Not understood: ${unclear.map(({ text, why }) => (why ? `${text} (${why})` : text)).join("; ")}`)] : []),
      ...boxes.map(({ element }) => element),
      ...(boxes.length ? [h("div", { class: "actions" }, approve, textButton("Dismiss", () => results.replaceChildren()))] : []),
    );
  };
  const form = h(
    "form",
    {
      class: "stack",
      onsubmit: (event) => {
        event.preventDefault();
        void ask();
      },
    },
    input,
    h("div", { class: "actions" }, button),
  );
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    void ask();
  });
  const examples = h("div", { class: "actions examples" }, ...EXAMPLES.map((text) => textButton(text, () => ((input.value = text), input.focus()))));
  return { title: "Ask for a change", body: h("div", { class: "stack" }, form, results, h("p", { class: "muted" }, "Nothing is changed before you agree. “This” means what is selected."), examples), opened: () => queueMicrotask(() => input.focus()) }; // the panel itself is focused first
}
