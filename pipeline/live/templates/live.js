"use strict";
// Brings what is new onto the page without a reload. The page is whole without it.
(() => {
  const live = document.getElementById("live");
  if (!live) return;
  const byId = (id) => document.getElementById(id);
  const list = byId("verdicts");
  const pause = byId("pause");
  const most = Number(live.dataset.most);
  let waiting = "";
  let count = 0;
  let isAnew = false; // the worker was started again: what it sends takes the place of the list

  // Whoever is in the middle of a list is not to lose their place in it.
  const canHover = matchMedia("(hover: hover)").matches;
  const isUsed = (part) => part.matches(":focus-within") || (canHover && part.matches(":hover"));
  const isPaused = () => pause.getAttribute("aria-pressed") === "true";
  const put = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    for (const row of holder.content.children) row.classList.add("new");
    if (isAnew) list.replaceChildren();
    isAnew = false;
    list.prepend(holder.content);
    while (list.children.length > most) list.lastElementChild.remove();
    byId("none")?.remove();
  };
  const tell = () => {
    pause.textContent = isPaused() ? (count ? `Show ${count} new` : "Go on") : "Pause";
    byId("stream").textContent = isPaused() ? "Paused." : count ? `${count} new, held while you are here.` : "";
  };
  const flush = () => {
    if (waiting && !isPaused() && !isUsed(list)) {
      put(waiting);
      waiting = "";
      count = 0;
    }
    tell();
  };
  pause.hidden = false;
  pause.addEventListener("click", () => {
    pause.setAttribute("aria-pressed", String(!isPaused()));
    flush();
  });
  list.addEventListener("focusout", () => setTimeout(flush));
  list.addEventListener("pointerleave", () => setTimeout(flush));
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) pause.setAttribute("aria-pressed", "true");
  tell();

  const replace = (id) => (event) => {
    const part = byId(id);
    if (part && !isUsed(part)) part.innerHTML = JSON.parse(event.data);
  };
  const queue = (event) => {
    const { html, rows } = JSON.parse(event.data);
    const newer = document.createElement("template");
    newer.innerHTML = html + waiting;
    while (newer.content.children.length > most) newer.content.lastElementChild.remove();
    waiting = newer.innerHTML;
    count += rows;
    flush();
  };
  // A browser opens few connections to one server: a page that is not seen needs none.
  const lifeOf = (id) => id.split("-")[0];
  let last = live.dataset.last;
  let stream;
  const listen = () => {
    stream?.close();
    if (document.hidden) return;
    stream = new EventSource(`/events?after=${encodeURIComponent(last)}`);
    const on = (name, then) =>
      stream.addEventListener(name, (event) => {
        if (lifeOf(event.lastEventId) !== lifeOf(last)) {
          isAnew = true;
          waiting = "";
          count = 0;
        }
        last = event.lastEventId;
        then(event);
      });
    on("verdicts", queue);
    for (const id of ["flow", "sources", "status"]) on(id, replace(id));
    stream.addEventListener("error", () => {
      byId("status").textContent = "The connection to the page's server is lost; it is tried again.";
      // A browser tries again by itself, but not where a server answers that it is not ready.
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
    });
  };
  document.addEventListener("visibilitychange", listen);
  listen();
})();
