/** What was done, by whom and when: gone back to, looked at, branched, merged and compared. */
import { iconButton, setPressed, textButton } from "../../ui/controls";
import { h } from "../../ui/dom";
import type { PanelContent } from "../../ui/panels";
import { fetchBranches, fetchHistory, makeBranch, mergeBranch } from "../api";
import type { Editor } from "../editor";
import type { Branch, HistoryLine } from "../messages";
import type { Moment } from "../session";
import { compareView } from "./compare";

const MAIN = "main";

/** Opens the editor again, at another branch or moment. */
export type Visit = (moment: Moment, then?: (editor: Editor) => unknown) => void;

export function historyPanel(editor: Editor, visit: Visit): PanelContent {
  const { app, session } = editor;
  const { branch, at } = session.moment;
  let lines: HistoryLine[] = [];
  let branches: Branch[] = [];

  const list = h("ol", { class: "rows history", "aria-label": "History, newest first" });
  const note = h("p", { class: "muted" });
  const branchSelect = h("select", { class: "text-field", "aria-label": "Branch", onchange: () => visit({ branch: branchSelect.value, at: null }) });
  const merge = textButton(
    "Merge into main",
    () =>
      void app.attempt(async () => {
        const { merged, refused } = await mergeBranch(app.world.id, branch, MAIN, editor.me.id);
        app.announce([`${merged} ${merged === 1 ? "edit is" : "edits are"} in ${MAIN} now.`, ...refused].join(" "), refused.length > 0);
        visit({ branch: MAIN, at: null });
      }),
    "branch",
  );
  const compare = textButton("Compare", () => openCompare(), "compare");

  const branchFrom = (number: number | null) => {
    const name = h("input", { type: "text", class: "text-field", "aria-label": "Name of the new branch", placeholder: "Name of the new branch", maxlength: 63 });
    const form = h(
      "form",
      {
        class: "inline-form",
        onsubmit: (event) => {
          event.preventDefault();
          const wish = name.value.trim();
          if (!wish) return;
          void app.attempt(async () => {
            await makeBranch(app.world.id, wish, branch, number, editor.me.id);
            visit({ branch: wish, at: null });
          });
        },
      },
      name,
      h("button", { type: "submit", class: "text-button strong" }, "Branch"),
    );
    draft.replaceChildren(h("p", { class: "muted" }, number === null ? `From ${branch} as it is now` : `From ${branch} after line ${number}`), form);
    name.focus();
  };
  const draft = h("div", { class: "stack" });
  const newBranch = textButton("New branch", () => branchFrom(at), "plus");
  const now = textButton("Back to now", () => visit({ branch, at: null }), "redo");
  now.classList.add("strong");
  const restoreHere = textButton("Restore", () => visit({ branch, at: null }, (live) => restore(live, lines, at ?? 0)), "history");

  function openCompare(): void {
    const sides = branches.flatMap(({ name }) => [{ label: `${name}, now`, branch: name, at: null as number | null, version: null as number | null }]);
    const versions = lines.flatMap((line) => (line.version ? [{ label: `Version ${line.version}`, branch, at: null, version: line.version }] : []));
    document.body.append(compareView(app, [...sides, ...versions.reverse(), ...(at !== null ? [{ label: `${branch}, after line ${at}`, branch, at, version: null }] : [])]));
  }

  async function load(): Promise<void> {
    await app.attempt(async () => {
      [lines, branches] = await Promise.all([fetchHistory(app.world.id, branch), fetchBranches(app.world.id)]);
    });
    render();
  }

  function render(): void {
    branchSelect.replaceChildren(...branches.map(({ name }) => h("option", { value: name, selected: name === branch }, name)));
    note.textContent = at === null ? "" : `You are looking at ${branch} as it was after line ${at}. It can't be changed there.`;
    merge.disabled = branch === MAIN || !session.editable;
    now.hidden = restoreHere.hidden = at === null;
    const names = new Map(session.people.map((person) => [person.id, person]));
    const shown = [...lines].reverse();
    list.replaceChildren(...(shown.length ? shown.map((line) => row(line, names)) : [h("li", { class: "empty" }, "Nothing has been changed yet.")]));
  }

  function row(line: HistoryLine, names: Map<string, { name: string; colour: string }>): HTMLElement {
    const who = names.get(line.person);
    const title = h("span", { class: "row-name" }, line.title || line.kind);
    const detail = [line.person === editor.me.id ? "You" : (who?.name ?? (line.person ? "Someone who left" : "The server")), timeOf(line.created), line.version ? `version ${line.version}` : "", line.skipped ? `can't be done: ${line.skipped}` : ""];
    const look = iconButton({ icon: "eye", label: `Look at the world after line ${line.number}`, class: "small reveal", onPress: () => visit({ branch, at: line.number }) });
    setPressed(look, at === line.number);
    const fork = iconButton({ icon: "branch", label: `Branch from line ${line.number}`, class: "small reveal", onPress: () => branchFrom(line.number) });
    const back = iconButton({ icon: "history", label: `Restore the world as after line ${line.number}`, class: "small reveal", onPress: () => void restore(editor, lines, line.number) });
    back.hidden = !session.editable;
    fork.disabled = session.role === "viewer" && at === null;
    const dot = h("span", { class: "person-dot", "aria-hidden": "true" });
    dot.style.background = who?.colour ?? "var(--muted)";
    const gone = line.kind === "do" && !line.in_force;
    return h("li", { class: `row${gone ? " undone" : ""}${line.skipped ? " skipped" : ""}${at === line.number ? " selected" : ""}` }, dot, h("div", { class: "row-main" }, title, h("span", { class: "muted" }, detail.filter(Boolean).join(" · "))), look, back, fork);
  }

  session.logged.listen(() => list.offsetParent && void load());
  return {
    title: "History",
    body: h("div", { class: "stack" }, h("div", { class: "field-row" }, branchSelect, newBranch), h("div", { class: "actions" }, compare, merge, now, restoreHere), draft, note, list),
    opened: () => void load(),
    closed: () => draft.replaceChildren(),
  };
}

/** As it was after a line. A saved version is taken whole; else what came later is undone, newest first, and can be done again. */
async function restore(editor: Editor, lines: HistoryLine[], number: number): Promise<void> {
  const version = lines.find((line) => line.number === number)?.version;
  if (version) {
    await editor.send({ op: "become", version, reason: `Restore version ${version}` });
    return;
  }
  const later = lines.filter((line) => line.number > number && line.kind === "do" && line.in_force).reverse();
  await editor.app.attempt(() => Promise.all(later.map((line) => editor.session.undo(line.id))), "The world is as it was then. Redo brings back what came later.");
}

function timeOf(seconds: number): string {
  const then = new Date(seconds * 1000);
  const today = then.toDateString() === new Date().toDateString();
  return then.toLocaleString("en-GB", today ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}
