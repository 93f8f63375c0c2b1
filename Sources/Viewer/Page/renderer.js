// Draws stored samples with WebGL 2: the window is applied to their full depth in the fragment shader, so that windowing
// moves no pixels from the processor to the graphics card.

import { stops } from './colors.js';
import { fragmentShader, vertexShader } from './shaders.js';
import { filter, upload } from './textures.js';

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
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    this.colors = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.colors);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, stops());
    filter(gl, gl.LINEAR);
  }

  upload(header, samples) { return upload(this.gl, header, samples); }

  free(image) { if (image) this.gl.deleteTexture(image.texture); }

  program(look) {
    const key = Object.values(look).join();
    if (this.programs[key]) return this.programs[key];
    const gl = this.gl;
    const program = gl.createProgram();
    for (const [type, source] of [[gl.VERTEX_SHADER, vertexShader], [gl.FRAGMENT_SHADER, fragmentShader(look)]]) {
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
    return (this.programs[key] = { program, places });
  }

  /**
   * Clears the canvas, which has as many pixels as the screen gives it.
   *
   * @param stage its size in CSS pixels
   */
  begin(stage) {
    const gl = this.gl;
    this.ratio = window.devicePixelRatio || 1;
    const [width, height] = [stage.width, stage.height].map((n) => Math.round(n * this.ratio));
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
    if (!this.cut(view, pane, part, look.field)) return;
    const { overlay, padding } = look;
    const isFloating = image.kind === 'sampler2D';
    const { program, places } = this.program({
      sampler: image.kind, isColored: image.channels >= 3, isSmooth: look.smooth, hasOverlay: Boolean(overlay),
      missing: padding ? (isFloating ? 'both' : 'range') : isFloating ? 'nan' : 'none',
    });
    gl.useProgram(program);
    const textures = overlay ? [image.texture, overlay.image.texture, this.colors] : [image.texture];
    textures.forEach((texture, unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, texture);
    });
    gl.uniform1i(places.image, 0);
    const [low, high] = look.inverted ? [look.window[1], look.window[0]] : look.window;
    gl.uniform1f(places.low, low);
    gl.uniform1f(places.gain, 1 / (high - low));
    gl.uniform2f(places.paneTop, pane.x * this.ratio, this.canvas.height - pane.y * this.ratio);
    this.place(places.start, places.step_, places.last, image, view, pane, look.field);
    if (padding) gl.uniform2f(places.padding, ...padding);
    if (overlay) {
      gl.uniform1i(places.overlay, 1);
      gl.uniform1i(places.colors, 2);
      this.place(places.overlayStart, places.overlayStep, places.overlayLast, overlay.image, view, pane, overlay.field);
      gl.uniform1f(places.overlayGain, 1 / overlay.scale);
      gl.uniform1f(places.overlayOpacity, overlay.opacity);
    }
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** Where pixels of the screen lie in an image that covers so much of the world. */
  place(start, step, last, image, view, pane, field) {
    const gl = this.gl;
    const [x, y] = view.toWorld(pane.x, pane.y, pane);
    const scale = [image.width / field[0], image.height / field[1]];
    gl.uniform2f(start, x * scale[0], y * scale[1]);
    gl.uniform2f(step, scale[0] / view.zoom / this.ratio, scale[1] / view.zoomDown / this.ratio);
    gl.uniform2i(last, image.width - 1, image.height - 1);
  }

  /** Limits what is drawn to the pixels of a part whose middles the image covers; whether there are any. */
  cut(view, pane, part, field) {
    const gl = this.gl;
    const [begin, end] = [view.toScreen(0, 0, pane), view.toScreen(...field, pane)];
    const [left, right] = [[part.x, begin[0], Math.max], [part.x + part.width, end[0], Math.min]]
      .map(([limit, edge, choose]) => choose(Math.round(limit * this.ratio), Math.ceil(edge * this.ratio - 0.5)));
    const [top, bottom] = [[part.y, begin[1], Math.max], [part.y + part.height, end[1], Math.min]]
      .map(([limit, edge, choose]) => choose(Math.round(limit * this.ratio), Math.ceil(edge * this.ratio - 0.5)));
    if (right <= left || bottom <= top) return false;
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(left, this.canvas.height - bottom, right - left, bottom - top);
    return true;
  }
}
