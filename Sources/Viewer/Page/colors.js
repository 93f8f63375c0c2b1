// Colors of what is laid over an image: from dark violet to yellow, evenly brighter, so that they also order for who sees
// colors otherwise (nine stops of matplotlib's "plasma", CC0).

const plasma = [
  [13, 8, 135], [75, 3, 161], [125, 3, 168], [168, 34, 150], [203, 70, 121], [229, 107, 93], [248, 148, 65],
  [253, 195, 40], [240, 249, 33],
];

/** 256 colors, four bytes each. */
export function stops() {
  const bytes = new Uint8Array(256 * 4);
  for (let index = 0; index < 256; index++) {
    const place = (index / 255) * (plasma.length - 1);
    const low = Math.min(Math.floor(place), plasma.length - 2);
    for (let channel = 0; channel < 3; channel++) {
      const [from, to] = [plasma[low][channel], plasma[low + 1][channel]];
      bytes[index * 4 + channel] = Math.round(from + (to - from) * (place - low));
    }
    bytes[index * 4 + 3] = 255;
  }
  return bytes;
}

/** The bar beside the image, its highest value on top. */
export function drawBar(canvas) {
  const context = canvas.getContext('2d');
  const picture = context.createImageData(1, 256);
  const bytes = stops();
  for (let row = 0; row < 256; row++) picture.data.set(bytes.subarray((255 - row) * 4, (256 - row) * 4), row * 4);
  context.putImageData(picture, 0, 0);
}
