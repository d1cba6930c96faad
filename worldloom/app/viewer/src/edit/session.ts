/** One branch of a world while it is edited: sends operations, shows at once what they will do, and follows the server's order. */
import type * as THREE from "three";
import { fetchEditScene } from "./api";
import type { Prediction } from "./flags";
import { newId } from "./me";
import type { Done, EditScene, Patch, Person, Request, Role, ServerMessage, Welcome } from "./messages";
import type { Operation } from "./operations";
import { Parts } from "./parts";
import { EditSocket } from "./socket";
import type { CameraView, Frame } from "../protocol";
import { Signal } from "../signal";

/** Which of a world's branches, and when. */
export interface Moment {
  branch: string;
  /** Looking at the past: after so many lines of the log; null: as it is now. */
  at: number | null;
  /** Only looked at, without a connection: as the past always is. */
  still?: boolean;
}

interface Expected {
  predict: Prediction | null;
  resolve(done: Done): void;
  reject(error: Error): void;
}

export class Session {
  readonly parts: Parts;
  readonly described = new Signal<Partial<Omit<EditScene, "layers">>>();
  readonly welcomed = new Signal();
  /** The frame that the world is shown in. */
  readonly framed = new Signal<Frame>();
  /** What can be undone, whether something is unsaved, the connection, the role. */
  readonly changed = new Signal();
  readonly peopleChanged = new Signal();
  readonly logged = new Signal<Done>();
  readonly said = new Signal<{ text: string; trouble: boolean }>();
  role: Role = "viewer";
  /** Whether one came by a link, which opens this world only. */
  guest = false;
  /** Whether the server has a segmentation model that finds the thing at a click. */
  segmenter = false;
  number = 0;
  canUndo: string | null = null;
  canRedo: string | null = null;
  dirty = false;
  saving = false;
  connected = false;
  people: Person[] = [];
  /** Why the server has ended it for good. */
  ended: string | null = null;
  private socket: EditSocket | null = null;
  private readonly expected = new Map<string, Expected>();
  private work: Promise<void> = Promise.resolve();
  private outbox: Promise<void> = Promise.resolve();
  private finished = false;

  constructor(
    private readonly world: string,
    readonly moment: Moment,
    readonly me: () => Pick<Person, "id" | "name" | "colour">,
    group: THREE.Group,
    wake: () => void,
  ) {
    this.parts = new Parts(group, me().id, wake);
  }

  /** Resolves when the first scene is shown. */
  async start(): Promise<void> {
    const { branch, at } = this.moment;
    if (!this.live) {
      const scene = await fetchEditScene(this.world, branch, at);
      await this.takeOver(scene, {}, []);
      return;
    }
    await new Promise<void>((resolve, reject) => {
      this.welcomed.listen(resolve);
      this.socket = new EditSocket(this.world, branch, this.me, (message) => this.receive(message));
      this.socket.ended.listen((text) => {
        this.end(text);
        reject(new Error(text)); // where it has not begun yet
      });
      this.socket.lost.listen(() => {
        this.connected = false;
        this.changed.emit();
      });
    });
  }

  get live(): boolean {
    return this.moment.at === null && !this.moment.still;
  }

  get editable(): boolean {
    return this.live && this.role !== "viewer" && this.ended === null;
  }

  /** How many operations the server has not answered yet. */
  get waiting(): number {
    return this.expected.size;
  }

  /** Resolves with the server's answer, rejects with its reason. `predict`: what to show until then, from now on. */
  do(operation: Operation | Promise<Operation>, predict: Prediction | null = null): Promise<Done> {
    return this.ask(async (id) => ({ type: "do", id, operation: await operation }), predict);
  }

  /** The newest of one's own, or the line of that id. */
  undo(target?: string): Promise<Done> {
    return this.ask(async (id) => ({ type: "undo", id, ...(target ? { target } : {}) }));
  }

  redo(): Promise<Done> {
    return this.ask(async (id) => ({ type: "redo", id }));
  }

  save(message: string): void {
    if (!this.socket?.send({ type: "save", message })) this.said.emit({ text: "There is no connection to the server just now. Save again in a moment.", trouble: true });
  }

  /** Whether it went out: not while there is no connection. */
  tellCamera(camera: CameraView): boolean {
    return Boolean(this.socket?.open && this.socket.send({ type: "camera", ...camera }));
  }

  introduce(): void {
    this.socket?.introduce();
  }

