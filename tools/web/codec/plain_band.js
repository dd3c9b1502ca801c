// A band's ranks, pixel by pixel (spec §7.5), in plain JavaScript; simd_band.js is the other one.

import { C_A, C_B, C_C, C_D, hash, shuffle } from "./contexts.js";
import {
  AT_AGREES,
  AT_HITS,
  AT_PATTERNS,
  AT_RUNS,
  LENGTH_CLASS,
  Memory,
  openGate,
  RUN_CLASS,
} from "./memory.js";
import { Neighbours } from "./neighbours.js";
import { PlainMixer } from "./plain_mixer.js";
import { PlainWalk } from "./plain_walk.js";
import { Prediction } from "./prediction.js";

/** A band whose ranks are decoded row by row into `ranks`, which has its size. */
export class PlainBand {
  constructor(coder, tree, channels, width, ranks) {
    const memory = new Memory(ranks.length, coder, PlainMixer);
    this.width = width;
    this.ranks = ranks;
    this.neighbours = new Neighbours(ranks, width);
    this.memory = memory;
    this.mixer = memory.mixer;
    this.prediction = new Prediction(tree.colors, channels, width, memory.mixer);
    this.run = 0;
    this.openGate = openGate(tree.order.length);
    /** The number of a pixel, and how many before it are those before the one that comes next. */
    this.matchAt = 0;
    this.matchLength = 0;
    /** x[3] … x[15] of the spec, as far as the candidate and the nodes share them. */
    this.contexts = memory.mixer.contexts;
    /** What walks the tree to a pixel's rank (7.5.5). */
    this.walker = new PlainWalk(tree, memory);
  }

  decodeRow(y) {
    const { ranks, width, contexts, memory, prediction, neighbours } = this;
    const { lines } = this.mixer;
    const { close: closeTable, met, gate, seenBits } = memory;
    const seenShift = 32 - seenBits;
    const row = y * width;
    let { run, matchAt, matchLength } = this;
    for (let x = 0; x < width; x++) {
      neighbours.find(x, y);
      const { W, N, NW, NE, NEE, NWW, N2, N2E, N2W, WW, WWW } = neighbours;
      const hashed = (a, b, c, d) =>
        (Math.imul(a, C_A) + Math.imul(b, C_B) + Math.imul(c, C_C) + Math.imul(d, C_D)) | 0;
      const h4 = hash(hashed(W, N, NW, NE));
      const h7 = hash((h4 + hashed(WW, N2, N2E, 0)) | 0);
      const h11 = hash((h7 + hashed(NEE, NWW, N2W, WWW)) | 0);

      // 7.5.2
      const closePlace = h7 >>> seenShift;
      const metPlace = 2 * (h11 >>> seenShift);
      const close = closeTable[closePlace];
      const far = met[metPlace + 1];
      const kind = far > 0 ? 0 : close > 0 ? 1 : 2;
      const candidate = far > 0 ? far - 1 : close > 0 ? close - 1 : W;
      const equal =
        (W === N ? 1 : 0) |
        (W === NW ? 2 : 0) |
        (N === NW ? 4 : 0) |
        (N === NE ? 8 : 0) |
        (W === WW ? 16 : 0) |
        (N === N2 ? 32 : 0) |
        (W === NE ? 64 : 0);
      const pattern =
        (candidate === W ? 4 : 0) |
        (candidate === N ? 8 : 0) |
        (candidate === NW ? 16 : 0) |
        (candidate === NE ? 32 : 0) |
        (candidate + 1 === close ? 64 : 0) |
        kind;
      const pace = equal > 0 ? 1 : 0;
      const runs = RUN_CLASS[run];
      const gatePlace = (pattern << 10) | (equal << 3) | runs;
      const isOpen = gate[gatePlace] >= this.openGate;
      if (matchLength > 0) {
        matchAt++;
      } else if (met[metPlace] > 0) {
        matchAt = met[metPlace] - 1;
        matchLength = 1;
      }
      const matched = matchLength > 0 ? ranks[matchAt] : -1;
      const length = LENGTH_CLASS[matchLength];

      contexts[3] = Math.imul(W, C_A);
      contexts[4] = Math.imul(N, C_A);
      contexts[5] = Math.imul(NE, C_A);
      contexts[6] = Math.imul(N2, C_A);
      contexts[7] = Math.imul(W, C_A) + Math.imul(WW, C_B);
      contexts[8] = Math.imul(N, C_A) + Math.imul(N2, C_B);
      contexts[9] = Math.imul(NEE, C_A);
      contexts[10] = h4;
      contexts[12] = h7;
      contexts[13] = Math.imul(W, C_A) + Math.imul(N, C_B);
      contexts[14] = Math.imul(N, C_A) + Math.imul(NE, C_B);
      contexts[15] = Math.imul(NW, C_A);

      let rank = candidate;
      let isCandidate = false;
      if (isOpen) {
        contexts[11] = Math.imul(WW, C_A);
        const agreed = length === 0 ? 2 : matched === candidate ? 1 : 0;
        lines[2] = AT_AGREES + (3 * length + agreed) * 128 + pattern;
        isCandidate = this.decideCandidate(kind, candidate, pattern, equal, runs, W === N) === 1;
      }
      if (isCandidate) {
        prediction.skip(x);
      } else {
        contexts[11] = 10;
        prediction.predict(W, N, NW, NE, WW, N2, NEE, NWW);
        const expected = prediction.expected(x);
        const { activity } = prediction;
        const excluded = isOpen ? candidate : -1;
        rank = this.walker.walk(
          excluded,
          expected,
          activity,
          W,
          N,
          NW,
          NE,
          matched,
          length,
          candidate,
          kind,
          pace,
        );
        prediction.learn(x, rank);
      }
      ranks[row + x] = rank;

      // 7.5.7
      const hit = rank === candidate;
      const g = gate[gatePlace];
      gate[gatePlace] = g + (((hit ? 65_535 : 0) - g) >> 6);
      run = hit ? (run < 32 ? run + 1 : 32) : 0;
      closeTable[closePlace] = rank + 1;
      met[metPlace] = row + x + 1;
      met[metPlace + 1] = (rank + 1) & 65_535;
      matchLength = rank === matched ? Math.min(matchLength + 1, 256) : 0;
    }
    this.run = run;
    this.matchAt = matchAt;
    this.matchLength = matchLength;
    prediction.endRow();
  }

  /** The candidate decision (7.5.3). */
  decideCandidate(kind, candidate, pattern, equal, runs, isLevel) {
    const { contexts, mixer, memory } = this;
    const { lines } = mixer;
    const { hitBits } = memory;
    const key = Math.imul(kind, C_B) + Math.imul(candidate, C_D);
    lines[0] = AT_PATTERNS + 128 * pattern + equal;
    lines[1] = AT_RUNS + 16 * pattern + 2 * runs + (isLevel ? 1 : 0);
    for (let i = 3; i < 16; i++) {
      lines[i] =
        AT_HITS + ((i - 3) << hitBits) + (shuffle((contexts[i] + key) | 0) >>> (32 - hitBits));
    }
    const rb = shuffle((key + Math.imul(equal, C_A)) | 0) >>> 20;
    return mixer.decide(0, 8 * kind + runs, 3 * (equal & 63) + kind, pattern, rb, equal > 0 ? 1 : 0);
  }
}
