// Draws stored samples with WebGL 2: the window is applied to their full depth in the fragment shader, so that windowing
// moves no pixels from the processor to the graphics card.

import { stops } from './colors.js';
import { fragmentShader, vertexShader } from './shaders.js';

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
