// The ranks near a pixel (spec §7.5.1), by where they are; what is outside the band is replaced.

/** Eleven ranks of one pixel after another. */
export class Neighbours {
  constructor(ranks, width) {
    this.ranks = ranks;
    this.width = width;
    this.W = this.N = this.NW = this.NE = this.NEE = this.NWW = 0;
    this.N2 = this.N2E = this.N2W = this.WW = this.WWW = 0;
  }

  /** Find those of the pixel in column x of row y. */
  find(x, y) {
    const { ranks, width } = this;
    const row = y * width;
    const up = row - width;
    const upper = up - width;
    let W, N, NW, NE, NEE, NWW, N2, N2E, N2W;
    if (y === 0) {
      W = x > 0 ? ranks[row + x - 1] : 0;
      N = NW = NE = NEE = NWW = N2 = N2E = N2W = W;
    } else {
      N = ranks[up + x];
      W = x > 0 ? ranks[row + x - 1] : N;
      NW = x > 0 ? ranks[up + x - 1] : N;
      NE = x + 1 < width ? ranks[up + x + 1] : N;
      NEE = x + 2 < width ? ranks[up + x + 2] : NE;
      NWW = x > 1 ? ranks[up + x - 2] : NW;
      N2 = y > 1 ? ranks[upper + x] : N;
      N2E = y > 1 && x + 1 < width ? ranks[upper + x + 1] : NE;
      N2W = y > 1 && x > 0 ? ranks[upper + x - 1] : NW;
    }
    this.W = W;
    this.N = N;
    this.NW = NW;
    this.NE = NE;
    this.NEE = NEE;
    this.NWW = NWW;
    this.N2 = N2;
    this.N2E = N2E;
    this.N2W = N2W;
    this.WW = x > 1 ? ranks[row + x - 2] : W;
    this.WWW = x > 2 ? ranks[row + x - 3] : this.WW;
  }
}
