// Decoding apart from the page: a file that takes long, or all memory, stops nothing but this.

import { decode, toRGBA } from "./kq.js";

self.addEventListener("message", ({ data: { id, bytes, limits } }) => {
  const began = performance.now();
  try {
    const picture = decode(bytes, limits);
    const milliseconds = performance.now() - began;
    const rgba = toRGBA(picture);
    const { palette, indices } = picture;
    self.postMessage({ id, picture: { ...picture, rgba, milliseconds } }, [
      palette.buffer,
      indices.buffer,
      rgba.buffer,
    ]);
  } catch (error) {
    // names and messages only: an error that is no KqError, of memory say, is told as it is
    self.postMessage({ id, error: { kind: error.name, message: error.message } });
  }
});
