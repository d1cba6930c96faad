/** The websocket of an editing page: says hello, keeps what is not answered yet, and sends it again after an interruption. */
import { worldAddress } from "../api";
import { Signal } from "../signal";
import type { ClientMessage, Person, Request, ServerMessage } from "./messages";

const FIRST_WAIT = 500; // milliseconds
const LONGEST_WAIT = 15_000;
const PING_EVERY = 20_000;
/** Codes with which the server closes for good, and what a person should know. */
const FINAL: Record<number, string> = {
  4403: "The link by which you edit was taken back. Ask the world's owner for another.",
  4404: "There is no such world or branch to edit. Choose another one.",
  4429: "Too many people edit on this server just now. Try again later.",
};

export class EditSocket {
  readonly lost = new Signal();
  /** It will not come back; why. */
  readonly ended = new Signal<string>();
  /** Oldest first. */
  readonly unanswered: Request[] = [];
  private socket: WebSocket | null = null;
  private wait = FIRST_WAIT;
  private closed = false;
  private welcomed = false;
  private readonly pings: number;

  constructor(
    private readonly world: string,
    private readonly branch: string,
    private readonly person: () => Pick<Person, "id" | "name" | "colour">,
    private readonly receive: (message: ServerMessage) => void,
  ) {
    this.pings = window.setInterval(() => this.send({ type: "ping" }), PING_EVERY);
    this.connect();
  }

  get open(): boolean {
    return this.welcomed;
  }

  /** Sent now, or as soon as there is a connection; kept until it is answered. */
  request(message: Request): void {
    this.unanswered.push(message);
    if (this.welcomed) this.send(message);
  }

  answered(id: string): void {
    const index = this.unanswered.findIndex((message) => message.id === id);
    if (index >= 0) this.unanswered.splice(index, 1);
  }

  /** Lost where there is no connection. */
  send(message: ClientMessage): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  introduce(): void {
    this.send({ type: "hello", person: this.person() });
  }

  close(): void {
    this.closed = true;
    clearInterval(this.pings);
    this.socket?.close();
  }

  private connect(): void {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const query = new URLSearchParams({ branch: this.branch });
    const share = new URLSearchParams(location.search).get("share");
    if (share) query.set("share", share);
    const socket = new WebSocket(`${scheme}//${location.host}${worldAddress(this.world)}/edit?${query}`);
    this.socket = socket;
    socket.addEventListener("open", () => this.introduce());
    socket.addEventListener("message", (event) => {
      const message = JSON.parse(String(event.data)) as ServerMessage;
      this.receive(message);
      if (message.type !== "welcome" || this.welcomed) return;
      this.welcomed = true;
      this.wait = FIRST_WAIT;
      for (const request of this.unanswered) this.send(request);
    });
    socket.addEventListener("close", ({ code }) => {
      this.socket = null;
      this.welcomed = false;
      this.lost.emit();
      if (this.closed) return;
      if (FINAL[code]) {
        this.close();
        this.ended.emit(FINAL[code]);
        return;
      }
      setTimeout(() => !this.closed && this.connect(), this.wait * (0.75 + Math.random() / 2));
      this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
    });
  }
}
