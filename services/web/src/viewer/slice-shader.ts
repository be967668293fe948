import type { LabelMode } from './labels.js';

/** Share of a label's opacity that its inside has, and whether its outline is drawn. */
const modes: Record<LabelMode, { readonly fill: string; readonly outlined: boolean }> = {
  fill: { fill: '1.0', outlined: false },
  outline: { fill: '0.0', outlined: true },
  both: { fill: '0.7', outlined: true },
};

/** Width of an outline. Unit: CSS pixels. */
const WIDTH = 1.25;

/**
 * Fragment shader (GLSL ES 3.0) that draws one slice: the volume, over it the labels, over them the probability map.
 *
 * An outline lies where a step on the screen, to the side or up and down, leaves the label. Whatever plane is drawn and
 * however the volume is stored, it is the label's border in that plane, and equally wide at every zoom. The volume is
 * opaque here: its own opacity is that of the 3D view. Uniforms are those of NiiVue's own slice shader; `drawing` holds the numbers of `indexLabels`, the last row of `colormap` the colours of
 * `labelTable`.
 *
 * @param pixelRatio device pixels per CSS pixel
 */
export function sliceShader(mode: LabelMode, pixelRatio: number): string {
  const { fill, outlined } = modes[mode];
  return `#version 300 es
precision highp int;
precision highp float;
uniform highp sampler3D volume, overlay;
uniform highp sampler3D drawing;
uniform highp sampler2D colormap;
uniform float overlays;
uniform float drawOpacity;
in vec3 texPos;
out vec4 color;

int numberAt(vec3 at) {
  return int(texture(drawing, at).r * 255.0 + 0.5) & 127;
}

vec4 entry(int number) {
  return texelFetch(colormap, ivec2(number, textureSize(colormap, 0).y - 1), 0);
}

void main() {
  vec3 aside = dFdx(texPos) * ${(WIDTH * pixelRatio).toFixed(3)};
  vec3 upward = dFdy(texPos) * ${(WIDTH * pixelRatio).toFixed(3)};
  color = vec4(texture(volume, texPos).rgb, 1.0);
  int number = numberAt(texPos);
  if (number > 0) {
    float shown = entry(number).r;
    bool edge = ${outlined} && (numberAt(texPos + aside) != number || numberAt(texPos - aside) != number
      || numberAt(texPos + upward) != number || numberAt(texPos - upward) != number);
    // An outline is thin: at half the opacity it would be lost.
    float alpha = edge ? 1.0 - pow(1.0 - shown, 3.0) : shown * ${fill};
    color.rgb = mix(color.rgb, entry(number | 128).rgb, alpha * drawOpacity);
  }
  if (overlays > 0.0) {
    vec4 above = texture(overlay, texPos);
    color.rgb = mix(color.rgb, above.rgb, above.a);
  }
}`;
}
