"""A program on another machine that uses a port by RFC 2217, as a fax server under Windows does by its COM port redirector.

What it does is what pyserial's own client does: it refuses a server that grants anything else than was asked for.
"""

import socket
import sys
import time

import serial

HOST, PORT, NUMBER = "127.0.0.1", int(sys.argv[1]), sys.argv[2]


def wait(what, seconds, is_so):
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            sys.exit(f"not in {seconds} s: {what}")
        time.sleep(0.05)
    print(what, flush=True)


def ask(port, command, answer=b"OK"):
    port.write(command + b"\r")
    said = port.read_until(answer + b"\r\n")
    if not said.endswith(answer + b"\r\n"):
        sys.exit(f"{command}: {said}")


def open_port(**settings):
    return serial.serial_for_url(f"rfc2217://{HOST}:{PORT}", timeout=10, **settings)


def main():
    port = open_port(baudrate=115200, rtscts=True)
    if not (port.dsr and port.cts) or port.cd or port.ri:
        sys.exit("a free modem is there, takes data, and neither rings nor has a call")
    ask(port, b"ATE0")
    ask(port, b"AT+FCLASS=1")
    # As it is told to be, and not otherwise: each of these waits for the answer of the server.
    port.baudrate = 9600
    port.bytesize, port.parity, port.stopbits = 7, "E", 2
    port.rtscts = False
    port.xonxoff = True
    port.xonxoff = False
    port.bytesize, port.parity, port.stopbits = 8, "N", 1
    port.rtscts = True
    port.break_condition = True
    port.break_condition = False
    port.rts = False
    port.rts = True
    port.reset_input_buffer()
    port.reset_output_buffer()
    ask(port, b"ATI")

    with socket.create_connection((HOST, PORT), timeout=10) as second:
        said = b""
        while part := second.recv(100):
            said += part
    print("second:", said.decode().strip(), flush=True)

    port.write(b"ATD" + NUMBER.encode() + b"\r")
    wait("carrier", 60, lambda: port.cd)
    port.dtr = False
    wait("no carrier", 10, lambda: not port.cd)
    port.dtr = True
    port.reset_input_buffer()
    ask(port, b"AT")
    port.close()

    # Whoever comes next finds it free.
    port = open_port(baudrate=19200)
    ask(port, b"ATE0")
    print("waits for a call", flush=True)
    wait("ring", 240, lambda: port.ri)
    ask(port, b"ATA", b"CONNECT")
    wait("answered", 10, lambda: port.cd and not port.ri)
    port.close()
    print("done", flush=True)


main()
