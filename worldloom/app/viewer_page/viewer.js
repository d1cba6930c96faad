// @ts-check
/**
 * Draws a world's Gaussians with WebGL2: every splat is a quad around its ellipse on the screen (Zwicker et al. 2001;
 * Kerbl et al. 2023), blended from far to near. Constants are the project's rasterizers': alpha cut at 1/255, held at
 * 0.99, blur of 0.3 square pixels.
 */

import { Camera, Hands } from "./camera.js";

const SPLATS_PER_ROW = 1024; // of the data texture
const TEXELS_PER_SPLAT = 3;
const SHARPEST = 1.5; // canvas pixels per CSS pixel at most: splats are soft, and pixels cost

const VERTEX_SHADER = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;

uniform usampler2D splats;
uniform mat4 worldToCamera;
uniform vec3 eye;
uniform vec2 viewport;  // pixels
uniform float focal;    // pixels

in uint index;
out vec2 offset;        // standard deviations from the mean
out vec4 color;

vec4 words(uint word) {
  return vec4(uvec4(word, word >> 8u, word >> 16u, word >> 24u) & 255u) / 255.0;
}
vec4 signedWords(uint word) {
  return vec4(ivec4(uvec4(word << 24u, word << 16u, word << 8u, word)) >> 24) / 127.0;
}

void main() {
  ivec2 texel = ivec2(int(index % ${SPLATS_PER_ROW}u) * ${TEXELS_PER_SPLAT}, int(index / ${SPLATS_PER_ROW}u));
  uvec4 first = texelFetch(splats, texel, 0);
  uvec4 second = texelFetch(splats, texel + ivec2(1, 0), 0);
  uvec4 third = texelFetch(splats, texel + ivec2(2, 0), 0);

  gl_Position = vec4(0.0, 0.0, 2.0, 1.0);  // outside: nothing is drawn
  vec3 mean = uintBitsToFloat(first.xyz);
  vec3 p = (worldToCamera * vec4(mean, 1.0)).xyz;
  color = words(first.w);
  if (p.z < 0.01 || color.a < 1.0 / 255.0) return;

  float factor = uintBitsToFloat(second.w);
  vec2 a = unpackHalf2x16(second.x), b = unpackHalf2x16(second.y), c = unpackHalf2x16(second.z);
  mat3 covariance = factor * mat3(a.x, a.y, b.x, a.y, b.y, c.x, b.x, c.x, c.y);

  vec2 limit = 0.65 * viewport / focal;
  vec2 slope = clamp(p.xy / p.z, -limit, limit);
  mat3 view = mat3(worldToCamera);
  vec3 across = focal / p.z * (vec3(view[0].x, view[1].x, view[2].x) - slope.x * vec3(view[0].z, view[1].z, view[2].z));
  vec3 downwards = focal / p.z * (vec3(view[0].y, view[1].y, view[2].y) - slope.y * vec3(view[0].z, view[1].z, view[2].z));
  float xx = dot(across, covariance * across) + 0.3;
  float xy = dot(across, covariance * downwards);
  float yy = dot(downwards, covariance * downwards) + 0.3;

  float middle = 0.5 * (xx + yy);
  float spread = length(vec2(0.5 * (xx - yy), xy));
  vec2 deviations = sqrt(max(vec2(middle + spread, middle - spread), 0.0));
  vec2 major = abs(xy) > 1e-9 ? normalize(vec2(xy, middle + spread - xx)) : (xx >= yy ? vec2(1, 0) : vec2(0, 1));
  float reach = sqrt(2.0 * log(255.0 * color.a));  // where alpha falls to 1/255

  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
  offset = corner * reach;
  vec2 pixels = focal * p.xy / p.z + offset.x * deviations.x * major + offset.y * deviations.y * vec2(-major.y, major.x);
  gl_Position = vec4(2.0 * pixels.x / viewport.x, -2.0 * pixels.y / viewport.y, 0.0, 1.0);

  vec3 direction = normalize(mean - eye);
  vec4 s0 = signedWords(third.x), s1 = signedWords(third.y), s2 = signedWords(third.z);
  vec3 turn = -direction.y * s0.xyz + direction.z * vec3(s0.w, s1.xy) - direction.x * vec3(s1.zw, s2.x);
  color.rgb = max(color.rgb + 0.4886025119029199 * uintBitsToFloat(third.w) * turn, 0.0);
}`;

const FRAGMENT_SHADER = `#version 300 es
precision highp float;

