// Stored samples as textures of the graphics card, in the depth in which they are stored.

const kinds = { uint8: 'usampler2D', uint16: 'usampler2D', int8: 'isampler2D', int16: 'isampler2D', float32: 'sampler2D' };

/** How the bound texture is read between and beyond its pixels. */
export function filter(gl, mode) {
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, mode);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, mode);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
}

/** A texture of samples as they are stored: {texture, kind, width, height, channels}. */
export function upload(gl, { width, height, channels, samples: coding }, samples) {
  const largest = gl.getParameter(gl.MAX_TEXTURE_SIZE);
  if (Math.max(width, height) > largest) {
    throw new Error(`${width} × ${height} is more than the ${largest} that this browser draws; download it instead.`);
  }
  const letters = ['R', 'RG', 'RGB', 'RGBA'][channels - 1];
  const depths = {
    uint8: ['8UI', gl.UNSIGNED_BYTE], int8: ['8I', gl.BYTE], uint16: ['16UI', gl.UNSIGNED_SHORT],
    int16: ['16I', gl.SHORT], float32: ['32F', gl.FLOAT],
  };
  const [depth, type] = depths[coding];
  const word = channels === 1 ? 'RED' : letters;
  const format = coding === 'float32' ? gl[word] : gl[`${word}_INTEGER`];
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl[letters + depth], width, height, 0, format, type, samples);
  filter(gl, gl.NEAREST);
  return { texture, kind: kinds[coding], width, height, channels };
}
