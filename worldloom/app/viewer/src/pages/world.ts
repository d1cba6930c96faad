/** Parts of the World page: the view, the file being made, the versions. */

import { call, type Operation, type Version } from "./api";
import { Polling, toast } from "./element";
import { ago, escape, size, stage } from "./words";

class View extends HTMLElement {
  static readonly observedAttributes = ["world"];

  attributeChangedCallback(): void {
    const world = encodeURIComponent(this.getAttribute("world") ?? "");
    if (!world) return;
    this.innerHTML = `<iframe title="The world" src="/viewer/?world=${world}&embed=1" allow="xr-spatial-tracking; fullscreen; gamepad"></iframe>
      <div class="wl-row end"><a class="wl-button" href="/viewer/?world=${world}" target="_blank">Full page</a><a class="wl-button primary" href="/viewer/?world=${world}&edit=1" target="_blank">Edit</a></div>`;
  }
}

class Export extends Polling {
  private operation: Operation | null = null;

  protected interval(): number {
    return this.operation && !this.operation.done ? 700 : 0;
  }

  protected async refresh(): Promise<void> {
    this.operation = await call<Operation>("GET", `/operations/${this.getAttribute("operation") ?? ""}`);
    const one = this.operation;
    if (one.download) {
      const name = String(one.result?.["name"] ?? "file");
      this.draw(`<a class="wl-button primary" href="${one.download}" download>Download ${escape(name)} (${size(Number(one.result?.["bytes"] ?? 0))})</a>`);
    } else if (one.error) this.draw(`<p class="wl-error" role="alert">${escape(one.error)}</p>`);
    else this.draw(`<p role="status">${one.status === "queued" ? "Waiting for its turn" : stage(one.stage)}…</p>`);
  }
}

/** A change of this world that is being made; the view shows it by itself once it is there. */
class Change extends Polling {
  private operation: Operation | null = null;

  protected interval(): number {
    return this.operation && !this.operation.done ? 500 : 0;
  }

  protected async refresh(): Promise<void> {
    this.operation = await call<Operation>("GET", `/operations/${this.getAttribute("operation") ?? ""}`);
    const one = this.operation;
    if (one.status === "succeeded") {
      const notes = ((one.result?.["summary"] as string[] | undefined) ?? []).map((note) => `<br>${escape(note)}`).join("");
      this.draw(`<p role="status">Done; undo it under History.${notes}</p>`);
    } else if (one.error) this.draw(`<p class="wl-error" role="alert">${escape(one.error)}</p>`);
    else if (one.done) this.draw(`<p role="status">Stopped.</p>`);
    else this.draw(`<p role="status">${one.status === "queued" ? "Waiting for its turn" : stage(one.stage)}…</p>`);
  }
}

class History extends Polling {
  protected interval(): number {
    return 4000;
  }

  protected async refresh(): Promise<void> {
    const world = this.getAttribute("world") ?? "";
    const { versions } = await call<{ versions: Version[] }>("GET", `/worlds/${world}/versions`);
    const newest = versions[0]?.number;
    this.draw(
      `<ol class="wl-history">${versions
        .map(
          (one) => `<li>${one.thumbnail ? `<img loading="lazy" src="${escape(one.thumbnail)}" alt="">` : ""}<div><strong>${one.number}</strong> ${escape(one.message)}
          <span class="wl-quiet">${ago(one.created)}</span></div>${one.number === newest ? `<span class="wl-tag">now</span>` : `<a class="wl-button" target="_blank" href="/viewer/?world=${world}&version=${one.number}">Look</a><button class="wl-button" data-do="restore" data-number="${one.number}" data-key="r${one.number}">Restore</button>`}</li>`,
        )
        .join("")}</ol>`,
    );
  }

  protected override async perform(_verb: string, asked: DOMStringMap): Promise<void> {
    const version = Number(asked["number"]);
    await call("POST", `/worlds/${this.getAttribute("world") ?? ""}:restore`, { version });
    toast(`Version ${version} is the newest again; nothing was lost.`);
  }
}

customElements.define("wl-viewer", View);
customElements.define("wl-export", Export);
customElements.define("wl-change", Change);
customElements.define("wl-history", History);
