// Mixed decisions (spec §7.3): 16 opinions are weighed, made a probability, and learn what came.
// This is the plain one; simd_mixer.js does the same by WebAssembly, where there is some.

import { BLANK, followers, LARGEST_LOGIT, opinions, SQUASH } from "./slots.js";

/** Numbers of a refinement. */
const REFINEMENT = 26;

/** Mixed decisions after which weights learn half as fast. */
const EARLY = 65_536;

let tables; // of no use where the other mixer is

/** Two lists of weights, two of refinements, and the slots that they are used on. */
export class PlainMixer {
  /** `slots`, `refinementsA`, `refinementsB`: how many; weights: Int32Array, 16 for each set. */
  constructor(coder, slots, weightsA, weightsB, refinementsA, refinementsB) {
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
    /** Where the 16 slots of the next decision are, but for what `decide` adds. */
    this.lines = new Int32Array(16);
    /** The contexts of a pixel, and the places of its two predictions, for the walk. */
    this.contexts = new Int32Array(16);
    this.gradientPlaces = new Int32Array(7);
    this.learntPlaces = new Int32Array(7);
  }

  /** Decode the decision of the slots at lines[i] + local; a, b, ra, rb number the sets. */
  decide(local, a, b, ra, rb, pace) {
    const { slots, lines, weightsA, weightsB } = this;
    a *= 16;
    b *= 16;
    const p0 = lines[0] + local;
    const p1 = lines[1] + local;
    const p2 = lines[2] + local;
    const p3 = lines[3] + local;
    const p4 = lines[4] + local;
    const p5 = lines[5] + local;
    const p6 = lines[6] + local;
    const p7 = lines[7] + local;
    const p8 = lines[8] + local;
    const p9 = lines[9] + local;
    const p10 = lines[10] + local;
    const p11 = lines[11] + local;
    const p12 = lines[12] + local;
    const p13 = lines[13] + local;
    const p14 = lines[14] + local;
    const p15 = lines[15] + local;
    const opinion = this.opinions[pace];
    const t0 = opinion[slots[p0]];
    const t1 = opinion[slots[p1]];
    const t2 = opinion[slots[p2]];
    const t3 = opinion[slots[p3]];
    const t4 = opinion[slots[p4]];
    const t5 = opinion[slots[p5]];
    const t6 = opinion[slots[p6]];
    const t7 = opinion[slots[p7]];
    const t8 = opinion[slots[p8]];
    const t9 = opinion[slots[p9]];
    const t10 = opinion[slots[p10]];
    const t11 = opinion[slots[p11]];
    const t12 = opinion[slots[p12]];
    const t13 = opinion[slots[p13]];
    const t14 = opinion[slots[p14]];
    const t15 = opinion[slots[p15]];
    let sumA = Math.imul(weightsA[a], t0);
    sumA = (sumA + Math.imul(weightsA[a + 1], t1)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 2], t2)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 3], t3)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 4], t4)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 5], t5)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 6], t6)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 7], t7)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 8], t8)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 9], t9)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 10], t10)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 11], t11)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 12], t12)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 13], t13)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 14], t14)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 15], t15)) | 0;
    let sumB = Math.imul(weightsB[b], t0);
    sumB = (sumB + Math.imul(weightsB[b + 1], t1)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 2], t2)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 3], t3)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 4], t4)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 5], t5)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 6], t6)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 7], t7)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 8], t8)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 9], t9)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 10], t10)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 11], t11)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 12], t12)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 13], t13)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 14], t14)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 15], t15)) | 0;
    const bit = this.decodeMixed(sumA, sumB, ra, rb);
    const { shift, errorA: ea, errorB: eb } = this;
    const follower = this.followers[pace][bit];
    weightsA[a] = learned(weightsA[a], t0, ea, shift);
    weightsA[a + 1] = learned(weightsA[a + 1], t1, ea, shift);
    weightsA[a + 2] = learned(weightsA[a + 2], t2, ea, shift);
    weightsA[a + 3] = learned(weightsA[a + 3], t3, ea, shift);
    weightsA[a + 4] = learned(weightsA[a + 4], t4, ea, shift);
    weightsA[a + 5] = learned(weightsA[a + 5], t5, ea, shift);
    weightsA[a + 6] = learned(weightsA[a + 6], t6, ea, shift);
    weightsA[a + 7] = learned(weightsA[a + 7], t7, ea, shift);
    weightsA[a + 8] = learned(weightsA[a + 8], t8, ea, shift);
    weightsA[a + 9] = learned(weightsA[a + 9], t9, ea, shift);
    weightsA[a + 10] = learned(weightsA[a + 10], t10, ea, shift);
    weightsA[a + 11] = learned(weightsA[a + 11], t11, ea, shift);
    weightsA[a + 12] = learned(weightsA[a + 12], t12, ea, shift);
    weightsA[a + 13] = learned(weightsA[a + 13], t13, ea, shift);
    weightsA[a + 14] = learned(weightsA[a + 14], t14, ea, shift);
    weightsA[a + 15] = learned(weightsA[a + 15], t15, ea, shift);
    weightsB[b] = learned(weightsB[b], t0, eb, shift);
    weightsB[b + 1] = learned(weightsB[b + 1], t1, eb, shift);
    weightsB[b + 2] = learned(weightsB[b + 2], t2, eb, shift);
    weightsB[b + 3] = learned(weightsB[b + 3], t3, eb, shift);
    weightsB[b + 4] = learned(weightsB[b + 4], t4, eb, shift);
    weightsB[b + 5] = learned(weightsB[b + 5], t5, eb, shift);
    weightsB[b + 6] = learned(weightsB[b + 6], t6, eb, shift);
    weightsB[b + 7] = learned(weightsB[b + 7], t7, eb, shift);
    weightsB[b + 8] = learned(weightsB[b + 8], t8, eb, shift);
    weightsB[b + 9] = learned(weightsB[b + 9], t9, eb, shift);
    weightsB[b + 10] = learned(weightsB[b + 10], t10, eb, shift);
    weightsB[b + 11] = learned(weightsB[b + 11], t11, eb, shift);
    weightsB[b + 12] = learned(weightsB[b + 12], t12, eb, shift);
    weightsB[b + 13] = learned(weightsB[b + 13], t13, eb, shift);
    weightsB[b + 14] = learned(weightsB[b + 14], t14, eb, shift);
    weightsB[b + 15] = learned(weightsB[b + 15], t15, eb, shift);
    slots[p0] = follower[slots[p0]];
    slots[p1] = follower[slots[p1]];
    slots[p2] = follower[slots[p2]];
    slots[p3] = follower[slots[p3]];
    slots[p4] = follower[slots[p4]];
    slots[p5] = follower[slots[p5]];
    slots[p6] = follower[slots[p6]];
    slots[p7] = follower[slots[p7]];
    slots[p8] = follower[slots[p8]];
    slots[p9] = follower[slots[p9]];
    slots[p10] = follower[slots[p10]];
    slots[p11] = follower[slots[p11]];
    slots[p12] = follower[slots[p12]];
    slots[p13] = follower[slots[p13]];
    slots[p14] = follower[slots[p14]];
    slots[p15] = follower[slots[p15]];
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

export function learned(weight, opinion, doubledError, shift) {
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
