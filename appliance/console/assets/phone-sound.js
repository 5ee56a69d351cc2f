// What a telephone in the browser needs of sound: devices and the choice of them, the bell, the tones, the microphone and its level.
// Defines `phoneSound`, which phone.js uses.
const phoneSound = (() => {
  "use strict";

  const KINDS = { microphone: "audioinput", speaker: "audiooutput", ringer: "audiooutput" };
  const TEST_MS = 6000;
  const byId = (id) => document.getElementById(id);

  // The choice is the browser's, not the person's: a headset belongs to a desk.
  const chosen = (what) => localStorage.getItem("phone-" + what) || "";
  const keep = (what, value) => localStorage.setItem("phone-" + what, value);

  let context = null;
  const audio = () => (context = context || new AudioContext());

  // Browsers let a page sound only after a person has touched it.
  const isMute = () => audio().state !== "running";
  const wake = () => audio().resume();

  async function through(element, what) {
    if (!element.setSinkId || !chosen(what)) return;
    try {
      await element.setSinkId(chosen(what));
    } catch {
      // It was unplugged: the system's own speaker is better than none.
    }
  }

  // Tones, as a cadence of seconds on and off, through a device of choice.
  function tone(what, hertz, on, off, loudness) {
    const [out, gain] = [audio().createMediaStreamDestination(), audio().createGain()];
    const sources = hertz.map((height) => {
      const source = audio().createOscillator();
      source.frequency.value = height;
      source.connect(gain);
      source.start();
      return source;
    });
    gain.gain.value = 0;
    gain.connect(out);
    const pulse = () => {
      const now = audio().currentTime;
      gain.gain.setValueAtTime(loudness, now);
      if (off) gain.gain.setValueAtTime(0, now + on);
    };
    pulse();
    const timer = off ? setInterval(pulse, (on + off) * 1000) : 0;
    const player = new Audio();
    player.srcObject = out.stream;
    through(player, what).then(() => player.play()).catch(() => {});
    return () => {
      clearInterval(timer);
      sources.forEach((source) => source.stop());
      player.srcObject = null;
    };
  }

  // Somebody else calls while a person talks: once in ten seconds, in the ear that listens to another, and far softer than the bell.
  const waiting = () => tone("speaker", [440], 0.25, 9.75, 0.04);
  const bell = () => tone("ringer", [520, 650], 1.2, 1.8, 0.25);
  // What a caller hears where the other end has no tone of its own (North America: 440 and 480 Hz, 2 s of 6).
  const ringback = () => tone("speaker", [440, 480], 2, 4, 0.08);
  function beep() {
    const stop = tone("speaker", [700], 1, 0, 0.08);
    setTimeout(stop, 120);
  }

  // Plays what comes from the other end.
  function play(stream) {
    const player = new Audio();
    player.srcObject = stream;
    through(player, "speaker").then(() => player.play()).catch(() => {});
    return player;
  }

  // The microphone that was chosen, and no other: Chromium takes an "ideal" device for a hint and opens the computer's own. One that was unplugged
  // is no reason to have none.
  async function open(wanted) {
    const [devices, id] = [navigator.mediaDevices, chosen("microphone")];
    if (!id) return devices.getUserMedia({ audio: wanted });
    return devices.getUserMedia({ audio: { ...wanted, deviceId: { exact: id } } }).catch((error) => {
      if (error.name === "NotAllowedError") throw error;
      return devices.getUserMedia({ audio: wanted });
    });
  }

  // The microphone; an error is one of the words that the page has a sentence for.
  async function microphone() {
    if (!navigator.mediaDevices) throw new Error("not-secure");
    const filter = byId("phone-filter").checked;
    const wanted = { echoCancellation: filter, noiseSuppression: filter, autoGainControl: filter };
    try {
      const stream = await open(wanted);
      listDevices();
      return stream;
    } catch (error) {
      throw new Error(error.name === "NotFoundError" ? "no-device" : "no-microphone");
    }
  }

  // For a call that must go through without one.
  const silence = () => audio().createMediaStreamDestination().stream;

  async function listDevices() {
    if (!navigator.mediaDevices) return;
    const devices = await navigator.mediaDevices.enumerateDevices();
    for (const [what, kind] of Object.entries(KINDS)) {
      const select = byId("phone-" + what);
      const options = devices.filter((d) => d.kind === kind && d.deviceId).map((d, n) => new Option(d.label || `${n + 1}`, d.deviceId));
      if (!options.length) options.push(new Option("–", ""));
      select.replaceChildren(...options);
      if (options.some((o) => o.value === chosen(what))) select.value = chosen(what);
    }
  }

  // The level of a stream, from 0 to 100, until it is stopped.
  function watch(stream, level) {
    const ear = audio().createAnalyser();
    audio().createMediaStreamSource(stream).connect(ear);
    const samples = new Uint8Array(ear.fftSize);
    const timer = setInterval(() => {
      ear.getByteTimeDomainData(samples);
      const loudest = samples.reduce((most, s) => Math.max(most, Math.abs(s - 128)), 0);
      level.value = Math.min(100, Math.round(loudest * 100 / 90));
    }, 60);
    return () => {
      clearInterval(timer);
      level.value = 0;
    };
  }

  // A tone in the speaker, then the level of the microphone while somebody speaks.
  async function test(button) {
    button.disabled = true;
    await wake();
    const stop = tone("speaker", [440], 1, 0, 0.15);
    setTimeout(stop, 1000);
    try {
      const stream = await microphone();
      const end = watch(stream, byId("phone-level"));
      await new Promise((done) => setTimeout(done, TEST_MS));
      end();
      stream.getTracks().forEach((track) => track.stop());
    } finally {
      button.disabled = false;
    }
  }

  function begin() {
    for (const what of Object.keys(KINDS)) {
      byId("phone-" + what).addEventListener("change", (event) => keep(what, event.target.value));
    }
    const filter = byId("phone-filter");
    filter.checked = chosen("filter") !== "off";
    filter.addEventListener("change", () => keep("filter", filter.checked ? "on" : "off"));
    if (navigator.mediaDevices) navigator.mediaDevices.addEventListener("devicechange", listDevices);
    listDevices();
  }

  return { audio, isMute, wake, bell, waiting, ringback, beep, play, microphone, silence, test, begin };
})();
