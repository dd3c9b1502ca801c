// Hashes and classes of the model (spec §7.2).

/** C(a) = a · this, and so on for b, c and d. */
export const C_A = 0x2545f491;
export const C_B = 0x5851f42d;
export const C_C = 0x2c1b3c6d;
export const C_D = 0x9e3779b1;

/** S of the spec; `>>>` makes a place of it. */
export function shuffle(h) {
  return Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
}

/** H of the spec, signed. */
export function hash(h) {
  const g = shuffle(h);
  return g ^ (g >>> 13);
}

/** How many numbers of the list are ≤ value. */
export function classOf(value, list) {
  let count = 0;
  while (count < list.length && list[count] <= value) {
    count++;
  }
  return count;
}

/** A table of the classes of floor(i / divisor), for i from 0 to `last`. */
export function classTable(list, last, divisor = 1) {
  return Uint8Array.from({ length: last + 1 }, (_, i) => classOf(Math.floor(i / divisor), list));
}

/** Of a distance of 0 to 140, and more, one of twelve classes. */
export const DISTANCE_CLASS = classTable([2, 4, 7, 10, 14, 20, 28, 40, 60, 90, 140], 140);
