// Draws stored samples with WebGL 2: the window is applied to their full depth in the fragment shader, so that windowing
// moves no pixels from the processor to the graphics card.

import { stops } from './colors.js';

const vertexShader = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

// SAMPLER is usampler2D, isampler2D or sampler2D, as samples are stored.
const fragmentShader = (sampler) => `#version 300 es
precision highp float;
precision highp int;
precision highp ${sampler};
uniform ${sampler} image;
uniform highp sampler2D overlay;
uniform highp sampler2D colors;
uniform int channels;
uniform bool smooth_, inverted, hasPadding;
uniform vec2 padding;
uniform vec2 window_;        // stored: real = stored * slope + intercept is applied to these limits beforehand
uniform vec2 paneTop;        // device pixels, from the bottom left
uniform vec2 worldTop, worldStep;
uniform vec2 field;          // how much of the world the image covers
uniform vec2 overlayField;
uniform float overlayScale, overlayOpacity;
out vec4 color;

bool isMissing(vec4 s) {
  return isnan(s.r) || (hasPadding && s.r >= padding.x && s.r <= padding.y);
}
vec4 at(ivec2 place, ivec2 size) {
  return vec4(texelFetch(image, clamp(place, ivec2(0), size - 1), 0));
}
void main() {
  vec2 screen = vec2(gl_FragCoord.x - paneTop.x, paneTop.y - gl_FragCoord.y);
  vec2 world = worldTop + screen * worldStep;
  vec2 part = world / field;
  color = vec4(0.0, 0.0, 0.0, 1.0);
  if (any(lessThan(part, vec2(0.0))) || any(greaterThanEqual(part, vec2(1.0)))) return;
  ivec2 size = textureSize(image, 0);
  vec2 texel = part * vec2(size);
  vec4 stored = at(ivec2(texel), size);
  if (isMissing(stored)) { color = vec4(0.05, 0.07, 0.1, 1.0); return; }
  if (smooth_) {
    vec2 corner = texel - 0.5;
    ivec2 base = ivec2(floor(corner));
    vec2 weight = corner - floor(corner);
    vec4 a = at(base, size), b = at(base + ivec2(1, 0), size);
    vec4 c = at(base + ivec2(0, 1), size), d = at(base + ivec2(1, 1), size);
    if (!isMissing(a) && !isMissing(b) && !isMissing(c) && !isMissing(d))
      stored = mix(mix(a, b, weight.x), mix(c, d, weight.x), weight.y);
  }
  vec4 shown = clamp((stored - window_.x) / (window_.y - window_.x), 0.0, 1.0);
  vec3 rgb = channels < 3 ? shown.rrr : shown.rgb;
  if (inverted) rgb = 1.0 - rgb;
  if (overlayOpacity > 0.0) {
    ivec2 grid = textureSize(overlay, 0);
    float value = texelFetch(overlay, clamp(ivec2(world / overlayField * vec2(grid)), ivec2(0), grid - 1), 0).r;
    float share = clamp(abs(value) / overlayScale, 0.0, 1.0);
    rgb = mix(rgb, texture(colors, vec2(share, 0.5)).rgb, overlayOpacity * share);
  }
  color = vec4(rgb, 1.0);
}`;

const kinds = { uint8: 'usampler2D', uint16: 'usampler2D', int8: 'isampler2D', int16: 'isampler2D', float32: 'sampler2D' };

export class Renderer {
  constructor(canvas) {
    this.canvas = canvas;
    this.gl = canvas.getContext('webgl2', { alpha: false, antialias: false, depth: false });
    if (!this.gl) throw new Error('This browser draws no WebGL 2, which the viewer needs.');
    this.prepare();
    canvas.addEventListener('webglcontextlost', (event) => event.preventDefault());
    canvas.addEventListener('webglcontextrestored', () => {
      this.prepare();
      this.onRestored?.();
    });
  }

