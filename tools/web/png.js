// A picture as a PNG file: the same pixels, those that are transparent included.

import { crc32 } from "./codec/bytes.js";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const INDEXED = 3;

/** Return a promise of a Blob: an indexed PNG of up to 256 colours, else RGB or RGBA. */
export async function pngBlob(picture) {
  const { width, height, channels, palette, metadata } = picture;
  const isIndexed = palette.length / channels <= 256;
  const head = new Uint8Array(13);
  const view = new DataView(head.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  head.set([8, isIndexed ? INDEXED : channels === 4 ? 6 : 2, 0, 0, 0], 8);
  const chunks = [chunk("IHDR", head)];
  if (metadata.icc) {
    const name = new TextEncoder().encode("ICC\0\0"); // a name, its end, compression method 0
    chunks.push(chunk("iCCP", joined([name, await deflated(metadata.icc)])));
  }
  if (isIndexed) {
    chunks.push(...paletteChunks(palette, channels));
  }
  chunks.push(chunk("IDAT", await deflated(scanlines(picture, isIndexed))));
  chunks.push(chunk("IEND", new Uint8Array(0)));
  return new Blob([Uint8Array.from(SIGNATURE), ...chunks], { type: "image/png" });
}

function chunk(type, content) {
  const data = new Uint8Array(12 + content.length);
  const view = new DataView(data.buffer);
  view.setUint32(0, content.length);
  data.set(new TextEncoder().encode(type), 4);
  data.set(content, 8);
  view.setUint32(8 + content.length, crc32(data, 4, 8 + content.length));
  return data;
}

function paletteChunks(palette, channels) {
  const colors = palette.length / channels;
  const rgb = new Uint8Array(3 * colors);
  const alpha = new Uint8Array(colors).fill(255);
  for (let entry = 0; entry < colors; entry++) {
    rgb.set(palette.subarray(channels * entry, channels * entry + 3), 3 * entry);
    alpha[entry] = channels === 4 ? palette[4 * entry + 3] : 255;
  }
  return channels === 4 ? [chunk("PLTE", rgb), chunk("tRNS", alpha)] : [chunk("PLTE", rgb)];
}

function scanlines({ width, height, channels, palette, indices }, isIndexed) {
  const samples = isIndexed ? 1 : channels;
  const lines = new Uint8Array(height * (1 + width * samples));
  let at = 0;
  for (let pixel = 0; pixel < indices.length; pixel++) {
    if (pixel % width === 0) {
      at++; // filter 0
    }
    if (isIndexed) {
      lines[at++] = indices[pixel];
    } else {
      for (let channel = 0; channel < channels; channel++) {
        lines[at++] = palette[channels * indices[pixel] + channel];
      }
    }
  }
  return lines;
}

async function deflated(data) {
  const stream = new Blob([data]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
