// What the model of a band knows before the first pixel (spec §7.6).

import { makeMixer } from "./mixer.js";
import { DISTANCES, GATES, PATTERNS, RUNS, WEIGHTS_A, WEIGHTS_B } from "./starts.js";

const WIDTH_OF_SET = 16;

/** Where each table begins in the one array of slots. */
export const AT_PATTERNS = 0;
export const AT_RUNS = AT_PATTERNS + 128 * 128;
export const AT_DISTANCE = AT_RUNS + 128 * 8 * 2;
export const AT_FINE = AT_DISTANCE + 24 * 24 * 8 * 16;
export const AT_MATCHES = AT_FINE + 1024 * 24 * 8;
export const AT_AGREES = AT_MATCHES + 16 * 3 * 16 * 3 * 3;
export const AT_HITS = AT_AGREES + 16 * 3 * 128;

/** The tables whose size depends on the band. HITS and NEAR are numbered 0 to 12 here. */
export class Memory {
  constructor(pixels, coder) {
    const bits = Math.ceil(Math.log2(pixels)); // exact for the powers of two
    this.nearBits = clamp(bits + 4, 10, 19);
    this.hitBits = clamp(bits + 1, 10, 17);
    this.seenBits = clamp(bits + 1, 8, 20);
    this.atNear = AT_HITS + 13 * 2 ** this.hitBits;
    this.close = new Uint16Array(2 ** this.seenBits);
    this.where = new Uint32Array(2 ** this.seenBits);
    this.gate = startingGates();
    const slots = this.atNear + 13 * 2 ** this.nearBits;
    this.mixer = makeMixer(coder, slots, startingWeightsA(), startingWeightsB(), 640, 4096);
    fillSlots(this.mixer.slots);
  }
}

function clamp(value, least, most) {
  return Math.min(Math.max(value, least), most);
}

/** Fill those that do not start blank. */
function fillSlots(slots) {
  PATTERNS.forEach((state, pattern) => {
    slots.fill(16 * state + 5, AT_PATTERNS + 128 * pattern, AT_PATTERNS + 128 * (pattern + 1));
  });
  RUNS.forEach((state, place) => {
    slots.fill(16 * state + 5, AT_RUNS + 2 * place, AT_RUNS + 2 * (place + 1));
  });
  DISTANCES.forEach((state, place) => {
    slots.fill(16 * state + 7, AT_DISTANCE + 128 * place, AT_DISTANCE + 128 * (place + 1));
  });
}

function startingGates() {
  const gate = new Uint16Array(128 * 128 * 8);
  for (let place = 0; place < gate.length; place++) {
    const pattern = place >> 10;
    gate[place] = clamp(16 * GATES[8 * pattern + (place & 7)], 3277, 64_553);
  }
  return gate;
}

function startingWeightsA() {
  const weights = new Int32Array(288 * WIDTH_OF_SET);
  weights.set(WEIGHTS_A);
  const last = WEIGHTS_A.slice(24 * WIDTH_OF_SET);
  for (let set = 24; set < 288; set++) {
    weights.set(last, set * WIDTH_OF_SET);
  }
  return weights;
}

function startingWeightsB() {
  const weights = new Int32Array(435 * WIDTH_OF_SET);
  const kinds = WEIGHTS_B.slice(0, 3 * WIDTH_OF_SET);
  for (let set = 0; set < 192; set += 3) {
    weights.set(kinds, set * WIDTH_OF_SET);
  }
  weights.set(WEIGHTS_B.slice(3 * WIDTH_OF_SET), 192 * WIDTH_OF_SET);
  return weights;
}
