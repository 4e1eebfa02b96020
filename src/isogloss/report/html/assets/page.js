"use strict";
// What all parts of the page share: data in the page, downloads, the theme, the place on the page.
window.isogloss = (() => {
  const widgets = {};
  const themed = []; // called when the colors change
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const NEXT = { auto: "light", light: "dark", dark: "auto" };
  const TOLD = { auto: "as the system has them", light: "light", dark: "dark" };

  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const say = (text) => { document.getElementById("said").textContent = text; };
  const isDark = () => root.dataset.theme === "dark" || (root.dataset.theme === "auto" && dark.matches);

  function download(name, type, content) {
    const url = URL.createObjectURL(new Blob([content], { type }));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
    say(`${name} was downloaded`);
  }

  function remembered(value) { // a page that opens from a file may have no memory
    try {
      if (value === undefined) return localStorage.getItem("isogloss-theme");
      return localStorage.setItem("isogloss-theme", value);
    } catch { return null; }
  }

  function theme(name) {
    root.dataset.theme = name;
    document.getElementById("theme").setAttribute("aria-label", `Colors: ${TOLD[name]}`);
    document.getElementById("theme").title = `Colors: ${TOLD[name]}`;
    themed.forEach((redraw) => redraw());
  }

  function start() {
    const kept = remembered();
    theme(kept in NEXT ? kept : "auto");
    document.getElementById("theme").addEventListener("click", () => {
      const name = NEXT[root.dataset.theme];
      remembered(name);
      theme(name);
      say(`Colors: ${TOLD[name]}`);
    });
    dark.addEventListener("change", () => themed.forEach((redraw) => redraw()));
    document.querySelectorAll("[data-csv]").forEach((button) => button.addEventListener("click", () => {
      const id = button.dataset.csv;
      download(`${id}.csv`, "text/csv", read(`${id}-csv`));
    }));
    document.querySelectorAll("[data-widget]").forEach((element) => {
      const begin = widgets[element.dataset.widget]; // some are looked at and do nothing
      if (begin) begin(element, read(`${element.id}-data`));
    });
    followScroll();
  }

  function followScroll() {
    const links = new Map([...document.querySelectorAll('.contents a[href^="#"]')].map((a) => [a.hash.slice(1), a]));
    const seen = new Set();
    const watch = new IntersectionObserver((entries) => {
      entries.forEach((e) => (e.isIntersecting ? seen.add(e.target.id) : seen.delete(e.target.id)));
      const first = [...links.keys()].find((id) => seen.has(id));
      links.forEach((link, id) => {
        if (id === first) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      });
    }, { rootMargin: "-10% 0px -70% 0px" });
    links.forEach((_, id) => watch.observe(document.getElementById(id)));
  }

  document.addEventListener("DOMContentLoaded", start);
  return { widgets, themed, read, say, download, isDark };
})();
