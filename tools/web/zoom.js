// Zooming into a picture, and what is under the pointer.

const SCALES = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32];

/** Let the buttons of a card, and + − 0 1 in its view, scale the canvas in steps of whole pixels. */
export function makeZoomable(card, canvas, factor, picture) {
  const view = card.querySelector(".view");
  const output = card.querySelector(".scale");
  let scale = 1;

  function setScale(wanted) {
    scale = wanted;
    canvas.style.width = `${Math.max(1, canvas.width * scale)}px`;
    output.textContent = `${Number((100 * scale).toPrecision(3))} %`;
  }

  function fit() {
    const room = Math.min((view.clientWidth || 320) / canvas.width, 480 / canvas.height);
    setScale(room >= 1 ? Math.min(32, Math.floor(room)) : room);
  }

  const actions = {
    in: () => setScale(SCALES.find((step) => step > scale * 1.001) ?? scale),
    out: () => setScale(SCALES.findLast((step) => step < scale * 0.999) ?? scale),
    one: () => setScale(1),
    fit,
  };
  const keys = { "+": actions.in, "=": actions.in, "-": actions.out, 0: actions.fit, 1: actions.one };
  for (const button of card.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", actions[button.dataset.zoom]);
  }
  view.addEventListener("keydown", (event) => {
    if (event.key in keys && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      keys[event.key]();
    }
  });
  showPixels(card.querySelector(".pixel"), canvas, factor, picture);
  setScale(1);
  requestAnimationFrame(fit); // the view has its width once it is in the page
}

function showPixels(line, canvas, factor, { width, height, indices, palette, channels }) {
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * canvas.width) * factor;
    const y = Math.floor(((event.clientY - box.top) / box.height) * canvas.height) * factor;
    if (x < 0 || y < 0 || x >= width || y >= height) {
      return;
    }
    const entry = indices[y * width + x];
    const color = palette.subarray(channels * entry, channels * (entry + 1)).join(", ");
    line.textContent = `x ${x}, y ${y}: entry ${entry} (${color})`;
  });
  canvas.addEventListener("pointerleave", () => {
    line.textContent = "";
  });
}
