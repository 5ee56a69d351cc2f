// The connection of the telephone's page to Frontdesk: it comes back by itself, and notices when nothing comes any more.
// Defines `phoneLine`, which phone.js uses.
const phoneLine = (page) => {
  "use strict";

  // How long nothing may be heard: of one that is open, to which Frontdesk says every fifteen seconds that it is there; and of one that is being
  // opened, which a network that swallows everything leaves without an end.
  const [ALIVE_MS, OPENS_MS] = [40000, 8000];
  const ASKS_MS = 4000;
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

  function drop() {
    if (!socket) return;
    socket.onclose = socket.onmessage = null;
    socket.close();
  }

  function connect() {
    clearTimeout(timer);
    drop();
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
    const gone = socket;
    page.lost();
    const out = await isSignedOut();
    // Somebody, or the network that is back, was faster.
    if (over || socket !== gone) return;
    if (out) return page.signedOut();
    clearTimeout(timer);
    timer = setTimeout(connect, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
  }

  // A desk that was left closes its pages, and keeps its telephone.
  async function isSignedOut() {
    try {
      return (await fetch("/ws/phone", { method: "HEAD", signal: AbortSignal.timeout(ASKS_MS) })).status === 401;
    } catch {
      // Not reachable: the next try follows.
      return false;
    }
  }

  setInterval(() => {
    const patience = socket && { [WebSocket.OPEN]: ALIVE_MS, [WebSocket.CONNECTING]: OPENS_MS }[socket.readyState];
    if (over || !patience || Date.now() - heardAt < patience) return;
    drop();
    lost();
  }, 1000);

  // A network that is back, or a computer that has woken, is not waited for. What is being opened is given its time.
  function again() {
    if (over || !socket || socket.readyState <= WebSocket.OPEN) return;
    tries = 0;
    connect();
  }
  addEventListener("online", again);
  document.addEventListener("visibilitychange", again);

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
