"""The sound of a phone, sealed and opened by libsrtp (pylibsrtp). What comes from the network is opened and handed to an ear in the clear; what
that sends back is sealed and goes into the network.

Arguments: the port in the network, the ear's port. Orders, a line each: "keys SUITE OURS THEIRS" (as in a=crypto); "fault NAME" (see FAULTS);
"count", which is answered by a line."""

import base64
import os
import select
import socket
import sys

from pylibsrtp import Error, Policy, Session

SUITES = {
    "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}
# What may be wrong with what is sent: nothing; one bit of each tag; the key; each packet goes twice, and once more a second later.
FAULTS = ("none", "tag", "key", "again")
# Packets in a second of sound.
SECOND = 50


def session(suite, key, ssrc_type):
    policy = Policy(key=key, ssrc_type=ssrc_type, srtp_profile=SUITES[suite])
    return Session(policy=policy)


class Phone:
    def __init__(self, port, ear):
        self.net = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.net.bind(("127.0.0.1", port))
        self.plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.plain.bind(("127.0.0.1", 0))
        self.ear = ("127.0.0.1", ear)
        self.far = None
        self.sender = self.other = self.receiver = None
        self.fault = "none"
        self.begin()

    def begin(self):
        self.sent = []
        self.counts = {"opened": 0, "unopened": 0, "sealed": 0, "spoilt": 0, "again": 0}

    def order(self, words):
        if words[0] == "keys":
            suite, ours, theirs = words[1], *(base64.b64decode(key) for key in words[2:4])
            # What came before nobody could have opened.
            self.begin()
            self.sender = session(suite, ours, Policy.SSRC_ANY_OUTBOUND)
            self.receiver = session(suite, theirs, Policy.SSRC_ANY_INBOUND)
            self.other = session(suite, bytes(byte ^ 0x55 for byte in ours), Policy.SSRC_ANY_OUTBOUND)
        elif words[0] == "fault" and words[1] in FAULTS:
            self.fault = words[1]
        elif words[0] == "count":
            print("counted", *(f"{name}={count}" for name, count in self.counts.items()), flush=True)
            return
        else:
            sys.exit(f"no order: {words}")
        print("done:", words[0], words[1], flush=True)

    def hear(self):
        packet, self.far = self.net.recvfrom(2048)
        try:
            opened = self.receiver.unprotect(packet)
        except (Error, AttributeError) as error:
            self.counts["unopened"] += 1
            print("unopened:", error, flush=True)
            return
        self.counts["opened"] += 1
        self.plain.sendto(opened, self.ear)

    def say(self):
        packet = self.plain.recv(2048)
        sealed = (self.other if self.fault == "key" else self.sender).protect(packet)
        if self.fault == "tag":
            sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        self.counts["spoilt" if self.fault in ("tag", "key") else "sealed"] += 1
        self.sent = self.sent[-SECOND:] + [sealed]
        self.net.sendto(sealed, self.far)
        if self.fault == "again":
            for old in (sealed, self.sent[0]):
                self.counts["again"] += 1
                self.net.sendto(old, self.far)


def main():
    phone = Phone(int(sys.argv[1]), int(sys.argv[2]))
    unread = b""
    while True:
        ready, _, _ = select.select([phone.net, phone.plain, sys.stdin], [], [])
        if phone.net in ready:
            phone.hear()
        if phone.plain in ready:
            phone.say()
        if sys.stdin in ready:
            more = os.read(sys.stdin.fileno(), 4096)
            if not more:
                return
            *lines, unread = (unread + more).split(b"\n")
            for line in lines:
                phone.order(line.decode().split())


main()
