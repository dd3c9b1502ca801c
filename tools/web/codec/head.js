// The head of a file (spec §3, §4).

import { crc32, u16, u32 } from "./bytes.js";
import { decodePalette } from "./coded_palette.js";
import {
  ChecksumError,
  FormatError,
  LimitError,
  TruncatedError,
  UnsupportedError,
} from "./errors.js";

const SIGNATURE = [0xbb, 0x4b, 0x51];
const PALETTE_AT = 16;

export const PACKED = 0;
export const ENTROPY = 1;

/** Read and check the head; its `end` is the offset of the first section. */
export function readHead(data, limits) {
  requireSignature(data); // checks 1 to 3
  const format = data[15] & 15;
  if (format > 3) {
    throw new UnsupportedError(`palette_format is ${format}, expected 0 to 3`);
  }
  const k = u16(data, 12) + 1;
  const channels = 3 + (format & 1);
  const palette = locatePalette(data, format, k * channels);
  requireHeadCrc(data, palette.end);
  const head = {
    width: u32(data, 4),
    height: u32(data, 8),
    k,
    channels,
    indexWidth: Math.ceil(Math.log2(k)),
    bandShift: data[14],
    coding: data[15] >> 4,
    isPaletteCoded: format > 1,
    paletteLength: palette.end - PALETTE_AT,
    end: palette.end + 4,
  };
  requireFields(head);
  requireLimits(head, limits);
  head.palette = head.isPaletteCoded
    ? decodePalette(data, palette.start, palette.end, k, channels)
    : data.slice(palette.start, palette.end);
  return head;
}

/** How many bands there are. */
export function bandCount({ height, bandShift }) {
  return Math.ceil(height / 2 ** bandShift);
}

function requireSignature(data) {
  for (let at = 0; at < Math.min(3, data.length); at++) {
    if (data[at] !== SIGNATURE[at]) {
      throw new FormatError("this is no .kq file: the first bytes are not BB 4B 51");
    }
  }
  requireLength(data, 4, "its version");
  if (data[3] !== 1) {
    throw new UnsupportedError(`version is ${data[3]}, expected 1`);
  }
  requireLength(data, PALETTE_AT, "its palette");
}

function requireLength(data, length, what) {
  if (data.length < length) {
    throw new TruncatedError(
      `the file ends before ${what}: ${data.length} bytes found, at least ${length} expected`,
    );
  }
}

/** Return where the palette's bytes, coded or not, start and end (checks 5 and 6). */
function locatePalette(data, format, plainLength) {
  if (format < 2) {
    return requirePalette(data, PALETTE_AT, PALETTE_AT + plainLength);
  }
  const size = plainLength < 2 ** 8 ? 1 : plainLength < 2 ** 16 ? 2 : 3;
  const start = PALETTE_AT + size;
  requireLength(data, start, "the length of its coded palette");
  let length = 0;
  for (let at = PALETTE_AT; at < start; at++) {
    length = 256 * length + data[at];
  }
  if (size + length >= plainLength) {
    throw new FormatError(
      `a coded palette of ${length} bytes is not shorter than the ${plainLength} of its entries`,
    );
  }
  return requirePalette(data, start, start + length);
}

function requirePalette(data, start, end) {
  requireLength(data, end + 4, "the end of its head");
  return { start, end };
}

function requireHeadCrc(data, at) {
  const found = u32(data, at);
  const expected = crc32(data, 0, at);
  if (found !== expected) {
    throw new ChecksumError(`the head is damaged: ${checksums(found, expected)}`);
  }
}

/** Return both checksums for a message. */
export function checksums(found, expected) {
  const hex = (value) => value.toString(16).padStart(8, "0");
  return `CRC-32 ${hex(found)} found, ${hex(expected)} expected`;
}

/** Check 8. */
function requireFields({ coding, isPaletteCoded, width, height, bandShift }) {
  if (coding > ENTROPY) {
    throw new UnsupportedError(`coding is ${coding}, expected 0 or 1`);
  }
  if (isPaletteCoded && coding !== ENTROPY) {
    throw new FormatError("a coded palette stands in a file that is not entropy-coded");
  }
  for (const [name, value] of [["width", width], ["height", height]]) {
    if (value < 1 || value >= 2 ** 31) {
      throw new FormatError(`${name} is ${value}, expected 1 to 2^31 - 1`);
    }
  }
  if (bandShift > 31 || (bandShift < 31 && 2 ** bandShift >= height)) {
    throw new FormatError(`band_shift is ${bandShift}, which does not fit ${height} rows`);
  }
}

/** Check 9. */
function requireLimits(head, limits) {
  requireAtMost(head.width * head.height, limits.maxPixels, "pixels");
  requireAtMost(head.k, limits.maxColors, "palette entries");
  requireAtMost(bandCount(head), limits.maxBands, "bands");
}

/** Require a count to be within its limit. */
export function requireAtMost(count, limit, what) {
  if (count > limit) {
    throw new LimitError(`${count} ${what}, more than the limit of ${limit}`);
  }
}
