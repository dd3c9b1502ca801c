// Mixed decisions (spec §7.3) by WebAssembly with SIMD: what plain_mixer.js does, in less time.

import { DISTANCE_CLASS } from "./contexts.js";
import { LENGTH_CLASS, RUN_CLASS } from "./memory.js";
import {
  AT_ACTIVITY,
  AT_CHANCES,
  AT_CODER,
  AT_DISTANCE_CLASS,
  AT_ERROR_CLASS,
  AT_FOLLOWER,
  AT_LENGTH_CLASS,
  AT_LINES,
  AT_REFINEMENTS_A,
  AT_REFINEMENTS_B,
  AT_RUN_CLASS,
  AT_SIDES,
  AT_SLOTS,
  AT_SQUASH,
  AT_TRUST,
  AT_WEIGHTS_A,
  AT_WEIGHTS_B,
  MODULE,
} from "./mixer_module.js";
import { startingRefinements } from "./plain_mixer.js";
import { ACTIVITY, ERROR_CLASS } from "./prediction.js";
import { BLANK, CHANCE_16, FOLLOWER, SQUASH, TRUST } from "./slots.js";

const PAGE = 65_536;

/**
 * How many bytes further a set of list B is by where W, N, NW and NE are (spec §7.5.8): of these
 * there are 4 bits that say which are below `middle`, then 4 that say which are in the node.
 */
const SIDES = Uint16Array.from({ length: 256 }, (_, bits) =>
  [1, 3, 9, 27].reduce((bytes, digit, i) => {
    const below = (bits >> i) & 1;
    const inside = (bits >> (4 + i)) & 1;
    return bytes + 32 * digit * (inside ? 1 - below : 2);
  }, 0),
);

let current = null; // the coder of the newest mixer
let instance; // null where there can be none

/** Whether this runtime has what the module needs, and the page's policy lets it be compiled. */
export function canBeFast() {
  if (instance === undefined) {
    instance = makeInstance();
  }
  return instance !== null;
}

/** Whether it can be fast with a band of so many pixels: its memory has 2^32 bytes at most. */
export function canHold(pixels) {
  return canBeFast() && pixels < 2 ** 30;
}

/** Return the module's functions and memory, which has so many bytes at least from now on. */
export function instanceOf(bytes) {
  growTo(instance.memory, bytes);
  return instance;
}

function makeInstance() {
  if (typeof WebAssembly === "undefined") {
    return null;
  }
  try {
    const bytes = Uint8Array.from(atob(MODULE), (character) => character.charCodeAt(0));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      coder: { next: () => current.next() },
    });
    growTo(exports.memory, AT_SLOTS);
    const { buffer } = exports.memory;
    TRUST.forEach((trust, pace) => {
      const halves = new Uint8Array(buffer, AT_TRUST + 32 * pace, 32);
      halves.set(trust.map((number) => number & 255));
      halves.set(trust.map((number) => number >> 8), 16);
    });
    FOLLOWER.forEach((ones, pace) => {
      new Uint16Array(buffer, AT_FOLLOWER + 131_072 * pace, 65_536).set(ones);
    });
    new Uint16Array(buffer, AT_SQUASH, SQUASH.length).set(SQUASH);
    new Uint16Array(buffer, AT_CHANCES, CHANCE_16.length).set(CHANCE_16);
    new Uint16Array(buffer, AT_SIDES, SIDES.length).set(SIDES);
    for (const [at, classes] of [
      [AT_DISTANCE_CLASS, DISTANCE_CLASS],
      [AT_RUN_CLASS, RUN_CLASS],
      [AT_ERROR_CLASS, ERROR_CLASS],
      [AT_LENGTH_CLASS, LENGTH_CLASS],
      [AT_ACTIVITY, ACTIVITY],
    ]) {
      new Uint8Array(buffer, at, classes.length).set(classes);
    }
    return exports;
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) {
      return null; // no SIMD, or a Content-Security-Policy without 'wasm-unsafe-eval'
    }
    throw error;
  }
}

function growTo(memory, bytes) {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) {
    memory.grow(Math.ceil(missing / PAGE));
  }
}

/** See PlainMixer. */
export class SimdMixer {
  constructor(coder, slots, weightsA, weightsB, refinementsA, refinementsB) {
    const { memory, decide, restart } = instance;
    growTo(memory, AT_SLOTS + 2 * slots);
    const { buffer } = memory;
    current = coder;
    coder.moveTo(new Int32Array(buffer, AT_CODER, 3));
    /** Decode the decision of the slots at lines[i] + local, as PlainMixer does. */
    this.decide = decide;
    this.slots = new Uint16Array(buffer, AT_SLOTS, slots).fill(BLANK);
    this.lines = new Int32Array(buffer, AT_LINES, 16);
    new Int16Array(buffer, AT_WEIGHTS_A, weightsA.length).set(weightsA);
    new Int16Array(buffer, AT_WEIGHTS_B, weightsB.length).set(weightsB);
    const [ra, rb] = [refinementsA, refinementsB].map(startingRefinements);
    new Uint16Array(buffer, AT_REFINEMENTS_A, ra.length).set(ra);
    new Uint16Array(buffer, AT_REFINEMENTS_B, rb.length).set(rb);
    restart();
  }
}
