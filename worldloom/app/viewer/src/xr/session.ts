import type { Ctx } from "../context";
import { headsetOf } from "./headset";
import { Presence } from "./presence";
import { snapshot } from "./snapshot";

export type Mode = "vr" | "ar";

export interface Xr {
  /** What this browser can enter; neither where it has no WebXR. */
  supported(): Promise<{ vr: boolean; ar: boolean }>;
  /**
   * Must be called from a click or key. Entering again while entering or inside is the same entry; the other mode must be
   * left first. Rejects with one plain sentence, which has also been announced, and leaves everything as it was.
   */
  enter(mode: Mode): Promise<void>;
  /** Resolves when the page is as before; at once if nothing is open. */
  exit(): Promise<void>;
}

/** Splats are cut off at this many standard deviations: fewer pixels than the page's own, and hardly seen at 72 Hz. */
const HEADSET_STD_DEV = Math.sqrt(5);
const FOVEATION = 1;
const NAMES = { vr: "VR", ar: "AR" } as const;
const GREETINGS = {
  vr: "You are in VR: push the thumbstick forward or pinch to go somewhere, push it sideways to turn.",
  ar: "You are in AR: squeeze, or pinch with both hands, to change between miniature and life-size.",
} as const;

/** A session from the moment it is granted until everything is back in place. */
interface Visit {
  mode: Mode;
  session: XRSession;
  closed: Promise<void>;
}

export function installXr(ctx: Ctx): Xr {
  let entering: { mode: Mode; done: Promise<void> } | null = null;
  let visit: Visit | null = null;

  function enter(mode: Mode): Promise<void> {
    const open = entering?.mode ?? visit?.mode;
    if (open && open !== mode) {
      return refuse(new Error(`${NAMES[open]} is open; leave it before entering ${NAMES[mode]}.`));
    }
    if (entering) return entering.done;
    if (visit) return Promise.resolve();
    const done = start(mode)
      .catch(refuse)
      .finally(() => {
        entering = null;
      });
    entering = { mode, done };
    return done;
  }

  function refuse(error: Error): Promise<never> {
    ctx.announce(error.message);
    return Promise.reject(error);
  }

  async function start(mode: Mode): Promise<void> {
    const session = await request(mode);
    const opened = open(ctx, mode, session);
    visit = opened.visit;
    void opened.visit.closed.then(() => {
      visit = null;
    });
    await opened.ready;
    ctx.announce(GREETINGS[mode]);
  }

  async function exit(): Promise<void> {
    await entering?.done.catch(() => undefined);
    if (!visit) return;
    const { session, closed } = visit;
    void session.end().catch(() => undefined); // it may be ending already
    await closed;
  }

  return { supported, enter, exit };
}

async function supported(): Promise<{ vr: boolean; ar: boolean }> {
  const [vr, ar] = await Promise.all((["immersive-vr", "immersive-ar"] as const).map(isSupported));
  return { vr: vr ?? false, ar: ar ?? false };
}

async function isSupported(mode: XRSessionMode): Promise<boolean> {
  try {
    return (await navigator.xr?.isSessionSupported(mode)) ?? false;
  } catch {
    return false; // forbidden by a policy: to the person that is the same
  }
}

/** Nothing may be awaited before the request: it needs the click that it came from. */
async function request(mode: Mode): Promise<XRSession> {
  const name = NAMES[mode];
  if (!navigator.xr) throw new Error(`This browser has no WebXR; open this page in a headset's browser to enter ${name}.`);
  try {
    // "layers" because three draws into a projection layer wherever the browser has one
    return await navigator.xr.requestSession(`immersive-${mode}`, { optionalFeatures: ["local-floor", "hand-tracking", "layers"] });
  } catch (error) {
    throw new Error(refusal(name, error));
  }
}

function refusal(name: string, error: unknown): string {
  switch (error instanceof DOMException ? error.name : "") {
    case "NotSupportedError":
      return `This device has no ${name}; open this page in a headset's browser.`;
    case "NotAllowedError":
    case "SecurityError":
      return `The browser did not allow ${name}; allow it for this page and try again.`;
    case "InvalidStateError":
      return `Another page is using the headset; leave it there, then enter ${name} here.`;
    default:
      return `${name} could not start: ${words(error)}`;
  }
}

