// A coded palette (spec §7.7): sorted entries, told by how many of a cell have a 0 next.

import { Coder } from "./coder.js";
import { classOf } from "./contexts.js";
import { makeMixer } from "./mixer.js";
import { PALETTE_WEIGHTS_A, PALETTE_WEIGHTS_B } from "./starts.js";

const ALPHA = 0;
const GREEN = 1;
const RED = 2;
const BLUE = 3;

/** Sizes of T₀ … T₁₅ without the first dimension, which is `role`. */
const TABLES = [
  [8, 6], [6, 36], [8, 36], [3, 6, 3], [8, 3, 3], [5, 5, 2, 2], [5, 2, 6], [3, 3, 3, 3, 2],
  [8, 5, 2], [8, 16], [6, 4], [8, 8], [36, 2], [6, 5, 5], [5, 5, 5], [3, 2],
];
const SIZES = TABLES.map((sizes) => sizes.reduce((product, size) => product * size, 1));
const BEGINS = SIZES.map((_, at) => 4 * SIZES.slice(0, at).reduce((sum, size) => sum + size, 0));
const SLOTS = 4 * SIZES.reduce((sum, size) => sum + size, 0);
const REST_CLASSES = [2, 3, 4, 6, 10];

/** Return the k · channels bytes coded in data[start … end − 1]; a FormatError if it ends wrong. */
export function decodePalette(data, start, end, k, channels) {
  const coder = new Coder(data, start, end);
  const decoding = new PaletteDecoding(coder, k, channels);
  decoding.decodeCell(0, 0, 0, 0, 0, k);
  coder.requireEnd("the coded palette");
  return decoding.palette;
}

/** Large palettes have a million decisions: nothing is allocated for one. */
class PaletteDecoding {
  constructor(coder, k, channels) {
    this.channels = channels;
    this.palette = new Uint8Array(k * channels);
    this.filled = 0;
    /** The entry that came last: alpha, green, red, blue, as everywhere here. */
    this.last = new Uint8Array(4);
    const weightsA = Int32Array.from(PALETTE_WEIGHTS_A);
    const weightsB = Int32Array.from(PALETTE_WEIGHTS_B);
    this.mixer = makeMixer(coder, SLOTS, weightsA, weightsB, 4, 32);
    this.places = new CellPlaces();
  }

  /** Decode the n entries whose samples begin so; those before the role have a bit more. */
  decodeCell(depth, a, g, r, b, n) {
    if (depth === 32) {
      this.add(a, g, r, b, n);
      return;
    }
    const role = depth & 3;
    const isCoded = this.channels === 4 || role !== ALPHA;
    const zeros = isCoded ? this.countZeros(depth, a, g, r, b, n) : 0;
    for (let bit = 0; bit < 2; bit++) {
      const count = bit ? n - zeros : zeros;
      if (count > 0) {
        this.decodeCell(
          depth + 1,
          role === ALPHA ? 2 * a + bit : a,
          role === GREEN ? 2 * g + bit : g,
          role === RED ? 2 * r + bit : r,
          role === BLUE ? 2 * b + bit : b,
          count,
        );
      }
    }
  }

  add(a, g, r, b, n) {
    const { channels, palette, last } = this;
    for (let copy = 0; copy < n; copy++) {
      const at = channels * this.filled++;
      palette[at] = r;
      palette[at + 1] = g;
      palette[at + 2] = b;
      if (channels === 4) {
        palette[at + 3] = a;
      }
    }
    last[ALPHA] = a;
    last[GREEN] = g;
    last[RED] = r;
    last[BLUE] = b;
  }

  countZeros(depth, a, g, r, b, n) {
    const { mixer, places } = this;
    const role = depth & 3;
    places.describe(depth, a, g, r, b, this.last);
    let zeros = 0;
    while (zeros < n) {
      const rest = classOf(n - zeros, REST_CLASSES);
      places.setLines(mixer.lines, rest, zeros);
      if (mixer.decide(0, 6 * role + rest, depth, role, depth, 0)) {
        break;
      }
      zeros++;
    }
    return zeros;
  }
}

