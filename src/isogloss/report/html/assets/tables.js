"use strict";
// Tables that sort by a column and filter by words. Of a long one the first rows are shown, and all on
// request: a browser that lays out a thousand rows anew at each sort makes a reader wait.
(() => {
  const FIRST = 200;
  const whole = new WeakSet(); // tables of which all rows are to be seen
  const left = new WeakSet(); // rows that a filter leaves out
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  function valueOf(row, column) {
    const cell = row.cells[column];
    const kept = cell.dataset.value;
    if (kept === undefined) {
      const text = cell.textContent.trim();
      return text === "–" || text === "" ? null : text;
    }
    const number = Number(kept);
    return Number.isNaN(number) ? kept : number;
  }

  function compare(a, b, sign) { // what is not there comes last, whatever the direction
    if (a === null || b === null) return (a === null) - (b === null);
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    return sign * collator.compare(String(a), String(b));
  }

  function sort(table, column) {
    const head = table.tHead.rows[0].cells[column];
    const numeric = head.classList.contains("number");
    const now = head.getAttribute("aria-sort");
    const next = { ascending: "descending", descending: "ascending" }[now] || (numeric ? "descending" : "ascending");
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", next);
    const sign = next === "ascending" ? 1 : -1;
    const keyed = [...table.tBodies[0].rows].map((row) => [valueOf(row, column), row]);
    keyed.sort((a, b) => compare(a[0], b[0], sign));
    table.tBodies[0].append(...keyed.map(([, row]) => row));
    show(table);
    window.isogloss.say(`Sorted by ${head.textContent.trim()}, ${next}`);
  }

  function show(table) { // returns how many rows there are to see, were there room for all
    let fitting = 0;
    for (const row of table.tBodies[0].rows) {
      const fits = !left.has(row);
      fitting += fits;
      row.hidden = !fits || (fitting > FIRST && !whole.has(table));
    }
    const more = table.closest("figure").querySelector("[data-more]");
    if (more) {
      more.hidden = whole.has(table) || fitting <= FIRST;
      more.textContent = `Show all ${fitting} rows; the first ${FIRST} are here`;
    }
    return fitting;
  }

  function filter(table, words, count) {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = table.tBodies[0].rows;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      if (wanted.every((word) => text.includes(word))) left.delete(row);
      else left.add(row);
    }
    const fitting = show(table);
    const some = fitting ? `${fitting} of ${rows.length} rows` : `no row matches, of ${rows.length}`;
    count.textContent = fitting === rows.length ? `${fitting} rows` : some;
    count.classList.toggle("none", !fitting);
  }

  function shorten(table) {
    if (table.tBodies[0].rows.length <= FIRST) return;
    const more = document.createElement("button");
    more.type = "button";
    more.dataset.more = "";
    more.addEventListener("click", () => {
      whole.add(table);
      const next = table.tBodies[0].querySelector("tr[hidden]");
      show(table);
      const cell = next && next.cells[0];
      if (cell) { // who came by keyboard goes on where the rows begin that were not there
        cell.tabIndex = -1;
        cell.focus({ preventScroll: true });
      }
    });
    table.parentElement.after(more);
    show(table);
    window.addEventListener("beforeprint", () => { whole.add(table); show(table); });
  }

  function reachable(box) { // by keyboard, where there is more to see than fits
    if (box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }

  function watchBoxes() {
    const watch = new ResizeObserver((entries) => (
      entries.forEach(({ target }) => reachable(target.closest(".scroll, pre")))
    ));
    document.querySelectorAll(".scroll, pre[tabindex]").forEach((box) => {
      watch.observe(box);
      if (box.firstElementChild) watch.observe(box.firstElementChild);
    });
    document.addEventListener("drawn", (event) => reachable(event.target.closest(".scroll")));
  }

  document.addEventListener("DOMContentLoaded", () => {
    watchBoxes();
    document.querySelectorAll("figure.table table").forEach((table) => {
      shorten(table);
      table.tHead.addEventListener("click", (event) => {
        const button = event.target.closest("[data-sort]");
        if (button) sort(table, Number(button.dataset.sort));
      });
    });
    document.querySelectorAll("[data-filter]").forEach((box) => {
      const figure = document.getElementById(box.dataset.filter);
      const count = figure.querySelector("[data-count]");
      box.addEventListener("input", () => filter(figure.querySelector("table"), box.value, count));
    });
  });
})();
