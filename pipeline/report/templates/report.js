"use strict";
// Sort a table by a click on a header, over both parts where it has two: the open and the folded.
document.querySelectorAll("table[data-sortable]").forEach((first) => {
  const rest = first.closest("section").querySelector("table[data-sortable-rest]");
  const tables = rest ? [first, rest] : [first];
  const shown = first.tBodies[0].rows.length;
  const value = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.v ?? cell.textContent.trim();
    const number = Number(text.replaceAll(",", ""));
    return text !== "" && !Number.isNaN(number) ? number : text;
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  const sort = (column, down) => {
    const rows = tables.flatMap((table) => [...table.tBodies[0].rows]);
    rows.sort((a, b) => compare(value(a, column), value(b, column)) * (down ? -1 : 1));
    rows.forEach((row, at) => tables[at < shown ? 0 : 1].tBodies[0].append(row));
    for (const table of tables) {
      [...table.tHead.rows[0].cells].forEach((head, at) => {
        if (at === column) head.setAttribute("aria-sort", down ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
    }
  };
  for (const table of tables) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const numeric = typeof value(first.tBodies[0].rows[0], column) === "number";
        const now = head.getAttribute("aria-sort");
        sort(column, now ? now === "ascending" : numeric);
      });
    });
  }
});

// Show only the samples of a source, of a rule, with some words.
document.querySelectorAll("search.filter").forEach((filter) => {
  const samples = [...document.querySelectorAll(".sample, .card")];
  const texts = samples.map((sample) => sample.textContent.toLowerCase());
  const field = filter.querySelector("input");
  const count = filter.querySelector("output");
  const choices = [...filter.querySelectorAll("select")];
  const namesOf = (sample, { name }) =>
    name === "rules" ? (sample.dataset.rules ?? "").split(" ") : [sample.dataset.source];
  for (const choice of choices) {
    const known = new Set(samples.flatMap((sample) => namesOf(sample, choice)).filter(Boolean));
    for (const name of [...known].sort((a, b) => a.localeCompare(b))) choice.add(new Option(name));
  }
  const show = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = choices.filter((choice) => choice.value);
    const isFiltered = words.length + chosen.length > 0;
    const fits = samples.map((sample, at) =>
      chosen.every((choice) => namesOf(sample, choice).includes(choice.value)) &&
      words.every((word) => texts[at].includes(word)));
    samples.forEach((sample, at) => (sample.hidden = !fits[at]));
    for (const group of document.querySelectorAll(".group, .more")) {
      group.hidden = isFiltered && !group.querySelector(":is(.sample, .card):not([hidden])");
      if (group.matches(".more")) group.open = isFiltered;
    }
    count.value = isFiltered ? `${fits.filter(Boolean).length} of ${samples.length}` : "";
  };
  filter.addEventListener("input", show);
  filter.hidden = !samples.length;
});

// A link to a sample opens it.
const open = () => {
  const sample = document.getElementById(location.hash.slice(1));
  for (let at = sample?.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
  sample?.scrollIntoView();
};
addEventListener("hashchange", open);
open();
