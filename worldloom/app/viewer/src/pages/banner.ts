/** What stands on top of every page: the name, and how much work is under way. */

import { call, type Operation } from "./api";
import { Polling } from "./element";

class Banner extends Polling {
  private busy = 0;

  protected interval(): number {
    return this.busy ? 2000 : 6000;
  }

  protected async refresh(): Promise<void> {
    const { operations } = await call<{ operations: Operation[] }>("GET", "/operations?status=queued&status=running&page_size=20");
    this.busy = operations.length;
    const work = this.busy ? `<a class="wl-busy" href="/jobs">${this.busy} job${this.busy > 1 ? "s" : ""} under way</a>` : "";
    this.draw(
      `<a class="wl-name" href="/"><svg viewBox="0 0 32 32" aria-hidden="true"><g fill="none" stroke-linecap="round" stroke-width="3"><path d="M4 20c4-9 8-9 12 0s8 9 12 0" stroke="#3f9be0"/><path d="M4 13c4 9 8 9 12 0s8-9 12 0" stroke="#e0a63a"/></g></svg>Worldloom</a>${work}`,
    );
  }

  protected override complain(): void {
    this.draw(`<span class="wl-name">Worldloom</span><span class="wl-busy gone" role="alert">The server can't be reached</span>`);
  }
}

customElements.define("wl-banner", Banner);