in vec2 offset;
in vec4 color;
out vec4 pixel;

void main() {
  float alpha = min(0.99, color.a * exp(-0.5 * dot(offset, offset)));
  if (alpha < 1.0 / 255.0) discard;
  pixel = vec4(color.rgb * alpha, alpha);
}`;

/**
 * @typedef {object} Scene what the server says of the world
 * @property {string} name
 * @property {number} count
 * @property {number} bytesPerSplat
 * @property {[number, number, number]} background sRGB
 * @property {{position: [number, number, number], rotation: number[]}} spawn
 * @property {string} folder
 * @property {{label: string, href: string}[]} links
 */

/** @param {string} id @returns {HTMLElement} */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

class Viewer {
  camera = new Camera();
  frame = 0;
  #version = 0; // of the camera, counted up by every change
  #sorted = -1; // the version that the order in use was made for
  #sorting = false;
  #drawn = 0; // splats in the order in use
  #waiting = false; // for the browser to call #tick
  #last = 0; // time of the last tick, milliseconds

  /** @param {HTMLCanvasElement} canvas @param {Scene} scene @param {ArrayBuffer} data */
  constructor(canvas, scene, data) {
    this.canvas = canvas;
    this.scene = scene;
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false, powerPreference: "high-performance" });
    if (!gl) throw new Error("This browser has no WebGL2, which drawing a world needs. Try another browser.");
    this.gl = gl;
    this.program = link(gl);
    this.#upload(data);

    this.worker = new Worker("sort_worker.js");
    this.worker.onmessage = ({ data }) => this.#takeOrder(data);
    this.worker.postMessage({ means: meansOf(data, scene) });

    this.hands = new Hands(canvas, this.camera, { changed: () => this.changed(), reset: () => this.reset() });
    canvas.addEventListener("webglcontextlost", () => fail("The graphics driver gave up. Reload the page."));
    new ResizeObserver(() => this.#fit()).observe(canvas);
    this.#fit();
    this.reset();
  }

  /** Whether the picture on the screen is the camera's, sorted for it. */
  get settled() {
    return !this.#waiting && !this.#sorting && this.#sorted === this.#version;
  }

  reset() {
    this.camera.setPose(this.scene.spawn);
    this.camera.fov = this.canvas.width < this.canvas.height ? 75 : 60;
    this.changed();
  }

  /** The camera has moved: sort for it and draw. */
  changed() {
    this.#version++;
    this.#sort();
    this.#request();
  }

  #request() {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame((time) => this.#tick(time));
  }

  /** @param {number} time milliseconds */
  #tick(time) {
    this.#waiting = false;
    if (this.hands.busy) {
      this.hands.step(Math.min((time - this.#last) / 1000, 0.1));
      this.changed();
    }
    this.#last = time;
    this.#draw();
  }

  #sort() {
    if (this.#sorting) return;
    this.#sorting = true;
    this.worker.postMessage({ axis: this.camera.worldToCamera()[2], version: this.#version });
  }

  /** @param {{order: Uint32Array, version: number}} message */
  #takeOrder({ order, version }) {
    const { gl } = this;
    gl.bufferData(gl.ARRAY_BUFFER, order, gl.DYNAMIC_DRAW);
    this.#drawn = order.length;
    this.#sorted = version;
    this.#sorting = false;
    if (version !== this.#version) this.#sort();
    this.#request();
  }

  /** @param {ArrayBuffer} data */
  #upload(data) {
    const { gl, scene } = this;
    const rows = Math.max(1, Math.ceil(scene.count / SPLATS_PER_ROW));
    if (rows > gl.getParameter(gl.MAX_TEXTURE_SIZE)) throw new Error("This world is too large for this graphics card.");
    const words = new Uint32Array(rows * SPLATS_PER_ROW * TEXELS_PER_SPLAT * 4);
    words.set(new Uint32Array(data));
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    const width = SPLATS_PER_ROW * TEXELS_PER_SPLAT;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32UI, width, rows, 0, gl.RGBA_INTEGER, gl.UNSIGNED_INT, words);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);

    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    const index = gl.getAttribLocation(this.program, "index");
    gl.enableVertexAttribArray(index);
    gl.vertexAttribIPointer(index, 1, gl.UNSIGNED_INT, 0, 0);
    gl.vertexAttribDivisor(index, 1);
    gl.useProgram(this.program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.clearColor(...scene.background, 1);
  }

  #fit() {
    const sharpness = Math.min(devicePixelRatio, SHARPEST);
    this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * sharpness));
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * sharpness));
    this.#request();
  }

  #draw() {
    const { gl, canvas, camera } = this;
    const uniform = (/** @type {string} */ name) => gl.getUniformLocation(this.program, name);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniformMatrix4fv(uniform("worldToCamera"), true, camera.worldToCamera().flat());
    gl.uniform3fv(uniform("eye"), camera.position);
    gl.uniform2f(uniform("viewport"), canvas.width, canvas.height);
    gl.uniform1f(uniform("focal"), canvas.height / 2 / Math.tan((camera.fov * Math.PI) / 360));
    if (this.#drawn) gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.#drawn);
    this.frame++;
    if (this.#sorted >= 0) document.documentElement.dataset.state = "rendered";
  }
}

/** @param {WebGL2RenderingContext} gl */
function link(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of /** @type {const} */ ([[gl.VERTEX_SHADER, VERTEX_SHADER], [gl.FRAGMENT_SHADER, FRAGMENT_SHADER]])) {
    const shader = /** @type {WebGLShader} */ (gl.createShader(kind));
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(`${gl.getShaderInfoLog(shader)}`);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(`${gl.getProgramInfoLog(program)}`);
  return program;
}

/** @param {ArrayBuffer} data @param {Scene} scene @returns {Float32Array} (N, 3) */
function meansOf(data, { count, bytesPerSplat }) {
  const floats = new Float32Array(data);
  const stride = bytesPerSplat / 4;
  const means = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) means.set(floats.subarray(i * stride, i * stride + 3), 3 * i);
  return means;
}

/** @param {string} address @param {number} size bytes expected @param {(share: number) => void} report */
async function download(address, size, report) {
  const response = await fetch(address);
  if (!response.ok || !response.body) throw new Error(`The server has no ${address} (${response.status}).`);
  const whole = new Uint8Array(size);
  let received = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    whole.set(value, received);
    received += value.length;
    report(received / size);
  }
  if (received !== size) throw new Error("The world broke off while loading. Reload the page.");
  return whole.buffer;
}

/** @param {Scene} scene */
function describe({ name, count, links, folder }) {
  document.title = `${name} - Worldloom`;
  element("name").textContent = name;
  element("count").textContent = `${count.toLocaleString("en")} splats`;
  element("folder").textContent = folder;
  for (const { label, href } of links) {
    const anchor = document.createElement("a");
    anchor.href = href;
    anchor.textContent = label;
    if (href.endsWith(".html")) anchor.target = "_blank";
    element("links").append(anchor);
  }
}

/** @param {boolean} [open] the other way round when not given */
function showHelp(open = element("help").hidden) {
  element("help").hidden = !open;
  element("help-button").setAttribute("aria-expanded", String(open));
}

/** @param {string} sentence */
function fail(sentence) {
  document.documentElement.dataset.state = "failed";
  element("loading").hidden = false;
  element("message").textContent = sentence;
  element("progress").hidden = true;
}

async function main() {
  document.documentElement.dataset.state = "loading";
  element("help-button").addEventListener("click", () => showHelp());
  addEventListener("keydown", ({ code, ctrlKey, metaKey }) => {
    if (code === "KeyH" && !ctrlKey && !metaKey) showHelp();
    if (code === "Escape") showHelp(false);
  });
  /** @type {Scene} */
  const scene = await (await fetch("scene.json")).json();
  describe(scene);
  const progress = /** @type {HTMLProgressElement} */ (element("progress"));
  const data = await download("world.splats", scene.count * scene.bytesPerSplat, (share) => (progress.value = share));
  const viewer = new Viewer(/** @type {HTMLCanvasElement} */ (element("view")), scene, data);
  element("loading").hidden = true;
  Object.assign(window, {
    worldloom: {
      camera: viewer.camera,
      splatCount: scene.count,
      /** @param {number[][]} worldToCamera (4, 4) OpenCV axes @param {number} fov vertical, degrees */
      setCamera(worldToCamera, fov) {
        viewer.camera.setWorldToCamera(worldToCamera);
        viewer.camera.fov = fov;
        viewer.changed();
      },
      get frame() {
        return viewer.frame;
      },
      get settled() {
        return viewer.settled;
      },
    },
  });
}

main().catch((error) => fail(error.message));