function open(ctx: Ctx, mode: Mode, session: XRSession): { visit: Visit; ready: Promise<void> } {
  const { renderer } = ctx;
  const restore = snapshot(ctx);
  const listening = new AbortController();
  const { signal } = listening;
  let presence: Presence | null = null;
  let failure: string | null = null;
  let isReady = false;
  let isClosed = false;
  let resolveClosed: () => void;
  const closed = new Promise<void>((resolve) => {
    resolveClosed = resolve;
  });

  /** Everything back as before, whatever happened and however often it is called; one step's failure stops no other. */
  function close(message: string | null): void {
    if (isClosed) return;
    isClosed = true;
    listening.abort();
    const steps = [
      () => presence?.dispose(),
      () => ctx.setBudget(null),
      restore,
      () => ctx.setFrameCallback(null), // after the camera is back, for the page may take its view from it
      () => ctx.requestRender(),
      () => message !== null && ctx.announce(message),
    ];
    for (const step of steps) {
      try {
        step();
      } catch (error) {
        console.error(error);
      }
    }
    resolveClosed();
  }

  /** Ends the session after this frame or event; until then nothing more is drawn. */
  function fail(error: unknown): void {
    if (failure !== null || isClosed) return;
    failure = `${NAMES[mode]} was left because of an error: ${words(error)}`;
    console.error(error);
    void end();
  }

  async function end(): Promise<void> {
    await Promise.resolve(); // three must have finished the frame that this may come from
    try {
      await session.end();
    } catch {
      // it had ended already
    }
    close(farewell());
  }

  function farewell(): string | null {
    return isReady ? (failure ?? `You have left ${NAMES[mode]}.`) : null; // what never began is told by the rejection
  }

  function guarded<T extends unknown[]>(work: (...given: T) => void): (...given: T) => void {
    return (...given) => {
      if (failure !== null || isClosed) return;
      try {
        work(...given);
      } catch (error) {
        fail(error);
      }
    };
  }

  function leaveIfUnseen(): void {
    // the page behind a headset's view may count as hidden; nobody sees anything only when the view is hidden too
    if (document.visibilityState === "hidden" && session.visibilityState === "hidden") void end();
  }

  async function prepare(): Promise<void> {
    const [space, knowsFloor] = await referenceSpace(session);
    renderer.xr.enabled = true;
    renderer.xr.setReferenceSpaceType(knowsFloor ? "local-floor" : "local");
    renderer.xr.setFramebufferScaleFactor(headsetOf(navigator.userAgent).scale);
    renderer.xr.setFoveation(FOVEATION);
    const begun = renderer.xr.setSession(session);
    // three has begun to listen for the end just now, so it hears of it first and has let go of everything by then
    session.addEventListener("end", () => close(farewell()), { signal });
    await begun;
    if (isClosed) throw new Error("the session ended before it began.");

    presence = new Presence(ctx, session, renderer.xr.getReferenceSpace() ?? space, knowsFloor, mode);
    ctx.spark.maxStdDev = HEADSET_STD_DEV;
    if (mode === "ar") ctx.scene.background = null;
    for (const [name, listener] of Object.entries(presence.on)) {
      session.addEventListener(name, guarded(listener as (event: Event) => void), { signal });
    }
    session.addEventListener("visibilitychange", leaveIfUnseen, { signal });
    document.addEventListener("visibilitychange", leaveIfUnseen, { signal });
    window.addEventListener("pagehide", () => void end(), { signal });
    renderer.domElement.addEventListener("webglcontextlost", () => fail(new Error("the graphics device was lost.")), { signal });
    const living = presence;
    const draw = guarded((time: number, frame: XRFrame) => living.frame(time, frame));
    ctx.setFrameCallback((time, frame) => {
      if (frame) draw(time, frame);
    });
    isReady = true;
  }

  const ready = prepare().catch(async (error: unknown) => {
    await end();
    throw new Error(`${NAMES[mode]} could not start: ${words(error)}`);
  });
  return { visit: { mode, session, closed }, ready };
}

/** A space whose origin is on the floor, or else at the eyes. */
async function referenceSpace(session: XRSession): Promise<[XRReferenceSpace, boolean]> {
  try {
    return [await session.requestReferenceSpace("local-floor"), true];
  } catch {
    return [await session.requestReferenceSpace("local"), false];
  }
}

function words(error: unknown): string {
  const text = error instanceof Error || error instanceof DOMException ? error.message : String(error);
  return /[.!?]$/.test(text) ? text : `${text || "no reason given"}.`;
}
