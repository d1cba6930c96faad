/** All worlds as cards: found by words and tags, opened, renamed, tagged, copied, deleted, and fetched back. */

import { call, type World } from "./api";
import { Polling, toast } from "./element";
import { ago, count, escape } from "./words";

interface Page {
  worlds: World[];
  next_page_token: string | null;
}

class Library extends Polling {
  private query = "";
  private tag = "";
  private bin = false;
  private worlds: World[] = [];
  private tags: string[] = [];
  private next: string | null = null;
  private pages = 1;
  private built = false;

  protected interval(): number {
    return 5000;
  }

  protected async refresh(): Promise<void> {
    if (!this.built) this.build();
    const found: World[] = [];
    let token: string | null = null;
    for (let page = 0; page < this.pages; page++) {
      const ask = new URLSearchParams({ query: this.query, deleted: String(this.bin), page_size: "48" });
      if (this.tag) ask.set("tag", this.tag);
      if (token) ask.set("page_token", token);
      const answer: Page = await call<Page>("GET", `/worlds?${ask.toString()}`);
      found.push(...answer.worlds);
      token = answer.next_page_token;
      if (!token) break;
    }
    this.worlds = found;
    this.next = token;
    this.tags = [...new Set([...this.tags, ...found.flatMap((world) => world.tags)])].sort();
    this.show();
  }

  private build(): void {
    this.built = true;
    this.innerHTML = `<div class="wl-row"><h1>Library</h1>
      <input type="search" placeholder="Search names and tags" aria-label="Search worlds" data-key="search">
      <button class="wl-button" data-do="bin" aria-pressed="false">Bin</button></div>
      <div class="wl-tags" role="group" aria-label="Tags"></div><div class="wl-cards"></div><div class="wl-row end"></div>`;
    let wait = 0;
    this.querySelector("input")!.addEventListener("input", (event) => {
      window.clearTimeout(wait);
      wait = window.setTimeout(() => {
        this.query = (event.target as HTMLInputElement).value;
        this.pages = 1;
        void this.tick();
      }, 200);
    });
  }

  private show(): void {
    const cards = this.querySelector(".wl-cards")!;
    const html = this.worlds.map((world) => card(world, this.bin)).join("") ||
      `<div class="wl-empty"><p>${this.bin ? "The bin is empty." : this.query || this.tag ? "No world is called that." : "There is no world yet."}</p></div>`;
    if (cards.getAttribute("data-drawn") !== html) {
      cards.innerHTML = html;
      cards.setAttribute("data-drawn", html);
    }
    this.querySelector(".wl-tags")!.innerHTML = this.tags
      .map((tag) => `<button class="wl-tag" data-do="tag" data-tag="${escape(tag)}" aria-pressed="${tag === this.tag}">${escape(tag)}</button>`)
      .join("");
    this.querySelector(".wl-row.end")!.innerHTML = this.next ? `<button class="wl-button" data-do="more">More</button>` : "";
    this.querySelector(`[data-do="bin"]`)!.setAttribute("aria-pressed", String(this.bin));
  }

  protected override async perform(verb: string, asked: DOMStringMap): Promise<void> {
    const world = this.worlds.find((one) => one.id === asked["id"]);
    const tag = asked["tag"] ?? "";
    if (verb === "bin") this.bin = !this.bin;
    else if (verb === "more") this.pages += 1;
    else if (verb === "tag") this.tag = this.tag === tag ? "" : tag;
    else if (!world) return;
    else if (verb === "duplicate") await call("POST", `/worlds/${world.id}:duplicate`, {});
    else if (verb === "undelete") await call("POST", `/worlds/${world.id}:undelete`);
    else if (verb === "delete") {
      await call("DELETE", `/worlds/${world.id}`);
      toast(`'${world.name}' is in the bin.`, "status", {
        label: "Undo",
        run: () => void call("POST", `/worlds/${world.id}:undelete`).then(() => this.tick()),
      });
    } else if (verb === "rename") {
      const name = await ask("Name", world.name);
      if (name !== null && name !== world.name) await call("PATCH", `/worlds/${world.id}`, { name });
    } else if (verb === "tags") {
      const tags = await ask("Tags, with commas between", world.tags.join(", "));
      if (tags !== null) await call("PATCH", `/worlds/${world.id}`, { tags: tags.split(",").map((one) => one.trim()).filter(Boolean) });
    }
  }
}

/** A picture of a world with its name, and what can be done with it. */
export function card(world: World, bin = false): string {
  const name = escape(world.name);
  const picture = world.thumbnail ? `<img loading="lazy" src="${escape(world.thumbnail)}" alt="">` : `<div class="wl-waiting"></div>`;
  const verbs: [string, string][] = bin
    ? [["undelete", "Fetch back"]]
    : [["rename", "Rename"], ["tags", "Tags"], ["duplicate", "Copy"], ["delete", "Delete"]];
  const buttons = verbs
    .map(([verb, label]) => `<button data-do="${verb}" data-id="${world.id}" data-key="${verb}-${world.id}" aria-label="${label} ${name}">${label}</button>`)
    .join("");
  const tags = world.tags.map((tag) => `<span class="wl-tag">${escape(tag)}</span>`).join("");
  const open = bin ? `<div class="wl-open">${picture}</div>` : `<a class="wl-open" href="/world?world=${world.id}" aria-label="Walk in ${name}">${picture}</a>`;
  return `<article class="wl-card">${open}<div class="wl-card-text"><strong title="${name}">${name}</strong>
    <span class="wl-quiet">${count(world.gaussians)} splats · ${ago(world.updated)} ${world.head > 1 ? `· version ${world.head}` : ""}</span>
    <span class="wl-row">${tags}</span></div><div class="wl-card-verbs">${buttons}</div></article>`;
}

/** A line of text from the user; null if they thought better of it. */
function ask(label: string, value: string): Promise<string | null> {
  const dialog = document.createElement("dialog");
  dialog.className = "wl-dialog";
  dialog.innerHTML = `<form method="dialog"><label>${escape(label)}<input maxlength="400" value="${escape(value)}"></label>
    <div class="wl-row end"><button class="wl-button" value="cancel" formnovalidate>Cancel</button><button class="wl-button primary" value="ok">Save</button></div></form>`;
  document.body.append(dialog);
  dialog.showModal();
  const input = dialog.querySelector("input")!;
  input.select();
  // Enter saves: the first button of a form would be pressed otherwise.
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      dialog.close("ok");
    }
  });
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "ok" ? input.value : null);
      dialog.remove();
    });
  });
}

customElements.define("wl-library", Library);
