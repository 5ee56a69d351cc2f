// The telephone in the browser: small JSON over a WebSocket for what is said, WebRTC for what is heard. No SIP in here.
(() => {
  "use strict";

  const HERE_MS = 60000;
  // A person waits so long for a sign that a call for help goes out.
  const HELP_ALERT_MS = 8000;
  // Another window of this browser takes a number that it is handed at once.
  const TAKES_MS = 1000;
  const ONE_PHONE = "frontdesk-phone";

  const byId = (id) => document.getElementById(id);
  const page = byId("phone");
  if (!page) return;
  const words = Object.fromEntries(
    [...byId("phone-words").content.querySelectorAll("[data-key]")].map((i) => [i.dataset.key, i.textContent]));
  const word = (key, values = {}) =>
    Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`%${name}%`, value), words["phone-" + key] || key);
  const because = (why) => word("why-" + String(why).replaceAll("_", "-"));
  const emergency = new Set(page.dataset.emergency.split(" ").filter(Boolean));
  const dialled = (text) => text.replace(/[^0-9A-Za-z+*#]/g, "");
  const names = () => [...document.querySelectorAll("#phone-names option")];

  const calls = new Map();
  let next = 1;
  // What sounds for whoever calls, and how it is stopped.
  let bell = { kind: null, stop: null };

  // ---- What a person is told.

  const note = (text) => { byId("phone-note").textContent = text; };
  function alertOf(text) {
    byId("phone-alert").hidden = !text;
    byId("phone-alert-text").textContent = text;
  }
  const state = { key: "is-connecting", why: null };
  function stands(key, why) {
    Object.assign(state, { key, why });
    const ready = key === "is-ready";
    const short = { "is-ready": key, "is-connecting": key, "is-elsewhere": "elsewhere" };
    byId("phone-state").textContent = word(short[key] || "is-not-ready");
    byId("phone-state").classList.toggle("warn", !ready);
    page.querySelector(".sub").hidden = key === "is-elsewhere";
    trouble();
  }
  function trouble() {
    const { key, why } = state;
    const mute = phoneSound.isMute();
    const shown = key !== "is-ready" && key !== "is-connecting";
    byId("phone-trouble").hidden = !shown && !mute;
    byId("phone-trouble-text").textContent = shown ? word(key, { why: why ? because(why) : "" }) : word("is-mute-bell");
    byId("phone-sign-in").hidden = key !== "is-signed-out";
    byId("phone-again").hidden = !["is-signed-out", "is-lost", "is-unanswered"].includes(key);
    byId("phone-bell").hidden = shown || !mute;
  }

  // ---- The connection.

  const line = phoneLine({
    hello: (phone) => ({ do: "hello", phone, calls: known().map(({ number, offered }) => ({ call: number, offer: offered })) }),
    heard: ({ say: what, ...news }) => { if (heard[what]) heard[what](news); },
    lost: () => stands("is-lost"),
    signedOut: () => signedOut(),
  });
  const say = line.say;
  // One that waits for the microphone is ordered later, by the connection that there is then: it cannot have been lost with this one.
  const known = () => [...calls.values()].filter((call) => !call.to || call.ordered);

  // ---- One telephone in a browser: with two, two callers would hear the same person at once. Another window hands its numbers to the one that
  // has it, and is the next to have it.

  // Gives it up, where this window has it.
  let letGo = null;
  let handed = null;
  const others = new BroadcastChannel(ONE_PHONE);
  others.onmessage = ({ data: { number, took } }) => {
    if (number && letGo) {
      // Nobody is called by what happens in another window, but help.
      if (!emergency.has(number)) offer(number);
      else if (!dial(number)) return;
      others.postMessage({ took: number });
    }
    if (!took || took !== handed) return;
    handed = null;
    byId("phone-number").value = "";
    note(word(emergency.has(took) ? "handed-help" : "handed-over", { who: nameOf(took) }));
  };
  function handOver(number) {
    handed = number;
    others.postMessage({ number });
    setTimeout(() => { if (handed && emergency.has(handed)) alertOf(word("help")); }, TAKES_MS);
  }
  // Whoever signs in anew in this browser has their telephone where they do.
  function giveUp() {
    if (state.key !== "is-signed-out" || calls.size || !letGo) return;
    letGo();
    letGo = null;
  }

  function has(lock) {
    if (state.key === "is-signed-out") return null;
    if (!lock) {
      stands("is-elsewhere");
      if (byId("phone-number").value) handOver(byId("phone-number").value);
      navigator.locks.request(ONE_PHONE, has);
      return null;
    }
    handed = null;
    stands("is-connecting");
    line.connect();
    return new Promise((done) => { letGo = done; });
  }

  function signedOut() {
    line.end();
    stands("is-signed-out");
    giveUp();
    // Nothing personal stays on the screen but the call that is up.
    byId("phone-people").replaceChildren();
    byId("alerts").replaceChildren();
    alarm.look();
  }
  // The names are for nobody who passes a desk that was left; its telephone rings on, unless that is over too.
  document.body.addEventListener("htmx:beforeOnLoad", async (event) => {
    if (event.detail.xhr.status !== 401) return;
    event.preventDefault();
    byId("phone-people").replaceChildren(byId("phone-people-closed").content.cloneNode(true));
    byId("alerts").replaceChildren();
    alarm.look();
    if (await line.isSignedOut()) signedOut();
  });

  // ---- Calls.

  const Call = phoneCall({
    emergency,
    word,
    because,
    note,
    alert: alertOf,
    alerts: () => byId("phone-alert-text").textContent,
    say,
    numberOf,
    has: (call) => calls.get(call.number) === call,
    draw: () => draw(),
    ended(call) {
      const had = call.row.contains(document.activeElement);
      calls.delete(call.number);
      call.row.remove();
      if (had) byId("phone-number").focus();
      giveUp();
      draw();
    },
  });

  const active = () => [...calls.values()].find((call) => call.stage === "talking" && !call.held);
  const holdOthers = (than) => calls.forEach((call) => { if (call !== than) call.hold(true); });

  // A name of the directory, or a number; nothing, once a person is told why not. A name that two people have is neither's.
  function numberOf(text) {
    const typed = text.trim().toLowerCase();
    const found = names().filter((o) => [o.value, o.dataset.name].some((name) => name.toLowerCase() === typed));
    const to = found.length > 1 ? "" : found.length ? found[0].textContent.trim() : dialled(text);
    if (!to) note(because(found.length ? "several" : "not-a-number"));
    return to;
  }
  function nameOf(number) {
    const option = names().find((o) => o.textContent.trim() === number);
    return option ? option.value : number;
  }

  // True once the call is under way, or another window has the number.
  function dial(text) {
    const to = numberOf(text);
    if (!to) return false;
    alertOf("");
    phoneSound.wake();
    if (state.key === "is-elsewhere") {
      handOver(to);
      return false;
    }
    if (!line.isOpen() || (state.key !== "is-ready" && !emergency.has(to))) {
      if (emergency.has(to)) alertOf(word("help"));
      else note(because(state.key === "is-signed-out" ? "signed-out" : "not-connected"));
      return false;
    }
    const call = new Call(next, nameOf(to), "calling");
    next += 2;
    call.to = to;
    calls.set(call.number, call);
    holdOthers(call);
    if (emergency.has(to)) setTimeout(() => { if (calls.has(call.number) && call.stage === "calling") alertOf(word("help")); }, HELP_ALERT_MS);
    note("");
    draw();
    call.then(async () => {
      await call.open();
      const offer = await call.describe("offer");
      if (!calls.has(call.number)) return;
      call.ordered = true;
      if (!say({ do: "call", call: call.number, to, offer })) heard.ended({ call: call.number, why: "not-connected" });
    });
    return true;
  }

  function answer(call) {
    phoneSound.wake();
    call.answering = true;
    note("");
    draw();
    call.then(async () => {
      const ready = await call.answers();
      call.answering = false;
      if (!calls.has(call.number)) return;
      if (!ready) return draw();
      call.answer = ready;
      holdOthers(call);
      call.talking();
      say({ do: "answer", call: call.number, answer: call.answer });
    });
  }

  function hangUp(call) {
    say({ do: call.stage === "called" ? "refuse" : "hang_up", call: call.number });
    call.end();
  }

  // ---- What is heard from Frontdesk.

  const on = (work) => (news) => {
    const call = calls.get(news.call);
    if (call) work(call, news);
  };
  const heard = {
    phone({ phone, user }) {
      if (user === page.dataset.user) return line.is(phone);
      // Somebody else has signed in in this browser: nobody is called from here as who they are not.
      calls.forEach((call) => call.end());
      location.reload();
    },
    help({ numbers }) {
      emergency.clear();
      numbers.forEach((number) => emergency.add(number));
    },
    ready: () => stands("is-ready"),
    not_ready: ({ why }) => stands("is-unanswered", why),
    signed_out: signedOut,
    called({ call: number, name, number: from, offer }) {
      const known = calls.get(number);
      // Told anew: what was answered, nobody has heard.
      if (known && known.answer) say({ do: "answer", call: number, answer: known.answer });
      if (known) return;
      const call = new Call(number, name && from ? `${name} (${from})` : name || from || word("call-unknown"), "called");
      call.offer = offer;
      calls.set(number, call);
      draw();
      const typing = document.activeElement && document.activeElement.matches("input, select");
      if (!typing) call.row.querySelector("button").focus();
    },
    ringing: on((call, { answer: early }) => {
      if (call.stage === "talking") return;
      call.stage = "ringing";
      draw();
      if (!early) return call.startTone();
      call.stopTone();
      call.then(() => call.take("pranswer", early));
    }),
    answered: on((call, { answer: sdp }) => call.then(async () => {
      if (call.stage === "talking") return;
      await call.take("answer", sdp);
      // Whoever has gone back to somebody else meanwhile talks on with them: nobody hears what is said to another.
      const elsewhere = active();
      call.talking();
      if (elsewhere) call.hold(true);
    })),
    offered: on((call, { offer }) => call.then(async () => {
      if (call.peer.signalingState !== "stable") return say({ do: "refuse_offer", call: call.number });
      if (!offer) {
        // They ask for an offer, and answer it like one that was made unasked.
        call.asked = call.agreed;
        call.direct(call.asked);
        return say({ do: "answer_offer", call: call.number, answer: await call.describe("offer") });
      }
      call.holding = /^a=(sendonly|inactive)/m.test(offer);
      await call.take("offer", offer);
      say({ do: "answer_offer", call: call.number, answer: await call.describe("answer") });
      draw();
    })),
    changed: on((call, { answer: sdp }) => call.then(() => call.changes(sdp))),
    unchanged: on((call) => call.then(() => call.stays())),
    transferring: on((call) => {
      call.transferring = true;
      call.row.querySelector("form").hidden = true;
      draw();
    }),
    transferred: on((call) => {
      note(word("call-transferred", { who: call.who }));
      call.end();
    }),
    not_transferred: on((call, { why }) => {
      // Told anew: it was heard before.
      if (!call.handing && !call.transferring) return;
      call.handing = call.transferring = false;
      note(word("call-kept", { why: because(why) }));
      draw();
    }),
    ended: on((call, { why }) => {
      note(word("call-ended", { who: call.who, why: because(why) }));
      if (emergency.has(call.to) && !call.since) alertOf(word("help"));
      call.end();
    }),
    problem: ({ why }) => note(because(why)),
    // So Frontdesk notices a computer that sleeps.
    alive: () => say({ do: "alive" }),
  };

  // ---- What is seen, and the bell.

  function ring() {
    const all = [...calls.values()];
    const wanted = all.some((call) => call.stage === "called");
    // The bell is not for an ear that has somebody else in it.
    const kind = !wanted ? null : all.some((call) => call.stage !== "called" && !call.held) ? "waiting" : "bell";
    if (kind !== bell.kind) {
      if (bell.stop) bell.stop();
      bell = { kind, stop: kind && phoneSound[kind]() };
    }
    alarm.bell(wanted);
    trouble();
  }

  function stateOf(call) {
    if (call.answering) return call.muted ? "call-muted" : "call-answering";
    if (call.transferring) return "call-transferring";
    if (call.stage !== "talking") return "call-" + call.stage;
    if (call.held) return "call-held";
    if (call.holding) return "call-holding";
    return call.muted ? "call-muted" : "call-talking";
  }

  function buttonsOf(call) {
    const refuse = ["refuse", "d", () => hangUp(call)];
    const mute = [call.muted ? "unmute" : "mute", "", () => {
      call.muted = !call.muted;
      call.speak();
      draw();
    }];
    if (call.stage === "called") return call.answering ? [refuse, mute] : [["answer", "p", () => answer(call)], refuse];
    const buttons = [["hang-up", "d", () => hangUp(call)]];
    if (call.stage !== "talking") return buttons;
    buttons.push(call.held
      ? ["resume", "", () => { holdOthers(call); call.hold(false); }]
      : ["hold", "", () => call.hold(true)]);
    buttons.push(mute);
    // One at a time: of a second, what became of the first would not be told.
    if (call.transferring) return buttons;
    const form = call.row.querySelector("form");
    buttons.push([form.hidden ? "transfer" : "cancel", "", () => {
      form.hidden = !form.hidden;
      draw();
      if (!form.hidden) form.querySelector("input").focus();
    }]);
    for (const other of calls.values()) {
      if (other !== call && other.stage === "talking" && !call.held) {
        buttons.push(["connect", "", () => other.handOn({ do: "join", with: call.number }), other]);
      }
    }
    return buttons;
  }

  // Buttons that stay keep their element, so that nobody loses the one that they were about to press; what takes the place of another keeps
  // its focus. Where nothing does, the call has it: no key that was meant for "Answer" hangs up.
  const PLACES = { resume: "hold", unmute: "mute", cancel: "transfer" };

  function show(acts, wanted) {
    const had = acts.contains(document.activeElement) ? document.activeElement : null;
    const place = ({ act, other }) => (PLACES[act] || act) + (other || "");
    const old = new Map([...acts.children].map((button) => [place(button.dataset), button]));
    const buttons = wanted.map(([act, kind, work, other]) => {
      const button = old.get(place({ act, other: other && other.number })) || document.createElement("button");
      button.type = "button";
      button.className = "btn " + kind;
      button.dataset.act = act;
      if (other) button.dataset.other = other.number;
      const label = word(act, { who: other && other.who });
      if (button.textContent !== label) button.textContent = label;
      button.onclick = work;
      return button;
    });
    if (buttons.length === acts.children.length && buttons.every((button, n) => button === acts.children[n])) return;
    acts.replaceChildren(...buttons);
    if (had) (had.isConnected ? had : acts.closest("li")).focus();
  }

  function draw() {
    for (const call of calls.values()) {
      const text = word(stateOf(call), { who: call.who });
      call.row.querySelector("[data-who]").textContent = text.includes(call.who) ? "" : call.who;
      const shown = call.row.querySelector("[data-state]");
      if (shown.textContent !== text) {
        shown.textContent = text;
        // For those who hear the page; who sees it sees the call.
        byId("phone-spoken").textContent = text.includes(call.who) ? text : `${call.who}: ${text}`;
      }
      show(call.row.querySelector(".acts"), buttonsOf(call));
    }
    ring();
    tick();
  }

  function tick() {
    for (const call of calls.values()) {
      const seconds = Math.floor((performance.now() - call.since) / 1000);
      call.row.querySelector("[data-time]").textContent =
        call.since ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` : "";
    }
  }

  // ---- What a person does.

  function press(key) {
    const call = active();
    phoneSound.beep();
    if (call) return call.press(key);
    byId("phone-number").value += key;
  }

  byId("phone-dial").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = byId("phone-number");
    if (dial(field.value)) field.value = "";
  });
  byId("phone-keypad").addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]");
    if (key) press(key.dataset.key);
  });
  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-number]");
    if (row) dial(row.dataset.number);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (/^[0-9*#]$/.test(event.key)) press(event.key);
  });
  // A link with a number on it, in a page of ours: it stands in the field, and a person dials.
  function offer(number) {
    byId("phone-number").value = number;
    byId("phone-number").focus();
  }
  addEventListener("message", ({ origin, data }) => {
    if (origin === location.origin && data && typeof data.number === "string") offer(data.number);
  });
  if (location.search) {
    offer(byId("phone-number").value);
    // Whoever loads the page again has dialled since, or did not want to; and no number stays in the list of pages visited.
    history.replaceState(null, "", location.pathname);
  }
  let touched = 0;
  for (const what of ["pointerdown", "keydown"]) {
    addEventListener(what, () => {
      phoneSound.wake().then(trouble);
      if (Date.now() - touched < HERE_MS) return;
      touched = Date.now();
      say({ do: "here" });
    });
  }
  byId("phone-bell").addEventListener("click", () => phoneSound.wake().then(trouble));
  byId("phone-again").addEventListener("click", () => {
    if (state.key === "is-signed-out") return location.reload();
    line.connect();
  });
  byId("phone-test").addEventListener("click", (event) =>
    phoneSound.test(event.currentTarget).catch((error) => note(because(error.message))));
  addEventListener("beforeunload", (event) => { if (calls.size) event.preventDefault(); });
  addEventListener("pagehide", () => say({ do: "leave" }));
  // A page that was kept by the browser begins anew.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  setInterval(tick, 1000);
  phoneSound.begin();
  phoneSound.wake();
  phoneSound.audio().onstatechange = trouble;
  if (navigator.mediaDevices) {
    navigator.mediaDevices.addEventListener("devicechange", () => calls.forEach((call) => { if (call.deaf) call.listensAnew(); }));
  }
  if (navigator.locks) navigator.locks.request(ONE_PHONE, { ifAvailable: true }, has);
  else has(true);
})();
