// Pictures on canvases.

// Beyond, canvases stay empty in one browser or another.
const LARGEST_SIDE = 16_384;
const LARGEST_AREA = 2 ** 26;

/** Return by how much a picture has to be reduced to be drawn: 1, where it need not be. */
export function reduction(width, height) {
  let factor = 1;
  while (
    Math.ceil(width / factor) > LARGEST_SIDE ||
    Math.ceil(height / factor) > LARGEST_SIDE ||
    Math.ceil(width / factor) * Math.ceil(height / factor) > LARGEST_AREA
  ) {
    factor++;
  }
  return factor;
}

/** Draw RGBA pixels; of a picture too large for a canvas every nth in rows and columns. */
export function drawPicture(canvas, { width, height, rgba }) {
  const factor = reduction(width, height);
  canvas.width = Math.ceil(width / factor);
  canvas.height = Math.ceil(height / factor);
  const pixels = factor === 1 ? rgba : everyNth(rgba, width, height, factor);
  const image = new ImageData(pixels, canvas.width, canvas.height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return factor;
}

function everyNth(rgba, width, height, factor) {
  const source = new Uint32Array(rgba.buffer);
  const columns = Math.ceil(width / factor);
  const reduced = new Uint32Array(columns * Math.ceil(height / factor));
  for (let at = 0; at < reduced.length; at++) {
    const y = Math.floor(at / columns);
    reduced[at] = source[y * factor * width + (at % columns) * factor];
  }
  return new Uint8ClampedArray(reduced.buffer);
}
