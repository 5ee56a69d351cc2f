// The connection of the telephone's page to Frontdesk: it comes back by itself, and notices when nothing comes any more.
// Defines `phoneLine`, which phone.js uses.
const phoneLine = (page) => {
  "use strict";

  // Frontdesk says every fifteen seconds that it is there.
  const ALIVE_MS = 40000;
  const RETRY_MS = [500, 1000, 2000, 4000, 8000];

  let socket = null;
  let timer = 0;
  let phone = null;
  let tries = 0;
  let heardAt = 0;
  let over = false;

  const isOpen = () => Boolean(socket) && socket.readyState === WebSocket.OPEN;

  function say(order) {
    if (isOpen()) socket.send(JSON.stringify(order));
    return isOpen();
  }

  function connect() {
    clearTimeout(timer);
    if (socket) socket.onclose = null;
    const opened = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/phone`);
    socket = opened;
    heardAt = Date.now();
    opened.onopen = () => say(page.hello(phone));
    opened.onmessage = (event) => {
      heardAt = Date.now();
      page.heard(JSON.parse(event.data));
    };
    opened.onclose = () => { if (socket === opened) lost(); };
  }

  async function lost() {
    if (over) return;
    page.lost();
    if (await isSignedOut()) return page.signedOut();
    timer = setTimeout(connect, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
  }

  // A desk that was left closes its pages, and keeps its telephone.
  async function isSignedOut() {
    try {
      return (await fetch("/ws/phone", { method: "HEAD" })).status === 401;
    } catch {
      // Not reachable: the next try follows.
      return false;
    }
  }

  setInterval(() => {
    if (over || !isOpen() || Date.now() - heardAt < ALIVE_MS) return;
    socket.onclose = null;
    socket.close();
    lost();
  }, 1000);

  return {
    say,
    connect,
    isOpen,
    isSignedOut,
    // It is this phone, to which it comes back.
    is(name) {
      phone = name;
      tries = 0;
    },
    // It does not come back; what is open stays so for the call that is up.
    end() {
      over = true;
      phone = null;
    },
  };
};
