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
const SIZES = TABLES.map((sizes) => 4 * sizes.reduce((product, size) => product * size, 1));
const BEGINS = SIZES.map((_, table) => SIZES.slice(0, table).reduce((sum, size) => sum + size, 0));
const SLOTS = SIZES.reduce((sum, size) => sum + size, 0);
const REST_CLASSES = [2, 3, 4, 6, 10];

/** Return the k · channels bytes coded in data[start … end − 1]; a FormatError if it ends wrong. */
export function decodePalette(data, start, end, k, channels) {
  const coder = new Coder(data, start, end);
  const decoding = new PaletteDecoding(coder, k, channels);
  decoding.cell(0, [0, 0, 0, 0], k);
  coder.requireEnd("the coded palette");
  return decoding.palette;
}

class PaletteDecoding {
  constructor(coder, k, channels) {
    this.channels = channels;
    this.palette = new Uint8Array(k * channels);
    this.filled = 0;
    /** The entry that came last: alpha, green, red, blue, as everywhere here. */
    this.last = [0, 0, 0, 0];
    const weightsA = Int32Array.from(PALETTE_WEIGHTS_A);
    const weightsB = Int32Array.from(PALETTE_WEIGHTS_B);
    this.mixer = makeMixer(coder, SLOTS, weightsA, weightsB, 4, 32);
  }

  /** Decode the n entries whose samples begin with `known`; those before the role have a bit more. */
  cell(depth, known, n) {
    if (depth === 32) {
      this.add(known, n);
      return;
    }
    const role = depth & 3;
    const zeros = this.channels === 4 || role > 0 ? this.countZeros(depth, known, n) : 0;
    const next = (bit) => known.map((value, sample) => (sample === role ? 2 * value + bit : value));
    if (zeros > 0) {
      this.cell(depth + 1, next(0), zeros);
    }
    if (zeros < n) {
      this.cell(depth + 1, next(1), n - zeros);
    }
  }

  add(entry, n) {
    const samples = [entry[RED], entry[GREEN], entry[BLUE], entry[ALPHA]];
    for (let copy = 0; copy < n; copy++) {
      for (let channel = 0; channel < this.channels; channel++) {
        this.palette[this.filled++] = samples[channel];
      }
    }
    this.last = entry;
  }

  countZeros(depth, known, n) {
    const cell = describe(depth, known, this.last);
    const { role } = cell;
    let zeros = 0;
    while (zeros < n) {
      const rest = classOf(n - zeros, REST_CLASSES);
      this.findSlots(cell, rest, zeros);
      if (this.mixer.decide(0, 6 * role + rest, depth, role, depth)) {
        break;
      }
      zeros++;
    }
    return zeros;
  }

  findSlots(cell, rest, zeros) {
    const { plane, role, relation, opacity, own, lastBit, near, redder, bluer } = cell;
    const subscripts = [
      [plane, rest],
      [rest, relation],
      [plane, relation],
      [opacity, rest, Math.min(zeros, 2)],
      [plane, opacity, Math.min(rest, 2)],
      [redder, bluer, cell.g, cell.r],
      [near, lastBit, rest],
      [...cell.compared, lastBit],
      [plane, near, lastBit],
      [plane, own & 15],
      [rest, Math.min(zeros, 3)],
      [plane, cell.green & 7],
      [relation, lastBit],
      [rest, redder, bluer],
      cell.nears,
      [opacity, lastBit],
    ];
    const { lines } = this.mixer;
    for (let table = 0; table < 16; table++) {
      const sizes = TABLES[table];
      let place = role;
      for (let i = 0; i < sizes.length; i++) {
        place = place * sizes[i] + subscripts[table][i];
      }
      lines[table] = BEGINS[table] + place;
    }
  }
}

/** What the contexts of a cell's decisions share: all but `rest` and `zeros`. */
function describe(depth, known, last) {
  const plane = depth >> 2;
  const role = depth & 3;
  const bitsOf = (sample) => plane + (sample < role ? 1 : 0);
  const d = known.map((value, sample) => value - (last[sample] >> (8 - bitsOf(sample))));
  // the first `plane` bits of a sample, of which one more may be known
  const first = (sample) => known[sample] >> (bitsOf(sample) - plane);
  const g = role > GREEN ? known[GREEN] & 1 : 0;
  const r = role > RED ? known[RED] & 1 : 0;
  return {
    plane,
    role,
    g,
    r,
    relation: relationOf(role, first(RED), first(GREEN), first(BLUE), g, r),
    opacity: opacityOf(known[ALPHA], bitsOf(ALPHA)),
    own: known[role],
    green: known[GREEN],
    lastBit: (last[role] >> (7 - plane)) & 1,
    near: nearOf(d[role]),
    nears: [nearOf(d[GREEN]), nearOf(d[RED]), nearOf(d[BLUE])],
    compared: [d[GREEN], d[RED], d[BLUE], d[ALPHA]].map((difference) => compare(difference, 0)),
    redder: nearOf(first(RED) - first(GREEN)),
    bluer: nearOf(first(BLUE) - first(GREEN)),
  };
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
