// A call of the telephone's page: its connection for sound, its microphone, and what is agreed with the other end.
// Defines `phoneCall`, which phone.js uses.
const phoneCall = (page) => {
  "use strict";

  // A call for help waits so long for the microphone.
  const HELP_WAITS_MS = 3000;
  // Candidates of this computer are not needed, since the other end waits for us; but an address in the offer helps to read a trace.
  const GATHER_MS = 400;

  const { emergency, word, because, note, say, draw } = page;
  const byId = (id) => document.getElementById(id);
  const tooLate = (time) => new Promise((_, late) => { setTimeout(() => late(new Error("no-microphone")), time); });
  const sayable = { "no-microphone": 1, "no-device": 1, "not-secure": 1 };

  return class {
    constructor(number, who, stage) {
      Object.assign(this, { number, who, stage, holding: false, muted: false, since: 0, done: Promise.resolve() });
      // On hold as the person wants it, as both ends have agreed, and as an offer that is out asks for it.
      Object.assign(this, { held: false, agreed: false, asked: null });
      this.row = byId("phone-call-row").content.firstElementChild.cloneNode(true);
      this.row.tabIndex = -1;
      byId("phone-calls").prepend(this.row);
      const form = this.row.querySelector("form");
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const to = page.numberOf(form.querySelector("input").value);
        // What cannot be used stays, to be mended.
        if (!to) return;
        this.handOn({ do: "transfer", to });
        form.hidden = true;
        draw();
      });
    }

    // One thing after another: two descriptions at once are none.
    then(work) {
      this.done = this.done.then(work).catch((error) => this.failed(error));
      return this.done;
    }

    // Everything that an answer needs, before anybody is told of it: where that cannot be had, the call rings on, here and elsewhere.
    async answers() {
      try {
        await this.open();
        await this.take("offer", this.offer);
        return await this.describe("answer");
      } catch (error) {
        this.close();
        if (page.has(this)) note(word("call-rings-on", { who: this.who, why: this.reason(error) }));
        return null;
      }
    }

    reason(error) { return because(error.message in sayable ? error.message : "no-sound"); }

    failed(error) {
      if (!page.has(this)) return;
      note(word("call-ended", { who: this.who, why: this.reason(error) }));
      say({ do: "hang_up", call: this.number });
      this.end();
    }

    async open() {
      this.peer = new RTCPeerConnection();
      this.peer.ontrack = (event) => { this.player = phoneSound.play(new MediaStream([event.track])); };
      this.peer.onconnectionstatechange = () => { if (this.peer && this.peer.connectionState === "failed") note(because("lost")); };
      const microphone = phoneSound.microphone();
      let stream;
      try {
        stream = await (emergency.has(this.to) ? Promise.race([microphone, tooLate(HELP_WAITS_MS)]) : microphone);
      } catch (error) {
        if (!emergency.has(this.to)) throw error;
        // Help is called without it, and without waiting for somebody to allow it; it joins when it comes.
        if (this.peer) this.isDeaf(word("help-mute"));
        stream = phoneSound.silence();
        microphone.then((found) => this.joins(found), () => {});
      }
      if (!this.peer) {
        // The call ended while somebody was asked for the microphone: nobody listens to it.
        stream.getTracks().forEach((track) => track.stop());
        throw new Error("over");
      }
      this.sender = this.peer.addTrack(this.listens(stream), stream);
      // Who muted it, or held the call, before it was open is not heard either.
      this.speak();
    }

    // A microphone that is unplugged goes without a word.
    listens(stream) {
      this.stream = stream;
      const [track] = stream.getAudioTracks();
      track.onended = () => this.listensAnew();
      return track;
    }

    // The one that was chosen, or else what there is. If there is none, the next that is plugged in.
    async listensAnew() {
      try {
        this.joins(await phoneSound.microphone());
        if (this.peer) note(word("microphone-changed"));
      } catch (error) {
        if (this.peer) this.isDeaf(word("microphone-lost", { why: because(error.message) }));
      }
    }

    isDeaf(alert) {
      this.deaf = alert;
      page.alert(alert);
    }

    joins(stream) {
      if (!this.peer) return stream.getTracks().forEach((track) => track.stop());
      this.stream.getTracks().forEach((track) => track.stop());
      this.sender.replaceTrack(this.listens(stream));
      this.speak();
      this.isHeard();
    }

    isHeard() {
      if (this.deaf && this.deaf === page.alerts()) page.alert("");
      this.deaf = null;
    }

    async describe(kind) {
      const described = kind === "offer" ? await this.peer.createOffer() : await this.peer.createAnswer();
      await this.peer.setLocalDescription(described);
      if (this.peer.iceGatheringState !== "complete") {
        await new Promise((done) => {
          setTimeout(done, GATHER_MS);
          this.peer.addEventListener("icegatheringstatechange", () => { if (this.peer.iceGatheringState === "complete") done(); });
        });
      }
      return this.peer.localDescription.sdp;
    }

    take(type, sdp) {
      return this.peer.setRemoteDescription({ type, sdp });
    }

    talking() {
      this.stopTone();
      this.stage = "talking";
      this.since = this.since || performance.now();
      draw();
    }

    hold(held) {
      if (this.stage !== "talking" || this.held === held) return;
      this.held = held;
      this.speak();
      draw();
      this.propose();
    }

    // One offer at a time: what is wanted meanwhile is offered when the answer is there.
    propose() {
      if (this.asked !== null || this.held === this.agreed) return;
      this.asked = this.held;
      this.then(async () => {
        // They have asked for one meanwhile: this one follows it.
        if (this.peer.signalingState !== "stable") return;
        this.direct(this.asked);
        this.offered = await this.describe("offer");
        if (!say({ do: "offer", call: this.number, offer: this.offered })) await this.stays();
      });
    }

    direct(held) { this.peer.getTransceivers()[0].direction = held ? "sendonly" : "sendrecv"; }

    settle(agreed) {
      Object.assign(this, { agreed, asked: null, offered: undefined });
    }

    async changes(sdp) {
      if (this.asked === null) return;
      await this.take("answer", sdp);
      this.settle(this.asked);
      this.propose();
    }

    async stays() {
      if (this.asked === null) return;
      if (this.peer.signalingState === "have-local-offer") await this.peer.setLocalDescription({ type: "rollback" });
      this.settle(this.agreed);
      this.direct(this.agreed);
      if (this.held === this.agreed) return;
      this.held = this.agreed;
      this.speak();
      note(word("call-unchanged"));
      draw();
    }

    speak() { if (this.stream) this.stream.getAudioTracks().forEach((track) => { track.enabled = !this.held && !this.muted; }); }

    // What is not played yet is to be said again, or the new key takes its place.
    press(key) {
      const keys = this.sender && this.sender.dtmf;
      if (keys && keys.canInsertDTMF) keys.insertDTMF(keys.toneBuffer + key, 120, 60);
    }

    handOn(order) {
      this.handing = true;
      say({ ...order, call: this.number });
    }

    startTone() { if (!this.tone) this.tone = phoneSound.ringback(); }
    stopTone() {
      if (this.tone) this.tone();
      this.tone = null;
    }

    close() {
      this.isHeard();
      if (this.peer) this.peer.close();
      if (this.player) this.player.srcObject = null;
      if (this.stream) this.stream.getTracks().forEach((track) => track.stop());
      this.peer = this.player = this.stream = this.sender = null;
    }

    end() {
      this.stopTone();
      this.close();
      page.ended(this);
    }
  };
};
