"use strict";
// Tables that sort by a column and filter by words.
(() => {
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
    window.isogloss.say(`Sorted by ${head.textContent.trim()}, ${next}`);
  }

  function filter(table, words, count) {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    const rows = table.tBodies[0].rows;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !wanted.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    count.textContent = shown === rows.length ? `${shown} rows` : `${shown} of ${rows.length} rows`;
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("figure.table table").forEach((table) => {
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