  prepare() {
    const gl = this.gl;
    this.programs = {};
    this.largest = gl.getParameter(gl.MAX_TEXTURE_SIZE);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    this.colors = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.colors);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, stops());
    this.filter(gl.LINEAR);
    this.nothing = this.upload({ width: 1, height: 1, channels: 1, samples: 'float32' }, new Float32Array(1));
  }

  filter(mode) {
    const gl = this.gl;
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, mode);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, mode);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  }

  /** A texture of samples as they are stored. */
  upload(header, samples) {
    const gl = this.gl;
    if (Math.max(header.width, header.height) > this.largest) {
      throw new Error(`${header.width} × ${header.height} is more than the ${this.largest} that this browser draws; `
        + 'download it instead.');
    }
    const letters = ['R', 'RG', 'RGB', 'RGBA'][header.channels - 1];
    const depths = {
      uint8: ['8UI', gl.UNSIGNED_BYTE], int8: ['8I', gl.BYTE], uint16: ['16UI', gl.UNSIGNED_SHORT],
      int16: ['16I', gl.SHORT], float32: ['32F', gl.FLOAT],
    };
    const [depth, type] = depths[header.samples];
    const word = header.channels === 1 ? 'RED' : letters;
    const format = header.samples === 'float32' ? gl[word] : gl[`${word}_INTEGER`];
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl[letters + depth], header.width, header.height, 0, format, type, samples);
    this.filter(gl.NEAREST);
    return { texture, kind: kinds[header.samples], channels: header.channels };
  }

  free(image) { if (image) this.gl.deleteTexture(image.texture); }

  program(kind) {
    if (this.programs[kind]) return this.programs[kind];
    const gl = this.gl;
    const program = gl.createProgram();
    for (const [type, source] of [[gl.VERTEX_SHADER, vertexShader], [gl.FRAGMENT_SHADER, fragmentShader(kind)]]) {
      const shader = gl.createShader(type);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    const places = {};
    for (let index = 0; index < gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS); index++) {
      const { name } = gl.getActiveUniform(program, index);
      places[name] = gl.getUniformLocation(program, name);
    }
    return (this.programs[kind] = { program, places });
  }

  /** Clears the canvas, which has as many pixels as the screen gives it. */
  begin() {
    const gl = this.gl;
    this.ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight].map((n) => Math.round(n * this.ratio));
    if (this.canvas.width !== width || this.canvas.height !== height) {
      [this.canvas.width, this.canvas.height] = [width, height];
    }
    gl.disable(gl.SCISSOR_TEST);
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  /**
   * Draws an image.
   *
   * @param pane where the view has its middle: {x, y, width, height} in CSS pixels
   * @param part of the pane that is drawn, likewise
   * @param look {window: [low, high] in stored units, inverted, smooth, padding, field, overlay}
   */
  draw(image, view, pane, part, look) {
    const gl = this.gl;
    const { program, places } = this.program(image.kind);
    const ratio = this.ratio;
    gl.useProgram(program);
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(
      Math.round(part.x * ratio), this.canvas.height - Math.round((part.y + part.height) * ratio),
      Math.round(part.width * ratio), Math.round(part.height * ratio));
    const units = [image.texture, (look.overlay ?? { image: this.nothing }).image.texture, this.colors];
    units.forEach((texture, unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, texture);
    });
    gl.uniform1i(places.image, 0);
    gl.uniform1i(places.overlay, 1);
    gl.uniform1i(places.colors, 2);
    gl.uniform1i(places.channels, image.channels);
    gl.uniform1i(places.smooth_, look.smooth);
    gl.uniform1i(places.inverted, look.inverted);
    gl.uniform1i(places.hasPadding, look.padding ? 1 : 0);
    gl.uniform2f(places.padding, ...(look.padding ?? [0, 0]));
    gl.uniform2f(places.window_, ...look.window);
    gl.uniform2f(places.paneTop, pane.x * ratio, this.canvas.height - pane.y * ratio);
    gl.uniform2f(places.worldTop, ...view.toWorld(pane.x, pane.y, pane));
    gl.uniform2f(places.worldStep, 1 / view.zoom / ratio, 1 / view.zoomDown / ratio);
    gl.uniform2f(places.field, ...look.field);
    gl.uniform2f(places.overlayField, ...(look.overlay?.field ?? [1, 1]));
    gl.uniform1f(places.overlayScale, look.overlay?.scale ?? 1);
    gl.uniform1f(places.overlayOpacity, look.overlay?.opacity ?? 0);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }
}
