/** Worlds that are ready to walk, under what is being made. The samples, on a first visit. */

import { call, type Operation, type World } from "./api";
import { Polling } from "./element";
import { count, escape } from "./words";

class Shelf extends Polling {
  private waiting = 0;

  protected interval(): number {
    return this.waiting ? 1000 : 8000;
  }

  protected async refresh(): Promise<void> {
    const [{ worlds }, { operations }] = await Promise.all([
      call<{ worlds: World[] }>("GET", "/worlds?page_size=8"),
      call<{ operations: Operation[] }>("GET", "/operations?status=queued&status=running&page_size=20"),
    ]);
    const imports = operations.filter((one) => one.kind === "import");
    this.waiting = operations.length;
    if (!worlds.length && !imports.length) return this.draw("");
    const cards = worlds.map(
      (world) => `<a class="wl-open small" href="/world?world=${world.id}">${world.thumbnail ? `<img src="${escape(world.thumbnail)}" alt="">` : ""}<strong>${escape(world.name)}</strong><span class="wl-quiet">${count(world.gaussians)} splats</span></a>`,
    );
    const coming = imports.map((one) => `<div class="wl-open small"><div class="wl-waiting busy"></div><strong>${escape(one.title)}</strong><span class="wl-quiet">getting ready</span></div>`);
    const samples = worlds.every((world) => world.tags.includes("sample"));
    this.draw(`<h2>${samples ? "Or walk in one of these" : "Walk on"}</h2><div class="wl-shelf">${coming.join("")}${cards.join("")}</div>`);
  }
}

customElements.define("wl-shelf", Shelf);
