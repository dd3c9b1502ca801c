// What the model of a band knows before the first pixel (spec §7.6).

import { classTable } from "./contexts.js";
import { DISTANCES, GATES, PATTERNS, RUNS, WEIGHTS_A, WEIGHTS_B } from "./starts.js";

const WIDTH_OF_SET = 16;
const LOCAL_WEIGHTS = [2400, 1600, 1100, 1100, 1100, 700, 700, 600, 500];

/** Where each table begins in the one array of slots; behind FINE each model has its own. */
export const AT_DISTANCE = 0;
export const AT_FINE = AT_DISTANCE + 24 * 24 * 8 * 16;
const AT_OWN = AT_FINE + 1024 * 24 * 8;
export const AT_PATTERNS = AT_OWN;
export const AT_RUNS = AT_PATTERNS + 128 * 128;
export const AT_MATCHES = AT_RUNS + 128 * 8 * 2;
export const AT_AGREES = AT_MATCHES + 16 * 3 * 16 * 3 * 3;
export const AT_HITS = AT_AGREES + 16 * 3 * 128;

/** Classes of runs and of the lengths of matches (7.5.2). */
export const RUN_CLASS = classTable([1, 2, 3, 4, 8, 16, 32], 32);
export const LENGTH_CLASS = classTable(
  [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100, 160, 256],
  256,
);

/** From where on a gate is open (7.5.2), which with 16 entries none is. */
export function openGate(paletteSize) {
  return paletteSize > 64 ? 63_570 : paletteSize > 16 ? 65_208 : 65_536;
}

/** The recalling model's tables that depend on the band; HITS and NEAR are numbered 0 to 12. */
export class Memory {
  /** `take` gives room for so many numbers, all 0. */
  constructor(pixels, coder, Mixer, take = (Numbers, count) => new Numbers(count)) {
    const { nearBits, hitBits, seenBits, atNear, slots } = sizesFor(pixels);
    this.nearBits = nearBits;
    this.hitBits = hitBits;
    this.atNear = atNear;
    this.seenBits = seenBits;
    this.mixer = new Mixer(coder, slots, startingWeightsA(), startingWeightsB(), 640, 4096);
    fillSlots(this.mixer.slots);
    /** Of each place WHERE, then SEEN[1]: one line of a cache has both. */
    this.met = take(Uint32Array, 2 * 2 ** seenBits);
    this.close = take(Uint16Array, 2 ** seenBits);
    this.gate = take(Uint16Array, 128 * 128 * 8);
    fillGates(this.gate);
  }
}

/** Return the sizes of tables, and how many slots there are in all. */
export function sizesFor(pixels) {
  const bits = ceilLog2(pixels);
  const nearBits = clamp(bits + 4, 10, 19);
  const hitBits = clamp(bits + 1, 10, 17);
  const atNear = AT_HITS + 13 * 2 ** hitBits;
  const slots = atNear + 13 * 2 ** nearBits;
  return { nearBits, hitBits, seenBits: clamp(bits + 1, 8, 20), atNear, slots };
}

/** The local model: two tables PAIR, five NEIGHBOUR, one behind the other. */
export class LocalMemory {
  constructor(pixels, tree, coder, Mixer) {
    const { pairBits, neighbourBits, slots } = localSizesFor(pixels, tree);
    this.pairBits = pairBits;
    this.neighbourBits = neighbourBits;
    this.atPairs = AT_OWN;
    this.atNeighbours = AT_OWN + 2 * 2 ** pairBits;
    this.groups = oddGroups(tree);
    const weights = [localWeights(256), localWeights(648)];
    this.mixer = new Mixer(coder, slots, ...weights, 512, 4096, LOCAL_WEIGHTS.length);
    fillDistances(this.mixer.slots);
  }
}

/** Return the sizes of its tables, and how many slots there are in all. */
export function localSizesFor(pixels, tree) {
  const bits = ceilLog2(pixels) + 4;
  const all = ceilLog2(16 * tree.order.length * oddGroups(tree));
  const pairBits = clamp(bits, 10, 20);
  const neighbourBits = clamp(Math.min(bits, all), 10, 20);
  return {
    pairBits,
    neighbourBits,
    slots: AT_OWN + 2 * 2 ** pairBits + 5 * 2 ** neighbourBits,
  };
}

/** G of the spec: it is odd, so that ranks that differ do so in the table. */
function oddGroups({ groups }) {
  return groups | 1;
}

/** Exact for the powers of two. */
function ceilLog2(number) {
  return Math.ceil(Math.log2(number));
}

function clamp(value, least, most) {
  return Math.min(Math.max(value, least), most);
}

/** Fill those of the recalling model that do not start blank. */
function fillSlots(slots) {
  PATTERNS.forEach((state, pattern) => {
    slots.fill(16 * state + 5, AT_PATTERNS + 128 * pattern, AT_PATTERNS + 128 * (pattern + 1));
  });
  RUNS.forEach((state, place) => {
    slots.fill(16 * state + 5, AT_RUNS + 2 * place, AT_RUNS + 2 * (place + 1));
  });
  fillDistances(slots);
}

function fillDistances(slots) {
  DISTANCES.forEach((state, place) => {
    slots.fill(16 * state + 7, AT_DISTANCE + 128 * place, AT_DISTANCE + 128 * (place + 1));
  });
}

function fillGates(gate) {
  for (let place = 0; place < gate.length; place++) {
    const pattern = place >> 10;
    gate[place] = clamp(16 * GATES[8 * pattern + (place & 7)], 3277, 64_553);
  }
}

/** Return sets for the nine slots of the local model; behind them are zeros. */
function localWeights(sets) {
  const weights = new Int32Array(sets * WIDTH_OF_SET);
  for (let set = 0; set < sets; set++) {
    weights.set(LOCAL_WEIGHTS, set * WIDTH_OF_SET);
  }
  return weights;
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
