"use strict";
// Confusion matrices: one of many, chosen by encoder, training and language.
(() => {
  const PARTS = ["encoders", "settings", "targets"];
  const NAMES = { encoders: "Encoder", settings: "Trained", targets: "Tested on" };
  const MANY = 8; // labels, from which on cells are small
  const FREQUENT = 3; // confusions that are said in words

  const whole = new Intl.NumberFormat("en-US");
  function percent(part, all) { // 100 % is all of them and 0 % is none
    if (!all) return "–";
    const near = part > 0 && part < all && (part / all < 0.01 || part / all > 0.99);
    return `${((100 * part) / all).toFixed(near ? 1 : 0)} %`;
  }

  const nameOf = (value) => (typeof value === "string" ? value : value.name);

  function element(tag, text, attributes = {}) {
    const made = document.createElement(tag);
    if (text !== "") made.append(Object.assign(document.createElement("bdi"), { textContent: text }));
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  function dense(matrix, k) { // pairs of place and count, as rows
    const rows = Array.from({ length: k }, () => new Array(k).fill(0));
    for (let i = 0; i < matrix.counts.length; i += 2) {
      rows[Math.floor(matrix.counts[i] / k)][matrix.counts[i] % k] = matrix.counts[i + 1];
    }
    return rows;
  }

  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

  function cell(count, all, right) {
    const made = element("td", "", { "data-value": count, class: right ? "right" : count ? "wrong" : "none" });
    made.style.setProperty("--share", all ? count / all : 0);
    made.append(element("span", whole.format(count), { class: "count" }), " ", element("span", percent(count, all), { class: "share" }));
    return made;
  }

  function draw(table, labels, rows) {
    const head = document.createElement("tr");
    const corner = element("td", "gold ↓ predicted →", { class: "corner" });
    head.append(corner, ...labels.map((label) => element("th", label, { scope: "col" })), element("th", "all", { scope: "col", class: "all" }));
    const body = rows.map((row, at) => {
      const line = document.createElement("tr");
      const all = sum(row);
      line.append(element("th", labels[at], { scope: "row" }));
      line.append(...row.map((count, to) => cell(count, all, at === to)));
      line.append(element("td", whole.format(all), { class: "all", "data-value": all }));
      return line;
    });
    const [thead, tbody] = [document.createElement("thead"), document.createElement("tbody")];
    thead.append(head);
    tbody.append(...body);
    table.replaceChildren(thead, tbody);
  }

  function line(gold, predicted, counted) { // each name apart, whatever way it runs
    const made = element("li", gold);
    made.append(" taken for ", ...element("li", predicted).childNodes, counted);
    return made;
  }

  function frequent(labels, rows) {
    const wrong = rows.flatMap((row, at) => row.map((count, to) => ({ count, at, to, all: sum(row) })));
    return wrong.filter((one) => one.at !== one.to && one.count)
      .sort((a, b) => b.count - a.count).slice(0, FREQUENT)
      .map((one) => line(labels[one.at], labels[one.to], `: ${whole.format(one.count)} (${percent(one.count, one.all)} of them)`));
  }

  function about(matrix, rows) {
    const total = sum(rows.map(sum));
    const right = sum(rows.map((row, at) => row[at]));
    const seeds = matrix.seeds === 1 ? "1 seed" : `${matrix.seeds} seeds added up`;
    const lost = matrix.unscored ? `, ${whole.format(matrix.unscored)} without a usable prediction` : "";
    return `${whole.format(right)} of ${whole.format(total)} right (${percent(right, total)}), ${seeds}${lost}`;
  }

  function quoted(value) {
    const text = String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  function csv(data) {
    const lines = [["encoder", "trained", "language", "seeds", "gold", "predicted", "count"]];
    for (const matrix of data.matrices) {
      const [encoder, setting, target] = PARTS.map((part, i) => data[part][matrix.at[i]]);
      dense(matrix, data.labels.length).forEach((row, at) => row.forEach((count, to) => {
        lines.push([encoder, setting, target.code, matrix.seeds, data.labels[at], data.labels[to], count]);
      }));
    }
    return lines.map((line) => line.map(quoted).join(",") + "\n").join("");
  }

  function choices(data, chosen, depth) { // what there is below what is chosen
    const fits = data.matrices.filter((matrix) => matrix.at.slice(0, depth).every((at, i) => at === chosen[i]));
    return [...new Set(fits.map((matrix) => matrix.at[depth]))];
  }

  function start(figure, data) {
    const controls = figure.querySelector(".controls");
    const selects = PARTS.map((part) => {
      const label = element("label", NAMES[part]);
      const select = document.createElement("select");
      select.dataset.part = part;
      label.append(" ", select);
      if (data[part].length > 1) controls.append(label);
      return select;
    });
    const chosen = [...data.matrices[0].at];
    figure.classList.toggle("many", data.labels.length > MANY);

    function show() {
      selects.forEach((select, depth) => {
        const offered = choices(data, chosen, depth);
        if (!offered.includes(chosen[depth])) [chosen[depth]] = offered;
        select.replaceChildren(...offered.map((at) => new Option(nameOf(data[PARTS[depth]][at]), at, false, at === chosen[depth])));
      });
      const matrix = data.matrices.find((one) => one.at.every((at, i) => at === chosen[i]));
      const rows = dense(matrix, data.labels.length);
      draw(figure.querySelector("table"), data.shown, rows);
      figure.querySelector(".about bdi").textContent = about(matrix, rows);
      figure.querySelector(".lines").replaceChildren(...frequent(data.shown, rows));
    }

    selects.forEach((select, depth) => select.addEventListener("change", () => {
      chosen[depth] = Number(select.value);
      show();
    }));
    figure.querySelector("[data-save]").addEventListener("click", () => {
      window.isogloss.download(`${figure.id}.csv`, "text/csv", csv(data));
    });
    show();
  }

  window.isogloss.widgets.confusion = start;
})();
