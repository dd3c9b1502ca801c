// What files say of themselves, made fit to be shown.

/** Return text without characters that control terminals or the direction of writing. */
export function printable(text) {
  return String(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu, "\ufffd");
}
