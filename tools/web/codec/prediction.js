// The predicted colour of a pixel, and what is learnt from the true one (spec §7.5.4, §7.5.6).

import { classTable } from "./contexts.js";

export const STARTING_WEIGHTS = [26_214, 26_214, -6_554, 13_107, 3_277, 3_277, 0, 0];
export const ACTIVITY = classTable([1, 4, 9, 16, 28, 48, 90], 4 * 3 * 255, 3);
export const ERROR_CLASS = classTable([3, 8, 14, 22, 32, 46, 70], 70);
const LARGEST_WEIGHT = 131_072;

/** Two predictions of each sample in 1/8, made of the colours of eight neighbours. */
export class Prediction {
  /**
   * `colors`: four samples for each rank. An opaque alpha is always foreseen: it is left out.
   * The last has two arrays of seven numbers, for what the walk down the tree wants to know.
   */
  constructor(colors, channels, width, { gradientPlaces, learntPlaces }) {
    this.colors = colors;
    this.channels = channels;
    this.width = width;
    this.weights = new Int32Array(32);
    for (let sample = 0; sample < 4; sample++) {
      this.weights.set(STARTING_WEIGHTS, 8 * sample);
    }
    this.differences = new Int32Array(32);
    this.gradient = new Int32Array(4).fill(2040);
    this.learnt = new Int32Array(4).fill(2040);
    /** Places of both predictions along the seven directions. */
    this.gradientPlaces = gradientPlaces;
    this.learntPlaces = learntPlaces;
    this.energy = 0;
    this.activity = 0;
    // a number on either side stands for the columns that are clamped
    this.errors = new Int32Array(width + 2);
    this.errorsAbove = new Int32Array(width + 2);
  }

  /** Predict from the ranks of the neighbours. */
  predict(W, N, NW, NE, WW, N2, NEE, NWW) {
    const { colors, weights, differences } = this;
    let energy = 2880;
    let change = 0;
    for (let sample = 0; sample < this.channels; sample++) {
      const at = 8 * sample;
      const x0 = colors[4 * W + sample];
      const x1 = colors[4 * N + sample];
      const x2 = colors[4 * NW + sample];
      const x3 = colors[4 * NE + sample];
      const M = x0 + x1 + x2 + x3;
      const d0 = 4 * x0 - M;
      const d1 = 4 * x1 - M;
      const d2 = 4 * x2 - M;
      const d3 = 4 * x3 - M;
      const d4 = 4 * colors[4 * WW + sample] - M;
      const d5 = 4 * colors[4 * N2 + sample] - M;
      const d6 = 4 * colors[4 * NEE + sample] - M;
      const d7 = 4 * colors[4 * NWW + sample] - M;
      differences[at] = d0;
      differences[at + 1] = d1;
      differences[at + 2] = d2;
      differences[at + 3] = d3;
      differences[at + 4] = d4;
      differences[at + 5] = d5;
      differences[at + 6] = d6;
      differences[at + 7] = d7;
      energy += d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3 + d4 * d4 + d5 * d5 + d6 * d6 + d7 * d7;
      change += Math.abs(x0 - x2) + Math.abs(x1 - x2) + Math.abs(x3 - x1);
      const sum =
        Math.imul(weights[at], d0) +
        Math.imul(weights[at + 1], d1) +
        Math.imul(weights[at + 2], d2) +
        Math.imul(weights[at + 3], d3) +
        Math.imul(weights[at + 4], d4) +
        Math.imul(weights[at + 5], d5) +
        Math.imul(weights[at + 6], d6) +
        Math.imul(weights[at + 7], d7);
      const learnt = 2 * M + (sum >> 15);
      this.learnt[sample] = learnt < 0 ? 0 : learnt > 2040 ? 2040 : learnt;
      this.gradient[sample] = 8 * median(x0, x1, x0 + x1 - x2);
    }
    this.energy = energy;
    this.activity = ACTIVITY[change];
    setPlaces(this.gradientPlaces, this.gradient);
    setPlaces(this.learntPlaces, this.learnt);
  }

  /** The class of the errors expected in column x. */
  expected(x) {
    const above = this.errorsAbove;
    const left = x === 0 ? 0 : 2 * this.errors[x];
    const sum = (left + 2 * above[x + 1] + above[x + 2] + above[x]) >> 2;
    return ERROR_CLASS[sum < 70 ? sum : 70];
  }

  /** Learn that the colour in column x is that of `rank`. */
  learn(x, rank) {
    const { colors, weights, differences, learnt, energy } = this;
    let total = 0;
    for (let sample = 0; sample < this.channels; sample++) {
      const e = 8 * colors[4 * rank + sample] - learnt[sample];
      total += Math.abs(e);
      const step = ((15_728 * e) / energy) | 0;
      for (let i = 8 * sample; i < 8 * sample + 8; i++) {
        const weight = weights[i] + (Math.imul(step, differences[i]) >> 3);
        weights[i] =
          weight < -LARGEST_WEIGHT
            ? -LARGEST_WEIGHT
            : weight > LARGEST_WEIGHT
              ? LARGEST_WEIGHT
              : weight;
      }
    }
    this.errors[x + 1] = total >> 3;
  }

  /** Take it that the pixel in column x was its candidate. */
  skip(x) {
    this.errors[x + 1] = 0;
  }

  /** Go on to the next row. */
  endRow() {
    const row = this.errors;
    row[0] = row[1];
    row[this.width + 1] = row[this.width];
    this.errors = this.errorsAbove;
    this.errorsAbove = row;
  }
}

function median(a, b, c) {
  const least = a < b ? a : b;
  const most = a < b ? b : a;
  return c < least ? least : c > most ? most : c;
}

function setPlaces(places, color) {
  const R = color[0];
  const G = color[1];
  const B = color[2];
  places[0] = R;
  places[1] = G;
  places[2] = B;
  places[3] = color[3];
  places[4] = R + 2 * G + B;
  places[5] = R - B;
  places[6] = 2 * G - R - B;
}
