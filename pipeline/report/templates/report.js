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
