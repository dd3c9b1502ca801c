// The mixed decisions of the local model (spec §7.5.8): nine opinions, always at the pace 0.

import { learned, PlainMixer } from "./plain_mixer.js";

/** See PlainMixer; its sets have 16 numbers too, of which nine are used. */
export class PlainLocalMixer extends PlainMixer {
  /** Decode the decision of the slots at lines[i] + local; a, b, ra, rb number the sets. */
  decide(local, a, b, ra, rb) {
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
    const opinion = this.opinions[0];
    const t0 = opinion[slots[p0]];
    const t1 = opinion[slots[p1]];
    const t2 = opinion[slots[p2]];
    const t3 = opinion[slots[p3]];
    const t4 = opinion[slots[p4]];
    const t5 = opinion[slots[p5]];
    const t6 = opinion[slots[p6]];
    const t7 = opinion[slots[p7]];
    const t8 = opinion[slots[p8]];
    let sumA = Math.imul(weightsA[a], t0);
    sumA = (sumA + Math.imul(weightsA[a + 1], t1)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 2], t2)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 3], t3)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 4], t4)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 5], t5)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 6], t6)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 7], t7)) | 0;
    sumA = (sumA + Math.imul(weightsA[a + 8], t8)) | 0;
    let sumB = Math.imul(weightsB[b], t0);
    sumB = (sumB + Math.imul(weightsB[b + 1], t1)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 2], t2)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 3], t3)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 4], t4)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 5], t5)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 6], t6)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 7], t7)) | 0;
    sumB = (sumB + Math.imul(weightsB[b + 8], t8)) | 0;
    const bit = this.decodeMixed(sumA, sumB, ra, rb);
    const { shift, errorA: ea, errorB: eb } = this;
    const follower = this.followers[0][bit];
    weightsA[a] = learned(weightsA[a], t0, ea, shift);
    weightsA[a + 1] = learned(weightsA[a + 1], t1, ea, shift);
    weightsA[a + 2] = learned(weightsA[a + 2], t2, ea, shift);
    weightsA[a + 3] = learned(weightsA[a + 3], t3, ea, shift);
    weightsA[a + 4] = learned(weightsA[a + 4], t4, ea, shift);
    weightsA[a + 5] = learned(weightsA[a + 5], t5, ea, shift);
    weightsA[a + 6] = learned(weightsA[a + 6], t6, ea, shift);
    weightsA[a + 7] = learned(weightsA[a + 7], t7, ea, shift);
    weightsA[a + 8] = learned(weightsA[a + 8], t8, ea, shift);
    weightsB[b] = learned(weightsB[b], t0, eb, shift);
    weightsB[b + 1] = learned(weightsB[b + 1], t1, eb, shift);
    weightsB[b + 2] = learned(weightsB[b + 2], t2, eb, shift);
    weightsB[b + 3] = learned(weightsB[b + 3], t3, eb, shift);
    weightsB[b + 4] = learned(weightsB[b + 4], t4, eb, shift);
    weightsB[b + 5] = learned(weightsB[b + 5], t5, eb, shift);
    weightsB[b + 6] = learned(weightsB[b + 6], t6, eb, shift);
    weightsB[b + 7] = learned(weightsB[b + 7], t7, eb, shift);
    weightsB[b + 8] = learned(weightsB[b + 8], t8, eb, shift);
    slots[p0] = follower[slots[p0]];
    slots[p1] = follower[slots[p1]];
    slots[p2] = follower[slots[p2]];
    slots[p3] = follower[slots[p3]];
    slots[p4] = follower[slots[p4]];
    slots[p5] = follower[slots[p5]];
    slots[p6] = follower[slots[p6]];
    slots[p7] = follower[slots[p7]];
    slots[p8] = follower[slots[p8]];
    return bit;
  }
}
