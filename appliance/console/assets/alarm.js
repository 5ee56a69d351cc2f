// A call for help, on every page that shows its alert: heard once, and in the title until somebody has acknowledged it.
// Defines `alarm`, whose `bell` says that a telephone rings here, for the title too, and whose `look` that other alerts are shown.
const alarm = (() => {
  "use strict";

  // Three short tones, unlike any bell of a telephone.
  const [HERTZ, LOUDNESS, ON, EVERY, TIMES] = [988, 0.2, 0.18, 0.3, 3];
  // A browser that has not answered by then waits for a click: a tone at that later click would tell of something new.
  const WAKE_MS = 500;
  const HEARD = "alarm-heard";

  const alerts = () => [...document.querySelectorAll("#alerts [data-alarm]")];

  // Which it is. Not the number alone: a box that is set up anew begins with the first again; nor the time alone, for clocks step back.
  const key = (alert) => `${alert.dataset.alarm}@${alert.querySelector("time").dateTime}`;
  // Those that were heard in any page of this browser, of those that were open then, and those that this page has tried. Where nothing can be
  // kept each page sounds for itself.
  let tried = [];
  function heard() {
    try {
      return [].concat(JSON.parse(localStorage.getItem(HEARD)), tried);
    } catch {
      return tried;
    }
  }
  function keep(keys) {
    try {
      localStorage.setItem(HEARD, JSON.stringify(keys));
    } catch {}
  }

  async function sound(keys) {
    const known = heard();
    if (keys.every((key) => known.includes(key))) return;
    tried = keys;
    const context = new AudioContext();
    await Promise.race([context.resume(), new Promise((done) => setTimeout(done, WAKE_MS))]);
    if (context.state !== "running") return context.close();
    keep(keys);
    const [tone, gain] = [context.createOscillator(), context.createGain()];
    tone.frequency.value = HERTZ;
    gain.gain.value = 0;
    tone.connect(gain).connect(context.destination);
    const start = context.currentTime;
    for (let n = 0; n < TIMES; n++) {
      gain.gain.setValueAtTime(LOUDNESS, start + n * EVERY);
      gain.gain.setValueAtTime(0, start + n * EVERY + ON);
    }
    tone.start();
    tone.stop(start + TIMES * EVERY);
    tone.onended = () => context.close();
  }

  // ---- The title: what the page says of itself, which each refresh says anew, and before it what is more urgent.

  const head = document.querySelector("title");
  let [own, wrote, rings] = [head.textContent, head.textContent, false];
  function title() {
    if (head.textContent !== wrote) own = head.textContent;
    const help = alerts().map((alert) => `\u26a0 ${alert.querySelector("strong").textContent} · `);
    wrote = (rings ? "\u260e " : "") + (help[0] || "") + own;
    if (head.textContent !== wrote) head.textContent = wrote;
  }

  function look() {
    title();
    // Without sound it is still seen.
    sound(alerts().map(key)).catch(() => {});
  }

  new MutationObserver(title).observe(head, { childList: true });
  document.body.addEventListener("htmx:afterSettle", look);
  look();

  return {
    look,
    bell(wanted) {
      rings = wanted;
      title();
    },
  };
})();
