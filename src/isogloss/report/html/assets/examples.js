"use strict";
// Worst examples: those of one encoder and language at a time.
window.isogloss.widgets.examples = (figure) => {
  const picks = [...figure.querySelectorAll("[data-pick]")];
  const groups = [...figure.querySelectorAll(".group")];

  function show() {
    for (const group of groups) group.hidden = !picks.every((pick) => group.dataset[pick.dataset.pick] === pick.value);
    figure.querySelector("[data-none]").hidden = groups.some((group) => !group.hidden);
  }

  picks.forEach((pick) => pick.addEventListener("change", () => {
    show();
    const shown = groups.find((group) => !group.hidden);
    window.isogloss.say(shown ? shown.querySelector("h4").textContent : "No wrong example");
  }));
  show();
};
