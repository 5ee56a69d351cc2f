// Frontdesk: small helpers for the keyboard and for live pages. Every page works without this file.
(() => {
  "use strict";

  const RETRY_MS = 3000;
  // A stream that stays refused is asked for ever less, down to this: a telephone may stay open for days.
  const LONGEST_RETRY_MS = 60_000;
  const TYPED_MS = 60_000;
  const NAMES = ["calls", "phones", "lines", "fax", "alerts", "voicemail", "plan", "mail"];
  const tell = (name) => htmx.trigger(document.body, name);
  // The telephone listens behind other windows, too: nobody looks at it before somebody's call for help is over.
  const stays = "stay" in document.body.dataset;

  // A refresh closes nothing that a person opened, and overwrites nothing typed or chosen: a changed form stays until it is sent or emptied.
  const begun = new WeakSet();
  const begin = (event) => { if (event.target.form) begun.add(event.target.form); };
  for (const name of ["input", "change"]) document.addEventListener(name, begin);
  for (const name of ["submit", "reset"]) document.addEventListener(name, (event) => begun.delete(event.target));
  // Whoever types is there.
  let saidAt = 0;
  document.addEventListener("input", () => {
    if (Date.now() - saidAt < TYPED_MS || stays) return;
    saidAt = Date.now();
    fetch("/", { method: "HEAD", headers: { "X-Typed": "1" } }).catch(() => {});
  });
  const isSame = (form, other) => form.getAttribute("action") === other.getAttribute("action");
  Idiomorph.defaults.callbacks.beforeNodeMorphed = (node, now) => !(begun.has(node) && isSame(node, now));
  Idiomorph.defaults.ignoreActiveValue = true;
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => !(name === "open" && node.localName === "details");

  // Live updates. The server says only that something changed; the page then asks for itself.
  let source = null;
  let missed = false;
  let retryMs = RETRY_MS;

  function lost(is) {
    const notice = document.getElementById("offline");
    if (notice) notice.hidden = !is;
    missed = missed || is;
  }

  // The stream was refused: if the session is over, nothing personal stays.
  async function leaveIfSignedOut() {
    try {
      const answer = await fetch("/", { method: "HEAD", headers: { "X-Live": "1", "HX-Request": "true" } });
      // The telephone stays where it is: a call may be up, and it says itself that nobody is signed in.
      if (answer.status === 401 && !stays) location.assign("/login");
    } catch {
      // Not reachable: the notice says so, and the next try follows.
    }
  }

  function connect() {
    if (source || (document.hidden && !stays) || !document.body.dataset.events) return;
    source = new EventSource(document.body.dataset.events);
    source.onopen = () => {
      if (missed) tell("live-all");
      missed = false;
      retryMs = RETRY_MS;
      lost(false);
    };
    source.onerror = () => {
      lost(true);
      if (source && source.readyState === EventSource.CLOSED) {
        source = null;
        setTimeout(() => { leaveIfSignedOut(); connect(); }, retryMs);
        retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
      }
    };
    for (const name of NAMES) {
      source.addEventListener(name, (event) => {
        tell("live-" + name);
        if (name === "fax") tell("live-fax-" + event.data);
      });
    }
  }

  // A browser allows six connections to one host: a hidden tab gives its own back.
  document.addEventListener("visibilitychange", () => {
    if (stays || !document.hidden) return connect();
    if (source) source.close();
    source = null;
    missed = true;
  });
  addEventListener("pagehide", () => { if (source) source.close(); source = null; });

  // The length of a call that is up counts on between two refreshes.
  const seen = new WeakMap();
  function tick() {
    for (const node of document.querySelectorAll("[data-elapsed]")) {
      const given = Number(node.dataset.elapsed);
      let start = seen.get(node);
      if (!start || start.given !== given) seen.set(node, start = { given, at: performance.now() });
      const seconds = given + Math.floor((performance.now() - start.at) / 1000);
      const minutes = Math.floor(seconds / 60) % 60;
      const hours = Math.floor(seconds / 3600);
      const two = (n) => String(n).padStart(2, "0");
      node.textContent = hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
    }
  }

  // The keyboard: Ctrl K finds, "/" filters, arrows move in lists and between pages.
  const typing = (node) => node.closest("input, textarea, select, [contenteditable]");

  function focusField(selector) {
    const field = document.querySelector(selector);
    if (!field) return false;
    field.focus();
    field.select();
    return true;
  }

  function moveInList(step) {
    const links = [...document.querySelectorAll("[data-list] a[data-row]")];
    if (!links.length) return false;
    const at = links.indexOf(document.activeElement);
    const to = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + step));
    links[to].focus();
    return true;
  }

  function turnPage(rel) {
    const link = document.querySelector(`a[rel="${rel}"][data-key]`);
    if (link) link.click();
    return Boolean(link);
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      if (focusField("#find")) event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const done = {
      "/": () => focusField("[data-filter]") || focusField("#find"),
      ArrowDown: () => moveInList(1),
      ArrowUp: () => moveInList(-1),
      ArrowLeft: () => turnPage("prev"),
      ArrowRight: () => turnPage("next"),
    }[event.key];
    if (done && done()) event.preventDefault();
  });

  // The telephone stays in its window while others come and go: one that is open is shown, never loaded again under a call.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-phone]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const opened = window.open("", link.target, "popup,width=420,height=760");
    if (!opened) return location.assign(link.href);
    const number = new URL(link.href).searchParams.get("call");
    if (opened.location.pathname !== "/phone") opened.location.assign(link.href);
    else if (number) opened.postMessage({ number }, location.origin);
    opened.focus();
  });

  setInterval(tick, 1000);
  connect();
})();
