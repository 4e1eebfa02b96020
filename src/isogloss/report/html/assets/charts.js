"use strict";
// Charts: drawn when they come into sight, in the colors of the page, and downloaded in print's.
(() => {
  const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif";
  const LIGHT = { ink: "#1d2129", faint: "#5c6470", grid: "#e6e6e6", other: "#d4d4d4", paper: "#ffffff" };
  const DARK = { ink: "#e8eaee", faint: "#a4adb9", grid: "#2c323b", other: "#4a525e", paper: "#14171c" };
  const SAME = { // the colors that the charts name, by what they stand for
    "#222222": "ink", "#000000": "ink", black: "ink", "#767676": "faint", "#e6e6e6": "grid",
    "#d4d4d4": "other", white: "paper", "#ffffff": "paper",
  };
  const views = new Map(); // id -> what vegaEmbed made
  const kept = new Map(); // id -> values of parameters that a reader has set

  function config(colors) {
    const text = { labelColor: colors.ink, titleColor: colors.ink, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
    return {
      font: FONT, background: null, padding: 4, view: { stroke: null }, mark: { tooltip: true },
      axis: { ...text, labelLimit: 260, titleLimit: 500, gridColor: colors.grid, tickColor: colors.other, domainColor: colors.other, titlePadding: 9 },
      legend: { ...text, labelLimit: 260, titleLimit: 300, symbolSize: 90 },
      header: { ...text, labelLimit: 260 },
      text: { color: colors.ink }, rule: { color: colors.ink },
      title: { color: colors.ink, subtitleColor: colors.faint },
    };
  }

  function recolored(value, colors) {
    if (Array.isArray(value)) return value.map((one) => recolored(one, colors));
    if (value && typeof value === "object") {
      const skip = new Set(["values", "datasets", "config"]);
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, skip.has(k) ? v : recolored(v, colors)]));
    }
    const role = typeof value === "string" ? SAME[value.toLowerCase()] : undefined;
    return role ? colors[role] : value;
  }

  function onPage(spec, colors) {
    const made = recolored(spec, colors);
    delete made.title; // the caption says it
    made.config = config(colors);
    if (!made.facet && !made.hconcat && !made.vconcat && !made.concat && typeof made.width === "number") {
      made.width = "container";
      made.autosize = { type: "fit-x", contains: "padding" };
    }
    return made;
  }

  const OPTIONS = {
    mode: "vega-lite", ast: true, actions: false, defaultStyle: false, renderer: "svg",
    tooltip: { disableDefaultStyle: true, theme: "custom" },
    loader: { load: () => Promise.reject(new Error("this page loads nothing")) },
  };

  async function draw(id) {
    const place = document.querySelector(`[data-chart="${CSS.escape(id)}"]`);
    const spec = onPage(window.isogloss.read(`${id}-spec`), window.isogloss.isDark() ? DARK : LIGHT);
    views.get(id)?.finalize();
    const made = await window.vegaEmbed(place, spec, OPTIONS);
    views.set(id, made);
    for (const [param, value] of kept.get(id) ?? []) made.view.signal(param, value);
    await made.view.runAsync();
    place.dataset.drawn = "true";
    return made;
  }

  function set(id, param, value) {
    if (!kept.has(id)) kept.set(id, new Map());
    kept.get(id).set(param, value);
    return views.get(id)?.view.signal(param, value).runAsync();
  }

  async function image(id, type) { // as the figures of the report look: light, with their title
    const made = await window.vegaEmbed(document.createElement("div"), window.isogloss.read(`${id}-spec`), OPTIONS);
    for (const [param, value] of kept.get(id) ?? []) made.view.signal(param, value);
    await made.view.runAsync();
    if (type === "svg") {
      window.isogloss.download(`${id}.svg`, "image/svg+xml", await made.view.toSVG());
    } else {
      const canvas = await made.view.toCanvas(2);
      canvas.toBlob((blob) => window.isogloss.download(`${id}.png`, "image/png", blob), "image/png");
    }
    made.finalize();
  }

  document.addEventListener("DOMContentLoaded", () => {
    const places = [...document.querySelectorAll("[data-chart]")];
    if (!places.length) return;
    const watch = new IntersectionObserver((entries) => entries.forEach((entry) => {
      if (!entry.isIntersecting) return;
      watch.unobserve(entry.target);
      draw(entry.target.dataset.chart);
    }), { rootMargin: "400px" });
    places.forEach((place) => watch.observe(place));
    window.isogloss.themed.push(() => views.forEach((_, id) => draw(id)));
    window.addEventListener("beforeprint", () => places.forEach((place) => {
      if (!place.dataset.drawn) draw(place.dataset.chart);
    }));
    document.querySelectorAll("[data-image]").forEach((button) => {
      button.addEventListener("click", () => image(button.dataset.of, button.dataset.image));
    });
    document.querySelectorAll("[data-param]").forEach((control) => control.addEventListener("input", () => {
      const id = control.closest("figure").id;
      const number = control.type === "range" ? Number(control.value) : control.value;
      const told = control.parentElement.querySelector("output");
      if (told) told.textContent = control.value;
      set(id, control.dataset.param, number);
    }));
  });
  window.isogloss.charts = { draw, set, views };
})();
