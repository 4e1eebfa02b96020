"use strict";
// The panel of the isogloss map: which numbers are shown, where the line is, who falls below it.
window.isogloss.widgets.map = (element, data) => {
  const MOST_NAMES = 14;
  const layers = new Map(data.groups.flatMap((group) => group.layers.map((layer) => [layer.id, layer])));
  const part = (name) => element.querySelector(`[data-map="${name}"]`);
  const [select, range, exact, view] = ["layer", "threshold", "exact", "view"].map(part);
  const charts = () => window.isogloss.charts;
  let scale = null; // of the threshold that is set: what it may be compared with
  let threshold = null;

  const list = (names) => (names.length <= MOST_NAMES + 2 ? names.join(", ")
    : `${names.slice(0, MOST_NAMES).join(", ")} and ${names.length - MOST_NAMES} more`);
  const languages = (n) => `${n} ${n === 1 ? "language" : "languages"}`;
  const written = (value, step) => value.toFixed(Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));

  function say(layer) {
    const below = layer.languages.filter((one) => one.value < threshold);
    const unsure = layer.languages.filter((one) => (
      one.low !== null && one.low < threshold && threshold <= one.high
    ));
    const [n, all] = [layer.languages.length - below.length, layer.languages.length];
    const at = shown(layer);
    const names = (ones) => list(ones.map((one) => one.name));
    element.querySelector(".reach").textContent = `${n} of ${languages(all)} at ${at} or above`;
    element.querySelector(".below").textContent = `${below.length} below`;
    element.querySelector(".names").textContent = below.length ? `Below the line: ${names(below)}.` : "";
    element.querySelector(".unsure").textContent = unsure.length
      ? `Not told apart from the threshold, which their 95 % interval holds: ${names(unsure)}.` : "";
    part("why").textContent = layer.why;
  }

  function shown(layer) { // with the digits of the slider's steps, or all that were typed
    const text = written(threshold, layer.slider.step);
    return Number(text) === threshold ? text : String(threshold);
  }

  function update() {
    const layer = layers.get(select.value);
    if (scale !== layer.scale) { // a threshold stays between numbers that can be compared
      const { least, most, step, start } = layer.slider;
      Object.assign(range, { min: least, max: most, step });
      threshold = start;
      scale = layer.scale;
    }
    range.value = threshold;
    if (document.activeElement !== exact) exact.value = shown(layer);
    part("facts").textContent = layer.facts;
    say(layer);
    for (const id of data.charts) {
      charts().set(id, "layer", layer.id);
      charts().set(id, "threshold", threshold);
    }
  }

  function fit() { // as high as what is shown asks for
    const drawn = charts().views.get(data.map)?.view;
    if (!drawn) return;
    const shown = data.views.find((one) => one.name === (view?.value ?? data.views[0].name));
    const wide = document.querySelector(`[data-chart="${CSS.escape(data.map)}"]`).clientWidth;
    drawn.height(Math.round(Math.min(Math.max(wide * shown.share, shown.least), shown.most))).runAsync();
  }

  select.addEventListener("input", update);
  range.addEventListener("input", () => {
    threshold = Number(range.value);
    update();
  });
  exact.addEventListener("input", () => {
    if (exact.value === "") return; // nothing that is a number, yet
    threshold = exact.valueAsNumber;
    update();
  });
  exact.addEventListener("change", () => { exact.value = shown(layers.get(select.value)); });
  view?.addEventListener("input", () => {
    charts().set(data.map, "view", view.value);
    fit();
  });
  window.addEventListener("resize", fit);
  document.addEventListener("drawn", (event) => { if (event.target.dataset.chart === data.map) fit(); });
  update();
};
