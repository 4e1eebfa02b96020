// The decision panel: what a reader weighs and demands, and the candidates ranked by it at once.
(() => {
  const { recommend, priced, excluded, limitsOf, Refused } = window.isogloss.panel;
  const { fixed, general, grouped, intervalText, number, plain, NOTHING } = window.isogloss.numbers;

  const LONGEST = 40; // characters that a column has room for, as in other tables

  function asked(element) { // what the sliders and boxes say; an empty box is null
    const of = (key, value) => Object.fromEntries(
      [...element.querySelectorAll(`[data-${key}]`)].map((input) => [input.dataset[key], value(input)]));
    const entered = (input) => (input.value === "" && !input.validity.badInput ? null : input.valueAsNumber);
    const weights = of("weight", (input) => Number(input.value));
    const price = element.querySelector("[data-price]");
    return {
      weights: Object.values(weights).some((weight) => weight > 0) ? weights : null,
      limits: of("limit", entered),
      price: price ? entered(price) : null,
    };
  }

  function answer(data, wanted) { // a recommendation, or the reason why there is none
    try {
      const now = priced(data, wanted.price);
      const found = recommend(now, wanted.limits, wanted.weights);
      return { ...found, candidates: now.candidates };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { lines: [error.message, "", ""], choice: null, ties: [], front: [], weighed: [], ...refused(data, wanted) };
    }
  }

  function refused(data, wanted) { // who misses what, where nobody is left
    try {
      const now = priced(data, wanted.price);
      return { candidates: now.candidates, excluded: excluded(now.candidates, limitsOf(now, wanted.limits)) };
    } catch {
      return { candidates: data.candidates, excluded: [] };
    }
  }

  function ranked(found) { // candidates in order: those in the running, then those excluded
    const score = new Map(found.weighed.map((one, at) => [one.name, { ...one, at }]));
    const out = new Map();
    for (const one of found.excluded) out.set(one.candidate, [...(out.get(one.candidate) ?? []), one]);
    const rows = found.candidates.map((one) => ({
      ...one, out: out.get(one.name), weighed: score.get(one.name), chosen: one.name === found.choice,
      stands: stands(one, found, out.get(one.name)),
    }));
    return rows.sort((a, b) => !!a.out - !!b.out || b.chosen - a.chosen
      || (a.weighed && b.weighed ? a.weighed.at - b.weighed.at : b.quality - a.quality));
  }

  function stands(one, found, out) {
    if (out) return `excluded: ${out.map(reason).join("; ")}`;
    if (found.choice === null) return NOTHING;
    const place = found.front.includes(one.name) ? "Pareto front" : "dominated";
    const told = one.name === found.choice ? "✓ choice" : place;
    return found.ties.includes(one.name) ? `${told}, ties` : told;
  }

  function reason({ constraint, value, limit }) {
    const words = constraint.replace("--max-", "").replace("--min-", "").replace("latency-ms", "latency").replace("memory-mb", "memory");
    if (value === null) return `${words} not measured`;
    return grouped(`${words} ${plain(value)}, limit ${general(limit, 6)}`);
  }

  function columns(data, found) { // heading, text and number of each; those of nobody are left out
    const { metric } = data.candidates[0];
    const money = data.currency ? ` (${data.currency})` : "";
    const all = [
      ["candidate", (one) => one.name, () => null],
      ["stands", (one) => one.stands, () => null],
      ["weighted score", (one) => (one.weighed ? fixed(one.weighed.score, 3) : NOTHING), (one) => one.weighed?.score ?? null],
      [`mean ${metric}`, (one) => number(one.quality, one.quality_low, one.quality_high, [one.quality_low === 0, one.quality_high === 1]), (one) => one.quality],
      ["worst language", (one) => `${one.worst_name} ${number(one.fairness)}`, (one) => one.fairness],
      ["expansion", (one) => number(one.expansion), (one) => one.expansion],
      ["p99 (ms)", (one) => grouped(number(one.latency_ms)), (one) => one.latency_ms],
      ["memory (MB)", (one) => grouped(number(one.memory_mb)), (one) => one.memory_mb],
      [`cost per million${money}`, (one) => (one.cost === null ? NOTHING : grouped(intervalText(one.cost, one.cost_low, one.cost_high, data.small, one.cost_low === 0))), (one) => one.cost],
    ];
    return all.filter(([, , value], at) => at < 2 || found.some((one) => value(one) !== null));
  }

  function cell(tag, text, { number: numeric = false, value = null } = {}) {
    const made = document.createElement(tag);
    const inside = document.createElement("bdi");
    inside.textContent = text;
    made.append(inside);
    if (numeric) made.className = "number";
    if (text.length > LONGEST) made.classList.add("long");
    if (value !== null) made.dataset.value = value;
    return made;
  }

  function bar(score) {
    const made = document.createElement("span");
    made.className = "bar";
    made.setAttribute("aria-hidden", "true");
    made.style.inlineSize = `${(score * 100).toFixed(1)}%`;
    return made;
  }

  function row(one, shown) {
    const made = document.createElement("tr");
    made.className = one.chosen ? "chosen" : one.out ? "out" : "";
    made.append(...shown.map(([, text, value], at) => {
      const options = at < 2 ? {} : { number: true, value: value(one) };
      const drawn = cell(at ? "td" : "th", text(one), options);
      if (at === 0) drawn.scope = "row";
      if (at === 2 && one.weighed) drawn.append(bar(one.weighed.score));
      return drawn;
    }));
    return made;
  }

  function command(data, { weights, limits, price }) {
    const given = Object.entries(weights ?? {}).filter(([, weight]) => weight).map(([name, weight]) => `${name}=${weight}`);
    return [
      data.command,
      ...data.limits.filter(({ name }) => limits[name] != null).map(({ name, flag }) => `${flag} ${limits[name]}`),
      ...(price === null ? [] : [`--price ${price}`]),
      ...(given.length ? [`--weights ${given.join(",")}`] : []),
    ].join(" ");
  }

  function told(element, weights) { // beside each slider, its share of all weights
    const total = Object.values(weights ?? {}).reduce((a, b) => a + b, 0);
    element.querySelectorAll("[data-weight]").forEach((input) => {
      const text = total ? `${((100 * Number(input.value)) / total).toFixed(0)} %` : "0";
      input.parentElement.querySelector("output").textContent = text;
      input.setAttribute("aria-valuetext", `${text} of all that counts`);
    });
  }

  function refresh(element, data) {
    const wanted = asked(element);
    const found = answer(data, wanted);
    const rows = ranked(found);
    const shown = columns(data, rows);
    told(element, wanted.weights);
    element.querySelector(".answer").classList.toggle("refused", found.choice === null);
    found.lines.forEach((line, at) => {
      const place = element.querySelector(`[data-line="${at}"]`);
      if (place.textContent !== line) place.textContent = line; // said aloud when it changes, not at each step
    });
    element.querySelector("thead tr").replaceChildren(...shown.map(([head], at) => {
      const made = cell("th", head, { number: at > 1 });
      made.scope = "col";
      return made;
    }));
    element.querySelector("tbody").replaceChildren(...rows.map((one) => row(one, shown)));
    element.querySelector("[data-command]").textContent = command(data, wanted);
  }

  async function copy(element) {
    const code = element.querySelector("[data-command]");
    try {
      await navigator.clipboard.writeText(code.textContent);
      window.isogloss.say("The command was copied");
    } catch { // a page from a file may not be allowed to
      window.getSelection().selectAllChildren(code);
      window.isogloss.say("The command is selected; copy it with the keyboard");
    }
  }

  window.isogloss.widgets.panel = (element, data) => {
    const again = () => refresh(element, data);
    element.addEventListener("input", again);
    element.querySelector("[data-reset]").addEventListener("click", () => {
      element.querySelectorAll("input").forEach((input) => { input.value = input.type === "range" ? 0 : ""; });
      again();
    });
    element.querySelector("[data-copy]").addEventListener("click", () => copy(element));
    again();
  };
})();
