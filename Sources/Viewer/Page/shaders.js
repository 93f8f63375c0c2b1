// What the graphics card computes for each pixel of the screen: the stored sample that lies there, windowed, and the color over
// it. Each look has a program of its own that does nothing else, since a processor that draws in the card's stead feels every
// step; pixels outside of the image are not drawn at all.

export const vertexShader = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

const missing = { none: 'false', nan: 'isnan(s.r)', range: 's.r >= padding.x && s.r <= padding.y',
  both: 'isnan(s.r) || (s.r >= padding.x && s.r <= padding.y)' };

const smoothed = `
  vec2 corner = texel - 0.5;
  ivec2 base = ivec2(floor(corner));
  vec2 weight = corner - floor(corner);
  vec4 a = at(base), b = at(base + ivec2(1, 0));
  vec4 c = at(base + ivec2(0, 1)), d = at(base + ivec2(1, 1));
  if (!isMissing(a) && !isMissing(b) && !isMissing(c) && !isMissing(d))
    stored = mix(mix(a, b, weight.x), mix(c, d, weight.x), weight.y);`;

const laidOver = `
  vec2 there = overlayStart + screen * overlayStep;
  float value = texelFetch(overlay, clamp(ivec2(there), ivec2(0), overlayLast), 0).r;
  float share = clamp(abs(value) * overlayGain, 0.0, 1.0);
  rgb = mix(rgb, texture(colors, vec2(share, 0.5)).rgb, overlayOpacity * share);`;

/**
 * @param look {sampler: usampler2D, isampler2D or sampler2D, as samples are stored; isColored; isSmooth; hasOverlay;
 *   missing: none, nan, range or both, what stands for no data}
 */
export const fragmentShader = (look) => `#version 300 es
precision highp float;
precision highp int;
precision highp ${look.sampler};
uniform ${look.sampler} image;
uniform highp sampler2D overlay;
uniform highp sampler2D colors;
uniform vec2 padding;
uniform float low, gain;     // of the window, as samples are stored; the gain is negative where high values are dark
uniform vec2 paneTop;        // device pixels, from the bottom left
uniform vec2 start, step_;   // in pixels of the image
uniform ivec2 last;
uniform vec2 overlayStart, overlayStep;
uniform ivec2 overlayLast;
uniform float overlayGain, overlayOpacity;
out vec4 color;

bool isMissing(vec4 s) { return ${missing[look.missing]}; }
vec4 at(ivec2 place) { return vec4(texelFetch(image, clamp(place, ivec2(0), last), 0)); }
void main() {
  vec2 screen = vec2(gl_FragCoord.x - paneTop.x, paneTop.y - gl_FragCoord.y);
  vec2 texel = start + screen * step_;
  vec4 stored = at(ivec2(texel));
  if (isMissing(stored)) { color = vec4(0.05, 0.07, 0.1, 1.0); return; }${look.isSmooth ? smoothed : ''}
  vec3 rgb = clamp((stored.${look.isColored ? 'rgb' : 'rrr'} - low) * gain, 0.0, 1.0);${look.hasOverlay ? laidOver : ''}
  color = vec4(rgb, 1.0);
}`;
