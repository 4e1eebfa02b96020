// The recommendation, as `isogloss recommend` makes it: the same arithmetic, exclusions, ties and words.
// What may be weighed or limited, and every remedy, comes with the data; see `report/html/decision.py`.
window.isogloss.panel = (() => {
  const { fixed, general, number, percent, plain, repr, textOf } = window.isogloss.numbers;

  class Refused extends Error {} // what Python raises as InputError

  function sum(numbers) { // Neumaier's: what is lost on the way is added in the end
    let total = 0;
    let lost = 0;
    for (const one of numbers) {
      const next = total + one;
      if (Number.isFinite(next)) lost += Math.abs(total) >= Math.abs(one) ? total - next + one : one - next + total;
      total = next;
    }
    return total + lost;
  }

  const mean = (numbers) => sum(numbers) / numbers.length;
  const least = (list, ...keys) => list.reduce((a, b) => (before(keys, b, a) ? b : a)); // the first of equals
  const before = (keys, a, b) => {
    const key = keys.find((one) => one(a) !== one(b));
    return key !== undefined && key(a) < key(b);
  };
  const unless = (value, words) => {
    if (!value) throw new Refused(words());
  };

  // Price: the cost of a million sentences in each round of measuring, and its mean.

  function priced(data, perHour) {
    if (perHour === null) return data;
    unless(perHour >= 0 && perHour < Infinity, () => `A price of ${repr(perHour)} per hour is none; give 0 or more.`);
    const candidates = data.candidates.map((one, at) => {
      const { per_second: rates, low, high } = data.rates[at] ?? {};
      if (!rates) return { ...one, cost: null, cost_low: null, cost_high: null };
      const bound = (of_one) => (of_one === null ? null : of_one * perHour);
      const cost = mean(rates.map((rate) => (1e6 / rate / 3600) * perHour));
      return { ...one, cost, cost_low: bound(low), cost_high: bound(high) };
    });
    return { ...data, candidates };
  }

  // Constraints.

  function limitsOf(data, constraints) {
    for (const { name, flag, most } of data.limits) {
      const value = constraints[name] ?? null;
      if (value === null) continue;
      unless(Number.isFinite(value) && value > 0, () => `${flag} ${repr(value)}: a limit is a number above 0.`);
      unless(most === null || value <= most, () => `${flag} ${repr(value)}: a score is between 0 and 1; 90 % is written 0.9.`);
    }
    return data.limits.filter((limit) => constraints[limit.name] != null)
      .map((limit) => ({ ...limit, value: constraints[limit.name] }));
  }

  function miss(one, limit) { // by what share of the limit; 0 if it keeps to it
    const value = one[limit.field];
    if (value === null) return Infinity;
    return Math.max(0, (limit.is_most ? value - limit.value : limit.value - value) / limit.value);
  }

  function excluded(candidates, limits) {
    for (const limit of limits) {
      unless(candidates.some((one) => one[limit.field] !== null),
        () => `${limit.flag} needs a measurement that no candidate has. ${limit.remedy}`);
    }
    return limits.flatMap((limit) => candidates.filter((one) => miss(one, limit) > 0).map((one) => (
      { constraint: limit.flag, candidate: one.name, value: one[limit.field], limit: limit.value })));
  }

  function nobody(candidates, limits) {
    const closest = least(candidates, (one) => sum(limits.map((limit) => miss(one, limit))));
    const said = limits.filter((limit) => miss(closest, limit) > 0).map((limit) => missed(closest, limit)).join(" and ");
    const asked = limits.map((limit) => `${limit.flag} ${general(limit.value, 6)}`).join(", ");
    return `No candidate meets ${asked}. Closest: ${closest.name}, ${said}. `
      + "Loosen the constraint, or add encoders or serving forms to the study.";
  }

  function missed(one, limit) {
    const value = one[limit.field];
    const name = limit.field.split("_")[0];
    if (value === null) return `whose ${name} was not measured`;
    const off = plain(Math.abs(value - limit.value));
    const way = limit.is_most ? "too much" : "too little";
    return `with a ${name} of ${plain(value)}${limit.unit}, ${off}${limit.unit} (${percent(miss(one, limit))}) ${way}`;
  }

  // Weights: a product of shares of the best, each to the power of its weight.

  function normalized(data, weights) {
    const given = Object.entries(weights);
    for (const [name, weight] of given) {
      unless(Number.isFinite(weight) && weight >= 0, () => `--weights: ${name}=${repr(weight)} is not 0 or more.`);
    }
    const total = sum(given.map(([, weight]) => weight));
    unless(total > 0, () => "--weights: no weight is above 0. Write for example quality=0.6,cost=0.4.");
    const criteria = new Map(data.criteria.map((one) => [one.name, one]));
    return given.filter(([, weight]) => weight).map(([name, weight]) => ({ ...criteria.get(name), weight: weight / total }));
  }

  function unmeasured(candidates, wanted) { // name -> the criterion that it lacks
    const found = new Map();
    for (const { name, field, remedy } of wanted) {
      const lacking = candidates.filter((one) => one[field] === null);
      unless(lacking.length < candidates.length,
        () => `--weights ${name}=...: no candidate was measured on ${name}. ${remedy}`);
      lacking.forEach((one) => found.set(one.name, name));
    }
    return found;
  }

  function shares(candidates, { field, higher_is_better: up }) {
    const values = candidates.map((one) => one[field]);
    const best = up ? Math.max(...values) : Math.min(...values);
    if (up) return values.map((value) => (best > 0 ? value / best : 1));
    return values.map((value) => (value > 0 ? best / value : 1));
  }

  function weigh(candidates, wanted) {
    const of = wanted.map((one) => ({ ...one, shares: shares(candidates, one) }));
    return candidates.map((one, at) => {
      const score = of.reduce((product, { shares: share, weight }) => product * share[at] ** weight, 1);
      return { name: one.name, score, rounded: Number(fixed(score, 12)) };
    });
  }

  function byScore(weighed, front) { // of equal scores, those on the front first
    return [...weighed].sort((a, b) => b.rounded - a.rounded || !front.includes(a.name) - !front.includes(b.name));
  }

  // The Pareto front over what is known of all.

  function respectsOf(data, candidates, wanted) {
    const named = new Set([...data.respects.map(([field]) => field), ...wanted.map((one) => one.field)]);
    return [...named].filter((field) => candidates.every((one) => one[field] !== null));
  }

  function frontOf(data, candidates, respects) {
    const up = new Map(data.respects);
    const better = (a, b, field) => ((up.get(field) ?? true) ? a[field] > b[field] : a[field] < b[field]);
    const dominates = (a, b) => respects.some((field) => better(a, b, field)) && !respects.some((field) => better(b, a, field));
    return candidates.filter((one) => !candidates.some((other) => dominates(other, one))).map((one) => one.name);
  }

  // Ties: after Holm's correction over all that the choice is compared with.

  function tied(data, candidate, others) {
    const tested = others.filter((one) => Object.hasOwn(candidate.p, one.name)).map((one) => [one.name, candidate.p[one.name]]);
    const adjusted = new Map();
    let highest = 0;
    [...tested].sort((a, b) => a[1] - b[1]).forEach(([name, p], rank) => {
      highest = Math.max(highest, Math.min(1, (tested.length - rank) * p));
      adjusted.set(name, highest);
    });
    return tested.map(([name]) => name).filter((name) => adjusted.get(name) >= data.alpha);
  }

  // The choice, in words.

  const quality = (one) => number(one.quality, one.quality_low, one.quality_high);
  const over = (one) => (one.over ? ` ${one.over}` : "");

  function price(data, one, [field, words]) {
    const paid = data.currency && field === "cost" ? ` ${data.currency}` : "";
    const value = one[field];
    return `${value > 0 && value < data.small ? textOf(value) : plain(value)}${paid} ${words}`;
  }

  function byQuality(data, feasible) {
    const best = least(feasible, (one) => -one.quality);
    const words = `${best.metric} ${quality(best)}${over(best)}`;
    if (feasible.length === 1) return [best, `the only candidate that meets the constraints; ${words}`];
    const names = new Set(tied(data, best, feasible));
    const group = feasible.filter((one) => names.has(one.name) || one === best);
    const cheap = data.cheapest.find(([field]) => group.every((one) => one[field] !== null));
    if (group.length === 1) return [best, `best ${words}`];
    if (!cheap) return [best, `best ${words}; its ties were not measured, so none is known as cheaper`];
    const choice = least(group, (one) => one[cheap[0]], (one) => -one.quality);
    const paid = price(data, choice, cheap);
    if (choice === best) return [best, `best ${words}, and the cheapest of those that tie with it (${paid})`];
    return [choice, `${best.metric} ${quality(choice)}${over(choice)}, not told apart from the best `
      + `(${best.name}, ${quality(best)}); cheapest of these: ${paid} against ${price(data, best, cheap)}`];
  }

  function byWeights(feasible, weighed, wanted) {
    const [first, second] = weighed;
    const choice = feasible.find((one) => one.name === first.name);
    const listed = wanted.map(({ name, field, weight }) => (
      `${name} ${plain(choice[field])} at a weight of ${general(weight, 2)}`)).join(", ");
    if (!second) return [choice, `the only candidate that is left; ${listed}`];
    const follows = `next: ${second.name} with ${fixed(second.score, 3)}`;
    return [choice, `highest weighted score, ${fixed(first.score, 3)} of 1 (${listed}); ${follows}`];
  }

  function tiesLine(choice, ties, feasible) {
    const others = feasible.filter((one) => one !== choice).map((one) => one.name);
    if (!others.length) return "Ties: nobody else is left to tie with it.";
    const untested = others.filter((name) => !Object.hasOwn(choice.p, name));
    const more = untested.length ? ` Not tested against ${untested.join(", ")}: no seed is shared.` : "";
    if (ties.length) return `Ties: ${ties.join(", ")} cannot be told from it on ${choice.metric}.${more}`;
    if (untested.length === others.length) return `Ties: unknown.${more}`;
    return `Ties: none; it differs from each other candidate on ${choice.metric}.${more}`;
  }

  // Everything: `weights` by criterion, or null for the best quality and the cheapest of its ties.
  function recommend(data, constraints, weights) {
    const limits = limitsOf(data, constraints);
    unless(data.candidates.length, () => "There is no candidate to recommend: run the study.");
    const out = excluded(data.candidates, limits);
    const gone = new Set(out.map((one) => one.candidate));
    const meeting = data.candidates.filter((one) => !gone.has(one.name));
    unless(meeting.length, () => nobody(data.candidates, limits));
    const wanted = weights === null ? [] : normalized(data, weights);
    const lacking = unmeasured(meeting, wanted);
    lacking.forEach((name, candidate) => out.push({ constraint: `weight on ${name}`, candidate, value: null, limit: 0 }));
    const feasible = meeting.filter((one) => !lacking.has(one.name));
    unless(feasible.length,
      () => `No candidate was measured on all of ${wanted.map((one) => one.name).join(", ")}; weigh fewer criteria.`);
    const respects = respectsOf(data, feasible, wanted);
    const front = frontOf(data, feasible, respects);
    const weighed = wanted.length ? byScore(weigh(feasible, wanted), front) : [];
    const [choice, reason] = wanted.length ? byWeights(feasible, weighed, wanted) : byQuality(data, feasible);
    const ties = tied(data, choice, feasible);
    const lines = [`Choice: ${choice.name}.`, `Reason: ${reason}.`, tiesLine(choice, ties, feasible)];
    return { choice: choice.name, lines, ties, front, respects, excluded: out, weighed };
  }

  return { Refused, recommend, priced, excluded, limitsOf };
})();
