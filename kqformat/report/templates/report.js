"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const bytes = Uint8Array.from(atob(data.points), (c) => c.charCodeAt(0));
  const hex = (text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
  let k = document.querySelector("input[name=k]:checked").value;

  // The picture: a divider across the view, whatever the zoom.
  const viewer = $("viewer"), scroll = $("scroll"), stack = $("stack"), divider = $("divider");
  // Attributes, since the properties are the sizes of what is laid out so far.
  const [naturalWidth, naturalHeight] = ["width", "height"].map((side) => Number($("original").getAttribute(side)));
  const natural = { width: naturalWidth, height: naturalHeight };
  const steps = [0.125, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32];
  let share = 0.5, zoom = 1, fits = true;

  const results = [...document.querySelectorAll(".result")];
  function split() {
    divider.style.left = `${100 * share}%`;
    const percent = Math.round(100 * share);
    divider.setAttribute("aria-valuenow", percent);
    divider.setAttribute("aria-valuetext", `${percent} % original`);
    const box = stack.getBoundingClientRect(), view = viewer.getBoundingClientRect();
    const cut = view.left + share * view.width - box.left;
    const part = Math.min(100, Math.max(0, (100 * cut) / box.width));
    for (const image of results) image.style.clipPath = `inset(0 0 0 ${part}%)`;
  }
  function fit() {
    return Math.min(viewer.clientWidth / natural.width, viewer.clientHeight / natural.height);
  }
  function room() {
    const tall = Math.min(window.innerHeight * 0.72, (viewer.clientWidth * natural.height) / natural.width);
    viewer.style.setProperty("--tall", `${Math.max(180, Math.round(tall))}px`);
    viewer.style.setProperty("--ratio", natural.width / natural.height);
  }
  function show(next, isFit) {
    const middle = [
      (scroll.scrollLeft + scroll.clientWidth / 2) / Math.max(1, stack.offsetWidth),
      (scroll.scrollTop + scroll.clientHeight / 2) / Math.max(1, stack.offsetHeight),
    ];
    fits = isFit;
    zoom = next;
    stack.style.width = `${natural.width * zoom}px`;
    stack.style.height = `${natural.height * zoom}px`;
    stack.classList.toggle("pixels", zoom * devicePixelRatio >= 1.5);
    scroll.scrollLeft = middle[0] * stack.offsetWidth - scroll.clientWidth / 2;
    scroll.scrollTop = middle[1] * stack.offsetHeight - scroll.clientHeight / 2;
    $("scale").textContent = `${Math.round(100 * zoom)} %`;
    split();
  }
  function refit() {
    room();
    if (fits) show(fit(), true);
    else split();
  }
  document.querySelectorAll("[data-zoom]").forEach((button) =>
    button.addEventListener("click", () => {
      const how = button.dataset.zoom;
      if (how === "fit") show(fit(), true);
      else if (how === "in") show(steps.find((step) => step > zoom * 1.01) ?? zoom, false);
      else if (how === "out") show(steps.findLast((step) => step < zoom * 0.99) ?? zoom, false);
      else show(Number(how), false);
    }),
  );
  scroll.addEventListener("scroll", split);
  window.addEventListener("resize", refit);

  function moveTo(event) {
    const view = viewer.getBoundingClientRect();
    share = Math.min(1, Math.max(0, (event.clientX - view.left) / view.width));
    split();
  }
  divider.addEventListener("pointerdown", (event) => {
    divider.setPointerCapture(event.pointerId);
    event.preventDefault();
    divider.focus({ focusVisible: false });
  });
  divider.addEventListener("pointermove", (event) => {
    if (divider.hasPointerCapture(event.pointerId)) moveTo(event);
  });
  const moves = {
    ArrowLeft: () => share - 0.02, ArrowDown: () => share - 0.02,
    ArrowRight: () => share + 0.02, ArrowUp: () => share + 0.02,
    PageDown: () => share - 0.1, PageUp: () => share + 0.1, Home: () => 0, End: () => 1,
  };
  divider.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    share = Math.min(1, Math.max(0, move()));
    split();
  });
  // With a mouse, the picture can be dragged; fingers scroll it.
  scroll.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    if (scroll.scrollWidth <= scroll.clientWidth && scroll.scrollHeight <= scroll.clientHeight) {
      divider.setPointerCapture(event.pointerId);
      moveTo(event);
      return;
    }
    const from = [event.clientX + scroll.scrollLeft, event.clientY + scroll.scrollTop];
    scroll.setPointerCapture(event.pointerId);
    const pan = (at) => scroll.scrollTo(from[0] - at.clientX, from[1] - at.clientY);
    scroll.addEventListener("pointermove", pan);
    scroll.addEventListener("lostpointercapture", () => scroll.removeEventListener("pointermove", pan), { once: true });
  });

  // The cube of colours.
  const cube = $("cube"), pen = cube.getContext("2d"), turn = $("turn"), tilt = $("tilt");
  const edges = [];
  for (let a = 0; a < 8; a++) for (const bit of [1, 2, 4]) if (!(a & bit)) edges.push([a, a | bit]);
  const corner = (n) => [n & 1 ? 255 : 0, n & 2 ? 255 : 0, n & 4 ? 255 : 0];
  function drawCube() {
    const ratio = Math.min(2, window.devicePixelRatio || 1), wide = 560, high = 480;
    cube.width = wide * ratio;
    cube.height = high * ratio;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(document.body);
    const ink = style.getPropertyValue("--ink"), rule = style.getPropertyValue("--soft");
    const [u, v] = [turn, tilt].map((input) => (input.value * Math.PI) / 180);
    const [cu, su, cv, sv] = [Math.cos(u), Math.sin(u), Math.cos(v), Math.sin(v)];
    const at = ([r, g, b]) => {
      const [x, y, z] = [r / 127.5 - 1, g / 127.5 - 1, b / 127.5 - 1];
      const across = x * cu - y * su, depth = x * su + y * cu;
      return [wide / 2 + 140 * across, high / 2 - 140 * (z * cv - depth * sv), depth * cv + z * sv];
    };
    const line = ([a, b]) => {
      const [p, q] = [at(corner(a)), at(corner(b))];
      pen.beginPath();
      pen.moveTo(p[0], p[1]);
      pen.lineTo(q[0], q[1]);
      pen.stroke();
    };
    const depth = ([a, b]) => at(corner(a))[2] + at(corner(b))[2];
    const rings = data.palettes[k].length > 40 ? [1.4, 0.6] : [3, 1.25];
    pen.clearRect(0, 0, wide, high);
    pen.lineWidth = 1;
    pen.strokeStyle = rule;
    const order = edges.slice().sort((one, other) => depth(other) - depth(one));
    pen.globalAlpha = 0.45;
    order.slice(0, 9).forEach(line);
    pen.globalAlpha = 1;
    const things = [];
    for (let i = 0; i < bytes.length; i += 3) {
      const color = [bytes[i], bytes[i + 1], bytes[i + 2]], [x, y, z] = at(color);
      things.push({ x, y, z, radius: 1.5, fill: `rgb(${color})`, ring: false });
    }
    for (const [fill, part] of data.palettes[k]) {
      const [x, y, z] = at(hex(fill));
      things.push({ x, y, z: z - 0.05, radius: 3.5 + 26 * Math.sqrt(part), fill, ring: true });
    }
    things.sort((one, other) => other.z - one.z);
    for (const { x, y, radius, fill, ring } of things) {
      pen.fillStyle = fill;
      if (!ring) {
        pen.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
        continue;
      }
      pen.beginPath();
      pen.arc(x, y, radius, 0, 7);
      pen.fill();
      pen.lineWidth = rings[0];
      pen.strokeStyle = "#fff";
      pen.stroke();
      pen.lineWidth = rings[1];
      pen.strokeStyle = "#1d2126";
      pen.stroke();
    }
    pen.lineWidth = 1;
    pen.strokeStyle = rule;
    order.slice(9).forEach(line);
    pen.fillStyle = ink;
    pen.font = "14px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (const [name, place] of [["black", 0], ["red", 1], ["green", 2], ["blue", 4], ["white", 7]]) {
      const [x, y] = at(corner(place)), far = Math.hypot(x - wide / 2, y - high / 2) || 1;
      pen.fillText(name, x + (24 * (x - wide / 2)) / far, y + (18 * (y - high / 2)) / far);
    }
  }
  for (const input of [turn, tilt]) input.addEventListener("input", drawCube);
  cube.addEventListener("pointerdown", (event) => cube.setPointerCapture(event.pointerId));
  cube.addEventListener("pointermove", (event) => {
    if (!cube.hasPointerCapture(event.pointerId)) return;
    turn.value = ((Number(turn.value) - event.movementX * 0.6 + 540) % 360) - 180;
    tilt.value = Number(tilt.value) + event.movementY * 0.6;
    drawCube();
  });

  // The map of errors: CIE94 with the geometric mean of the chromas, as the numbers beside it.
  const linear = Float64Array.from({ length: 256 }, (_, n) => {
    const s = n / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  const root = (t) => (t > 0.008856452 ? Math.cbrt(t) : t * 7.787037 + 4 / 29);
  const known = new Map();
  function lab(r, g, b) {
    const key = (r << 16) | (g << 8) | b;
    let found = known.get(key);
    if (!found) {
      const [R, G, B] = [linear[r], linear[g], linear[b]];
      const x = root(0.433943 * R + 0.376223 * G + 0.189834 * B);
      const y = root(0.212673 * R + 0.715152 * G + 0.072175 * B);
      const z = root(0.017756 * R + 0.109467 * G + 0.872777 * B);
      found = [116 * y - 16, 500 * (x - y), 200 * (y - z)];
      known.set(key, found);
    }
    return found;
  }
  function difference(one, other) {
    const [l, a, b] = [one[0] - other[0], one[1] - other[1], one[2] - other[2]];
    const [c1, c2] = [Math.hypot(one[1], one[2]), Math.hypot(other[1], other[2])];
    const mean = Math.sqrt(c1 * c2), c = c1 - c2;
    const hue = Math.max(0, a * a + b * b - c * c);
    return Math.sqrt(l * l + (c / (1 + 0.045 * mean)) ** 2 + hue / (1 + 0.015 * mean) ** 2);
  }
  const ramp = ["#00204d", "#00336f", "#39486b", "#575c6d", "#707173", "#8a8779", "#a69d75", "#c4b56c", "#e4cf5b"].map(hex);
  function shade(part) {
    const place = Math.min(1, part) * (ramp.length - 1), from = Math.min(ramp.length - 2, Math.floor(place));
    return ramp[from].map((value, n) => value + (ramp[from + 1][n] - value) * (place - from));
  }
  const shades = Array.from({ length: 257 }, (_, n) => shade(n / 256));
  const errors = $("errors"), sheet = document.createElement("canvas");
  sheet.width = errors.width;
  sheet.height = errors.height;
  const under = sheet.getContext("2d", { willReadFrequently: true });
  function pixelsOf(image) {
    under.drawImage(image, 0, 0, sheet.width, sheet.height);
    return under.getImageData(0, 0, sheet.width, sheet.height).data;
  }
  let original = null;
  async function drawErrors() {
    const wanted = k, image = document.querySelector(`.result[data-k="${k}"]`);
    await Promise.all([$("original").decode(), image.decode()]);
    if (wanted !== k) return;
    original ??= pixelsOf($("original"));
    const shown = pixelsOf(image), top = Number(document.querySelector(`[data-k="${k}"][data-top]`).dataset.top);
    const map = new ImageData(sheet.width, sheet.height);
    for (let i = 0; i < shown.length; i += 4) {
      const one = lab(original[i], original[i + 1], original[i + 2]);
      const other = lab(shown[i], shown[i + 1], shown[i + 2]);
      const color = shades[Math.round(256 * Math.min(1, difference(one, other) / top))];
      map.data.set(color, i);
      map.data[i + 3] = 255;
    }
    errors.getContext("2d").putImageData(map, 0, 0);
    errors.dataset.k = k;
  }

  // One number of colours at a time.
  function choose(next) {
    k = next;
    for (const part of document.querySelectorAll("[data-k]"))
      if (part !== errors && part.tagName !== "circle") part.hidden = part.dataset.k !== k;
    for (const mark of document.querySelectorAll("circle[data-k]")) mark.classList.toggle("on", mark.dataset.k === k);
    for (const row of document.querySelectorAll("[data-row]")) row.classList.toggle("on", row.dataset.row === k);
    drawCube();
    drawErrors();
  }
  for (const radio of document.querySelectorAll("input[name=k]"))
    radio.addEventListener("change", () => choose(radio.value));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCube);
  window.addEventListener("beforeprint", () => show(fit(), true));

  refit();
  choose(k);
})();
