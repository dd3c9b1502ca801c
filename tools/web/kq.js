// A decoder of the `.kq` image format, written from spec/kq-format.md and spec/entropy.md.
//
//     import { decode, toRGBA } from "./kq.js";
//     const picture = decode(new Uint8Array(await (await fetch("picture.kq")).arrayBuffer()));
//     const image = new ImageData(toRGBA(picture), picture.width, picture.height);
//
// It depends on nothing but its own folder `codec/`, and runs in a page, a worker or Node. Encoding,
// regions and colour management are not in it.

import { decodeBand } from "./codec/entropy.js";
import { FormatError } from "./codec/errors.js";
import { bandCount, ENTROPY, readHead } from "./codec/head.js";
import { limitsFrom } from "./codec/limits.js";
import { unpackBand } from "./codec/packed.js";
import { PaletteTree } from "./codec/palette_tree.js";
import { keepMetadata, SectionReader } from "./codec/sections.js";

export * from "./codec/errors.js";
export { DEFAULT_LIMITS } from "./codec/limits.js";

/** Pixels that a byte of an entropy-coded payload can stand for at most (spec §6.2). */
const PIXELS_PER_BYTE = 363_420;

/**
 * Decode a file.
 *
 * @param {Uint8Array} bytes The whole file.
 * @param {object} [options] Limits in place of DEFAULT_LIMITS: maxPixels, maxColors, maxBands,
 *   maxMetadataBytes, maxMetadataSections. A RangeError if one of them is no limit.
 * @returns {object} width, height; channels (3: RGB, 4: RGBA); palette, a Uint8Array of `channels`
 *   bytes for each entry; indices, a Uint16Array in raster order; metadata (icc, exif, xmp:
 *   Uint8Array; resolution: two numbers in 1/65,536 dots per inch), others (unknown ancillary
 *   sections: tag, payload) and sections (tag, offset, length of the payload), with the head first.
 * @throws {KqError} A FormatError, TruncatedError, ChecksumError, UnsupportedError or LimitError, of
 *   the first rule that is broken in the order of the spec (§1.1).
 */
export function decode(bytes, options = {}) {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError("decode takes a Uint8Array");
  }
  const limits = limitsFrom(options);
  const head = readHead(bytes, limits);
  const pixels = new Pixels(bytes, head);
  const reader = new SectionReader(bytes, head, limits);
  const sections = [{ tag: "", offset: 0, length: head.end }];
  const metadata = {};
  const others = [];
  while (pixels.band < pixels.bands) {
    const section = reader.next((tag, length) => pixels.requireLength(tag, length));
    if (section.isBand) {
      pixels.decodeBand(section);
    } else {
      keepMetadata(bytes, section, metadata, others);
    }
    sections.push({ tag: section.tag, offset: section.offset, length: section.length });
  }
  if (reader.at !== bytes.length) {
    throw new FormatError(`${bytes.length - reader.at} bytes follow the last band`);
  }
  const { width, height, channels, palette, coding, bandShift, isPaletteCoded } = head;
  const { indices } = pixels;
  const coded = { coding: coding === ENTROPY ? "entropy" : "packed", isPaletteCoded, bandShift };
  return { width, height, channels, palette, indices, metadata, others, sections, ...coded };
}

/** Return the pixels as RGBA bytes, as ImageData takes them. */
export function toRGBA({ palette, channels, indices }) {
  const colors = new Uint8Array((4 * palette.length) / channels).fill(255);
  for (let entry = 0; channels * entry < palette.length; entry++) {
    colors.set(palette.subarray(channels * entry, channels * (entry + 1)), 4 * entry);
  }
  const words = new Uint32Array(colors.buffer);
  const pixels = new Uint32Array(indices.length);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = words[indices[i]];
  }
  return new Uint8ClampedArray(pixels.buffer);
}

/** The picture's indices, which are filled band by band (spec §6). */
class Pixels {
  constructor(data, head) {
    this.data = data;
    this.head = head;
    this.bands = bandCount(head);
    this.band = 0;
    /** Taken with the first band that is whole: until then the size is only a claim. */
    this.indices = null;
    this.tree = null;
  }

  /** Pixels of the band that is next. */
  get count() {
    const { width, height, bandShift } = this.head;
    return width * Math.min(2 ** bandShift, height - this.band * 2 ** bandShift);
  }

  requireLength(tag, length) {
    const packed = Math.ceil((this.count * this.head.indexWidth) / 8);
    if (tag === "B" && length !== packed) {
      throw new FormatError(`band ${this.band} has ${length} bytes, expected ${packed}`);
    }
    if (tag === "E" && length >= packed) {
      throw new FormatError(`band ${this.band} has ${length} bytes, expected less than ${packed}`);
    }
    if (tag === "E" && this.count >= PIXELS_PER_BYTE * (length + 4)) {
      throw new FormatError(`band ${this.band}: ${length} bytes for ${this.count} pixels`);
    }
  }

  decodeBand({ tag, start, end }) {
    const { data, head } = this;
    const { width, height, k, channels, palette, indexWidth, bandShift } = head;
    this.indices ??= new Uint16Array(width * height);
    const first = this.band * 2 ** bandShift * width;
    const indices = this.indices.subarray(first, first + this.count);
    if (tag === "B") {
      unpackBand(data, start, indexWidth, k, indices);
    } else {
      this.tree ??= new PaletteTree(palette, channels);
      decodeBand(data, start, end, this.tree, channels, width, indices);
    }
    this.band++;
  }
}
