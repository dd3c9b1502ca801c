// What is shown of a file: its pixels, palette and sections, or why there are none.

import { drawPicture } from "./drawing.js";
import { pngBlob } from "./png.js";
import { printable } from "./text.js";
import { makeZoomable } from "./zoom.js";

const MEANINGS = {
  "": "head, with the palette",
  B: "B: packed band",
  E: "E: entropy-coded band",
  i: "i: ICC profile",
  e: "e: EXIF",
  x: "x: XMP",
  r: "r: resolution",
};
const MOST_ROWS = 200;
const MOST_ENTRIES = 1024;
const FRAME = 9; // bytes of a section beside its payload

/** Return the card of a file that was decoded. */
export function pictureCard(name, size, picture) {
  const card = cardFrom("picture", name);
  const part = (selector) => card.querySelector(selector);
  const { width, height } = picture;
  const canvas = part(".view canvas");
  const factor = drawPicture(canvas, picture);
  canvas.setAttribute("aria-label", `${printable(name)}, ${width} × ${height} pixels`);
  part(".view").setAttribute("aria-label", `Picture ${printable(name)}`);
  part(".entries .scroll").setAttribute("aria-label", `Palette entries of ${printable(name)}`);
  part(".sections").setAttribute("aria-label", `Sections of ${printable(name)}`);
  part(".summary").textContent = summary(size, picture);
  part(".notes").textContent = notes(picture, factor);
  makeZoomable(card, canvas, factor, picture);
  drawSwatches(part(".swatches"), picture);
  listEntries(part(".entries"), picture);
  listSections(part("tbody"), size, picture.sections);
  part(".save").addEventListener("click", () => save(name, picture));
  return card;
}

/** Return the card of a file that was not. */
export function failureCard(name, error) {
  const card = cardFrom("failure", name);
  card.querySelector(".kind").textContent = `${printable(error.kind ?? error.name)}:`;
  card.querySelector(".message").textContent = printable(error.message);
  return card;
}

function cardFrom(template, name) {
  const card = document.getElementById(template).content.firstElementChild.cloneNode(true);
  card.querySelector("h2").textContent = printable(name);
  const close = card.querySelector(".close");
  close.setAttribute("aria-label", `Close ${printable(name)}`);
  close.addEventListener("click", () => {
    card.remove();
    document.getElementById("files").focus();
  });
  return card;
}

function summary(size, picture) {
  const { width, height, palette, channels, coding, isPaletteCoded, milliseconds } = picture;
  const colors = palette.length / channels;
  const speed = (width * height) / 1000 / milliseconds;
  return [
    `${count(width)} × ${count(height)} pixels`,
    `${count(colors)} ${colors === 1 ? "colour" : "colours"}${channels === 4 ? " with alpha" : ""}`,
    coding === "entropy" ? "entropy-coded" : "packed",
    ...(isPaletteCoded ? ["palette coded"] : []),
    `${count(size)} bytes`,
    `decoded in ${milliseconds.toFixed(1)} ms (${speed.toPrecision(2)} megapixels a second)`,
  ].join(" · ");
}

function notes({ metadata, others }, factor) {
  const said = [];
  if (factor > 1) {
    said.push(`Too large to draw whole: every ${factor}th pixel of every ${factor}th row.`);
  }
  if (metadata.icc) {
    said.push("There is an ICC profile; here the colours are drawn as sRGB.");
  }
  if (metadata.resolution) {
    const [across, down] = metadata.resolution.map((value) => (value / 65_536).toFixed(2));
    said.push(`${across} × ${down} dots per inch.`);
  }
  if (others.length > 0) {
    said.push(`${others.length} unknown ancillary sections.`);
  }
  return said.join(" ");
}

function count(number) {
  return number.toLocaleString("en");
}

/** Draw each entry once, in rows; the canvas is enlarged where they are few. */
function drawSwatches(canvas, { palette, channels }) {
  const colors = palette.length / channels;
  const columns = Math.min(colors, Math.max(16, 2 ** Math.ceil(Math.log2(colors) / 2)));
  const rows = Math.ceil(colors / columns);
  const pixels = new Uint8ClampedArray(4 * columns * rows);
  for (let entry = 0; entry < colors; entry++) {
    pixels[4 * entry + 3] = 255;
    pixels.set(palette.subarray(channels * entry, channels * (entry + 1)), 4 * entry);
  }
  canvas.width = columns;
  canvas.height = rows;
  canvas.getContext("2d").putImageData(new ImageData(pixels, columns, rows), 0, 0);
  canvas.style.width = `${columns * Math.min(32, Math.max(2, Math.floor(320 / columns)))}px`;
  canvas.setAttribute("aria-label", `${count(colors)} palette entries, ${columns} in a row`);
}

function listEntries(details, { palette, channels }) {
  const colors = palette.length / channels;
  const shown = Math.min(colors, MOST_ENTRIES);
  const list = details.querySelector("ol");
  const text = shown < colors ? `The first ${count(shown)} entries` : "Entries as numbers";
  details.querySelector("summary").textContent = text;
  details.addEventListener("toggle", () => {
    if (list.childElementCount > 0) {
      return;
    }
    for (let entry = 0; entry < shown; entry++) {
      const item = document.createElement("li");
      item.textContent = hex(palette.subarray(channels * entry, channels * (entry + 1)));
      list.append(item);
    }
  });
}

/** Return a colour as #rrggbb or #rrggbbaa. */
function hex(samples) {
  return `#${[...samples].map((sample) => sample.toString(16).padStart(2, "0")).join("")}`;
}

function listSections(body, size, sections) {
  sections.slice(0, MOST_ROWS).forEach(({ tag, offset, length }) => {
    const bytes = tag === "" ? length : length + FRAME;
    const share = `${((100 * bytes) / size).toFixed(1)} %`;
    const meaning = MEANINGS[tag] ?? `${tag}: unknown`;
    addRow(body, [meaning, count(offset), count(bytes), share]);
  });
  if (sections.length > MOST_ROWS) {
    const { offset } = sections[MOST_ROWS];
    const more = `${count(sections.length - MOST_ROWS)} more`;
    const share = `${((100 * (size - offset)) / size).toFixed(1)} %`;
    addRow(body, [more, count(offset), count(size - offset), share]);
  }
}

function addRow(body, cells) {
  const row = body.insertRow();
  for (const cell of cells) {
    row.insertCell().textContent = cell;
  }
}

async function save(name, picture) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await pngBlob(picture));
  link.download = `${printable(name).replace(/\.kq$/i, "")}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
