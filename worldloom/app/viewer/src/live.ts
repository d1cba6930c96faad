/** The websocket to the server: tells it where the camera is and answers its commands. Viewing never waits for it. */
import { worldAddress } from "./api";
import type { CameraView } from "./protocol";
import { Signal } from "./signal";

const SHORTEST_GAP = 100; // milliseconds between two camera messages
const LARGEST_MESSAGE = 4 << 20; // characters; the server hangs up on more
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;

interface ServerMessage {
  type: string;
  id?: unknown;
  name?: string;
  args?: Record<string, unknown>;
  number?: number;
  viewers?: { viewer: string; camera: CameraView }[];
}

export class Live {
  readonly id = crypto.randomUUID?.() ?? `${Date.now().toString(16)}-${Math.random().toString(16).slice(2)}`;
  readonly version = new Signal<number>();
  readonly viewers = new Signal<number>();
  private socket: WebSocket | null = null;
  private wait = FIRST_WAIT;
  private pending: CameraView | null = null;
  private sent = "";
  private timer = 0;

  constructor(
    private readonly world: string,
    private readonly command: (name: string, args: Record<string, unknown>) => Promise<unknown>,
    private readonly camera: () => CameraView,
  ) {}

  connect(): void {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${worldAddress(this.world)}/live`);
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.wait = FIRST_WAIT;
      this.sent = "";
      this.send({ type: "hello", viewer: this.id });
      this.sendCamera(this.camera());
    });
    socket.addEventListener("message", (event) => void this.receive(event.data));
    socket.addEventListener("close", () => {
      this.socket = null;
      setTimeout(() => this.connect(), this.wait * (0.75 + Math.random() / 2));
      this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
    });
  }

  /** Returns whether it went out: not while there is no connection, and not what the server would refuse for its size. */
  send(message: Record<string, unknown>): boolean {
    const text = JSON.stringify(message);
    if (this.socket?.readyState !== WebSocket.OPEN || text.length > LARGEST_MESSAGE) return false;
    this.socket.send(text);
    return true;
  }

  /** At most ten times a second, and only what has changed. */
  sendCamera(camera: CameraView): void {
    this.pending = camera;
    if (this.timer) return;
    this.flush();
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      if (this.pending) this.sendCamera(this.pending);
    }, SHORTEST_GAP);
  }

  private flush(): void {
    const text = JSON.stringify(this.pending);
    if (this.pending && text !== this.sent && this.socket?.readyState === WebSocket.OPEN) {
      this.sent = text;
      this.send({ type: "camera", ...this.pending });
    }
    this.pending = null;
  }

  private async receive(data: unknown): Promise<void> {
    let message: ServerMessage;
    try {
      message = JSON.parse(String(data)) as ServerMessage;
    } catch {
      return; // not for this page
    }
    if (message.type === "version" && typeof message.number === "number") this.version.emit(message.number);
    if (message.type === "viewers" && Array.isArray(message.viewers)) this.viewers.emit(message.viewers.length);
    if (message.type !== "command" || typeof message.name !== "string") return;
    try {
      const value = await this.command(message.name, message.args ?? {});
      const sent = this.send({ type: "result", id: message.id, value: value ?? null });
      if (!sent) this.send({ type: "result", id: message.id, error: "The answer is too large to send. Make the window smaller." });
    } catch (error) {
      this.send({ type: "result", id: message.id, error: error instanceof Error ? error.message : String(error) });
    }
  }
}
