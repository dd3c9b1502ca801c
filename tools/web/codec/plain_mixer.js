// Mixed decisions (spec §7.3): opinions are weighed, made a probability, and learn what came.
// This is the plain one; simd_mixer.js does the same by WebAssembly, where there is some.

import { BLANK, followers, LARGEST_LOGIT, opinions, SQUASH } from "./slots.js";

/** Numbers of a set of weights, of which the local model uses nine. */
const SET = 16;

/** Numbers of a refinement. */
const REFINEMENT = 26;

/** Mixed decisions after which weights learn half as fast. */
const EARLY = 65_536;

let tables; // of no use where the other mixer is

/** Two lists of weights, two of refinements, and the slots that they are used on. */
export class PlainMixer {
  /**
   * `slots`, `refinementsA`, `refinementsB`: how many; weights: Int32Array, 16 for each set;
   * `count`: slots of a decision.
   */
  constructor(coder, slots, weightsA, weightsB, refinementsA, refinementsB, count = SET) {
    this.coder = coder;
    this.slots = new Uint16Array(slots).fill(BLANK);
    this.weightsA = weightsA;
    this.weightsB = weightsB;
    this.refinementsA = startingRefinements(refinementsA);
    this.refinementsB = startingRefinements(refinementsB);
    this.mixed = 0;
    /** Of the last decision: by how much weights learn less, and twice the errors. */
    this.shift = 1;
    this.errorA = 0;
    this.errorB = 0;
    tables ??= { opinions: opinions(), followers: followers() };
    this.opinions = tables.opinions;
    this.followers = tables.followers;
    this.count = count;
    /** Where the slots of the next decision are, but for what `decide` adds. */
    this.lines = new Int32Array(SET);
    /** Where those of the last one are, and what they said. */
    this.places = new Int32Array(SET);
    this.inputs = new Int32Array(SET);
    /** The contexts of a pixel, and the places of its two predictions, for the walk. */
    this.contexts = new Int32Array(16);
    this.gradientPlaces = new Int32Array(7);
    this.learntPlaces = new Int32Array(7);
  }

  /** Decode the decision of the slots at lines[i] + local; a, b, ra, rb number the sets. */
  decide(local, a, b, ra, rb, pace) {
    const { count, slots, lines, places, inputs, weightsA, weightsB } = this;
    const opinion = this.opinions[pace];
    a *= SET;
    b *= SET;
    let sumA = 0;
    let sumB = 0;
    for (let i = 0; i < count; i++) {
      const place = lines[i] + local;
      const input = opinion[slots[place]];
      places[i] = place;
      inputs[i] = input;
      sumA = (sumA + Math.imul(weightsA[a + i], input)) | 0;
      sumB = (sumB + Math.imul(weightsB[b + i], input)) | 0;
    }
    const bit = this.decodeMixed(sumA, sumB, ra, rb);
    const { shift, errorA, errorB } = this;
    const follower = this.followers[pace][bit];
    for (let i = 0; i < count; i++) {
      const place = places[i];
      weightsA[a + i] = learned(weightsA[a + i], inputs[i], errorA, shift);
      weightsB[b + i] = learned(weightsB[b + i], inputs[i], errorB, shift);
      slots[place] = follower[slots[place]];
    }
    return bit;
  }

  /** Decode a bit by the sums of the opinions; the refinements learn it, and the errors are set. */
  decodeMixed(sumA, sumB, ra, rb) {
    const { refinementsA, refinementsB } = this;
    const sa = clampLogit(sumA >> 13);
    const sb = clampLogit(sumB >> 13);
    const place = LARGEST_LOGIT + ((sa + sb) >> 1);
    const f = place & 255;
    let ja = REFINEMENT * ra + (place >> 8);
    let jb = REFINEMENT * rb + (place >> 8);
    const near = refinementsA[ja] + refinementsB[jb];
    const far = refinementsA[ja + 1] + refinementsB[jb + 1];
    const q = (near * (256 - f) + far * f) >> 8;
    const p = (2 * SQUASH[place] + q + 2) >> 2;
    const bit = this.coder.decode(p < 1 ? 1 : p > 65_535 ? 65_535 : p);
    this.shift = this.mixed < EARLY ? 1 : 2;
    this.mixed++;
    // 2 · t · error, where error is rounded down before it is doubled
    this.errorA = ((65_536 * bit - SQUASH[LARGEST_LOGIT + sa]) >> 1) * 2;
    this.errorB = ((65_536 * bit - SQUASH[LARGEST_LOGIT + sb]) >> 1) * 2;
    if (f >= 128) {
      ja++;
      jb++;
    }
    const target = bit ? 65_535 : 0;
    refinementsA[ja] += (target - refinementsA[ja]) >> 6;
    refinementsB[jb] += (target - refinementsB[jb]) >> 6;
    return bit;
  }

  /** Let one slot learn a bit. */
  learn(place, bit, pace) {
    this.slots[place] = this.followers[pace][bit][this.slots[place]];
  }
}

function clampLogit(sum) {
  return sum < -LARGEST_LOGIT ? -LARGEST_LOGIT : sum > LARGEST_LOGIT ? LARGEST_LOGIT : sum;
}

function learned(weight, opinion, doubledError, shift) {
  const sum = weight + (((Math.imul(opinion, doubledError) >> 16) + shift) >> shift);
  return sum < -32_768 ? -32_768 : sum > 32_767 ? 32_767 : sum;
}

/** Return refinements as they start (spec §7.6). */
export function startingRefinements(count) {
  const numbers = new Int32Array(REFINEMENT * count);
  for (let at = 0; at < numbers.length; at++) {
    const j = at % REFINEMENT;
    numbers[at] = j === 25 ? 65_535 : SQUASH[256 * j];
  }
  return numbers;
}
