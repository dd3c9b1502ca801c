// Big-endian numbers (spec §1) and the CRC-32.

/** Return the u16 at `offset`. */
export function u16(data, offset) {
  return (data[offset] << 8) | data[offset + 1];
}

/** Return the u32 at `offset`. */
export function u32(data, offset) {
  return u16(data, offset) * 65_536 + u16(data, offset + 2);
}

// Four tables, one for each byte of a word: a word is taken in one step.
const TABLES = new Int32Array(4 * 256);
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  TABLES[byte] = value;
}
for (let place = 256; place < 1024; place++) {
  const before = TABLES[place - 256];
  TABLES[place] = (before >>> 8) ^ TABLES[before & 255];
}

/** Return the CRC-32 (ISO 3309) of data[start … end − 1]. */
export function crc32(data, start, end) {
  let crc = -1;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    crc ^= data[at] | (data[at + 1] << 8) | (data[at + 2] << 16) | (data[at + 3] << 24);
    crc =
      TABLES[768 + (crc & 255)] ^
      TABLES[512 + ((crc >>> 8) & 255)] ^
      TABLES[256 + ((crc >>> 16) & 255)] ^
      TABLES[crc >>> 24];
  }
  for (; at < end; at++) {
    crc = (crc >>> 8) ^ TABLES[(crc ^ data[at]) & 255];
  }
  return ~crc >>> 0;
}
