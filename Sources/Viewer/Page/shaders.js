// What the graphics card computes for each pixel of the screen: the stored sample that lies there, windowed, and the color over it.

export const vertexShader = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

/** The sampler is usampler2D, isampler2D or sampler2D, as samples are stored. */
export const fragmentShader = (sampler) => `#version 300 es
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
