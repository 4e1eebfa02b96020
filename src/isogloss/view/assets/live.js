"use strict";
// The page asks for itself again and again, and takes over the parts that have changed.
(() => {
  const SLOWEST = 30; // seconds between two tries while nobody answers
  const SAY_SECONDS = 10; // a screen reader is told no more often
  let paused = false;
  let failures = 0;
  let timer = 0;
  let answered = new Date();
  let told = { text: null, at: 0 };

  const part = (id) => document.getElementById(id);
  const hour = (date) => date.toLocaleTimeString();

  function note(text, lost = false) {
    part("live-note").textContent = text;
    part("live").classList.toggle("lost", lost);
  }

  function every() {
    return Number(part("live").dataset.every) || 10;
  }

  function replace(old, fresh) { // what a reader has opened stays open, and the focus where it is
    const open = new Set([...old.querySelectorAll("details[open]")].map((one) => one.id));
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const [name, index] = focused
      ? [focused.tagName, [...old.querySelectorAll(focused.tagName)].indexOf(focused)] : [null, -1];
    old.replaceChildren(...fresh.childNodes);
    old.querySelectorAll("details").forEach((one) => { one.open = open.has(one.id); });
    if (name) old.querySelectorAll(name)[index]?.focus();
  }

  function take(fresh) {
    let same = true;
    const ids = (page) => [...page.querySelectorAll("[data-live]")].map((one) => one.id).join(" ");
    if (ids(document) !== ids(fresh)) return false; // another page altogether: as with a first study
    document.querySelectorAll("[data-live]").forEach((old) => {
      const next = fresh.getElementById(old.id);
      if (old.innerHTML === next.innerHTML) return;
      same = false;
      replace(old, next);
    });
    if (!same) document.title = fresh.title;
    part("live").dataset.every = fresh.getElementById("live").dataset.every;
    return true;
  }

  function say() { // only what counts, and not each second
    const text = document.querySelector("[data-said]")?.textContent.trim();
    const now = Date.now();
    if (told.text === null) told = { text, at: now };
    if (text === told.text || now - told.at < SAY_SECONDS * 1000) return;
    told = { text, at: now };
    window.isogloss.say(text);
  }

  async function look() {
    const answer = await fetch(location.href, { cache: "no-store", redirect: "error" });
    if (answer.status !== 202 && document.querySelector("[data-until-written]")) {
      location.reload(); // the report brings a policy of its own, so it cannot be taken over
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok || !page.getElementById("live")) throw new Error(`status ${answer.status}`);
    if (!take(page)) location.reload();
    answered = new Date();
    say();
    note(`Follows the store every ${every()} s; last at ${hour(answered)}.`);
  }

  async function round() {
    clearTimeout(timer);
    if (!paused && !document.hidden) {
      try {
        await look();
        failures = 0;
      } catch (error) {
        failures += 1;
        note(`No answer since ${hour(answered)} (${error.message}): is isogloss view still running? Trying again.`, true);
        if (failures === 1) window.isogloss.say("No answer any more: is isogloss view still running?");
      }
    }
    clearTimeout(timer);
    timer = setTimeout(round, 1000 * Math.min(SLOWEST, every() * 2 ** Math.min(failures, 4)));
  }

  document.addEventListener("DOMContentLoaded", () => {
    const button = part("live-pause");
    button.hidden = false;
    button.addEventListener("click", () => {
      paused = !paused;
      button.textContent = paused ? "Go on" : "Pause";
      note(paused ? `Paused at ${hour(answered)}.` : "Follows the store again.");
      window.isogloss.say(paused ? "Paused" : "Follows the store again");
      if (!paused) round();
    });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) round(); });
    note(`Follows the store every ${every()} s.`);
    say();
    timer = setTimeout(round, 1000 * every());
  });
})();
