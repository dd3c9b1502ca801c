// A band's ranks by the local model (spec §7.5.8) in plain JavaScript.

import { LocalMemory } from "./memory.js";
import { Neighbours } from "./neighbours.js";
import { PlainLocalWalk } from "./plain_local_walk.js";
import { PlainMixer } from "./plain_mixer.js";
import { Prediction } from "./prediction.js";

/** See PlainBand. */
export class PlainLocalBand {
  constructor(coder, tree, channels, width, ranks) {
    const memory = new LocalMemory(ranks.length, tree, coder, PlainMixer);
    this.width = width;
    this.ranks = ranks;
    this.neighbours = new Neighbours(ranks, width);
    this.prediction = new Prediction(tree.colors, channels, width, memory.mixer);
    this.walker = new PlainLocalWalk(tree, memory);
  }

  decodeRow(y) {
    const { ranks, width, neighbours, prediction, walker } = this;
    for (let x = 0; x < width; x++) {
      neighbours.find(x, y);
      const { W, N, NW, NE, WW, N2, NEE, NWW } = neighbours;
      prediction.predict(W, N, NW, NE, WW, N2, NEE, NWW);
      const rank = walker.walk(prediction.expected(x), prediction.activity, neighbours);
      prediction.learn(x, rank);
      ranks[y * width + x] = rank;
    }
    prediction.endRow();
  }
}
