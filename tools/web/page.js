// The page: files come in, a card for each comes out. What files hold is written as text only.

import { pictureCard, failureCard } from "./cards.js";
import { Decoding } from "./decoding.js";
import { DEFAULT_LIMITS } from "./kq.js";

const decoding = new Decoding();
const results = document.getElementById("results");
const status = document.getElementById("status");
const limits = document.getElementById("limits");

let left = 0;

function chosenLimits() {
  const chosen = {};
  for (const [name, limit] of Object.entries(DEFAULT_LIMITS)) {
    const input = limits.elements[name];
    chosen[name] = input.validity.valid ? input.valueAsNumber : limit;
  }
  return chosen;
}

async function cardOf(file) {
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const picture = await decoding.decode(bytes, chosenLimits());
    return pictureCard(file.name, file.size, picture);
  } catch (error) {
    return failureCard(file.name, error);
  }
}

function tellProgress() {
  status.textContent = left > 0 ? `Decoding: ${left} to go …` : "";
}

/** Take files one after the other, so that only one is in memory until it is decoded. */
async function open(files) {
  left += files.length;
  tellProgress();
  for (const file of files) {
    results.prepend(await cardOf(file));
    left--;
    tellProgress();
  }
}

function isFiles(event) {
  return event.dataTransfer?.types.includes("Files");
}

for (const [name, limit] of Object.entries(DEFAULT_LIMITS)) {
  limits.elements[name].value = limit;
}
limits.addEventListener("submit", (event) => event.preventDefault());
document.getElementById("files").addEventListener("change", ({ target }) => {
  open([...target.files]);
  target.value = ""; // so that the same file can be chosen again
});
document.addEventListener("dragover", (event) => {
  if (isFiles(event)) {
    event.preventDefault();
    document.body.classList.add("dropping");
  }
});
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) {
    document.body.classList.remove("dropping");
  }
});
document.addEventListener("drop", (event) => {
  document.body.classList.remove("dropping");
  if (isFiles(event)) {
    event.preventDefault();
    open([...event.dataTransfer.files]);
  }
});
