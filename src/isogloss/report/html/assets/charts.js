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
  const linear = new Set(); // ids of charts whose logarithmic axes a reader wants linear
  const NARROW = 560; // below this, legends go under their charts
  const LEAST_WIDTH = 120; // of one of many small charts

  function config(colors, narrow) {
    const text = { labelColor: colors.ink, titleColor: colors.ink, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
    return {
      font: FONT, background: null, padding: 4, view: { stroke: null }, mark: { tooltip: true },
      axis: { ...text, labelLimit: narrow ? 130 : 260, titleLimit: 500, gridColor: colors.grid, tickColor: colors.other, domainColor: colors.other, titlePadding: 9 },
      legend: { ...text, labelLimit: 260, titleLimit: 300, symbolSize: 90 },
      header: { ...text, labelLimit: 260 },
      text: { color: colors.ink }, rule: { color: colors.ink },
      title: { color: colors.ink, subtitleColor: colors.faint },
    };
  }

  function changed(value, change, key = "") { // all of a chart but its data and its look
    if (["values", "datasets", "config", "params"].includes(key)) return value;
    if (Array.isArray(value)) return value.map((one) => changed(one, change));
    if (!value || typeof value !== "object") return change(value, key);
    return change(Object.fromEntries(Object.entries(value).map(([k, v]) => [k, changed(v, change, k)])), key);
  }

  const recolored = (spec, colors) => changed(spec, (value) => {
    const role = typeof value === "string" ? SAME[value.toLowerCase()] : undefined;
    return role ? colors[role] : value;
  });

  const inWords = (text) => text.replace("(log scale)", "(linear scale)");

  const straight = (spec) => changed(spec, (value, key) => {
    if (typeof value === "string") return inWords(value);
    return key === "scale" && value?.type === "log" ? { ...value, type: "linear", zero: true } : value;
  });

  const legendsBelow = (spec) => changed(spec, (value, key) => (
    key === "legend" && value?.orient ? { ...value, orient: "bottom", columns: value.orient === "right" ? 2 : 1 } : value
  ));

  function inColumns(made, room) { // as many small charts in a row as there is room for
    const [gap, axis] = [made.spacing ?? 20, 70];
    made.columns = Math.max(1, Math.min(made.columns, Math.floor((room - axis) / (LEAST_WIDTH + gap))));
    made.spec.width = Math.max(LEAST_WIDTH, Math.min(300, Math.floor((room - axis) / made.columns) - gap));
  }

  const read = (id) => {
    const spec = window.isogloss.read(`${id}-spec`);
    return linear.has(id) ? straight(spec) : spec;
  };

  function onPage(spec, colors, room) {
    const narrow = room < NARROW;
    const made = recolored(narrow ? legendsBelow(spec) : spec, colors);
    delete made.title; // the caption says it
    made.config = config(colors, narrow);
    if (made.facet && made.columns && made.spec.width) inColumns(made, room);
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
    const spec = onPage(read(id), window.isogloss.isDark() ? DARK : LIGHT, place.clientWidth);
    spec.description ??= document.getElementById(`${id}-caption`).textContent.trim(); // its name to a screen reader
    views.get(id)?.finalize();
    const made = await window.vegaEmbed(place, spec, OPTIONS);
    views.set(id, made);
    for (const [param, value] of kept.get(id) ?? []) made.view.signal(param, value);
    follow(id, made.view);
    await made.view.runAsync();
    unnamed(place);
    place.dataset.drawn = "true";
    place.dispatchEvent(new Event("drawn", { bubbles: true }));
    return made;
  }

  function unnamed(place) { // a mark without a name is no picture to a screen reader; its data are in the table
    place.querySelectorAll("[role='graphics-symbol']:not([aria-label])").forEach((mark) => {
      mark.removeAttribute("role");
      mark.removeAttribute("aria-roledescription");
    });
  }

  function follow(id, view) { // a pointer over a mark chooses as a control does, until it leaves
    document.getElementById(id).querySelectorAll("[data-hover]").forEach((control) => {
      const known = new Set([...control.options].map((option) => option.value));
      const choose = (event, item) => {
        const value = item?.datum?.[control.dataset.hover];
        view.signal(control.dataset.param, known.has(value) ? value : control.value).runAsync();
      };
      view.addEventListener("pointerover", choose);
      view.addEventListener("pointerout", () => choose());
    });
  }

  function rescale(id, kind) {
    if (kind === "linear") linear.add(id);
    else linear.delete(id);
    const facts = document.getElementById(id).querySelector("[data-facts] bdi");
    if (facts) {
      facts.dataset.given ??= facts.textContent;
      facts.textContent = linear.has(id) ? inWords(facts.dataset.given) : facts.dataset.given;
    }
    return draw(id);
  }

  function set(id, param, value) {
    if (!kept.has(id)) kept.set(id, new Map());
    kept.get(id).set(param, value);
    return views.get(id)?.view.signal(param, value).runAsync();
  }

  async function image(id, type) { // as the figures of the report look: light, with their title
    const made = await window.vegaEmbed(document.createElement("div"), read(id), OPTIONS);
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
      set(control.closest("figure").id, control.dataset.param, control.value);
    }));
    document.querySelectorAll("[data-scale]").forEach((control) => control.addEventListener("input", () => {
      rescale(control.closest("figure").id, control.value);
    }));
  });
  window.isogloss.charts = { draw, set, views };
})();