  dispose(): void {
    this.finished = true;
    this.socket?.close();
    this.parts.dispose();
    this.giveUp("Editing has ended.");
  }

  private end(text: string): void {
    this.ended = text;
    this.connected = false;
    this.people = [];
    this.giveUp(text);
    this.show();
    this.said.emit({ text, trouble: true });
    this.changed.emit();
    this.peopleChanged.emit();
  }

  private giveUp(reason: string): void {
    for (const { reject } of this.expected.values()) reject(new Error(reason));
    this.expected.clear();
  }

  private ask(write: (id: string) => Promise<Request>, predict: Prediction | null = null): Promise<Done> {
    if (!this.editable || !this.socket) {
      return Promise.reject(new Error(this.ended ?? (!this.live ? "This is the past, it can't be changed. Go back to now, or branch from here." : "You can look at this world, but not change it. Ask its owner for a link to edit it.")));
    }
    const id = newId();
    return new Promise((resolve, reject) => {
      this.expected.set(id, { predict, resolve, reject });
      // What was wished first is sent first, however long it takes to write it.
      this.outbox = this.outbox.then(async () => this.socket?.request(await write(id)));
      if (predict) {
        predict(this.parts);
        this.parts.refresh();
      }
      this.changed.emit();
    });
  }

  /** Messages are worked off one after the other: patches build on each other. */
  private receive(message: ServerMessage): void {
    this.work = this.work
      .then(() => (this.finished ? undefined : this.take(message)))
      .catch((error: unknown) => this.said.emit({ text: error instanceof Error ? error.message : String(error), trouble: true }));
  }

  private async take(message: ServerMessage): Promise<void> {
    switch (message.type) {
      case "welcome":
        await this.welcome(message);
        break;
      case "done":
        await this.done(message);
        break;
      case "refused":
        this.refuse(message.id, message.message);
        break;
      case "people":
        this.people = message.people;
        if (await this.parts.setPeople(message.people)) this.show();
        this.peopleChanged.emit();
        break;
      case "saving":
        this.saving = true;
        this.changed.emit();
        break;
      case "saved":
        this.saving = false;
        this.dirty = false;
        this.described.emit({ version: message.version });
        this.said.emit({ text: `Saved as version ${message.version}.`, trouble: false });
        this.changed.emit();
        break;
    }
  }

  private async welcome(message: Welcome): Promise<void> {
    this.role = message.role;
    this.guest = message.guest ?? false;
    this.segmenter = message.segmenter ?? false;
    this.number = message.number;
    this.people = message.people;
    this.progress(message);
    await this.takeOver(message.scene, message.selections, message.people);
    this.connected = true;
    this.changed.emit();
    this.peopleChanged.emit();
    this.welcomed.emit();
  }

  private async takeOver(scene: EditScene, selections: Welcome["selections"], people: Person[]): Promise<void> {
    const { layers, ...rest } = scene;
    this.described.emit(rest);
    await this.parts.replace(layers, selections, people);
    if (scene.frame) this.framed.emit(scene.frame);
    this.show();
    this.changed.emit();
  }

  private async done(message: Done): Promise<void> {
    this.number = message.number;
    this.progress(message);
    if (message.patch) await this.patch(message.patch);
    this.socket?.answered(message.id);
    const own = this.expected.get(message.id);
    this.expected.delete(message.id);
    this.show();
    own?.resolve(message);
    this.logged.emit(message);
    this.changed.emit();
  }

  private async patch(patch: Patch): Promise<void> {
    if (patch.record) this.described.emit(patch.record);
    await this.parts.apply(patch);
    if (patch.record?.frame) this.framed.emit(patch.record.frame);
  }

  private refuse(id: string | null, text: string): void {
    const own = id === null ? undefined : this.expected.get(id);
    if (id === null || !own) {
      this.said.emit({ text, trouble: true });
      return;
    }
    this.socket?.answered(id);
    this.expected.delete(id);
    this.show();
    own.reject(new Error(text));
    this.changed.emit();
  }

  /** The server's state, and on it what is still on its way. */
  show(): void {
    this.parts.show([...this.expected.values()].flatMap(({ predict }) => (predict ? [predict] : [])));
  }

  private progress({ can_undo, can_redo, dirty }: Pick<Done, "can_undo" | "can_redo" | "dirty">): void {
    this.canUndo = can_undo;
    this.canRedo = can_redo;
    this.dirty = dirty;
  }
}