/** Where the slots of a cell's decisions are, by its place in the cube of colours. */
class CellPlaces {
  constructor() {
    /** Of each table, as far as `rest` and `zeros` do not matter. */
    this.shared = new Int32Array(16);
  }

  /** Take a cell: its samples so far, and the entry that came last. */
  describe(depth, a, g, r, b, last) {
    const { shared } = this;
    const plane = depth >> 2;
    const role = depth & 3;
    const lastBit = (last[role] >> (7 - plane)) & 1;
    // of a sample before the role one bit more is known
    const dA = a - (last[ALPHA] >> (8 - plane - (role > ALPHA ? 1 : 0)));
    const dG = g - (last[GREEN] >> (8 - plane - (role > GREEN ? 1 : 0)));
    const dR = r - (last[RED] >> (8 - plane - (role > RED ? 1 : 0)));
    const dB = b - (last[BLUE] >> (8 - plane));
    const own = role === ALPHA ? a : role === GREEN ? g : role === RED ? r : b;
    const near = nearOf(role === ALPHA ? dA : role === GREEN ? dG : role === RED ? dR : dB);
    const firstG = role > GREEN ? g >> 1 : g;
    const firstR = role > RED ? r >> 1 : r;
    const bitG = role > GREEN ? g & 1 : 0;
    const bitR = role > RED ? r & 1 : 0;
    const relation = relationOf(role, firstR, firstG, b, bitG, bitR);
    const opacity = opacityOf(a, plane + (role > ALPHA ? 1 : 0));
    const redder = nearOf(firstR - firstG);
    const bluer = nearOf(b - firstG);
    const signs = 27 * compare(dG, 0) + 9 * compare(dR, 0) + 3 * compare(dB, 0) + compare(dA, 0);
    shared[0] = 6 * plane;
    shared[1] = relation;
    shared[2] = 36 * plane + relation;
    shared[3] = 18 * opacity;
    shared[4] = 9 * plane + 3 * opacity;
    shared[5] = 20 * redder + 4 * bluer + 2 * bitG + bitR;
    shared[6] = 12 * near + 6 * lastBit;
    shared[7] = 2 * signs + lastBit;
    shared[8] = 10 * plane + 2 * near + lastBit;
    shared[9] = 16 * plane + (own & 15);
    shared[10] = 0;
    shared[11] = 8 * plane + (g & 7);
    shared[12] = 2 * relation + lastBit;
    shared[13] = 5 * redder + bluer;
    shared[14] = 25 * nearOf(dG) + 5 * nearOf(dR) + nearOf(dB);
    shared[15] = 2 * opacity + lastBit;
    for (let table = 0; table < 16; table++) {
      shared[table] += BEGINS[table] + role * SIZES[table];
    }
  }

  /** Set the places of a decision of the cell that was described last. */
  setLines(lines, rest, zeros) {
    lines.set(this.shared);
    lines[0] += rest;
    lines[1] += 36 * rest;
    lines[3] += 3 * rest + (zeros < 2 ? zeros : 2);
    lines[4] += rest < 2 ? rest : 2;
    lines[6] += rest;
    lines[10] += 4 * rest + (zeros < 3 ? zeros : 3);
    lines[13] += 25 * rest;
  }
}

function relationOf(role, R, G, B, g, r) {
  if (role === RED) {
    return 2 * compare(R, G) + g;
  }
  return role === BLUE ? 6 * (2 * compare(B, G) + g) + 2 * compare(B, R) + r : 0;
}

function opacityOf(alpha, bits) {
  if (alpha === 2 ** bits - 1) {
    return 0;
  }
  return alpha === 0 ? 1 : 2;
}

function compare(a, b) {
  return a < b ? 0 : a === b ? 1 : 2;
}

function nearOf(difference) {
  return Math.min(Math.max(difference, -2), 2) + 2;
}
